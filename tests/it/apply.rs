//! Applying plans to a cluster in memory: order, failure, stop.

use std::collections::{BTreeMap, BTreeSet};

use planner::apply::{Event, Outcome, apply};
use planner::observed::HostPort;
use planner::plan::{FORMAT_VERSION, NetworkSpec, NewContainer, Operation, Plan, Quality, Step, Until};
use planner::stack::{Attachment, ContainerSpec, PullPolicy};
use proptest::prelude::*;

use crate::fake::{FakeCluster, name_of};

/// A plan of nothing but steps: machine, operation, what it waits for. Ids are indices.
pub(crate) fn plan(steps: Vec<(&str, Operation, Vec<usize>)>) -> Plan {
    let step = |(id, (machine, operation, waits_for)): (usize, (&str, Operation, Vec<usize>))| Step {
        id,
        address: name_of(&operation),
        machine: machine.to_owned(),
        operation,
        waits_for,
        after: Vec::new(),
    };
    Plan {
        format_version: FORMAT_VERSION.to_owned(),
        project: "shop".to_owned(),
        changes: Vec::new(),
        steps: steps.into_iter().enumerate().map(step).collect(),
        rollouts: Vec::new(),
        placement: Vec::new(),
        machines: Vec::new(),
        discovery: Vec::new(),
        backups: Vec::new(),
        downtime: Vec::new(),
        targets: Vec::new(),
        drift: Vec::new(),
        quality: Quality {
            policy: "spread".to_owned(),
            proven: true,
            gap: 0.0,
            ended: "proof".to_owned(),
            tiers: Vec::new(),
        },
        observed_digest: String::new(),
    }
}

fn pull(image: &str) -> Operation {
    Operation::Pull {
        image: image.to_owned(),
        platform: None,
        policy: PullPolicy::Missing,
        digest: None,
        id: None,
        bytes: None,
        from: Vec::new(),
        here: false,
    }
}

fn network(name: &str) -> Operation {
    Operation::CreateNetwork(NetworkSpec { name: name.to_owned(), ..Default::default() })
}

fn create(name: &str, port: u16) -> Operation {
    let attachment = Attachment { network: "front".to_owned(), ..Default::default() };
    Operation::CreateContainer(Box::new(NewContainer {
        name: name.to_owned(),
        final_name: name.to_owned(),
        spec: ContainerSpec { image: "web".to_owned(), networks: vec![attachment], ..Default::default() },
        ports: vec![HostPort {
            host_ip: String::new(),
            host_port: port,
            container_port: 80,
            protocol: "tcp".to_owned(),
        }],
        labels: BTreeMap::new(),
    }))
}

fn start(name: &str) -> Operation {
    Operation::Start { name: name.to_owned(), anew: None }
}

fn healthy(name: &str) -> Operation {
    Operation::Await { name: name.to_owned(), until: Until::Healthy }
}

/// Two machines, a container on each; the second's start waits until the first's is healthy.
fn two_machines() -> Plan {
    plan(vec![
        ("m1", pull("web"), vec![]),
        ("m1", network("front"), vec![]),
        ("m1", create("a", 80), vec![0, 1]),
        ("m1", start("a"), vec![2]),
        ("m1", healthy("a"), vec![3]),
        ("m2", pull("web"), vec![]),
        ("m2", network("front"), vec![]),
        ("m2", create("b", 80), vec![5, 6]),
        ("m2", start("b"), vec![7, 4]),
    ])
}

async fn run(plan: &Plan, cluster: &FakeCluster) -> (Outcome, Vec<String>) {
    let mut events = Vec::new();
    let outcome = apply(plan, cluster, &mut |event| events.push(tell(event)), std::future::pending()).await;
    (outcome, events)
}

fn tell(event: Event<'_>) -> String {
    match event {
        Event::Started(step) => format!("{} started", step.id),
        Event::Progress(step, text) => format!("{} {text}", step.id),
        Event::Done(step, _) => format!("{} done", step.id),
        Event::Failed(step, error) => format!("{} failed: {error}", step.id),
        Event::Skipped(step, because) => format!("{} skipped for {because}", step.id),
        Event::Halted(rollout, failed) => format!("{} halted, {failed} failed", rollout.service),
        Event::GoingBack(rollout) => format!("{} goes back", rollout.service),
        Event::Stopping(running) => format!("stopping, {running} running"),
    }
}

#[tokio::test]
async fn everything_is_done_in_its_order_and_twice_the_same() {
    let plan = two_machines();
    let cluster = FakeCluster::new(&["m1", "m2"]);
    let (outcome, events) = run(&plan, &cluster).await;
    assert!(outcome.is_complete(), "{outcome:?}");
    assert_eq!(cluster.machine("m2").containers[0].state, "running");
    let log = cluster.log.borrow().clone();
    let at = |entry: &str| log.iter().position(|one| one == entry).unwrap();
    assert!(at("m1: await a") < at("m2: start b") && at("m1: network front") < at("m1: create a"));
    let first = ["m1: pull web", "m1: network front", "m2: pull web", "m2: network front"];
    assert_eq!(log[..4], first, "machines work side by side, and each at several steps");
    let again = run(&plan, &FakeCluster::new(&["m1", "m2"])).await;
    assert_eq!(again, (outcome, events));
}

