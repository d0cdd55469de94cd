//! A GPU or a named resource that no machine has.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "M314",
    name: "device-or-gpu-unavailable",
    severity: Severity::Error,
    group: Group::Default,
    needs: Needs::Inventory,
    summary: "A GPU or a named resource that no machine has.",
    why: "What the inventory does not name for any machine is nowhere: such a container could never be placed.",
    ignore: "",
    example: example!("device_or_gpu_unavailable"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(stack) = context.stack else { return };
    for service in &stack.services {
        for (resource, wanted) in service.demand.iter().filter(|(it, wanted)| !it.is_implicit() && *wanted > 0) {
            let span = service.demand_spans.get(resource).copied();
            let Some(span) = span.filter(|_| stack.machines.iter().all(|it| it.capacity.get(resource) == 0)) else {
                continue;
            };
            findings.push(
                RULE.finding(format!("`{}` asks for {wanted} {resource}, which no machine has", service.name))
                    .label(span, "asked for here")
                    .help(format!("say in the inventory which machine has it: `{resource}: {wanted}`")),
            );
        }
    }
}
