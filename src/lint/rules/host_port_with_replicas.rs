//! Several replicas on one fixed host port.

use crate::compose::model::Service;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use crate::stack::asks_for_ingress;

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "M302",
    name: "host-port-with-replicas",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "Several replicas on one fixed host port.",
    why: "A host port is one container's on each machine. On one engine every replica but the first fails with \"port is already allocated\"; over several machines no two replicas can share one. With an inventory, placing says whether there are machines enough (M301).",
    ignore: "Where the file is only ever used with as many machines as replicas.",
    example: example!("host_port_with_replicas"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    if context.inventory.is_some() {
        return;
    }
    let direct = |service: &&Service| service.network_mode.is_none() && !asks_for_ingress(context.compose, service);
    for service in context.services().filter(direct) {
        findings.extend(of_service(context, service));
    }
}

fn of_service(context: &Context<'_>, service: &Service) -> Option<Diagnostic> {
    let (replicas, asked) = context.replicas(service);
    let ports = service.ports.iter().filter_map(|port| port.published.as_ref());
    let short = ports.filter(|published| published.value.count() < replicas).min_by_key(|it| it.value.count())?;
    let range = short.value;
    let last = u32::from(range.first) + replicas - 1;
    let message = match range.count() {
        1 => format!("{replicas} replicas of `{}` want host port {range}", service.name),
        count => format!("{replicas} replicas of `{}` share {count} host ports, {range}", service.name),
    };
    let target = service.ports.iter().find(|port| port.published.as_ref() == Some(short))?.target.value;
    let help = match u16::try_from(last) {
        Ok(last) => format!("one port for each: \"{}-{last}:{target}\", or any free one: \"{target}\"", range.first),
        Err(_) => format!("let the engine choose: \"{target}\""),
    };
    Some(
        RULE.finding(message)
            .label(short.span, "on one engine, one container can have it")
            .label(asked, format!("{replicas} asked for"))
            .help(help),
    )
}
