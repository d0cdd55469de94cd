//! The answer: every container with its machine and ports, and how good that is known to be.

use super::problem::Running;
use super::replicas::Replica;
use super::strategies::{Ended, TierValue};

/// A container, where it shall be, and with which host ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Which, and where.
    pub replica: Replica,
    /// The host port of each of the service's port demands, in their order.
    pub ports: Vec<u16>,
}

/// A placement that [`verify`](super::verify) found no fault with.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// By service and number.
    pub replicas: Vec<Placed>,
    /// What each tier of the objective came to, in their order.
    pub tiers: Vec<TierValue>,
    /// What ended the search for better ones.
    pub ended: Ended,
}

impl Solution {
    /// What runs once it is so.
    pub fn as_running(&self) -> impl Iterator<Item = Running> {
        self.replicas.iter().map(|it| Running {
            service: it.replica.service,
            number: it.replica.number,
            machine: it.replica.machine,
            ports: it.ports.iter().map(|port| Some(*port)).collect(),
        })
    }

    /// Of what runs, the containers that do not stay on their machine.
    pub fn leaving<'a>(&'a self, running: &'a [Running]) -> impl Iterator<Item = &'a Running> {
        let stays =
            |at: &Running| self.replicas.iter().any(|it| at.is(&it.replica) && it.replica.machine == at.machine);
        running.iter().filter(move |at| !stays(at))
    }

    /// Whether every tier is proven optimal.
    pub fn is_proven(&self) -> bool {
        self.gap() == 0.0
    }

    /// The largest gap of any tier.
    pub fn gap(&self) -> f64 {
        self.tiers.iter().map(TierValue::gap).fold(0.0, f64::max)
    }
}
