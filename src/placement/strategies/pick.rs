//! Which machines make a neighbourhood: one where something is to be gained, those it could be gained with, some at
//! random.

use crate::placement::core::{Instance, MACHINES, Rng, State, Tier, UNLIMITED};

use super::neighbourhood::Goal;

/// The smallest and the largest neighbourhood, in containers that are placed anew.
const SIZES: (f64, f64) = (25.0, 100.0);

/// Chooses neighbourhoods; learns how large they may be.
pub(super) struct Picker {
    /// Containers of a neighbourhood, about.
    size: f64,
    share: Vec<f64>,
}

/// Machines, and the groups of which containers without a place may be put there.
pub(super) type Picked = (Vec<usize>, Vec<usize>);

impl Picker {
    pub(super) fn new(instance: &Instance) -> Self {
        let share = |resource: usize| {
            let limited = instance.machines.iter().map(|it| it.room[resource]).filter(|room| *room < UNLIMITED);
            1.0 / (limited.map(|room| room as f64).sum::<f64>().max(1.0) / instance.machines.len().max(1) as f64)
        };
        Picker { size: 50.0, share: (0..instance.resources.len()).map(share).collect() }
    }

    /// Smaller ones when they were too hard, larger ones when they were easy.
    pub(super) fn learn(&mut self, _machines: &[usize], gained: bool, was_proven: bool) {
        let factor = match (gained, was_proven) {
            (true, _) => 1.0,
            (false, true) => 1.01,
            (false, false) => 0.95,
        };
        self.size = (self.size * factor).clamp(SIZES.0, SIZES.1);
    }

    /// Up to `jobs` neighbourhoods without a common machine.
    pub(super) fn pick(&mut self, state: &State<'_>, goal: &Goal<'_>, jobs: usize, rng: &mut Rng) -> Vec<Picked> {
        let machines = state.instance.machines.len();
        let open: Vec<usize> = (0..machines).filter(|machine| goal.is_open(*machine)).collect();
        let mut taken = vec![false; machines];
        let mut homeless = state.homeless();
        rng.shuffle(&mut homeless);
        let mut picked = Vec::new();
        // Enough machines for each neighbourhood to have some of its own; few ones are one neighbourhood.
        let jobs = jobs.min((open.len() / 4).max(1));
        for job in 0..jobs {
            let granted: Vec<usize> = homeless.iter().copied().skip(job).step_by(jobs).take(3).collect();
            let mut chosen = Vec::new();
            let mut weight = 0.0;
            let most = (open.len() / jobs).max(2);
            let seeds = self.seeds(state, goal, &granted, &open, rng);
            let mut tries = 0;
            let mut seeds = seeds.into_iter();
            while weight < self.size && chosen.len() < most && tries < 20 * most {
                tries += 1;
                // Beside those that are meant: now any, now the roomiest of a few.
                let machine = seeds.next().unwrap_or_else(|| match tries % 2 {
                    0 => rng.pick(&open),
                    _ => self.roomiest(state, &open, rng),
                });
                if !taken[machine] {
                    taken[machine] = true;
                    chosen.push(machine);
                    weight += 2.0 + state.on(machine).len() as f64;
                }
            }
            if !chosen.is_empty() {
                chosen.sort_unstable();
                picked.push((chosen, granted));
            }
        }
        picked
    }

    /// The machines to begin with.
    fn seeds(
        &self,
        state: &State<'_>,
        goal: &Goal<'_>,
        granted: &[usize],
        open: &[usize],
        rng: &mut Rng,
    ) -> Vec<usize> {
        if let Some(group) = granted.first() {
            let dear = goal.before.iter().map(|(tier, _)| *tier).chain(goal.tier).any(|tier| tier.moves > 0.0);
            let mut seeds = partner(state, goal, *group, rng);
            seeds.extend(self.roomy_for(state, *group, open, dear, rng));
            return seeds;
        }
        let Some(tier) = goal.tier else { return Vec::new() };
        if let Some(headroom) = &tier.headroom {
            let best = crate::placement::core::best_slot(headroom, state).map(|(machine, _)| machine);
            return best.into_iter().chain([rng.pick(&headroom.machines)]).collect();
        }
        let load = |machine: usize| self.fullness(state, machine);
        let painful = if tier.in_use.is_empty() {
            painful(state, goal, tier, open, rng)
        } else {
            let few: Vec<usize> = (0..4).map(|_| rng.pick(open)).filter(|it| !state.on(*it).is_empty()).collect();
            few.into_iter().min_by(|a, b| load(*a).total_cmp(&load(*b)))
        };
        let mut seeds: Vec<usize> = painful.into_iter().collect();
        // Where what left that machine went, or what it could change places with.
        if let Some(machine) = painful {
            let gone =
                state.was_on(machine).iter().filter(|(group, count)| state.count(*group as usize, machine) < *count);
            let gone: Vec<usize> = gone.map(|(group, _)| *group as usize).collect();
            if !gone.is_empty() {
                let group = rng.pick(&gone);
                seeds.extend(state.at(group).iter().map(|(at, _)| *at as usize).filter(|at| goal.is_open(*at)).take(2));
            }
        }
        // Roomy ones.
        seeds.extend((0..2).map(|_| self.roomiest(state, open, rng)));
        seeds
    }

