//! Proxies for networks that span machines: where they are, what they know, and when.

use std::net::IpAddr;

use planner::discovery::wire;
use planner::observed::Observed;
use planner::placement::{Limits, Outcome, Policy, Problem, Solution, place};
use planner::plan::{Action, Operation, Origin, Plan, fresh_ports, make, out_of_reach, running};
use planner::stack::{Attachment, Discovery, FileOrigin, Network, PortDemand, Stack, Swarm};

use crate::cli::planner;
use crate::fake::{FakeCluster, name_of};
use crate::rules::spread_out;
use crate::stacks::{machine, nowhere, service, stack};

const MACHINES: [&str; 3] = ["m0", "m1", "m2"];

/// `web` and `admin` on port 80, `db` on 5432, all in one network over three machines.
fn shop() -> Stack {
    let named = |(name, port): (&str, u16)| {
        let mut service = service(name, 1, 3);
        service.container.networks.push(Attachment { network: "test_back".to_owned(), ..Attachment::default() });
        let protocol = "tcp".to_owned();
        let demand = PortDemand { host_ip: None, host: None, container: port, protocol, span: nowhere(), inward: true };
        service.ports.push(demand);
        service
    };
    let services = [("admin", 80), ("db", 5432), ("web", 80)].map(named).to_vec();
    let mut stack = stack(services, MACHINES.map(|name| machine(name, 4)).to_vec());
    for (index, machine) in stack.machines.iter_mut().enumerate() {
        machine.address = Some(format!("10.0.0.{index}"));
    }
    let network = Network { name: "test_back".to_owned(), discovery: Discovery::Proxy, ..Network::default() };
    stack.networks.insert("back".to_owned(), network);
    stack.proxy_image = "haproxy:3".to_owned();
    stack
}

fn placed(stack: &Stack, observed: &Observed) -> (Vec<planner::placement::Running>, Solution) {
    let running = running(stack, observed);
    let problem = Problem::new(stack, running.clone(), Policy::Spread);
    match place(&problem, &Limits::default()) {
        Outcome::Placed(solution) => (running, solution),
        other => panic!("{other:?}"),
    }
}

fn plan(stack: &Stack, observed: &Observed) -> Plan {
    let (now, solution) = placed(stack, observed);
    let problem = Problem::new(stack, now, Policy::Spread);
    let mut solution = solution;
    fresh_ports(&problem, &mut solution, observed);
    let (wired, solution) = wire(&problem, &solution).unwrap_or((stack.clone(), solution));
    let problem = Problem::new(&wired, running(&wired, observed), Policy::Spread);
    make(&problem, &solution, observed, &Origin::default()).unwrap()
}

fn apply(cluster: &FakeCluster, plan: &Plan) {
    let outcome = cluster.apply(plan);
    assert!(outcome.is_complete(), "{outcome:?}");
}

#[test]
fn each_machine_has_proxies_that_tell_its_services_apart() {
    let stack = shop();
    let (now, solution) = placed(&stack, &Observed::default());
    let problem = Problem::new(&stack, now, Policy::Spread);
    let (wired, _) = wire(&problem, &solution).unwrap();
    let proxies: Vec<_> = wired.services.iter().filter(|service| !service.forwards_to.is_empty()).collect();
    assert_eq!(proxies.len(), 6, "two on each machine: two services have the same port");
    let names: Vec<(&str, &[String])> =
        proxies.iter().map(|it| (it.name.as_str(), it.container.networks[0].aliases.as_slice())).collect();
    assert_eq!(names[0], ("planner-proxy-back-m0", &["admin".to_owned(), "db".to_owned()][..]));
    assert_eq!(names[1], ("planner-proxy-back-m0-2", &["web".to_owned()][..]));
    let FileOrigin::Text(text) = &proxies[0].container.files[0].origin else { panic!("its text is in the plan") };
    let body: Vec<&str> = text.split("\nlisten ").skip(1).collect();
    assert_eq!(
        body,
        [
            "admin-80\n    bind :80\n    server admin.1 test-admin-1-20000:80 resolvers engine\n",
            "db-5432\n    bind :5432\n    server db.1 10.0.0.1:20000\n"
        ]
    );
}

#[test]
fn ports_are_open_at_the_machines_own_address() {
    let plan = plan(&shop(), &Observed::default());
    for placed in plan.placement.iter().filter(|it| !it.ports.is_empty()) {
        let address = format!("10.0.0.{}", &placed.machine[1..]);
        assert!(placed.ports.iter().all(|port| port.host_ip == address), "{placed:?}");
        assert!(address.parse::<IpAddr>().is_ok());
    }
}

