//! Machines as placing sees them: the inventory's word, filled up with what the engines say.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::compose::Compose;
use crate::inventory::{self, Availability, Endpoint, Inventory};
use crate::labels;
use crate::observed::{ContainerState, MachineState, Observed, SwarmNode};
use crate::units::{Amounts, PortRange};

use super::model::{Machine, MachinePlaces, Swarm, TakenPort};
use super::moved::leave_out;

/// The name of the one machine where there is no inventory.
pub const LOCAL: &str = "local";

pub(super) fn machines(compose: &Compose, inventory: Option<&Inventory>, observed: Option<&Observed>) -> Vec<Machine> {
    let state = |name: &str| observed.and_then(|observed| observed.machines.get(name));
    let mut machines = match inventory {
        Some(inventory) => inventory.machines.iter().map(|it| from_inventory(it, state(&it.name.value))).collect(),
        None => vec![local(state(LOCAL))],
    };
    for machine in &mut machines {
        if let Some(state) = observed.and_then(|observed| observed.machines.get(&machine.name)) {
            take_what_others_hold(machine, compose, state);
        }
    }
    leave_out(&mut machines, observed);
    join_swarm(&mut machines, observed);
    machines
}

fn local(state: Option<&MachineState>) -> Machine {
    let capacity = state.map(|state| state.engine.capacity.clone()).unwrap_or_default();
    let mut attributes = BTreeMap::new();
    attributes.insert("node.hostname".to_owned(), state.map_or(LOCAL, |state| &state.engine.hostname).to_owned());
    engine_attributes(&mut attributes, state);
    Machine {
        name: LOCAL.to_owned(),
        span: None,
        places: MachinePlaces::default(),
        endpoint: Endpoint::Local,
        address: None,
        room: capacity.clone(),
        capacity,
        attributes,
        ports: PortRange::DEFAULT,
        taken_ports: Vec::new(),
        cost: 1.0,
        target: None,
        availability: Availability::Active,
        volumes: Vec::new(),
        left_behind: Vec::new(),
        swarm: None,
    }
}

fn from_inventory(machine: &inventory::Machine, state: Option<&MachineState>) -> Machine {
    let mut capacity = state.map(|state| state.engine.capacity.clone()).unwrap_or_default();
    for (resource, amount) in &machine.capacity {
        capacity.set(resource.clone(), amount.value);
    }
    let mut reserve = Amounts::new();
    for (resource, amount) in &machine.reserve {
        reserve.set(resource.clone(), amount.value);
    }
    let reserved = |ports: &crate::source::Spanned<PortRange>| TakenPort {
        host_ip: None,
        ports: ports.value,
        protocol: None,
        holder: "the inventory's `reserved_ports`".to_owned(),
    };
    Machine {
        name: machine.name.value.clone(),
        span: Some(machine.name.span),
        places: MachinePlaces { entry: Some(machine.span), availability: Some(machine.availability.span) },
        endpoint: machine.endpoint.value.clone(),
        address: machine.address.as_ref().map(|address| address.value.clone()),
        room: capacity.minus(&reserve),
        capacity,
        attributes: attributes(machine, state),
        ports: machine.ports,
        taken_ports: machine.reserved_ports.iter().map(reserved).collect(),
        cost: machine.cost.as_ref().map_or(1.0, |cost| cost.value),
        target: machine.target.as_ref().map(|target| target.value),
        availability: machine.availability.value,
        volumes: Vec::new(),
        left_behind: Vec::new(),
        swarm: None,
    }
}

/// Tells which machines are nodes of one Swarm: of that which the first manager among them is of.
fn join_swarm(machines: &mut [Machine], observed: Option<&Observed>) {
    let node = |machine: &Machine| observed?.machines.get(&machine.name)?.engine.swarm.as_ref();
    let Some(manager) = machines.iter().find_map(|machine| node(machine).filter(|node| node.manager)) else { return };
    for machine in machines {
        let same = |it: &&SwarmNode| it.managers.contains(&manager.node);
        machine.swarm = node(machine).filter(same).map(|it| if it.manager { Swarm::Manager } else { Swarm::Worker });
    }
}

/// What constraints can ask of a machine.
fn attributes(machine: &inventory::Machine, state: Option<&MachineState>) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::new();
    attributes.insert("node.hostname".to_owned(), machine.name.value.clone());
    engine_attributes(&mut attributes, state);
    for (key, value) in &machine.labels {
        attributes.insert(format!("node.labels.{key}"), value.value.clone());
    }
    // Plain machines have no role of their own; one that stands for a Swarm's node can be given it as a label.
    if let Some(role) = machine.labels.get("role") {
        attributes.insert("node.role".to_owned(), role.value.clone());
    }
    if let Some(platform) = &machine.platform {
        let mut parts = platform.value.split('/');
        for key in ["node.platform.os", "node.platform.arch"] {
            if let Some(part) = parts.next() {
                attributes.insert(key.to_owned(), architecture(part).to_owned());
            }
        }
    }
    attributes
}

fn engine_attributes(attributes: &mut BTreeMap<String, String>, state: Option<&MachineState>) {
    let Some(engine) = state.map(|state| &state.engine) else { return };
    attributes.insert("node.platform.os".to_owned(), engine.os.clone());
    attributes.insert("node.platform.arch".to_owned(), architecture(&engine.architecture).to_owned());
    for (key, value) in &engine.labels {
        attributes.insert(format!("engine.labels.{key}"), value.clone());
    }
}

/// The kernel's names of architectures, as image platforms have them.
pub(super) fn architecture(name: &str) -> &str {
    match name {
        "x86_64" | "x86-64" => "amd64",
        "aarch64" => "arm64",
        "armhf" | "armel" => "arm",
        "i386" => "386",
        other => other,
    }
}

/// Room, ports and volumes, as containers that are not planned here (other projects', those of inactive profiles) and
/// programs outside Docker leave them.
fn take_what_others_hold(machine: &mut Machine, compose: &Compose, state: &MachineState) {
    machine.volumes = state.volumes.iter().map(|volume| volume.name.clone()).collect();
    let mut held = Amounts::new();
    let up = || state.containers.iter().filter(|container| container.is_up());
    let inactive = |service: &str| compose.inactive.contains_key(service);
    let others = |container: &&ContainerState| {
        container.label(labels::PROJECT) != Some(&compose.name)
            || container.label(labels::SERVICE).is_some_and(inactive)
    };
    for container in up().filter(others) {
        held.add(&container.reserved, 1);
        machine.taken_ports.extend(container.ports.iter().filter(|port| port.host_port > 0).map(|port| TakenPort {
            host_ip: address(&port.host_ip),
            ports: PortRange::one(port.host_port),
            protocol: Some(port.protocol.clone()),
            holder: format!("container `{}`", container.name),
        }));
    }
    machine.room = machine.room.minus(&held);
    let published = |port: u16, protocol: &str| {
        up().flat_map(|it| &it.ports).any(|it| it.host_port == port && it.protocol == protocol)
    };
    for listener in state.listeners.iter().filter(|it| !published(it.port, &it.protocol)) {
        machine.taken_ports.push(TakenPort {
            host_ip: address(&listener.address),
            ports: PortRange::one(listener.port),
            protocol: Some(listener.protocol.clone()),
            holder: "a program outside Docker".to_owned(),
        });
    }
}

/// The address of a socket; none for a text that is no address, as for every address.
fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}
