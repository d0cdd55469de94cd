//! A service without a health check.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "H506",
    name: "healthcheck-missing",
    severity: Severity::Warning,
    group: Group::Hardening,
    needs: Needs::Project,
    summary: "A service without a health check.",
    why: "Nobody can tell when it is ready, or that it hangs (CIS Docker Benchmark 5.27). The image may bring one of its own.",
    ignore: "Most files lack it; it is off by itself.",
    example: example!("healthcheck_missing"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services().filter(|service| service.provider.is_none()) {
        if service.healthcheck.is_none() {
            findings.push(
                RULE.finding(format!("`{}` has no health check", service.name))
                    .label(service.span, "")
                    .help("healthcheck: {test: [\"CMD\", \"…\"]}"),
            );
        }
    }
}
