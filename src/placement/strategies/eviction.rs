//! For each machine by itself: the set of running containers that is the dearest to move and may stay together. What it
//! leaves out must move in any answer, so the sum is a bound on moves; what it keeps is the best start there is.
//!
//! What can be nowhere but there has its room first, whether it runs there or is still to come.
//!
//! A small knapsack with several resources, solved by branch and bound: with fractional knapsacks as the bound.

use crate::placement::core::{Instance, MACHINES, UNLIMITED};

/// Nodes after which a machine's search ends; its bound is then the fractional one.
const MOST_NODES: usize = 60_000;

/// What may stay.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    /// By machine: group and count.
    pub groups: Vec<Vec<(usize, u32)>>,
    /// By machine: what leaves costs at least this.
    pub bounds: Vec<f64>,
}

/// Solves every machine's knapsack.
pub(super) fn kept(instance: &Instance) -> Kept {
    let mut running: Vec<Vec<(usize, u32)>> = vec![Vec::new(); instance.machines.len()];
    for (index, group) in instance.groups.iter().enumerate() {
        for (machine, count) in &group.current {
            running[*machine as usize].push((index, *count));
        }
    }
    let bound = bound_to(instance);
    let mut kept = Kept::default();
    for (machine, running) in running.into_iter().enumerate() {
        let (groups, bound) = Knapsack::of(instance, machine, &running, &bound[machine]).solve();
        kept.groups.push(groups);
        kept.bounds.push(bound);
    }
    kept
}

/// By machine: the groups that can be nowhere else.
fn bound_to(instance: &Instance) -> Vec<Vec<usize>> {
    let only = |most: &Vec<u32>| {
        let mut may = (0..most.len()).filter(|machine| most[*machine] > 0);
        may.next().filter(|_| may.next().is_none())
    };
    let by_class: Vec<Option<usize>> = instance.eligibility.iter().map(only).collect();
    let mut bound = vec![Vec::new(); instance.machines.len()];
    for (index, group) in instance.groups.iter().enumerate() {
        if let Some(machine) = by_class[group.eligible] {
            bound[machine].push(index);
        }
    }
    bound
}

/// Things that may stay, each with a value and what it uses.
struct Knapsack {
    /// What stays, since it can be nowhere else: group, count.
    fixed: Vec<(usize, u32)>,
    /// Group, most, value of one.
    items: Vec<(usize, u32, f64)>,
    /// By row: room, and what one of each item uses.
    rows: Vec<(f64, Vec<f64>)>,
    /// By row: the items that use it, the most valuable for their use first.
    orders: Vec<Vec<usize>>,
    /// What leaves whatever happens.
    lost: f64,
    best: f64,
    chosen: Vec<u32>,
    nodes: usize,
}

impl Knapsack {
    fn of(instance: &Instance, machine: usize, running: &[(usize, u32)], bound: &[usize]) -> Self {
        let mut lost = 0.0;
        let mut items = Vec::new();
        for (group, count) in running {
            let most = instance.most(*group, machine).min(*count);
            let value = instance.groups[*group].move_cost;
            lost += value * f64::from(count - most);
            if most > 0 {
                items.push((*group, most, value));
            }
        }
        // What can be nowhere else is not asked whether it stays.
        let (fixed, items): (Vec<_>, Vec<_>) = items.into_iter().partition(|(group, ..)| bound.contains(group));
        let mut knapsack = Knapsack {
            fixed: fixed.into_iter().map(|(group, most, _)| (group, most)).collect(),
            items,
            rows: Vec::new(),
            orders: Vec::new(),
            lost,
            chosen: Vec::new(),
            best: -1.0,
            nodes: 0,
        };
        knapsack.chosen = vec![0; knapsack.items.len()];
        knapsack.limit_resources(instance, machine, bound);
        knapsack.limit_tokens(instance, machine, bound);
        knapsack.limit_neighbours(instance, bound);
        knapsack.sort();
        knapsack
    }

    /// A row that says something.
    fn limit(&mut self, room: f64, uses: Vec<f64>) {
        let all: f64 = uses.iter().zip(&self.items).map(|(uses, (_, most, _))| uses * f64::from(*most)).sum();
        if all > room {
            self.rows.push((room.max(0.0), uses));
        }
    }

