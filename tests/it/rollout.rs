//! How containers are replaced: in groups, with a look at how they fare, and back when they fail.

use std::time::Duration;

use planner::apply::{GoneBack, Outcome};
use planner::observed::Observed;
use planner::plan::{Action, NoPlan, Operation, Origin, Plan, can_go_back, roll_back};
use planner::stack::{Hook, OnFailure, Rollout, Stack};
use planner::units::{Amounts, Bytes, Cpu};

use crate::fake::{FakeCluster, name_of};
use crate::stacks::{machine, service, stack};

/// Two machines, and a stack that may come to run on them.
struct Site {
    cluster: FakeCluster,
    stack: Stack,
}

impl Site {
    /// `web` with so many replicas and such a way of being replaced, running in its first version; the files want the second.
    fn updating(replicas: u32, update: Rollout) -> Site {
        let mut stack = stack(vec![service("web", replicas, 1)], vec![machine("m0", 8), machine("m1", 8)]);
        stack.services[0].update = update;
        let mut site = Site { cluster: FakeCluster::new(&["m0", "m1"]), stack };
        assert!(site.apply(&site.plan()).is_complete());
        site.wants(2);
        site
    }

    fn wants(&mut self, version: u8) {
        self.stack.services[0].container.image = format!("web:{version}");
    }

    fn observed(&self) -> Observed {
        self.cluster.observed()
    }

    fn plan(&self) -> Plan {
        crate::planning::plan(&self.stack, &self.observed())
    }

    fn apply(&self, plan: &Plan) -> Outcome {
        self.cluster.apply(plan)
    }

    /// `web-1 web:1 running`, in their order; digests and ids are cut out.
    fn containers(&self) -> Vec<String> {
        let all = ["m0", "m1"].map(|name| self.cluster.machine(name).containers).concat();
        let mut shown: Vec<String> = all
            .iter()
            .map(|it| {
                let name = it.name.trim_start_matches("test-").split("-id").next().unwrap();
                format!("{name} {} {}", it.image, it.state)
            })
            .collect();
        shown.sort();
        shown
    }

    fn log(&self) -> Vec<String> {
        self.cluster.log.borrow().clone()
    }
}

fn going_back() -> Rollout {
    Rollout { on_failure: OnFailure::Rollback, ..Rollout::default() }
}

/// By name, what a step waits for or follows.
fn before(plan: &Plan, name: &str) -> Vec<String> {
    let step = plan.steps.iter().find(|step| name_of(&step.operation) == name).unwrap_or_else(|| panic!("no {name}"));
    let ids = step.waits_for.iter().chain(&step.after);
    ids.map(|id| name_of(&plan.steps[*id].operation)).collect()
}

/// The plan of an update in groups that is watched, and the way back from it.
pub(crate) fn plans_of_an_update() -> [Plan; 2] {
    let update = Rollout { on_failure: OnFailure::Rollback, monitor: Duration::from_secs(1), ..Rollout::default() };
    let site = Site::updating(3, update);
    let forward = site.plan();
    assert!(site.apply(&forward).is_complete());
    let back = roll_back(&site.stack, &["web"], &site.observed(), &Origin::default()).unwrap();
    [forward, back]
}

#[test]
fn groups_follow_each_other_after_a_look_and_a_delay() {
    let (monitor, delay) = (Duration::from_secs(30), Duration::from_secs(10));
    let update = Rollout { parallelism: Some(2), monitor, delay, ..Rollout::default() };
    let site = Site::updating(4, update);
    let plan = site.plan();
    let pauses: Vec<usize> = plan.steps.iter().filter(|it| name_of(&it.operation) == "pause").map(|it| it.id).collect();
    assert_eq!(pauses.len(), 1, "between two groups of two");
    let pause = &plan.steps[pauses[0]];
    let watched: Vec<String> = pause.after.iter().map(|id| name_of(&plan.steps[*id].operation)).collect();
    assert_eq!(
        (watched, &pause.operation),
        (
            vec!["watch test-web-1".to_owned(), "watch test-web-2".to_owned()],
            &Operation::Pause { milliseconds: 10_000 }
        )
    );
    for (name, follows) in [("stop test-web-1", false), ("stop test-web-2", false), ("stop test-web-3", true)] {
        assert_eq!(before(&plan, name).contains(&"pause".to_owned()), follows, "{name}");
    }
    // A bad image shows before anything stops, on whichever machine.
    let creates = before(&plan, "stop test-web-1").iter().filter(|name| name.starts_with("create ")).count();
    assert_eq!(creates, 4);
}

