//! Where the containers of a service are reached from a machine.

use std::collections::{BTreeMap, BTreeSet};

use crate::placement::Solution;
use crate::stack::{Discovery, Stack};

/// A service that a proxy stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Its name.
    pub service: String,
    /// The names by which it is known in the network.
    pub names: Vec<String>,
    /// By port in its containers: where each of them is reached.
    pub ports: BTreeMap<u16, Vec<Backend>>,
}

/// A container of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Backend {
    /// Its number.
    pub number: u32,
    /// Its name in a network that the proxy is in, or the address of its machine.
    pub host: Host,
    /// The port there.
    pub port: u16,
}

/// Where a container is, as seen from a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// In the same network: by its name there.
    Here(String),
    /// On another machine: by that one's address.
    There(String),
}

/// A service as it is reached from a machine through a network; none where it has no port that is.
pub(super) fn target(
    stack: &Stack,
    solution: &Solution,
    network: &str,
    machine: usize,
    index: usize,
) -> Option<Target> {
    let service = &stack.services[index];
    let one = stack.wired(Discovery::Overlay).any(|(_, it)| it.name == network);
    let mut ports: BTreeMap<u16, Vec<Backend>> = BTreeMap::new();
    for placed in solution.replicas.iter().filter(|placed| placed.replica.service == index) {
        let number = placed.replica.number;
        if one || placed.replica.machine == machine {
            let at = placed.replica.machine;
            let told = stack.name_for_proxies(service, number, at, placed.ports.iter().copied());
            let host = Host::Here(told.unwrap_or_else(|| stack.container_name(service, number, at)));
            for port in service.open_ports("tcp") {
                ports.entry(port).or_default().push(Backend { number, host: host.clone(), port });
            }
            continue;
        }
        let Some(address) = stack.machines[placed.replica.machine].address() else { continue };
        let mut told = BTreeSet::new();
        for (demand, port) in service.ports.iter().zip(&placed.ports) {
            // A port that is bound to one address of its own may not be open to others.
            let open = demand.inward || demand.is_everywhere();
            if open && demand.protocol == "tcp" && told.insert(demand.container) {
                let host = Host::There(address.to_owned());
                ports.entry(demand.container).or_default().push(Backend { number, host, port: *port });
            }
        }
    }
    let names = service.names_in(network).into_iter().collect();
    (!ports.is_empty()).then(|| Target { service: service.name.clone(), names, ports })
}
