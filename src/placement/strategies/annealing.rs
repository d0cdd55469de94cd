//! Simulated annealing for the largest problems and for costs of load: one container goes to another machine, or two
//! change places; what it costs is known in time proportional to the number of resources, before anything is changed.
//!
//! Two chains, each with its own stream of random numbers, whatever the number of threads; half way both go on from the
//! better one. How far a chain has cooled follows the work done, or the clock where that runs faster.

use crate::placement::core::{Counts, Instance, Rng, State, Tier, arrival, rules};

use super::bounds::is_met;
use super::budget::Budget;
use super::neighbourhood::Goal;

/// Chains, on as many threads.
const CHAINS: u64 = 2;

/// How far the clock may be ahead of the work before it rules.
const CLOCK_LEAD: f64 = 0.05;

/// Trials between two looks at the clock.
const STRIDE: u64 = 4096;

/// Anneals for so many units of work (trials) in all.
pub(super) fn improve(state: &mut State<'_>, goal: &Goal<'_>, budget: &Budget, work: u64, seed: u64, until: f64) {
    let Some(tier) = goal.tier else { return };
    let each = work / CHAINS;
    if each < STRIDE || state.instance.containers() == 0 || state.instance.machines.len() < 2 {
        return;
    }
    let mut chains: Vec<Chain<'_, '_>> =
        (0..CHAINS).map(|number| Chain::new(state.clone(), goal, tier, seed.wrapping_add(number))).collect();
    let begun = budget.time_fraction();
    for half in 0..2u32 {
        let schedule = Schedule { from: f64::from(half) / 2.0, to: f64::from(half + 1) / 2.0, begun, until };
        let run = |chain: &mut Chain<'_, '_>| chain.run(each / 2, schedule, budget);
        if budget.threads() > 1 {
            std::thread::scope(|scope| {
                for chain in &mut chains {
                    scope.spawn(|| run(chain));
                }
            });
        } else {
            chains.iter_mut().for_each(run);
        }
        budget.spend(each / 2 * CHAINS);
        if half == 0 && chains[0].cost != chains[1].cost {
            let (better, worse) = if chains[0].cost < chains[1].cost { (0, 1) } else { (1, 0) };
            let state = chains[better].state.clone();
            chains[worse].restart(state);
        }
    }
    let value = tier.value(state);
    let best = chains.iter().min_by(|a, b| a.best.0.total_cmp(&b.best.0));
    if let Some(chain) = best.filter(|chain| chain.best.0 < value) {
        let found = State::of(state.instance, &chain.best.1);
        if tier.value(&found) < value {
            *state = found;
        }
    }
}

/// How a part of the work lies in the whole of the cooling.
#[derive(Clone, Copy)]
struct Schedule {
    from: f64,
    to: f64,
    /// The fraction of the time that had passed when it began, and that may have when it ends.
    begun: f64,
    until: f64,
}

impl Schedule {
    /// How far the cooling is, from 0 to 1, and whether the clock rules because the work falls behind it.
    fn progress(&self, done: f64, clock: f64) -> (f64, bool) {
        let work = self.from + (self.to - self.from) * done;
        let time = (clock - self.begun) / (self.until - self.begun).max(1e-9);
        // A small lead of the clock, as at the very beginning, is none: it would not be the same in another run.
        if time > work + CLOCK_LEAD { (time.min(1.0), true) } else { (work, false) }
    }
}

struct Chain<'g, 'a> {
    state: State<'a>,
    goal: &'g Goal<'g>,
    tier: &'g Tier,
    rng: Rng,
    /// Each container with its group and its machine.
    items: Vec<(u32, u32)>,
    open: Vec<usize>,
    /// By machine: what its load costs.
    loads: Vec<f64>,
    cost: f64,
    best: (f64, Counts),
    before: Vec<f64>,
    hot: f64,
    cold: f64,
    /// Whether the bound is met.
    is_done: bool,
    scratch: [Vec<i64>; 2],
}

/// One container from a machine to another.
#[derive(Clone, Copy)]
struct Shift {
    /// Which of the items.
    item: usize,
    group: usize,
    from: usize,
    to: usize,
}

impl<'g, 'a> Chain<'g, 'a> {
    fn new(state: State<'a>, goal: &'g Goal<'g>, tier: &'g Tier, seed: u64) -> Self {
        let machines = state.instance.machines.len();
        let width = state.instance.resources.len();
        let cost = tier.value(&state);
        let mut chain = Chain {
            goal,
            tier,
            rng: Rng::new(seed),
            items: Vec::new(),
            open: (0..machines).filter(|machine| goal.is_open(*machine)).collect(),
            loads: Vec::new(),
            cost,
            best: (cost, state.counts()),
            before: Vec::new(),
            hot: 0.0,
            cold: 0.0,
            is_done: false,
            scratch: [vec![0; width], vec![0; width]],
            state,
        };
        chain.begin();
        chain
    }