#[test]
fn all_at_once_waits_for_nobody() {
    let plan = Site::updating(3, Rollout { parallelism: None, ..Rollout::default() }).plan();
    for number in 1..=3 {
        let before = before(&plan, &format!("stop test-web-{number}"));
        assert!(before.iter().all(|name| name.starts_with("create ")), "{before:?}");
    }
}

#[test]
fn a_failure_leaves_the_rest_alone_and_what_was_begun_is_finished() {
    let mut site = Site::updating(3, Rollout::default());
    site.cluster.fail.insert("await test-web-1".to_owned());
    let outcome = site.apply(&site.plan());
    assert_eq!((outcome.failed.len(), outcome.gone_back.len()), (1, 0));
    assert_eq!(
        site.containers().into_iter().filter(|it| !it.contains("created")).collect::<Vec<_>>(),
        ["web-1 web:2 running", "web-2 web:1 running", "web-3 web:1 running"]
    );
}

#[test]
fn so_many_may_fail_as_the_ratio_says() {
    for (max_failure_ratio, on_failure, replaced) in
        [(0.34, OnFailure::Pause, true), (0.33, OnFailure::Pause, false), (0.0, OnFailure::Continue, true)]
    {
        let mut site = Site::updating(3, Rollout { max_failure_ratio, on_failure, ..Rollout::default() });
        site.cluster.fail.insert("await test-web-1".to_owned());
        site.apply(&site.plan());
        let last = site.containers().contains(&"web-3 web:2 running".to_owned());
        assert_eq!(last, replaced, "{max_failure_ratio} {on_failure:?}");
    }
}

#[test]
fn what_is_replaced_stays_to_be_gone_back_to() {
    let mut site = Site::updating(2, going_back());
    let plan = site.plan();
    assert!(plan.changes.iter().all(|change| change.actions == [Action::SetAside, Action::Create]), "{plan:#?}");
    assert!(site.apply(&plan).is_complete());
    let kept =
        ["web-1 web:2 running", "web-1.previous web:1 exited", "web-2 web:2 running", "web-2.previous web:1 exited"];
    assert_eq!(site.containers(), kept);
    assert!(site.plan().is_empty());
    // One generation: the next update takes the place of the last.
    site.wants(3);
    let plan = site.plan();
    let gone: Vec<&str> =
        plan.changes.iter().filter(|it| it.actions == [Action::Delete]).map(|it| it.address.as_str()).collect();
    assert_eq!(gone, ["previous:web:1@m0", "previous:web:2@m1"]);
    assert!(site.apply(&plan).is_complete());
    assert!(site.containers().contains(&"web-1.previous web:2 exited".to_owned()));
    // Files that want what ran before get the very container back.
    site.wants(2);
    let plan = site.plan();
    assert!(!plan.steps.iter().any(|it| matches!(it.operation, Operation::CreateContainer(_))), "{plan:#?}");
    assert!(site.apply(&plan).is_complete());
    assert!(site.containers().contains(&"web-1 web:2 running".to_owned()), "{:?}", site.containers());
    // And files that want nothing kept have nothing kept.
    site.stack.services[0].update = Rollout::default();
    assert!(site.apply(&site.plan()).is_complete());
    assert_eq!(site.containers(), ["web-1 web:2 running", "web-2 web:2 running"]);
}

