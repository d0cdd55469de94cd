//! A limit of CPUs that no machine has.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "R409",
    name: "cpus-exceed-machine",
    severity: Severity::Error,
    group: Group::Default,
    needs: Needs::Inventory,
    summary: "A limit of CPUs that no machine has.",
    why: "The engine refuses a container whose limit is above the number of the machine's CPUs: \"range of CPUs is from 0.01 to …\".",
    ignore: "",
    example: example!("cpus_exceed_machine"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        let limits = service.deploy.as_ref().map(|deploy| &deploy.limits);
        let Some(limit) = service.cpus.as_ref().or(limits.and_then(|limits| limits.cpus.as_ref())) else { continue };
        let machines = context.machines();
        let known = machines.iter().all(|machine| machine.capacity.cpu().0 > 0);
        let Some(largest) = machines.iter().max_by_key(|machine| machine.capacity.cpu().0).filter(|_| known) else {
            continue;
        };
        if limit.value > largest.capacity.cpu() {
            findings.push(
                RULE.finding(format!("`{}` may use {} CPUs, more than any machine has", service.name, limit.value))
                    .label(limit.span, format!("the largest is `{}` with {}", largest.name, largest.capacity.cpu()))
                    .help(format!("cpus: {}", largest.capacity.cpu())),
            );
        }
    }
}
