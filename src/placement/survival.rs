//! A placement that leaves room for what any one loss takes along: all of it finds a place then, and nothing else moves.
//!
//! First the best placement of all is looked at, since it may leave the room anyway. A loss that it does not survive so is
//! added to an integer program of the placement and of what follows each such loss, until none is left. Where that program
//! would be too large, machines are filled less, or some are left empty.

use std::time::{Duration, Instant};

use crate::diagnostic::Diagnostic;
use crate::stack::{By, Stack};
use crate::units::{Amounts, Resource};

use super::loss::{groups, without};
use super::problem::{Policy, Problem};
use super::strategies::survival::{self, After};
use super::strategies::{self, Limits, Solved};
use super::{Outcome, Solution, TierValue, finish, lower, objective, place, verify};

/// Programs of more variables are not tried.
const MOST_COLUMNS: usize = 8_000;

/// Where all losses together are no more variables than this, all are in the program from the start.
const MOST_COLUMNS_AT_ONCE: usize = 3_000;

/// So many times the losses that are not survived are added.
const MOST_ROUNDS: usize = 24;

/// So many fillings of the machines are tried.
const FILLINGS: u32 = 7;

/// A look at one loss may take so long, however many there are.
const LEAST_LOOK: Duration = Duration::from_millis(100);

/// So many losses are named.
const MOST_NAMED: usize = 6;

/// So many machines (or groups of them) are tried as spare ones.
const SPARES: usize = 3;

/// Whether a placement leaves room for each loss.
#[derive(Clone, Debug, PartialEq)]
pub enum Room {
    /// Whatever is lost, what it takes along finds a place, and nothing else moves.
    Left,
    /// No placement leaves it for all of these losses, each by its machines: proven.
    Impossible(Vec<Vec<usize>>),
    /// None was found that leaves it for all; these are losses for which the placement does not.
    NotFound(Vec<Vec<usize>>),
}

/// Places a stack so that whichever one of these is lost, all that can be elsewhere finds room again while nothing else moves;
/// where no such placement is found, as [`place`] does.
pub fn place_surviving(problem: &Problem<'_>, losses: &[By], limits: &Limits) -> (Outcome, Room) {
    let share = |part: f64| Limits { time: limits.time.mul_f64(part), ..limits.clone() };
    let first = place(problem, &share(0.4));
    let Outcome::Placed(best) = &first else { return (first, Room::NotFound(Vec::new())) };
    let missed = not_left(problem, best, losses, limits);
    if missed.is_empty() {
        return (first, Room::Left);
    }
    match by_program(problem, losses, missed.clone(), &share(0.6)) {
        Some((Some(solution), _)) => return (Outcome::Placed(solution), Room::Left),
        Some((None, proof)) => return (first, Room::Impossible(proof)),
        None => {}
    }
    match by_reserving(problem, best, losses, &share(0.1)) {
        Some(solution) => (Outcome::Placed(solution), Room::Left),
        None => (first, Room::NotFound(missed)),
    }
}

/// The losses, one of each kind, after which a placement has no room for what they take along unless something else moves.
pub fn not_left(problem: &Problem<'_>, solution: &Solution, losses: &[By], limits: &Limits) -> Vec<Vec<usize>> {
    let then = Problem::new(problem.stack, solution.as_running().collect(), Policy::default());
    let kinds = kinds(&then, losses);
    let each = for_each(limits, kinds.len());
    kinds.into_iter().filter(|lost| !leaves_room(&then, lost, &each)).collect()
}

/// Whether a placement has room for whatever any one loss takes along.
fn is_left(problem: &Problem<'_>, solution: &Solution, losses: &[By], limits: &Limits) -> bool {
    let then = Problem::new(problem.stack, solution.as_running().collect(), Policy::default());
    let kinds = kinds(&then, losses);
    let each = for_each(limits, kinds.len());
    kinds.iter().all(|lost| leaves_room(&then, lost, &each))
}

