//! What is said of growth against brute force: so many times fits and the next container does not, also with what is gained.

use planner::capacity::{End, Extra, Factor, Growth, Question, grown, report};
use planner::placement::{Limits, Outcome, Policy, Problem, place};
use planner::stack::{By, Machine, Replicas, Stack};
use planner::units::Resource;
use proptest::prelude::*;

use crate::placement::{any_case, layouts};
use crate::stacks::{machine, service, stack};

/// Brute force tries stacks of so many containers at most.
const MOST: u32 = 9;

fn told(stack: &Stack, held: Vec<usize>) -> Option<Growth> {
    let Outcome::Placed(solution) = place(&Problem::new(stack, Vec::new(), Policy::Spread), &Limits::default()) else {
        return None;
    };
    let question = Question {
        services: Vec::new(),
        with_moves: false,
        losses: By::Machine,
        pairs: false,
        drains: false,
        growth: Some(held),
        samples: None,
        used: None,
        limits: Limits::default(),
    };
    report(stack, &solution, &question).growth
}

fn counts(stack: &Stack) -> Vec<Option<u32>> {
    let count = |replicas| match replicas {
        Replicas::Count(count) => Some(count),
        Replicas::Global => None,
    };
    stack.services.iter().map(|service| count(service.replicas.value)).collect()
}

/// The stack grown so many times, and grown by the next container: of each service that is no larger than the factor says.
fn around(stack: &Stack, factor: Factor) -> (Stack, Stack) {
    let at = grown(stack, factor, &[]);
    let mut next = at.clone();
    for ((service, before), now) in next.services.iter_mut().zip(counts(stack)).zip(counts(&at)) {
        let (Some(before), Some(now)) = (before, now) else { continue };
        if f64::from(now) / f64::from(before) <= factor.number() + 1e-9 {
            service.replicas.value = Replicas::Count(now + 1);
        }
    }
    (at, next)
}

/// Whether it fits; none where brute force would not come to an end.
fn fits(stack: &Stack, machines: &[Machine]) -> Option<bool> {
    let stack = Stack { machines: machines.to_vec(), ..stack.clone() };
    let all: u32 = counts(&stack).iter().flatten().sum();
    (all <= MOST).then(|| !layouts(&Problem::new(&stack, Vec::new(), Policy::Spread)).is_empty())
}

fn with(machines: &[Machine], extra: &Extra) -> Vec<Machine> {
    let mut machines = machines.to_vec();
    let grow = |machine: &mut Machine, resource: &Resource, amount: u64| {
        machine.room.set(resource.clone(), machine.room.get(resource) + amount);
        machine.capacity.set(resource.clone(), machine.capacity.get(resource) + amount);
    };
    match extra {
        Extra::Everywhere(resource, amount) => machines.iter_mut().for_each(|it| grow(it, resource, *amount)),
        Extra::On(resource, amount, names) => {
            // Whichever of them: the last.
            let named = machines.iter_mut().find(|it| Some(&it.name) == names.last()).unwrap();
            grow(named, resource, *amount);
        }
        Extra::Machine(names) => {
            let mut more = machines.iter().find(|it| Some(&it.name) == names.last()).unwrap().clone();
            more.name = "more".to_owned();
            machines.push(more);
        }
    }
    machines
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn so_many_times_fits_and_the_next_container_does_not(case in any_case()) {
        let stack = case.stack;
        let ports: usize = stack.services.iter().map(|service| service.ports.len()).sum();
        if ports > 2 {
            return Ok(());
        }
        let Some(growth) = told(&stack, Vec::new()) else { return Ok(()) };
        let (at, next) = around(&stack, growth.most);
        prop_assert_ne!(fits(&at, &stack.machines), Some(false), "{:?}", growth);
        for point in &growth.points {
            let known = fits(&grown(&stack, point.factor, &[]), &stack.machines);
            prop_assert!(known.is_none() || known == point.fits, "{point:?}");
        }
        let End::Proven { adds, .. } = &growth.end else {
            prop_assert!(growth.end == End::Plenty && growth.gains.is_empty(), "{growth:?}");
            return Ok(());
        };
        prop_assert_ne!(fits(&next, &stack.machines), Some(true), "{:?}", growth);
        let added: u32 = counts(&next).iter().flatten().sum::<u32>() - counts(&at).iter().flatten().sum::<u32>();
        prop_assert_eq!(adds.iter().map(|(_, more)| more).sum::<u32>(), added);
        for gain in &growth.gains {
            let machines = with(&stack.machines, &gain.extra);
            let (at, next) = around(&stack, gain.most);
            prop_assert!(gain.most >= growth.most && fits(&at, &machines) != Some(false), "{gain:?}");
            prop_assert!(!gain.is_exact || fits(&next, &machines) != Some(true), "{gain:?}");
        }
    }
}

#[test]
fn what_is_short_is_what_gains() {
    let stack = stack(vec![service("web", 4, 2), service("db", 1, 1)], vec![machine("m1", 6), machine("m2", 6)]);
    let growth = told(&stack, vec![1]).unwrap();
    // Five of two CPUs and one of one are eleven of twelve; six would be thirteen.
    assert_eq!((growth.most, growth.held.as_slice()), (Factor::parse("1.25").unwrap(), ["db".to_owned()].as_slice()));
    let End::Proven { adds, why, .. } = &growth.end else { panic!("{growth:?}") };
    assert_eq!(adds, &[("web".to_owned(), 1)]);
    assert!(why[0].contains("13 of cpus are wanted"), "{why:?}");
    let gained = |extra: &Extra| growth.gains.iter().find(|gain| gain.extra == *extra).map(|gain| gain.most.number());
    let names = vec!["m1".to_owned(), "m2".to_owned()];
    assert_eq!(gained(&Extra::Everywhere(Resource::cpus(), 1000)), Some(1.5));
    assert_eq!(gained(&Extra::On(Resource::cpus(), 1000, names.clone())), Some(1.5));
    assert_eq!(gained(&Extra::Machine(names)), Some(2.0));
}
