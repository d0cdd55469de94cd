//! HAProxy: what the files publish, one `listen` section for each service and port, over all its containers.

use std::collections::BTreeMap;

use super::{Deployment, Format, Write};

pub(super) static FORMAT: Format = Format { name: "haproxy", write: Write::Whole(write) };

const HEAD: &str = "global
    maxconn 4000

defaults
    mode tcp
    balance leastconn
    retries 3
    option redispatch 1
    timeout connect 2s
    timeout client 1d
    timeout server 1d
    default-server check inter 2s fall 2 rise 1
";

fn write(deployment: &Deployment<'_>) -> String {
    let mut text = format!("# {}: what it publishes.\n{HEAD}", deployment.plan.project);
    // Two services with the same port in their containers cannot both be at it: the second one is for its reader to place.
    let mut bound: BTreeMap<u16, &str> = BTreeMap::new();
    for ((service, port), containers) in deployment.published() {
        let other = *bound.entry(port).or_insert(service);
        text.push_str(&format!("\nlisten {service}-{port}\n"));
        if other == service {
            text.push_str(&format!("    bind :{port}\n"));
        } else {
            text.push_str(&format!("    # {port} is {other}'s already: give it another port, or an address.\n"));
            text.push_str(&format!("    bind unix@/run/haproxy-{service}-{port}.sock\n"));
        }
        for (number, socket) in containers {
            text.push_str(&format!("    server {service}.{number} {socket}\n"));
        }
    }
    text
}
