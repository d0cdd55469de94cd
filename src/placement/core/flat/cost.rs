//! A tier's costs of loads in flat arrays, and what a change adds to the tier's other costs.

use crate::placement::core::objective::{Balance, Tier};

use super::{Flat, LANES, Shift, Trial};

/// Register by register.
#[inline]
fn lanes(all: &[f64]) -> &[[f64; LANES]] {
    all.as_chunks().0
}

/// In the same order on every machine.
#[inline]
fn total(sums: [f64; LANES]) -> f64 {
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}

/// A tier, made ready.
#[derive(Clone, Debug)]
pub struct Cost<'t> {
    /// The tier.
    pub tier: &'t Tier,
    width: usize,
    /// The first hinge of each resource of each machine, the second of each, and so on: from where on it costs, and how
    /// much.
    layers: Vec<(Vec<f64>, Vec<f64>)>,
    /// Each balance, with its constant part by machine: `weight · max(0, part − target · first + second)`.
    balances: Vec<(Balance, Vec<f64>)>,
    /// What a unit beyond the room counts, so that containers of different resources count alike.
    excess: Vec<f64>,
}

impl<'t> Cost<'t> {
    /// The tier's costs.
    pub fn of(flat: &Flat<'_>, tier: &'t Tier) -> Self {
        let (instance, width) = (flat.instance, flat.facts.width);
        let mut layers: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
        let blank = || vec![0.0; instance.machines.len() * width];
        for (machine, hinges) in tier.hinges.iter().enumerate() {
            let mut used = vec![0; width];
            for hinge in hinges {
                let layer = used[hinge.resource];
                used[hinge.resource] += 1;
                if layers.len() == layer {
                    layers.push((blank(), blank()));
                }
                let place = machine * width + hinge.resource;
                layers[layer].0[place] = hinge.above;
                layers[layer].1[place] = hinge.slope;
            }
        }
        let part = |it: &Balance| {
            let part = |room: &[i64]| it.target * room[it.first] as f64 - room[it.second] as f64;
            instance.machines.iter().map(|machine| part(&machine.room)).collect()
        };
        let excess = excess(flat, tier);
        Cost { tier, width, layers, excess, balances: tier.balances.iter().map(|it| (*it, part(it))).collect() }
    }

    /// How much too much a machine holds with `more` beside what is there.
    #[inline]
    pub fn excess(&self, spare: &[f64], more: &[f64]) -> f64 {
        let mut sums = [0.0; LANES];
        for ((more, spare), weight) in lanes(more).iter().zip(lanes(spare)).zip(lanes(&self.excess)) {
            for at in 0..LANES {
                sums[at] += weight[at] * (more[at] - spare[at]).max(0.0);
            }
        }
        total(sums)
    }

    /// Whether a machine with `more` beside what is there uses nothing that costs, but for what `unless` alone would.
    pub fn is_light(&self, machine: u32, load: &[f64], more: &[f64], unless: &[f64]) -> bool {
        let from = machine as usize * self.width;
        self.layers.iter().all(|(above, slope)| {
            let (above, slope) = (&above[from..from + self.width], &slope[from..from + self.width]);
            (0..self.width).all(|it| slope[it] <= 0.0 || load[it] + more[it] <= above[it].max(unless[it]))
        })
    }

    /// What a machine's load costs, with `more` beside what is there.
    #[inline]
    pub fn load(&self, machine: u32, load: &[f64], more: &[f64]) -> f64 {
        let from = machine as usize * self.width;
        let block = from..from + self.width;
        let mut sums = [0.0; LANES];
        let (load, more) = (lanes(load), lanes(more));
        for (above, slope) in &self.layers {
            let (above, slope) = (lanes(&above[block.clone()]), lanes(&slope[block.clone()]));
            for (((load, more), above), slope) in load.iter().zip(more).zip(above).zip(slope) {
                for at in 0..LANES {
                    sums[at] += slope[at] * (load[at] + more[at] - above[at]).max(0.0);
                }
            }
        }
        total(sums) + self.lopsided(machine, load, more)
    }

