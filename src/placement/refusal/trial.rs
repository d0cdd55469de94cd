//! Trying a changed stack: does it fit?

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::placement::explain;
use crate::placement::lower;
use crate::placement::problem::{Policy, Problem, Running};
use crate::placement::strategies::{self, Limits, Solved};
use crate::stack::Stack;

/// The most time for one trial.
const EACH: Duration = Duration::from_secs(2);

/// What a trial says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fits {
    /// There is a layout.
    Yes,
    /// There is none; proven.
    No,
    /// Neither was found within the limits.
    Unknown,
}

/// Trials of one problem, all within one limit of time.
pub(super) struct Trial<'p> {
    running: &'p [Running],
    limits: Limits,
    until: Instant,
    known: RefCell<HashMap<Vec<usize>, Fits>>,
}

impl<'p> Trial<'p> {
    pub(super) fn new(problem: &'p Problem<'_>, limits: &Limits) -> Self {
        let until = Instant::now() + limits.time;
        Trial { running: &problem.running, limits: limits.clone(), until, known: RefCell::default() }
    }

    /// The same limits for another stack, of which nothing is known yet.
    pub(super) fn anew(&self) -> Self {
        Trial { running: self.running, limits: self.limits.clone(), until: self.until, known: RefCell::default() }
    }

    /// Whether the time is up, or the user has ended it.
    pub(super) fn is_over(&self) -> bool {
        let stopped = self.limits.stop.as_ref().is_some_and(|it| it.load(std::sync::atomic::Ordering::Relaxed));
        stopped || Instant::now() >= self.until
    }

    /// Whether a stack fits.
    pub(super) fn fits(&self, stack: &Stack) -> Fits {
        if self.is_over() {
            return Fits::Unknown;
        }
        let problem = Problem::new(stack, self.running.to_vec(), Policy::default());
        if explain::is_certain(&problem) {
            return Fits::No;
        }
        let time = EACH.min(self.until.saturating_duration_since(Instant::now()));
        let limits = Limits { time, work: None, ..self.limits.clone() };
        match strategies::solve(&lower::bare(&problem), &limits) {
            Solved::Found(_) => Fits::Yes,
            Solved::Infeasible => Fits::No,
            Solved::Undecided(..) => Fits::Unknown,
        }
    }

    /// [`fits`](Self::fits), remembered under a key that stands for the stack.
    pub(super) fn fits_known(&self, key: Vec<usize>, stack: impl FnOnce() -> Stack) -> Fits {
        if let Some(known) = self.known.borrow().get(&key) {
            return *known;
        }
        let fits = self.fits(&stack());
        if fits != Fits::Unknown {
            self.known.borrow_mut().insert(key, fits);
        }
        fits
    }
}
