//! A port published on every address of the machine.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "S608",
    name: "port-all-interfaces",
    severity: Severity::Warning,
    group: Group::Hardening,
    needs: Needs::Project,
    summary: "A port published on every address of the machine.",
    why: "Docker's rules stand before the machine's firewall. Most services are meant to be reached, which is why this is off; over several machines an address of 127.0.0.1 cuts services off from each other.",
    ignore: "Most files lack it; it is off by itself.",
    example: example!("port_all_interfaces"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        for port in service.ports.iter().filter(|it| it.host_ip.as_ref().is_none_or(|ip| ip.value.is_unspecified())) {
            findings.push(
                RULE.finding(format!("`{}` publishes port {} on every address", service.name, port.target.value))
                    .label(port.span, "")
                    .help("name the address that it is meant for"),
            );
        }
    }
}
