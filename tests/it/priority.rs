//! Who finds a place where not all do, against trying everything: those of higher priority first.

use planner::placement::refusal::{most, without_place};
use planner::placement::{Layout, Limits, Policy, Problem};
use planner::stack::{Service, Stack};
use proptest::prelude::*;

use crate::stacks::{machine, port, service, spanned, stack};

fn any_ranked(index: usize) -> impl Strategy<Value = Service> {
    let rest =
        (prop::sample::select(vec![-1, 0, 0, 10]), prop::bool::weighted(0.2), prop::option::weighted(0.3, 1u32..=2));
    (1u32..=3, 1u64..=3, rest).prop_map(move |(replicas, cpus, (priority, has_port, cap))| {
        let mut service = service(&format!("s{index}"), replicas, cpus);
        service.wishes.priority = priority;
        service.ports.extend(has_port.then(|| port(Some((80, 80)), None)));
        service.max_per_machine = cap.map(spanned);
        service
    })
}

fn any_crowded() -> impl Strategy<Value = Stack> {
    let services = (any_ranked(0), any_ranked(1), any_ranked(2));
    (services, prop::collection::vec(1u64..=4, 1..=3)).prop_map(|(services, rooms)| {
        let machines = rooms.iter().enumerate().map(|(index, room)| machine(&format!("m{index}"), *room));
        stack(vec![services.0, services.1, services.2], machines.collect())
    })
}

/// Whether so many of each service can be on one machine.
fn holds(stack: &Stack, at: usize, counts: &[u32]) -> bool {
    let services = || stack.services.iter().zip(counts);
    let cpus: u64 = services().map(|(service, count)| service.demand.cpu().0 * u64::from(*count)).sum();
    let ports: u32 = services().filter(|(service, _)| !service.ports.is_empty()).map(|(_, count)| *count).sum();
    let capped =
        |(service, count): (&Service, &u32)| service.max_per_machine.as_ref().is_none_or(|max| *count <= max.value);
    cpus <= stack.machines[at].room.cpu().0 && ports <= 1 && services().all(capped)
}

/// Every way to give each service no more than its replicas, machine after machine, by how many are placed of each.
fn totals(stack: &Stack, replicas: &[u32]) -> std::collections::BTreeSet<Vec<u32>> {
    let mut all = std::collections::BTreeSet::from([vec![0; replicas.len()]]);
    for at in 0..stack.machines.len() {
        let mut next = std::collections::BTreeSet::new();
        for placed in &all {
            for a in 0..=replicas[0] - placed[0] {
                for b in 0..=replicas[1] - placed[1] {
                    for c in 0..=replicas[2] - placed[2] {
                        if holds(stack, at, &[a, b, c]) {
                            next.insert(vec![placed[0] + a, placed[1] + b, placed[2] + c]);
                        }
                    }
                }
            }
        }
        all = next;
    }
    all
}

/// How many are placed of each priority, the highest first.
fn by_rank(stack: &Stack, placed: &[u32]) -> Vec<u32> {
    let of = |priority: i32| {
        let all = stack.services.iter().zip(placed).filter(|(service, _)| service.wishes.priority == priority);
        all.map(|(_, count)| *count).sum()
    };
    [10, 0, -1].map(of).to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(300), ..ProptestConfig::default() })]

    #[test]
    fn the_higher_finds_a_place_first(stack in any_crowded()) {
        let problem = Problem::new(&stack, Vec::new(), Policy::Spread);
        let best = totals(&stack, &problem.replicas).iter().map(|placed| by_rank(&stack, placed)).max().unwrap();
        let layout = most(&problem, &Limits::default());
        let placed: Vec<u32> = problem.services().map(|service| layout.total(service)).collect();
        for at in problem.machines() {
            let here: Vec<u32> = layout.counts.iter().map(|row| row[at]).collect();
            prop_assert!(holds(&stack, at, &here), "{:?}", layout);
        }
        let levels: std::collections::BTreeSet<i32> = stack.services.iter().map(|it| it.wishes.priority).collect();
        if levels.len() > 1 {
            prop_assert_eq!(by_rank(&stack, &placed), best.clone());
        }
        // What is told to be without a place is the rest.
        let told = without_place(&problem, &Limits::default());
        let mut left: Vec<u32> = problem.replicas.clone();
        for homeless in &told {
            let index = stack.services.iter().position(|it| it.name == homeless.service).unwrap();
            left[index] = homeless.placed;
        }
        if levels.len() > 1 {
            prop_assert_eq!(by_rank(&stack, &left), best);
        }
    }
}

/// In a stack too large for one program ranks are placed one after the other.
#[test]
fn in_large_stacks_too_the_higher_finds_a_place_first() {
    let mut services: Vec<Service> = (0..120).map(|index| service(&format!("s{index:03}"), 1, 1)).collect();
    services.iter_mut().step_by(2).for_each(|service| service.wishes.priority = 5);
    let machines = (0..40).map(|index| machine(&format!("m{index}"), 2)).collect();
    let stack = stack(services, machines);
    let problem = Problem::new(&stack, Vec::new(), Policy::Spread);
    let layout: Layout = most(&problem, &Limits::default());
    let placed = |first: usize| (first..120).step_by(2).map(|service| layout.total(service)).sum::<u32>();
    assert_eq!((placed(0), placed(1)), (60, 20));
}
