//! Which strategy, and for how long: tier by tier, until the bound is met or the budget is spent.

use crate::placement::core::{self, Counts, Instance, State, Tier};

use super::bounds::{self, is_met};
use super::budget::{Budget, Ended, Limits};
use super::eviction::{self, Kept};
use super::exact::{self, Exact};
use super::neighbourhood::{self, Goal};
use super::solver::{Effort, ROOT};
use super::{annealing, closing, start};

/// Up to so many columns the whole is one integer program.
const MOST_COLUMNS_WHOLE: usize = 6_000;

/// Up to so many columns that program is solved sooner than anything else has begun.
const MOST_COLUMNS_TINY: usize = 100;

/// A program of more columns than this is first looked at with fewer nodes.
const LOOK_COLUMNS: i32 = 500;

/// A first look, for few machines or for one with room: one of so many parts of a tier's work, and no more units than so many
/// for each container.
const QUICK: u64 = 5;
const QUICK_EACH: u64 = 3_000;

/// What one tier of the objective came to.
#[derive(Clone, Debug, PartialEq)]
pub struct TierValue {
    /// The tier's name.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// No answer that is as good in the tiers before has less.
    pub bound: f64,
    /// Of headroom: the slots that value and bound are counted down from.
    pub slots: Option<f64>,
}

impl TierValue {
    /// What a tier came to. A bound above the value, as rounding makes it, is the value.
    pub(super) fn of(tier: &Tier, value: f64, bound: f64) -> Self {
        let slots = tier.headroom.as_ref().map(|it| it.most);
        TierValue { name: tier.name.clone(), value, bound: bound.min(value) + 0.0, slots }
    }

    /// How far the value may be from the best, as a fraction of itself, or of the slots that there may be; 0 when proven optimal.
    pub fn gap(&self) -> f64 {
        let distance = (self.value - self.bound).max(0.0);
        let of = self.slots.map_or(self.value, |slots| slots - self.bound).abs();
        if is_met(self.value, self.bound) { 0.0 } else { (distance / of).min(1.0) }
    }
}

/// An answer that holds, and how good it is known to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Who is where.
    pub counts: Counts,
    /// By tier.
    pub tiers: Vec<TierValue>,
    /// What ended the search.
    pub ended: Ended,
}

/// What became of a problem.
#[derive(Clone, Debug, PartialEq)]
pub enum Solved {
    /// An answer.
    Found(Answer),
    /// There is none; proven.
    Infeasible,
    /// Neither an answer nor a proof that there is none; why, and how many containers found no place.
    Undecided(String, usize),
}

/// Solves a problem within limits.
pub fn solve(instance: &Instance, limits: &Limits) -> Solved {
    let budget = Budget::new(limits);
    let kept = eviction::kept(instance);
    let whole = instance.columns() <= MOST_COLUMNS_WHOLE;
    let mut state = first(instance, &kept);
    if !state.is_complete() && instance.columns() > MOST_COLUMNS_TINY {
        let cheaply = complete_cheaply(instance);
        let part = if whole { budget.work() / 20 } else { budget.work() / 4 };
        // First without a dearer move.
        state = closing::squeezed(state, cheaply, &[], &budget, part / 2);
        let floors = floors(instance, 0, &kept);
        let goal = Goal { before: Vec::new(), tier: cheaply, bound: f64::INFINITY, floors, open: Vec::new() };
        let work = if whole { budget.work() / 20 } else { budget.work() };
        neighbourhood::improve(&mut state, &goal, &budget, work, 1);
    }
    let mut found = closing::holds(&state);
    if !found && whole {
        let goal = Goal::to_place(Vec::new());
        match exact::solve(&state, &goal, &kept, &budget, effort(&state, &budget, 1, 0.0)) {
            Exact::Found { counts, .. } => (state, found) = (State::of(instance, &counts), true),
            Exact::Infeasible => return Solved::Infeasible,
            Exact::Undecided(why, _) => return Solved::Undecided(why, homeless(&state)),
        }
    }
    if !found {
        return Solved::Undecided(
            "no place was found for some containers within the limits".to_owned(),
            homeless(&state),
        );
    }
    let answer = tier_by_tier(state, &kept, &budget, whole);
    let broken = core::broken(instance, &answer.counts);
    match broken.first() {
        None => Solved::Found(answer),
        Some(_) => Solved::Undecided(format!("the answer found does not hold: {}", broken.join("; ")), 0),
    }
}

/// As much as finds a place where not everything does, within limits: what is placed breaks no rule.
pub fn most(instance: &Instance, limits: &Limits) -> Counts {
    let budget = Budget::new(limits);
    let mut state = start::build(instance, Some(&eviction::kept(instance)), None);
    if !state.is_complete() {
        let goal = Goal::to_place(Vec::new());
        neighbourhood::improve(&mut state, &goal, &budget, budget.work() / 20, 1);
    }
    closing::take_out_broken(&mut state);
    state.counts()
}