#[tokio::test]
async fn a_failure_stops_what_waits_for_it_and_nothing_else() {
    let mut cluster = FakeCluster::new(&["m1", "m2"]);
    cluster.taken.insert(("m1".to_owned(), 80));
    let (outcome, events) = run(&two_machines(), &cluster).await;
    assert_eq!(
        outcome.failed.iter().map(|(id, error)| (*id, error.to_string())).collect::<Vec<_>>(),
        [(3, "m1: port 80 is taken".to_owned())]
    );
    assert_eq!(outcome.skipped, [(4, 3), (8, 3)]);
    assert_eq!(cluster.machine("m2").containers[0].state, "created");
    assert!(events.contains(&"8 skipped for 3".to_owned()), "{events:?}");
}

#[tokio::test]
async fn progress_is_passed_on_between_start_and_end() {
    let (_, events) = run(&plan(vec![("m1", pull("web"), vec![])]), &FakeCluster::new(&["m1"])).await;
    assert_eq!(events, ["0 started", "0 on it", "0 done"]);
}

#[tokio::test]
async fn a_stop_begins_nothing_more_and_finishes_what_runs() {
    let cluster = FakeCluster::new(&["m1", "m2"]);
    let plan = two_machines();
    let mut events = Vec::new();
    let outcome = apply(&plan, &cluster, &mut |event| events.push(tell(event)), std::future::ready(())).await;
    assert!(events.contains(&"stopping, 4 running".to_owned()), "{events:?}");
    let done: BTreeSet<usize> = outcome.done.into_iter().collect();
    assert_eq!(done, BTreeSet::from([0, 1, 5, 6]), "what had begun");
    assert_eq!(outcome.cancelled, [2, 3, 4, 7, 8]);
}

#[tokio::test]
async fn waiting_blocks_no_machine_and_ends_at_a_stop() {
    let mut cluster = FakeCluster::new(&["m1"]);
    cluster.stuck.insert("a".to_owned());
    let plan = plan(vec![
        ("m1", pull("web"), vec![]),
        ("m1", healthy("a"), vec![]),
        ("m1", network("front"), vec![0]),
        ("m1", start("a"), vec![1]),
    ]);
    let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
    let mut sender = Some(sender);
    let stop = async { drop(receiver.await) };
    let mut events = |event: Event<'_>| {
        if matches!(event, Event::Done(step, _) if step.id == 2) {
            drop(sender.take());
        }
    };
    let outcome = apply(&plan, &cluster, &mut events, stop).await;
    assert_eq!((outcome.done, outcome.cancelled), (vec![0, 2], vec![1, 3]));
}

/// Steps with edges to earlier ones, over three machines, and which of them fail.
fn any_graph() -> impl Strategy<Value = Vec<(usize, Vec<prop::sample::Index>, bool, bool)>> {
    let step = (
        0..3usize,
        prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        prop::bool::weighted(0.2),
        any::<bool>(),
    );
    prop::collection::vec(step, 0..30)
}

proptest! {
    #[test]
    fn any_graph_is_done_but_for_what_stands_behind_a_failure(graph in any_graph()) {
        let steps = graph.iter().enumerate().map(|(id, (machine, edges, _, waits))| {
            let before: BTreeSet<usize> = edges.iter().filter(|_| id > 0).map(|edge| edge.index(id)).collect();
            let operation = if *waits { healthy(&format!("c{id}")) } else { network(&format!("n{id}")) };
            (["m1", "m2", "m3"][*machine], operation, before.into_iter().collect())
        });
        let plan = plan(steps.collect());
        let mut cluster = FakeCluster::new(&["m1", "m2", "m3"]);
        // Awaiting a container that is not there fails as well.
        let fails = |id: usize| graph[id].2 || graph[id].3;
        cluster.fail = plan.steps.iter().filter(|step| fails(step.id)).map(|step| name_of(&step.operation)).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (outcome, _) = runtime.block_on(run(&plan, &cluster));

        let mut lost: BTreeSet<usize> = BTreeSet::new();
        for step in &plan.steps {
            let behind = step.waits_for.iter().any(|id| lost.contains(id));
            if behind || fails(step.id) {
                lost.insert(step.id);
            }
            let (done, failed) = (outcome.done.contains(&step.id), outcome.failed.iter().any(|(id, _)| *id == step.id));
            let skipped = outcome.skipped.iter().any(|(id, _)| *id == step.id);
            prop_assert_eq!((done, failed, skipped), (!lost.contains(&step.id), fails(step.id) && !behind, behind));
            for before in &step.waits_for {
                let at = |id: &usize| outcome.done.iter().position(|one| one == id);
                prop_assert!(!done || at(before) < at(&step.id));
            }
        }
        prop_assert!(outcome.cancelled.is_empty());
    }
}