    fn limit_resources(&mut self, instance: &Instance, machine: usize, bound: &[usize]) {
        for (resource, room) in instance.machines[machine].room.iter().enumerate().filter(|(_, it)| **it < UNLIMITED) {
            let demand = |group: usize| instance.groups[group].demand[resource] as f64;
            let taken: f64 = bound.iter().map(|it| demand(*it) * f64::from(instance.groups[*it].count)).sum();
            self.limit(*room as f64 - taken, self.items.iter().map(|it| demand(it.0)).collect());
        }
    }

    fn limit_tokens(&mut self, instance: &Instance, machine: usize, bound: &[usize]) {
        let mut tokens: Vec<u32> =
            self.items.iter().flat_map(|it| instance.groups[it.0].tokens.iter().map(|it| it.0)).collect();
        tokens.sort_unstable();
        tokens.dedup();
        for token in tokens {
            let times = |group: usize| {
                let wanted = instance.groups[group].tokens.iter().find(|(it, _)| *it == token);
                wanted.map_or(0.0, |(_, times)| f64::from(*times))
            };
            let taken: f64 = bound.iter().map(|it| times(*it) * f64::from(instance.groups[*it].count)).sum();
            let most = f64::from(instance.tokens[token as usize].most_on(machine));
            self.limit(most - taken, self.items.iter().map(|it| times(it.0)).collect());
        }
    }

    /// Of two services that may not be on one machine, one stays at the most. A row for two that both run there says so
    /// exactly where there is one container of each, and less than that else.
    fn limit_neighbours(&mut self, instance: &Instance, bound: &[usize]) {
        let service = |group: usize| instance.groups[group].service;
        let apart = |group: usize, other: usize| {
            let mut bonds = instance.services[service(group)].apart.iter();
            bonds.any(|bond| bond.topology == MACHINES && bond.service == service(other))
        };
        for first in 0..self.items.len() {
            let (group, ..) = self.items[first];
            if instance.services[service(group)].apart.is_empty() {
                continue;
            }
            let mut uses = vec![0.0; self.items.len()];
            if bound.iter().any(|other| apart(group, *other)) {
                uses[first] = 1.0;
                self.limit(0.0, uses);
                continue;
            }
            for second in first + 1..self.items.len() {
                if apart(group, self.items[second].0) {
                    let share = |at: usize| 1.0 / f64::from(self.items[at].1);
                    let mut uses = uses.clone();
                    (uses[first], uses[second]) = (share(first), share(second));
                    self.limit(1.0, uses);
                }
            }
        }
    }

    /// The items that are worth the most for what they use of the whole first.
    fn sort(&mut self) {
        let share = |at: usize| self.rows.iter().map(|(room, uses)| uses[at] / room.max(1e-9)).sum::<f64>();
        let worth = |at: usize| self.items[at].2 / share(at).max(1e-12);
        let mut order: Vec<usize> = (0..self.items.len()).collect();
        order.sort_by(|a, b| worth(*b).total_cmp(&worth(*a)).then(a.cmp(b)));
        self.items = order.iter().map(|at| self.items[*at]).collect();
        for (_, uses) in &mut self.rows {
            *uses = order.iter().map(|at| uses[*at]).collect();
        }
        for (_, uses) in &self.rows {
            let mut order: Vec<usize> = (0..self.items.len()).collect();
            let worth = |at: usize| self.items[at].2 / uses[at].max(1e-12);
            order.sort_by(|a, b| worth(*b).total_cmp(&worth(*a)).then(a.cmp(b)));
            self.orders.push(order);
        }
    }

    /// The most that items from `at` on can be worth in what is left of each row.
    fn bound(&self, at: usize, left: &[f64]) -> f64 {
        let mut bound = f64::INFINITY;
        for ((_, uses), (order, left)) in self.rows.iter().zip(self.orders.iter().zip(left)) {
            let (mut left, mut worth) = (*left, 0.0);
            for item in order.iter().filter(|item| **item >= at) {
                let (_, most, value) = self.items[*item];
                let use_all = uses[*item] * f64::from(most);
                if use_all <= left {
                    worth += value * f64::from(most);
                    left -= use_all;
                } else {
                    worth += value * left / uses[*item];
                    break;
                }
            }
            bound = bound.min(worth);
        }
        bound
    }

