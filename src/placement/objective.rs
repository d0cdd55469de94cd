//! What makes one layout better than another: tiers, each decided before the next is looked at.

use super::problem::{Policy, Problem};
use super::program::{Program, Terms};

/// One tier: a sum to make as small as possible.
#[derive(Clone, Debug, PartialEq)]
pub struct Tier {
    /// Its name in plans and messages.
    pub name: &'static str,
    /// The sum.
    pub terms: Terms,
    /// Whether the sum is always a whole number.
    pub whole: bool,
}

/// What a move costs beside its size: moves are counted first, then the smaller containers move.
const MOVE: u64 = 1000;

/// In larger programs equals are left as the solver has them: sorting them out costs more than it tells.
const MOST_FOR_ORDER: usize = 600;

/// Straight pieces of the cost of using a machine.
const PIECES: usize = 6;

/// The tiers of a problem, the first to be decided first. Adds the variables and rows that they need.
pub fn tiers(problem: &Problem<'_>, program: &mut Program) -> Vec<Tier> {
    let mut tiers = vec![moves(problem, program)];
    match problem.policy {
        Policy::Spread => {
            tiers.push(apart(problem, program));
            tiers.push(even_use(problem, program));
            if problem.stack.services.iter().any(|service| service.demand.iter().all(|(_, amount)| amount == 0)) {
                tiers.push(even_counts(problem, program));
            }
            if program.variables.len() <= MOST_FOR_ORDER {
                tiers.push(inventory_order(problem, program));
            }
        }
        Policy::Pack => {
            tiers.push(machines_in_use(problem, program));
            tiers.push(first_machines(problem, program));
        }
    }
    tiers.retain(|tier| !tier.terms.is_empty());
    tiers
}

/// What a move of one container of the service costs, from 1000 up to 1999 by its size.
fn move_cost(problem: &Problem<'_>, service: usize) -> u64 {
    MOVE + (largest_share(problem, service) * (MOVE - 1) as f64).round() as u64
}

/// The largest fraction that one container of the service takes of any resource of the largest machine.
fn largest_share(problem: &Problem<'_>, service: usize) -> f64 {
    let shares = problem.stack.services[service].demand.iter().map(|(resource, amount)| {
        let most = problem.stack.machines.iter().map(|machine| machine.capacity.get(resource)).max().unwrap_or(0);
        if most == 0 { 0.0 } else { (amount as f64 / most as f64).min(1.0) }
    });
    shares.fold(0.0, f64::max)
}

/// Running containers stay: each that leaves its machine costs.
fn moves(problem: &Problem<'_>, program: &mut Program) -> Tier {
    let mut terms = Terms::new();
    for service in problem.services() {
        let cost = move_cost(problem, service) as f64;
        for (machine, count) in program.counts_of(service).collect::<Vec<_>>() {
            let current = f64::from(problem.current[service][machine]);
            if current > 0.0 {
                let gone = program.variable(0.0, current, false);
                program.at_least(vec![(gone, 1.0), (count, 1.0)], current);
                terms.push((gone, cost));
            }
        }
    }
    Tier { name: "moves", terms, whole: true }
}

/// Replicas of a service on different machines: the second one on a machine costs 1, the third 2, and so on.
fn apart(problem: &Problem<'_>, program: &mut Program) -> Tier {
    let mut terms = Terms::new();
    for service in problem.services() {
        for (_, count) in program.counts_of(service).collect::<Vec<_>>() {
            let most = program.variables[count.0].upper as u32;
            if most < 2 {
                continue;
            }
            let mut sum = vec![(count, -1.0)];
            for step in 0..most {
                let one = program.variable(0.0, 1.0, false);
                sum.push((one, 1.0));
                if step > 0 {
                    terms.push((one, f64::from(step)));
                }
            }
            program.equal(sum, 0.0);
        }
    }
    Tier { name: "replicas apart", terms, whole: true }
}

