//! Where each container is, for those who list them.

use crate::placement::Solution;
use crate::stack::Stack;
use crate::units::Amounts;

/// A container where it runs, or would run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its service.
    pub service: String,
    /// Its number among the service's containers.
    pub number: u32,
    /// The machine.
    pub machine: String,
    /// What it counts for there.
    pub demand: Amounts,
    /// What it has of the machine's ports.
    pub ports: Vec<HostPort>,
}

/// A port of a machine that a container has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    /// The address; none for all of the machine's.
    pub address: Option<String>,
    /// The machine's port.
    pub host: u16,
    /// The port in the container.
    pub container: u16,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
}

/// The containers of a placement, by service and number.
pub(super) fn containers(stack: &Stack, solution: &Solution) -> Vec<Container> {
    let of_placed = |it: &crate::placement::Placed| {
        let service = &stack.services[it.replica.service];
        let ports = it.ports.iter().zip(&service.ports).map(|(host, demand)| HostPort {
            address: demand.host_ip.filter(|ip| !ip.is_unspecified()).map(|ip| ip.to_string()),
            host: *host,
            container: demand.container,
            protocol: demand.protocol.clone(),
        });
        Container {
            service: service.name.clone(),
            number: it.replica.number,
            machine: stack.machines[it.replica.machine].name.clone(),
            demand: service.demand.clone(),
            ports: ports.collect(),
        }
    };
    solution.replicas.iter().map(of_placed).collect()
}
