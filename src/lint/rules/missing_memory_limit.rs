//! A service without a limit of memory.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "R406",
    name: "missing-memory-limit",
    severity: Severity::Warning,
    group: Group::Hardening,
    needs: Needs::Project,
    summary: "A service without a limit of memory.",
    why: "One container with a leak takes the whole machine's memory, and the kernel ends others' processes in its place.",
    ignore: "Most files lack it; it is off by itself.",
    example: example!("missing_memory_limit"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services().filter(|service| service.provider.is_none()) {
        if service.mem_limit.is_none() && service.deploy.as_ref().is_none_or(|deploy| deploy.limits.memory.is_none()) {
            findings.push(
                RULE.finding(format!("`{}` has no limit of memory", service.name))
                    .label(service.span, "")
                    .help("deploy: {resources: {limits: {memory: 512m}}}"),
            );
        }
    }
}
