//! Everything onto chosen machines: for tiers that want machines empty. What does not fit is put there all the same, and
//! annealed until no machine holds too much; what still does is placed by neighbourhood search.

use crate::placement::core::{Hinge, Instance, State, Tier, UNLIMITED, broken, rules};

use super::bounds::{self, is_met};
use super::budget::Budget;
use super::neighbourhood::{self, Goal};
use super::solver::Effort;
use super::{annealing, covering, start};

/// How much more than the demand the chosen machines hold, the tightest first.
const MARGINS: [f64; 7] = [1.0, 1.002, 1.004, 1.008, 1.015, 1.03, 1.06];

/// So many of them, the tightest, are worth much work.
const WORTH_WORK: usize = 4;

/// So many without a place may find one by exact programs.
const FEW_HOMELESS: usize = 30;

/// The work from which on exact programs are worth it.
const WORTH_PROGRAMS: u64 = 500_000;

/// Few machines, or cheap ones: those of a cover, the tightest first, with little work for each.
pub(super) fn few_machines(state: &mut State<'_>, goal: &Goal<'_>, budget: &Budget, work: u64) {
    for margin in MARGINS {
        close(state, goal, budget, margin, work / MARGINS.len() as u64);
    }
}

/// The same with much work for each of the tightest, as far as that would be better than what there is.
pub(super) fn fewer_machines(state: &mut State<'_>, goal: &Goal<'_>, budget: &Budget, work: u64) {
    for margin in &MARGINS[..WORTH_WORK] {
        close(state, goal, budget, *margin, work / WORTH_WORK as u64);
    }
}

/// Onto the machines of a cover, if that is better than what there is.
fn close(state: &mut State<'_>, goal: &Goal<'_>, budget: &Budget, margin: f64, work: u64) {
    let (Some(tier), true) = (goal.tier, goal.before.is_empty()) else { return };
    let value = bounds::value(tier, state);
    if is_met(value, goal.enough()) || budget.is_over() {
        return;
    }
    let effort = Effort::of(2_000, (budget.seconds_left() / 10.0).max(0.05));
    let Some(cover) = covering::cover(state.instance, &tier.in_use, margin, budget, effort) else { return };
    let cost: f64 = cover.machines.iter().map(|machine| tier.in_use[*machine]).sum();
    if cover.machines.is_empty() || cost >= value - 1e-9 {
        return;
    }
    let mut open = vec![false; state.instance.machines.len()];
    cover.machines.iter().for_each(|machine| open[*machine] = true);
    let found = onto(state.instance, open, budget, work);
    if holds(&found) && bounds::value(tier, &found) < value {
        *state = found;
    }
}

/// Whether everything has a place, and holds there.
pub(super) fn holds(state: &State<'_>) -> bool {
    state.is_complete() && broken(state.instance, &state.counts()).is_empty()
}

/// Everything onto the open machines, as far as that is found to work. What has no place then goes to the others: where many machines
/// are open a few more of them cost little.
fn onto<'a>(instance: &'a Instance, open: Vec<bool>, budget: &Budget, work: u64) -> State<'a> {
    let state = start::build(instance, None, Some(&open));
    if holds(&state) {
        return state;
    }
    let mut state = squeezed(state, None, &open, budget, work);
    // A few that have no place may find one by exact programs; where many have none, there is none.
    if !state.is_complete() && state.homeless().len() <= 3 && work >= WORTH_PROGRAMS {
        let goal = Goal::to_place(open);
        neighbourhood::improve(&mut state, &goal, budget, work / 4, 5);
    }
    start::fill(&mut state, &|_| true);
    if !state.is_complete() && state.homeless().len() <= FEW_HOMELESS {
        let goal = Goal::to_place(Vec::new());
        neighbourhood::improve(&mut state, &goal, budget, work, 5);
    }
    state
}

