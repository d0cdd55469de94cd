//! The cheapest machines that could hold everything, as far as sums tell: for all containers, and for those that are
//! confined to some machines, what they use is covered; and there are as many machines as replicas that must differ.
//!
//! A small integer program over kinds of machines: a bound on the cost of machines in use, and a good choice of them.

use std::collections::BTreeMap;

use crate::placement::core::{Instance, Program, Terms, UNLIMITED, Variable};

use super::budget::Budget;
use super::solver::{self, Answer, Effort};

/// A choice of machines.
#[derive(Clone, Debug, Default)]
pub(super) struct Cover {
    /// No answer's machines cost less.
    pub bound: f64,
    /// The machines chosen, ascending.
    pub machines: Vec<usize>,
}

/// A need of some machines: so much of what each of them gives.
struct Need {
    machines: usize,
    amount: f64,
    gives: Gives,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gives {
    Resource(usize),
    Token(u32),
    Places(u32),
}

/// The cheapest machines by `cost`, that cover `more` times the demand (1: the bound).
pub(super) fn cover(instance: &Instance, cost: &[f64], more: f64, budget: &Budget, effort: Effort) -> Option<Cover> {
    let (sets, needs, forced) = needs(instance, more);
    // Machines that differ in nothing that matters here are one variable.
    let mut kinds: BTreeMap<Vec<i64>, Vec<usize>> = BTreeMap::new();
    for machine in 0..instance.machines.len() {
        let mut kind = vec![(cost[machine] * 1e6).round() as i64, i64::from(forced[machine])];
        kind.extend(&instance.machines[machine].room);
        kind.extend(sets.iter().map(|set| i64::from(set[machine])));
        for need in &needs {
            if let Gives::Token(token) = need.gives {
                kind.push(i64::from(instance.tokens[token as usize].most_on(machine)));
            }
        }
        kinds.entry(kind).or_default().push(machine);
    }
    let kinds: Vec<Vec<usize>> = kinds.into_values().collect();
    let mut program = Program::default();
    let mut objective = Terms::new();
    for kind in &kinds {
        let least = if forced[kind[0]] { kind.len() as f64 } else { 0.0 };
        let used = program.variable(least, kind.len() as f64, true);
        objective.push((used, cost[kind[0]]));
    }
    for need in &needs {
        let gives = |machine: usize| match need.gives {
            Gives::Resource(resource) => instance.machines[machine].room[resource] as f64,
            Gives::Token(token) => f64::from(instance.tokens[token as usize].most_on(machine)),
            Gives::Places(most) => f64::from(most),
        };
        let members = kinds.iter().enumerate().filter(|(_, kind)| sets[need.machines][kind[0]]);
        let terms: Terms = members.map(|(index, kind)| (Variable(index), gives(kind[0]))).collect();
        program.at_least(terms, need.amount);
    }
    let run = solver::solve(&program, &objective, &[], effort);
    budget.note(&run);
    let (values, bound) = match run.answer {
        Answer::Found { values, bound, .. } => (values, bound),
        Answer::Undecided(_, bound) => return Some(Cover { bound, machines: Vec::new() }),
        Answer::Infeasible => return None,
    };
    let used = kinds.iter().zip(&values).flat_map(|(kind, count)| kind.iter().take(count.round() as usize).copied());
    let mut machines: Vec<usize> = used.collect();
    machines.sort_unstable();
    Some(Cover { bound, machines })
}

/// Sets of machines; what is needed of each; machines that must be in use.
fn needs(instance: &Instance, more: f64) -> (Vec<Vec<bool>>, Vec<Need>, Vec<bool>) {
    let mut forced = vec![false; instance.machines.len()];
    let mut sets: Vec<Vec<bool>> = vec![vec![true; instance.machines.len()]];
    let set_of: Vec<usize> = instance
        .eligibility
        .iter()
        .map(|most| {
            let set: Vec<bool> = most.iter().map(|most| *most > 0).collect();
            let members = set.iter().filter(|member| **member).count();
            if members == 1 {
                return 0;
            }
            sets.iter().position(|it| *it == set).unwrap_or_else(|| {
                sets.push(set);
                sets.len() - 1
            })
        })
        .collect();
    let mut amounts: BTreeMap<(usize, Gives), f64> = BTreeMap::new();
    for group in instance.groups.iter().filter(|group| group.count > 0) {
        let only = instance.eligibility[group.eligible].iter().enumerate().filter(|(_, most)| **most > 0);
        if let [(machine, _)] = only.take(2).collect::<Vec<_>>()[..] {
            forced[machine] = true;
        }
        let own = set_of[group.eligible];
        // What is confined to a set counts for each set that holds it.
        let wider = (0..sets.len()).filter(|set| *set == own || contains(&sets[*set], &sets[own]));
        for set in wider {
            for (resource, demand) in group.demand.iter().enumerate().filter(|(_, demand)| **demand > 0) {
                *amounts.entry((set, Gives::Resource(resource))).or_default() +=
                    more * *demand as f64 * f64::from(group.count);
            }
            for (token, times) in &group.tokens {
                *amounts.entry((set, Gives::Token(*token))).or_default() += f64::from(times * group.count);
            }
        }
    }
    for service in instance.services.iter().filter(|service| service.per_machine < u32::MAX) {
        let count: u32 = service.groups.iter().map(|group| instance.groups[*group].count).sum();
        let mut own = service.groups.iter().map(|group| set_of[instance.groups[*group].eligible]);
        let Some(set) = own.next().filter(|set| own.all(|other| other == *set)) else { continue };
        let need = amounts.entry((set, Gives::Places(service.per_machine))).or_default();
        *need = need.max(f64::from(count));
    }
    for machine in instance.services.iter().flat_map(|service| &service.keep) {
        forced[*machine] = true;
    }
    let unlimited = |machines: &[bool], resource: usize| {
        let mut rooms = instance.machines.iter().zip(machines).filter(|(_, member)| **member);
        rooms.any(|(machine, _)| machine.room[resource] >= UNLIMITED)
    };
    let needs = amounts.into_iter().filter_map(|((machines, gives), amount)| match gives {
        Gives::Resource(resource) if unlimited(&sets[machines], resource) => None,
        _ => Some(Need { machines, amount, gives }),
    });
    let needs = needs.collect();
    (sets, needs, forced)
}

fn contains(wide: &[bool], narrow: &[bool]) -> bool {
    wide.iter().zip(narrow).all(|(wide, narrow)| *wide || !narrow)
}
