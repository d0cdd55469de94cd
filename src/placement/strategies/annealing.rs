//! Simulated annealing for the largest problems and for costs of load: containers go to other machines, change places or
//! make room for each other; what that costs is known in time proportional to the number of resources, before anything is
//! changed.
//!
//! A first phase, hot, lets machines hold too much, at a price that rises as it cools: the ways between good answers lead
//! through such ones. The phases after it begin less hot, from the best, and keep to the room there is.
//!
//! Two chains, each with its own stream of random numbers, whatever the number of threads. After each phase both go on from the
//! better one, and with what that one likes to try. How far a phase has come follows the work done, or the clock where that runs faster.

use crate::placement::core::{Cost, Flat, Instance, Rng, State, Tier, Trial, UNLIMITED};

use super::bounds::is_met;
use super::budget::Budget;
use super::clearing::Clearing;
use super::neighbourhood::Goal;
use super::proposals::Proposals;
use super::schedule::{CHAINS, Cooling, FREE, HURRIED, NEAR, SCARCE, Schedule, TRANSIENT};

/// Trials between two looks at the clock.
const STRIDE: u64 = 4096;

/// Trials that a unit of work stands for: fewer where the sums are too many to be near at hand, or more than one tier is to be kept to.
const TRIALS: u64 = 4;
const SLOW_TRIALS: u64 = 2;
const MANY: usize = 10_000;

/// With fewer trials for each container there is little work for it.
const FEW: u64 = 10_000;

/// Shifts drawn to find out what steps up cost.
const SAMPLES: usize = 40_000;

/// Anneals for so many units of work in all.
pub(super) fn improve(state: &mut State<'_>, goal: &Goal<'_>, budget: &Budget, work: u64, seed: u64, until: f64) {
    let Some(tier) = goal.tier else { return };
    let is_slow = state.instance.containers() >= MANY || !goal.before.is_empty();
    let per_unit = if is_slow { SLOW_TRIALS } else { TRIALS };
    let each = work / CHAINS as u64 * per_unit;
    if each < STRIDE || state.instance.containers() == 0 || state.instance.machines.len() < 2 {
        return;
    }
    let cooling = cooling(state.instance, tier, each);
    let mut chains: Vec<Chain<'_, '_>> =
        (0..CHAINS).map(|number| Chain::new(state, goal, tier, seed, number, &cooling)).collect();
    if chains[0].proposals.is_empty() {
        return;
    }
    let begun = budget.time_fraction();
    let mut from = 0.0;
    for phase in cooling.phases {
        let schedule = Schedule { from, to: from + phase.share, begun, until, turn: None, phase: *phase };
        let trials = (each as f64 * phase.share) as u64;
        if budget.threads() > 1 {
            std::thread::scope(|scope| {
                for chain in &mut chains {
                    scope.spawn(|| chain.run(trials, schedule, budget));
                }
            });
        } else {
            for (turn, chain) in chains.iter_mut().enumerate() {
                chain.run(trials, Schedule { turn: Some(turn), ..schedule }, budget);
            }
        }
        from = schedule.to;
        budget.spend(trials / per_unit * CHAINS as u64);
        let better = usize::from(chains[1].best.0 < chains[0].best.0);
        let (best, proposals) = (chains[better].best.clone(), chains[better].proposals.clone());
        for chain in &mut chains {
            chain.go_on(&best);
            chain.proposals = proposals.clone();
        }
        if is_met(best.0, goal.enough()) {
            break;
        }
    }
    let found = State::of(state.instance, &chains[0].flat.layout());
    let keeps = |(tier, limit): &(&Tier, f64)| tier.value(&found) <= limit + 1e-6 * limit.abs().max(1.0);
    if tier.value(&found) < tier.value(state) && goal.before.iter().all(keeps) {
        *state = found;
    }
}

/// The way to cool that suits a problem, with so many trials for each chain.
fn cooling(instance: &Instance, tier: &Tier, trials: u64) -> Cooling {
    let is_free = instance.machines.iter().all(|machine| machine.room.iter().all(|room| *room >= UNLIMITED));
    if is_free {
        FREE
    } else if tier.tolerance > 0.0 {
        NEAR
    } else if trials < FEW * instance.containers() as u64 {
        HURRIED
    } else if instance.has_transient() {
        TRANSIENT
    } else {
        SCARCE
    }
}

