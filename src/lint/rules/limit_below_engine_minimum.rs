//! A limit that no engine accepts.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "R408",
    name: "limit-below-engine-minimum",
    severity: Severity::Error,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A limit that no engine accepts.",
    why: "Less than 6 MiB of memory or a thousandth of a CPU is refused when the container is made. A number without a unit counts bytes: `mem_limit: 512` is 512 bytes.",
    ignore: "",
    example: example!("limit_below_engine_minimum"),
    finder: Finder::Rule(check),
};

const LEAST_MEMORY: u64 = 6 << 20;

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        let limits = service.deploy.as_ref().map(|deploy| &deploy.limits);
        let memory = service.mem_limit.as_ref().or(limits.and_then(|limits| limits.memory.as_ref()));
        if let Some(limit) = memory.filter(|limit| (1..LEAST_MEMORY).contains(&limit.value.0)) {
            let written = context.slice(limit.span).trim_matches(['"', '\'']);
            let finding = RULE
                .finding(format!("`{}`: {} of memory is less than an engine accepts", service.name, limit.value))
                .label(limit.span, "at least 6m");
            let bare = written.bytes().all(|byte| byte.is_ascii_digit());
            findings.push(if bare { finding.help(format!("with a unit: {written}m")) } else { finding });
        }
        // Zero stands for no limit.
        let cpus = service.cpus.as_ref().or(limits.and_then(|limits| limits.cpus.as_ref()));
        let written = cpus.map(|it| context.slice(it.span).trim_matches(['"', '\'']));
        let tiny = written.and_then(|text| text.parse::<f64>().ok()).is_some_and(|value| value > 0.0 && value < 0.001);
        if let Some(limit) = cpus.filter(|_| tiny) {
            findings.push(
                RULE.finding(format!("`{}`: such a small part of a CPU is less than an engine accepts", service.name))
                    .label(limit.span, "at least 0.001")
                    .help("cpus: 0.1"),
            );
        }
    }
}
