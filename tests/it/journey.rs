//! Plan and apply over a simulated cluster: from any state to any goal, with the line cut anywhere on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use planner::apply::apply;
use planner::cluster::observe_all;
use planner::labels;
use planner::observed::{ContainerState, Observed};
use planner::placement::{Limits, Outcome, Policy, Problem, place};
use planner::plan::{Operation, Origin, Plan, make, running};
use planner::stack::{Attachment, Condition, Dependency, Mount, Network, OnFailure, Rollout, Stack, Volume};
use proptest::prelude::*;

use crate::fake::FakeCluster;
use crate::placement::any_case;
use crate::stacks::spanned;

pub(crate) const MACHINES: [&str; 3] = ["m0", "m1", "m2"];

/// A stack with networks, volumes, dependencies and images, on three machines.
pub(crate) fn any_stack() -> impl Strategy<Value = Stack> {
    let extras = prop::collection::vec((1u8..=2, 0u8..4, 0u8..4, any_rollout()), 3);
    (any_case(), extras).prop_map(|(case, extras)| {
        let mut stack = case.stack;
        while stack.machines.len() < MACHINES.len() {
            let name = MACHINES[stack.machines.len()];
            stack.machines.push(crate::stacks::machine(name, 6));
        }
        let names: Vec<String> = stack.services.iter().map(|service| service.name.clone()).collect();
        let network = Network { name: "test_default".to_owned(), ..Network::default() };
        stack.networks.insert("default".to_owned(), network);
        for (index, (service, (tag, depends, volume, (update, rollback)))) in
            stack.services.iter_mut().zip(extras).enumerate()
        {
            (service.update, service.rollback) = (update, rollback);
            service.container.image = format!("{}:{tag}", service.name);
            let attachment = Attachment { network: "test_default".to_owned(), ..Attachment::default() };
            service.container.networks.push(attachment);
            if volume == 0 && service.together_with.is_empty() {
                let (key, name) = (format!("v{index}"), format!("test_v{index}"));
                service.local_volumes.push(spanned(key.clone()));
                service.container.mounts.push(Mount {
                    kind: "volume".to_owned(),
                    source: name.clone(),
                    target: "/data".to_owned(),
                    ..Mount::default()
                });
                let (driver, driver_opts, labels) = (None, BTreeMap::new(), BTreeMap::new());
                stack.volumes.insert(key, Volume { name, external: false, driver, driver_opts, labels, shared: false });
            }
            let condition = match depends {
                1 => Condition::Started,
                2 => Condition::Healthy,
                3 => Condition::Completed,
                _ => continue,
            };
            if index > 0 {
                let dependency = Dependency { service: names[index - 1].clone(), condition, restart: false };
                service.depends_on.push(dependency);
            }
        }
        stack
    })
}

/// How containers are replaced, and whether they can go back.
fn any_rollout() -> impl Strategy<Value = (Rollout, Option<Rollout>)> {
    let on_failure = prop::sample::select(vec![OnFailure::Pause, OnFailure::Continue, OnFailure::Rollback]);
    let parts = (any::<bool>(), prop::option::of(1usize..3), 0u64..2, on_failure, any::<bool>(), any::<bool>());
    parts.prop_map(|(start_first, parallelism, seconds, on_failure, tolerant, rollback)| {
        let (delay, monitor) = (Duration::from_secs(seconds), Duration::from_secs(seconds));
        let max_failure_ratio = if tolerant { 0.5 } else { 0.0 };
        let update = Rollout { start_first, parallelism, delay, monitor, on_failure, max_failure_ratio };
        (update, rollback.then(Rollout::default))
    })
}

pub(crate) struct World {
    pub cluster: FakeCluster,
    pub runtime: tokio::runtime::Runtime,
}

impl World {
    /// Empty machines.
    pub(crate) fn new() -> World {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        World { cluster: FakeCluster::new(&MACHINES), runtime }
    }

    pub(crate) fn observed(&self) -> Observed {
        let names = MACHINES.map(str::to_owned);
        let (mut observed, errors) = self.runtime.block_on(observe_all(&self.cluster, &names));
        assert!(errors.is_empty());
        for state in observed.machines.values_mut() {
            state.engine.os = "linux".to_owned();
        }
        observed
    }

