//! What services use, beside what they reserve; and what they might reserve. Nothing of it is done.

use std::collections::{BTreeMap, BTreeSet};

use crate::stack::Stack;
use crate::units::Resource;

use super::samples::Sample;

/// Of fewer samples nothing is suggested.
const FEWEST: usize = 20;
/// Suggestions are whole steps of these: a twentieth of a core, 16 MiB.
const CPU_STEP: u64 = 50;
const MEMORY_STEP: u64 = 16 << 20;

/// What services use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Services of which there are samples, in the stack's order.
    pub services: Vec<ServiceUse>,
    /// Names in the samples that are of no service of the stack.
    pub unknown: Vec<String>,
}

/// What one container of a service uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceUse {
    /// Its name.
    pub service: String,
    /// How many samples there are, of all its containers together.
    pub samples: usize,
    /// Of CPU and of memory.
    pub of: Vec<ResourceUse>,
}

/// What one container uses of a resource, in its unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceUse {
    /// Which.
    pub resource: Resource,
    /// What it counts for; none where nothing is said of it.
    pub reserved: Option<u64>,
    /// Half of the samples are not above this.
    pub p50: u64,
    /// Of a hundred samples 95 are not above this.
    pub p95: u64,
    /// No sample is above this.
    pub max: u64,
    /// What might be reserved; none where there are too few samples.
    pub suggested: Option<u64>,
}

pub(super) fn sizes(stack: &Stack, samples: &[Sample]) -> Sizes {
    let mut by_service: BTreeMap<usize, Vec<&Sample>> = BTreeMap::new();
    let mut unknown: BTreeSet<String> = BTreeSet::new();
    for sample in samples {
        match service(stack, sample) {
            Some(service) => by_service.entry(service).or_default().push(sample),
            None => unknown.extend(sample.service.clone().or_else(|| sample.container.clone())),
        }
    }
    let of_service = |(service, samples): (usize, Vec<&Sample>)| {
        let cpus = samples.iter().map(|it| it.cpu).collect();
        let memory = samples.iter().map(|it| it.memory).collect();
        let named = |resource: &Resource| stack.services[service].demand.named(resource);
        ServiceUse {
            service: stack.services[service].name.clone(),
            samples: samples.len(),
            of: [(Resource::cpus(), cpus), (Resource::memory(), memory)]
                .map(|(resource, sorted)| of(named(&resource), resource, sorted))
                .into(),
        }
    };
    Sizes { services: by_service.into_iter().map(of_service).collect(), unknown: unknown.into_iter().collect() }
}

/// The service that a sample names; where it names a container only, the one whose containers are called so.
fn service(stack: &Stack, sample: &Sample) -> Option<usize> {
    if let Some(name) = &sample.service {
        return stack.services.iter().position(|service| service.name == *name);
    }
    let container = sample.container.as_deref()?;
    stack.services.iter().position(|service| {
        let number = || container.strip_prefix(&format!("{}-{}-", stack.project, service.name));
        let is_number = |rest: &str| rest.split('-').next().is_some_and(|it| it.parse::<u32>().is_ok());
        service.container.container_name.as_deref() == Some(container) || number().is_some_and(is_number)
    })
}

fn of(reserved: Option<u64>, resource: Resource, mut samples: Vec<u64>) -> ResourceUse {
    samples.sort_unstable();
    let max = samples.last().copied().unwrap_or(0);
    let p95 = percentile(&samples, 95);
    // Who lacks CPU waits; who lacks memory ends. So memory has the highest that was seen, and a tenth more.
    let suggested = match resource == Resource::cpus() {
        true => p95.max(1).next_multiple_of(CPU_STEP),
        false => max.saturating_add(max / 10).max(1).div_ceil(MEMORY_STEP).saturating_mul(MEMORY_STEP),
    };
    let suggested = (samples.len() >= FEWEST).then_some(suggested);
    ResourceUse { resource, reserved, p50: percentile(&samples, 50), p95, max, suggested }
}

/// The smallest of the sorted samples that so many of a hundred are not above.
fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples() {
        let hundred: Vec<u64> = (1..=100).collect();
        assert_eq!((percentile(&hundred, 50), percentile(&hundred, 95)), (50, 95));
        assert_eq!((percentile(&[7], 50), percentile(&[7], 95), percentile(&[], 50)), (7, 7, 0));
        assert_eq!((percentile(&[1, 2], 50), percentile(&[1, 2], 95)), (1, 2));
    }

    #[test]
    fn suggestions_are_rounded_up_and_not_made_of_few_samples() {
        let of = |resource: Resource, samples: Vec<u64>| of(None, resource, samples).suggested;
        assert_eq!(of(Resource::cpus(), vec![120; 20]), Some(150));
        assert_eq!(of(Resource::cpus(), vec![100; 20]), Some(100));
        assert_eq!(of(Resource::memory(), vec![100 << 20; 20]), Some(112 << 20));
        assert_eq!(of(Resource::memory(), vec![1; 19]), None);
    }
}
