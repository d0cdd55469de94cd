//! How many more of a service fit, and what stops the next one.

use crate::placement::refusal::{self, Cell};
use crate::placement::{Layout, Outcome, Policy, Problem, fit, place};
use crate::stack::{Replicas, Service, Stack};

use super::Question;

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

/// Whether a number more fits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fits {
    Yes,
    No,
    Unknown,
}

pub(super) fn more(problem: &Problem<'_>, layout: &Layout, service: usize, question: &Question) -> More {
    let counted = matches!(problem.stack.services[service].replicas.value, Replicas::Count(_));
    let without_moves = match (counted, is_by_itself(problem.stack, service)) {
        // One on each machine: there is no more of it.
        (false, _) => Most::Exactly(0),
        (true, true) => by_machine(problem, layout, service),
        (true, false) => search(|more| without_moves(problem, service, more, question)),
    };
    let full = with_more(problem, layout, service, without_moves.number());
    More {
        service: problem.stack.services[service].name.clone(),
        now: layout.total(service),
        without_moves,
        with_moves: (question.with_moves && counted)
            .then(|| at_least(without_moves, search(|more| with_moves(problem, service, more, question)))),
        stops: match without_moves {
            Most::Exactly(_) if counted => stops(problem, &full, service),
            _ => Vec::new(),
        },
    }
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
fn is_by_itself(stack: &Stack, service: usize) -> bool {
    let wants = |service: &Service| {
        let wishes = &service.wishes;
        !wishes.spread.is_empty() || !wishes.near.is_empty() || !wishes.apart.is_empty() || !wishes.survive.is_empty()
    };
    let name = &stack.services[service].name;
    let speaks_of_it = |other: &Service| {
        let bonds = other.wishes.near.iter().chain(&other.wishes.apart);
        bonds.map(|bond| &bond.service.value).chain(other.together_with.iter().map(|it| &it.value)).any(|it| it == name)
    };
    let own = &stack.services[service];
    !wants(own)
        && own.together_with.is_empty()
        && own.local_volumes.is_empty()
        && !stack.services.iter().any(speaks_of_it)
}

/// Machine by machine: as many as find room there beside what is there.
fn by_machine(problem: &Problem<'_>, layout: &Layout, service: usize) -> Most {
    let mut total = 0;
    // The problem must not hold the service to its present number.
    let stack = scaled(problem, service, PLENTY);
    let problem = Problem::new(&stack, problem.running.clone(), Policy::default());
    for machine in problem.machines() {
        total += most_on(&problem, layout, service, machine, PLENTY - total);
        if total == PLENTY {
            return Most::Plenty(PLENTY);
        }
    }
    Most::Exactly(total)
}

/// How many more of it find room on a machine, of so many, by doubling and halving: what one more lacks, two more lack.
fn most_on(problem: &Problem<'_>, layout: &Layout, service: usize, machine: usize, wanted: u32) -> u32 {
    let mut layout = layout.clone();
    let there = layout.counts[service][machine];
    let mut fits = |more: u32| {
        layout.counts[service][machine] = there + more - 1;
        has_room(problem, &layout, service, machine)
    };
    let (mut low, mut high) = (0, 1);
    while high <= wanted && fits(high) {
        (low, high) = (high, high * 2);
    }
    high = high.min(wanted + 1);
    while low + 1 < high {
        let middle = u32::midpoint(low, high);
        if fits(middle) { low = middle } else { high = middle }
    }
    low
}

fn has_room(problem: &Problem<'_>, layout: &Layout, service: usize, machine: usize) -> bool {
    refusal::cells(problem, service, machine, Some(layout)).all(|cell| cell == Cell::Meets)
}

/// The layout with so many more, each on the first machine that has room.
fn with_more(problem: &Problem<'_>, layout: &Layout, service: usize, more: u32) -> Layout {
    let stack = scaled(problem, service, more);
    let problem = Problem::new(&stack, problem.running.clone(), Policy::default());
    let mut layout = layout.clone();
    let mut left = more;
    for machine in problem.machines() {
        let here = most_on(&problem, &layout, service, machine, left);
        layout.counts[service][machine] += here;
        left -= here;
    }
    layout
}

/// The largest number that fits, by doubling and halving.
fn search(fits: impl Fn(u32) -> Fits) -> Most {
    let (mut low, mut step) = (0, 1);
    let mut high = loop {
        let next = low + step;
        match fits(next) {
            Fits::Yes if next >= PLENTY_OF_WORK => return Most::Plenty(next),
            Fits::Yes => (low, step) = (next, step * 2),
            Fits::No => break (next, true),
            Fits::Unknown => break (next, false),
        }
    };
    while low + 1 < high.0 {
        let middle = u32::midpoint(low, high.0);
        match fits(middle) {
            Fits::Yes => low = middle,
            Fits::No => high = (middle, true),
            Fits::Unknown => high = (middle, false),
        }
    }
    if high.1 { Most::Exactly(low) } else { Most::AtLeast(low) }
}

fn scaled(problem: &Problem<'_>, service: usize, more: u32) -> Stack {
    let mut stack = problem.stack.clone();
    let now = problem.replicas[service];
    stack.services[service].replicas.value = Replicas::Count(now + more);
    stack
}

fn with_moves(problem: &Problem<'_>, service: usize, more: u32, question: &Question) -> Fits {
    let stack = scaled(problem, service, more);
    match fit(&Problem::new(&stack, Vec::new(), Policy::default()), &question.limits) {
        Outcome::Placed(_) => Fits::Yes,
        Outcome::Refused => Fits::No,
        Outcome::Undecided(_) => Fits::Unknown,
    }
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
    let stack = scaled(problem, service, 1);
    let problem = Problem::new(&stack, problem.running.clone(), Policy::default());
    let mut causes: Vec<(String, Vec<String>)> = Vec::new();
    for machine in problem.machines() {
        let name = &problem.stack.machines[machine].name;
        for cell in refusal::cells(&problem, service, machine, Some(layout)) {
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
