//! Several resources at once: what a container wants, what a machine has.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Bytes, Cpu};

/// A resource by its name: `cpus`, `memory`, `disk`, `gpus`, or any that the inventory names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Resource(pub String);

impl Resource {
    /// CPU time, counted in thousandths of a core.
    pub fn cpus() -> Self {
        Resource("cpus".to_owned())
    }

    /// Memory, counted in bytes.
    pub fn memory() -> Self {
        Resource("memory".to_owned())
    }

    /// Disk, counted in bytes.
    pub fn disk() -> Self {
        Resource("disk".to_owned())
    }

    /// GPUs, counted in pieces.
    pub fn gpus() -> Self {
        Resource("gpus".to_owned())
    }

    /// `amount` of this resource as people write it.
    pub fn show(&self, amount: u64) -> String {
        match self.0.as_str() {
            "cpus" => Cpu(amount).to_string(),
            "memory" | "disk" => Bytes(amount).to_string(),
            _ => amount.to_string(),
        }
    }

    /// Whether a machine that says nothing of this resource is taken to have enough of it
    /// (CPU, memory, disk: every machine has some) or none (a GPU, a licence).
    pub fn is_implicit(&self) -> bool {
        matches!(self.0.as_str(), "cpus" | "memory" | "disk")
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Amounts of several resources; one that is not named has the amount zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amounts(BTreeMap<Resource, u64>);

impl Amounts {
    /// Nothing of anything.
    pub fn new() -> Self {
        Self::default()
    }

    /// So much CPU and memory.
    pub fn of(cpu: Cpu, memory: Bytes) -> Self {
        Self::new().with(Resource::cpus(), cpu.0).with(Resource::memory(), memory.0)
    }

    /// A container's size as people write it: `4` CPUs, `2:8g` with memory; none for what is no size, or nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let (cpus, memory) = text.split_once(':').unwrap_or((text, "0"));
        let (cpus, memory) = (Cpu::parse(cpus).ok()?, Bytes::parse(memory).ok()?);
        (cpus.0 > 0 || memory.0 > 0).then(|| Self::of(cpus, memory))
    }

    /// With `amount` of `resource` in place of what was said of it.
    #[must_use]
    pub fn with(mut self, resource: Resource, amount: u64) -> Self {
        self.set(resource, amount);
        self
    }

    /// Sets the amount of one resource.
    pub fn set(&mut self, resource: Resource, amount: u64) {
        self.0.insert(resource, amount);
    }

    /// The amount of one resource; zero where it is not named.
    pub fn get(&self, resource: &Resource) -> u64 {
        self.0.get(resource).copied().unwrap_or(0)
    }

    /// The amount of one resource, if it is named at all.
    pub fn named(&self, resource: &Resource) -> Option<u64> {
        self.0.get(resource).copied()
    }

    /// The CPU among them.
    pub fn cpu(&self) -> Cpu {
        Cpu(self.get(&Resource::cpus()))
    }

    /// The memory among them.
    pub fn memory(&self) -> Bytes {
        Bytes(self.get(&Resource::memory()))
    }

    /// Every named resource, in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&Resource, u64)> {
        self.0.iter().map(|(resource, amount)| (resource, *amount))
    }

    /// Adds `count` times `other`; at most the largest number.
    pub fn add(&mut self, other: &Amounts, count: u64) {
        for (resource, amount) in other.iter() {
            let sum = self.get(resource).saturating_add(amount.saturating_mul(count));
            self.set(resource.clone(), sum);
        }
    }

    /// What is left of these when `other` is taken away; never below zero.
    #[must_use]
    pub fn minus(&self, other: &Amounts) -> Amounts {
        Amounts(self.0.iter().map(|(name, amount)| (name.clone(), amount.saturating_sub(other.get(name)))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_differences_never_wrap() {
        let mut sum = Amounts::of(Cpu(1000), Bytes(5));
        sum.add(&Amounts::of(Cpu(u64::MAX), Bytes(1)), 2);
        assert_eq!((sum.cpu(), sum.memory()), (Cpu(u64::MAX), Bytes(7)));
        assert_eq!(Amounts::of(Cpu(1), Bytes(9)).minus(&Amounts::of(Cpu(3), Bytes(4))), Amounts::of(Cpu(0), Bytes(5)));
    }
}
