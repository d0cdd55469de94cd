//! The whole problem as one integer program: what decides small problems, with a proof.

use crate::placement::core::{Counts, Model, Scope, State, Terms, Tier};

use super::budget::Budget;
use super::eviction::Kept;
use super::neighbourhood::Goal;
use super::solver::{self, Answer, Effort};

/// Units of work that a variable's row, and an iteration over all of them, stand for.
const WORK_OF_ITERATION: u64 = 400;

/// What came of it.
pub(super) enum Exact {
    /// An answer, and a bound for all that are as good in the tiers before.
    Found { counts: Counts, bound: f64 },
    /// No answer; proven.
    Infeasible,
    /// Neither, and the bound that is known.
    Undecided(String, f64),
}

/// The program of one tier, its objective, and what is always added to that.
fn program<'s, 'a>(state: &'s State<'a>, goal: &Goal<'_>, kept: &Kept) -> (Model<'s, 'a>, Terms, f64) {
    let mut model = Model::new(Scope::whole(state, false));
    for (tier, limit) in &goal.before {
        let terms = model.tier_terms(tier);
        hold(&mut model, tier, terms, *limit);
    }
    let (objective, fixed) = goal.tier.map_or((Vec::new(), 0.0), |tier| model.tier_terms(tier));
    if goal.before.iter().map(|(tier, _)| *tier).chain(goal.tier).any(|tier| tier.moves > 0.0) {
        evictions(&mut model, kept);
    }
    (model, objective, fixed + goal.tier.map_or(0.0, |tier| tier.constant))
}

/// Solves the program of one tier; `state`, where it is complete, is the start.
pub(super) fn solve(state: &State<'_>, goal: &Goal<'_>, kept: &Kept, budget: &Budget, effort: Effort) -> Exact {
    let (model, objective, constant) = program(state, goal, kept);
    let start = if super::closing::holds(state) { model.start() } else { Vec::new() };
    let effort = Effort { target: target(goal) - constant, ..effort };
    let run = solver::solve(&model.program, &objective, &start, effort);
    budget.spend(WORK_OF_ITERATION * run.iterations + model.program.variables.len() as u64);
    budget.note(&run);
    match run.answer {
        Answer::Found { values, bound, .. } => {
            Exact::Found { counts: Counts::of(state.instance, &model.read(&values)), bound: bound + constant }
        }
        Answer::Infeasible => Exact::Infeasible,
        Answer::Undecided(why, bound) => Exact::Undecided(why, bound + constant),
    }
}

/// The value at which the program may end: what is near enough, where that is more than the bound. None else: HiGHS knows for
/// itself when it has reached that.
fn target(goal: &Goal<'_>) -> f64 {
    if goal.enough() > goal.bound { goal.enough() } else { f64::NEG_INFINITY }
}

/// The tier, whose terms and constant part these are, becomes no worse than the limit.
pub(super) fn hold(model: &mut Model<'_, '_>, tier: &Tier, (terms, fixed): (Terms, f64), limit: f64) {
    let slack = if tier.whole { 0.0 } else { 1e-7 * limit.abs().max(1.0) };
    model.program.at_most(terms, limit + slack - fixed - tier.constant);
}

/// From each machine leaves at least what its own knapsack cannot keep.
fn evictions(model: &mut Model<'_, '_>, kept: &Kept) {
    for slot in 0..model.scope.machines.len() {
        let machine = model.scope.machines[slot];
        let bound = kept.bounds[machine];
        if bound <= 0.0 {
            continue;
        }
        let (mut terms, mut fixed) = (Vec::new(), 0.0);
        for (group, _) in model.scope.state.was_on(machine).to_vec() {
            let cost = model.instance().groups[group as usize].move_cost;
            let (gone, always) = model.gone(group as usize, slot);
            terms.extend(gone.map(|gone| (gone, cost)));
            fixed += cost * f64::from(always);
        }
        // Room for the sum's own rounding, and no more: a row that lies within HiGHS's tolerance of whole numbers leads
        // its presolve to wrong optima.
        model.program.at_least(terms, bound * (1.0 - 1e-12) - fixed);
    }
}
