//! The loss of a machine against brute force over the stack that never had it: every machine is in one group, and what is
//! said of the group is true of each.

use planner::inventory::Availability;
use planner::placement::loss::{self, Rest, losses};
use planner::placement::{Layout, Limits, Outcome, Placed, Policy, Problem, Running, backups, place};
use planner::stack::{By, Replicas};
use proptest::prelude::*;

use crate::placement::{Case, any_case, layouts};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_said_of_a_loss_is_true_of_each_machine(case in any_case()) {
        let Case { stack, running, .. } = case;
        let problem = Problem::new(&stack, running.clone(), Policy::Spread);
        let mut seen = Vec::new();
        for loss in losses(&problem, &Limits::default()) {
            for lost in &loss.machines {
                seen.push(*lost);
                let mut left = stack.clone();
                left.machines.remove(*lost);
                for service in &mut left.services {
                    service.wishes.survive.clear();
                }
                let before = Problem::new(&stack, Vec::new(), Policy::Spread);
                let gone = |service: usize| {
                    let meant: Vec<usize> = before.machines().filter(|it| before.in_scope(service, *it)).collect();
                    problem.replicas[service] > 0 && meant == [*lost]
                };
                for service in before.services().filter(|service| gone(*service)) {
                    left.services[service].replicas.value = Replicas::Count(0);
                }
                let mut running: Vec<Running> = running.iter().filter(|at| at.machine != *lost).cloned().collect();
                running.iter_mut().filter(|at| at.machine > *lost).for_each(|at| at.machine -= 1);
                let fits = !layouts(&Problem::new(&left, running, Policy::Spread)).is_empty();
                match &loss.rest {
                    Rest::Fits => prop_assert!(fits, "{lost} of {loss:?}"),
                    Rest::Short(..) => prop_assert!(!fits, "{lost} of {loss:?}"),
                    Rest::Unknown => prop_assert!(false, "undecided: {loss:?}"),
                }
            }
        }
        seen.sort_unstable();
        let active = |machine: &usize| stack.machines[*machine].availability == Availability::Active;
        prop_assert_eq!(seen, problem.machines().filter(active).collect::<Vec<_>>());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Where a plan says that everything goes after a loss it does go; and where it says that it does not, there is no way.
    #[test]
    fn what_goes_where_after_a_loss_is_so(case in any_case()) {
        let problem = Problem::new(&case.stack, case.running.clone(), case.policy);
        let Outcome::Placed(solution) = place(&problem, &Limits::default()) else { return Ok(()) };
        let placed = |it: &Placed| Running {
            service: it.replica.service,
            number: it.replica.number,
            machine: it.replica.machine,
            ports: Vec::new(),
        };
        let running: Vec<Running> = solution.replicas.iter().map(placed).collect();
        let now = Problem::new(&case.stack, running.clone(), Policy::Spread);
        for backup in backups(&problem, &solution, &By::Machine, &Limits::default()) {
            let [lost] = backup.machines[..] else { panic!("{backup:?}") };
            // The stack that never had the machine.
            let (mut stack, _) = loss::without(&now, &[lost]);
            stack.machines.remove(lost);
            let rest = Problem::new(&stack, Vec::new(), Policy::Pack);
            let all = layouts(&rest);
            let Some(places) = backup.places else {
                prop_assert!(all.is_empty(), "{lost} can be lost");
                continue;
            };
            let mut then = Layout::empty(&rest);
            for it in &running {
                let goes = places.iter().find(|(replica, _)| it.is(replica)).map(|(replica, _)| replica.machine);
                let machine = goes.unwrap_or(it.machine);
                if rest.replicas[it.service] > 0 && machine != lost {
                    then.counts[it.service][machine - usize::from(machine > lost)] += 1;
                }
            }
            prop_assert!(all.contains(&then), "{:?}: {:?}", backup.machines, then);
        }
    }
}
