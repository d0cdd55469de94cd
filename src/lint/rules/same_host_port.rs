//! Two containers that will run on one engine want the same host port.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::compose::model::{Port, Service};
use crate::units::PortRange;

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "C124",
    name: "same-host-port",
    severity: Severity::Error,
    group: Group::Default,
    needs: Needs::Project,
    summary: "Two containers that will run on one engine want the same host port.",
    why: "The first to start gets the port; the other fails with \"port is already allocated\", and which one that is changes from run to run. `0.0.0.0` and `::` clash with every address of their family; two different addresses do not clash, nor do tcp and udp.",
    ignore: "Where the services run on different machines by other means than this file.",
    example: example!("same_host_port"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let mut seen: std::collections::HashMap<u16, Vec<(&Service, &Port)>> = std::collections::HashMap::new();
    for service in context.services().filter(|it| it.network_mode.is_none() && context.replicas(it).0 > 0) {
        for port in &service.ports {
            let Some(host) = port.published.as_ref().filter(|range| range.value.count() == 1) else { continue };
            let others = seen.entry(host.value.first).or_default();
            let clash = others.iter().find(|(other, taken)| clash(taken, port) && meet(context, other, service));
            if let Some((other, taken)) = clash.filter(|(_, taken)| **taken != *port) {
                findings.push(finding(context, (service, port), (other, taken), host.value));
            }
            others.push((service, port));
        }
    }
}

fn finding(
    context: &Context<'_>,
    (service, port): (&Service, &Port),
    (other, taken): (&Service, &Port),
    host: PortRange,
) -> Diagnostic {
    let message = if service.name == other.name {
        format!("service `{}` publishes host port {host} twice", service.name)
    } else {
        format!("`{}` and `{}` both want host port {host}", other.name, service.name)
    };
    let place = |port: &Port| port.published.as_ref().map_or(port.span, |published| published.span);
    let help = if service.name != other.name {
        "give one of them another host port, or put them on different machines"
    } else if place(port).file == place(taken).file {
        "remove one of them"
    } else {
        "the lists of both files are put together; `ports: !override` replaces the other one"
    };
    let mut finding = RULE
        .finding(message)
        .label(place(port), "only one can have it")
        .label(place(taken), format!("taken by `{}`", other.name))
        .help(help);
    if service.name != other.name && context.meant_for_several() {
        finding.severity = Severity::Warning;
    }
    finding
}

/// Whether two services will be on one engine. With several machines that is for placing to say.
fn meet(context: &Context<'_>, a: &Service, b: &Service) -> bool {
    a.name == b.name || !context.several_machines()
}

fn clash(a: &Port, b: &Port) -> bool {
    let address = |port: &Port| port.host_ip.as_ref().map(|it| it.value);
    let any = |ip: IpAddr| ip == IpAddr::V4(Ipv4Addr::UNSPECIFIED) || ip == IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    a.protocol.value == b.protocol.value
        && match (address(a), address(b)) {
            (None, _) | (_, None) => true,
            (Some(x), Some(y)) => x == y || x.is_ipv4() == y.is_ipv4() && (any(x) || any(y)),
        }
}
