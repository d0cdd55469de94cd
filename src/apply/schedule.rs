//! Which step may begin: bookkeeping without clocks and without doing anything.

use std::collections::{BTreeMap, BTreeSet};

use super::only_waits;
use crate::plan::Step;

/// How far the steps are.
pub(super) struct Schedule<'a> {
    /// Those not begun, by id, each with how many of the steps that it waits for are not done.
    ahead: BTreeMap<usize, (&'a Step, usize)>,
    /// Of those, the ones that wait for none.
    ready: BTreeSet<usize>,
    running: BTreeSet<usize>,
    /// Which steps wait for a step.
    dependents: BTreeMap<usize, Vec<usize>>,
    /// The machines that are at work.
    busy: BTreeSet<&'a str>,
}

impl<'a> Schedule<'a> {
    pub(super) fn new(steps: &'a [Step]) -> Self {
        let mut dependents: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for step in steps {
            for before in &step.waits_for {
                dependents.entry(*before).or_default().push(step.id);
            }
        }
        Schedule {
            ahead: steps.iter().map(|step| (step.id, (step, step.waits_for.len()))).collect(),
            ready: steps.iter().filter(|step| step.waits_for.is_empty()).map(|step| step.id).collect(),
            running: BTreeSet::new(),
            dependents,
            busy: BTreeSet::new(),
        }
    }

    /// The next step that can begin, noted as running.
    pub(super) fn begin(&mut self) -> Option<&'a Step> {
        let steps = self.ready.iter().filter_map(|id| self.ahead.get(id)).map(|(step, _)| *step);
        let mut free = steps.filter(|step| only_waits(step) || !self.busy.contains(step.machine.as_str()));
        let step = free.next()?;
        self.ready.remove(&step.id);
        self.ahead.remove(&step.id);
        self.running.insert(step.id);
        if !only_waits(step) {
            self.busy.insert(&step.machine);
        }
        Some(step)
    }

    /// Notes that a running step was done.
    pub(super) fn done(&mut self, step: &Step) {
        self.end(step);
        for id in self.dependents.get(&step.id).into_iter().flatten() {
            if let Some((_, open)) = self.ahead.get_mut(id) {
                *open -= 1;
                if *open == 0 {
                    self.ready.insert(*id);
                }
            }
        }
    }

    /// Notes that a running step failed. Returns what can therefore never begin, in the order of ids.
    pub(super) fn failed(&mut self, step: &Step) -> Vec<&'a Step> {
        self.end(step);
        let mut lost = vec![step.id];
        let mut skipped = BTreeMap::new();
        while let Some(id) = lost.pop() {
            for dependent in self.dependents.get(&id).into_iter().flatten() {
                if let Some((step, _)) = self.ahead.remove(dependent) {
                    skipped.insert(step.id, step);
                    lost.push(step.id);
                }
            }
        }
        skipped.into_values().collect()
    }

    fn end(&mut self, step: &Step) {
        self.running.remove(&step.id);
        if !only_waits(step) {
            self.busy.remove(step.machine.as_str());
        }
    }

    /// How many of the running steps change something.
    pub(super) fn changing(&self) -> usize {
        self.busy.len()
    }

    /// What neither ended nor was lost, in the order of ids.
    pub(super) fn left(&self) -> Vec<usize> {
        let left: BTreeSet<usize> = self.ahead.keys().chain(&self.running).copied().collect();
        left.into_iter().collect()
    }
}
