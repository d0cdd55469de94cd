//! What of the project is there already: its containers, and who continues as whom.

use std::collections::BTreeSet;

use crate::digest::sha256;
use crate::labels;
use crate::observed::{ContainerState, HostPort, Observed};
use crate::placement::Running;
use crate::stack::{Machine, PortDemand, Service, Stack};

/// A container of the project.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own<'a> {
    /// Index of its machine in the stack.
    pub machine: usize,
    /// Its service's name; the service may be gone from the file.
    pub service: &'a str,
    /// Its number within the service.
    pub number: u32,
    /// The rest.
    pub state: &'a ContainerState,
}

impl Own<'_> {
    /// Whether it was made from this spec and has these host ports.
    pub(super) fn is_as_wanted(&self, hash: &str, ports: &[HostPort]) -> bool {
        self.state.label(labels::CONFIG_HASH) == Some(hash) && self.has_ports(ports)
    }

    /// Whether it was set aside when another took its place. One that runs all the same is a container like any.
    pub(super) fn is_set_aside(&self) -> bool {
        !self.state.is_up() && self.state.name.contains(SET_ASIDE)
    }

    /// Whether its host ports are these, in whatever order.
    pub(super) fn has_ports(&self, ports: &[HostPort]) -> bool {
        let has = self.state.ports.iter().filter(|port| port.host_port > 0);
        let key = |port: &'_ HostPort| {
            (port.container_port, port.protocol.clone(), port.host_port, port.address().to_owned())
        };
        has.map(key).collect::<BTreeSet<_>>() == ports.iter().map(key).collect()
    }
}

/// Between a container's name and a part of its id: the name of one that was set aside.
const SET_ASIDE: &str = ".previous-";

/// The name under which a container is set aside: `shop-web-1.previous-1a2b3c4d`.
pub(super) fn name_aside(name: &str, own: &Own<'_>) -> String {
    let id: String = own.state.id.chars().take(8).collect();
    format!("{name}{SET_ASIDE}{id}")
}

/// All containers of the project on the stack's machines, but for those that were set aside. In a fixed order.
pub(super) fn own<'a>(stack: &Stack, observed: &'a Observed) -> Vec<Own<'a>> {
    all(stack, observed).into_iter().filter(|own| !own.is_set_aside()).collect()
}

/// The containers of the project that were set aside when others took their places. In a fixed order.
pub(super) fn set_aside<'a>(stack: &Stack, observed: &'a Observed) -> Vec<Own<'a>> {
    all(stack, observed).into_iter().filter(Own::is_set_aside).collect()
}

/// Those of `docker compose run`, and of services whose profiles are not active, are none of ours.
fn all<'a>(stack: &Stack, observed: &'a Observed) -> Vec<Own<'a>> {
    let mut all = Vec::new();
    for (machine, known) in stack.machines.iter().enumerate() {
        let Some(state) = observed.machines.get(&known.name) else { continue };
        for container in state.containers.iter().filter(|it| it.label(labels::PROJECT) == Some(&stack.project)) {
            let one_off = container.label(labels::ONEOFF).is_some_and(|value| value.eq_ignore_ascii_case("true"));
            let number = container.label(labels::NUMBER).and_then(|number| number.parse().ok());
            let service = container.label(labels::SERVICE).filter(|service| !stack.inactive.contains(*service));
            if let (Some(service), Some(number), false) = (service, number, one_off) {
                all.push(Own { machine, service, number, state: container });
            }
        }
    }
    all.sort_by_key(|it| (it.service, it.number, it.machine, &it.state.name));
    all
}

/// The services of which a project has containers.
pub fn services_seen(project: &str, observed: &Observed) -> BTreeSet<String> {
    let containers = observed.machines.values().flat_map(|state| &state.containers);
    let ours = containers.filter(|it| it.label(labels::PROJECT) == Some(project));
    ours.filter_map(|it| it.label(labels::SERVICE)).map(str::to_owned).collect()
}

/// What the placement is to start from: for each service and number the one container that counts as it. Of several
/// (an interrupted run leaves such) it is one that runs; else the first.
pub fn running(stack: &Stack, observed: &Observed) -> Vec<Running> {
    let mut running: Vec<Running> = Vec::new();
    let mut containers = own(stack, observed);
    containers.sort_by_key(|it| (it.service, it.number, !it.state.is_up()));
    for container in containers {
        let Some(service) = stack.services.iter().position(|service| service.name == container.service) else {
            continue;
        };
        if !running.iter().any(|it| it.service == service && it.number == container.number) {
            let ports = ports_of(&stack.services[service], container.state, &stack.machines[container.machine]);
            running.push(Running { service, number: container.number, machine: container.machine, ports });
        }
    }
    running
}

/// The host port that a container has for each of its service's demands.
fn ports_of(service: &Service, container: &ContainerState, machine: &Machine) -> Vec<Option<u16>> {
    let mut left: Vec<&HostPort> = container.ports.iter().filter(|port| port.host_port > 0).collect();
    let mut take = |demand: &PortDemand| {
        let fits = |port: &&HostPort| {
            port.container_port == demand.container
                && port.protocol == demand.protocol
                && demand.host.unwrap_or(machine.ports).contains(port.host_port)
                && port.host_ip.parse().ok().filter(|ip: &std::net::IpAddr| !ip.is_unspecified())
                    == machine.binding(demand).filter(|ip| !ip.is_unspecified())
        };
        let port = left.iter().find(|port| fits(port)).map(|port| port.host_port)?;
        left.retain(|other| !(fits(other) && other.host_port == port));
        Some(port)
    };
    service.ports.iter().map(&mut take).collect()
}

/// A digest of what was seen of the project: containers, their state and config, networks, volumes.
/// A saved plan is stale when it is another one.
pub fn observed_digest(project: &str, observed: &Observed) -> String {
    let mut seen = String::new();
    for (machine, state) in &observed.machines {
        seen.push_str(&format!("machine {machine} {}\n", state.engine.id));
        let ours = |labels: &std::collections::BTreeMap<String, String>| {
            labels.get(labels::PROJECT).is_some_and(|name| name == project)
        };
        for container in state.containers.iter().filter(|container| ours(&container.labels)) {
            let up = container.is_up();
            seen.push_str(&format!("container {} {} {up} {:?}\n", container.id, container.name, container.ports));
            seen.push_str(&format!("{:?} {:?}\n", container.settings, container.networks));
        }
        for network in state.networks.iter().filter(|network| ours(&network.labels)) {
            seen.push_str(&format!("network {}\n", network.name));
        }
        for volume in state.volumes.iter().filter(|volume| ours(&volume.labels)) {
            seen.push_str(&format!("volume {}\n", volume.name));
        }
    }
    sha256(seen)
}
