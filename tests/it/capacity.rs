//! What is said of capacity against brute force: so many more fit and one more does not, with and without moves; so many
//! have to move after a loss.

use planner::capacity::{Most, Question, Verdict, report};
use planner::inventory::Availability;
use planner::placement::loss::without;
use planner::placement::{Layout, Limits, Outcome, Policy, Problem, place};
use planner::stack::{By, Replicas, Stack};
use planner::units::Resource;
use proptest::prelude::*;

use crate::placement::{any_case, layouts};
use crate::stacks::{machine, service, stack};

/// Brute force tries so many containers of a service at most.
const MOST: u32 = 4;

fn scaled(stack: &Stack, service: usize, replicas: u32) -> Stack {
    let mut stack = stack.clone();
    stack.services[service].replicas.value = Replicas::Count(replicas);
    stack
}

fn all(stack: &Stack) -> Vec<Layout> {
    layouts(&Problem::new(stack, Vec::new(), Policy::Spread))
}

fn question(services: Vec<usize>) -> Question {
    Question {
        services,
        with_moves: true,
        losses: By::Machine,
        pairs: false,
        drains: false,
        growth: None,
        samples: None,
        used: None,
        limits: Limits::default(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn what_is_said_to_fit_does_and_one_more_does_not(case in any_case()) {
        let stack = case.stack;
        // The oracle tries every port for every wish for one: of more it would not come to an end.
        let ports: usize = stack.services.iter().map(|service| service.ports.len()).sum();
        if ports > 2 {
            return Ok(());
        }
        let Outcome::Placed(solution) = place(&Problem::new(&stack, Vec::new(), case.policy), &Limits::default()) else {
            return Ok(());
        };
        let question = Question { drains: true, ..question((0..stack.services.len()).collect()) };
        let report = report(&stack, &solution, &question);
        let mut current = vec![vec![0; stack.machines.len()]; stack.services.len()];
        for it in &solution.replicas {
            current[it.replica.service][it.replica.machine] += 1;
        }
        for (index, more) in report.more.iter().enumerate() {
            let Replicas::Count(now) = stack.services[index].replicas.value else {
                prop_assert_eq!(more.without_moves, Most::Exactly(0));
                continue;
            };
            prop_assert_eq!(more.now, now);
            let stays = |layout: &Layout| {
                layout.counts.iter().zip(&current).enumerate().all(|(service, (after, before))| {
                    if service == index { after.iter().zip(before).all(|(a, b)| a >= b) } else { after == before }
                })
            };
            let fits = |more: u32| all(&scaled(&stack, index, now + more)).iter().any(stays);
            let fits_with_moves = |more: u32| !all(&scaled(&stack, index, now + more)).is_empty();
            let tells = |most: Most, fits: &dyn Fn(u32) -> bool| match most {
                Most::Exactly(number) if now + number < MOST => fits(number) && !fits(number + 1),
                Most::Exactly(number) | Most::Plenty(number) => fits(number.min(MOST.saturating_sub(now))),
                Most::AtLeast(_) => false,
            };
            prop_assert!(tells(more.without_moves, &fits), "{more:?}");
            prop_assert!(tells(more.with_moves.unwrap(), &fits_with_moves), "{more:?}");
            let has_causes = matches!(more.without_moves, Most::Exactly(_));
            prop_assert_eq!(!more.stops.is_empty(), has_causes, "{:?}", more);
        }
        for lost in &report.losses {
            let machine = stack.machines.iter().position(|it| it.name == lost.machines[0]).unwrap();
            let containers: u32 = current.iter().map(|row| row[machine]).sum();
            prop_assert_eq!(lost.containers, containers);
            let Verdict::Fits(Some(moves)) = lost.verdict else { continue };
            let (mut left, _) = without(&Problem::new(&stack, Vec::new(), Policy::Spread), &[machine]);
            prop_assert_eq!(left.machines.remove(machine).availability, Availability::Down);
            let moved = |layout: &Layout| -> u32 {
                let pairs = layout.counts.iter().zip(&current);
                let of_service = |(service, (after, before)): (usize, (&Vec<u32>, &Vec<u32>))| -> u32 {
                    if left.services[service].replicas.value == Replicas::Count(0) {
                        return 0;
                    }
                    let before = before.iter().enumerate().filter(|(it, _)| *it != machine).map(|(_, count)| *count);
                    before.zip(after).map(|(before, after)| before.saturating_sub(*after)).sum()
                };
                pairs.enumerate().map(of_service).sum()
            };
            let least = all(&left).iter().map(moved).min();
            prop_assert_eq!(least, Some(moves), "{:?}", lost);
        }
    }
}

/// The story of the example: where use is even, there is no room for another large one; where it is dense, there is.
#[test]
fn the_dense_layout_has_room_where_the_even_one_has_not() {
    let services = vec![service("lb", 1, 1), service("web", 3, 3), service("db", 1, 2), service("kv", 1, 1)];
    let stack = stack(services, vec![machine("m1", 6), machine("m2", 6), machine("m3", 6)]);
    let told = |policy: Policy| {
        let problem = Problem::new(&stack, Vec::new(), policy);
        let Outcome::Placed(solution) = place(&problem, &Limits::default()) else { panic!("it fits") };
        let report = report(&stack, &solution, &question(vec![1]));
        let web = report.more.into_iter().next().unwrap();
        let slot = report.slots[0].size.get(&Resource::cpus());
        (web.service, web.without_moves, web.with_moves, slot)
    };
    assert_eq!(told(Policy::Spread), ("web".to_owned(), Most::Exactly(0), Some(Most::Exactly(1)), 2000));
    assert_eq!(told(Policy::Pack), ("web".to_owned(), Most::Exactly(1), Some(Most::Exactly(1)), 5000));
}

/// Three containers with data of their own decide by majority; those without data do not.
#[test]
fn a_lost_majority_is_told_of_what_keeps_data() {
    let mut kv = service("kv", 3, 1);
    kv.local_volumes.push(crate::stacks::spanned("data".to_owned()));
    let stack = stack(vec![kv, service("web", 3, 1)], vec![machine("m1", 6), machine("m2", 6)]);
    let problem = Problem::new(&stack, Vec::new(), Policy::Spread);
    let Outcome::Placed(solution) = place(&problem, &Limits::default()) else { panic!("it fits") };
    let on = |name: &str| {
        solution
            .replicas
            .iter()
            .filter(|it| it.replica.service == 0 && stack.machines[it.replica.machine].name == name)
            .count()
    };
    for lost in report(&stack, &solution, &question(Vec::new())).losses {
        let left = 3 - on(&lost.machines[0]);
        let expected: &[&str] = if left == 1 { &["kv"] } else { &[] };
        assert_eq!(lost.without_majority, expected, "{lost:?}");
        assert!(lost.silenced.is_empty());
    }
}
