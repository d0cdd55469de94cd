//! What is said of maintenance against brute force: what can be emptied can, what moves is the least, no fewer rounds do.

use planner::capacity::{Drains, Emptied, Question, report};
use planner::inventory::Availability;
use planner::placement::{Layout, Limits, Outcome, Policy, Problem, place};
use planner::stack::{By, Replicas, Stack, Volume};
use proptest::prelude::*;

use crate::placement::{any_case, layouts};
use crate::stacks::{machine, service, spanned, stack};

fn told(stack: &Stack, policy: Policy) -> Option<(Drains, Vec<Vec<u32>>)> {
    let Outcome::Placed(solution) = place(&Problem::new(stack, Vec::new(), policy), &Limits::default()) else {
        return None;
    };
    let question = Question {
        services: Vec::new(),
        with_moves: false,
        losses: By::Machine,
        pairs: false,
        drains: true,
        growth: None,
        samples: None,
        used: None,
        limits: Limits::default(),
    };
    let mut current = vec![vec![0; stack.machines.len()]; stack.services.len()];
    for it in &solution.replicas {
        current[it.replica.service][it.replica.machine] += 1;
    }
    Some((report(stack, &solution, &question).drains.unwrap(), current))
}

/// Every layout of the stack without machines, as if it had never had them; rows are as long as if it had.
fn all_without(stack: &Stack, emptied: &[usize]) -> Vec<Layout> {
    let mut left = stack.clone();
    let mut index = 0;
    left.machines.retain(|_| {
        index += 1;
        !emptied.contains(&(index - 1))
    });
    let mut found = layouts(&Problem::new(&left, Vec::new(), Policy::Spread));
    for row in found.iter_mut().flat_map(|layout| &mut layout.counts) {
        emptied.iter().for_each(|machine| row.insert(*machine, 0));
    }
    found
}

fn indexes(stack: &Stack, machines: &[String]) -> Vec<usize> {
    machines.iter().map(|name| stack.machines.iter().position(|it| it.name == *name).unwrap()).collect()
}

/// The fewest rounds in which all of these can be emptied.
fn fewest_rounds(stack: &Stack, able: &[usize]) -> usize {
    let Some((first, rest)) = able.split_first() else { return 0 };
    let groups = (0..1usize << rest.len()).map(|chosen| {
        let (mut group, mut left) = (vec![*first], Vec::new());
        for (bit, machine) in rest.iter().enumerate() {
            if chosen >> bit & 1 == 1 { group.push(*machine) } else { left.push(*machine) }
        }
        (group, left)
    });
    let can = groups.filter(|(group, _)| !all_without(stack, group).is_empty());
    can.map(|(_, left)| 1 + fewest_rounds(stack, &left)).min().expect("each can be emptied by itself")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn what_is_said_of_maintenance_is_true(case in any_case()) {
        let stack = case.stack;
        let ports: usize = stack.services.iter().map(|service| service.ports.len()).sum();
        if ports > 2 {
            return Ok(());
        }
        let Some((drains, current)) = told(&stack, case.policy) else { return Ok(()) };
        let mut able = indexes(&stack, &drains.order.iter().flat_map(|it| it.machines.clone()).collect::<Vec<_>>());
        for machine in &able {
            prop_assert!(!all_without(&stack, &[*machine]).is_empty(), "{machine} of {drains:?}");
        }
        for stuck in &drains.stuck {
            prop_assert!(stuck.is_proven && !(stuck.why.is_empty() && stuck.stay.is_empty()), "{stuck:?}");
            for machine in indexes(&stack, &stuck.machines) {
                prop_assert!(all_without(&stack, &[machine]).is_empty(), "{machine} of {drains:?}");
            }
        }
        if let Some(first) = drains.order.first() {
            let moves = first.moves.unwrap();
            let machine = indexes(&stack, &first.machines)[0];
            let here = |of_global: bool| -> u32 {
                let rows = stack.services.iter().zip(&current);
                rows.filter(|(it, _)| (it.replicas.value == Replicas::Global) == of_global).map(|(_, row)| row[machine]).sum()
            };
            prop_assert_eq!((moves.away, moves.end), (here(false), here(true)));
            let leave = |layout: &Layout| -> u32 {
                let rows = layout.counts.iter().zip(&current);
                let pairs = rows.flat_map(|(after, before)| before.iter().zip(after));
                pairs.map(|(before, after)| before.saturating_sub(*after)).sum()
            };
            let least = all_without(&stack, &[machine]).iter().map(leave).min().unwrap();
            let all = moves.away + moves.end + moves.others;
            prop_assert!(least <= all && (!moves.is_least || least == all), "{least} in {drains:?}");
        }
        let rounds = drains.rounds.unwrap();
        let groups: Vec<Vec<usize>> = rounds.rounds.iter().map(|round| indexes(&stack, &round.machines)).collect();
        for group in &groups {
            prop_assert!(!all_without(&stack, group).is_empty(), "{group:?} of {rounds:?}");
        }
        let mut in_rounds: Vec<usize> = groups.concat();
        in_rounds.sort_unstable();
        able.sort_unstable();
        prop_assert_eq!(&in_rounds, &able);
        let fewest = fewest_rounds(&stack, &able);
        prop_assert!(fewest <= groups.len() && (!rounds.are_fewest || fewest == groups.len()), "{fewest}: {rounds:?}");
    }
}

/// What is emptied first is not what moves twice: the machine that takes it is done already.
#[test]
fn what_moves_goes_to_machines_that_are_done() {
    let machines = (1..=4).map(|number| machine(&format!("m{number}"), 8)).collect();
    let stack = stack(vec![service("web", 4, 2)], machines);
    let (drains, _) = told(&stack, Policy::Spread).unwrap();
    let away = |it: &Emptied| it.moves.unwrap().away;
    assert_eq!(drains.order.iter().map(away).collect::<Vec<_>>(), [1, 1, 1, 2]);
    let rounds = drains.rounds.unwrap();
    assert!(rounds.are_fewest && rounds.rounds.len() == 2, "{rounds:?}");
}

/// Data is there as soon as the container is: a machine that holds the only copy cannot be emptied.
#[test]
fn data_keeps_a_machine_from_being_emptied() {
    let mut db = service("db", 1, 1);
    db.local_volumes.push(spanned("data".to_owned()));
    let mut stack = stack(vec![db, service("web", 2, 1)], vec![machine("m1", 4), machine("m2", 4), machine("m3", 4)]);
    let volume = Volume {
        name: "test_data".to_owned(),
        external: false,
        driver: None,
        driver_opts: std::collections::BTreeMap::new(),
        labels: std::collections::BTreeMap::new(),
        shared: false,
    };
    stack.volumes.insert("data".to_owned(), volume);
    let (drains, current) = told(&stack, Policy::Spread).unwrap();
    let home = current[0].iter().position(|count| *count == 1).unwrap();
    let stuck = &drains.stuck[0];
    assert_eq!((drains.stuck.len(), &stuck.machines), (1, &vec![stack.machines[home].name.clone()]));
    assert!(stuck.why[0].contains("`db` cannot run where its data is"), "{stuck:?}");
    assert_eq!(stuck.stay, [("db".to_owned(), 1)]);
    // The other two are empty at once where the third has room for all; then it alone holds what runs.
    let rounds = drains.rounds.unwrap();
    assert_eq!((rounds.rounds.len(), rounds.are_fewest), (1, true));
    assert!(stack.machines.iter().all(|it| it.availability == Availability::Active));
}
