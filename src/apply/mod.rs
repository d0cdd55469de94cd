//! Doing a plan: its steps over a cluster, in their order and as much at a time as it allows.
//!
//! A machine does one step at a time; waiting for a container occupies no machine. What a failed step stands before is
//! left alone, everything else goes on. Nothing is known here but the plan and the cluster.

pub mod lock;
mod rollout;
mod schedule;

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::future::{Either, FutureExt, select};
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::cluster::{Cluster, ClusterError};
use crate::plan::{Operation, Plan, ServiceRollout, Step};
use rollout::Rollouts;
use schedule::Schedule;

/// What happens while a plan is applied.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A step begins.
    Started(&'a Step),
    /// A step has got somewhere, in a few words.
    Progress(&'a Step, &'a str),
    /// A step is done, and took so long.
    Done(&'a Step, Duration),
    /// A step failed.
    Failed(&'a Step, &'a ClusterError),
    /// A step is not done, because the step with this id failed.
    Skipped(&'a Step, usize),
    /// Too many of a service's containers could not be replaced: the rest is left alone. So many failed.
    Halted(&'a ServiceRollout, usize),
    /// What was done to it is now taken back.
    GoingBack(&'a ServiceRollout),
    /// The stop has come: no further step is begun, and so many that change something are being finished.
    Stopping(usize),
}

/// What became of the plan's steps. Each id is in exactly one of the lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Those that were done, in the order in which they ended.
    pub done: Vec<usize>,
    /// Those that failed, in the order in which they ended.
    pub failed: Vec<(usize, ClusterError)>,
    /// Those that were not begun because a step that they wait for, by whatever way, failed: with that step's id.
    pub skipped: Vec<(usize, usize)>,
    /// Those that were not begun, or whose waiting was given up, because of the stop.
    pub cancelled: Vec<usize>,
    /// The services that went back to what they were before, and how that went.
    pub gone_back: Vec<GoneBack>,
}

/// A service of which what was done was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoneBack {
    /// Its name.
    pub service: String,
    /// What could not be taken back: the machine, and why.
    pub failed: Vec<ClusterError>,
    /// Whether all of it was.
    pub whole: bool,
}

impl Outcome {
    /// Whether every step was done.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.skipped.is_empty() && self.cancelled.is_empty()
    }
}

/// Does all steps of `plan` that can be done. When `stop` is ready, no further step is begun, running ones are
/// finished, and waiting for containers is given up. Of steps that can begin, the one with the lowest id does.
///
/// Where more of a service's containers fail than may ([`Plan::rollouts`]), the rest of it is left alone, or what was done
/// to it is taken back.
pub async fn apply<C: Cluster>(
    plan: &Plan,
    cluster: &C,
    events: &mut dyn FnMut(Event<'_>),
    stop: impl Future<Output = ()>,
) -> Outcome {
    let events = RefCell::new(events);
    let emit = |event: Event<'_>| (events.borrow_mut())(event);
    let mut run = Run::new(plan);
    let mut running = FuturesUnordered::new();
    let mut stop = std::pin::pin!(stop.fuse());
    let mut stopped = false;
    loop {
        while !stopped && let Some(step) = run.schedule.begin() {
            emit(Event::Started(&step));
            running.push(perform(step, cluster, &emit));
        }
        // Waiting changes nothing: when all that runs is waiting, a stop need not be.
        if running.is_empty() || stopped && run.schedule.changing() == 0 {
            break;
        }
        let ended = if stopped {
            running.next().await
        } else {
            match select(running.next(), &mut stop).await {
                Either::Left((ended, _)) => ended,
                Either::Right(_) => {
                    stopped = true;
                    emit(Event::Stopping(run.schedule.changing()));
                    continue;
                }
            }
        };
        let Some((step, result, took)) = ended else { break };
        run.ended(&step, result, took, &emit);
    }
    drop(running);
    run.outcome()
}

/// A plan while it is done.
struct Run<'p> {
    plan: &'p Plan,
    schedule: Schedule,
    rollouts: Rollouts<'p>,
    outcome: Outcome,
}

impl<'p> Run<'p> {
    fn new(plan: &'p Plan) -> Self {
        Run {
            plan,
            schedule: Schedule::new(&plan.steps),
            rollouts: Rollouts::new(&plan.steps, &plan.rollouts),
            outcome: Outcome::default(),
        }
    }

    /// Notes how a step ended, and what follows from it.
    fn ended(&mut self, step: &Step, result: Result<(), ClusterError>, took: Duration, emit: &impl Fn(Event<'_>)) {
        let of_plan = step.id < self.plan.steps.len();
        match result {
            Ok(()) => {
                emit(Event::Done(step, took));
                self.schedule.done(step);
                if of_plan {
                    self.rollouts.done(step.id);
                    self.outcome.done.push(step.id);
                } else {
                    self.rollouts.taken_back(step, Ok(()));
                }
            }
            Err(error) => {
                emit(Event::Failed(step, &error));
                let skipped = self.schedule.failed(step);
                if of_plan {
                    self.rollouts.failed(step.id, skipped.iter().map(|step| step.id));
                    self.skip(skipped, step.id, emit);
                    self.outcome.failed.push((step.id, error));
                } else {
                    self.rollouts.taken_back(step, Err(error));
                }
            }
        }
        self.halt(step.id, emit);
        self.go_back(emit);
    }

    fn skip(&mut self, skipped: Vec<Rc<Step>>, because: usize, emit: &impl Fn(Event<'_>)) {
        for step in skipped {
            emit(Event::Skipped(&step, because));
            self.outcome.skipped.push((step.id, because));
        }
    }

    /// Gives up what is left of services of which too many containers have failed.
    fn halt(&mut self, because: usize, emit: &impl Fn(Event<'_>)) {
        loop {
            let halted = self.rollouts.halt();
            if halted.is_empty() {
                return;
            }
            for (rollout, failed) in halted {
                emit(Event::Halted(rollout, failed));
                let rollouts = &self.rollouts;
                let skipped = self.schedule.give_up(|step, running| rollouts.is_given_up(rollout, step, running));
                // What waits for it is of other services: they may have had enough now as well.
                let others = skipped.iter().filter(|it| it.container().is_some_and(|it| it.0 != rollout.service));
                self.rollouts.skipped(others.map(|step| step.id));
                self.skip(skipped, because, emit);
            }
        }
    }

    /// Begins to take back what was done to services that are to go back and of which nothing runs any more.
    fn go_back(&mut self, emit: &impl Fn(Event<'_>)) {
        for (rollout, steps) in self.rollouts.go_back(self.schedule.running()) {
            emit(Event::GoingBack(rollout));
            self.schedule.add(steps.into_iter());
        }
    }

    fn outcome(mut self) -> Outcome {
        let of_plan = |id: &usize| *id < self.plan.steps.len();
        self.outcome.cancelled = self.schedule.left().into_iter().filter(of_plan).collect();
        self.outcome.gone_back = self.rollouts.gone_back().collect();
        self.outcome
    }
}

async fn perform<C: Cluster>(
    step: Rc<Step>,
    cluster: &C,
    emit: &impl Fn(Event<'_>),
) -> (Rc<Step>, Result<(), ClusterError>, Duration) {
    let start = Instant::now();
    let result = {
        let progress = |text: &str| emit(Event::Progress(&step, text));
        cluster.perform(&step.machine, &step.operation, &progress).await
    };
    (step, result, start.elapsed())
}

/// Whether a step only looks, and so occupies no machine.
fn only_waits(step: &Step) -> bool {
    matches!(step.operation, Operation::Await { .. } | Operation::Watch { .. } | Operation::Pause { .. })
}
