//! Trying a changed stack: does it fit?

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use crate::placement::explain;
use crate::placement::lower;
use crate::placement::problem::{Policy, Problem, Running};
use crate::placement::strategies::{self, Limits, Solved};
use crate::placement::tied;
use crate::stack::{Replicas, Service, Stack};

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
    /// Services that have, or may have, no place by themselves: they are tried first.
    pub suspects: Option<Vec<usize>>,
    known: RefCell<HashMap<Vec<usize>, Fits>>,
}

impl<'p> Trial<'p> {
    pub(super) fn new(problem: &'p Problem<'_>, limits: &Limits) -> Self {
        let until = Instant::now() + limits.time;
        let suspects = tied::impossible(problem, limits);
        Trial { running: &problem.running, limits: limits.clone(), until, suspects, known: RefCell::default() }
    }

    /// The same limits for another stack, of which nothing is known yet.
    pub(super) fn anew(&self) -> Self {
        let (limits, suspects) = (self.limits.clone(), self.suspects.clone());
        Trial { running: self.running, limits, until: self.until, suspects, known: RefCell::default() }
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
        if self.suspects.as_ref().is_some_and(|it| tied::is_impossible(stack, self.running, it, &self.limits)) {
            return Fits::No;
        }
        // Much is left out of most of the stacks that are tried.
        let (part, running) = tied::part(stack, self.running, &wanted(stack));
        let problem = Problem::new(&part, running, Policy::default());
        if explain::is_certain(&problem) {
            return Fits::No;
        }
        let time = EACH.min(self.until.saturating_duration_since(Instant::now()));
        let limits = Limits { time, work: None, ..self.limits.clone() };
        let solved = strategies::solve(&lower::bare(&problem), &limits);
        match solved {
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
        // Making the stack is much of the work where there are very many statements.
        if self.is_over() {
            return Fits::Unknown;
        }
        let fits = self.fits(&stack());
        if fits != Fits::Unknown {
            self.known.borrow_mut().insert(key, fits);
        }
        fits
    }
}

/// The services of which there is to be something, and those that one of them speaks of.
fn wanted(stack: &Stack) -> Vec<usize> {
    let spoken: BTreeSet<&str> = stack.services.iter().flat_map(Service::speaks_of).collect();
    let is_wanted = |index: &usize| {
        let service = &stack.services[*index];
        service.replicas.value != Replicas::Count(0) || spoken.contains(service.name.as_str())
    };
    (0..stack.services.len()).filter(is_wanted).collect()
}
