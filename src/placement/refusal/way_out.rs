//! The ways out: the cheapest changes of what the user wrote that make the stack fit, each tried by solving again.
//!
//! Every kind of change has a price, in small whole numbers (see [`Change::price`]), and comes in steps: one replica fewer,
//! two fewer. First each kind is tried by itself; then combinations of kinds in the order of their price, up to what is
//! known by then. Of what does not fit the conflict is looked for, and only what touches it is changed further.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::change::{Change, WayOut};
use super::options::{Kind, kinds};
use super::statements::{Statement, Statements};
use super::trial::{Fits, Trial};
use super::{Conflict, conflict};
use crate::placement::explain;
use crate::placement::problem::{Policy, Problem};
use crate::stack::Stack;

/// So many ways out are offered.
const OFFERED: usize = 3;

/// So many combinations are tried.
const MOST_TRIED: usize = 400;

/// How far each kind is changed: 0 is not at all.
type Steps = Vec<usize>;

/// What stands in the way as long as each of these kinds is changed just so far. Not "at most": fewer replicas can be too
/// few for a spread.
struct Obstacle {
    kinds: Vec<usize>,
    steps: Steps,
}

struct Search<'s, 'p> {
    lean: &'s Stack,
    trial: &'s Trial<'p>,
    kinds: Vec<Kind>,
    obstacles: Vec<Obstacle>,
    found: Vec<Steps>,
}

/// The cheapest ways out, each tried.
pub(super) fn find(
    stack: &Stack,
    statements: &Statements,
    trial: &Trial<'_>,
    conflicts: &[Conflict],
    services: &BTreeSet<usize>,
) -> Vec<WayOut> {
    let kinds = kinds(stack, statements, services);
    let mut search = Search { lean: &statements.lean, trial, kinds, obstacles: Vec::new(), found: Vec::new() };
    let none = vec![0; search.kinds.len()];
    conflicts.iter().for_each(|conflict| search.learn(&none, conflict));
    search.each_alone();
    search.together();
    let mut found: Vec<WayOut> = search.found.iter().map(|steps| search.way(steps)).collect();
    found.sort_by(|a, b| (a.price, a.changes.len(), &a.changes).cmp(&(b.price, b.changes.len(), &b.changes)));
    found.truncate(OFFERED);
    found
}

