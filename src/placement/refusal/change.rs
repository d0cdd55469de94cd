//! What could be changed of the files for a stack to fit, and what that asks of people.

use crate::inventory::Availability;
use crate::stack::{Constraint, Replicas, Stack};
use crate::units::{PortRange, Resource};

/// A demand is lowered in so many steps.
pub(super) const EIGHTHS: u64 = 8;

/// A change of the files. Services and machines go by name: they outlive the stack that they were found in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Fewer containers.
    Replicas {
        /// Of which service.
        service: String,
        /// How many there are to be now.
        from: u32,
        /// And then.
        to: u32,
    },
    /// A constraint is left out: its index in the list.
    Constraint {
        /// Of which service.
        service: String,
        /// Which.
        index: usize,
        /// What it says.
        text: String,
    },
    /// The only `x-planner` wish of its kind is left out.
    Wish {
        /// Of which service.
        service: String,
        /// Its key, such as `near`.
        key: Wish,
        /// What it says.
        text: String,
    },
    /// More on one machine.
    MaxPerMachine {
        /// Of which service.
        service: String,
        /// As it is.
        from: u32,
        /// And then.
        to: u32,
    },
    /// A range of host ports, of which each container takes one.
    Port {
        /// Of which service.
        service: String,
        /// Index in the list of ports.
        index: usize,
        /// As it is.
        from: PortRange,
        /// And then.
        to: PortRange,
    },
    /// A container counts for less.
    Demand {
        /// Of which service.
        service: String,
        /// Of what.
        resource: Resource,
        /// As it is, in the resource's unit.
        from: u64,
        /// And then.
        to: u64,
    },
    /// A machine takes containers again.
    Active {
        /// Which.
        machine: String,
    },
    /// More machines.
    Machines {
        /// What they are like.
        like: String,
        /// How many.
        count: u32,
    },
}

/// A kind of wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    /// `spread`
    Spread,
    /// `near`
    Near,
    /// `apart`
    Apart,
    /// `survive`
    Survive,
}

impl Wish {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Wish::Spread => "spread",
            Wish::Near => "near",
            Wish::Apart => "apart",
            Wish::Survive => "survive",
        }
    }
}

/// Changes that together make the stack fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayOut {
    /// What is to be changed.
    pub changes: Vec<Change>,
    /// What that costs, in the measure of [`Change::price`].
    pub price: u32,
}

impl Change {
    /// How much it asks of people: a replica fewer is 1, a setting that is loosened 2, a machine more 4; of a demand 1 for
    /// the change and 1 for each eighth that is taken away.
    pub fn price(&self) -> u32 {
        match self {
            Change::Replicas { from, to, .. } => from - to,
            Change::Constraint { .. } | Change::Wish { .. } | Change::Active { .. } => 2,
            Change::MaxPerMachine { from, to, .. } => 2 * (to - from),
            Change::Port { .. } => 2,
            Change::Demand { from, to, .. } => {
                1 + u32::try_from(((from - to) * EIGHTHS).div_ceil(*from)).unwrap_or(u32::MAX)
            }
            Change::Machines { count, .. } => 4 * count,
        }
    }

    /// Makes the change.
    pub fn apply(&self, stack: &mut Stack) {
        if let Change::Machines { like, count } = self {
            let Some(model) = stack.machines.iter().find(|machine| machine.name == *like).cloned() else { return };
            for number in 0..*count {
                let mut machine = model.clone();
                machine.name = format!("{like}-more-{}", number + 1);
                machine.attributes.insert("node.hostname".to_owned(), machine.name.clone());
                machine.volumes.clear();
                stack.machines.push(machine);
            }
            return;
        }
        if let Change::Active { machine } = self {
            let found = stack.machines.iter_mut().find(|it| it.name == *machine);
            found.into_iter().for_each(|machine| machine.availability = Availability::Active);
            return;
        }
        let Some(service) = stack.services.iter_mut().find(|it| Some(it.name.as_str()) == self.service()) else {
            return;
        };
        match self {
            Change::Replicas { to, .. } => service.replicas.value = Replicas::Count(*to),
            // In its place one that is always so: the others keep their places in the list.
            Change::Constraint { index, .. } => {
                let always = Constraint { key: "node.hostname".to_owned(), equal: false, value: String::new() };
                service.constraints[*index].value = always;
            }
            Change::Wish { key, .. } => match key {
                Wish::Spread => service.wishes.spread.clear(),
                Wish::Near => service.wishes.near.clear(),
                Wish::Apart => service.wishes.apart.clear(),
                Wish::Survive => service.wishes.survive.clear(),
            },
            Change::MaxPerMachine { to, .. } => {
                service.max_per_machine.iter_mut().for_each(|most| most.value = *to);
            }
            Change::Port { index, to, .. } => service.ports[*index].host = Some(*to),
            Change::Demand { resource, to, .. } => service.demand.set(resource.clone(), *to),
            Change::Active { .. } | Change::Machines { .. } => {}
        }
    }

    /// The service that it is about.
    pub fn service(&self) -> Option<&str> {
        match self {
            Change::Replicas { service, .. }
            | Change::Constraint { service, .. }
            | Change::Wish { service, .. }
            | Change::MaxPerMachine { service, .. }
            | Change::Port { service, .. }
            | Change::Demand { service, .. } => Some(service),
            Change::Active { .. } | Change::Machines { .. } => None,
        }
    }

    /// In words.
    pub fn describe(&self) -> String {
        match self {
            Change::Replicas { service, from, to } => format!("`{service}`: replicas {from} → {to}"),
            Change::Constraint { service, text, .. } => format!("`{service}`: without the constraint `{text}`"),
            Change::Wish { service, key, text } => format!("`{service}`: without `{}: {text}`", key.word()),
            Change::MaxPerMachine { service, from, to } => format!("`{service}`: max_replicas_per_node {from} → {to}"),
            Change::Port { service, from, to, .. } => format!("`{service}`: host port {from} → {to}"),
            Change::Demand { service, resource, from, to } => {
                format!("`{service}`: {resource} {} → {} for each container", resource.show(*from), resource.show(*to))
            }
            Change::Active { machine } => format!("{machine}: available again"),
            Change::Machines { like, count: 1 } => format!("one more machine like {like}"),
            Change::Machines { like, count } => format!("{count} more machines like {like}"),
        }
    }
}
