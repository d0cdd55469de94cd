//! Neighbourhood search with integer programs: a few machines are emptied, all that was on them is placed anew by an
//! exact program, and what is not worse is taken. Several neighbourhoods at a time, on all cores.
//!
//! The same for any number of threads: each round has the same neighbourhoods, chosen before any is solved, none with a
//! machine of another; the results are taken in their order.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::placement::core::{Instance, Model, Rng, Scope, State, Tier, rules};

use super::bounds::is_met;
use super::budget::Budget;
use super::pick::Picker;
use super::solver::{self, Answer, Effort};

/// Neighbourhoods of a round.
const JOBS: usize = 4;

/// Units of work that a run of the solver stands for, and one of its iterations.
const WORK_OF_RUN: u64 = 20_000;
const WORK_OF_ITERATION: u64 = 400;

/// What to reach.
#[derive(Clone, Debug)]
pub(super) struct Goal<'t> {
    /// The tiers before, each with the value that is to hold.
    pub before: Vec<(&'t Tier, f64)>,
    /// The tier that is to become small; none: only to place everything.
    pub tier: Option<&'t Tier>,
    /// No answer is below.
    pub bound: f64,
    /// By machine: what of the tier's cost there is unavoidable.
    pub floors: Vec<f64>,
    /// The machines that may be used; empty: all.
    pub open: Vec<bool>,
}

impl Goal<'_> {
    /// Only to place everything, on these machines (empty: all).
    pub(super) fn to_place(open: Vec<bool>) -> Self {
        Goal { before: Vec::new(), tier: None, bound: 0.0, floors: Vec::new(), open }
    }

    /// The value at which nothing better is looked for.
    pub(super) fn enough(&self) -> f64 {
        self.tier.map_or(self.bound, |tier| tier.enough(self.bound))
    }

    pub(super) fn is_open(&self, machine: usize) -> bool {
        self.open.is_empty() || self.open[machine]
    }
}

/// What was found for a neighbourhood.
struct Found {
    layout: Option<Vec<(usize, usize, u32)>>,
    iterations: u64,
    out_of_time: bool,
    was_proven: bool,
}

/// Improves on `state` until the bound is met, or `work` is spent, or the budget is over.
pub(super) fn improve(state: &mut State<'_>, goal: &Goal<'_>, budget: &Budget, work: u64, seed: u64) {
    let mut search = Search::new(state, goal, seed);
    let mut spent = 0;
    while spent < work && !budget.is_over() && !search.is_done(state) {
        let used = search.round(state, budget);
        if used == 0 {
            return;
        }
        budget.spend(used);
        spent += used;
    }
}

struct Search<'g, 't> {
    goal: &'g Goal<'t>,
    picker: Picker,
    rng: Rng,
    prices: Vec<f64>,
    /// The tiers before and the tier itself: what machines add to them now.
    totals: Vec<f64>,
}

/// What a container without a place costs: more than any way to place it, more for large ones.
fn prices(instance: &Instance, goal: &Goal<'_>) -> Vec<f64> {
    let dearest = instance.groups.iter().map(|group| group.move_cost).fold(1.0, f64::max);
    let weight = goal.tier.map_or(1.0, |tier| tier.moves.max(1.0));
    let average = |resource: usize| {
        let all: f64 = instance.groups.iter().map(|it| it.demand[resource] as f64 * f64::from(it.count)).sum();
        (all / instance.containers().max(1) as f64).max(1e-9)
    };
    let averages: Vec<f64> = (0..instance.resources.len()).map(average).collect();
    let size = |demand: &[i64]| demand.iter().zip(&averages).map(|(it, average)| *it as f64 / average).sum::<f64>();
    instance.groups.iter().map(|group| 10.0 * dearest * weight * (1.0 + 0.2 * size(&group.demand).min(20.0))).collect()
}

impl<'g, 't> Search<'g, 't> {
    fn new(state: &State<'_>, goal: &'g Goal<'t>, seed: u64) -> Self {
        let mut search = Search {
            goal,
            picker: Picker::new(state.instance),
            rng: Rng::new(seed),
            prices: prices(state.instance, goal),
            totals: Vec::new(),
        };
        let machines = || 0..state.instance.machines.len();
        let total = |tier: &Tier| machines().map(|machine| tier.machine_cost(state, machine)).sum();
        search.totals = search.tiers().map(total).collect();
        search
    }

    fn tiers(&self) -> impl Iterator<Item = &'t Tier> + use<'t> {
        let goal = self.goal;
        let before: Vec<&'t Tier> = goal.before.iter().map(|(tier, _)| *tier).chain(goal.tier).collect();
        before.into_iter()
    }

    fn is_done(&self, state: &State<'_>) -> bool {
        let met = || {
            self.goal.tier.is_none_or(|tier| {
                is_met(self.totals[self.totals.len() - 1] + tier.constant + tier.common_cost(state), self.goal.enough())
            })
        };
        state.is_complete() && met()
    }

    /// One round; how much work it was.
    fn round(&mut self, state: &mut State<'_>, budget: &Budget) -> u64 {
        let picked = self.picker.pick(state, self.goal, JOBS, &mut self.rng);
        if picked.is_empty() {
            return 0;
        }
        let effort = Effort { gap: 1e-4, ..Effort::of(40, budget.seconds_left()) };
        let next = AtomicUsize::new(0);
        let results: Vec<Mutex<Option<Found>>> = picked.iter().map(|_| Mutex::new(None)).collect();
        let work = || loop {
            let job = next.fetch_add(1, Ordering::Relaxed);
            let Some((machines, granted)) = picked.get(job) else { return };
            let found = if budget.is_interrupted() { None } else { Some(self.solve(state, machines, granted, effort)) };
            if let Ok(mut slot) = results[job].lock() {
                *slot = found;
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..budget.threads().min(picked.len()) {
                scope.spawn(work);
            }
            work();
        });
        let mut used = 0;
        for (job, result) in results.into_iter().enumerate() {
            let Some(found) = result.into_inner().ok().flatten() else { continue };
            used += WORK_OF_RUN + WORK_OF_ITERATION * found.iterations;
            if found.out_of_time {
                budget.was_late();
            }
            let taken = found.layout.is_some_and(|layout| self.take(state, &picked[job].0, &layout));
            self.picker.learn(&picked[job].0, taken, found.was_proven);
        }
        used.max(1)
    }

