//! A service without a limit of CPU.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "R407",
    name: "missing-cpu-limit",
    severity: Severity::Warning,
    group: Group::Hardening,
    needs: Needs::Project,
    summary: "A service without a limit of CPU.",
    why: "One busy container can slow all others down. Whether a limit is the right answer is disputed: CPU that nobody else wants is then left unused, and a reservation keeps the others' share as well.",
    ignore: "Most files lack it; it is off by itself.",
    example: example!("missing_cpu_limit"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services().filter(|service| service.provider.is_none()) {
        if service.cpus.is_none() && service.deploy.as_ref().is_none_or(|deploy| deploy.limits.cpus.is_none()) {
            findings.push(
                RULE.finding(format!("`{}` has no limit of CPU", service.name))
                    .label(service.span, "")
                    .help("deploy: {resources: {limits: {cpus: \"2\"}}}"),
            );
        }
    }
}
