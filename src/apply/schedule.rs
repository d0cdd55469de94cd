//! Which step may begin: bookkeeping without clocks and without doing anything.

use std::collections::{BTreeMap, BTreeSet};

use super::only_waits;
use crate::plan::Step;

/// How far the steps are.
pub(super) struct Schedule<'a> {
    /// By id: each step's own state.
    steps: BTreeMap<usize, (&'a Step, State)>,
    /// The machines that are at work.
    busy: BTreeSet<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ahead,
    Running,
    Done,
    /// Failed, or skipped.
    Lost,
}

impl<'a> Schedule<'a> {
    pub(super) fn new(steps: &'a [Step]) -> Self {
        let steps = steps.iter().map(|step| (step.id, (step, State::Ahead))).collect();
        Schedule { steps, busy: BTreeSet::new() }
    }

    /// The next step that can begin, marked as running.
    pub(super) fn begin(&mut self) -> Option<&'a Step> {
        let ahead = self.steps.values().filter(|(_, state)| *state == State::Ahead);
        let mut free = ahead.filter(|(step, _)| only_waits(step) || !self.busy.contains(step.machine.as_str()));
        let ready = |step: &Step| step.waits_for.iter().all(|id| self.state(*id) == Some(State::Done));
        let (step, _) = *free.find(|(step, _)| ready(step))?;
        self.set(step, State::Running);
        if !only_waits(step) {
            self.busy.insert(&step.machine);
        }
        Some(step)
    }

    /// Notes that a step was done.
    pub(super) fn done(&mut self, step: &'a Step) {
        self.end(step, State::Done);
    }

    /// Notes that a step failed; what can therefore never begin, in the order of ids.
    pub(super) fn failed(&mut self, step: &'a Step) -> Vec<&'a Step> {
        self.end(step, State::Lost);
        let mut skipped = Vec::new();
        // Ids need not be in order in a plan that was read from a file: repeat until nothing changes.
        while let Some(next) = self.doomed() {
            self.set(next, State::Lost);
            skipped.push(next);
        }
        skipped.sort_by_key(|step| step.id);
        skipped
    }

    fn doomed(&self) -> Option<&'a Step> {
        let lost = |step: &Step| step.waits_for.iter().any(|id| self.state(*id) == Some(State::Lost));
        self.steps.values().find(|(step, state)| *state == State::Ahead && lost(step)).map(|(step, _)| *step)
    }

    /// Whether nothing that runs changes anything.
    pub(super) fn only_waits(&self) -> bool {
        self.busy.is_empty()
    }

    /// What was neither done nor lost.
    pub(super) fn left(&self) -> Vec<usize> {
        let left = self.steps.iter().filter(|(_, (_, state))| matches!(state, State::Ahead | State::Running));
        left.map(|(id, _)| *id).collect()
    }

    fn state(&self, id: usize) -> Option<State> {
        self.steps.get(&id).map(|(_, state)| *state)
    }

    fn set(&mut self, step: &Step, state: State) {
        if let Some(entry) = self.steps.get_mut(&step.id) {
            entry.1 = state;
        }
    }

    fn end(&mut self, step: &'a Step, state: State) {
        self.set(step, state);
        if !only_waits(step) {
            self.busy.remove(step.machine.as_str());
        }
    }
}
