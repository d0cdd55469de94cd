//! Domains of machines, such as zones: what spread, bonds and losses are counted by.

use std::collections::BTreeMap;

use crate::placement::core::MACHINES;
use crate::placement::lower::Lowering;
use crate::placement::problem::{Layout, Problem};
use crate::stack::By;

/// The domain of a machine; none where it lacks the attribute.
pub(super) fn domain<'p>(problem: &'p Problem<'_>, by: &By, machine: usize) -> Option<&'p str> {
    let machine = &problem.stack.machines[machine];
    match by {
        By::Machine => Some(&machine.name),
        By::Attribute(key) => machine.attributes.get(key).map(String::as_str).filter(|value| !value.is_empty()),
    }
}

/// The domains that may hold a container of the service, each with its number of machines that may.
pub(super) fn eligible<'p>(problem: &'p Problem<'_>, by: &By, service: usize) -> BTreeMap<&'p str, usize> {
    let mut domains = BTreeMap::new();
    for machine in problem.machines().filter(|machine| problem.at_most(service, *machine) > 0) {
        if let Some(domain) = domain(problem, by, machine) {
            *domains.entry(domain).or_default() += 1;
        }
    }
    domains
}

/// How many containers of a service are in each domain; those on machines without one are under the empty name.
pub(super) fn counts<'p>(problem: &'p Problem<'_>, by: &By, layout: &Layout, service: usize) -> BTreeMap<&'p str, u32> {
    let mut counts = BTreeMap::new();
    for machine in problem.machines().filter(|machine| layout.counts[service][*machine] > 0) {
        *counts.entry(domain(problem, by, machine).unwrap_or("")).or_default() += layout.counts[service][machine];
    }
    counts
}

/// The topology of the instance that stands for the domains, and the domains' numbers in it.
pub(super) fn topology(problem: &Problem<'_>, by: &By, lowering: &mut Lowering) -> usize {
    match by {
        By::Machine => MACHINES,
        By::Attribute(key) => lowering.topology(problem, &[key]),
    }
}

/// The index of a service by its name.
pub(super) fn service(problem: &Problem<'_>, name: &str) -> Option<usize> {
    problem.stack.services.iter().position(|service| service.name == name)
}

/// The numbers of the domains of machines.
pub(super) fn numbers(of: &[u32], machines: impl Iterator<Item = usize>) -> Vec<u32> {
    let mut numbers: Vec<u32> = machines.map(|machine| of[machine]).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}
