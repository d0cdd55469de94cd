//! What somebody changes by hand: seen, told apart from what the files want, and mended.

use planner::observed::{ContainerState, MachineState, Observed, Settings};
use planner::placement::Policy;
use planner::plan::{Action, Operation, Plan, drift};
use planner::stack::{Attachment, Network, Restart, Stack};
use proptest::prelude::*;

use crate::journey::{MACHINES, World, any_stack, is_sound};
use crate::planning::{applied, plan};
use crate::stacks::{machine, service, stack};

/// One `web` on one machine, with limits, a restart policy and a network.
fn web() -> Stack {
    let mut web = service("web", 1, 1);
    let spec = &mut web.container;
    (spec.cpu_limit, spec.memory_limit) = (Some(1000), Some(64 << 20));
    spec.restart = Some(Restart { name: "always".to_owned(), max_retries: None });
    spec.environment = vec!["A=1".to_owned(), "B=1".to_owned()];
    spec.networks.push(Attachment { network: "test_default".to_owned(), ..Attachment::default() });
    let mut stack = stack(vec![web], vec![machine("m0", 4)]);
    let network = Network { name: "test_default".to_owned(), ..Network::default() };
    stack.networks.insert("default".to_owned(), network);
    stack
}

/// The stack applied, and then changed by hand.
fn edited(stack: &Stack, edit: impl Fn(&mut ContainerState, &mut Observed)) -> (Observed, Plan) {
    let mut observed = applied(stack);
    let mut container = observed.machines["m0"].containers[0].clone();
    edit(&mut container, &mut observed);
    observed.machines.get_mut("m0").unwrap().containers[0] = container;
    let plan = plan(stack, &observed);
    (observed, plan)
}

fn told(plan: &Plan) -> Vec<String> {
    let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    plan.drift
        .iter()
        .map(|it| format!("{} {}: {} → {}", it.address, it.what, side(&it.made), side(&it.found)))
        .collect()
}

fn settings(container: &mut ContainerState) -> &mut Settings {
    container.settings.as_mut().unwrap()
}

#[test]
fn an_edited_limit_is_put_back_without_a_restart() {
    let (_, plan) = edited(&web(), |container, _| settings(container).memory = Some(128 << 20));
    assert_eq!(told(&plan), ["container:web:1 mem_limit: 64 MiB → 128 MiB"]);
    let [step] = plan.steps.as_slice() else { panic!("{:#?}", plan.steps) };
    let Operation::Update { settings, .. } = &step.operation else { panic!("{step:?}") };
    assert_eq!((settings.memory, settings.restart.as_deref()), (Some(64 << 20), Some("always")));
    assert_eq!(plan.changes[0].actions, [Action::Update]);
    assert_eq!(plan.changes[0].reasons, ["edited since it was made: mem_limit is 128 MiB"]);
    assert!(plan.downtime.is_empty());
}

#[test]
fn a_limit_that_the_files_do_not_set_is_only_told() {
    let mut stack = web();
    stack.services[0].container.pids_limit = None;
    let (_, plan) = edited(&stack, |container, _| settings(container).pids = Some(5));
    assert_eq!(told(&plan), ["container:web:1 pids_limit: none → 5"]);
    assert!(plan.is_empty(), "{plan:#?}");
}

#[test]
fn an_engine_without_a_limit_has_not_drifted() {
    let (_, plan) = edited(&web(), |container, _| settings(container).memory = None);
    assert!(plan.is_empty() && plan.drift.is_empty(), "{plan:#?}");
}

#[test]
fn one_that_was_stopped_or_paused_goes_on() {
    for state in ["paused", "exited"] {
        let (_, plan) = edited(&web(), |container, _| {
            container.state = state.to_owned();
            container.exit_code = Some(137);
        });
        let found = if state == "exited" { "exited (137)" } else { state };
        assert_eq!(told(&plan), [format!("container:web:1 state: running → {found}")]);
        assert_eq!(plan.changes[0].reasons, [format!("it is {found}")]);
        let Operation::Start { name, anew: Some(anew) } = &plan.steps[0].operation else { panic!("{:?}", plan.steps) };
        assert!(name == &anew.name && plan.steps.len() == 1);
    }
}

#[test]
fn networks_that_it_was_taken_out_of_come_back_and_others_are_only_told() {
    let (_, plan) = edited(&web(), |container, _| container.networks = Some(vec!["debug".to_owned()]));
    let expected =
        ["container:web:1 network test_default: joined → none", "container:web:1 network debug: none → joined"];
    assert_eq!(told(&plan), expected);
    assert_eq!(plan.changes[0].reasons, ["it was taken out of network test_default"]);
    let both = || Some(vec!["debug".to_owned(), "test_default".to_owned()]);
    let (_, plan) = edited(&web(), |container, _| container.networks = both());
    assert_eq!((plan.is_empty(), plan.drift.len()), (true, 1));
}

