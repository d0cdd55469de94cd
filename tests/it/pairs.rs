//! The loss of two machines at once against brute force over the stack that never had them: what is said of two kinds is true
//! of each pair of them, and no pair is missing.

use std::collections::BTreeSet;

use planner::capacity::{Question, Verdict, report};
use planner::placement::{Limits, Outcome, Policy, Problem, place};
use planner::stack::{By, Replicas, Stack};
use proptest::prelude::*;

use crate::placement::{any_case, layouts};
use crate::stacks::{machine, service, stack};

fn question() -> Question {
    Question {
        services: Vec::new(),
        with_moves: false,
        losses: By::Machine,
        pairs: true,
        drains: false,
        growth: None,
        samples: None,
        used: None,
        limits: Limits::default(),
    }
}

/// Whether what can be elsewhere has a place on the stack that never had these machines.
fn rest_fits(stack: &Stack, lost: [usize; 2]) -> bool {
    let before = Problem::new(stack, Vec::new(), Policy::Spread);
    let mut left = stack.clone();
    for (index, service) in left.services.iter_mut().enumerate() {
        service.wishes.survive.clear();
        let meant: Vec<usize> = before.machines().filter(|it| before.in_scope(index, *it)).collect();
        if before.replicas[index] > 0 && meant.iter().all(|machine| lost.contains(machine)) {
            service.replicas.value = Replicas::Count(0);
        }
    }
    let mut index = 0;
    left.machines.retain(|_| {
        index += 1;
        !lost.contains(&(index - 1))
    });
    !layouts(&Problem::new(&left, Vec::new(), Policy::Spread)).is_empty()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn what_is_said_of_two_is_true_of_each_pair(case in any_case()) {
        let stack = case.stack;
        let ports: usize = stack.services.iter().map(|service| service.ports.len()).sum();
        if ports > 2 {
            return Ok(());
        }
        let Outcome::Placed(solution) = place(&Problem::new(&stack, Vec::new(), case.policy), &Limits::default()) else {
            return Ok(());
        };
        let mut current = vec![vec![0; stack.machines.len()]; stack.services.len()];
        for it in &solution.replicas {
            current[it.replica.service][it.replica.machine] += 1;
        }
        let pairs = report(&stack, &solution, &question()).pairs.unwrap();
        prop_assert_eq!(pairs.not_looked_at, 0);
        let index = |name: &String| stack.machines.iter().position(|it| it.name == *name).unwrap();
        let mut seen = BTreeSet::new();
        for pair in &pairs.losses {
            let before = seen.len();
            for (first, second) in pair.first.iter().flat_map(|a| pair.second.iter().map(move |b| (index(a), index(b)))) {
                if first == second || !seen.insert((first.min(second), first.max(second))) {
                    continue;
                }
                let there = |service: usize| current[service][first] + current[service][second];
                let hit: Vec<(String, u32)> = stack.services.iter().enumerate()
                    .map(|(service, it)| (it.name.clone(), there(service))).filter(|(_, many)| *many > 0).collect();
                let down: Vec<&String> = stack.services.iter().enumerate()
                    .filter(|(service, _)| there(*service) > 0 && there(*service) == current[*service].iter().sum::<u32>())
                    .map(|(_, it)| &it.name).collect();
                prop_assert_eq!(&pair.lost.hit, &hit);
                prop_assert_eq!(pair.lost.silenced.iter().collect::<Vec<_>>(), down);
                let fits = rest_fits(&stack, [first, second]);
                match &pair.lost.verdict {
                    Verdict::Fits(_) => prop_assert!(fits, "{pair:?}"),
                    Verdict::Short(why, homeless) => {
                        prop_assert!(!fits, "{pair:?}");
                        prop_assert!(!why.is_empty() || !homeless.is_empty(), "{pair:?}");
                    }
                    Verdict::Unknown => prop_assert!(false, "undecided: {pair:?}"),
                }
            }
            prop_assert_eq!(seen.len() - before, pair.pairs);
        }
        prop_assert_eq!(seen.len(), stack.machines.len() * (stack.machines.len() - 1) / 2);
    }
}

/// A hundred machines alike are few searches, however differently full they are.
#[test]
fn many_machines_alike_are_few_searches() {
    let machines = (1..=100).map(|number| machine(&format!("m{number}"), 4)).collect();
    let services = (0..12).map(|number| service(&format!("s{number}"), 1 + number, 1)).collect();
    let stack = stack(services, machines);
    let Outcome::Placed(solution) = place(&Problem::new(&stack, Vec::new(), Policy::Pack), &Limits::default()) else {
        panic!("it fits");
    };
    // Losses of single machines are another test's.
    let question = Question { losses: By::parse("rack"), ..question() };
    let pairs = report(&stack, &solution, &question).pairs.unwrap();
    assert_eq!(pairs.not_looked_at, 0);
    assert_eq!(pairs.losses.iter().map(|pair| pair.pairs).sum::<usize>(), 4950);
    assert!(pairs.losses.iter().all(|pair| pair.lost.verdict == Verdict::Fits(None)));
}

/// Where no two machines are alike there is an end to what is looked at, and it is told.
#[test]
fn of_too_many_kinds_the_rest_is_counted() {
    let machines = (1..=30).map(|number| machine(&format!("m{number}"), 10 + number)).collect();
    let stack = stack(vec![service("web", 30, 1)], machines);
    let Outcome::Placed(solution) = place(&Problem::new(&stack, Vec::new(), Policy::Spread), &Limits::default()) else {
        panic!("it fits");
    };
    // Losses of single machines are another test's.
    let question = Question { losses: By::parse("rack"), ..question() };
    let pairs = report(&stack, &solution, &question).pairs.unwrap();
    assert_eq!((pairs.losses.len(), pairs.not_looked_at), (300, 135));
}
