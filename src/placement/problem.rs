//! The question: how many containers of each service on each machine.

use crate::stack::{Replicas, Stack};
use crate::units::Amounts;

use super::constraints::{ALL, Constraint};
use super::solution::Placed;

/// What decides between layouts that hold and move equally little.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Replicas of a service apart, then even use of the machines: spare room everywhere.
    #[default]
    Spread,
    /// As few machines as possible, the first ones full: room for something big on the last.
    Pack,
    /// The largest possible room on one machine, for another container like the largest of the stack.
    Headroom,
    /// The least cost of machines in use.
    Cheapest,
}

impl Policy {
    /// The word for it in flags, plans and messages.
    pub fn word(self) -> &'static str {
        match self {
            Policy::Spread => "spread",
            Policy::Pack => "pack",
            Policy::Headroom => "headroom",
            Policy::Cheapest => "cheapest",
        }
    }
}

/// A container that is there already.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Running {
    /// Index of its service in the stack.
    pub service: usize,
    /// Its number.
    pub number: u32,
    /// Index of its machine in the stack.
    pub machine: usize,
    /// The host port that each of the service's port demands has, in their order; `None` where it has none yet.
    pub ports: Vec<Option<u16>>,
}

/// A stack to be placed, with what runs already. Services and machines go by their index in the stack.
#[derive(Debug)]
pub struct Problem<'a> {
    /// What to place, and where it might go.
    pub stack: &'a Stack,
    /// What runs, at most one entry for each service and number.
    pub running: Vec<Running>,
    /// What to prefer.
    pub policy: Policy,
    /// How many containers may move for the policy's sake, beyond those that must; none of them in an ordinary plan.
    pub rebalance: u32,
    /// What [`Policy::Headroom`] keeps room for; else a container of the largest service.
    pub headroom: Option<Amounts>,
    /// How many containers each service is to have; for global ones, as many as there are machines for it.
    pub replicas: Vec<u32>,
    /// How many containers of the service run on the machine now: `current[service][machine]`.
    pub current: Vec<Vec<u32>>,
    /// Whether a container of the service might be on the machine: `allowed[service][machine]`.
    pub allowed: Vec<Vec<bool>>,
}

impl<'a> Problem<'a> {
    /// The problem of placing `stack` where `running` is there already.
    pub fn new(stack: &'a Stack, running: Vec<Running>, policy: Policy) -> Self {
        let mut current = vec![vec![0; stack.machines.len()]; stack.services.len()];
        for at in &running {
            current[at.service][at.machine] += 1;
        }
        let mut problem = Problem {
            stack,
            running,
            policy,
            rebalance: 0,
            headroom: None,
            current,
            replicas: Vec::new(),
            allowed: Vec::new(),
        };
        problem.running.sort();
        for service in 0..stack.services.len() {
            let allowed: Vec<bool> = problem.machines().map(|machine| problem.may(service, machine)).collect();
            problem.replicas.push(match stack.services[service].replicas.value {
                Replicas::Count(count) => count,
                Replicas::Global => problem.machines().filter(|m| problem.in_scope(service, *m)).count() as u32,
            });
            problem.allowed.push(allowed);
        }
        problem
    }

    /// The indexes of the services.
    pub fn services(&self) -> std::ops::Range<usize> {
        0..self.stack.services.len()
    }

    /// The indexes of the machines.
    pub fn machines(&self) -> std::ops::Range<usize> {
        0..self.stack.machines.len()
    }

    /// The machines by kind, by their indexes: in the whole problem nothing but their names tells those of one kind apart.
    pub fn kinds(&self) -> Vec<Vec<usize>> {
        self.stack.kinds_where(|a, b| {
            self.allowed.iter().all(|row| row[a] == row[b]) && self.current.iter().all(|row| row[a] == row[b])
        })
    }

    /// Whether the service has one container on each machine that takes it.
    pub fn is_global(&self, service: usize) -> bool {
        self.stack.services[service].replicas.value == Replicas::Global
    }

    /// The most containers of the service that the machine could ever hold.
    pub fn at_most(&self, service: usize, machine: usize) -> u32 {
        if !self.allowed[service][machine] {
            return 0;
        }
        let caps = ALL.iter().map(|constraint| constraint.at_most(self, service, machine));
        let cap = caps.min().unwrap_or(u32::MAX).min(self.replicas[service]);
        if self.is_global(service) { cap.min(1) } else { cap }
    }

    /// Every reason why a container of the service can never be on the machine.
    pub fn forbidden(&self, service: usize, machine: usize) -> Vec<String> {
        ALL.iter().filter_map(|constraint| constraint.forbids(self, service, machine)).collect()
    }

    /// Whether nothing forbids the service on the machine.
    fn may(&self, service: usize, machine: usize) -> bool {
        ALL.iter().all(|constraint| constraint.forbids(self, service, machine).is_none())
    }

    /// Whether a global service is meant to be on the machine: what selects machines lets it, whether or not it fits.
    pub fn in_scope(&self, service: usize, machine: usize) -> bool {
        let selects = |constraint: &&&dyn Constraint| constraint.selects();
        ALL.iter().filter(selects).all(|constraint| constraint.forbids(self, service, machine).is_none())
    }
}

/// An answer in counts: `counts[service][machine]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// How many containers of the service are on the machine.
    pub counts: Vec<Vec<u32>>,
}

impl Layout {
    /// Nothing anywhere.
    pub fn empty(problem: &Problem<'_>) -> Self {
        Layout { counts: vec![vec![0; problem.machines().len()]; problem.services().len()] }
    }

    /// Where these containers are.
    pub fn of(problem: &Problem<'_>, placed: &[Placed]) -> Self {
        let mut layout = Layout::empty(problem);
        for it in placed {
            layout.counts[it.replica.service][it.replica.machine] += 1;
        }
        layout
    }

    /// How many containers of the service there are in all.
    pub fn total(&self, service: usize) -> u32 {
        self.counts[service].iter().sum()
    }
}
