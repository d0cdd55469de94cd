//! What makes one answer better than another: tiers of sums, most of them over machines.

use super::instance::Instance;
use super::state::State;

/// One tier: a sum to make as small as possible. Each weight that is zero, each list that is empty adds nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tier {
    /// Its name in plans and messages.
    pub name: String,
    /// Times the move costs of the containers that leave their machine.
    pub moves: f64,
    /// Times [`Instance::machine_moves`] of those moves.
    pub machine_moves: f64,
    /// Times the largest number of containers that any one service moves.
    pub most_moved: f64,
    /// Times 1 for the second container of a service on a machine, 2 for the third, and so on.
    pub doubled: f64,
    /// What containers of a service that share a domain cost.
    pub crowded: Vec<Crowded>,
    /// By machine: what its load costs.
    pub hinges: Vec<Vec<Hinge>>,
    /// What lopsided free room costs, on every machine.
    pub balances: Vec<Balance>,
    /// By machine: what it costs when it holds anything at all.
    pub in_use: Vec<f64>,
    /// Room for more of one shape on some machine: its number of free slots, below [`Headroom::most`], costs 1 each.
    pub headroom: Option<Headroom>,
    /// Always there, so that the value is what people expect it to be.
    pub constant: f64,
    /// Whether the sum is always a whole number.
    pub whole: bool,
    /// So much worse than its best the answer may be in this tier, for the sake of those after it.
    pub allowance: f64,
    /// How near its bound the value is near enough, as a part of the bound: nothing better is looked for then. 0: nothing
    /// but the best will do. Of headroom [`Headroom::near`] says it.
    pub tolerance: f64,
}

/// How exact a value is that a solver found: its own tolerances are of this size.
pub const ROUNDING: f64 = 1e-6;

/// How near the best even use is near enough: the last two thousandths of a sum over all machines make no difference to
/// anybody, and take by far the longest to prove.
const NEAR: f64 = 2e-3;

/// So much of a slot more makes no difference to anybody either.
const NEAR_SLOT: f64 = 0.1;

/// Up to so many columns a program is solved to the end in no time.
const MOST_COLUMNS_QUICK: usize = 100;

/// For each domain of a topology 1 for the second container of the service there, 2 for the third, and so on: least where they
/// are spread evenly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crowded {
    /// Which service.
    pub service: usize,
    /// Which domains.
    pub topology: usize,
}

impl Crowded {
    /// What so many in one domain cost.
    pub fn of(count: u32) -> f64 {
        let count = f64::from(count);
        count * (count - 1.0) / 2.0
    }

    fn cost(&self, state: &State<'_>) -> f64 {
        let domains = 0..state.instance.topologies[self.topology].domains as u32;
        domains.map(|domain| Self::of(state.in_domain(self.service, self.topology, domain))).sum()
    }
}

/// A convex cost of a machine's load: from `above` on, each unit of the resource costs `slope` more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hinge {
    /// Which resource.
    pub resource: usize,
    /// From where on; may be negative.
    pub above: f64,
    /// So much more for each unit.
    pub slope: f64,
}

/// `weight · max(0, target · free(first) − free(second))` on each machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Balance {
    /// The resource that waits for the other.
    pub first: usize,
    /// The one that goes with it.
    pub second: usize,
    /// So much of the second goes with one of the first.
    pub target: f64,
    /// What each unit that lacks costs.
    pub weight: f64,
}

/// A shape for which room is to be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Headroom {
    /// One of it, by resource; not all zero.
    pub shape: Vec<i64>,
    /// The machines that could take it.
    pub machines: Vec<usize>,
    /// The most of it that any machine could take if it were empty.
    pub most: f64,
    /// So much of a slot below the most that there can be is near enough, as long as no whole slot is lost: what does not take a
    /// whole one more is of little use. 0: nothing but the best will do.
    pub near: f64,
}

impl Headroom {
    /// How many of the shape, with fractions, still fit on a machine with this load.
    pub fn free(&self, room: &[i64], load: &[i64]) -> f64 {
        let slots = self.shape.iter().zip(room.iter().zip(load)).filter(|(shape, _)| **shape > 0);
        slots.map(|(shape, (room, load))| (room - load) as f64 / *shape as f64).fold(self.most, f64::min).max(0.0)
    }

    /// The value (slots below [`most`](Self::most)) at which nothing better is looked for, where none is below `bound`.
    fn enough(&self, bound: f64) -> f64 {
        (bound + self.near).min(self.most - self.whole(bound)).max(bound)
    }

    /// What a value must not be above to be better than this one by more than is near enough, or by a whole slot.
    pub fn better(&self, value: f64) -> f64 {
        let rounding = ROUNDING * value.abs().max(1.0);
        (value - self.near.max(rounding)).max(self.most - self.whole(value) - 1.0)
    }

    /// The whole slots of a value.
    fn whole(&self, value: f64) -> f64 {
        (self.most - value + ROUNDING).floor()
    }
}