    #[inline]
    fn lopsided(&self, machine: u32, load: &[[f64; LANES]], more: &[[f64; LANES]]) -> f64 {
        let mut cost = 0.0;
        for (it, part) in &self.balances {
            let at =
                |resource: usize| load[resource / LANES][resource % LANES] + more[resource / LANES][resource % LANES];
            cost += it.weight * (part[machine as usize] - it.target * at(it.first) + at(it.second)).max(0.0);
        }
        cost
    }

    /// What the change adds by the largest number of containers that one service moves; about, where several of one
    /// service or of such services move at once.
    #[inline]
    pub fn most_moved(&self, flat: &Flat<'_>, trial: &Trial) -> f64 {
        let mut change = 0.0;
        if self.tier.most_moved != 0.0 {
            for shift in trial.shifts() {
                let gone = i32::from(shift.leaves) - i32::from(shift.returns);
                if gone != 0 {
                    let after = flat.moved.most_after(flat.service(shift.container), gone);
                    change += f64::from(after) - f64::from(flat.most_moved());
                }
            }
        }
        change * self.tier.most_moved
    }

    /// What the change adds to all that is neither a cost of loads nor of the most moves.
    #[inline]
    pub fn others(&self, flat: &Flat<'_>, trial: &Trial) -> f64 {
        let tier = self.tier;
        let mut change = 0.0;
        for shift in trial.shifts() {
            change += self.of_shift(flat, *shift);
        }
        if !tier.in_use.is_empty() {
            for (machine, more) in trial.machines() {
                let now = flat.on(machine).len();
                let then = (now as i32 + more) as usize;
                let is_used = |count: usize| f64::from(u8::from(count > 0));
                change += tier.in_use[machine as usize] * (is_used(then) - is_used(now));
            }
        }
        change
    }

    /// What a container's change of machine costs, loads and machines in use apart.
    #[inline]
    pub fn of_shift(&self, flat: &Flat<'_>, shift: Shift) -> f64 {
        let (tier, instance, group) = (self.tier, flat.instance, shift.group as usize);
        let mut change = 0.0;
        if tier.moves != 0.0 {
            let gone = i32::from(shift.leaves) - i32::from(shift.returns);
            if gone != 0 {
                change += tier.moves * flat.facts.move_cost[group] * f64::from(gone);
            }
        }
        if tier.machine_moves != 0.0 && !instance.machine_moves.is_empty() {
            // Such costs are for groups of one container.
            if let Some(origin) = flat.origin(group) {
                let costs = &instance.machine_moves[origin as usize];
                change += tier.machine_moves * (costs[shift.to as usize] - costs[shift.from as usize]);
            }
        }
        if tier.doubled != 0.0 {
            let service = flat.service_of(group);
            let on = |machine: u32| f64::from(flat.service_on(service, machine));
            change += tier.doubled * (on(shift.to) - (on(shift.from) - 1.0));
        }
        change
    }
}

/// By number of a machine: what the average container's load may cost, for each unit of what it uses.
fn excess(flat: &Flat<'_>, tier: &Tier) -> Vec<f64> {
    let instance = flat.instance;
    let containers = instance.containers().max(1) as f64;
    let mean = |resource: usize| {
        let all: f64 = instance.groups.iter().map(|it| it.demand[resource] as f64 * f64::from(it.count)).sum();
        (all / containers).max(1e-9)
    };
    let means: Vec<f64> = (0..instance.resources.len()).map(mean).collect();
    let hinges = tier.hinges.iter().flatten();
    let all: f64 = hinges.map(|it| it.slope * means[it.resource]).sum();
    let scale = if all > 0.0 { all / instance.machines.len() as f64 } else { 1.0 };
    let transient = (0..instance.resources.len()).filter(|it| instance.resources[*it].transient);
    let mut weights: Vec<f64> =
        means.iter().copied().chain(transient.map(|it| means[it])).map(|mean| scale / mean).collect();
    weights.resize(flat.facts.width, 0.0);
    weights
}
