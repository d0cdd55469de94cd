//! More is reserved than the limit allows.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use std::fmt::Display;

use crate::compose::model::Service;
use crate::source::Spanned;

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "R401",
    name: "reservation-exceeds-limit",
    severity: Severity::Error,
    group: Group::Default,
    needs: Needs::Project,
    summary: "More is reserved than the limit allows.",
    why: "The engine refuses the container: \"minimum memory limit can not be less than memory reservation limit\". Both spellings count, those of `deploy.resources` and the older ones of the service.",
    ignore: "",
    example: example!("reservation_exceeds_limit"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        let deploy = service.deploy.as_ref();
        let (limits, reserved) = (deploy.map(|it| &it.limits), deploy.map(|it| &it.reservations));
        let cpus = limits.and_then(|it| it.cpus.as_deref()).or(service.cpus.as_deref());
        findings.extend(above(service, "CPUs", reserved.and_then(|it| it.cpus.as_deref()), cpus));
        let memory = limits.and_then(|it| it.memory.as_deref()).or(service.mem_limit.as_deref());
        let wanted = reserved.and_then(|it| it.memory.as_deref()).or(service.mem_reservation.as_deref());
        findings.extend(above(service, "memory", wanted, memory.filter(|limit| limit.value.0 > 0)));
    }
}

fn above<T: PartialOrd + Display>(
    service: &Service,
    what: &str,
    reserved: Option<&Spanned<T>>,
    limit: Option<&Spanned<T>>,
) -> Option<Diagnostic> {
    let (reserved, limit) = (reserved?, limit?);
    (reserved.value > limit.value).then(|| {
        RULE.finding(format!("`{}` reserves more {what} than its limit allows", service.name))
            .label(reserved.span, format!("{} reserved", reserved.value))
            .label(limit.span, format!("at most {}", limit.value))
            .help("raise the limit, or reserve less")
    })
}