    /// The roomiest of a few machines.
    fn roomiest(&self, state: &State<'_>, open: &[usize], rng: &mut Rng) -> usize {
        let few: Vec<usize> = (0..6).map(|_| rng.pick(open)).collect();
        let load = |machine: usize| self.fullness(state, machine);
        few.iter().copied().min_by(|a, b| load(*a).total_cmp(&load(*b))).unwrap_or(few[0])
    }

    /// How full a machine is: the fraction of its scarcest resource.
    fn fullness(&self, state: &State<'_>, machine: usize) -> f64 {
        let (room, load) = (&state.instance.machines[machine].room, state.load(machine));
        let limited = (0..room.len()).filter(|it| room[*it] < UNLIMITED);
        limited.map(|it| load[it] as f64 / (room[it] as f64).max(1e-9)).fold(0.0, f64::max)
    }

    /// Machines that might take a container of the group, the roomiest of a few first.
    fn roomy_for(&self, state: &State<'_>, group: usize, open: &[usize], dear: bool, rng: &mut Rng) -> Vec<usize> {
        let instance = state.instance;
        let may: Vec<usize> = open.iter().copied().filter(|machine| instance.most(group, *machine) > 0).collect();
        if may.is_empty() {
            return Vec::new();
        }
        let demand = &instance.groups[group].demand;
        // What it lacks there when all that costs nothing to move has gone; then, how much would have to go.
        let lacks = |machine: usize| -> f64 {
            let (room, load) = (&instance.machines[machine].room, state.load(machine));
            let mut firm = vec![0; room.len()];
            for (other, count) in state.on(machine).iter().filter(|_| dear) {
                let stays = i64::from((*count).min(instance.current(*other as usize, machine)));
                let uses = &instance.groups[*other as usize].demand;
                firm.iter_mut().zip(uses).for_each(|(firm, uses)| *firm += stays * uses);
            }
            let over = |load: &[i64]| -> f64 {
                let over = (0..room.len()).map(|it| (load[it] + demand[it] - room[it]).max(0) as f64 * self.share[it]);
                over.sum()
            };
            100.0 * over(&firm) + over(load)
        };
        let mut few: Vec<usize> = (0..16.min(may.len())).map(|_| rng.pick(&may)).collect();
        few.sort_by(|a, b| lacks(*a).total_cmp(&lacks(*b)).then(a.cmp(b)));
        few.dedup();
        few.truncate(2);
        few
    }
}

/// A machine with one of what a container of the group has to be beside: from where that may have to go with it.
fn partner(state: &State<'_>, goal: &Goal<'_>, group: usize, rng: &mut Rng) -> Vec<usize> {
    let instance = state.instance;
    let near = &instance.services[instance.groups[group].service].near;
    let beside = near.iter().filter(|bond| bond.topology == MACHINES);
    let groups = beside.flat_map(|bond| &instance.services[bond.service].groups);
    let machines = groups.flat_map(|group| state.at(*group)).map(|(machine, _)| *machine as usize);
    let machines: Vec<usize> = machines.filter(|machine| goal.is_open(*machine)).collect();
    if machines.is_empty() { Vec::new() } else { vec![rng.pick(&machines)] }
}

/// A machine that costs more than it must, the dearer the likelier; now and then any.
fn painful(state: &State<'_>, goal: &Goal<'_>, tier: &Tier, open: &[usize], rng: &mut Rng) -> Option<usize> {
    if rng.below(5) == 0 {
        return Some(rng.pick(open));
    }
    let floor = |machine: usize| goal.floors.get(machine).copied().unwrap_or(0.0);
    let pains = open.iter().map(|machine| (tier.machine_cost(state, *machine) - floor(*machine)).max(0.0));
    let pains: Vec<f64> = pains.map(|pain| if pain > 1e-9 { pain } else { 0.0 }).collect();
    let mut left = rng.unit() * pains.iter().sum::<f64>();
    open.iter().zip(&pains).find_map(|(machine, pain)| {
        left -= pain;
        (*pain > 0.0 && left <= 0.0).then_some(*machine)
    })
}
