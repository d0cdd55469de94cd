//! For each machine by itself: the set of running containers that is the dearest to move and may stay together. What it
//! leaves out must move in any answer, so the sum is a bound on moves; what it keeps is the best start there is.
//!
//! A small knapsack with several resources, solved by branch and bound: with fractional knapsacks as the bound.

use crate::placement::core::{Instance, UNLIMITED};

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
    let mut kept = Kept::default();
    for (machine, running) in running.into_iter().enumerate() {
        let (groups, bound) = Knapsack::of(instance, machine, &running).solve();
        kept.groups.push(groups);
        kept.bounds.push(bound);
    }
    kept
}

/// Things that may stay, each with a value and what it uses.
struct Knapsack {
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
    fn of(instance: &Instance, machine: usize, running: &[(usize, u32)]) -> Self {
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
        let mut rows = Vec::new();
        let mut row = |room: f64, uses: Vec<f64>| {
            let all: f64 = uses.iter().zip(&items).map(|(uses, (_, most, _))| uses * f64::from(*most)).sum();
            if all > room {
                rows.push((room, uses));
            }
        };
        for (resource, room) in instance.machines[machine].room.iter().enumerate().filter(|(_, it)| **it < UNLIMITED) {
            row(*room as f64, items.iter().map(|it| instance.groups[it.0].demand[resource] as f64).collect());
        }
        let mut tokens: Vec<u32> =
            items.iter().flat_map(|it| instance.groups[it.0].tokens.iter().map(|it| it.0)).collect();
        tokens.sort_unstable();
        tokens.dedup();
        for token in tokens {
            let times = |group: usize| {
                let wanted = instance.groups[group].tokens.iter().find(|(it, _)| *it == token);
                wanted.map_or(0.0, |(_, times)| f64::from(*times))
            };
            let most = instance.tokens[token as usize].most_on(machine);
            row(f64::from(most), items.iter().map(|it| times(it.0)).collect());
        }
        let mut knapsack =
            Knapsack { chosen: vec![0; items.len()], items, rows, orders: Vec::new(), lost, best: -1.0, nodes: 0 };
        knapsack.sort();
        knapsack
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
            let groups = self.items.iter().map(|(group, most, _)| (*group, *most)).collect();
            return (groups, self.lost);
        }
        let left: Vec<f64> = self.rows.iter().map(|(room, _)| *room).collect();
        let at_most = self.bound(0, &left);
        self.search(0, left, 0.0, &mut vec![0; self.items.len()]);
        let worth = if self.nodes < MOST_NODES { self.best } else { at_most.max(self.best) };
        let kept = self.items.iter().zip(&self.chosen).filter(|(_, count)| **count > 0);
        (kept.map(|((group, ..), count)| (*group, *count)).collect(), self.lost + (all - worth).max(0.0))
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