fn homeless(state: &State<'_>) -> usize {
    state.homeless().iter().map(|group| state.left(*group) as usize).sum()
}

/// The first tier, if it is one that a complete answer is better built with in mind.
fn complete_cheaply(instance: &Instance) -> Option<&Tier> {
    instance.tiers.first().filter(|tier| tier.moves > 0.0 && tier.hinges.is_empty() && tier.balances.is_empty())
}

/// The first answer: all that runs stays, where that holds, or as much of it as can, where that is wanted or places more.
fn first<'a>(instance: &'a Instance, kept: &Kept) -> State<'a> {
    let running = Counts(instance.groups.iter().map(|group| group.current.clone()).collect());
    let is_all = |group: &core::Group| group.current.iter().map(|(_, count)| count).sum::<u32>() == group.count;
    if instance.groups.iter().all(is_all) && core::broken(instance, &running).is_empty() {
        return State::of(instance, &running);
    }
    let moves = instance.tiers.iter().any(|tier| tier.moves > 0.0) || instance.has_transient();
    let state = start::build(instance, moves.then_some(kept), None);
    if moves || state.is_complete() {
        return state;
    }
    // Where everything anew finds no place for some, what runs found one once.
    let staying = start::build(instance, Some(kept), None);
    if homeless(&staying) < homeless(&state) { staying } else { state }
}

/// By machine: what of a tier is unavoidable there.
fn floors(instance: &Instance, tier: usize, kept: &Kept) -> Vec<f64> {
    match instance.tiers.get(tier) {
        Some(tier) if tier.moves > 0.0 => kept.bounds.iter().map(|bound| bound * tier.moves).collect(),
        _ => Vec::new(),
    }
}

/// Nodes by the size of the program, so that the work is bounded. Where several parts of the work are left, half of the time and
/// no less than the part's share: so nodes end it and not the clock, and yet none takes all.
fn effort(state: &State<'_>, budget: &Budget, parts: usize, gap: f64) -> Effort {
    let columns = state.instance.columns().max(1) as u64;
    let nodes = (400_000 / columns).clamp(50, 50_000) as i32;
    Effort { gap, ..Effort::of(nodes, budget.seconds_left() / parts.min(2) as f64) }
}

fn tier_by_tier(mut state: State<'_>, kept: &Kept, budget: &Budget, whole: bool) -> Answer {
    let instance = state.instance;
    let mut before: Vec<(&Tier, f64)> = Vec::new();
    let mut reached = Vec::new();
    for (index, tier) in instance.tiers.iter().enumerate() {
        let effort = Effort::of(2_000, (budget.seconds_left() / 4.0).max(0.05));
        let mut bound = bounds::of_tier(instance, tier, kept, budget, effort);
        let left = instance.tiers.len() - index;
        let goal = Goal {
            before: before.clone(),
            tier: Some(tier),
            bound,
            floors: floors(instance, index, kept),
            open: Vec::new(),
        };
        if !is_met(bounds::value(tier, &state), goal.enough()) {
            bound = bound.max(improve(&mut state, &goal, kept, budget, left, whole));
        }
        let value = bounds::value(tier, &state);
        if tier.whole {
            bound = (bound - 1e-6).ceil();
        }
        before.push((tier, value + tier.allowance));
        reached.push(TierValue::of(tier, value, bound));
    }
    let is_enough = |(it, tier): (&TierValue, &Tier)| is_met(it.value, tier.enough(it.bound));
    let end = if reached.iter().all(|tier| tier.gap() == 0.0) {
        Ended::Proof
    } else if reached.iter().zip(&instance.tiers).all(is_enough) {
        Ended::Enough
    } else {
        Ended::Work
    };
    Answer { counts: state.counts(), tiers: reached, ended: budget.ended(end) }
}

/// Whether a tier costs what machines' loads cost: where annealing is at its best.
fn is_of_loads(tier: &Tier) -> bool {
    (!tier.hinges.is_empty() || !tier.balances.is_empty() || tier.doubled > 0.0) && tier.headroom.is_none()
}

