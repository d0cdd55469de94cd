//! A first answer: what runs stays as far as it can, the rest goes where it fits best, the hardest first. What finds no
//! place is left without one.

use crate::placement::core::rules::{may_put, may_put_but_for_near};
use crate::placement::core::{Instance, State, Tier, UNLIMITED};

use super::eviction::Kept;

/// What runs and may stay, and then the rest. `open` machines only, if given.
pub(super) fn build<'a>(instance: &'a Instance, kept: Option<&Kept>, open: Option<&[bool]>) -> State<'a> {
    let mut state = State::empty(instance);
    let is_open = |machine: usize| open.is_none_or(|open| open[machine]);
    if let Some(kept) = kept {
        keep(&mut state, kept, &is_open);
    }
    fill(&mut state, &is_open);
    state
}

/// Puts back what may stay, those that others need first.
fn keep(state: &mut State<'_>, kept: &Kept, is_open: &dyn Fn(usize) -> bool) {
    // What needs another beside it may come later than that one: two rounds for chains, three for chains of chains.
    let mut waiting: Vec<(usize, usize, u32)> = Vec::new();
    for (machine, groups) in kept.groups.iter().enumerate().filter(|(machine, _)| is_open(*machine)) {
        waiting.extend(groups.iter().map(|(group, count)| (*group, machine, *count)));
    }
    for _ in 0..3 {
        waiting.retain_mut(|(group, machine, count)| {
            while *count > 0 && state.left(*group) > 0 && may_put(state, *group, *machine) {
                state.put(*group, *machine);
                *count -= 1;
            }
            *count > 0
        });
    }
    together(state, &waiting);
}

/// Services that need each other: all of a machine's waiting ones at once, if that holds.
fn together(state: &mut State<'_>, waiting: &[(usize, usize, u32)]) {
    let mut by_machine: std::collections::BTreeMap<usize, Vec<(usize, u32)>> = std::collections::BTreeMap::new();
    for (group, machine, count) in waiting.iter().filter(|(group, ..)| state.is_ruled(*group)) {
        by_machine.entry(*machine).or_default().push((*group, *count));
    }
    for (machine, groups) in by_machine {
        let put: Vec<usize> = groups
            .iter()
            .filter(|(group, _)| {
                state.left(*group) > 0
                    && !state.instance.services[state.instance.groups[*group].service].near.is_empty()
            })
            .map(|(group, _)| *group)
            .collect();
        try_together(state, &put, machine);
    }
}

/// Puts one of each group on the machine, if they hold there together.
fn try_together(state: &mut State<'_>, groups: &[usize], machine: usize) -> bool {
    let mut put: Vec<usize> = Vec::new();
    for group in groups {
        let fits = state.left(*group) > 0 && may_put_but_for_near(state, *group, machine);
        if !fits {
            put.iter().for_each(|group| state.take(*group, machine));
            return false;
        }
        state.put(*group, machine);
        put.push(*group);
    }
    let service = |group: &usize| state.instance.groups[*group].service;
    let near = |group: &usize| {
        state.instance.services[service(group)].near.iter().all(|bond| {
            let domain = state.instance.topologies[bond.topology].of[machine];
            state.in_domain(bond.service, bond.topology, domain) > 0
        })
    };
    if put.iter().all(near) {
        return true;
    }
    put.iter().for_each(|group| state.take(*group, machine));
    false
}

/// How hard a group is to place: how few machines may take it, and how large it is.
fn hardness(instance: &Instance, eligible: &[usize], average: &[f64], group: usize) -> f64 {
    let it = &instance.groups[group];
    let size: f64 = it.demand.iter().zip(average).map(|(demand, room)| *demand as f64 / room.max(1.0)).sum();
    let scarce = instance.machines.len() as f64 / eligible[it.eligible].max(1) as f64;
    size * (1.0 + scarce.ln()) + scarce.ln() + 0.2 * it.tokens.len() as f64
}

/// Everything that has no place yet.
pub(super) fn fill(state: &mut State<'_>, is_open: &dyn Fn(usize) -> bool) {
    let instance = state.instance;
    let eligible: Vec<usize> =
        instance.eligibility.iter().map(|it| it.iter().filter(|most| **most > 0).count()).collect();
    let rooms = |resource: usize| {
        let limited = instance.machines.iter().map(|it| it.room[resource]).filter(|room| *room < UNLIMITED);
        limited.map(|room| room as f64).sum::<f64>() / instance.machines.len().max(1) as f64
    };
    let average: Vec<f64> = (0..instance.resources.len()).map(rooms).collect();
    let mut order = state.homeless();
    order.sort_by(|a, b| {
        let hard = |group: usize| hardness(instance, &eligible, &average, group);
        hard(*b).total_cmp(&hard(*a)).then(a.cmp(b))
    });
    put_all(state, &mut order, |state, group| best_fit(state, group, is_open));
    for group in order {
        bundle(state, group, is_open);
    }
}

