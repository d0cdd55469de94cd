//! Services find each other by name on whichever machine they are, and only those that share a network.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::{Duration, Instant};

use super::{Seen, Site, address};
use crate::lab::Lab;

/// The lab's image with a client that looks names up: a static program cannot.
const IMAGE: &str = "planner-lab-curl:1";
/// The lab's image of HAProxy.
const PROXY: &str = "planner-lab-haproxy:1";

/// Name, networks, port, replicas. Two of them have the same port.
type Named = (&'static str, &'static [&'static str], u16, u32);
const SERVICES: [Named; 6] = [
    ("web", &["front", "back"], 80, 2),
    ("admin", &["front"], 80, 1),
    ("api", &["back"], 8080, 2),
    ("cache", &["back", "data"], 6379, 1),
    ("db", &["data"], 5432, 1),
    ("worker", &["data"], 9000, 1),
];

/// Each with one container; on ports that nobody else has on the hosts.
fn singles() -> [Named; 6] {
    SERVICES.map(|(name, networks, port, _)| (name, networks, 1_100 + port, 1))
}

/// A server that tells its container's id.
fn served(port: u16, more: &str, replicas: u32) -> String {
    format!(
        "    image: {IMAGE}
    command: [serve]
    stop_signal: SIGKILL
    environment: {{PORT: '{port}'}}
    {more}
    healthcheck: {{test: [CMD, wget, -qO-, 'http://127.0.0.1:{port}/'], interval: 1s, retries: 20}}
    deploy: {{replicas: {replicas}, update_config: {{order: start-first}}}}
"
    )
}

/// The services, under the project's own words.
fn compose(site: &Site<'_>, services: &[Named], words: &str) {
    let service = |(name, networks, port, replicas): &Named| {
        let joined = networks.join(", ");
        format!("  {name}:\n    networks: [{joined}]\n{}", served(*port, &format!("expose: ['{port}']"), *replicas))
    };
    let services: String = services.iter().map(service).collect();
    site.compose(&format!("{words}\nservices:\n{services}networks: {{front: {{}}, back: {{}}, data: {{}}}}\n"));
}

/// A site whose containers have the thousand host ports from `first` on to themselves: other tests run beside it.
fn site<'l>(lab: &'l Lab, project: &'static str, hosts: &'static [&'static str], first: u32) -> Site<'l> {
    lab.run(&[&["program", IMAGE, "curl"], hosts].concat());
    lab.run(&[&["program", PROXY, "haproxy"], hosts].concat());
    let site = Site::new(lab, project, hosts);
    let (last, machine) = (first + 999, "cpus: 6, memory: 16g");
    let machine = |host: &&str| {
        let (address, ports) = (address(host), format!("ports: {first}-{last}"));
        format!("  - {{name: {host}, endpoint: 'ssh://{host}', address: {address}, {ports}, {machine}}}\n")
    };
    site.write("inventory.yaml", &format!("machines:\n{}", site.hosts.iter().map(machine).collect::<String>()));
    site
}

/// How the plan says that names reach other machines, and why where no file says so.
fn ways(site: &Site<'_>) -> Vec<(String, Option<String>)> {
    let mut ways: Vec<_> = site.plan().discovery.into_iter().map(|it| (it.way, it.why)).collect();
    ways.dedup();
    ways
}

/// What a service answers to a container that asks for it by name; nothing where it is not reached.
fn asked(site: &Site<'_>, from: &Seen, name: &str, port: u16) -> Option<String> {
    let line = format!("curl -s -m 2 http://{name}:{port}/ || true");
    Some(site.docker(&from.host, &["exec", &from.id, "sh", "-c", &line])).filter(|answer| !answer.is_empty())
}

/// Every container asks for every other service. Returns what was not as its networks say.
fn wrong(site: &Site<'_>, services: &[Named]) -> Vec<String> {
    let containers = site.containers();
    let of = |service: &str| {
        let prefix = format!("{service}.");
        containers.iter().filter(move |(address, _)| address.starts_with(&prefix))
    };
    let asks = |address: &str, from: &Seen, joined: &[&str]| {
        let service = address.split('.').next().unwrap();
        let others = services.iter().filter(|it| it.0 != service);
        let wrong = others.filter_map(|&(name, networks, port, _)| {
            let meet = networks.iter().any(|network| joined.contains(network));
            let answer = asked(site, from, name, port);
            let known = |answer: &str| of(name).any(|(_, container)| container.id == answer);
            let right = answer.as_deref().map_or(!meet, |answer| meet && known(answer));
            (!right).then(|| format!("{address} → {name}:{port}: {answer:?}"))
        });
        wrong.collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let asking = services.iter().flat_map(|(name, joined, ..)| of(name).map(move |it| (it, *joined)));
        let asking = asking.map(|((address, from), joined)| scope.spawn(move || asks(address, from, joined)));
        asking.collect::<Vec<_>>().into_iter().flat_map(|it| it.join().unwrap()).collect()
    })
}

/// A container asks for a service without a pause while `work` goes on; then: how many requests failed, and of how many. What
/// failed, and when, is printed: a failing test shows it.
fn used_while(site: &Site<'_>, from: &str, url: &str, work: impl FnOnce()) -> (usize, usize) {
    let from = site.containers()[from].clone();
    let line = format!(
        "rm -f /tmp/over; while [ ! -e /tmp/over ]; do
           told=$(curl -sSf -m 5 -o /dev/null -w '%{{time_connect}} of %{{time_total}} s' {url} 2>&1) && echo ok ||
             echo failed at $(date +%T): $told
         done"
    );
    std::thread::scope(|scope| {
        let client = scope.spawn(|| site.docker(&from.host, &["exec", &from.id, "sh", "-c", &line]));
        std::thread::sleep(Duration::from_millis(500));
        work();
        site.docker(&from.host, &["exec", &from.id, "touch", "/tmp/over"]);
        let told = client.join().unwrap();
        let failed: Vec<_> = told.lines().filter(|line| *line != "ok").collect();
        failed.iter().for_each(|line| println!("{url}: {line}"));
        (failed.len(), told.lines().count())
    })
}

fn by_host(site: &Site<'_>, service: &str) -> BTreeMap<String, String> {
    let of_it = site.containers().into_iter().filter(|(address, _)| address.starts_with(&format!("{service}.")));
    of_it.map(|(address, container)| (container.host, address)).collect()
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn services_reach_each_other_by_name_across_machines_and_no_others() {
    let lab = Lab::up();
    let site = site(&lab, "wired", &["h1", "h2", "h3"], 20000);
    compose(&site, &SERVICES, &format!("x-planner: {{discovery: {{way: proxy, image: '{PROXY}'}}}}"));
    let run = site.expect(0, "apply --yes");
    assert!(!run.err.contains("M309"), "{}", run.err);
    assert_eq!(wrong(&site, &SERVICES), Vec::<String>::new());
    site.expect(0, "plan").says(&["Nothing to do"]);
    site.expect(0, "status").says(&["Everything that is wanted runs."]);

    // Ports for proxies are open at the machine's own address alone.
    let plan = site.plan();
    let ports: Vec<_> =
        plan.placement.iter().flat_map(|placed| placed.ports.iter().map(move |port| (placed, port))).collect();
    assert!(
        !ports.is_empty() && ports.iter().all(|(placed, port)| port.host_ip == address(&placed.machine)),
        "{ports:?}"
    );

    // A replica that dies is passed over; somebody on a third machine asks.
    let apis = by_host(&site, "api");
    let web = by_host(&site, "web")
        .into_iter()
        .find(|(host, _)| !apis.contains_key(host))
        .map_or("web.1".to_owned(), |it| it.1);
    let killed = site.containers()[apis.values().next().unwrap()].clone();
    let (failed, all) = used_while(&site, &web, "http://api:8080/", || {
        site.docker(&killed.host, &["kill", &killed.id]);
        std::thread::sleep(Duration::from_secs(4));
    });
    assert!(failed <= 1 && all > failed + 2, "{failed} of {all} requests failed");
    site.expect(0, "apply --yes");

    // What moves is followed: the old one stops when the proxies know of the new one.
    let moving = by_host(&site, "api").into_keys().find(|host| *host != site.containers()[&web].host).unwrap();
    let (failed, all) = used_while(&site, &web, "http://api:8080/", || {
        site.expect(0, &format!("apply --yes --drain {moving}"));
    });
    assert!(failed == 0 && all > 10, "{failed} of {all} requests failed");
    assert!(!by_host(&site, "api").contains_key(&moving));
    assert_eq!(wrong(&site, &SERVICES), Vec::<String>::new());

    site.expect(0, "down --yes");
    assert_eq!(site.all_containers(), []);
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn with_a_machine_off_the_network_what_is_elsewhere_is_reached() {
    let lab = Lab::up();
    let _alone = lab.breakable();
    let site = site(&lab, "parted", &["h4", "h8", "h9"], 25000);
    compose(&site, &SERVICES, &format!("x-planner: {{discovery: {{way: proxy, image: '{PROXY}'}}}}"));
    site.expect(0, "apply --yes");
    let apis = by_host(&site, "api");
    let (web_host, web) = by_host(&site, "web").into_iter().next().unwrap();
    let cut = apis.keys().find(|host| **host != web_host).unwrap();
    let (failed, all) = used_while(&site, &web, "http://api:8080/", || {
        lab.run(&["cut", cut]);
        std::thread::sleep(Duration::from_secs(8));
        lab.run(&["heal", cut]);
    });
    assert!(failed <= 3 && all > failed + 2, "{failed} of {all} requests failed");
    let end = Instant::now() + Duration::from_secs(20);
    while !wrong(&site, &SERVICES).is_empty() && Instant::now() < end {}
    assert_eq!(wrong(&site, &SERVICES), Vec::<String>::new());
    site.expect(0, "down --yes");
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn machines_of_a_swarm_have_one_network_for_all() {
    let lab = Lab::up();
    lab.run(&["swarm", "h5", "h6", "h7"]);
    let site = site(&lab, "swarming", &["h5", "h6", "h7"], 21000);
    compose(&site, &SERVICES, "");
    assert_eq!(ways(&site), [("overlay".to_owned(), Some("the machines form a Swarm".to_owned()))]);
    site.expect(0, "apply --yes");
    assert_eq!(wrong(&site, &SERVICES), Vec::<String>::new());
    site.expect(0, "plan").says(&["Nothing to do"]);
    site.expect(0, "apply --yes --drain h5");
    assert_eq!(wrong(&site, &SERVICES), Vec::<String>::new());
    // With the last container its network goes, for all machines.
    site.expect(0, "down --yes");
    assert!(!site.docker("h5", &["network", "ls"]).contains("swarming"));

    // Without a Swarm it is said what would form one.
    let apart = self::site(&lab, "apart", &["h1", "h2"], 22000);
    compose(&apart, &SERVICES, "x-planner: {discovery: overlay}");
    apart.expect(1, "plan").says(&["M328", "docker swarm init --advertise-addr 10.77.0.11"]);
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn containers_are_told_at_which_address_the_others_are() {
    let lab = Lab::up();
    let site = site(&lab, "told", &["h1", "h2", "h3"], 23000);
    compose(&site, &singles(), "x-planner: {discovery: hosts}");
    site.expect(0, "apply --yes");
    assert_eq!(wrong(&site, &singles()), Vec::<String>::new());
    site.expect(0, "plan").says(&["Nothing to do"]);
    site.expect(0, "status").says(&["Everything that is wanted runs."]);
    let from = site.containers()["db.1"].host.clone();
    site.expect(0, &format!("apply --yes --drain {from}"));
    assert_ne!(site.containers()["db.1"].host, from);
    assert_eq!(wrong(&site, &singles()), Vec::<String>::new());
    site.expect(0, "down --yes");
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn services_share_a_port_through_an_ingress() {
    let lab = Lab::up();
    let site = site(&lab, "entered", &["h1", "h2", "h3"], 24000);
    let files = |more: &str| {
        let words = format!("x-planner: {{discovery: {{way: proxy, image: '{PROXY}'}}, ingress: true}}");
        let (web, lb) =
            (served(80, &format!("ports: ['7080:80']\n    labels: [{more}]"), 4), served(80, "ports: ['7080:80']", 1));
        // Who asks for `web` where one is may ask that one itself, and nobody but it can end that in peace.
        let on = |services: String, where_: &str| {
            let placed = format!("deploy: {{placement: {{constraints: ['node.hostname {where_} h1']}}, ");
            services.replace("deploy: {", &placed)
        };
        let (web, lb) = (on(web, "!="), on(lb, "=="));
        site.compose(&format!("{words}\nservices:\n  web:\n{web}  lb:\n{lb}"));
    };
    files("");
    site.expect(0, "apply --yes");
    site.expect(0, "plan").says(&["Nothing to do"]);
    // Every machine has the port for one of them, and all containers of that one answer there.
    let containers = site.containers();
    let answers = |host: &str| -> BTreeSet<String> {
        let ask = |_| {
            let url = format!("http://{}:7080/", address(host));
            let told = Command::new("curl").args(["-s", "-m", "3", &url]).output().unwrap();
            String::from_utf8_lossy(&told.stdout).trim().to_owned()
        };
        let ids: BTreeSet<String> = (0..12).map(ask).collect();
        let of = |id: &str| containers.iter().find(|(_, it)| it.id == id).map(|(address, _)| address.clone());
        ids.iter().map(|id| of(id).unwrap_or_else(|| format!("{id:?}"))).collect()
    };
    let mut all: Vec<BTreeSet<String>> = site.hosts.iter().map(|host| answers(host)).collect();
    all.sort();
    let webs: BTreeSet<String> = (1..=4).map(|number| format!("web.{number}")).collect();
    assert_eq!(all, [BTreeSet::from(["lb.1".to_owned()]), webs.clone(), webs]);

    // Replaced where they are, at other ports beside the old ones: nobody outside notices, and nobody inside.
    let taking = containers.iter().find(|(address, _)| address.starts_with("planner-ingress-web")).unwrap();
    let url = format!("http://{}:7080/", address(&taking.1.host));
    for (version, url) in [("a=b", url.as_str()), ("a=c", "http://web/")] {
        files(version);
        let (failed, all) = used_while(&site, "lb.1", url, || {
            site.expect(0, "apply --yes");
        });
        assert!(failed == 0 && all > 10, "{url}: {failed} of {all} requests failed");
    }
    site.expect(0, "plan").says(&["Nothing to do"]);
    site.expect(0, "down --yes");
}
