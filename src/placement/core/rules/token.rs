//! Tokens such as host ports: a machine gives no more of them than it has.

use std::collections::BTreeMap;

use crate::placement::core::instance::{Counts, Instance};
use crate::placement::core::model::Model;
use crate::placement::core::program::Terms;
use crate::placement::core::state::State;

use super::Rule;

/// Each token of each machine.
pub(super) struct Tokens;

impl Rule for Tokens {
    fn may_put(&self, state: &State<'_>, group: usize, machine: usize) -> bool {
        let most = |token: u32| state.instance.tokens[token as usize].most_on(machine);
        let wanted = &state.instance.groups[group].tokens;
        wanted.iter().all(|(token, times)| state.token(machine, *token) + times <= most(*token))
    }

    fn holds(&self, state: &State<'_>, service: usize, machine: usize) -> bool {
        let wanted = state.instance.services[service].groups.iter().flat_map(|it| &state.instance.groups[*it].tokens);
        let mut tokens = wanted.map(|(token, _)| *token);
        tokens.all(|token| state.token(machine, token) <= state.instance.tokens[token as usize].most_on(machine))
    }

    fn broken(&self, instance: &Instance, counts: &Counts) -> Vec<String> {
        let mut used: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        for (group, places) in instance.groups.iter().zip(&counts.0) {
            for (machine, count) in places {
                for (token, times) in &group.tokens {
                    *used.entry((*machine, *token)).or_default() += count * times;
                }
            }
        }
        let over = |((machine, token), used): ((u32, u32), u32)| {
            let (at, token) = (&instance.machines[machine as usize], &instance.tokens[token as usize]);
            let most = token.most_on(machine as usize);
            (used > most).then(|| format!("{} has {most} of {}, {used} are taken", at.name, token.name))
        };
        used.into_iter().filter_map(over).collect()
    }

    fn rows(&self, model: &mut Model<'_, '_>) {
        let instance = model.instance();
        let mut users: BTreeMap<u32, Vec<(usize, u32)>> = BTreeMap::new();
        for (place, group) in model.scope.groups.iter().enumerate() {
            for (token, times) in &instance.groups[*group].tokens {
                users.entry(*token).or_default().push((place, *times));
            }
        }
        for (token, users) in users {
            for slot in 0..model.scope.machines.len() {
                let free = instance.tokens[token as usize].most_on(model.scope.machines[slot]);
                let counts = users.iter().filter_map(|(place, times)| Some((model.count(*place, slot)?, *times)));
                let terms: Terms = counts.map(|(it, times)| (it, f64::from(times))).collect();
                let most: f64 = terms.iter().map(|(it, times)| model.program.variables[it.0].upper * times).sum();
                if most > f64::from(free) {
                    model.program.at_most(terms, f64::from(free));
                }
            }
        }
    }
}