#[test]
fn who_names_another_as_a_host_and_will_not_find_it_is_told() {
    let mut stack = shop();
    stack.networks.values_mut().for_each(|network| network.discovery = Discovery::None);
    let told = |stack: &Stack| out_of_reach(stack, &plan(stack, &Observed::default())).map(|it| it.notes);
    // Who shares a network need not talk; a name may be a database's.
    stack.services[2].container.environment = vec!["DB_NAME=db".to_owned()];
    assert_eq!(told(&stack), None);
    stack.services[2].container.environment = vec!["DB_HOST=db".to_owned()];
    stack.services[0].container.command = Some(vec!["--target=http://web:80/".to_owned()]);
    let notes = told(&stack).unwrap();
    assert_eq!(notes.len(), 2);
    assert!(notes[0].starts_with("`admin` on ") && notes[0].contains("`web` is on "), "{notes:?}");
    assert!(notes[1].starts_with("`web` on ") && notes[1].contains("`db` is on "), "{notes:?}");
    // What reaches across is nothing to tell of.
    stack.networks.values_mut().for_each(|network| network.discovery = Discovery::Proxy);
    assert_eq!(told(&stack), None);
}

#[test]
fn what_is_all_on_one_machine_needs_no_proxy() {
    let mut stack = shop();
    stack.machines.iter_mut().for_each(|machine| machine.room = planner::units::Amounts::new());
    stack.machines.truncate(1);
    let (now, solution) = placed(&stack, &Observed::default());
    assert!(wire(&Problem::new(&stack, now, Policy::Spread), &solution).is_none());
}

#[test]
fn proxies_learn_of_a_move_before_what_moves_stops() {
    let mut stack = shop();
    stack.services.iter_mut().for_each(|service| service.update.start_first = true);
    stack.services.iter_mut().for_each(|service| service.demand = planner::units::Amounts::new());
    let cluster = FakeCluster::new(&MACHINES);
    apply(&cluster, &plan(&stack, &cluster.observed()));
    assert!(plan(&stack, &cluster.observed()).is_empty());
    let db = |cluster: &FakeCluster| {
        let has = |name: &&str| cluster.machine(name).containers.iter().any(|it| it.name == "test-db-1");
        MACHINES.into_iter().position(|name| has(&name)).unwrap()
    };
    stack.machines[db(&cluster)].availability = planner::inventory::Availability::Drain;
    let plan_of_move = plan(&stack, &cluster.observed());
    let reloads: Vec<usize> = plan_of_move
        .steps
        .iter()
        .filter(|step| matches!(step.operation, Operation::Reload { .. }))
        .map(|step| step.id)
        .collect();
    assert!(!reloads.is_empty(), "{plan_of_move:#?}");
    let stop = plan_of_move.steps.iter().find(|step| name_of(&step.operation) == "stop test-db-1").unwrap();
    let start = plan_of_move.steps.iter().find(|step| name_of(&step.operation) == "start test-db-1").unwrap().id;
    for reload in &reloads {
        assert!(stop.waits_for.contains(reload), "{stop:?} does not wait for {reload}");
        assert!(plan_of_move.steps[*reload].waits_for.contains(&start), "told before it runs");
    }
    let reloaded = plan_of_move.changes.iter().filter(|change| change.actions == [Action::Reload]);
    assert!(reloaded.clone().count() > 0 && reloaded.clone().all(|it| it.reasons == ["other addresses to forward to"]));
    apply(&cluster, &plan_of_move);
    assert!(plan(&stack, &cluster.observed()).is_empty());
}

/// The plans of a first deployment, and of a move that proxies follow.
pub(crate) fn plans_of_a_move() -> [Plan; 2] {
    let mut stack = shop();
    stack.services.iter_mut().for_each(|service| service.demand = planner::units::Amounts::new());
    let cluster = FakeCluster::new(&MACHINES);
    let first = plan(&stack, &cluster.observed());
    apply(&cluster, &first);
    stack.machines[0].availability = planner::inventory::Availability::Drain;
    let second = plan(&stack, &cluster.observed());
    [first, second]
}

/// The ids of the steps that do what a text says.
fn steps(plan: &Plan, what: &str) -> Vec<usize> {
    plan.steps.iter().filter(|step| name_of(&step.operation).starts_with(what)).map(|step| step.id).collect()
}

#[test]
fn what_is_replaced_where_it_is_gets_another_port_and_stops_when_the_proxies_know() {
    let mut stack = shop();
    stack.services.iter_mut().for_each(|service| service.update.start_first = true);
    stack.services.iter_mut().for_each(|service| service.demand = planner::units::Amounts::new());
    let cluster = FakeCluster::new(&MACHINES);
    apply(&cluster, &plan(&stack, &cluster.observed()));
    let ports = |plan: &Plan| plan.placement.iter().find(|it| it.service == "web").unwrap().ports.clone();
    let before = ports(&plan(&stack, &cluster.observed()));
    stack.services.iter_mut().find(|it| it.name == "web").unwrap().container.image = "web:2".to_owned();
    let update = plan(&stack, &cluster.observed());
    assert_ne!(ports(&update), before, "both are there for a while");
    let (stop, reloads) = (steps(&update, "stop test-web-1")[0], steps(&update, "reload test-planner-proxy-back-"));
    assert!(!reloads.is_empty() && reloads.iter().all(|it| update.steps[stop].waits_for.contains(it)), "{update:#?}");
    let start = steps(&update, "start ").into_iter().find(|it| update.steps[*it].address.contains("web")).unwrap();
    assert!(reloads.iter().all(|it| update.steps[*it].waits_for.contains(&start)), "{update:#?}");
    apply(&cluster, &update);
    assert!(plan(&stack, &cluster.observed()).is_empty(), "the new port stays");
}

