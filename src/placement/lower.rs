//! From a stack to plain numbers: one service of the instance for each service of the stack, with one group; each
//! constraint adds what it asks for.

use crate::units::Resource;

use super::constraints::ALL;
use super::core::{self, Group, Instance, MACHINES, Machine, Service, Topology};
use super::objective;
use super::problem::{Layout, Problem};

/// An instance in the making.
#[derive(Debug, Default)]
pub struct Lowering {
    /// What it has so far.
    pub instance: Instance,
    /// The resources of the instance, in their order, with the unit that one stands for. Small whole numbers instead of
    /// bytes: the solver's tolerances are absolute.
    pub units: Vec<(Resource, u64)>,
}

impl Lowering {
    /// One more resource that each container of a service takes so much of, and each machine has so much of.
    pub fn resource(&mut self, name: &str, demand: impl Fn(usize) -> i64, room: impl Fn(usize) -> i64) -> usize {
        self.instance.resources.push(core::Resource { name: name.to_owned(), transient: false });
        for (service, group) in self.instance.groups.iter_mut().enumerate() {
            group.demand.push(demand(service));
        }
        for (index, machine) in self.instance.machines.iter_mut().enumerate() {
            machine.room.push(room(index));
        }
        self.instance.resources.len() - 1
    }

    /// The topology in which machines with the same values of attributes are one domain.
    pub fn topology(&mut self, problem: &Problem<'_>, keys: &[&str]) -> usize {
        let name = keys.join(", ");
        if let Some(known) = self.instance.topologies.iter().position(|topology| topology.name == name) {
            return known;
        }
        let value = |machine: &crate::stack::Machine| -> Vec<String> {
            keys.iter().map(|key| machine.attributes.get(*key).cloned().unwrap_or_default()).collect()
        };
        let mut values: Vec<Vec<String>> = problem.stack.machines.iter().map(value).collect();
        values.sort_unstable();
        values.dedup();
        let place = |machine| values.binary_search(&value(machine)).unwrap_or(0) as u32;
        let of = problem.stack.machines.iter().map(place).collect();
        self.instance.topologies.push(Topology { name, of, domains: values.len() });
        self.instance.topologies.len() - 1
    }
}

/// The instance that a problem stands for. Services and machines have the same indexes, as have groups and services.
pub fn instance(problem: &Problem<'_>) -> Instance {
    let mut lowering = Lowering::default();
    let machines = problem.machines().len();
    let instance = &mut lowering.instance;
    let own = Topology { name: "machine".to_owned(), of: (0..machines as u32).collect(), domains: machines };
    instance.topologies.insert(MACHINES, own);
    instance.machines =
        problem.stack.machines.iter().map(|machine| Machine { name: machine.name.clone(), room: Vec::new() }).collect();
    let mut eligibility: indexmap::IndexSet<Vec<u32>> = indexmap::IndexSet::new();
    for service in problem.services() {
        let most = problem.machines().map(|machine| problem.at_most(service, machine)).collect();
        let eligible = eligibility.insert_full(most).0;
        let current = problem.current[service].iter().enumerate().filter(|(_, count)| **count > 0);
        instance.groups.push(Group {
            service,
            count: problem.replicas[service],
            demand: Vec::new(),
            tokens: Vec::new(),
            eligible,
            move_cost: objective::move_cost(problem, service) as f64,
            current: current.map(|(machine, count)| (machine as u32, *count)).collect(),
        });
        instance.services.push(Service {
            name: format!("`{}`", problem.stack.services[service].name),
            groups: vec![service],
            per_machine: u32::MAX,
            ..Service::default()
        });
    }
    instance.eligibility = eligibility.into_iter().collect();
    for constraint in ALL {
        constraint.lower(problem, &mut lowering);
    }
    objective::lower(problem, &mut lowering);
    lowering.instance
}

/// The same without anything to be small: for whether there is an answer at all.
pub fn bare(problem: &Problem<'_>) -> Instance {
    Instance { tiers: Vec::new(), ..instance(problem) }
}

/// The layout that counts stand for.
pub fn layout(problem: &Problem<'_>, counts: &core::Counts) -> Layout {
    let mut layout = Layout::empty(problem);
    for (service, places) in counts.0.iter().enumerate() {
        for (machine, count) in places {
            layout.counts[service][*machine as usize] = *count;
        }
    }
    layout
}
