//! What would carry growth further: each possibility is tried by placing.

use crate::inventory::Availability;
use crate::placement::{Policy, Problem};
use crate::stack::{Machine, Stack};
use crate::units::Resource;

use super::Most;
use super::growth::{Factor, Growing};

/// Machines of so many kinds are tried one by one.
const MOST_KINDS: usize = 8;
const GIB: u64 = 1 << 30;

/// Something more, and how far growth goes with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Gain {
    /// What there would be more of.
    pub extra: Extra,
    /// The largest growth that fits then.
    pub most: Factor,
    /// Whether it is proven that no more does.
    pub is_exact: bool,
}

/// What there would be more of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extra {
    /// So much of a resource on each machine that takes containers.
    Everywhere(Resource, u64),
    /// So much of a resource on one machine; on any one of these it comes to the same.
    On(Resource, u64, Vec<String>),
    /// One more machine like any one of these, with as much room.
    Machine(Vec<String>),
}

/// What each possibility gains, the most first.
pub(super) fn gains(growing: &Growing<'_>, most: usize) -> Vec<Gain> {
    let stack = growing.stack;
    let active = |kind: &Vec<usize>| stack.machines[kind[0]].availability == Availability::Active;
    let kinds = Problem::new(stack, Vec::new(), Policy::default()).kinds();
    let kinds: Vec<Vec<usize>> = kinds.into_iter().filter(active).take(MOST_KINDS).collect();
    let resources = scarce(stack);
    let mut extras: Vec<(Extra, Stack)> = Vec::new();
    for resource in &resources {
        let unit = unit(resource);
        let mut all = stack.clone();
        all.machines.iter_mut().for_each(|machine| add(machine, resource, unit));
        extras.push((Extra::Everywhere(resource.clone(), unit), all));
    }
    for kind in &kinds {
        let names: Vec<String> = kind.iter().map(|machine| stack.machines[*machine].name.clone()).collect();
        for resource in &resources {
            let unit = unit(resource);
            let mut one = stack.clone();
            add(&mut one.machines[kind[0]], resource, unit);
            extras.push((Extra::On(resource.clone(), unit, names.clone()), one));
        }
        let mut more = stack.clone();
        more.machines.push(another(&stack.machines[kind[0]]));
        extras.push((Extra::Machine(names), more));
    }
    let gain = |(extra, machines): (Extra, Stack)| {
        let further = growing.further(most, &machines);
        let most = growing.steps[most + further.number() as usize];
        Gain { extra, most, is_exact: matches!(further, Most::Exactly(_)) }
    };
    let mut gains: Vec<Gain> = extras.into_iter().map(gain).collect();
    gains.sort_by_key(|gain| std::cmp::Reverse(gain.most));
    gains
}

/// Resources that services ask for and of which machines have no more than a certain amount.
fn scarce(stack: &Stack) -> Vec<Resource> {
    let bounded = |resource: &&Resource| {
        let bound = |machine: &Machine| machine.room.named(resource).is_some() || !resource.is_implicit();
        stack.machines.iter().any(bound)
    };
    let asked = stack.services.iter().flat_map(|service| service.demand.iter().filter(|(_, amount)| *amount > 0));
    let mut resources: Vec<Resource> = asked.map(|(resource, _)| resource).filter(bounded).cloned().collect();
    resources.sort_unstable();
    resources.dedup();
    resources
}

/// As much as people add at the least: a CPU, a GiB, a piece.
fn unit(resource: &Resource) -> u64 {
    match resource {
        it if *it == Resource::cpus() => 1000,
        it if *it == Resource::memory() || *it == Resource::disk() => GIB,
        _ => 1,
    }
}

/// A machine that has no bound of a resource does not get one.
fn add(machine: &mut Machine, resource: &Resource, more: u64) {
    for amounts in [&mut machine.room, &mut machine.capacity] {
        match amounts.named(resource) {
            None if resource.is_implicit() => {}
            now => amounts.set(resource.clone(), now.unwrap_or(0).saturating_add(more)),
        }
    }
}

/// A new machine like another: no data is there yet.
fn another(like: &Machine) -> Machine {
    let mut machine = like.clone();
    machine.name = format!("another {}", like.name);
    machine.attributes.insert("node.hostname".to_owned(), machine.name.clone());
    machine.volumes.clear();
    machine
}
