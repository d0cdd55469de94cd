//! What makes one layout better than another: tiers, each decided before the next is looked at.

use super::core::{Crowded, Hinge, Tier, UNLIMITED};
use super::lower::Lowering;
use super::plain::{even_hinges, largest_headroom};
use super::problem::{Policy, Problem, Running};
use super::solution::Solution;
use crate::stack::By;

/// What a move costs beside its size: moves are counted first, then the smaller containers move.
const MOVE: u64 = 1000;

/// Bounds come from a solver: whole numbers of it are a little more or less.
const TOLERANCE: f64 = 1e-3;

/// In larger problems equals are left as the solver has them: sorting them out costs more than it tells.
const MOST_FOR_ORDER: usize = 300;

/// The tiers that only decide between equals.
const ORDER: &str = "inventory's order";
const FIRST: &str = "first machines first";

/// Adds the tiers of a problem, the first to be decided first, and the resources that they count.
pub fn lower(problem: &Problem<'_>, lowering: &mut Lowering) {
    let moves = moves();
    let allowance = f64::from(problem.rebalance) * MOVE as f64;
    let mut tiers = vec![Tier { allowance, ..moves.clone() }];
    tiers.extend(preferences(problem, lowering));
    tiers.extend(above_target(problem, lowering));
    match problem.policy {
        Policy::Spread => {
            tiers.push(Tier { name: "replicas apart".to_owned(), doubled: 1.0, whole: true, ..Tier::default() });
            tiers.push(even_use(problem, lowering));
            let is_unsized = |service: &crate::stack::Service| service.demand.iter().all(|(_, amount)| amount == 0);
            let counts = problem.stack.services.iter().any(is_unsized);
            let order = lowering.instance.columns() <= MOST_FOR_ORDER;
            if counts {
                tiers.push(even_counts(problem, lowering));
            }
            tiers.extend(order.then(|| inventory_order(problem, lowering)));
        }
        Policy::Pack => {
            let in_use = vec![1.0; problem.machines().len()];
            tiers.push(Tier { name: "machines in use".to_owned(), in_use, whole: true, ..Tier::default() });
            tiers.push(first_machines(problem, lowering));
        }
        Policy::Cheapest => {
            let in_use = problem.stack.machines.iter().map(|machine| machine.cost).collect();
            tiers.push(Tier { name: "cost of machines".to_owned(), in_use, ..Tier::default() });
            tiers.push(first_machines(problem, lowering));
        }
        Policy::Headroom => {
            tiers.extend(headroom(problem, lowering));
            if lowering.instance.columns() <= MOST_FOR_ORDER {
                tiers.push(inventory_order(problem, lowering));
            }
        }
    }
    if problem.rebalance > 0 {
        // Of what is as good, that which moves least; nothing moves for the order of equals.
        let order = tiers.iter().position(|tier| [ORDER, FIRST].contains(&tier.name.as_str())).unwrap_or(tiers.len());
        tiers.insert(order, Tier { name: "moves for it".to_owned(), ..moves });
    }
    let may_be_near = |tier: &&mut Tier| tier.headroom.is_some() || (!tier.hinges.is_empty() && !tier.whole);
    tiers.iter_mut().filter(may_be_near).for_each(|tier| tier.let_near_be_enough(&lowering.instance));
    lowering.instance.tiers = tiers;
}

/// Where services would rather be: spread over the values of attributes, those named first before the others
/// (`deploy.placement.preferences`). Within the domains of a preference the next one counts, as in Swarm.
fn preferences(problem: &Problem<'_>, lowering: &mut Lowering) -> Vec<Tier> {
    let preferences = |service: &usize| problem.stack.services[*service].wishes.preferences.as_slice();
    let levels = problem.services().map(|service| preferences(&service).len()).max().unwrap_or(0);
    let mut tiers = Vec::new();
    for level in 1..=levels {
        let spread = problem.services().filter(|service| problem.replicas[*service] > 1);
        let crowded = spread.filter_map(|service| {
            let keys: Vec<&str> = preferences(&service).get(..level)?.iter().filter_map(By::attribute).collect();
            Some(Crowded { service, topology: lowering.topology(problem, &keys) })
        });
        let name = if level == 1 { "preferences".to_owned() } else { format!("preferences, {level}.") };
        let crowded: Vec<Crowded> = crowded.collect();
        if !crowded.is_empty() {
            tiers.push(Tier { name, crowded, whole: true, ..Tier::default() });
        }
    }
    tiers
}

/// What machines hold above what they are best used up to (`target` in the inventory), as shares of their capacity.
fn above_target(problem: &Problem<'_>, lowering: &Lowering) -> Option<Tier> {
    let target = |machine: usize| problem.stack.machines[machine].target;
    problem.machines().find(|machine| target(*machine).is_some())?;
    Some(of_loads("above target", problem, |machine| {
        let Some(target) = target(machine) else { return Vec::new() };
        let hinge =
            |(resource, capacity, others)| Hinge { resource, above: target * capacity - others, slope: 1.0 / capacity };
        capacities(problem, lowering, machine).into_iter().map(hinge).collect()
    }))
}

/// As few moves as can be.
pub(super) fn moves() -> Tier {
    Tier { name: "moves".to_owned(), moves: 1.0, whole: true, ..Tier::default() }
}

/// What a move of one container of the service costs, from 1000 up to 1999 by its size; where so many moves are allowed,
/// all cost the same.
pub fn move_cost(problem: &Problem<'_>, service: usize) -> u64 {
    if problem.rebalance > 0 {
        return MOVE;
    }
    MOVE + (largest_share(problem, service) * (MOVE - 1) as f64).round() as u64
}