    fn begin(&mut self) {
        let state = &self.state;
        let firm = self.goal.before.iter().any(|(tier, _)| tier.moves > 0.0);
        self.items.clear();
        for group in 0..state.instance.groups.len() {
            for (machine, count) in state.at(group) {
                // Where moves may not become dearer, what runs where it is stays.
                let stays = if firm { state.instance.current(group, *machine as usize) } else { 0 };
                let free = count.saturating_sub(stays) as usize;
                self.items.extend(std::iter::repeat_n((group as u32, *machine), free));
            }
        }
        let machines = 0..state.instance.machines.len();
        self.loads = machines.map(|it| self.tier.load_cost(state.instance, it, state.load(it))).collect();
        self.cost = self.tier.value(state);
        self.before = self.goal.before.iter().map(|(tier, _)| tier.value(state)).collect();
    }

    fn restart(&mut self, state: State<'a>) {
        self.state = state;
        self.begin();
    }

    /// So many trials of the schedule's part.
    fn run(&mut self, trials: u64, schedule: Schedule, budget: &Budget) {
        if self.items.is_empty() {
            return;
        }
        if self.hot == 0.0 {
            // Down to a first valley, then a look around for what a step up costs there.
            self.descend(trials / 20, budget);
            self.look_around();
        }
        let mut done = 0;
        while done < trials && !self.is_done && !budget.is_interrupted() {
            let (progress, late) = schedule.progress(done as f64 / trials as f64, budget.time_fraction());
            if late {
                budget.was_late();
                if progress > schedule.to {
                    break;
                }
            }
            let heat = self.hot * (self.cold / self.hot).powf(progress);
            for _ in 0..STRIDE {
                self.trial(heat);
            }
            done += STRIDE;
            if (done / STRIDE).is_multiple_of(64) {
                self.remember();
            }
        }
        self.remember();
        if schedule.to >= 1.0 {
            self.descend(trials / 20, budget);
        }
    }

    fn descend(&mut self, trials: u64, budget: &Budget) {
        let mut done = 0;
        while done < trials && !self.is_done && !budget.is_interrupted() {
            for _ in 0..STRIDE {
                self.trial(0.0);
            }
            done += STRIDE;
        }
        self.remember();
    }

    /// Keeps the best; sums anew, since what two shifts change together is not always the sum of both.
    fn remember(&mut self) {
        self.cost = self.tier.value(&self.state);
        self.is_done = is_met(self.cost, self.goal.bound);
        if self.cost < self.best.0 - 1e-9 * self.best.0.abs() {
            self.best = (self.cost, self.state.counts());
        }
    }

    /// The heat at which steps up are common, and at which there are none.
    fn look_around(&mut self) {
        let mut ups = Vec::new();
        for _ in 0..40_000 {
            let Some((shifts, two)) = self.propose() else { continue };
            let shifts = &shifts[..if two { 2 } else { 1 }];
            if let Some(change) = self.change(shifts).filter(|change| *change > 1e-12) {
                ups.push(change);
            }
        }
        ups.sort_by(f64::total_cmp);
        let at = |part: f64| ups.get((ups.len() as f64 * part) as usize).copied().unwrap_or(1.0);
        // Lopsided room has to get worse before it gets better.
        self.hot = if self.tier.balances.is_empty() { at(0.1) } else { 3.0 * at(0.5) };
        self.cold = (self.hot * 1e-4).max(1e-12);
    }

    /// One container to another machine, or two that change places.
    fn propose(&mut self) -> Option<([Shift; 2], bool)> {
        let item = self.rng.below(self.items.len());
        let (group, from) = self.items[item];
        let (group, from) = (group as usize, from as usize);
        if self.rng.draw() & 1 == 0 {
            let to = self.rng.pick(&self.open);
            let shift = Shift { item, group, from, to };
            return (to != from).then_some(([shift, shift], false));
        }
        let second = self.rng.below(self.items.len());
        let (other, to) = self.items[second];
        let (other, to) = (other as usize, to as usize);
        let one = Shift { item, group, from, to };
        let two = Shift { item: second, group: other, from: to, to: from };
        (to != from && other != group).then_some(([one, two], true))
    }

    fn trial(&mut self, heat: f64) {
        let Some((shifts, two)) = self.propose() else { return };
        let shifts = &shifts[..if two { 2 } else { 1 }];
        let Some(change) = self.change(shifts) else { return };
        if change > 0.0 && (heat <= 0.0 || self.rng.unit() >= (-change / heat).exp()) {
            return;
        }
        self.apply(shifts, change);
    }

