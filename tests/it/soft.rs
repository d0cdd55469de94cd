//! What is preferred and never a reason to refuse: services spread over the values of attributes
//! (`deploy.placement.preferences`), and machines that hold no more than their target. Against trying everything.

use planner::placement::{Layout, Limits, Outcome, Policy, Problem, Running, place};
use planner::stack::{By, Machine, Service, Stack};
use proptest::prelude::*;

use crate::stacks::{machine, service, stack};

const ZONE: &str = "node.labels.zone";
const RACK: &str = "node.labels.rack";

fn any_service(index: usize) -> impl Strategy<Value = Service> {
    let preferences = prop::sample::select(vec![&[][..], &[ZONE], &[ZONE, RACK], &[RACK]]);
    (1u32..=4, 1u64..=2, preferences).prop_map(move |(replicas, cpus, preferences)| {
        let mut service = service(&format!("s{index}"), replicas, cpus);
        service.wishes.preferences = preferences.iter().map(|key| By::Attribute((*key).to_owned())).collect();
        service
    })
}

fn any_machine(index: usize) -> impl Strategy<Value = Machine> {
    // Some have no zone: those are a domain of their own.
    let zone = prop::sample::select(vec!["a", "b", ""]);
    let target = prop::sample::select(vec![None, Some(0.5), Some(0.75)]);
    (2u64..=5, zone, prop::sample::select(vec!["1", "2"]), target).prop_map(move |(cpus, zone, rack, target)| {
        let mut machine = machine(&format!("m{index}"), cpus);
        machine.target = target;
        if !zone.is_empty() {
            machine.attributes.insert(ZONE.to_owned(), zone.to_owned());
        }
        machine.attributes.insert(RACK.to_owned(), rack.to_owned());
        machine
    })
}

fn any_stack() -> impl Strategy<Value = Stack> {
    let services = (any_service(0), any_service(1));
    let machines = (any_machine(0), any_machine(1), any_machine(2), prop::option::of(any_machine(3)));
    (services, machines).prop_map(|(services, (a, b, c, d))| {
        stack(vec![services.0, services.1], [a, b, c].into_iter().chain(d).collect())
    })
}

/// Every way to place so many containers, one row.
fn rows(count: u32, machines: usize) -> Vec<Vec<u32>> {
    if machines == 1 {
        return vec![vec![count]];
    }
    let more = |here: u32| rows(count - here, machines - 1).into_iter().map(move |rest| [vec![here], rest].concat());
    (0..=count).flat_map(more).collect()
}

/// What a machine's containers use of its CPUs.
fn used(stack: &Stack, layout: &Layout, at: usize) -> u64 {
    stack.services.iter().zip(&layout.counts).map(|(it, row)| it.demand.cpu().0 * u64::from(row[at])).sum()
}

fn holds(stack: &Stack, layout: &Layout) -> bool {
    (0..stack.machines.len()).all(|at| used(stack, layout, at) <= stack.machines[at].room.cpu().0)
}

/// Containers that share a domain of a preference's level, pair by pair; a service with fewer levels has none.
fn pairs(stack: &Stack, layout: &Layout, level: usize) -> u32 {
    let mut all = 0;
    for (service, row) in stack.services.iter().zip(&layout.counts) {
        let Some(keys) = service.wishes.preferences.get(..level) else { continue };
        let mut by_domain = std::collections::BTreeMap::<Vec<Option<&String>>, u32>::new();
        for (machine, count) in stack.machines.iter().zip(row) {
            let domain = keys.iter().map(|key| machine.attributes.get(key.attribute().unwrap())).collect();
            *by_domain.entry(domain).or_default() += count;
        }
        all += by_domain.values().map(|count| count * count.saturating_sub(1) / 2).sum::<u32>();
    }
    all
}

/// How much machines hold above their targets, as shares of their capacities.
fn above(stack: &Stack, layout: &Layout) -> f64 {
    let over = |(at, machine): (usize, &Machine)| {
        let Some(target) = machine.target else { return 0.0 };
        (used(stack, layout, at) as f64 / machine.capacity.cpu().0 as f64 - target).max(0.0)
    };
    stack.machines.iter().enumerate().map(over).sum()
}