/// How many containers leave their machine at the least: those that cannot stay, and as many more as the bound on what moves
/// cost takes, were each the dearest that could stay.
pub fn fewest_leave(problem: &Problem<'_>, solution: &Solution) -> u32 {
    let stays = |at: &&Running| problem.at_most(at.service, at.machine) > 0;
    let (may_stay, forced): (Vec<&Running>, Vec<&Running>) = problem.running.iter().partition(stays);
    let dearest = may_stay.iter().map(|at| move_cost(problem, at.service)).max().unwrap_or(MOVE);
    let bound = solution.tiers.first().map_or(0.0, |moves| moves.bound);
    forced.len() as u32 + ((bound - TOLERANCE) / dearest as f64).ceil().max(0.0) as u32
}

/// The largest fraction that one container of the service takes of any resource of the largest machine.
pub(super) fn largest_share(problem: &Problem<'_>, service: usize) -> f64 {
    let shares = problem.stack.services[service].demand.iter().map(|(resource, amount)| {
        let most = problem.stack.machines.iter().map(|machine| machine.capacity.get(resource)).max().unwrap_or(0);
        if most == 0 { 0.0 } else { (amount as f64 / most as f64).min(1.0) }
    });
    shares.fold(0.0, f64::max)
}

/// Each resource of a machine that counts: its index, the machine's capacity in the resource's unit, and what others hold.
fn capacities(problem: &Problem<'_>, lowering: &Lowering, machine: usize) -> Vec<(usize, f64, f64)> {
    let at = &problem.stack.machines[machine];
    let mut found = Vec::new();
    for (index, (resource, unit)) in lowering.units.iter().enumerate() {
        let capacity = at.capacity.get(resource);
        if capacity > 0 {
            let others = capacity - at.room.get(resource).min(capacity);
            found.push((index, capacity as f64 / *unit as f64, others as f64 / *unit as f64));
        }
    }
    found
}

/// A tier that costs what each machine's load costs.
fn of_loads(name: &str, problem: &Problem<'_>, hinges: impl Fn(usize) -> Vec<Hinge>) -> Tier {
    let hinges = problem.machines().map(hinges).collect();
    Tier { name: name.to_owned(), hinges, ..Tier::default() }
}

/// Even use: for each machine and resource a cost that rises ever more steeply with the share in use. What other projects
/// hold fills the cheap pieces first.
fn even_use(problem: &Problem<'_>, lowering: &Lowering) -> Tier {
    of_loads("even use", problem, |machine| {
        let capacities = capacities(problem, lowering, machine).into_iter();
        capacities.flat_map(|(resource, capacity, others)| even_hinges(resource, capacity, others, 1.0)).collect()
    })
}

/// As many containers here as there: what decides where nobody stated a size.
fn even_counts(problem: &Problem<'_>, lowering: &mut Lowering) -> Tier {
    let containers = lowering.resource("containers", |_| 1, |_| UNLIMITED);
    let all = f64::from(problem.replicas.iter().sum::<u32>().max(1));
    of_loads("even counts", problem, |_| even_hinges(containers, all, 0.0, 1.0).collect())
}

/// Among equals the inventory's order decides, and the files': each container costs its machine's place in it, times its service's
/// place from the end of theirs. So it is not the solver that decides, of which another version would do otherwise.
fn inventory_order(problem: &Problem<'_>, lowering: &mut Lowering) -> Tier {
    let mut written: Vec<usize> = problem.services().collect();
    let place = |service: &usize| {
        let span = problem.stack.services[*service].span;
        (span.file.0, span.start)
    };
    written.sort_by_key(place);
    let from_end = |service: usize| written.iter().rev().position(|it| *it == service).unwrap_or_default() as i64 + 1;
    let rank = lowering.resource("rank", from_end, |_| UNLIMITED);
    let place = |machine: usize| vec![Hinge { resource: rank, above: 0.0, slope: machine as f64 }];
    Tier { whole: true, ..of_loads(ORDER, problem, place) }
}

/// Room for one more of what it is to be kept for, else of the largest service, on the machine that has most of it. None where
/// nobody states a size.
fn headroom(problem: &Problem<'_>, lowering: &mut Lowering) -> Option<Tier> {
    let size = |service: &usize| largest_share(problem, *service);
    let shape = match &problem.headroom {
        Some(shape) => lowering.units.iter().map(|(resource, unit)| (shape.get(resource) / unit) as i64).collect(),
        None => {
            let largest = problem.services().max_by(|a, b| size(a).total_cmp(&size(b)).then(b.cmp(a)))?;
            lowering.instance.groups[largest].demand.clone()
        }
    };
    if shape.iter().all(|amount: &i64| *amount == 0) {
        return None;
    }
    let machines = problem.machines().collect();
    let headroom = Some(largest_headroom(&lowering.instance, shape, machines));
    // Hinges of a later tier may add a resource; of that the shape takes nothing.
    Some(Tier { name: "headroom".to_owned(), headroom, ..Tier::default() })
}

/// Full machines first, in the inventory's order: what is used of a machine costs its place in the order.
fn first_machines(problem: &Problem<'_>, lowering: &Lowering) -> Tier {
    of_loads(FIRST, problem, |machine| {
        let capacities = capacities(problem, lowering, machine).into_iter();
        let hinge = |(resource, capacity, _)| Hinge { resource, above: 0.0, slope: machine as f64 / capacity };
        capacities.map(hinge).collect()
    })
}
