//! Who will not find whom: the networks made here end at the machine.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::stack::{Service, Stack};

use super::model::Plan;

/// One warning for all services that depend on another by name and will be on a machine where none of it is. An
/// overlay network, which others made, does reach across.
pub fn out_of_reach(stack: &Stack, plan: &Plan) -> Option<Diagnostic> {
    if plan.is_empty() {
        return None;
    }
    let machines = |service: &str| -> BTreeSet<&str> {
        plan.placement.iter().filter(|it| it.service == service).map(|it| it.machine.as_str()).collect()
    };
    let mut finding =
        Diagnostic::warning("M309", "names do not reach across machines: some services will not find each other");
    for service in &stack.services {
        let here = machines(&service.name);
        for dependency in &service.depends_on {
            let Some(other) = stack.service(&dependency.service).filter(|other| {
                share_local_network(stack, service, other) && !stack.reaches(&service.name, &other.name)
            }) else {
                continue;
            };
            let there = machines(&other.name);
            let alone: Vec<&str> = here.difference(&there).copied().collect();
            if !alone.is_empty() && !there.is_empty() {
                let there = there.into_iter().collect::<Vec<_>>().join(", ");
                finding =
                    finding.note(format!("`{}` on {}: `{}` is on {there}", service.name, alone.join(", "), other.name));
            }
        }
    }
    if finding.notes.is_empty() {
        return None;
    }
    Some(finding.help(
        "wire the network: `x-planner: {discovery: proxy}` (`overlay`, where the machines form a Swarm; `hosts` reaches \
         services with one replica alone), and `expose` where a port is not named; or keep them on one machine (a placement \
         constraint)",
    ))
}

/// Whether two services meet in a network that we make, which is local to each machine.
fn share_local_network(stack: &Stack, a: &Service, b: &Service) -> bool {
    let local = |name: &str| {
        let network = stack.networks.values().find(|network| network.name == name);
        network.is_some_and(|network| !network.external && network.driver.as_deref() != Some("overlay"))
    };
    a.container.networks.iter().any(|it| b.container.joins(&it.network) && local(&it.network))
}
