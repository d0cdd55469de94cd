//! A figure that was likely meant in another unit.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "R410",
    name: "suspicious-unit",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A figure that was likely meant in another unit.",
    why: "CPUs are whole processors here, not thousandths: `cpus: 500` asks for five hundred. Memory without a unit counts bytes: a reservation of `512` is 512 bytes, and reserves nothing.",
    ignore: "On machines of that size.",
    example: example!("suspicious_unit"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        let deploy = service.deploy.as_ref();
        let cpus = [
            service.cpus.as_ref(),
            deploy.and_then(|it| it.limits.cpus.as_ref()),
            deploy.and_then(|it| it.reservations.cpus.as_ref()),
        ];
        for cpus in cpus.into_iter().flatten() {
            let whole = cpus.value.0 / 1000;
            if whole >= 100 {
                findings.push(
                    RULE.finding(format!("`{}` asks for {} CPUs", service.name, cpus.value))
                        .label(cpus.span, "thousandths of one?")
                        .help(format!("if so: {}.{:03}", whole / 1000, whole % 1000)),
                );
            }
        }
        let reserved = [service.mem_reservation.as_ref(), deploy.and_then(|it| it.reservations.memory.as_ref())];
        for memory in reserved.into_iter().flatten().filter(|memory| (1..1 << 20).contains(&memory.value.0)) {
            let written = context.slice(memory.span).trim_matches(['"', '\'']);
            findings.push(
                RULE.finding(format!("`{}` reserves {} of memory", service.name, memory.value))
                    .label(memory.span, "MiB?")
                    .help(format!("with a unit: {}m", written.trim_end_matches(|c: char| !c.is_ascii_digit()))),
            );
        }
    }
}
