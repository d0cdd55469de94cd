//! What no answer can be below, from sums alone: cheap at any size.

use crate::placement::core::{
    Crowded, Headroom, Instance, MACHINES, ROUNDING, Service, State, Tier, Topology, UNLIMITED,
};

use super::budget::Budget;
use super::covering;
use super::eviction::Kept;
use super::solver::Effort;

/// A bound on a tier that holds for every answer.
pub(super) fn of_tier(instance: &Instance, tier: &Tier, kept: &Kept, budget: &Budget, effort: Effort) -> f64 {
    let mut bound = tier.constant;
    if tier.moves > 0.0 {
        bound += tier.moves * kept.bounds.iter().sum::<f64>();
    }
    if !tier.hinges.is_empty() {
        bound += (0..instance.resources.len()).map(|resource| loads(instance, tier, resource)).sum::<f64>();
    }
    bound += tier.balances.iter().map(|balance| lopsided(instance, *balance)).sum::<f64>();
    if tier.doubled > 0.0 {
        bound += tier.doubled * doubled(instance);
    }
    bound += tier.crowded.iter().map(|it| crowded(instance, *it)).sum::<f64>();
    if tier.in_use.iter().any(|cost| *cost > 0.0) {
        bound += covering::cover(instance, &tier.in_use, 1.0, budget, effort).map_or(0.0, |cover| cover.bound.max(0.0));
    }
    if let Some(headroom) = &tier.headroom {
        let slots = headroom.machines.iter().map(|machine| most_slots(instance, headroom, *machine));
        bound += headroom.most - slots.fold(0.0, f64::max);
    }
    if tier.whole { (bound - 1e-6).ceil() } else { bound }
}

/// Whether a group can be nowhere but on the machine.
pub(super) fn is_bound_to(instance: &Instance, group: usize, machine: usize) -> bool {
    let most = &instance.eligibility[instance.groups[group].eligible];
    most[machine] > 0 && most.iter().filter(|most| **most > 0).count() == 1
}

/// The most of a shape that a machine could take when it holds nothing but what can be nowhere else.
pub(super) fn most_slots(instance: &Instance, headroom: &Headroom, machine: usize) -> f64 {
    let mut load = vec![0; instance.resources.len()];
    for (index, group) in instance.groups.iter().enumerate() {
        if instance.eligible(index, machine) > 0 && is_bound_to(instance, index, machine) {
            load.iter_mut().zip(&group.demand).for_each(|(load, demand)| *load += demand * i64::from(group.count));
        }
    }
    headroom.free(&instance.machines[machine].room, &load)
}

/// All that is used of a resource, laid where it costs least.
fn loads(instance: &Instance, tier: &Tier, resource: usize) -> f64 {
    let mut pieces: Vec<(f64, f64)> = Vec::new();
    let mut bound = 0.0;
    for (machine, hinges) in tier.hinges.iter().enumerate() {
        let mut hinges: Vec<(f64, f64)> =
            hinges.iter().filter(|it| it.resource == resource).map(|it| (it.above, it.slope)).collect();
        hinges.sort_by(|a, b| a.0.total_cmp(&b.0));
        let room = (instance.machines[machine].room[resource].min(UNLIMITED)) as f64;
        let (mut slope, mut from) = (0.0, 0.0f64);
        for (above, more) in hinges {
            if above <= 0.0 {
                bound -= more * above;
            } else if above < room {
                pieces.push((slope, above - from));
                from = above;
            } else {
                continue;
            }
            slope += more;
        }
        pieces.push((slope, (room - from).max(0.0)));
    }
    let demand = |group: &crate::placement::core::Group| group.demand[resource] as f64 * f64::from(group.count);
    let mut left: f64 = instance.groups.iter().map(demand).sum();
    pieces.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (slope, width) in pieces {
        let used = width.min(left);
        bound += slope * used;
        left -= used;
    }
    bound
}

/// The sum of what lacks is at least what lacks of the sums.
fn lopsided(instance: &Instance, it: crate::placement::core::Balance) -> f64 {
    let free = |resource: usize| {
        let rooms: f64 = instance.machines.iter().map(|machine| machine.room[resource] as f64).sum();
        let used = instance.groups.iter().map(|group| group.demand[resource] as f64 * f64::from(group.count));
        rooms - used.sum::<f64>()
    };
    it.weight * (it.target * free(it.first) - free(it.second)).max(0.0)
}

/// Replicas over all the machines that may take them, as evenly as can be.
fn doubled(instance: &Instance) -> f64 {
    let mut bound = 0.0;
    for service in &instance.services {
        bound += evenly(instance, service, &instance.topologies[MACHINES]);
    }
    bound
}

/// A service over all the domains that may take it, as evenly as can be.
fn crowded(instance: &Instance, it: Crowded) -> f64 {
    evenly(instance, &instance.services[it.service], &instance.topologies[it.topology])
}

/// What [`Crowded`] costs at the least.
fn evenly(instance: &Instance, service: &Service, topology: &Topology) -> f64 {
    let may = |machine: usize| service.groups.iter().any(|group| instance.most(*group, machine) > 0);
    let mut domains: Vec<u32> =
        (0..instance.machines.len()).filter(|machine| may(*machine)).map(|machine| topology.of[machine]).collect();
    domains.sort_unstable();
    domains.dedup();
    let domains = domains.len().max(1) as u32;
    let count: u32 = service.groups.iter().map(|group| instance.groups[*group].count).sum();
    let (each, more) = (count / domains, count % domains);
    f64::from(domains - more) * Crowded::of(each) + f64::from(more) * Crowded::of(each + 1)
}

/// Whether an answer's value is as good as the bound, but for rounding.
pub(super) fn is_met(value: f64, bound: f64) -> bool {
    value - bound <= ROUNDING * value.abs().max(1.0)
}

/// The value of a tier.
pub(super) fn value(tier: &Tier, state: &State<'_>) -> f64 {
    let value = tier.value(state);
    if tier.whole { value.round() } else { value }
}