/// Even use: for each machine and resource a cost that rises ever more steeply with the share in use.
fn even_use(problem: &Problem<'_>, program: &mut Program) -> Tier {
    let mut terms = Terms::new();
    for machine in problem.machines() {
        for (load, base) in loads(problem, program, machine) {
            // What other projects hold fills the cheap pieces first.
            rising_cost(program, &load, base, &mut terms);
        }
    }
    Tier { name: "even use", terms, whole: false }
}

/// As many containers here as there: what decides where nobody stated a size.
fn even_counts(problem: &Problem<'_>, program: &mut Program) -> Tier {
    let all = f64::from(problem.replicas.iter().sum::<u32>().max(1));
    let mut terms = Terms::new();
    for machine in problem.machines() {
        let counts = problem.services().filter_map(|service| program.count(service, machine));
        let load: Terms = counts.map(|count| (count, 1.0 / all)).collect();
        if !load.is_empty() {
            rising_cost(program, &load, 0.0, &mut terms);
        }
    }
    Tier { name: "even counts", terms, whole: false }
}

/// Adds to `cost` what the share `load + base`, from 0 to 1, costs: each piece of it more than the one before.
fn rising_cost(program: &mut Program, load: &Terms, base: f64, cost: &mut Terms) {
    let mut sum = load.iter().map(|(count, share)| (*count, -share)).collect::<Terms>();
    for piece in 0..PIECES {
        let part = program.variable(0.0, 1.0 / PIECES as f64, false);
        sum.push((part, 1.0));
        cost.push((part, (2 * piece + 1) as f64));
    }
    program.equal(sum, base);
}

/// Among equals the inventory's order decides: each container costs its machine's place in it.
fn inventory_order(problem: &Problem<'_>, program: &Program) -> Tier {
    let counts = problem.services().flat_map(|service| program.counts_of(service).collect::<Vec<_>>());
    let terms = counts.filter(|(machine, _)| *machine > 0).map(|(machine, count)| (count, machine as f64));
    Tier { name: "inventory's order", terms: terms.collect(), whole: true }
}

/// For each resource of a machine: the share that one container of each service takes, and the share in use already.
fn loads(problem: &Problem<'_>, program: &Program, machine: usize) -> Vec<(Terms, f64)> {
    let at = &problem.stack.machines[machine];
    let mut loads = Vec::new();
    for (resource, capacity) in at.capacity.iter().filter(|(_, capacity)| *capacity > 0) {
        let share = |amount: u64| amount as f64 / capacity as f64;
        let users = problem.services().filter_map(|service| {
            let amount = problem.stack.services[service].demand.get(resource);
            program.count(service, machine).filter(|_| amount > 0).map(|count| (count, share(amount)))
        });
        let terms: Terms = users.collect();
        if !terms.is_empty() {
            let room = at.room.get(resource).min(capacity);
            loads.push((terms, share(capacity - room)));
        }
    }
    loads
}

/// Few machines: each one in use costs 1.
fn machines_in_use(problem: &Problem<'_>, program: &mut Program) -> Tier {
    let mut terms = Terms::new();
    for machine in problem.machines() {
        let counts: Vec<_> = problem.services().filter_map(|service| program.count(service, machine)).collect();
        if counts.is_empty() {
            continue;
        }
        let in_use = program.variable(0.0, 1.0, true);
        for count in counts {
            let most = program.variables[count.0].upper;
            program.at_most(vec![(count, 1.0), (in_use, -most)], 0.0);
        }
        terms.push((in_use, 1.0));
    }
    Tier { name: "machines in use", terms, whole: true }
}

/// Full machines first, in the inventory's order: what is used of a machine costs its place in the order.
fn first_machines(problem: &Problem<'_>, program: &mut Program) -> Tier {
    let mut terms = Terms::new();
    for machine in problem.machines().skip(1) {
        for (load, _) in loads(problem, program, machine) {
            terms.extend(load.into_iter().map(|(count, share)| (count, share * machine as f64)));
        }
    }
    Tier { name: "first machines first", terms, whole: false }
}
