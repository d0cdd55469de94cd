//! What an answer must respect. One file for each rule with all of its faces: may one more be put here, does it
//! hold here, where is a whole answer broken, and the rows in the integer program.

mod apart;
mod count;
mod keep;
mod near;
mod room;
mod spread;
mod token;

use super::instance::Counts;
use super::instance::Instance;
use super::model::Model;
use super::state::State;

/// One kind of rule, over all services and machines.
pub trait Rule: Sync {
    /// Whether one more container of the group may be put on the machine, as things are. What is still without a place
    /// counts as if it could go anywhere.
    fn may_put(&self, _state: &State<'_>, _group: usize, _machine: usize) -> bool {
        true
    }

    /// Whether it holds for the service on the machine (and its domains), as things are.
    fn holds(&self, state: &State<'_>, service: usize, machine: usize) -> bool;

    /// Where a whole answer breaks it, in words: plain loops over the counts, independent of all else.
    fn broken(&self, instance: &Instance, counts: &Counts) -> Vec<String>;

    /// Its rows in the integer program.
    fn rows(&self, model: &mut Model<'_, '_>);
}

/// Every rule, those that fail soonest first.
pub static ALL: [&dyn Rule; 7] =
    [&room::Room, &token::Tokens, &count::Count, &apart::Apart, &near::Near, &spread::Spreads, &keep::Keep];

/// Whether one more container of the group may be put on the machine.
pub fn may_put(state: &State<'_>, group: usize, machine: usize) -> bool {
    ALL.iter().all(|rule| rule.may_put(state, group, machine))
}

/// The same, where what it needs beside it is still to come.
pub fn may_put_but_for_near(state: &State<'_>, group: usize, machine: usize) -> bool {
    let others: [&dyn Rule; 6] =
        [&room::Room, &token::Tokens, &count::Count, &apart::Apart, &spread::Spreads, &keep::Keep];
    others.iter().all(|rule| rule.may_put(state, group, machine))
}

/// Whether all rules hold for the service on the machine.
pub fn hold(state: &State<'_>, service: usize, machine: usize) -> bool {
    ALL.iter().all(|rule| rule.holds(state, service, machine))
}

/// How many containers of a service are in each domain of a topology.
fn by_domain(instance: &Instance, counts: &Counts, service: usize, topology: usize) -> Vec<u32> {
    let topology = &instance.topologies[topology];
    let mut found = vec![0; topology.domains];
    for group in &instance.services[service].groups {
        for (machine, count) in &counts.0[*group] {
            found[topology.of[*machine as usize] as usize] += count;
        }
    }
    found
}