#[test]
fn a_network_of_the_swarm_is_made_at_its_manager_for_all() {
    let mut stack = shop();
    let network = &mut stack.networks["back"];
    (network.discovery, network.driver) = (Discovery::Overlay, Some("overlay".to_owned()));
    for (index, machine) in stack.machines.iter_mut().enumerate() {
        machine.swarm = Some(if index == 1 { Swarm::Manager } else { Swarm::Worker });
    }
    let cluster = FakeCluster::new(&MACHINES);
    let first = plan(&stack, &cluster.observed());
    let made = |plan: &Plan, what: &str| -> Vec<String> {
        steps(plan, what).into_iter().map(|it| plan.steps[it].machine.clone()).collect()
    };
    assert_eq!(made(&first, "network test_back"), ["m1"], "at the manager, for all: {first:#?}");
    let network = steps(&first, "network test_back")[0];
    let creates = first.steps.iter().filter(|step| matches!(step.operation, Operation::CreateContainer(_)));
    assert!(creates.clone().count() == 3 && creates.clone().all(|it| it.waits_for.contains(&network)));
    assert_eq!(first.discovery[0].way, "overlay");
}

#[test]
fn containers_are_told_of_others_that_are_single_and_made_anew_when_these_move() {
    let mut stack = shop();
    stack.networks["back"].discovery = Discovery::Hosts;
    for service in &mut stack.services {
        service.demand = planner::units::Amounts::new();
        let same = service.ports[0].container;
        service.ports[0].host = Some(planner::units::PortRange { first: same, last: same });
    }
    let cluster = FakeCluster::new(&MACHINES);
    apply(&cluster, &plan(&stack, &cluster.observed()));
    let now = plan(&stack, &cluster.observed());
    assert!(now.is_empty(), "{now:#?}");
    let at = |plan: &Plan, service: &str| {
        plan.placement.iter().find(|it| it.service == service).map(|it| it.machine.clone()).unwrap()
    };
    let from = MACHINES.into_iter().position(|name| name == at(&now, "db")).unwrap();
    stack.machines[from].availability = planner::inventory::Availability::Drain;
    let moved = plan(&stack, &cluster.observed());
    let address = format!("db:10.0.0.{}", &at(&moved, "db")[1..]);
    let told = |step: &planner::plan::Step| match &step.operation {
        Operation::CreateContainer(new) => new.spec.extra_hosts.contains(&address),
        _ => false,
    };
    let others = ["admin", "web"].into_iter().filter(|it| at(&moved, it) != at(&moved, "db")).count();
    assert_eq!(moved.steps.iter().filter(|step| told(step)).count(), others, "{moved:#?}");
    apply(&cluster, &moved);
    assert!(plan(&stack, &cluster.observed()).is_empty());
}

#[test]
fn what_the_files_say_of_discovery_is_read_and_judged() {
    let inventory = "machines:\n  - {name: m1, endpoint: 'ssh://a', cpus: 2, memory: 2g}\n  - {name: m2, endpoint: 'ssh://b', cpus: 2, memory: 2g}\n";
    let check = |planner_says: &str, of_network: &str| {
        let files = format!(
            "# compose.yaml\nx-planner: {{discovery: {planner_says}}}\nservices:\n  a: {{image: 'a:1', expose: ['80'], networks: [n]}}\n  b: {{image: 'b:1', networks: [n]}}\nnetworks:\n  n: {of_network}\n"
        );
        let folder = spread_out(&files, &format!("discovery-{}", planner_says.len() + 100 * of_network.len()));
        std::fs::write(folder.join("inventory.yaml"), inventory).unwrap();
        let (shown, _) = planner("check --format concise --select M326,M327 compose.yaml", &folder.to_string_lossy());
        std::fs::remove_dir_all(&folder).unwrap();
        shown
    };
    assert!(
        check("proxy", "{}").contains("error[M327] containers on other machines do not know at which address"),
        "{}",
        check("proxy", "{}")
    );
    assert!(!check("none", "{}").contains("M327"));
    assert!(!check("proxy", "{x-planner: {discovery: none}}").contains("M327"));
    assert!(check("none", "{x-planner: {discovery: proxy}}").contains("M327"));
    assert!(check("prxy", "{}").contains("M326"));
    assert!(check("{way: proxy, imag: a}", "{}").contains("M326"));
}
