//! The loss of a machine against brute force over the stack that never had it: every machine is in one group, and what is
//! said of the group is true of each.

use planner::inventory::Availability;
use planner::placement::loss::{Rest, losses};
use planner::placement::{Limits, Policy, Problem, Running};
use planner::stack::Replicas;
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
