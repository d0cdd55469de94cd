//! The new container is to start before the old one stops, and both want the same host port.

use crate::compose::model::Order;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "H509",
    name: "update-order-impossible",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "The new container is to start before the old one stops, and both want the same host port.",
    why: "`order: start-first` needs room for both. On one machine the new one fails with \"port is already allocated\"; it works only where there is a further machine free for it.",
    ignore: "",
    example: example!("update_order_impossible"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services().filter(|service| service.network_mode.is_none()) {
        let update = service.deploy.as_ref().and_then(|deploy| deploy.update_config.as_ref());
        let order = update.and_then(|update| update.order.as_ref());
        let Some(order) = order.filter(|order| order.value == Order::StartFirst) else { continue };
        let ports = service.ports.iter().filter_map(|port| port.published.as_ref());
        let replicas = context.replicas(service).0;
        let Some(fixed) = ports.into_iter().find(|it| it.value.count() <= replicas) else { continue };
        let machines = if context.inventory.is_some() { context.allowed(&service.name).len() } else { 1 };
        if machines as u32 <= replicas {
            findings.push(
                RULE.finding(format!(
                    "`{}` cannot start anew before the old one gives its host port back",
                    service.name
                ))
                .label(order.span, "both are to run for a while")
                .label(fixed.span, format!("host port {}", fixed.value))
                .help("order: stop-first"),
            );
        }
    }
}
