//! The plain second opinion on an answer in counts.

use super::instance::{Counts, Instance};
use super::rules;
use super::state::State;

/// Everything that is wrong with an answer, in words; empty when it holds.
pub fn broken(instance: &Instance, counts: &Counts) -> Vec<String> {
    rules::ALL.iter().flat_map(|rule| rule.broken(instance, counts)).collect()
}

/// What each tier comes to.
pub fn values(instance: &Instance, counts: &Counts) -> Vec<f64> {
    let state = State::of(instance, counts);
    instance.tiers.iter().map(|tier| tier.value(&state)).collect()
}