    /// What planning says of a stack now; none when it does not fit what is there (a volume pins it elsewhere).
    pub(crate) fn plan(&self, stack: &Stack, policy: Policy) -> Option<Plan> {
        let observed = self.observed();
        let mut stack = stack.clone();
        for machine in &mut stack.machines {
            let volumes = &observed.machines[&machine.name].volumes;
            machine.volumes = volumes.iter().map(|volume| volume.name.clone()).collect();
        }
        let demand = |it: &planner::stack::Service| (it.container.config_hash(), it.demand.clone());
        *self.cluster.demands.borrow_mut() = stack.services.iter().map(demand).collect();
        // What is too full from the start (a machine has become smaller) may stay so until it is not.
        let room = |it: &planner::stack::Machine| {
            let used = self.cluster.used(&observed.machines[&it.name]);
            let mut room = it.room.clone();
            it.room.iter().for_each(|(name, has)| room.set(name.clone(), has.max(used.named(name).unwrap_or(0))));
            (it.name.clone(), room)
        };
        *self.cluster.rooms.borrow_mut() = stack.machines.iter().map(room).collect();
        let problem = Problem::new(&stack, running(&stack, &observed), policy);
        match place(&problem, &Limits::default()) {
            Outcome::Placed(solution) => Some(make(&problem, &solution, &observed, &Origin::default()).unwrap()),
            Outcome::Refused => None,
            Outcome::Undecided(why) => panic!("{why}"),
        }
    }

    /// Applies a plan; the line is cut after so many operations, if said.
    pub(crate) fn apply(&self, plan: &Plan, operations: Option<usize>) -> bool {
        self.cluster.overfull.borrow_mut().clear();
        self.cluster.operations_left.set(operations);
        let stop = std::future::pending::<()>();
        let outcome = self.runtime.block_on(apply(plan, &self.cluster, &mut |_| {}, stop));
        self.cluster.operations_left.set(None);
        if operations.is_none() {
            assert!(outcome.is_complete(), "{outcome:?}\n{:#?}", plan.steps);
        }
        let overfull = self.cluster.overfull.borrow();
        assert!(overfull.is_empty(), "{overfull:#?}\n{:#?}", plan.steps);
        outcome.is_complete()
    }

    pub(crate) fn volumes(&self) -> BTreeSet<(String, String)> {
        let observed = self.observed();
        let names = observed.machines.iter().flat_map(|(machine, state)| {
            state.volumes.iter().map(move |volume| (machine.clone(), volume.name.clone()))
        });
        names.collect()
    }

    /// The containers that serve, by machine and name: what each is made from, and whether it runs.
    fn serving(&self) -> BTreeMap<(String, String), (String, bool)> {
        let observed = self.observed();
        let all = observed.machines.iter().flat_map(|(machine, state)| {
            let serving = state.containers.iter().filter(|it| it.is_up() || !is_set_aside(it));
            serving.map(move |it| ((machine.clone(), it.name.clone()), (it.image.clone(), it.is_up())))
        });
        all.collect()
    }

    /// Every container is there once, on the machine and with the name that the plan says.
    pub(crate) fn matches(&self, plan: &Plan) {
        let (mut seen, mut aside) = (BTreeSet::new(), BTreeSet::new());
        for (machine, state) in self.observed().machines {
            for container in state.containers {
                let service = container.label(labels::SERVICE).unwrap().to_owned();
                let number: u32 = container.label(labels::NUMBER).unwrap().parse().unwrap();
                if is_set_aside(&container) {
                    assert!(!container.is_up() && aside.insert((service, number)), "{} is there twice", container.name);
                    continue;
                }
                assert_eq!(container.name, format!("test-{service}-{number}"));
                assert!(container.is_up() || container.has_completed(), "{} is {}", container.name, container.state);
                assert!(seen.insert((service, number, machine.clone())), "{} is there twice", container.name);
            }
        }
        let wanted: BTreeSet<_> =
            plan.placement.iter().map(|it| (it.service.clone(), it.number, it.machine.clone())).collect();
        assert_eq!(seen, wanted);
    }
}

fn is_set_aside(container: &ContainerState) -> bool {
    container.name.contains(".previous-")
}

