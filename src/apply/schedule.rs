//! Which step may begin: bookkeeping without clocks and without doing anything.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::only_waits;
use crate::cluster::STEPS_AT_ONCE;
use crate::plan::{Operation, Step};

/// How far the steps are.
pub(super) struct Schedule {
    /// Those not begun, by id, each with how many of the steps that it waits for or follows have not ended as it needs.
    ahead: BTreeMap<usize, (Rc<Step>, usize)>,
    /// Of those, the ones that wait for none.
    ready: BTreeSet<usize>,
    running: BTreeSet<usize>,
    /// Which steps wait for a step's success, and which for its end.
    dependents: BTreeMap<usize, Vec<usize>>,
    followers: BTreeMap<usize, Vec<usize>>,
    /// How many steps each machine is at, those that only wait left out.
    busy: BTreeMap<String, usize>,
    /// How many steps that is.
    changing: usize,
}

impl Schedule {
    pub(super) fn new(steps: &[Step]) -> Self {
        let mut schedule = Schedule {
            ahead: BTreeMap::new(),
            ready: BTreeSet::new(),
            running: BTreeSet::new(),
            dependents: BTreeMap::new(),
            followers: BTreeMap::new(),
            busy: BTreeMap::new(),
            changing: 0,
        };
        schedule.add(steps.iter().cloned());
        schedule
    }

    /// More steps. What they wait for is among them, or has not ended.
    pub(super) fn add(&mut self, steps: impl Iterator<Item = Step>) {
        for step in steps {
            for before in &step.waits_for {
                self.dependents.entry(*before).or_default().push(step.id);
            }
            for before in &step.after {
                self.followers.entry(*before).or_default().push(step.id);
            }
            let open = step.waits_for.len() + step.after.len();
            if open == 0 {
                self.ready.insert(step.id);
            }
            self.ahead.insert(step.id, (Rc::new(step), open));
        }
    }

    /// The next step that can begin, noted as running.
    pub(super) fn begin(&mut self) -> Option<Rc<Step>> {
        let steps = self.ready.iter().filter_map(|id| self.ahead.get(id)).map(|(step, _)| step);
        let has_room = |machine: &str| self.busy.get(machine).is_none_or(|steps| *steps < STEPS_AT_ONCE);
        let mut free = steps.filter(|step| only_waits(step) || machines(step).all(has_room));
        let step = Rc::clone(free.next()?);
        self.ready.remove(&step.id);
        self.ahead.remove(&step.id);
        self.running.insert(step.id);
        if !only_waits(&step) {
            machines(&step).for_each(|machine| *self.busy.entry(machine.to_owned()).or_default() += 1);
            self.changing += 1;
        }
        Some(step)
    }

    /// Notes that a running step was done.
    pub(super) fn done(&mut self, step: &Step) {
        self.end(step);
        let waiting = self.dependents.get(&step.id).into_iter().chain(self.followers.get(&step.id)).flatten();
        let waiting: Vec<usize> = waiting.copied().collect();
        waiting.into_iter().for_each(|id| self.one_less(id));
    }

    /// Notes that a running step failed. Returns what can therefore never begin, in the order of ids.
    pub(super) fn failed(&mut self, step: &Step) -> Vec<Rc<Step>> {
        self.end(step);
        let mut lost = vec![step.id];
        self.lose_dependents(&mut lost)
    }

    /// Gives up steps that have not begun, told beside the ids of those that run, and all that waits for their success. Returns
    /// them in the order of ids.
    pub(super) fn give_up(&mut self, which: impl Fn(&Step, &BTreeSet<usize>) -> bool) -> Vec<Rc<Step>> {
        let given: Vec<usize> =
            self.ahead.values().map(|(step, _)| step).filter(|it| which(it, &self.running)).map(|it| it.id).collect();
        let mut skipped: BTreeMap<usize, Rc<Step>> = BTreeMap::new();
        for id in &given {
            self.ready.remove(id);
            skipped.extend(self.ahead.remove(id).map(|(step, _)| (*id, step)));
        }
        let mut lost = given;
        skipped.extend(self.lose_dependents(&mut lost).into_iter().map(|step| (step.id, step)));
        skipped.into_values().collect()
    }

    /// Takes away whatever waits for the success of what is `lost`; what only follows it need not wait any longer.
    fn lose_dependents(&mut self, lost: &mut Vec<usize>) -> Vec<Rc<Step>> {
        let mut skipped = BTreeMap::new();
        while let Some(id) = lost.pop() {
            for dependent in self.dependents.get(&id).cloned().unwrap_or_default() {
                if let Some((step, _)) = self.ahead.remove(&dependent) {
                    skipped.insert(step.id, step);
                    lost.push(dependent);
                }
            }
            for follower in self.followers.get(&id).cloned().unwrap_or_default() {
                self.one_less(follower);
            }
        }
        skipped.into_values().collect()
    }

    fn one_less(&mut self, id: usize) {
        if let Some((_, open)) = self.ahead.get_mut(&id) {
            *open -= 1;
            if *open == 0 {
                self.ready.insert(id);
            }
        }
    }

    fn end(&mut self, step: &Step) {
        self.running.remove(&step.id);
        if !only_waits(step) {
            machines(step).for_each(|machine| *self.busy.entry(machine.to_owned()).or_default() -= 1);
            self.changing -= 1;
        }
    }

    /// The steps that have begun and not ended.
    pub(super) fn running(&self) -> &BTreeSet<usize> {
        &self.running
    }

    /// How many of the running steps change something.
    pub(super) fn changing(&self) -> usize {
        self.changing
    }

    /// What neither ended nor was lost, in the order of ids.
    pub(super) fn left(&self) -> Vec<usize> {
        let left: BTreeSet<usize> = self.ahead.keys().chain(&self.running).copied().collect();
        left.into_iter().collect()
    }
}

/// The machines that a step keeps at work: its own, and the one that a copy comes from.
fn machines(step: &Step) -> impl Iterator<Item = &str> {
    let from = match &step.operation {
        Operation::CopyVolume(what) => Some(what.from.as_str()),
        _ => None,
    };
    std::iter::once(step.machine.as_str()).chain(from)
}
