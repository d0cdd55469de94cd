//! A published service with several replicas and no health check.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "H507",
    name: "published-with-replicas-without-healthcheck",
    severity: Severity::Info,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A published service with several replicas and no health check.",
    why: "When its containers are replaced one after the other, nothing tells when the new one is ready: the next is stopped while the first still starts, and callers find nobody.",
    ignore: "Where the image brings its own HEALTHCHECK.",
    example: example!("published_with_replicas_without_healthcheck"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services().filter(|it| it.healthcheck.is_none() && !it.ports.is_empty()) {
        let (replicas, asked) = context.replicas(service);
        if replicas > 1 {
            findings.push(
                RULE.finding(format!("nothing tells when a replica of `{}` is ready", service.name))
                    .label(asked, "replaced one after the other")
                    .help("healthcheck:\n  test: [\"CMD\", \"…\"]"),
            );
        }
    }
}