/// What a plan promises of itself, whatever it is for.
pub(crate) fn is_sound(plan: &Plan) {
    for (index, step) in plan.steps.iter().enumerate() {
        assert_eq!(step.id, index);
        let mut before = step.waits_for.iter().chain(&step.after);
        assert!(before.all(|first| *first < index), "{step:?} stands before what it waits for");
    }
    assert_eq!(plan.changes.is_empty(), plan.steps.iter().all(|step| step.address.starts_with("image:")));
    assert!(plan.changes.iter().all(|change| !change.reasons.is_empty() && !change.reasons[0].is_empty()), "{plan:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn any_goal_is_reached_from_any_state_however_often_the_line_is_cut(
        goals in prop::collection::vec((any_stack(), any::<bool>()), 1..=3),
        cuts in prop::collection::vec(0usize..25, 0..=3),
        speeds in any::<u64>(),
    ) {
        let world = World::new();
        world.cluster.speeds.set(speeds);
        let mut cuts = cuts.into_iter();
        for (stack, pack) in goals {
            let policy = if pack { Policy::Pack } else { Policy::Spread };
            let before = world.volumes();
            let Some(mut plan) = world.plan(&stack, policy) else { continue };
            is_sound(&plan);
            prop_assert_eq!(&plan, &world.plan(&stack, policy).unwrap(), "planning is deterministic");
            for cut in cuts.by_ref() {
                if world.apply(&plan, Some(cut)) {
                    break;
                }
                // What is half done never stands in the way of the goal.
                plan = world.plan(&stack, policy).expect("still fits");
                is_sound(&plan);
            }
            let plan = world.plan(&stack, policy).expect("still fits");
            world.apply(&plan, None);
            world.matches(&plan);
            let again = world.plan(&stack, policy).expect("fits as it is");
            prop_assert!(again.is_empty(), "{:#?}", again.changes);
            prop_assert!(before.is_subset(&world.volumes()), "a volume is gone");
        }
    }

    /// Whatever fails while containers are replaced: a service that is to go back runs as it did before, or says that it
    /// could not; no other has lost anything; and without the fault the goal is reached.
    #[test]
    fn a_service_that_goes_back_runs_as_it_did_before(
        stack in any_stack(),
        tags in prop::collection::vec(3u8..=4, 3),
        fault in any::<prop::sample::Index>(),
        speeds in any::<u64>(),
    ) {
        let mut world = World::new();
        world.cluster.speeds.set(speeds);
        let Some(plan) = world.plan(&stack, Policy::Spread) else { return Ok(()) };
        world.apply(&plan, None);
        let (before, volumes) = (world.serving(), world.volumes());
        let mut next = stack.clone();
        for (service, tag) in next.services.iter_mut().zip(tags) {
            service.update.on_failure = OnFailure::Rollback;
            service.container.image = format!("{}:{tag}", service.name);
        }
        let plan = world.plan(&next, Policy::Spread).expect("needs no more than before");
        is_sound(&plan);
        let can_fail: Vec<_> = plan.steps.iter().filter(|step| {
            step.container().is_some() && !matches!(step.operation, Operation::Stop { .. } | Operation::Remove { .. })
        }).collect();
        if can_fail.is_empty() {
            return Ok(());
        }
        let at = can_fail[fault.index(can_fail.len())];
        world.cluster.fail.insert(crate::fake::name_of(&at.operation));
        let stop = std::future::pending::<()>();
        let outcome = world.runtime.block_on(apply(&plan, &world.cluster, &mut |_| {}, stop));
        world.cluster.fail.clear();
        prop_assert!(!outcome.is_complete());
        let after = world.serving();
        for back in outcome.gone_back.iter().filter(|back| back.whole) {
            let removes = |it: &planner::plan::Step| matches!(it.operation, Operation::Remove { .. });
            let of_it = |(_, name): &&(String, String)| name.starts_with(&format!("test-{}-", back.service));
            if plan.steps.iter().any(|it| it.container().is_some_and(|it| it.0 == back.service) && removes(it)) {
                continue;
            }
            for place in before.keys().filter(of_it) {
                prop_assert_eq!(before.get(place), after.get(place), "{:?} of {}", place, back.service);
            }
        }
        let plan = world.plan(&next, Policy::Spread).expect("still fits");
        world.apply(&plan, None);
        world.matches(&plan);
        prop_assert!(world.plan(&next, Policy::Spread).expect("fits as it is").is_empty());
        prop_assert!(volumes.is_subset(&world.volumes()), "a volume is gone");
    }
}
