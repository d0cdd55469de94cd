//! Machines that are being drained, or are down, take nothing.

use crate::inventory::Availability;
use crate::placement::problem::{Layout, Problem};

use super::{Constraint, placed_where_forbidden};

/// Only active machines hold containers.
pub(super) struct Available;

impl Constraint for Available {
    fn name(&self) -> &'static str {
        "availability"
    }

    fn forbids(&self, problem: &Problem<'_>, _service: usize, machine: usize) -> Option<String> {
        match problem.stack.machines[machine].availability {
            Availability::Active => None,
            Availability::Drain => Some("is being drained".to_owned()),
            Availability::Down => Some("is down".to_owned()),
        }
    }

    fn selects(&self) -> bool {
        true
    }

    fn broken(&self, problem: &Problem<'_>, layout: &Layout) -> Vec<String> {
        placed_where_forbidden(self, problem, layout)
    }
}
