//! Placements that leave room for any one loss, against brute force: where there is one, the best of them is found; where there
//! is none, that is proven.

use planner::placement::{
    Layout, Limits, Outcome, Policy, Problem, Room, Running, backups, loss, not_left, place, place_surviving, verify,
};
use planner::stack::By;
use proptest::prelude::*;

use crate::placement::{Case, any_case, compare, layouts, values};
use crate::stacks::{machine, service, stack};

/// All layouts of what is to run after a loss, on the machines that are left.
fn layouts_after(problem: &Problem<'_>, lost: &[usize]) -> Vec<Layout> {
    let (mut left, _) = loss::without(problem, lost);
    let mut index = 0;
    left.machines.retain(|_| {
        index += 1;
        !lost.contains(&(index - 1))
    });
    layouts(&Problem::new(&left, Vec::new(), Policy::Spread))
}

/// Whether one of these is a layout with all that it has on the machines that are left, and more.
fn leaves_room(layout: &Layout, lost: &[usize], after: &[Layout]) -> bool {
    let stays: Vec<Vec<u32>> = layout
        .counts
        .iter()
        .map(|row| row.iter().enumerate().filter(|(at, _)| !lost.contains(at)).map(|it| *it.1).collect())
        .collect();
    let holds = |then: &Layout| {
        let rows = then.counts.iter().zip(&stays);
        rows.flat_map(|(then, before)| then.iter().zip(before)).all(|(then, before)| then >= before)
    };
    after.iter().any(holds)
}

fn losses(problem: &Problem<'_>, by: &By) -> Vec<Vec<usize>> {
    loss::groups(problem, by).into_iter().flat_map(|(_, alike)| alike).collect()
}

fn check(case: &Case, by: &By) -> Result<(), TestCaseError> {
    let problem = Problem::new(&case.stack, case.running.clone(), case.policy);
    let lost: Vec<(Vec<usize>, Vec<Layout>)> = losses(&problem, by)
        .into_iter()
        .map(|lost| {
            let after = layouts_after(&problem, &lost);
            (lost, after)
        })
        .collect();
    let all = layouts(&problem);
    let survives = |layout: &&Layout| lost.iter().all(|(lost, after)| leaves_room(layout, lost, after));
    let best = all.iter().filter(survives).map(|it| values(&problem, it)).min_by(|a, b| compare(a, b));
    match (place_surviving(&problem, std::slice::from_ref(by), &Limits::default()), best) {
        ((Outcome::Placed(solution), Room::Left), Some(best)) => {
            prop_assert_eq!(verify(&problem, &solution), Vec::<String>::new());
            let found = Layout::of(&problem, &solution.replicas);
            prop_assert!(survives(&&found), "{:?}", found);
            let reached = values(&problem, &found);
            prop_assert!(
                compare(&reached, &best).is_eq(),
                "{:?}, the best is {:?}\n{:#?}",
                reached,
                best,
                solution.tiers
            );
            prop_assert!(solution.is_proven(), "{:#?}", solution.tiers);
            // The table that people see says the same.
            for backup in backups(&problem, &solution, by, &Limits::default()) {
                let places = backup.places.expect("is survived");
                prop_assert!(places.iter().all(|(_, from)| backup.machines.contains(from)), "{:?}", places);
            }
        }
        ((Outcome::Placed(_), Room::Impossible(proof)), None) => {
            // The losses that are named are enough of a reason.
            let named = |layout: &Layout| {
                lost.iter().filter(|it| proof.contains(&it.0)).all(|(lost, after)| leaves_room(layout, lost, after))
            };
            prop_assert!(!all.iter().any(named), "{:?}", proof);
        }
        ((Outcome::Refused, _), None) => prop_assert!(all.is_empty()),
        (outcome, best) => prop_assert!(false, "{:?}, but the best is {:?}", outcome, best),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(250), ..ProptestConfig::default() })]

    #[test]
    fn the_best_placement_that_leaves_room_is_found(mut case in any_case(), zones: bool) {
        // With a machine more there is room for more.
        let mut spare = machine("m3", 4);
        spare.attributes.insert("node.labels.zone".to_owned(), "b".to_owned());
        if case.stack.machines.len() < 3 {
            case.stack.machines.push(spare);
        }
        let by = if zones { By::parse("zone") } else { By::Machine };
        check(&case, &by)?;
    }
}

/// Even use would leave a piece of room on each machine, and none that is large enough.
#[test]
fn room_is_left_in_one_piece_where_a_loss_needs_it() {
    let stack =
        stack(vec![service("db", 1, 3), service("web", 4, 1)], ["m0", "m1", "m2"].map(|it| machine(it, 4)).into());
    let problem = Problem::new(&stack, Vec::new(), Policy::Spread);
    let (outcome, room) = place_surviving(&problem, &[By::Machine], &Limits::default());
    let Outcome::Placed(solution) = outcome else { panic!("{outcome:?}") };
    assert_eq!(room, Room::Left);
    let db = solution.replicas.iter().find(|it| it.replica.service == 0).unwrap().replica.machine;
    let free = |at: usize| 4 - solution.replicas.iter().filter(|it| it.replica.machine == at).count();
    assert!((0..3).filter(|at| *at != db).any(|at| free(at) >= 3), "{:?}", solution.replicas);
}

/// Too large for one program: as everything runs nothing has room for a large one; a machine is left empty.
#[test]
fn large_stacks_leave_room_as_well() {
    let mut services: Vec<_> = (0..19).map(|index| service(&format!("large{index}"), 1, 8)).collect();
    services.extend((0..20).map(|index| service(&format!("small{index}"), 2, 1)));
    let machines = (0..20).map(|index| machine(&format!("m{index:02}"), 14)).collect();
    let stack = stack(services, machines);
    let running = |service, number, machine| Running { service, number, machine, ports: Vec::new() };
    let large = (0..19).map(|index| running(index, 1, index));
    let small = (0..20).flat_map(|index| {
        let other = if index < 8 { 19 } else { index - 8 };
        [running(19 + index, 1, index), running(19 + index, 2, other)]
    });
    let problem = Problem::new(&stack, large.chain(small).collect(), Policy::Spread);
    let Outcome::Placed(plain) = place(&problem, &Limits::default()) else { panic!("fits") };
    assert!(!not_left(&problem, &plain, &[By::Machine], &Limits::default()).is_empty());
    let (outcome, room) = place_surviving(&problem, &[By::Machine], &Limits::default());
    let Outcome::Placed(solution) = outcome else { panic!("{outcome:?}") };
    assert_eq!(room, Room::Left);
    assert_eq!(verify(&problem, &solution), Vec::<String>::new());
    let load = |at: usize| {
        let here = solution.replicas.iter().filter(|it| it.replica.machine == at);
        here.map(|it| stack.services[it.replica.service].demand.cpu().0).sum::<u64>() / 1000
    };
    // Whatever is lost, one of the others has room for the large one.
    let roomy = (0..20).filter(|at| 14 - load(*at) >= 8).count();
    let large = (0..20).filter(|at| load(*at) >= 8).count();
    assert!(roomy > 1 || large == 19 && roomy == 1, "{roomy} {large}");
}
