//! Services on the host's network that open the same port, and may meet on one machine.

use crate::compose::model::Service;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use crate::source::Span;
use crate::units::PortRange;

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "M316",
    name: "network-mode-host-port-clash",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Inventory,
    summary: "Services on the host's network that open the same port, and may meet on one machine.",
    why: "With `network_mode: host` a container's ports are the machine's. Nothing publishes them, so that nothing keeps two apart: the second fails when its program binds the port.",
    ignore: "Where the two never listen at the same time.",
    example: example!("network_mode_host_port_clash"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    if context.inventory.is_none() {
        return;
    }
    let mut seen: Vec<(&Service, u16, Span)> = Vec::new();
    let host = |service: &&Service| service.network_mode.as_ref().is_some_and(|mode| &*mode.value == "host");
    for service in context.services().filter(host) {
        for (port, span) in service.expose.iter().filter_map(|it| Some((number(&it.value)?, it.span))) {
            let meet = |other: &Service| {
                let theirs = context.allowed(&other.name);
                context.allowed(&service.name).iter().any(|own| theirs.iter().any(|it| it.name == own.name))
            };
            let clash =
                seen.iter().find(|(other, taken, _)| *taken == port && other.name != service.name && meet(other));
            if let Some((other, _, there)) = clash {
                findings.push(
                    RULE.finding(format!(
                        "`{}` and `{}` both open port {port} of their machine",
                        other.name, service.name
                    ))
                    .label(span, "on the host's network")
                    .label(*there, format!("`{}` opens it as well", other.name))
                    .help("keep them apart with constraints, or let one listen elsewhere"),
                );
            }
            seen.push((service, port, span));
        }
    }
}

fn number(text: &str) -> Option<u16> {
    PortRange::parse(text.split('/').next()?).ok().filter(|range| range.count() == 1).map(|range| range.first)
}
