//! How long to search: a budget in work, which is the same on every machine, with the clock as the backstop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::solver::Run;

/// Units of work that stand for a second: about what two cores of an ordinary machine do.
const WORK_PER_SECOND: f64 = 3_000_000.0;

/// Of a short search only a part of that is asked, so that slow cores come to its end as well, and one thread alone, before the clock
/// does: then all find the same. Who gives more time wants it used.
const SHORT: f64 = 10.0;
const PART_OF_SHORT: f64 = 0.4;

/// How much may be spent.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Units of work in all; without a number, as many as ordinary machines do well within `time`. While work ends the
    /// search, the same input gives the same answer on every machine, whatever the number of threads.
    pub work: Option<u64>,
    /// Most time. When it ends the search, the answer is what was found until then.
    pub time: Duration,
    /// Threads to search with; they change how long it takes, not what is found.
    pub threads: usize,
    /// Set from outside to end the search: the best so far is the answer.
    pub stop: Option<Arc<AtomicBool>>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { work: None, time: Duration::from_secs(10), threads: 2, stop: None }
    }
}

/// What ended a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// A proof: nothing is better.
    Proof,
    /// A proof that what is better is so by no more than makes a difference; see [`Tier::enough`](crate::placement::core::Tier::enough).
    Enough,
    /// The budget of work: another run finds the same.
    Work,
    /// The clock ended it, or hurried a part of it: another run may find another answer, and a faster machine, or a longer limit,
    /// a better one.
    Time,
    /// The user.
    Stopped,
}

impl Ended {
    /// The word for it in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Ended::Proof => "proof",
            Ended::Enough => "enough",
            Ended::Work => "work",
            Ended::Time => "time",
            Ended::Stopped => "stopped",
        }
    }
}

/// A running account.
#[derive(Debug)]
pub(super) struct Budget {
    started: Instant,
    limits: Limits,
    work: u64,
    spent: AtomicU64,
    late: AtomicBool,
}

impl Budget {
    pub(super) fn new(limits: &Limits) -> Self {
        let work = limits.work.unwrap_or_else(|| work_within(limits.time.as_secs_f64()));
        Budget {
            started: Instant::now(),
            limits: limits.clone(),
            work,
            spent: AtomicU64::new(0),
            late: AtomicBool::new(false),
        }
    }

    pub(super) fn threads(&self) -> usize {
        self.limits.threads.max(1)
    }

    /// All units of work there are.
    pub(super) fn work(&self) -> u64 {
        self.work
    }

    /// Units that are left.
    pub(super) fn left(&self) -> u64 {
        self.work.saturating_sub(self.spent.load(Ordering::Relaxed))
    }

    pub(super) fn spend(&self, work: u64) {
        self.spent.fetch_add(work, Ordering::Relaxed);
    }

    /// Seconds until the clock ends the search.
    pub(super) fn seconds_left(&self) -> f64 {
        (self.limits.time.as_secs_f64() - self.started.elapsed().as_secs_f64()).max(0.0)
    }

    /// The fraction of the time that has passed.
    pub(super) fn time_fraction(&self) -> f64 {
        self.started.elapsed().as_secs_f64() / self.limits.time.as_secs_f64().max(1e-9)
    }

    /// The same when so large a part of what is left will have.
    pub(super) fn after(&self, part: f64) -> f64 {
        let passed = self.time_fraction();
        passed + (1.0 - passed) * part
    }

    /// Whether the clock or the user ends the search.
    pub(super) fn is_interrupted(&self) -> bool {
        if self.is_stopped() {
            return true;
        }
        let late = self.seconds_left() <= 0.0;
        if late {
            self.late.store(true, Ordering::Relaxed);
        }
        late
    }

    fn is_stopped(&self) -> bool {
        self.limits.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed))
    }

    /// Whether nothing more is to be begun.
    pub(super) fn is_over(&self) -> bool {
        self.left() == 0 || self.is_interrupted()
    }

    /// Notes that something was cut short by the clock.
    pub(super) fn was_late(&self) {
        self.late.store(true, Ordering::Relaxed);
    }

    /// Notes whether a run of the solver was.
    pub(super) fn note(&self, run: &Run) {
        if run.out_of_time {
            self.was_late();
        }
    }

    /// What ended the search, where it came to `end` if nothing cut it short.
    pub(super) fn ended(&self, end: Ended) -> Ended {
        if self.is_stopped() {
            Ended::Stopped
        } else if self.late.load(Ordering::Relaxed) {
            Ended::Time
        } else {
            end
        }
    }
}

/// The units of work that a limit of so many seconds stands for.
fn work_within(seconds: f64) -> u64 {
    let short = seconds.min(SHORT);
    ((short * PART_OF_SHORT + (seconds - short)) * WORK_PER_SECOND) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_search_is_asked_for_less_than_its_time_allows() {
        assert_eq!(work_within(10.0), 12_000_000);
        assert_eq!(work_within(5.0), 6_000_000);
        assert_eq!(work_within(60.0), 162_000_000);
    }

    #[test]
    fn where_the_clock_had_a_say_a_proof_does_not_hide_it() {
        let budget = Budget::new(&Limits::default());
        assert_eq!(budget.ended(Ended::Proof), Ended::Proof);
        budget.was_late();
        assert_eq!(budget.ended(Ended::Proof), Ended::Time);
    }
}
