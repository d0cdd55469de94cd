//! The story this project began with, told by its own example.

use planner::compose::{self, LoadOptions};
use planner::inventory;
use planner::observed::{EngineInfo, FORMAT_VERSION, MachineState, Observed};
use planner::placement::{Limits, Outcome, Policy, Problem, place};
use planner::plan::{Action, Origin, Plan, make, running};
use planner::source::Sources;
use planner::stack::build;
use planner::units::{Amounts, Bytes, Cpu};

use crate::cli::{golden, root};
use crate::disk::Disk;
use crate::fake::FakeCluster;

const MACHINES: [&str; 3] = ["m1", "m2", "m3"];

/// Three engines with the images and nothing else.
fn fresh() -> Observed {
    let state = |name: &str| MachineState {
        engine: EngineInfo {
            id: format!("engine-of-{name}"),
            hostname: name.to_owned(),
            version: "28.5.1".to_owned(),
            os: "linux".to_owned(),
            architecture: "amd64".to_owned(),
            capacity: Amounts::of(Cpu(6000), Bytes(16 << 30)),
            ..EngineInfo::default()
        },
        images: ["nginx:1.29", "postgres:17", "redis:8"].map(str::to_owned).to_vec(),
        ..MachineState::default()
    };
    let machines = MACHINES.map(|name| (name.to_owned(), state(name)));
    Observed { format_version: FORMAT_VERSION.to_owned(), machines: machines.into(), ..Observed::default() }
}

fn plan(file: &str, observed: &Observed, policy: Policy) -> Plan {
    let folder = root().join("testdata/examples/website");
    let mut sources = Sources::new();
    let options =
        LoadOptions { files: vec![folder.join(file)], working_directory: folder.clone(), ..LoadOptions::default() };
    let loaded = compose::load(&Disk, &options, &mut sources);
    let path = folder.join("inventory.yaml");
    let inventory = inventory::load(&Disk, &path, "inventory.yaml", &mut sources);
    assert_eq!((loaded.diagnostics, inventory.diagnostics), (Vec::new(), Vec::new()));
    let (stack, findings) = build(&loaded.compose, Some(&inventory.inventory), Some(observed));
    assert_eq!(findings, Vec::new());
    let problem = Problem::new(&stack, running(&stack, observed), policy);
    match place(&problem, &Limits::default()) {
        Outcome::Placed(solution) => make(&problem, &solution, observed, &Origin::default()).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn apply(observed: &Observed, plan: &Plan) -> Observed {
    let cluster = FakeCluster::new(&MACHINES);
    for (name, state) in &observed.machines {
        cluster.set_machine(name, state.clone());
    }
    let outcome = cluster.apply(plan);
    assert!(outcome.is_complete(), "{outcome:?}");
    cluster.observed()
}

/// CPUs in use on each machine, in their order.
fn used(plan: &Plan) -> Vec<u64> {
    plan.machines.iter().map(|machine| machine.after.cpu().0 / 1000).collect()
}

/// The shipped snapshots are what the example comes to; `planner observe` would write the same form.
#[test]
fn the_snapshots_are_true() {
    let write = |observed: &Observed| serde_json::to_string_pretty(observed).unwrap() + "\n";
    let folder = root().join("testdata/examples/website");
    golden(&folder.join("snapshot.json"), &write(&fresh()));
    let sparse = apply(&fresh(), &plan("stack.yaml", &fresh(), Policy::Spread));
    golden(&folder.join("snapshot-sparse.json"), &write(&sparse));
    golden(&folder.join("snapshot-edited.json"), &write(&edited(&sparse)));
    let saved = |plan: &Plan| serde_json::to_string_pretty(plan).unwrap() + "\n";
    let saved_plans = root().join("testdata/cli/files");
    for (name, policy) in [("spread.json", Policy::Spread), ("pack.json", Policy::Pack)] {
        golden(&saved_plans.join(name), &saved(&plan("scaled.yaml", &sparse, policy)));
    }
    golden(&saved_plans.join("fresh.json"), &saved(&plan("scaled.yaml", &fresh(), Policy::Pack)));
}

/// What somebody made of it by hand: the cache killed, a limit for the database, a load balancer that stays down.
fn edited(observed: &Observed) -> Observed {
    let mut observed = observed.clone();
    for container in observed.machines.values_mut().flat_map(|state| &mut state.containers) {
        match container.name.as_str() {
            "website-kv-1" => (container.state, container.exit_code) = ("exited".to_owned(), Some(137)),
            "website-db-1" => container.settings.as_mut().unwrap().memory = Some(1 << 30),
            "website-lb-1" => container.settings.as_mut().unwrap().restart = Some("unless-stopped".to_owned()),
            _ => {}
        }
    }
    observed
}

#[test]
fn sparse_leaves_room_everywhere_and_dense_leaves_one_machine_nearly_empty() {
    let sparse = plan("stack.yaml", &fresh(), Policy::Spread);
    let mut even = used(&sparse);
    even.sort_unstable();
    assert_eq!(even, [4, 4, 5]);
    let dense = plan("stack.yaml", &fresh(), Policy::Pack);
    assert_eq!(used(&dense), [6, 6, 1]);
    let web: Vec<&str> =
        dense.placement.iter().filter(|it| it.service == "web").map(|it| it.machine.as_str()).collect();
    assert!(web[0] == web[1] || web[1] == web[2], "two web servers share a machine: {web:?}");
}

/// No machine of the sparse layout has room for a fourth web server, though there are five CPUs free in all.
#[test]
fn a_fourth_web_server_moves_one_small_container_and_keeps_the_rest() {
    let sparse = apply(&fresh(), &plan("stack.yaml", &fresh(), Policy::Spread));
    let scaled = plan("scaled.yaml", &sparse, Policy::Spread);
    let counts = scaled.counts();
    assert_eq!((counts.create, counts.moved, counts.update, counts.delete), (1, 1, 0, 0));
    let moved = scaled.changes.iter().find(|change| change.moved_from.is_some()).unwrap();
    assert_eq!(moved.actions, [Action::Create, Action::Delete]);
    assert!(["container:kv:1", "container:lb:1"].contains(&moved.address.as_str()), "the data stays where it is");
    assert!(moved.reasons[0].contains("makes room on") && moved.reasons[0].contains("for web.4"), "{moved:?}");
    let after = apply(&sparse, &scaled);
    assert!(plan("scaled.yaml", &after, Policy::Spread).is_empty());
}