/// One tier; returns a bound that holds for all answers that are as good in the tiers before.
fn improve(state: &mut State<'_>, goal: &Goal<'_>, kept: &Kept, budget: &Budget, left: usize, whole: bool) -> f64 {
    let Some(tier) = goal.tier else { return goal.bound };
    let share = budget.left() / left as u64;
    let quick = (share / QUICK).min(QUICK_EACH * state.instance.containers() as u64);
    let mut goal = goal.clone();
    let is_enough = |state: &State<'_>, goal: &Goal<'_>| is_met(bounds::value(tier, state), goal.enough());
    if state.instance.columns() <= MOST_COLUMNS_TINY {
        // Straight to the exact program.
    } else if !tier.in_use.is_empty() {
        closing::few_machines(state, &goal, budget, quick);
        if whole && !is_enough(state, &goal) {
            // What small stacks lack then, the program finds sooner than more walks do.
            let all = effort(state, budget, 4 * left, tier.tolerance);
            let nodes = all.nodes * LOOK_COLUMNS / (state.instance.columns() as i32).max(LOOK_COLUMNS);
            let look = Effort { nodes, ..all };
            goal.bound = goal.bound.max(exactly(state, &goal, kept, budget, look));
        }
        closing::fewer_machines(state, &goal, budget, share / 2);
    } else if tier.headroom.is_some() {
        closing::vacate(state, &goal, budget, quick);
        if whole && !is_enough(state, &goal) {
            goal.bound = goal.bound.max(machine_by_machine(state, &goal, kept, budget, left));
        }
        if !is_enough(state, &goal) {
            closing::vacate(state, &goal, budget, share / 2);
        }
    } else if is_of_loads(tier) {
        if whole && tier.tolerance > 0.0 {
            if goal.before.is_empty() {
                // What sums say of it is often near enough.
                annealing::improve(state, &goal, budget, quick, 3, budget.after(0.25));
            }
            if !is_enough(state, &goal) {
                // Few moves leave little to decide: then the program's root is all that it takes. Else its bound tells the walk
                // when it has arrived.
                let look = Effort { nodes: ROOT, ..effort(state, budget, 4 * left, tier.tolerance) };
                goal.bound = goal.bound.max(exactly(state, &goal, kept, budget, look));
            }
        }
        if !is_enough(state, &goal) {
            // Where the exact program can prove something it is left the larger part.
            let part = if whole { 0.4 } else { 0.9 };
            let until = budget.after(part / left as f64);
            annealing::improve(state, &goal, budget, (share as f64 * part) as u64, 11, until);
        }
    }
    if is_enough(state, &goal) {
        return goal.bound;
    }
    if whole {
        goal.bound = goal.bound.max(exactly(state, &goal, kept, budget, effort(state, budget, left, tier.tolerance)));
        if is_enough(state, &goal) {
            return goal.bound;
        }
    }
    neighbourhood::improve(state, &goal, budget, share, 7);
    goal.bound
}

/// A tier of headroom as one program for each machine that may have the room: which of them does is what one program for all
/// decides worst. Each is asked for what is better by more than is near enough. What it finds is taken; returns a bound.
fn machine_by_machine(state: &mut State<'_>, goal: &Goal<'_>, kept: &Kept, budget: &Budget, left: usize) -> f64 {
    let (Some(tier), instance) = (goal.tier, state.instance) else { return goal.bound };
    let Some(headroom) = &tier.headroom else { return goal.bound };
    let slots = |machine: &usize| bounds::most_slots(instance, headroom, *machine);
    let mut machines: Vec<(usize, f64)> = headroom.machines.iter().map(|it| (*it, slots(it))).collect();
    machines.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let most = machines.first().map_or(0.0, |it| it.1);
    let at_best = |slots: f64| goal.bound + most - slots;
    let is_asked = |value: f64, slots: f64| !is_met(value, tier.enough(at_best(slots)));
    let mut bound = f64::INFINITY;
    for (index, (machine, slots)) in machines.iter().enumerate() {
        let (value, at_best) = (bounds::value(tier, state), at_best(*slots));
        if !is_asked(value, *slots) {
            bound = bound.min(at_best);
            continue;
        }
        let here = core::Headroom { machines: vec![*machine], ..headroom.clone() };
        let one = Tier { headroom: Some(here), ..tier.clone() };
        let limit = headroom.better(value);
        let mut better = Goal { tier: Some(&one), bound: at_best, ..goal.clone() };
        better.before.push((&one, limit));
        let asked = machines[index..].iter().filter(|(_, slots)| is_asked(value, *slots)).count();
        let effort = effort(state, budget, left * asked, tier.tolerance);
        let at_least = match exact::solve(state, &better, kept, budget, effort) {
            Exact::Found { counts, bound } => {
                take_if_better(state, tier, &counts);
                bound
            }
            Exact::Undecided(_, bound) => bound,
            Exact::Infeasible => limit,
        };
        bound = bound.min(at_least.max(at_best));
    }
    bound
}

/// The tier as one program: what it finds is taken where it is better; returns its bound.
fn exactly(state: &mut State<'_>, goal: &Goal<'_>, kept: &Kept, budget: &Budget, effort: Effort) -> f64 {
    match exact::solve(state, goal, kept, budget, effort) {
        Exact::Found { counts, bound } => {
            if let Some(tier) = goal.tier {
                take_if_better(state, tier, &counts);
            }
            bound
        }
        Exact::Undecided(_, bound) => bound,
        Exact::Infeasible => f64::NEG_INFINITY,
    }
}

/// Goes over to an answer that holds and is not worse.
fn take_if_better(state: &mut State<'_>, tier: &Tier, counts: &Counts) {
    let found = State::of(state.instance, counts);
    if bounds::value(tier, &found) <= bounds::value(tier, state) + 1e-9
        && core::broken(state.instance, counts).is_empty()
    {
        *state = found;
    }
}
