//! How many more of a service fit, and what stops the next one.

use crate::placement::refusal::{self, Cell};
use crate::placement::{Layout, Outcome, Policy, Problem, fit, place};
use crate::stack::{Replicas, Stack, Wishes};

use super::Question;
use super::search::{Fits, search};

/// How many more of a service fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct More {
    /// Its name.
    pub service: String,
    /// How many there are.
    pub now: u32,
    /// How many more fit, everything else staying where it is.
    pub without_moves: Most,
    /// How many more fit where others may move; none where that was not asked.
    pub with_moves: Option<Most>,
    /// What stops the next one where nothing moves: causes, each with its machines.
    pub stops: Vec<(String, Vec<String>)>,
}

/// A number of containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Most {
    /// So many fit, and it is proven that one more does not.
    Exactly(u32),
    /// So many fit; whether one more does was not found out in time.
    AtLeast(u32),
    /// So many fit, and no end was looked for.
    Plenty(u32),
}

impl Most {
    /// So many fit at least.
    pub fn number(self) -> u32 {
        match self {
            Most::Exactly(number) | Most::AtLeast(number) | Most::Plenty(number) => number,
        }
    }
}

/// Where this many more fit, no end is looked for.
const PLENTY: u32 = 1000;
/// The same where each number is a placement's work.
const PLENTY_OF_WORK: u32 = 64;

pub(super) fn more(problem: &Problem<'_>, layout: &Layout, service: usize, question: &Question) -> More {
    let name = problem.stack.services[service].name.clone();
    let now = layout.total(service);
    if problem.is_global(service) {
        // One on each machine: there is no more of it.
        let without_moves = Most::Exactly(0);
        return More { service: name, now, without_moves, with_moves: None, stops: Vec::new() };
    }
    // The problem must not hold the service to its present number.
    let stack = scaled(problem, service, 1);
    let ample = Problem::new(&stack, problem.running.clone(), Policy::default());
    let (without_moves, full) = if is_by_itself(problem.stack, service) {
        let (full, more) = filled(&ample, layout, service, PLENTY);
        (if more < PLENTY { Most::Exactly(more) } else { Most::Plenty(PLENTY) }, full)
    } else {
        let most = search(PLENTY_OF_WORK, |more| without_moves(problem, service, more, question));
        (most, filled(&ample, layout, service, most.number()).0)
    };
    let with_moves = question.with_moves.then(|| {
        let found = search(PLENTY_OF_WORK, |more| with_moves(problem, service, more, question));
        at_least(without_moves, found)
    });
    let stops = if matches!(without_moves, Most::Exactly(_)) { stops(&ample, &full, service) } else { Vec::new() };
    More { service: name, now, without_moves, with_moves, stops }
}

/// What fits without a move fits with moves.
fn at_least(least: Most, found: Most) -> Most {
    match least {
        _ if found.number() >= least.number() => found,
        Most::Plenty(number) => Most::Plenty(number),
        Most::Exactly(number) | Most::AtLeast(number) => Most::AtLeast(number),
    }
}

/// Whether where a container of it may be hangs on nothing but what is on that machine.
pub(super) fn is_by_itself(stack: &Stack, service: usize) -> bool {
    let own = &stack.services[service];
    own.wishes == Wishes::default()
        && own.together_with.is_empty()
        && own.local_volumes.is_empty()
        && !stack.services.iter().any(|other| other.speaks_of().any(|name| name == own.name))
}

fn has_room(problem: &Problem<'_>, layout: &Layout, service: usize, machine: usize) -> bool {
    refusal::cells(problem, service, machine, Some(layout)).all(|cell| cell == Cell::Meets)
}

/// The layout with at most so many more, each on the first machine that has room, and how many they are.
fn filled(problem: &Problem<'_>, layout: &Layout, service: usize, wanted: u32) -> (Layout, u32) {
    let mut layout = layout.clone();
    let mut left = wanted;
    for machine in problem.machines() {
        let there = layout.counts[service][machine];
        let most = search(left, |more| {
            layout.counts[service][machine] = there + more - 1;
            if has_room(problem, &layout, service, machine) { Fits::Yes } else { Fits::No }
        });
        let here = most.number().min(left);
        layout.counts[service][machine] = there + here;
        left -= here;
        if left == 0 {
            break;
        }
    }
    (layout, wanted - left)
}

fn scaled(problem: &Problem<'_>, service: usize, more: u32) -> Stack {
    let mut stack = problem.stack.clone();
    let now = problem.replicas[service];
    stack.services[service].replicas.value = Replicas::Count(now + more);
    stack
}

fn with_moves(problem: &Problem<'_>, service: usize, more: u32, question: &Question) -> Fits {
    let stack = scaled(problem, service, more);
    Fits::from(&fit(&Problem::new(&stack, Vec::new(), Policy::default()), &question.limits))
}

/// Whether so many more fit and nothing moves: the fewest moves are none.
fn without_moves(problem: &Problem<'_>, service: usize, more: u32, question: &Question) -> Fits {
    let stack = scaled(problem, service, more);
    let problem = Problem::new(&stack, problem.running.clone(), Policy::Pack);
    match place(&problem, &question.limits) {
        Outcome::Placed(solution) => match solution.tiers.first() {
            Some(moves) if moves.value == 0.0 => Fits::Yes,
            Some(moves) if moves.bound > 0.0 => Fits::No,
            _ => Fits::Unknown,
        },
        Outcome::Refused => Fits::No,
        Outcome::Undecided(_) => Fits::Unknown,
    }
}

/// Why there is no room for one more, each cause with its machines; causes are told by kind, the figures by `why`.
fn stops(problem: &Problem<'_>, layout: &Layout, service: usize) -> Vec<(String, Vec<String>)> {
    let mut causes: Vec<(String, Vec<String>)> = Vec::new();
    for machine in problem.machines() {
        let name = &problem.stack.machines[machine].name;
        for cell in refusal::cells(problem, service, machine, Some(layout)) {
            let why = match cell {
                Cell::Meets => continue,
                Cell::Never(why) | Cell::Full(why) => why,
            };
            match causes.iter_mut().find(|(cause, _)| *cause == why) {
                Some((_, machines)) => machines.push(name.clone()),
                None => causes.push((why, vec![name.clone()])),
            }
        }
    }
    causes
}
