//! As much as finds a place where not everything does, what comes first in rank first: nothing of a later rank takes the place
//! of anything of an earlier one.

use crate::placement::core::rules::may_put;
use crate::placement::core::{Counts, Instance, Model, Scope, State, Variable};

use super::budget::{Budget, Limits};
use super::closing;
use super::portfolio::most;
use super::solver::{self, Answer, Effort};

/// In larger problems ranks are placed one after the other, each beside as much of those before as was placed.
const MOST_COLUMNS: usize = 4_000;

/// Nodes of the search for one rank.
const NODES: i32 = 5_000;

/// As much as finds a place; `ranks` by group, the lowest number first.
pub fn most_by_rank(instance: &Instance, ranks: &[usize], limits: &Limits) -> Counts {
    let last = ranks.iter().copied().max().unwrap_or(0);
    if last == 0 {
        return most(instance, limits);
    }
    let exact = if instance.columns() <= MOST_COLUMNS { exactly(instance, ranks, last, limits) } else { None };
    exact.unwrap_or_else(|| one_by_one(instance, ranks, last, limits))
}

/// By integer programs: for each rank, the fewest without a place.
fn exactly(instance: &Instance, ranks: &[usize], last: usize, limits: &Limits) -> Option<Counts> {
    let budget = Budget::new(limits);
    let empty = State::empty(instance);
    let mut model = Model::new(Scope::whole(&empty, true));
    let mut start: Vec<(Variable, f64)> = Vec::new();
    for rank in 0..=last {
        let mut terms = model.unplaced_terms(|group| f64::from(u8::from(ranks[group] == rank)));
        terms.retain(|(_, factor)| *factor > 0.0);
        let seconds = budget.seconds_left() / (last + 1 - rank) as f64;
        let run = solver::solve(&model.program, &terms, &start, Effort::of(NODES, seconds));
        let Answer::Found { values, value, .. } = run.answer else { return None };
        model.program.at_most(terms, value.round());
        start = values.into_iter().enumerate().map(|(index, value)| (Variable(index), value)).collect();
    }
    let values: Vec<f64> = start.into_iter().map(|(_, value)| value).collect();
    Some(Counts::of(instance, &model.read(&values)))
}

fn one_by_one(instance: &Instance, ranks: &[usize], last: usize, limits: &Limits) -> Counts {
    let each = Limits { time: limits.time / (last as u32 + 1), ..limits.clone() };
    let placed = |counts: &Counts, group: usize| counts.0[group].iter().map(|(_, count)| count).sum::<u32>();
    let mut best = Counts(vec![Vec::new(); instance.groups.len()]);
    for rank in 0..=last {
        let mut part = instance.clone();
        for (group, it) in part.groups.iter_mut().enumerate().filter(|(group, _)| ranks[*group] != rank) {
            it.count = if ranks[group] < rank { placed(&best, group) } else { 0 };
            // What has a place is taken for what runs there: it is kept where it is as long as that holds.
            it.current = best.0[group].clone();
        }
        let kept = |counts: &Counts| {
            (0..ranks.len()).all(|group| ranks[group] >= rank || placed(counts, group) >= placed(&best, group))
        };
        let found = Some(most(&part, &each)).filter(kept).or_else(|| Some(beside(&part, &best)).filter(kept));
        best = found.unwrap_or(best);
    }
    best
}

/// What is placed stays where it is, and each of the rest goes to the first machine that takes it.
fn beside(instance: &Instance, placed: &Counts) -> Counts {
    let mut state = State::of(instance, placed);
    for group in 0..instance.groups.len() {
        for machine in 0..instance.machines.len() {
            let most = instance.most(group, machine);
            while state.left(group) > 0 && state.count(group, machine) < most && may_put(&state, group, machine) {
                state.put(group, machine);
            }
        }
    }
    closing::take_out_broken(&mut state);
    state.counts()
}
