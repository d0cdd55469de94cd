//! Stacks made by hand, for tests of what comes after loading.

use std::collections::BTreeMap;

use planner::inventory::{Availability, Endpoint};
use planner::source::{FileId, Span, Spanned};
use planner::stack::{ContainerSpec, Machine, PortDemand, Replicas, Service, Stack};
use planner::units::{Amounts, Bytes, Cpu, PortRange, Resource};

/// A place in no file.
pub fn nowhere() -> Span {
    Span { file: FileId(0), start: 0, end: 0 }
}

pub fn spanned<T>(value: T) -> Spanned<T> {
    Spanned::new(value, nowhere())
}

/// A machine with so many CPUs and much memory.
pub fn machine(name: &str, cpus: u64) -> Machine {
    let capacity = Amounts::of(Cpu(cpus * 1000), Bytes(64 << 30));
    Machine {
        name: name.to_owned(),
        span: None,
        places: planner::stack::MachinePlaces::default(),
        endpoint: Endpoint::Local,
        address: None,
        room: capacity.clone(),
        capacity,
        attributes: BTreeMap::from([("node.hostname".to_owned(), name.to_owned())]),
        ports: PortRange { first: 20000, last: 20003 },
        taken_ports: Vec::new(),
        cost: 1.0,
        target: None,
        availability: Availability::Active,
        volumes: Vec::new(),
        left_behind: Vec::new(),
        swarm: None,
    }
}

/// A service with so many replicas, each wanting so many CPUs.
pub fn service(name: &str, replicas: u32, cpus: u64) -> Service {
    Service {
        replicas: spanned(Replicas::Count(replicas)),
        demand: Amounts::new().with(Resource::cpus(), cpus * 1000),
        container: ContainerSpec { image: format!("{name}:1"), ..ContainerSpec::default() },
        ..Service::bare(name.to_owned(), nowhere())
    }
}

/// A wish for a host port out of a range; `None` for any of the machine's.
pub fn port(range: Option<(u16, u16)>, address: Option<&str>) -> PortDemand {
    PortDemand {
        host_ip: address.map(|address| address.parse().unwrap()),
        host: range.map(|(first, last)| PortRange { first, last }),
        container: 80,
        protocol: "tcp".to_owned(),
        span: nowhere(),
        inward: false,
    }
}

pub fn stack(services: Vec<Service>, machines: Vec<Machine>) -> Stack {
    Stack {
        proxy_image: String::new(),
        pre_stop: BTreeMap::new(),
        project: "test".to_owned(),
        services,
        networks: indexmap::IndexMap::new(),
        volumes: indexmap::IndexMap::new(),
        machines,
        moves: Vec::new(),
        inactive: std::collections::BTreeSet::new(),
        survive: Vec::new(),
    }
}