/// One walk.
struct Chain<'a, 't> {
    flat: Flat<'a>,
    cost: Cost<'t>,
    /// At which value the walk ends.
    enough: f64,
    /// The tiers before: costs, value, limit.
    before: Vec<(Cost<'t>, f64, f64)>,
    proposals: Proposals,
    clearing: Clearing,
    rng: Rng,
    trial: Trial,
    /// By machine: what its load costs. And what all else does.
    loads: Vec<f64>,
    others: f64,
    /// By machine: how much too much it holds. And the machines that do.
    excess: Vec<f64>,
    overfull: Vec<u32>,
    best: (f64, Vec<u32>),
    /// How often, of 1024 trials, a container is made room for.
    clears: usize,
    /// The hottest there is.
    hottest: f64,
    hot: f64,
    /// Whether that is reached.
    is_done: bool,
}

/// What a trial is to hold to.
#[derive(Clone, Copy)]
struct Climate {
    heat: f64,
    /// What holding too much costs; none: it is not allowed.
    price: Option<f64>,
}

impl<'a, 't> Chain<'a, 't> {
    fn new(state: &State<'a>, goal: &Goal<'t>, tier: &'t Tier, seed: u64, number: usize, cooling: &Cooling) -> Self {
        let flat = Flat::of(state.instance, &state.counts());
        let cost = Cost::of(&flat, tier);
        let machines = 0..state.instance.machines.len() as u32;
        let open = machines.filter(|machine| goal.is_open(*machine as usize)).collect();
        let before = goal.before.iter().map(|(tier, limit)| (Cost::of(&flat, tier), 0.0, *limit)).collect();
        let mut chain = Chain {
            enough: goal.enough(),
            before,
            proposals: Proposals::new(&flat, movable(&flat, goal), open, tier, number == 0),
            clearing: Clearing::default(),
            rng: Rng::new(seed.wrapping_add(number as u64)),
            trial: Trial::new(&flat),
            loads: Vec::new(),
            others: 0.0,
            excess: vec![0.0; state.instance.machines.len()],
            overfull: Vec::new(),
            best: (0.0, Vec::new()),
            clears: cooling.clears,
            hottest: 0.0,
            hot: cooling.hottest[number],
            is_done: false,
            cost,
            flat,
        };
        let best = (tier.value(state), chain.flat.places().to_vec());
        chain.go_on(&best);
        chain
    }

    /// From an answer in which nothing is too much.
    fn go_on(&mut self, best: &(f64, Vec<u32>)) {
        self.flat.restore(&best.1);
        self.best.clone_from(best);
        self.excess.fill(0.0);
        self.overfull.clear();
        let machines = 0..self.flat.instance.machines.len() as u32;
        self.loads = machines.map(|it| self.cost.load(it, self.flat.load(it), self.flat.nothing())).collect();
        self.others = best.0 - self.loads.iter().sum::<f64>();
        if !self.before.is_empty() {
            let state = State::of(self.flat.instance, &self.flat.layout());
            self.before.iter_mut().for_each(|(cost, value, _)| *value = cost.tier.value(&state));
        }
    }

    /// So many trials of the schedule's phase.
    fn run(&mut self, trials: u64, schedule: Schedule, budget: &Budget) {
        if self.hottest == 0.0 {
            // Down to a first valley, then a look around for what a step up costs there.
            self.descend(trials / 20, budget);
            self.look_around();
        }
        let mut done = 0;
        while !self.is_done && !budget.is_interrupted() {
            let (progress, late) = schedule.progress(done as f64 / trials.max(1) as f64, budget.time_fraction());
            if late {
                budget.was_late();
            }
            if progress >= 1.0 {
                break;
            }
            let (heat, price) = schedule.climate(progress);
            self.try_many(Climate { heat: self.hottest * heat, price });
            done += STRIDE;
            if (done / STRIDE).is_multiple_of(64) {
                self.remember();
            }
        }
        self.remember();

        self.settle(trials / 3, schedule, budget);

        self.descend(trials / 50, budget);
    }

    /// Where something is still too much: warmed up a little and cooled again, a few times, until nothing is. If
    /// that does not help, back to the best.
    fn settle(&mut self, trials: u64, schedule: Schedule, budget: &Budget) {
        let mut done = 0;
        while done < trials && !self.overfull.is_empty() && !budget.is_interrupted() {
            let (heat, price) = schedule.warm(done as f64 / trials as f64);
            self.try_many(Climate { heat: self.hottest * heat, price: Some(price) });
            done += STRIDE;
        }
        if !self.overfull.is_empty() {
            let best = self.best.clone();
            self.go_on(&best);
        }
    }

    fn descend(&mut self, trials: u64, budget: &Budget) {
        let mut done = 0;
        while done < trials && !self.is_done && !budget.is_interrupted() {
            self.try_many(Climate { heat: 0.0, price: None });
            done += STRIDE;
        }
        self.remember();
    }

    fn try_many(&mut self, climate: Climate) {
        let mut done = 0;
        while done < STRIDE {
            done += self.try_one(climate);
        }
    }

    /// Keeps the best in which nothing is too much.
    fn remember(&mut self) {
        let value = self.loads.iter().sum::<f64>() + self.others;
        if self.overfull.is_empty() && value < self.best.0 - 1e-9 * self.best.0.abs() {
            self.best.0 = value;
            self.best.1.copy_from_slice(self.flat.places());
        }
        self.is_done = is_met(self.best.0, self.enough);
    }