#[test]
fn what_its_engine_cannot_start_any_more_is_made_anew() {
    let (_, plan) = edited(&web(), |container, _| {
        container.state = "created".to_owned();
        container.stuck = true;
    });
    assert_eq!(plan.changes[0].reasons, ["its engine cannot start it any more: something is left of it"]);
    assert!(plan.steps.iter().any(|step| matches!(step.operation, Operation::CreateContainer(_))));
}

#[test]
fn another_image_under_the_same_name_makes_it_anew() {
    let (_, plan) = edited(&web(), |_, observed| {
        let state: &mut MachineState = observed.machines.get_mut("m0").unwrap();
        state.image_ids.insert("web:1".to_owned(), "sha256:other".to_owned());
    });
    assert_eq!(told(&plan), ["container:web:1 image: web:1 → other"]);
    assert_eq!(plan.changes[0].reasons, ["web:1 is another image by now"]);
}

#[test]
fn what_the_files_change_is_no_drift_and_told_setting_by_setting() {
    let mut stack = web();
    let observed = applied(&stack);
    let spec = &mut stack.services[0].container;
    spec.memory_limit = Some(96 << 20);
    spec.environment = vec!["A=2".to_owned(), "C=1".to_owned()];
    let plan = plan(&stack, &observed);
    assert!(plan.drift.is_empty());
    let change = &plan.changes[0];
    assert_eq!(change.reasons, ["environment A, environment B, environment C, mem_limit changed"]);
    let told: Vec<(&str, Option<&str>, Option<&str>)> =
        change.attributes.iter().map(|it| (it.name.as_str(), it.before.as_deref(), it.after.as_deref())).collect();
    let hidden = Some("(not shown)");
    let expected = [
        ("environment A", hidden, hidden),
        ("environment B", hidden, None),
        ("environment C", None, hidden),
        ("mem_limit", Some("64 MiB"), Some("96 MiB")),
    ];
    assert_eq!(told, expected);
}

/// What somebody does to a machine by hand.
#[derive(Clone, Copy, Debug)]
enum Edit {
    Stop,
    Pause,
    Limit,
    Restart,
    Disconnect,
    Exchange,
    Remove,
}

fn any_edit() -> impl Strategy<Value = (usize, prop::sample::Index, Edit)> {
    let edits = [Edit::Stop, Edit::Pause, Edit::Limit, Edit::Restart, Edit::Disconnect, Edit::Exchange, Edit::Remove];
    (0..MACHINES.len(), any::<prop::sample::Index>(), prop::sample::select(edits.to_vec()))
}

fn edit(state: &mut MachineState, at: usize, edit: Edit) {
    let container = &mut state.containers[at];
    match edit {
        Edit::Stop => (container.state, container.exit_code) = ("exited".to_owned(), Some(137)),
        Edit::Pause if container.state == "running" => container.state = "paused".to_owned(),
        Edit::Pause => {}
        Edit::Limit => settings(container).memory = Some(77 << 20),
        Edit::Restart => settings(container).restart = Some("on-failure:3".to_owned()),
        Edit::Disconnect => container.networks = Some(Vec::new()),
        Edit::Exchange => {
            let image = container.image.clone();
            state.image_ids.insert(image, "sha256:other".to_owned());
        }
        Edit::Remove => drop(state.containers.remove(at)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// Whatever is done by hand: one more run, and everything is as the files say; and nothing has drifted then.
    #[test]
    fn whatever_is_changed_by_hand_is_mended(stack in any_stack(), edits in prop::collection::vec(any_edit(), 1..4)) {
        let world = World::new();
        let Some(plan) = world.plan(&stack, Policy::Spread) else { return Ok(()) };
        world.apply(&plan, None);
        let volumes = world.volumes();
        prop_assert_eq!(drift(&stack, &world.observed()), vec![]);
        for (machine, container, what) in edits {
            let mut state = world.cluster.machine(MACHINES[machine]);
            if !state.containers.is_empty() {
                let at = container.index(state.containers.len());
                edit(&mut state, at, what);
                world.cluster.set_machine(MACHINES[machine], state);
            }
        }
        let plan = world.plan(&stack, Policy::Spread).expect("still fits");
        is_sound(&plan);
        world.apply(&plan, None);
        world.matches(&plan);
        let again = world.plan(&stack, Policy::Spread).expect("fits as it is");
        prop_assert!(again.is_empty(), "{:#?}", again.changes);
        // What the files do not set is told, and left; and so is a name that leads to an image of which nothing runs.
        prop_assert!(drift(&stack, &world.observed()).iter().all(|it| it.made.is_none() || it.what == "image"));
        prop_assert!(volumes.is_subset(&world.volumes()), "a volume is gone");
    }
}
