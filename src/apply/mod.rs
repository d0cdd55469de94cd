//! Doing a plan: its steps over a cluster, in their order and as much at a time as it allows.
//!
//! A machine does one step at a time; waiting for a container occupies no machine. What a failed step stands before is
//! left alone, everything else goes on. Nothing is known here but the plan and the cluster.

pub mod lock;
mod schedule;

use std::cell::RefCell;
use std::future::Future;
use std::time::{Duration, Instant};

use futures_util::future::{Either, FutureExt, select};
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::cluster::{Cluster, ClusterError};
use crate::plan::{Operation, Plan, Step};
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
    /// The stop has come: no further step is begun, and so many that change something are being finished.
    Stopping(usize),
}

/// What became of the steps. Each id is in exactly one of the lists.
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
}

impl Outcome {
    /// Whether every step was done.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.skipped.is_empty() && self.cancelled.is_empty()
    }
}

/// Does all steps of `plan` that can be done. When `stop` is ready, no further step is begun, running ones are
/// finished, and waiting for containers is given up. Of steps that can begin, the one with the lowest id does.
pub async fn apply<C: Cluster>(
    plan: &Plan,
    cluster: &C,
    events: &mut dyn FnMut(Event<'_>),
    stop: impl Future<Output = ()>,
) -> Outcome {
    let events = RefCell::new(events);
    let emit = |event: Event<'_>| (events.borrow_mut())(event);
    let mut schedule = Schedule::new(&plan.steps);
    let mut running = FuturesUnordered::new();
    let mut stop = std::pin::pin!(stop.fuse());
    let mut stopped = false;
    let mut outcome = Outcome::default();
    loop {
        while !stopped && let Some(step) = schedule.begin() {
            emit(Event::Started(step));
            running.push(perform(step, cluster, &emit));
        }
        // Waiting changes nothing: when all that runs is waiting, a stop need not be.
        if running.is_empty() || stopped && schedule.changing() == 0 {
            break;
        }
        let ended = if stopped {
            running.next().await
        } else {
            match select(running.next(), &mut stop).await {
                Either::Left((ended, _)) => ended,
                Either::Right(_) => {
                    stopped = true;
                    emit(Event::Stopping(schedule.changing()));
                    continue;
                }
            }
        };
        let Some((step, result, took)) = ended else { break };
        match result {
            Ok(()) => {
                emit(Event::Done(step, took));
                schedule.done(step);
                outcome.done.push(step.id);
            }
            Err(error) => {
                emit(Event::Failed(step, &error));
                for skipped in schedule.failed(step) {
                    emit(Event::Skipped(skipped, step.id));
                    outcome.skipped.push((skipped.id, step.id));
                }
                outcome.failed.push((step.id, error));
            }
        }
    }
    drop(running);
    outcome.cancelled = schedule.left();
    outcome
}

async fn perform<'a, C: Cluster>(
    step: &'a Step,
    cluster: &C,
    emit: &impl Fn(Event<'_>),
) -> (&'a Step, Result<(), ClusterError>, Duration) {
    let start = Instant::now();
    let progress = |text: &str| emit(Event::Progress(step, text));
    let result = cluster.perform(&step.machine, &step.operation, &progress).await;
    (step, result, start.elapsed())
}

/// Whether a step only looks, and so occupies no machine.
fn only_waits(step: &Step) -> bool {
    matches!(step.operation, Operation::Await { .. })
}
