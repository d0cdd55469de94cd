//! Maintenance: in what order machines can be emptied, which cannot be and why, and which can be at once.

use crate::inventory::Availability;
use crate::placement::refusal;
use crate::placement::{Limits, Outcome, Policy, Problem, Running, certificates, fewest_leave, fit, place};
use crate::stack::{Replicas, Stack, Wishes};

use super::rounds::{self, Rounds};

/// With more machines than this, what would move is not told: it is a whole placement for each.
pub(super) const MOST_WITH_MOVES: usize = 24;

/// What a maintenance of all machines comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drains {
    /// Machines that can be emptied one at a time in this order, each given back before the next.
    pub order: Vec<Emptied>,
    /// Those that cannot be, or of which it is not known.
    pub stuck: Vec<Stuck>,
    /// The same machines in rounds, those of one round at once; none where that was not looked for.
    pub rounds: Option<Rounds>,
}

/// Machines that are emptied, and what that takes when their turn comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emptied {
    /// Which.
    pub machines: Vec<String>,
    /// What moves; none where that was not looked at, or not found in time.
    pub moves: Option<Moves>,
}

/// What moves when machines are emptied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// Containers that go from there to other machines.
    pub away: u32,
    /// Containers that make room for them.
    pub others: u32,
    /// Containers that have nowhere to go, and end until the machine is back: those of global services.
    pub end: u32,
    /// Whether it is proven that no fewer have to move.
    pub is_least: bool,
}

/// Machines alike that cannot be emptied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// Any one of these.
    pub machines: Vec<String>,
    /// Whether that is proven; else it was not found out in time.
    pub is_proven: bool,
    /// Why not.
    pub why: Vec<String>,
    /// Of which services how many containers find no place, where as many as possible do.
    pub stay: Vec<(String, u32)>,
}

/// A stack with everything where it runs, in the course of a maintenance.
pub(super) struct Fleet {
    pub stack: Stack,
    running: Vec<Running>,
    /// Machines that are done: what moves goes there first, since it need not move again.
    done: Vec<usize>,
    limits: Limits,
}

impl Fleet {
    pub(super) fn new(problem: &Problem<'_>, limits: &Limits) -> Fleet {
        Fleet { stack: with_data(problem), running: problem.running.clone(), done: Vec::new(), limits: limits.clone() }
    }

    /// The stack with machines that take nothing.
    pub(super) fn without(&self, emptied: &[usize]) -> Stack {
        let mut stack = self.stack.clone();
        emptied.iter().for_each(|machine| stack.machines[*machine].availability = Availability::Drain);
        stack
    }

    pub(super) fn can_be_emptied(&self, machines: &[usize]) -> Outcome {
        let stack = self.without(machines);
        fit(&Problem::new(&stack, Vec::new(), Policy::default()), &self.limits)
    }

    /// The machines among these by kind: whether they can be emptied does not hang on which of a kind they are.
    pub(super) fn kinds(&self, among: &[usize]) -> Vec<Vec<usize>> {
        let problem = Problem::new(&self.stack, Vec::new(), Policy::default());
        let mut kinds = self.stack.kinds_where(|a, b| problem.allowed.iter().all(|row| row[a] == row[b]));
        kinds.iter_mut().for_each(|kind| kind.retain(|machine| among.contains(machine)));
        kinds.retain(|kind| !kind.is_empty());
        kinds
    }

    pub(super) fn names(&self, machines: &[usize]) -> Vec<String> {
        machines.iter().map(|machine| self.stack.machines[*machine].name.clone()).collect()
    }

    /// Of the machines the one from which the least moves; of equals the first.
    fn easiest(&self, among: &[usize]) -> usize {
        let moves = |machine: &usize| {
            let here = self.running.iter().filter(|at| at.machine == *machine && !self.is_global(at.service));
            here.count()
        };
        among.iter().copied().min_by_key(moves).unwrap_or_default()
    }

    fn is_global(&self, service: usize) -> bool {
        self.stack.services[service].replicas.value == Replicas::Global
    }

