//! How a service's containers are replaced where some of them fail: when the rest is left alone, and how what was done is
//! taken back.

use std::collections::BTreeSet;

use super::GoneBack;
use crate::cluster::ClusterError;
use crate::plan::{OnFailure, Operation, ServiceRollout, Step, Until};

/// The services of a plan, and how they fare.
pub(super) struct Rollouts<'p> {
    steps: &'p [Step],
    services: Vec<Rollout<'p>>,
    /// The plan's steps that have been done, or have failed (and may have been done), in that order.
    ended: Vec<usize>,
    /// How many steps that take something back there are; their ids are beyond those of the plan.
    back: usize,
}

struct Rollout<'p> {
    is: &'p ServiceRollout,
    /// The numbers of its containers that could not be replaced.
    failed: BTreeSet<&'p str>,
    state: State,
    /// How many of the steps that take it back have not been done.
    not_back: usize,
    /// What could not be taken back.
    faults: Vec<ClusterError>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Forward,
    Halted,
    GoingBack,
}

impl<'p> Rollouts<'p> {
    pub(super) fn new(steps: &'p [Step], rollouts: &'p [ServiceRollout]) -> Self {
        let rollout =
            |is| Rollout { is, failed: BTreeSet::new(), state: State::Forward, not_back: 0, faults: Vec::new() };
        Rollouts { steps, services: rollouts.iter().map(rollout).collect(), ended: Vec::new(), back: 0 }
    }

    /// Notes that a step was done.
    pub(super) fn done(&mut self, id: usize) {
        self.ended.push(id);
    }

    /// Notes that a step failed (and may have been done all the same), and that others are not done for it.
    pub(super) fn failed(&mut self, id: usize, skipped: impl Iterator<Item = usize>) {
        self.ended.push(id);
        self.skipped(skipped.chain([id]));
    }

    /// Notes that steps are not done.
    pub(super) fn skipped(&mut self, skipped: impl Iterator<Item = usize>) {
        for id in skipped {
            let Some((service, number)) = self.steps.get(id).and_then(Step::container) else { continue };
            if let Some(rollout) = self.of(service) {
                rollout.failed.insert(number);
            }
        }
    }

    /// Notes how a step ended that takes something back.
    pub(super) fn taken_back(&mut self, step: &Step, result: Result<(), ClusterError>) {
        let Some(rollout) = step.container().and_then(|(service, _)| self.of(service)) else { return };
        match result {
            Ok(()) => rollout.not_back -= 1,
            Err(error) => rollout.faults.push(error),
        }
    }

    fn of(&mut self, service: &str) -> Option<&mut Rollout<'p>> {
        self.services.iter_mut().find(|it| it.is.service == service)
    }

    /// The services of which more have failed by now than may, and how many: each is told once. What of their steps is to
    /// be given up says [`is_given_up`](Self::is_given_up).
    pub(super) fn halt(&mut self) -> Vec<(&'p ServiceRollout, usize)> {
        let halts = |it: &&mut Rollout<'_>| {
            let share = it.failed.len() as f64 / it.is.containers.max(1) as f64;
            it.state == State::Forward && it.is.on_failure != OnFailure::Continue && share > it.is.max_failure_ratio
        };
        let halted = self.services.iter_mut().filter(halts).map(|rollout| {
            rollout.state = State::Halted;
            (rollout.is, rollout.failed.len())
        });
        halted.collect()
    }

    /// Whether a step is not to be begun any more: all of a service that goes back; else the containers of which nothing
    /// was touched yet.
    pub(super) fn is_given_up(&self, rollout: &ServiceRollout, step: &Step, running: &BTreeSet<usize>) -> bool {
        let Some((service, _)) = step.container().filter(|_| step.id < self.steps.len()) else { return false };
        let begun = || self.ended.iter().chain(running).filter_map(|id| self.steps.get(*id));
        let touched =
            || begun().any(|it| it.address == step.address && !matches!(it.operation, Operation::CreateContainer(_)));
        service == rollout.service && (rollout.on_failure == OnFailure::Rollback || !touched())
    }

    /// The services that may go back now: nothing of them runs any more. Each is told once, with the steps for it.
    pub(super) fn go_back(&mut self, running: &BTreeSet<usize>) -> Vec<(&'p ServiceRollout, Vec<Step>)> {
        let steps = self.steps;
        let quiet = |service: &str| {
            let of_it = |id: &usize| steps.get(*id).and_then(Step::container).is_some_and(|it| it.0 == service);
            !running.iter().any(of_it)
        };
        let mut all = Vec::new();
        for rollout in &mut self.services {
            let returns = rollout.state == State::Halted && rollout.is.on_failure == OnFailure::Rollback;
            if returns && quiet(&rollout.is.service) {
                let back = steps_back(steps, &self.ended, rollout, steps.len() + self.back);
                rollout.state = State::GoingBack;
                rollout.not_back = back.len();
                self.back += back.len();
                all.push((rollout.is, back));
            }
        }
        all
    }

    /// The services that went back, or were to, and how that went.
    pub(super) fn gone_back(self) -> impl Iterator<Item = GoneBack> {
        self.services.into_iter().filter(|it| it.state == State::GoingBack).map(|it| GoneBack {
            service: it.is.service.clone(),
            failed: it.faults,
            whole: it.not_back == 0,
        })
    }
}