/// How many containers of what runs leave their machines.
fn moved(problem: &Problem<'_>, layout: &Layout) -> u32 {
    let gone = |service: usize, at: usize| problem.current[service][at].saturating_sub(layout.counts[service][at]);
    problem.services().flat_map(|service| problem.machines().map(move |at| gone(service, at))).sum()
}

/// What counts, the first the most.
fn merit(problem: &Problem<'_>, layout: &Layout) -> (u32, u32, u32, i64) {
    let stack = problem.stack;
    let millionths = (above(stack, layout) * 1e6).round() as i64;
    (moved(problem, layout), pairs(stack, layout, 1), pairs(stack, layout, 2), millionths)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(300), ..ProptestConfig::default() })]

    #[test]
    fn what_is_preferred_is_as_good_as_it_can_be(
        mut stack in any_stack(),
        runs: bool,
        policy in prop::sample::select(vec![Policy::Spread, Policy::Pack, Policy::Cheapest]),
    ) {
        // What moves costs by its size: alike ones, so that the fewest are the cheapest.
        if runs {
            let demand = stack.services[0].demand.clone();
            stack.services[1].demand = demand;
        }
        let running = |service: usize, machine: usize| Running { service, number: 1, machine, ports: Vec::new() };
        let running = if runs { vec![running(0, 0), running(1, stack.machines.len() - 1)] } else { Vec::new() };
        let problem = Problem::new(&stack, running, policy);
        let machines = stack.machines.len();
        let mut best = None;
        for first in rows(problem.replicas[0], machines) {
            for second in rows(problem.replicas[1], machines) {
                let layout = Layout { counts: vec![first.clone(), second] };
                if holds(&stack, &layout) {
                    let merit = merit(&problem, &layout);
                    best = Some(best.map_or(merit, |best: (u32, u32, u32, i64)| best.min(merit)));
                }
            }
        }
        match (place(&problem, &Limits::default()), best) {
            (Outcome::Placed(solution), Some(best)) => {
                let found = merit(&problem, &Layout::of(&problem, &solution.replicas));
                prop_assert!(
                    (found.0, found.1, found.2) == (best.0, best.1, best.2) && (found.3 - best.3).abs() <= 2,
                    "{:?} is not {:?}: {:?}", found, best, solution
                );
                for tier in &solution.tiers {
                    let known = match tier.name.as_str() {
                        "preferences" => f64::from(best.1),
                        "preferences, 2." => f64::from(best.2),
                        "above target" => best.3 as f64 / 1e6,
                        _ => continue,
                    };
                    prop_assert!((tier.value - known).abs() < 1e-5 && tier.bound <= known + 1e-5, "{:?}", tier);
                }
            }
            (Outcome::Refused, None) => {}
            (outcome, best) => prop_assert!(false, "{:?}, but the best is {:?}", outcome, best),
        }
    }
}

/// Too large for one program: bounds end the search, and the tiers after it leave alone what was spread.
#[test]
fn large_stacks_follow_preferences_too() {
    let mut services: Vec<_> = (0..150).map(|index| service(&format!("s{index:03}"), 3, 1)).collect();
    services.iter_mut().step_by(3).for_each(|it| it.wishes.preferences = vec![By::Attribute(ZONE.to_owned())]);
    let machines = (0..50).map(|index| {
        let mut machine = machine(&format!("m{index:02}"), 10);
        machine.attributes.insert(ZONE.to_owned(), ["a", "b", "c"][index % 3].to_owned());
        machine
    });
    let stack = stack(services, machines.collect());
    let problem = Problem::new(&stack, Vec::new(), Policy::Spread);
    let Outcome::Placed(solution) = place(&problem, &Limits::default()) else { panic!("it fits") };
    let tier = solution.tiers.iter().find(|tier| tier.name == "preferences").unwrap();
    assert_eq!((tier.value, tier.bound), (0.0, 0.0));
    assert_eq!(pairs(&stack, &Layout::of(&problem, &solution.replicas), 1), 0);
}
