//! Services that find each other by name and can never be on one machine. Planning tells of those that will not be.

use crate::compose::model::{Compose, Service};
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use crate::stack::Machine;

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "M309",
    name: "depends-on-across-machines",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Inventory,
    summary: "Services that find each other by name and are to be on different machines.",
    why: "The networks that are made here end at the machine: the name of a service on another one is not known. With \
          `x-planner: {discovery: proxy}` proxies reach across (`docs/discovery.md`), and so does an overlay network that \
          others made. `planner plan` says the same of where it has placed them, also of those that name another as a host in their \
          environment or command.",
    ignore: "Where they meet by a published port and the machine's address.",
    example: example!("depends_on_across_machines"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    if context.inventory.is_none() {
        return;
    }
    for service in context.services() {
        for (name, dependency) in &service.depends_on {
            let Some(other) = context.compose.services.get(name) else { continue };
            let (here, there) = (context.allowed(&service.name), context.allowed(name));
            let apart = here.iter().all(|machine| there.iter().all(|it| it.name != machine.name));
            if here.is_empty() || there.is_empty() || !apart || !meet_locally(context.compose, service, other) {
                continue;
            }
            if context.stack.is_some_and(|stack| stack.reaches(&service.name, name)) {
                continue;
            }
            findings.push(
                RULE.finding(format!("`{}` will not find `{name}`: they can never be on one machine", service.name))
                    .label(dependency.span, format!("only on {}", names(&there)))
                    .label(service.span, format!("only on {}", names(&here)))
                    .help(
                        "wire the network across machines with `x-planner: {discovery: proxy}` (or `overlay`, where the machines \
                         form a Swarm), or loosen the constraints of one",
                    ),
            );
        }
    }
}

fn names(machines: &[&Machine]) -> String {
    machines.iter().map(|machine| machine.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Whether the networks in which they meet are all made here, on each machine for itself.
fn meet_locally(compose: &Compose, a: &Service, b: &Service) -> bool {
    let joins = |service: &Service, key: &str| {
        service.networks.contains_key(key)
            || key == "default" && service.networks.is_empty() && service.network_mode.is_none()
    };
    let keys = compose.networks.keys().map(|key| &**key).chain(["default"]);
    let mut shared = keys.filter(|key| joins(a, key) && joins(b, key)).peekable();
    let local = |key: &str| {
        compose.networks.get(key).is_none_or(|network| {
            network.external.is_none() && network.driver.as_ref().is_none_or(|driver| &*driver.value != "overlay")
        })
    };
    shared.peek().is_some() && shared.all(local)
}