    /// Places all that is on the machines anew.
    fn solve(&self, state: &State<'_>, machines: &[usize], granted: &[usize], effort: Effort) -> Found {
        let open = !state.is_complete();
        let scope = Scope::around(state, machines.to_vec(), granted.to_vec(), open);
        let mut model = Model::new(scope);
        let (mut objective, mut known) = (Vec::new(), 0.0);
        for (index, tier) in self.tiers().enumerate() {
            let here: f64 = machines.iter().map(|machine| tier.machine_cost(state, *machine)).sum();
            let (terms, fixed) = model.tier_terms(tier);
            if let Some((_, limit)) = self.goal.before.get(index) {
                let elsewhere = self.totals[index] - here + tier.constant;
                let slack = 1e-7 * limit.abs().max(1.0);
                model.program.at_most(terms, limit + slack - elsewhere - fixed);
            } else {
                objective = terms;
                known = here + tier.common_cost(state) - fixed;
            }
        }
        if open {
            objective.extend(model.unplaced_terms(|group| self.prices[group]));
            known += granted.iter().map(|group| self.prices[*group] * f64::from(state.left(*group))).sum::<f64>();
        }
        // Not worse than what is there; ties are welcome, they lead on.
        model.program.at_most(objective.clone(), known + 1e-6 * known.abs().max(1.0));
        let run = solver::solve(&model.program, &objective, &[], effort);
        let (layout, was_proven) = match &run.answer {
            Answer::Found { values, value, bound } => (Some(model.read(values)), value - bound <= 1e-3 * value.abs()),
            Answer::Infeasible => (None, true),
            Answer::Undecided(..) => (None, false),
        };
        Found { layout, iterations: run.iterations, out_of_time: run.out_of_time, was_proven }
    }

    /// Takes a layout of the machines if it holds and is not worse.
    fn take(&mut self, state: &mut State<'_>, machines: &[usize], layout: &[(usize, usize, u32)]) -> bool {
        let merit = |search: &Self, state: &State<'_>| {
            let homeless = state.homeless();
            let price: f64 = homeless.iter().map(|group| search.prices[*group] * f64::from(state.left(*group))).sum();
            let costs: Vec<f64> =
                search.tiers().map(|tier| machines.iter().map(|it| tier.machine_cost(state, *it)).sum()).collect();
            (price, costs)
        };
        let (price, costs) = merit(self, state);
        let common = |state: &State<'_>| self.goal.tier.map_or(0.0, |tier| tier.common_cost(state));
        let common_before = common(state);
        let old = content(state, machines);
        replace(state, &old, layout);
        let (new_price, new_costs) = merit(self, state);
        let common_after = common(state);
        let is_worse = || {
            let own = self.goal.tier.map_or(0.0, |_| new_costs[new_costs.len() - 1] - costs[costs.len() - 1]);
            let change = own + common_after - common_before + new_price - price;
            change > 1e-9 * (1.0 + price + costs.last().copied().unwrap_or(0.0).abs())
        };
        let breaks_limit = || {
            self.goal.before.iter().enumerate().any(|(index, (tier, limit))| {
                let value =
                    self.totals[index] + new_costs[index] - costs[index] + tier.constant + tier.common_cost(state);
                value > limit + 1e-6 * limit.abs().max(1.0)
            })
        };
        if is_worse() || breaks_limit() || !holds(state, machines, &old) {
            let new = content(state, machines);
            replace(state, &new, &old);
            return false;
        }
        for (total, (new, old)) in self.totals.iter_mut().zip(new_costs.iter().zip(&costs)) {
            *total += new - old;
        }
        let better = new_price < price - 1e-9 || new_costs.iter().zip(&costs).any(|(new, old)| *new < old - 1e-9);
        better || common_after < common_before - 1e-9
    }
}

/// What is on the machines: group, machine, count.
fn content(state: &State<'_>, machines: &[usize]) -> Vec<(usize, usize, u32)> {
    let on = |machine: &usize| {
        let machine = *machine;
        state.on(machine).iter().map(move |(group, count)| (*group as usize, machine, *count))
    };
    machines.iter().flat_map(on).collect()
}

fn replace(state: &mut State<'_>, old: &[(usize, usize, u32)], new: &[(usize, usize, u32)]) {
    for (group, machine, count) in old {
        (0..*count).for_each(|_| state.take(*group, *machine));
    }
    for (group, machine, count) in new {
        // Two neighbourhoods that want the same container without a place: the first has it.
        (0..(*count).min(state.left(*group))).for_each(|_| state.put(*group, *machine));
    }
}

/// Whether all rules hold for what is on the machines, and for what was.
fn holds(state: &State<'_>, machines: &[usize], old: &[(usize, usize, u32)]) -> bool {
    let service = |group: usize| state.instance.groups[group].service;
    let mut services: Vec<usize> = old.iter().map(|(group, ..)| service(*group)).collect();
    services.extend(content(state, machines).iter().map(|(group, ..)| service(*group)));
    services.sort_unstable();
    services.dedup();
    machines.iter().all(|machine| services.iter().all(|service| rules::hold(state, *service, *machine)))
}