/// Puts in what has no place, without regard to resources, and anneals the excess away. What is then too much on a
/// machine is taken out again.
///
/// `firm`: a tier that is not to become worse; what costs it to move stays.
pub(super) fn squeezed<'a>(
    state: State<'a>,
    firm: Option<&Tier>,
    open: &[bool],
    budget: &Budget,
    work: u64,
) -> State<'a> {
    let instance = state.instance;
    let is_open = |machine: usize| open.is_empty() || open[machine];
    let mut loose = instance.clone();
    let width = instance.resources.len();
    let mean = |resource: usize| {
        let rooms = instance.machines.iter().map(|it| it.room[resource]).filter(|room| *room < UNLIMITED);
        rooms.map(|room| room as f64).sum::<f64>() / instance.machines.len().max(1) as f64
    };
    let means: Vec<f64> = (0..width).map(mean).collect();
    let mut tier = Tier { name: "excess".to_owned(), ..Tier::default() };
    for machine in &mut loose.machines {
        let limited = (0..width).filter(|it| machine.room[*it] < UNLIMITED);
        let hinge = |resource: usize| Hinge {
            resource,
            above: machine.room[resource] as f64,
            slope: 1.0 / means[resource].max(1.0),
        };
        tier.hinges.push(limited.map(hinge).collect());
        machine.room = vec![UNLIMITED; width];
    }
    loose.tiers = vec![tier];
    let mut crowded = State::of(&loose, &state.counts());
    start::fill_least_cost(&mut crowded, &loose.tiers[0], &is_open);
    if !crowded.is_complete() {
        return state;
    }
    let goal = Goal {
        before: firm.map(|tier| (tier, tier.value(&crowded))).into_iter().collect(),
        tier: Some(&loose.tiers[0]),
        bound: 0.0,
        floors: Vec::new(),
        open: open.to_vec(),
    };
    annealing::improve(&mut crowded, &goal, budget, work, 3, budget.after(0.25));
    let mut state = State::of(instance, &crowded.counts());
    relieve(&mut state);
    take_out_broken(&mut state);
    start::fill(&mut state, &is_open);
    state
}

/// Takes out of each machine that holds too much what is the smallest that helps, and then what may not stay without that.
fn relieve(state: &mut State<'_>) {
    let instance = state.instance;
    for machine in 0..instance.machines.len() {
        loop {
            let room = &instance.machines[machine].room;
            let load = state.load(machine);
            let over: Vec<i64> = room.iter().zip(load).map(|(room, load)| (load - room).max(0)).collect();
            if over.iter().all(|over| *over == 0) {
                break;
            }
            let lacks = |group: usize| {
                let demand = &instance.groups[group].demand;
                let rest = over.iter().zip(demand).zip(room);
                rest.map(|((over, demand), room)| (over - demand).max(0) as f64 / *room as f64).sum::<f64>()
            };
            let size = |group: usize| {
                instance.groups[group].demand.iter().zip(room).map(|(it, room)| *it as f64 / *room as f64).sum::<f64>()
            };
            // What can be nowhere else stays if anything may go.
            let is_bound = |group: usize| bounds::is_bound_to(instance, group, machine);
            let there = state.on(machine).iter().map(|(group, _)| *group as usize);
            let smallest = there.min_by(|a, b| {
                let better = is_bound(*a).cmp(&is_bound(*b)).then(lacks(*a).total_cmp(&lacks(*b)));
                better.then(size(*a).total_cmp(&size(*b))).then(a.cmp(b))
            });
            let Some(group) = smallest else { break };
            state.take(group, machine);
        }
    }
}

/// Takes out what breaks a rule, until nothing does.
pub(super) fn take_out_broken(state: &mut State<'_>) {
    loop {
        let mut changed = false;
        for machine in 0..state.instance.machines.len() {
            for (group, count) in state.on(machine).to_vec() {
                let group = group as usize;
                let service = state.instance.groups[group].service;
                if state.is_ruled(group) && !rules::hold(state, service, machine) {
                    (0..count).for_each(|_| state.take(group, machine));
                    changed = true;
                }
            }
        }
        if !changed {
            return;
        }
    }
}

/// Room for the shape: empties one machine after the other, as far as that goes, until the bound is met.
pub(super) fn vacate(state: &mut State<'_>, goal: &Goal<'_>, budget: &Budget, work: u64) {
    let (Some(tier), true) = (goal.tier, goal.before.is_empty()) else { return };
    let Some(headroom) = &tier.headroom else { return };
    let instance = state.instance;
    let slots = |machine: usize| bounds::most_slots(instance, headroom, machine);
    let mut machines = headroom.machines.clone();
    machines.sort_by(|a, b| slots(*b).total_cmp(&slots(*a)).then(a.cmp(b)));
    for machine in machines.into_iter().take(6) {
        if is_met(tier.value(state), goal.enough()) || budget.is_over() {
            return;
        }
        let mut loose = vec![true; instance.machines.len()];
        loose[machine] = false;
        let mut trial = State::empty(instance);
        for group in 0..instance.groups.len() {
            if bounds::is_bound_to(instance, group, machine) {
                while trial.left(group) > 0 && rules::may_put(&trial, group, machine) {
                    trial.put(group, machine);
                }
            }
        }
        start::fill(&mut trial, &|it| loose[it]);
        if !trial.is_complete() {
            trial = squeezed(trial, None, &loose, budget, work / 6);
        }
        if holds(&trial) && tier.value(&trial) < tier.value(state) {
            *state = trial;
        }
    }
}
