//! Services find each other by name on whichever machine they are, and only those that share a network.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{Seen, Site, address};
use crate::lab::Lab;

/// The lab's image with a client that looks names up: a static program cannot.
const IMAGE: &str = "planner-lab-curl:1";
/// The lab's image of HAProxy.
const PROXY: &str = "planner-lab-haproxy:1";

/// Name, networks, port, replicas. Two of them have the same port.
const SERVICES: [(&str, &[&str], u16, u32); 6] = [
    ("web", &["front", "back"], 80, 2),
    ("admin", &["front"], 80, 1),
    ("api", &["back"], 8080, 2),
    ("cache", &["back", "data"], 6379, 1),
    ("db", &["data"], 5432, 1),
    ("worker", &["data"], 9000, 1),
];

fn compose(site: &Site<'_>) {
    let service = |(name, networks, port, replicas): (&str, &[&str], u16, u32)| {
        format!(
            "  {name}:
    image: {IMAGE}
    command: [serve]
    stop_signal: SIGKILL
    environment: {{PORT: '{port}'}}
    expose: ['{port}']
    networks: [{}]
    healthcheck: {{test: [CMD, wget, -qO-, 'http://127.0.0.1:{port}/'], interval: 200ms, retries: 50}}
    deploy: {{replicas: {replicas}, update_config: {{order: start-first}}}}
",
            networks.join(", ")
        )
    };
    let services: String = SERVICES.into_iter().map(service).collect();
    site.compose(&format!(
        "x-planner: {{discovery: {{way: proxy, image: '{PROXY}'}}}}
services:
{services}networks: {{front: {{}}, back: {{}}, data: {{}}}}
"
    ));
}

fn site(lab: &Lab) -> Site<'_> {
    lab.run(&["program", IMAGE, "curl", "h1", "h2", "h3"]);
    lab.run(&["program", PROXY, "haproxy", "h1", "h2", "h3"]);
    let site = Site::new(lab, "wired", &["h1", "h2", "h3"]);
    let machine = |host: &&str| {
        format!("  - {{name: {host}, endpoint: 'ssh://{host}', address: {}, cpus: 6, memory: 16g}}\n", address(host))
    };
    site.write("inventory.yaml", &format!("machines:\n{}", site.hosts.iter().map(machine).collect::<String>()));
    site
}

/// What a service answers to a container that asks for it by name; nothing where it is not reached.
fn asked(site: &Site<'_>, from: &Seen, name: &str, port: u16) -> Option<String> {
    let line = format!("curl -s -m 2 http://{name}:{port}/ || true");
    Some(site.docker(&from.host, &["exec", &from.id, "sh", "-c", &line])).filter(|answer| !answer.is_empty())
}

/// Every container asks for every other service. Returns what was not as its networks say.
fn wrong(site: &Site<'_>) -> Vec<String> {
    let containers = site.containers();
    let of = |service: &str| {
        let prefix = format!("{service}.");
        containers.iter().filter(move |(address, _)| address.starts_with(&prefix))
    };
    let asks = |address: &str, from: &Seen, joined: &[&str]| {
        let service = address.split('.').next().unwrap();
        let others = SERVICES.into_iter().filter(|it| it.0 != service);
        let wrong = others.filter_map(|(name, networks, port, _)| {
            let meet = networks.iter().any(|network| joined.contains(network));
            let answer = asked(site, from, name, port);
            let known = |answer: &str| of(name).any(|(_, container)| container.id == answer);
            let right = answer.as_deref().map_or(!meet, |answer| meet && known(answer));
            (!right).then(|| format!("{address} → {name}:{port}: {answer:?}"))
        });
        wrong.collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let asking = SERVICES.into_iter().flat_map(|(name, joined, ..)| of(name).map(move |it| (it, joined)));
        let asking = asking.map(|((address, from), joined)| scope.spawn(move || asks(address, from, joined)));
        asking.collect::<Vec<_>>().into_iter().flat_map(|it| it.join().unwrap()).collect()
    })
}

/// A container asks for a service without a pause while `work` goes on; then: how many requests failed, and of how many.
fn used_while(site: &Site<'_>, from: &str, url: &str, work: impl FnOnce()) -> (usize, usize) {
    let from = site.containers()[from].clone();
    let line = format!(
        "rm -f /tmp/over; while [ ! -e /tmp/over ]; do curl -sf -m 5 {url} >/dev/null && echo ok || echo failed; done"
    );
    std::thread::scope(|scope| {
        let client = scope.spawn(|| site.docker(&from.host, &["exec", &from.id, "sh", "-c", &line]));
        std::thread::sleep(Duration::from_millis(500));
        work();
        site.docker(&from.host, &["exec", &from.id, "touch", "/tmp/over"]);
        let told = client.join().unwrap();
        let count = |word: &str| told.lines().filter(|line| *line == word).count();
        (count("failed"), count("failed") + count("ok"))
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
    let site = site(&lab);
    compose(&site);
    let run = site.expect(0, "apply --yes");
    assert!(!run.err.contains("M309"), "{}", run.err);
    assert_eq!(wrong(&site), Vec::<String>::new());
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
    assert_eq!(wrong(&site), Vec::<String>::new());

    // A machine off the network: what is elsewhere goes on to be reached.
    site.expect(0, "apply --yes");
    let apis = by_host(&site, "api");
    let web = by_host(&site, "web").into_iter().next().unwrap();
    if let Some(cut) = apis.keys().find(|host| **host != web.0) {
        let (failed, all) = used_while(&site, &web.1, "http://api:8080/", || {
            lab.run(&["cut", cut]);
            std::thread::sleep(Duration::from_secs(8));
            lab.run(&["heal", cut]);
        });
        assert!(failed <= 3 && all > failed + 2, "{failed} of {all} requests failed");
    }
    let end = Instant::now() + Duration::from_secs(20);
    while !wrong(&site).is_empty() && Instant::now() < end {}
    assert_eq!(wrong(&site), Vec::<String>::new());

    site.expect(0, "down --yes");
    assert_eq!(site.all_containers(), []);
}