/// The machine with the least room to spare after it.
pub(super) fn best_fit(state: &State<'_>, group: usize, is_open: &dyn Fn(usize) -> bool) -> Option<usize> {
    let instance = state.instance;
    let demand = &instance.groups[group].demand;
    let mut best: Option<(f64, usize)> = None;
    for machine in (0..instance.machines.len()).filter(|machine| is_open(*machine)) {
        let (room, load) = (&instance.machines[machine].room, state.load(machine));
        if instance.eligible(group, machine) == 0 || (0..room.len()).any(|it| load[it] + demand[it] > room[it]) {
            continue;
        }
        let spare: f64 = (0..room.len())
            .filter(|it| room[*it] < UNLIMITED && room[*it] > 0)
            .map(|it| (room[it] - load[it] - demand[it]) as f64 / room[it] as f64)
            .sum();
        if best.is_none_or(|(least, _)| spare < least) && may_put(state, group, machine) {
            best = Some((spare, machine));
        }
    }
    best.map(|(_, machine)| machine)
}

/// A group and those that it needs beside it, all on one machine.
fn bundle(state: &mut State<'_>, group: usize, is_open: &dyn Fn(usize) -> bool) {
    let instance = state.instance;
    let mut groups = vec![group];
    let mut at = 0;
    while at < groups.len() && groups.len() < 8 {
        for bond in &instance.services[instance.groups[groups[at]].service].near {
            let lacking = instance.services[bond.service].groups.iter().find(|it| state.left(**it) > 0);
            groups.extend(lacking.filter(|it| !groups.contains(it)));
        }
        at += 1;
    }
    while state.left(group) > 0 {
        let machines = (0..instance.machines.len()).filter(|machine| is_open(*machine));
        let found = machines.into_iter().any(|machine| {
            try_together(state, &groups, machine) || (groups.len() > 1 && try_together(state, &groups[..1], machine))
        });
        if !found {
            return;
        }
        groups.retain(|it| state.left(*it) > 0 || *it == group);
    }
}

/// Everything that has no place yet where it costs the least.
pub(super) fn fill_least_cost(state: &mut State<'_>, tier: &Tier, is_open: &dyn Fn(usize) -> bool) {
    let mut homeless = state.homeless();
    put_all(state, &mut homeless, |state, group| least_cost(state, group, tier, is_open));
}

/// All of the groups in their order, each container where `find` says; those that need others come after them. Who finds no place is
/// left over.
fn put_all(state: &mut State<'_>, groups: &mut Vec<usize>, find: impl Fn(&State<'_>, usize) -> Option<usize>) {
    for _ in 0..3 {
        groups.retain(|group| {
            while state.left(*group) > 0 {
                match find(state, *group) {
                    Some(machine) => state.put(*group, machine),
                    None => break,
                }
            }
            state.left(*group) > 0
        });
    }
}

/// The machine on which one more costs the least.
fn least_cost(state: &State<'_>, group: usize, tier: &Tier, is_open: &dyn Fn(usize) -> bool) -> Option<usize> {
    let instance = state.instance;
    let mut load = vec![0; instance.resources.len()];
    let mut best: Option<(f64, usize)> = None;
    for machine in (0..instance.machines.len()).filter(|machine| is_open(*machine)) {
        load.copy_from_slice(state.load(machine));
        let before = tier.load_cost(instance, machine, &load);
        load.iter_mut().zip(&instance.groups[group].demand).for_each(|(load, demand)| *load += demand);
        let cost = tier.load_cost(instance, machine, &load) - before;
        if best.is_none_or(|(least, _)| cost < least) && may_put(state, group, machine) {
            best = Some((cost, machine));
        }
    }
    best.map(|(_, machine)| machine)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::placement::core::{Bond, Group, MACHINES, Machine, Resource, Service, Topology};

    #[test]
    fn what_needs_another_beside_it_is_placed_after_that_one() {
        let group = |service| Group {
            service,
            count: 1,
            demand: vec![1],
            tokens: Vec::new(),
            eligible: 0,
            move_cost: 1.0,
            current: Vec::new(),
        };
        let service = |index: usize| Service { groups: vec![index], per_machine: 1, ..Service::default() };
        let mut instance = Instance {
            resources: vec![Resource { name: "memory".to_owned(), transient: false }],
            machines: ["m1", "m2"].map(|name| Machine { name: name.to_owned(), room: vec![10] }).to_vec(),
            topologies: vec![Topology { name: "machine".to_owned(), of: vec![0, 1], domains: 2 }],
            eligibility: vec![vec![u32::MAX; 2]],
            services: (0..3).map(service).collect(),
            groups: (0..3).map(group).collect(),
            ..Instance::default()
        };
        // A chain, its last link first.
        for (service, other) in [(0, 1), (1, 2)] {
            instance.services[service].near = vec![Bond { service: other, topology: MACHINES }];
        }
        let mut state = State::empty(&instance);
        fill_least_cost(&mut state, &Tier::default(), &|_| true);
        assert!(state.is_complete(), "{:?}", state.homeless());
    }
}