    fn solve(mut self) -> (Vec<(usize, u32)>, f64) {
        let all: f64 = self.items.iter().map(|(_, most, value)| value * f64::from(*most)).sum();
        if self.rows.is_empty() {
            let groups = self.items.iter().map(|(group, most, _)| (*group, *most)).chain(self.fixed).collect();
            return (groups, self.lost);
        }
        let left: Vec<f64> = self.rows.iter().map(|(room, _)| *room).collect();
        let at_most = self.bound(0, &left);
        self.search(0, left, 0.0, &mut vec![0; self.items.len()]);
        let worth = if self.nodes < MOST_NODES { self.best } else { at_most.max(self.best) };
        let kept = self.items.iter().zip(&self.chosen).filter(|(_, count)| **count > 0);
        let kept = kept.map(|((group, ..), count)| (*group, *count));
        (kept.chain(self.fixed).collect(), self.lost + (all - worth).max(0.0))
    }

    fn search(&mut self, at: usize, left: Vec<f64>, worth: f64, counts: &mut Vec<u32>) {
        if worth > self.best + 1e-9 {
            self.best = worth;
            self.chosen.clone_from(counts);
        }
        self.nodes += 1;
        if at == self.items.len() || self.nodes >= MOST_NODES || worth + self.bound(at, &left) <= self.best + 1e-9 {
            return;
        }
        let (_, most, value) = self.items[at];
        let fits = |count: u32| {
            self.rows.iter().zip(&left).all(|((_, uses), left)| uses[at] * f64::from(count) <= left + 1e-9)
        };
        let most = (0..=most).rev().find(|count| fits(*count)).unwrap_or(0);
        for count in (0..=most).rev() {
            let rest = self.rows.iter().zip(&left).map(|((_, uses), left)| left - uses[at] * f64::from(count));
            let rest: Vec<f64> = rest.collect();
            counts[at] = count;
            self.search(at + 1, rest, worth + value * f64::from(count), counts);
        }
        counts[at] = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::placement::core::{Bond, Group, Machine, Resource, Service};

    /// Two machines of ten, the second without a use; each service is one container: what it uses, what its move costs,
    /// whether it runs on the first machine, and whether it can be nowhere else.
    fn instance(services: &[(i64, f64, bool, bool)]) -> Instance {
        let group = |(index, (demand, move_cost, runs, bound)): (usize, &(i64, f64, bool, bool))| Group {
            service: index,
            count: 1,
            demand: vec![*demand],
            tokens: Vec::new(),
            eligible: usize::from(*bound),
            move_cost: *move_cost,
            current: if *runs { vec![(0, 1)] } else { Vec::new() },
        };
        let service = |index: usize| Service { groups: vec![index], per_machine: 1, ..Service::default() };
        Instance {
            resources: vec![Resource { name: "memory".to_owned(), transient: false }],
            machines: ["m1", "m2"].map(|name| Machine { name: name.to_owned(), room: vec![10] }).to_vec(),
            eligibility: vec![vec![u32::MAX; 2], vec![u32::MAX, 0]],
            services: (0..services.len()).map(service).collect(),
            groups: services.iter().enumerate().map(group).collect(),
            ..Instance::default()
        }
    }

    #[test]
    fn what_can_be_nowhere_else_has_its_room_before_what_runs() {
        // Both that run would fit, but for the third that is to come.
        let kept = kept(&instance(&[(5, 2.0, true, false), (5, 3.0, true, false), (4, 1.0, false, true)]));
        assert_eq!((kept.bounds[0], &kept.groups[0]), (2.0, &vec![(1, 1)]));
    }

    #[test]
    fn what_can_be_nowhere_else_stays_however_cheap_its_move() {
        let kept = kept(&instance(&[(6, 9.0, true, false), (6, 1.0, true, true)]));
        assert_eq!((kept.bounds[0], &kept.groups[0]), (9.0, &vec![(1, 1)]));
    }

    #[test]
    fn of_two_that_may_not_be_together_one_leaves() {
        let mut both = instance(&[(1, 2.0, true, false), (1, 3.0, true, false)]);
        for (service, other) in [(0, 1), (1, 0)] {
            both.services[service].apart = vec![Bond { service: other, topology: MACHINES }];
        }
        let kept = kept(&both);
        assert_eq!((kept.bounds[0], &kept.groups[0]), (2.0, &vec![(1, 1)]));
    }
}