    /// The heat at which most steps up are common.
    fn look_around(&mut self) {
        let mut ups = Vec::new();
        for _ in 0..SAMPLES {
            let container = self.rng.pick(self.proposals.movable());
            let makes_one = self.proposals.draw(&self.flat, container, &mut self.rng, &mut self.trial);
            if makes_one && self.trial.shifts().len() == 1 {
                let change = self.flat.change(&mut self.trial, &self.cost, &self.loads);
                ups.extend(change.filter(|change| *change > 1e-12));
            }
        }
        ups.sort_by(f64::total_cmp);
        self.hottest = self.hot * ups.get(ups.len() / 10).copied().unwrap_or(1.0);
    }

    /// Returns how many trials it stands for.
    fn try_one(&mut self, climate: Climate) -> u64 {
        let clears = self.rng.below(1024) < self.clears;
        let (makes_one, stands_for) = if clears {
            let at = (&self.flat, &self.cost, &self.loads[..]);
            self.clearing.draw(at, &self.proposals, &mut self.rng, &mut self.trial)
        } else {
            let container = self.choose();
            (self.proposals.draw(&self.flat, container, &mut self.rng, &mut self.trial), 1)
        };
        if makes_one {
            self.judge(climate);
        }
        stands_for
    }

    /// A container that may move: every other time one of a machine that holds too much, if there is any. As it cools few are
    /// left, and chance alone would find them too late, when all around them is settled.
    fn choose(&mut self) -> u32 {
        if !self.overfull.is_empty() && self.rng.below(2) == 0 {
            let there = self.flat.on(self.rng.pick(&self.overfull));
            let container = (!there.is_empty()).then(|| self.rng.pick(there));
            if let Some(container) = container.filter(|it| self.proposals.rank(*it).is_some()) {
                return container;
            }
        }
        self.rng.pick(self.proposals.movable())
    }

    fn judge(&mut self, climate: Climate) {
        let (of_sums, excess) = match climate.price {
            Some(_) => self.flat.loose_change(&mut self.trial, &self.cost, &self.loads, &self.excess),
            None => match self.flat.change(&mut self.trial, &self.cost, &self.loads) {
                Some(change) => (change, 0.0),
                None => return,
            },
        };
        let price = climate.price.unwrap_or(0.0);
        let change = of_sums + price * excess + self.cost.most_moved(&self.flat, &self.trial);
        if change > 0.0 && (change > 20.0 * climate.heat || self.rng.unit() >= (-change / climate.heat).exp()) {
            return;
        }
        self.take(of_sums, climate.price.is_some());
    }

    /// Does what is tried, if the rules and the tiers before allow it.
    fn take(&mut self, of_sums: f64, loose: bool) {
        let later = |(cost, value, limit): &(Cost<'_>, f64, f64)| {
            let change = self.flat.change_of(&self.trial, cost) + cost.most_moved(&self.flat, &self.trial);
            (value + change <= limit + 1e-7 * limit.abs().max(1.0)).then_some(value + change)
        };
        let before: Option<Vec<f64>> = self.before.iter().map(later).collect();
        let Some(before) = before else { return };
        let of_loads: f64 = self.trial.costs().map(|(machine, cost)| cost - self.loads[machine as usize]).sum();
        let most_moved = f64::from(self.flat.most_moved());
        if !self.flat.apply(&self.trial) {
            return;
        }
        self.others += of_sums - of_loads;
        self.others += self.cost.tier.most_moved * (f64::from(self.flat.most_moved()) - most_moved);
        for (machine, cost) in self.trial.costs() {
            self.loads[machine as usize] = cost;
        }
        if loose {
            for (machine, excess) in self.trial.excess() {
                let was = std::mem::replace(&mut self.excess[machine as usize], excess);
                match (was > 0.0, excess > 0.0) {
                    (false, true) => self.overfull.push(machine),
                    (true, false) => self.overfull.retain(|it| *it != machine),
                    _ => {}
                }
            }
        }
        for ((_, value, _), later) in self.before.iter_mut().zip(before) {
            *value = later;
        }
    }
}

/// The containers that may move: where moves may not become dearer, what runs where it is stays. And of what a tier before
/// spreads over domains nothing moves, since what that would cost is not known here.
fn movable(flat: &Flat<'_>, goal: &Goal<'_>) -> Vec<u32> {
    let spread: std::collections::BTreeSet<usize> =
        goal.before.iter().flat_map(|(tier, _)| &tier.crowded).map(|it| it.service).collect();
    let may = |container: &u32| !spread.contains(&flat.instance.groups[flat.group(*container)].service);
    let all = (0..flat.containers() as u32).filter(may);
    if !goal.before.iter().any(|(tier, _)| tier.moves > 0.0 && tier.allowance == 0.0) {
        return all.collect();
    }
    let mut stays = std::collections::BTreeMap::new();
    let is_free = |container: &u32| {
        let (group, machine) = (flat.group(*container), flat.place(*container));
        let left = stays.entry((group, machine)).or_insert_with(|| flat.instance.current(group, machine as usize));
        let is_free = *left == 0;
        *left = left.saturating_sub(1);
        is_free
    };
    all.filter(is_free).collect()
}