    /// Empties machines with as few moves as can be found, and gives them back.
    pub(super) fn empty(&mut self, machines: &[usize]) -> Option<Moves> {
        // Those that are done cost nothing, and stand first: the policy fills them before the others.
        let rest = (0..self.stack.machines.len()).filter(|machine| !self.done.contains(machine));
        let order: Vec<usize> = self.done.iter().copied().chain(rest).collect();
        let mut place_of = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, machine)| place_of[*machine] = place);
        let mut stack = self.without(machines);
        stack.machines = order.iter().map(|machine| stack.machines[*machine].clone()).collect();
        for (place, machine) in stack.machines.iter_mut().enumerate() {
            machine.cost = if place < self.done.len() { 0.0 } else { 1.0 };
        }
        let moved = |at: &Running| Running { machine: place_of[at.machine], ..at.clone() };
        let problem = Problem::new(&stack, self.running.iter().map(moved).collect(), Policy::Cheapest);
        let Outcome::Placed(solution) = place(&problem, &self.limits) else { return None };
        let mut moves = Moves::default();
        for at in solution.leaving(&problem.running) {
            match machines.contains(&order[at.machine]) {
                true if self.is_global(at.service) => moves.end += 1,
                true => moves.away += 1,
                false => moves.others += 1,
            }
        }
        moves.is_least = moves.away + moves.others + moves.end <= fewest_leave(&problem, &solution);
        self.running = solution.as_running().map(|at| Running { machine: order[at.machine], ..at }).collect();
        self.done.extend(machines);
        Some(moves)
    }
}

/// The stack with the volumes that what runs has: data keeps containers from going elsewhere.
fn with_data(problem: &Problem<'_>) -> Stack {
    let mut stack = problem.stack.clone();
    for at in &problem.running {
        for key in &problem.stack.services[at.service].local_volumes {
            let Some(volume) = problem.stack.volumes.get(&key.value) else { continue };
            let there = &mut stack.machines[at.machine];
            if !there.volumes.contains(&volume.name) {
                there.volumes.push(volume.name.clone());
            }
        }
    }
    stack
}

pub(super) fn drains(problem: &Problem<'_>, limits: &Limits) -> Drains {
    let fleet = Fleet::new(problem, limits);
    let active = |machine: &usize| problem.stack.machines[*machine].availability == Availability::Active;
    let all: Vec<usize> = problem.machines().filter(active).collect();
    let (mut able, mut stuck) = (Vec::new(), Vec::new());
    for kind in fleet.kinds(&all) {
        match fleet.can_be_emptied(&kind[..1]) {
            Outcome::Placed(_) => able.extend(kind),
            Outcome::Refused => stuck.push(refused(&fleet, &kind)),
            Outcome::Undecided(why) => {
                let machines = fleet.names(&kind);
                stuck.push(Stuck { machines, is_proven: false, why: vec![why], stay: Vec::new() });
            }
        }
    }
    able.sort_unstable();
    let with_moves = all.len() <= MOST_WITH_MOVES;
    let rounds = rounds::rounds(&fleet, &able, &all, with_moves, problem, limits);
    Drains { order: order(fleet, able, with_moves), stuck, rounds }
}

fn order(mut fleet: Fleet, mut able: Vec<usize>, with_moves: bool) -> Vec<Emptied> {
    let mut order = Vec::new();
    while !able.is_empty() {
        let next = if with_moves { fleet.easiest(&able) } else { able[0] };
        able.retain(|machine| *machine != next);
        let moves = if with_moves { fleet.empty(&[next]) } else { None };
        order.push(Emptied { machines: fleet.names(&[next]), moves });
    }
    order
}

fn refused(fleet: &Fleet, kind: &[usize]) -> Stuck {
    let stack = fleet.without(&kind[..1]);
    let problem = Problem::new(&stack, Vec::new(), Policy::default());
    let why = certificates(&problem).into_iter().map(|it| it.message).collect();
    let homeless = refusal::without_place(&problem, &fleet.limits);
    let stay = homeless.into_iter().map(|it| (it.service, it.wanted - it.placed)).collect();
    Stuck { machines: fleet.names(kind), is_proven: true, why, stay }
}

/// The stack without what makes one service hang on others, and without what is to be on every machine: whatever layout there
/// is of the whole stack, without some machines, is one of this.
pub(super) fn loosened(stack: &Stack) -> Stack {
    let mut stack = stack.clone();
    for service in &mut stack.services {
        service.wishes = Wishes::default();
        service.together_with.clear();
        if service.replicas.value == Replicas::Global {
            service.replicas.value = Replicas::Count(0);
        }
    }
    stack
}
