//! From counts to numbered containers: who stays, who moves, who is new, who goes.

use std::collections::BTreeSet;

use super::problem::{Layout, Problem, Running};

/// A container that shall be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Replica {
    /// Index of its service.
    pub service: usize,
    /// Its number, from 1, unique within the service over all machines.
    pub number: u32,
    /// Index of the machine where it shall be.
    pub machine: usize,
    /// Index of the machine where it is now, if it is anywhere.
    pub from: Option<usize>,
}

impl Running {
    /// Whether this is the container that `replica` continues.
    pub fn is(&self, replica: &Replica) -> bool {
        self.service == replica.service && self.number == replica.number
    }
}

/// The numbered containers of a layout, by service and number.
///
/// On each machine as many stay as the layout allows, the lowest numbers first. The rest move, the lowest numbers
/// first, to machines that lack some; new containers get the lowest free numbers.
pub fn number(problem: &Problem<'_>, layout: &Layout) -> Vec<Replica> {
    let mut replicas = Vec::new();
    for service in problem.services() {
        let mut lacking = layout.counts[service].clone();
        let mut leftover = Vec::new();
        let mut used = BTreeSet::new();
        // `running` is sorted by service and number.
        for running in problem.running.iter().filter(|running| running.service == service) {
            let (number, machine) = (running.number, running.machine);
            if lacking[machine] > 0 {
                lacking[machine] -= 1;
                used.insert(number);
                replicas.push(Replica { service, number, machine, from: Some(machine) });
            } else {
                leftover.push(running);
            }
        }
        let mut leftover = leftover.into_iter();
        for (machine, lacks) in lacking.into_iter().enumerate() {
            for _ in 0..lacks {
                let moved = leftover.next();
                let free = || (1..).find(|number| !used.contains(number)).unwrap_or(u32::MAX);
                let number = moved.map_or_else(free, |running| running.number);
                used.insert(number);
                replicas.push(Replica { service, number, machine, from: moved.map(|running| running.machine) });
            }
        }
    }
    replicas.sort();
    replicas
}