impl Search<'_, '_> {
    fn changes<'a>(&'a self, steps: &'a [usize]) -> impl Iterator<Item = &'a Change> + 'a {
        let changed = self.kinds.iter().zip(steps).filter(|(_, step)| **step > 0);
        changed.map(|(kind, step)| &kind.steps[step - 1])
    }

    fn price(&self, steps: &[usize]) -> u32 {
        self.changes(steps).map(Change::price).sum()
    }

    fn way(&self, steps: &[usize]) -> WayOut {
        WayOut { changes: self.changes(steps).cloned().collect(), price: self.price(steps) }
    }

    fn changed(&self, steps: &[usize]) -> Stack {
        let mut stack = self.lean.clone();
        self.changes(steps).for_each(|change| change.apply(&mut stack));
        stack
    }

    fn fits(&self, steps: &[usize]) -> bool {
        self.trial.fits(&self.changed(steps)) == Fits::Yes
    }

    /// Remembers that at these steps only changes that touch the conflict can help.
    fn learn(&mut self, steps: &[usize], conflict: &Conflict) {
        let helps = |kind: &&usize| {
            let touches = self.kinds[**kind].touches.as_ref();
            touches.is_none_or(|statement| {
                let is_said = conflict.statements.contains(statement);
                is_said || statement.service().is_some_and(|service| is_even(self.lean, conflict, service))
            })
        };
        let all: Vec<usize> = (0..self.kinds.len()).collect();
        let kinds = all.iter().filter(helps).copied().collect();
        self.obstacles.push(Obstacle { kinds, steps: steps.to_vec() });
    }

    /// Each kind by itself: the fewest steps that do.
    fn each_alone(&mut self) {
        for kind in 0..self.kinds.len() {
            let at = |step: usize| {
                let mut steps = vec![0; self.kinds.len()];
                steps[kind] = step;
                steps
            };
            let (mut low, mut high) = (0, self.kinds[kind].steps.len());
            if high == 0 || !self.fits(&at(high)) {
                continue;
            }
            while low + 1 < high {
                let middle = usize::midpoint(low, high);
                if self.fits(&at(middle)) { high = middle } else { low = middle }
            }
            self.found.push(at(high));
        }
    }

    /// Several kinds together, the cheapest first, as long as they may be among the best: the tree of hitting sets
    /// (Reiter, Artificial Intelligence 1987), with steps. Only what touches a conflict can help against it.
    fn together(&mut self) {
        let mut queue: BinaryHeap<Reverse<(u32, Steps)>> = BinaryHeap::new();
        let mut seen: BTreeSet<Steps> = BTreeSet::new();
        queue.push(Reverse((0, vec![0; self.kinds.len()])));
        let mut tried = 0;
        while let Some(Reverse((price, steps))) = queue.pop() {
            let mut prices: Vec<u32> = self.found.iter().map(|steps| self.price(steps)).collect();
            prices.sort_unstable();
            let is_dear = prices.get(OFFERED - 1).is_some_and(|third| price >= *third);
            if is_dear || tried >= MOST_TRIED || self.trial.is_over() {
                break;
            }
            // More than what does already is only dearer.
            if self.found.iter().any(|found| found.iter().zip(&steps).all(|(found, step)| found <= step)) {
                continue;
            }
            let known = |it: &&Obstacle| it.kinds.iter().all(|kind| steps[*kind] == it.steps[*kind]);
            let next: Vec<usize> = match self.obstacles.iter().find(known) {
                Some(obstacle) => obstacle.kinds.clone(),
                None => {
                    tried += 1;
                    match self.obstacle(&steps) {
                        Some(kinds) => kinds,
                        None => {
                            self.found.push(steps);
                            continue;
                        }
                    }
                }
            };
            for kind in next {
                if steps[kind] < self.kinds[kind].steps.len() {
                    let mut further = steps.clone();
                    further[kind] += 1;
                    if seen.insert(further.clone()) {
                        queue.push(Reverse((self.price(&further), further)));
                    }
                }
            }
        }
    }

    /// The kinds that may help against what stands in the way at these steps; none where nothing does.
    fn obstacle(&mut self, steps: &[usize]) -> Option<Vec<usize>> {
        let stack = self.changed(steps);
        match self.trial.fits(&stack) {
            Fits::Yes => None,
            Fits::Unknown => Some((0..self.kinds.len()).collect()),
            Fits::No => {
                let statements = Statements::of(&stack);
                let mut trial = self.trial.anew();
                // What a certificate speaks of is looked at first.
                let told = explain::certificates(&Problem::new(&stack, Vec::new(), Policy::default()));
                let told = statements.services_in(&stack, &told);
                if trial.suspects.is_none() && !told.is_empty() {
                    trial.suspects = Some(told.into_iter().collect());
                }
                match conflict::find(&statements, &trial, &BTreeSet::new()) {
                    Some(conflict) => self.learn(steps, &conflict),
                    None => return Some((0..self.kinds.len()).collect()),
                }
                self.obstacles.last().map(|obstacle| obstacle.kinds.clone())
            }
        }
    }
}

/// Whether the conflict speaks of how evenly the service is spread. What it is even over depends on all that is said of it.
fn is_even(stack: &Stack, conflict: &Conflict, service: usize) -> bool {
    let spreads = &stack.services[service].wishes.spread;
    conflict.statements.iter().any(|it| match it {
        Statement::Spread(of, item) => *of == service && spreads.get(*item).is_some_and(|it| it.skew.is_some()),
        _ => false,
    })
}