/// That after some losses others must move to make room: a warning.
pub fn others_move(stack: &Stack, room: &Room) -> Option<Diagnostic> {
    let (losses, proven) = match room {
        Room::Left => return None,
        Room::Impossible(losses) => (losses, true),
        Room::NotFound(losses) => (losses, false),
    };
    let name = |machines: &Vec<usize>| {
        machines.iter().map(|machine| stack.machines[*machine].name.as_str()).collect::<Vec<_>>().join(" and ")
    };
    let named: Vec<String> = losses.iter().take(MOST_NAMED).map(name).collect();
    let more =
        if losses.len() > MOST_NAMED { format!(" and {} more", losses.len() - MOST_NAMED) } else { String::new() };
    let message = if proven {
        "no placement leaves room for each loss while nothing else moves (proven): others will have to make room"
    } else {
        "no placement was found that leaves room for each loss while nothing else moves: others will have to make room"
    };
    let told = format!("looked at: the loss of {}{more}", named.join(", of "));
    Some(Diagnostic::warning("R414", message).note(told).help(
        "add a machine, or lower replicas or reservations; below the plan is where everything would go, with what makes room",
    ))
}

/// The losses, one of those that are alike.
fn kinds(problem: &Problem<'_>, losses: &[By]) -> Vec<Vec<usize>> {
    let kinds = losses.iter().flat_map(|by| groups(problem, by)).flat_map(|(_, alike)| alike.into_iter().take(1));
    let mut kinds: Vec<Vec<usize>> = kinds.collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

/// What one of so many looks may take: all of them together no more than a search, but each as long as a small one needs.
fn for_each(limits: &Limits, looks: usize) -> Limits {
    let time = limits.time.div_f64(looks.max(1) as f64).max(LEAST_LOOK).min(limits.time);
    Limits { time, ..limits.clone() }
}

/// Whether all that machines hold finds a place elsewhere while all the rest stays.
fn leaves_room(problem: &Problem<'_>, lost: &[usize], limits: &Limits) -> bool {
    let (stack, running) = without(problem, lost);
    let rest = Problem::new(&stack, running, Policy::default());
    let instance = super::core::Instance { tiers: vec![objective::moves()], ..lower::bare(&rest) };
    matches!(strategies::solve(&instance, limits), Solved::Found(answer) if answer.tiers[0].value == 0.0)
}

/// By integer programs: a placement, or the losses for which it is proven that there is none; nothing where neither was found.
fn by_program(
    problem: &Problem<'_>,
    by: &[By],
    mut losses: Vec<Vec<usize>>,
    limits: &Limits,
) -> Option<(Option<Solution>, Vec<Vec<usize>>)> {
    let instance = lower::instance(problem);
    let started = Instant::now();
    let all: Vec<Vec<usize>> = by.iter().flat_map(|by| groups(problem, by)).flat_map(|(_, alike)| alike).collect();
    if instance.columns() * (1 + all.len()) <= MOST_COLUMNS_AT_ONCE {
        losses = all;
    }
    for _ in 0..MOST_ROUNDS {
        let after: Vec<After> = losses.iter().map(|lost| after(problem, lost)).collect();
        let left = limits.time.saturating_sub(started.elapsed());
        if survival::size(&instance, &after) > MOST_COLUMNS || left.is_zero() {
            return None;
        }
        let limits = Limits { time: left, ..limits.clone() };
        let answer = match survival::solve(&instance, &after, &limits) {
            Solved::Found(answer) => answer,
            Solved::Infeasible => return Some((None, losses)),
            Solved::Undecided(..) => return None,
        };
        let solution = finish(problem, &lower::layout(problem, &answer.counts), answer).ok()?;
        let missed = not_left(problem, &solution, by, &limits);
        if missed.is_empty() {
            return Some((Some(solution), Vec::new()));
        }
        let before = losses.len();
        losses.extend(missed.into_iter().filter(|lost| !losses.contains(lost)).collect::<Vec<_>>());
        if losses.len() == before {
            return None; // What the program survives could not be seen again in time.
        }
    }
    None
}

fn after(problem: &Problem<'_>, lost: &[usize]) -> After {
    let (stack, _) = without(problem, lost);
    After { instance: lower::bare(&Problem::new(&stack, Vec::new(), Policy::default())), lost: lost.to_vec() }
}

/// By leaving room before it is asked for: all machines are filled less, as little less as will do; or else some that are lost
/// together are left empty. How good the answer is is known only as far as it is as good as the best.
fn by_reserving(problem: &Problem<'_>, best: &Solution, by: &[By], limits: &Limits) -> Option<Solution> {
    let mut found = by_filling_less(problem, by, limits).or_else(|| by_sparing(problem, by, limits))?;
    let mut as_good = true;
    for (tier, best) in found.tiers.iter_mut().zip(&best.tiers) {
        let TierValue { value, bound, .. } = tier;
        *bound = if as_good { best.bound.min(*value) } else { 0.0 };
        as_good &= (*value - best.value).abs() <= 1e-6 * value.abs().max(1.0);
    }
    Some(found)
}

fn by_filling_less(problem: &Problem<'_>, by: &[By], limits: &Limits) -> Option<Solution> {
    let (mut less, mut more) = (0.0, fullest(problem));
    let mut found = None;
    for _ in 0..FILLINGS {
        let part = f64::midpoint(less, more);
        match on(problem, &filled(problem.stack, part), limits) {
            // Too little room for all.
            None => more = part,
            Some(solution) if is_left(problem, &solution, by, limits) => (found, more) = (Some(solution), part),
            Some(_) => less = part,
        }
    }
    found
}

fn by_sparing(problem: &Problem<'_>, by: &[By], limits: &Limits) -> Option<Solution> {
    let mut spares = kinds(problem, by);
    // The largest; of those of one size, the one that least runs on.
    let size = |spare: &Vec<usize>| {
        let rooms = spare.iter().map(|machine| problem.stack.machines[*machine].room.cpu().0);
        let runs = problem.running.iter().filter(|at| spare.contains(&at.machine));
        let runs = runs.map(|at| problem.stack.services[at.service].demand.cpu().0);
        (std::cmp::Reverse(rooms.sum::<u64>()), runs.sum::<u64>())
    };
    spares.sort_by_key(size);
    let placed = spares.iter().take(SPARES).filter_map(|spare| on(problem, &spared(problem, spare), limits));
    placed.into_iter().find(|solution| is_left(problem, solution, by, limits))
}

/// A placement on the machines of another stack that have less room.
fn on(problem: &Problem<'_>, stack: &Stack, limits: &Limits) -> Option<Solution> {
    let mut tight = Problem::new(stack, problem.running.clone(), problem.policy);
    tight.rebalance = problem.rebalance;
    tight.headroom.clone_from(&problem.headroom);
    match place(&tight, limits) {
        Outcome::Placed(solution) => Some(solution).filter(|it| verify(problem, it).is_empty()),
        Outcome::Refused | Outcome::Undecided(_) => None,
    }
}

/// The stack where some machines have room for global services alone.
fn spared(problem: &Problem<'_>, spare: &[usize]) -> Stack {
    let mut stack = problem.stack.clone();
    for machine in spare {
        let mut room = Amounts::new();
        for service in problem.services().filter(|it| problem.is_global(*it) && problem.in_scope(*it, *machine)) {
            room.add(&problem.stack.services[service].demand, 1);
        }
        for resource in [Resource::cpus(), Resource::memory()] {
            stack.machines[*machine].room.set(resource.clone(), room.get(&resource));
        }
    }
    stack
}

/// The part of all room that is free when everything is placed, of the resource of which least is: no machine can be filled
/// less by so much on the average.
fn fullest(problem: &Problem<'_>) -> f64 {
    let mut wanted = Amounts::new();
    for service in problem.services() {
        wanted.add(&problem.stack.services[service].demand, u64::from(problem.replicas[service]));
    }
    let room =
        |resource: &Resource| problem.stack.machines.iter().filter_map(|it| it.room.named(resource)).sum::<u64>();
    let free = wanted.iter().filter(|(resource, _)| room(resource) > 0);
    free.map(|(resource, needs)| 1.0 - needs as f64 / room(resource) as f64).fold(1.0, f64::min).clamp(0.0, 1.0)
}

/// The stack on machines with so much less room, as a part of it.
fn filled(stack: &Stack, less: f64) -> Stack {
    let mut stack = stack.clone();
    for machine in &mut stack.machines {
        let room = machine.room.clone();
        for (resource, amount) in room.iter().filter(|(resource, _)| resource.is_implicit()) {
            machine.room.set(resource.clone(), (amount as f64 * (1.0 - less)) as u64);
        }
    }
    stack
}
