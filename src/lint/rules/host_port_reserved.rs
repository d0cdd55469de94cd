//! A fixed host port that the inventory reserves on every machine where the service may run.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "M303",
    name: "host-port-reserved",
    severity: Severity::Error,
    group: Group::Default,
    needs: Needs::Inventory,
    summary: "A fixed host port that the inventory reserves on every machine where the service may run.",
    why: "What is reserved belongs to something else there, such as sshd on port 22; a container that took it would cut it off, or fail to start.",
    ignore: "",
    example: example!("host_port_reserved"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services().filter(|service| service.network_mode.is_none()) {
        let allowed = context.allowed(&service.name);
        for port in &service.ports {
            let Some(host) = port.published.as_ref().filter(|range| range.value.count() == 1) else { continue };
            let reserved = |machine: &&&crate::stack::Machine| {
                machine.taken_ports.iter().any(|taken| taken.ports.contains(host.value.first))
            };
            let taken: Vec<&str> = allowed.iter().filter(reserved).map(|machine| machine.name.as_str()).collect();
            if !taken.is_empty() && taken.len() == allowed.len() {
                let mut finding = RULE
                    .finding(format!(
                        "host port {} of `{}` is reserved on every machine it may run on",
                        host.value, service.name
                    ))
                    .label(host.span, "not to be used");
                for place in places(context, host.value.first, &taken) {
                    finding = finding.label(place, "reserved here");
                }
                findings.push(finding.help("publish another port, or take this one off `reserved_ports`"));
            }
        }
    }
}

/// Where the inventory reserves the port, each place once.
fn places(context: &Context<'_>, port: u16, machines: &[&str]) -> Vec<crate::source::Span> {
    let inventory = context.inventory.map_or(&[][..], |inventory| &inventory.machines);
    let named = inventory.iter().filter(|machine| machines.contains(&machine.name.value.as_str()));
    let mut places: Vec<_> =
        named.flat_map(|it| &it.reserved_ports).filter(|it| it.value.contains(port)).map(|it| it.span).collect();
    places.sort_unstable();
    places.dedup();
    places
}