#[test]
fn a_failure_takes_back_what_was_done() {
    let mut site = Site::updating(3, Rollout { monitor: Duration::from_secs(5), ..going_back() });
    site.cluster.fail.insert("watch test-web-2".to_owned());
    let outcome = site.apply(&site.plan());
    let back = GoneBack { service: "web".to_owned(), failed: Vec::new(), whole: true };
    assert_eq!(outcome.gone_back, [back]);
    let running: Vec<String> = site.containers().into_iter().filter(|it| it.ends_with("running")).collect();
    assert_eq!(running, ["web-1 web:1 running", "web-2 web:1 running", "web-3 web:1 running"]);
    // Those that failed go back first.
    let log = site.log();
    let last = |name: &str| log.iter().rposition(|it| it.ends_with(name)).unwrap();
    assert!(last("start test-web-2") < last("start test-web-1"), "{log:#?}");
}

#[test]
fn start_first_goes_back_without_a_gap() {
    let mut site = Site::updating(1, Rollout { start_first: true, ..going_back() });
    let plan = site.plan();
    let new = plan.steps.iter().find_map(|step| match &step.operation {
        Operation::CreateContainer(new) => Some(new.name.clone()),
        _ => None,
    });
    site.cluster.fail.insert(format!("await {}", new.unwrap()));
    let outcome = site.apply(&plan);
    assert!(outcome.gone_back[0].whole);
    assert_eq!(site.containers(), ["web-1 web:1 running"]);
    assert!(!site.log().contains(&"m0: stop test-web-1".to_owned()), "the old one never stopped");
}

#[test]
fn a_service_goes_back_to_what_was_set_aside_and_forward_again() {
    let mut site = Site::updating(2, Rollout::default());
    site.stack.services[0].rollback = Some(Rollout::default());
    assert!(site.apply(&site.plan()).is_complete());
    for (now, then) in [(1, 2), (2, 1)] {
        let observed = site.observed();
        assert_eq!(can_go_back(&site.stack, &observed), ["web"]);
        let plan = roll_back(&site.stack, &["web"], &observed, &Origin::default()).unwrap();
        assert!(plan.changes.iter().all(|change| change.actions == [Action::SetAside, Action::Restore]), "{plan:#?}");
        assert_eq!(plan.changes[0].attributes[0].after, Some(format!("web:{now}")));
        // One after the other.
        assert_eq!(before(&plan, "stop test-web-2"), ["await test-web-1"]);
        assert!(site.apply(&plan).is_complete());
        let expected = [1, 2].map(|number| {
            [format!("web-{number} web:{now} running"), format!("web-{number}.previous web:{then} exited")]
        });
        assert_eq!(site.containers(), expected.concat());
    }
}

#[test]
fn what_has_no_room_any_more_does_not_come_back() {
    let mut site = Site::updating(1, Rollout::default());
    site.stack.services[0].rollback = Some(Rollout::default());
    assert!(site.apply(&site.plan()).is_complete());
    site.stack.machines.iter_mut().for_each(|machine| machine.room = Amounts::of(Cpu(500), Bytes(1 << 30)));
    let refused = roll_back(&site.stack, &["web"], &site.observed(), &Origin::default());
    let Err(NoPlan::Refused(findings)) = refused else { panic!("{refused:?}") };
    assert_eq!(findings[0].message, "no way back for `web`: cpus on m0: 1 needed, 0.5 there");
}

#[test]
fn what_runs_before_a_stop_waits_for_its_turn_as_well() {
    let mut site = Site::updating(2, Rollout::default());
    let hook = Hook { command: vec!["bye".to_owned()], ..Hook::default() };
    site.stack.pre_stop.insert("web".to_owned(), vec![hook]);
    let plan = site.plan();
    assert!(before(&plan, "exec test-web-2 bye").contains(&"await test-web-1".to_owned()));
    assert_eq!(before(&plan, "stop test-web-2"), ["exec test-web-2 bye"]);
}
