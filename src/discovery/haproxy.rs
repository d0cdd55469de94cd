//! HAProxy's configuration of a proxy.

use super::backends::{Host, Target};
use crate::digest::sha256;
use crate::stack::{ContainerSpec, FileOrigin};

/// What is the same for all: a backend that does not answer is passed over at once, and is looked at again each second.
/// Connections that say nothing are kept for a day.
const HEAD: &str = "global
    log stdout format raw local0 notice
    maxconn 4000
    hard-stop-after 10s

resolvers engine
    nameserver engine 127.0.0.11:53
    hold valid 1s

defaults
    mode tcp
    log global
    balance leastconn
    retries 3
    option redispatch 1
    timeout connect 1s
    timeout check 2s
    timeout client 1d
    timeout server 1d
    timeout queue 10s
    default-server check inter 1s fall 2 rise 1 on-marked-down shutdown-sessions init-addr last,libc,none
";

/// Gives a proxy's container the configuration that forwards each port of each target.
pub(super) fn configure(container: &mut ContainerSpec, targets: &[Target], what: &str, machine: &str) {
    let text = configuration(targets, what, machine);
    for file in &mut container.files {
        file.digest = sha256(&text);
        file.origin = FileOrigin::Text(text.clone());
    }
}

fn configuration(targets: &[Target], what: &str, machine: &str) -> String {
    let mut text = format!("# Made by planner: {what} on {machine}.\n{HEAD}");
    for target in targets {
        for (port, backends) in &target.ports {
            text.push_str(&format!("\nlisten {}-{port}\n    bind :{port}\n", target.service));
            for backend in backends {
                let (host, resolved) = match &backend.host {
                    Host::Here(name) => (name.clone(), " resolvers engine"),
                    Host::There(address) if address.contains(':') => (format!("[{address}]"), ""),
                    Host::There(address) => (address.clone(), ""),
                };
                let (service, number, port) = (&target.service, backend.number, backend.port);
                text.push_str(&format!("    server {service}.{number} {host}:{port}{resolved}\n"));
            }
        }
    }
    text
}
