//! A service without a limit of processes.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "R412",
    name: "pids-limit-missing",
    severity: Severity::Warning,
    group: Group::Hardening,
    needs: Needs::Project,
    summary: "A service without a limit of processes.",
    why: "A program that forks without end takes all process numbers of the machine (CIS Docker Benchmark 5.29).",
    ignore: "Most files lack it; it is off by itself.",
    example: example!("pids_limit_missing"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services().filter(|service| service.provider.is_none()) {
        if service.pids_limit.is_none() && service.deploy.as_ref().is_none_or(|deploy| deploy.limits.pids.is_none()) {
            findings.push(
                RULE.finding(format!("`{}` has no limit of processes", service.name))
                    .label(service.span, "")
                    .help("pids_limit: 200"),
            );
        }
    }
}
