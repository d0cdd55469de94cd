//! How services find each other when they are on different machines: proxies that stand for what is elsewhere
//! (`docs/discovery.md`).
//!
//! A proxy joins a network on one machine under the names of the network's services. It forwards to the containers that are
//! there, and to those on other machines at the host ports that the placement gave them. Clients need not know of it.

mod haproxy;

use std::collections::{BTreeMap, BTreeSet};

use crate::digest::sha256;
use crate::labels;
use crate::placement::{Placed, Problem, Replica, Solution};
use crate::source::Spanned;
use crate::stack::{
    Attachment, Condition, Constraint, ContainerSpec, DeliveredFile, Dependency, FileKind, FileOrigin, Reload, Restart,
    Rollout, Service, Stack,
};

/// A service that a proxy stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    /// Its name.
    service: String,
    /// The names by which it is known in the network.
    names: Vec<String>,
    /// By port in its containers: where each of them is reached.
    ports: BTreeMap<u16, Vec<Backend>>,
}

/// A container of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Backend {
    /// Its number.
    number: u32,
    /// Its name on this machine, or the address of another.
    host: Host,
    /// The port there.
    port: u16,
}

/// Where a container is, as seen from a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    /// On its machine: by its name in the network.
    Here(String),
    /// On another machine: by that one's address.
    There(String),
}

/// The stack and the placement with the proxies that they need; none where none are.
pub fn wire(problem: &Problem<'_>, solution: &Solution) -> Option<(Stack, Solution)> {
    let stack = problem.stack;
    stack.proxied().next()?;
    let (mut wired, mut placement) = (stack.clone(), solution.clone());
    for (key, network) in stack.proxied() {
        for machine in 0..stack.machines.len() {
            for (number, targets) in
                told_apart(targets(stack, solution, &network.name, machine)).into_iter().enumerate()
            {
                let proxy = proxy(stack, key, machine, number, &targets);
                depend_on(&mut wired, solution, machine, &proxy);
                wired.services.push(proxy);
                let replica = Replica { service: wired.services.len() - 1, number: 1, machine, from: None };
                placement.replicas.push(Placed { replica, ports: Vec::new() });
            }
        }
    }
    (wired.services.len() > stack.services.len()).then_some((wired, placement))
}

/// The services of a network, where somebody on the machine may ask for one that is not, or not only, there. All of them, by
/// name: as long as the services are the same, a proxy has the same names, and only learns of other addresses.
fn targets(stack: &Stack, solution: &Solution, network: &str, machine: usize) -> Vec<Target> {
    let joins = |index: usize| stack.services[index].container.joins(network);
    let members = || solution.replicas.iter().map(|placed| &placed.replica).filter(|replica| joins(replica.service));
    let asked = |replica: &Replica| members().any(|it| it.machine == machine && it.service != replica.service);
    if !members().any(|replica| replica.machine != machine && asked(replica)) {
        return Vec::new();
    }
    let all = (0..stack.services.len()).filter(|index| joins(*index));
    all.filter_map(|index| target(stack, solution, network, machine, index)).collect()
}

fn target(stack: &Stack, solution: &Solution, network: &str, machine: usize, index: usize) -> Option<Target> {
    let service = &stack.services[index];
    let mut ports: BTreeMap<u16, Vec<Backend>> = BTreeMap::new();
    for placed in solution.replicas.iter().filter(|placed| placed.replica.service == index) {
        let (number, there) = (placed.replica.number, &stack.machines[placed.replica.machine]);
        let mut told = BTreeSet::new();
        for (demand, port) in service.ports.iter().zip(&placed.ports) {
            // A port that is bound to one address of its own may not be open to others.
            let open = demand.inward || demand.is_everywhere();
            if !open || demand.protocol != "tcp" || !told.insert(demand.container) {
                continue;
            }
            let (host, port) = if placed.replica.machine == machine {
                (Host::Here(stack.container_name(service, number)), demand.container)
            } else {
                let Some(address) = there.address() else { continue };
                (Host::There(address.to_owned()), *port)
            };
            ports.entry(demand.container).or_default().push(Backend { number, host, port });
        }
    }
    let joined = service.container.attachment(network)?;
    let names: BTreeSet<String> = joined.aliases.iter().cloned().chain([service.name.clone()]).collect();
    let target = Target { service: service.name.clone(), names: names.into_iter().collect(), ports };
    (!target.ports.is_empty()).then_some(target)
}