    /// What the shifts change of the cost, where resources allow them; rules are not asked yet.
    fn change(&mut self, shifts: &[Shift]) -> Option<f64> {
        let (instance, state) = (self.state.instance, &self.state);
        let first = shifts[0];
        for shift in shifts {
            if instance.eligible(shift.group, shift.to) == 0 {
                return None;
            }
        }
        let [from, to] = &mut self.scratch;
        from.copy_from_slice(state.load(first.from));
        to.copy_from_slice(state.load(first.to));
        for (resource, demand) in instance.groups[first.group].demand.iter().enumerate() {
            from[resource] -= demand;
            to[resource] += demand;
        }
        if let Some(second) = shifts.get(1) {
            for (resource, demand) in instance.groups[second.group].demand.iter().enumerate() {
                from[resource] += demand;
                to[resource] -= demand;
            }
        }
        let fits = |machine: usize, load: &[i64]| {
            instance.machines[machine].room.iter().zip(load).all(|(room, load)| load <= room)
        };
        if !fits(first.to, to) || !fits(first.from, from) {
            return None;
        }
        let mut change = self.tier.load_cost(instance, first.from, from) + self.tier.load_cost(instance, first.to, to)
            - self.loads[first.from]
            - self.loads[first.to];
        for shift in shifts {
            change += moved(self.tier, state, *shift);
        }
        change += emptied(self.tier, state, shifts);
        Some(change)
    }

    /// Does it, if the rules and the tiers before allow it.
    fn apply(&mut self, shifts: &[Shift], change: f64) {
        let others = self.costs_before(shifts);
        let mut done = 0;
        for shift in shifts {
            self.state.take(shift.group, shift.from);
        }
        for shift in shifts {
            if !rules::may_put(&self.state, shift.group, shift.to) {
                break;
            }
            self.state.put(shift.group, shift.to);
            done += 1;
        }
        let state = &self.state;
        let service = |group: usize| state.instance.groups[group].service;
        let holds = || {
            let transient = state.instance.has_transient();
            shifts.iter().all(|it| {
                (!state.is_ruled(it.group) && !transient)
                    || (rules::hold(state, service(it.group), it.from) && rules::hold(state, service(it.group), it.to))
            })
        };
        let held = done == shifts.len() && holds();
        let later = if held { self.costs_before(shifts) } else { Vec::new() };
        let within = || {
            self.goal.before.iter().enumerate().all(|(index, (_, limit))| {
                self.before[index] + later[index] - others[index] <= limit + 1e-7 * limit.abs().max(1.0)
            })
        };
        if !held || !within() {
            for shift in &shifts[..done] {
                self.state.take(shift.group, shift.to);
            }
            for shift in shifts {
                self.state.put(shift.group, shift.from);
            }
            return;
        }
        for (before, (later, other)) in self.before.iter_mut().zip(later.iter().zip(&others)) {
            *before += later - other;
        }
        self.cost += change;
        for shift in shifts {
            self.items[shift.item].1 = shift.to as u32;
        }
        for machine in [shifts[0].from, shifts[0].to] {
            self.loads[machine] = self.tier.load_cost(self.state.instance, machine, self.state.load(machine));
        }
    }

    /// What the two machines add to the tiers before.
    fn costs_before(&self, shifts: &[Shift]) -> Vec<f64> {
        let (from, to) = (shifts[0].from, shifts[0].to);
        let tiers = self.goal.before.iter();
        tiers.map(|(tier, _)| tier.machine_cost(&self.state, from) + tier.machine_cost(&self.state, to)).collect()
    }
}

/// What a shift changes of the costs of moves and of doubled replicas.
fn moved(tier: &Tier, state: &State<'_>, shift: Shift) -> f64 {
    let instance: &Instance = state.instance;
    let Shift { group, from, to, .. } = shift;
    let mut change = 0.0;
    let mut gone = 0;
    if tier.moves != 0.0 || tier.most_moved != 0.0 {
        let leaves = |machine: usize| state.count(group, machine) <= instance.current(group, machine);
        let returns = |machine: usize| state.count(group, machine) < instance.current(group, machine);
        gone = i32::from(leaves(from) && instance.current(group, from) > 0) - i32::from(returns(to));
        change += tier.moves * instance.groups[group].move_cost * f64::from(gone);
    }
    if tier.most_moved != 0.0 && gone != 0 {
        let service = instance.groups[group].service;
        let after = f64::from(state.most_moved_after(service, gone));
        change += tier.most_moved * (after - f64::from(state.most_moved()));
    }
    if tier.machine_moves != 0.0 {
        change += tier.machine_moves * (arrival(instance, group, to) - arrival(instance, group, from));
    }
    if tier.doubled != 0.0 {
        let service = instance.groups[group].service;
        let on = |machine: usize| f64::from(state.service_on(service, machine));
        change += tier.doubled * (on(to) - (on(from) - 1.0));
    }
    change
}

/// What shifts change of the costs of machines in use.
fn emptied(tier: &Tier, state: &State<'_>, shifts: &[Shift]) -> f64 {
    if tier.in_use.is_empty() || shifts.len() > 1 {
        return 0.0;
    }
    let Shift { from, to, .. } = shifts[0];
    let last = state.on(from).len() == 1 && state.on(from)[0].1 == 1;
    let freed = if last { tier.in_use[from] } else { 0.0 };
    let begun = if state.on(to).is_empty() { tier.in_use[to] } else { 0.0 };
    begun - freed
}