/// The steps that take back what was done to a service's containers: each container's in the opposite order; first
/// those that could not be replaced, then the others, so many at a time as is said.
fn steps_back(steps: &[Step], ended: &[usize], rollout: &Rollout<'_>, first: usize) -> Vec<Step> {
    let mut containers: Vec<(&str, Vec<&Step>)> = Vec::new();
    for step in ended.iter().rev().filter_map(|id| steps.get(*id)) {
        let Some((_, number)) = step.container().filter(|it| it.0 == rollout.is.service) else { continue };
        // What was there before was not set aside: without the new container there would be none.
        if steps.iter().any(|it| it.address == step.address && matches!(it.operation, Operation::Remove { .. })) {
            continue;
        }
        match containers.iter_mut().find(|it| it.0 == number) {
            Some((_, of_it)) => of_it.push(step),
            None => containers.push((number, vec![step])),
        }
    }
    let (failed, well): (Vec<_>, Vec<_>) =
        containers.into_iter().partition(|(number, _)| rollout.failed.contains(number));
    let way = &rollout.is.back;
    let groups = std::iter::once(failed.as_slice()).chain(well.chunks(way.parallelism.unwrap_or(usize::MAX)));
    let (mut back, mut before): (Vec<Step>, Vec<usize>) = (Vec::new(), Vec::new());
    for group in groups.filter(|group| !group.is_empty()) {
        if way.delay_milliseconds > 0 && !before.is_empty() {
            let pause = Operation::Pause { milliseconds: way.delay_milliseconds };
            let id = first + back.len();
            back.push(step(group[0].1[0], id, pause, before, way.regardless));
            before = vec![id];
        }
        let mut last = Vec::new();
        for (_, of_it) in group {
            let mut behind = before.clone();
            for done in of_it {
                for operation in opposite(&done.operation) {
                    let id = first + back.len();
                    let soft = way.regardless && behind == before;
                    back.push(step(done, id, operation, std::mem::replace(&mut behind, vec![id]), soft));
                }
            }
            last.extend(behind);
        }
        before = last;
    }
    back
}

fn step(like: &Step, id: usize, operation: Operation, behind: Vec<usize>, regardless: bool) -> Step {
    let (waits_for, after) = if regardless { (Vec::new(), behind) } else { (behind, Vec::new()) };
    Step { id, address: like.address.clone(), machine: like.machine.clone(), operation, waits_for, after }
}

/// What takes an operation back, in its order; nothing for what changes nothing. Removals have none: where a service may
/// go back, its containers are set aside.
fn opposite(operation: &Operation) -> Vec<Operation> {
    match operation {
        Operation::CreateContainer(new) => vec![Operation::Remove { id: new.name.clone(), name: new.name.clone() }],
        Operation::Start { name, .. } => vec![Operation::Stop { id: name.clone(), name: name.clone() }],
        Operation::Stop { name, .. } => {
            vec![
                Operation::Start { name: name.clone(), anew: None },
                Operation::Await { name: name.clone(), until: Until::Ready },
            ]
        }
        Operation::Rename { from, to } => vec![Operation::Rename { from: to.clone(), to: from.clone() }],
        Operation::Pull { .. }
        | Operation::CreateNetwork(_)
        | Operation::CreateVolume(_)
        | Operation::Await { .. }
        | Operation::Watch { .. }
        | Operation::Pause { .. }
        | Operation::Reload { .. }
        | Operation::Update { .. }
        | Operation::CopyVolume(_)
        | Operation::Exec { .. }
        | Operation::Remove { .. }
        | Operation::RemoveNetwork { .. } => Vec::new(),
    }
}