impl Tier {
    /// Lets near the best be enough: [`tolerance`](Self::tolerance), or [`Headroom::near`]. Where a program is so small that it
    /// takes no time, nothing but the best will do.
    pub fn let_near_be_enough(&mut self, instance: &Instance) {
        if instance.columns() <= MOST_COLUMNS_QUICK {
            return;
        }
        match &mut self.headroom {
            Some(headroom) => headroom.near = NEAR_SLOT,
            None => self.tolerance = NEAR,
        }
    }

    /// The value at which nothing better is looked for, where no answer is below `bound`.
    pub fn enough(&self, bound: f64) -> f64 {
        if let Some(headroom) = self.headroom.as_ref().filter(|it| it.near > 0.0) {
            return headroom.enough(bound);
        }
        // A bound may be infinite.
        if self.tolerance > 0.0 { bound + self.tolerance * bound.abs() } else { bound }
    }

    /// What the load of a machine costs (hinges and balances).
    pub fn load_cost(&self, instance: &Instance, machine: usize, load: &[i64]) -> f64 {
        let mut cost = 0.0;
        if let Some(hinges) = self.hinges.get(machine) {
            for hinge in hinges {
                cost += hinge.slope * (load[hinge.resource] as f64 - hinge.above).max(0.0);
            }
        }
        if !self.balances.is_empty() {
            let room = &instance.machines[machine].room;
            for it in &self.balances {
                let free = |resource: usize| (room[resource] - load[resource]) as f64;
                cost += it.weight * (it.target * free(it.first) - free(it.second)).max(0.0);
            }
        }
        cost
    }

    /// All that one machine adds to the sum.
    pub fn machine_cost(&self, state: &State<'_>, machine: usize) -> f64 {
        let instance = state.instance;
        let mut cost = self.load_cost(instance, machine, state.load(machine));
        if self.moves != 0.0 {
            for (group, current) in state.was_on(machine) {
                let gone = current.saturating_sub(state.count(*group as usize, machine));
                cost += self.moves * instance.groups[*group as usize].move_cost * f64::from(gone);
            }
        }
        if self.machine_moves != 0.0 && !instance.machine_moves.is_empty() {
            for (group, _) in state.on(machine) {
                cost += self.machine_moves * arrival(instance, *group as usize, machine);
            }
        }
        if self.doubled != 0.0 {
            for service in state.services_on(machine) {
                cost += self.doubled * Crowded::of(state.service_on(service, machine));
            }
        }
        if let Some(in_use) = self.in_use.get(machine).filter(|_| !state.on(machine).is_empty()) {
            cost += in_use;
        }
        cost
    }

    /// The whole sum.
    pub fn value(&self, state: &State<'_>) -> f64 {
        let machines = (0..state.instance.machines.len()).map(|machine| self.machine_cost(state, machine));
        self.constant + machines.sum::<f64>() + self.common_cost(state)
    }

    /// What no single machine adds.
    pub fn common_cost(&self, state: &State<'_>) -> f64 {
        let mut cost = 0.0;
        if self.most_moved != 0.0 {
            cost += self.most_moved * f64::from(state.most_moved());
        }
        cost += self.crowded.iter().map(|it| it.cost(state)).sum::<f64>();
        if let Some(headroom) = &self.headroom {
            cost += headroom.most - best_slot(headroom, state).map_or(0.0, |(_, free)| free);
        }
        cost
    }
}

/// The machine with the most free slots, and how many.
pub fn best_slot(headroom: &Headroom, state: &State<'_>) -> Option<(usize, f64)> {
    let free = |machine: &usize| headroom.free(&state.instance.machines[*machine].room, state.load(*machine));
    let mut best: Option<(usize, f64)> = None;
    for machine in &headroom.machines {
        let slots = free(machine);
        if best.is_none_or(|(_, most)| slots > most) {
            best = Some((*machine, slots));
        }
    }
    best
}

/// What it costs by machine that a container of the group is here.
pub fn arrival(instance: &Instance, group: usize, machine: usize) -> f64 {
    match instance.groups[group].current.first() {
        Some((from, _)) if !instance.machine_moves.is_empty() => instance.machine_moves[*from as usize][machine],
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values in steps of an eighth of a slot: what is enough is no more than `near` off and loses no whole slot, and what would be
    /// better than a value is just what it is not enough for.
    #[test]
    fn headroom_near_the_best_loses_no_whole_slot() {
        let headroom = Headroom { shape: vec![1], machines: vec![0], most: 4.5, near: 0.25 };
        let values = || (0..36).map(|eighth| f64::from(eighth) / 8.0);
        let slots = |value: f64| (headroom.most - value).floor();
        for bound in values() {
            let enough = headroom.enough(bound);
            assert!(enough >= bound);
            for value in values().filter(|value| *value >= bound) {
                let is_near = value - bound <= 0.25 && slots(value) == slots(bound);
                assert_eq!(value <= enough, is_near, "{value} where nothing is below {bound}");
                let is_worth_it = slots(bound) > slots(value) || value - bound >= 0.25;
                assert_eq!(bound <= headroom.better(value), is_worth_it, "{bound} instead of {value}");
            }
        }
    }
}