/// A proxy has one address, so no two of its services may have the same port.
fn told_apart(targets: Vec<Target>) -> Vec<Vec<Target>> {
    let mut proxies: Vec<Vec<Target>> = Vec::new();
    for target in targets {
        let meets = |other: &Target| other.ports.keys().any(|port| target.ports.contains_key(port));
        match proxies.iter_mut().find(|proxy| !proxy.iter().any(meets)) {
            Some(proxy) => proxy.push(target),
            None => proxies.push(vec![target]),
        }
    }
    proxies
}

/// Where HAProxy's image looks for its configuration.
const CONFIGURATION: &str = "/usr/local/etc/haproxy/haproxy.cfg";

/// The service that a proxy is for planning: one container, on its machine.
fn proxy(stack: &Stack, network: &str, machine: usize, number: usize, targets: &[Target]) -> Service {
    let (machine, attached) = (&stack.machines[machine], &stack.networks[network]);
    let more = if number == 0 { String::new() } else { format!("-{}", number + 1) };
    let name = format!("planner-proxy-{network}-{}{more}", machine.name);
    let text = haproxy::configuration(targets, network, &machine.name);
    let file = DeliveredFile {
        kind: FileKind::Config,
        key: "planner-proxy".to_owned(),
        target: CONFIGURATION.to_owned(),
        mode: 0o444,
        digest: sha256(&text),
        origin: FileOrigin::Text(text),
        reload: Some(Reload {
            check: ["haproxy", "-c", "-f", &format!("{CONFIGURATION}.new")].map(str::to_owned).to_vec(),
            signal: "SIGUSR2".to_owned(),
        }),
        ..DeliveredFile::default()
    };
    let container = ContainerSpec {
        image: stack.proxy_image.clone(),
        command: Some(["haproxy", "-W", "-db", "-f", CONFIGURATION].map(str::to_owned).to_vec()),
        labels: BTreeMap::from([(labels::ROLE.to_owned(), "proxy".to_owned())]),
        networks: vec![Attachment {
            network: attached.name.clone(),
            aliases: targets.iter().flat_map(|target| target.names.clone()).collect(),
            ..Attachment::default()
        }],
        files: vec![file],
        restart: Some(Restart { name: "unless-stopped".to_owned(), max_retries: None }),
        // It takes no new connections, and ends when the last has ended, or the time is over.
        stop_signal: Some("SIGUSR1".to_owned()),
        stop_grace_seconds: Some(10),
        ..ContainerSpec::default()
    };
    let span = stack.services.first().map_or(crate::source::Span::default(), |service| service.span);
    let hostname = machine.attributes.get("node.hostname").cloned().unwrap_or_default();
    let here = Constraint { key: "node.hostname".to_owned(), equal: true, value: hostname };
    let depends_on = targets.iter().filter_map(|target| stack.service(&target.service)).map(|service| Dependency {
        service: service.name.clone(),
        condition: if service.container.tests_health() { Condition::Healthy } else { Condition::Started },
        restart: false,
    });
    Service {
        constraints: vec![Spanned::new(here, span)],
        depends_on: depends_on.collect(),
        update: Rollout { start_first: true, ..Rollout::default() },
        forwards_to: targets.iter().map(|target| target.service.clone()).collect(),
        container,
        ..Service::bare(name, span)
    }
}

/// Who waits for a service that is elsewhere waits for the proxy that stands for it.
fn depend_on(wired: &mut Stack, solution: &Solution, machine: usize, proxy: &Service) {
    let here = |index: usize| {
        solution.replicas.iter().any(|placed| placed.replica.service == index && placed.replica.machine == machine)
    };
    for (_, service) in wired.services.iter_mut().enumerate().filter(|(index, _)| here(*index)) {
        if service.depends_on.iter().any(|it| proxy.forwards_to.contains(&it.service)) {
            let (service_name, condition) = (proxy.name.clone(), Condition::Started);
            service.depends_on.push(Dependency { service: service_name, condition, restart: false });
        }
    }
}
