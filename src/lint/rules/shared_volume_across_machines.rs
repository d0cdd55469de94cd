//! Two services share a local volume, and no machine may run both.

use crate::compose::model::{MountKind, Service};
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use crate::source::{Span, Spanned, Text};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "M306",
    name: "shared-volume-across-machines",
    severity: Severity::Error,
    group: Group::Default,
    needs: Needs::Inventory,
    summary: "Two services share a local volume, and no machine may run both.",
    why: "A local volume is on one machine. Each would find a volume of that name of its own, with other data in it.",
    ignore: "",
    example: example!("shared_volume_across_machines"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(stack) = context.stack else { return };
    let services: Vec<&Service> = context.services().collect();
    for (index, service) in services.iter().enumerate() {
        for volume in volumes(service).filter(|it| stack.volumes.get(&*it.value).is_some_and(|it| !it.shared)) {
            for other in &services[..index] {
                let Some(theirs) = volumes(other).find(|it| it.value == volume.value) else { continue };
                let (ours, others) = (context.allowed(&service.name), context.allowed(&other.name));
                let apart = !ours.iter().any(|machine| others.iter().any(|it| it.name == machine.name));
                if apart && !ours.is_empty() && !others.is_empty() {
                    findings.push(finding(context, (service, volume.span), (other, theirs.span), &volume.value));
                }
            }
        }
    }
}

fn finding(context: &Context<'_>, (a, at): (&Service, Span), (b, there): (&Service, Span), volume: &str) -> Diagnostic {
    let names = |service: &Service| {
        let machines = context.allowed(&service.name);
        machines.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    RULE.finding(format!(
        "`{}` and `{}` share the local volume `{volume}` and can never be on one machine",
        b.name, a.name
    ))
    .label(at, format!("`{}` may run on {}", a.name, names(a)))
    .label(there, format!("`{}` may run on {}", b.name, names(b)))
    .help("loosen the constraints of one, or use a volume that all machines reach (nfs)")
}

fn volumes(service: &Service) -> impl Iterator<Item = &Spanned<Text>> {
    service.mounts.iter().filter_map(|mount| match &mount.kind {
        MountKind::Volume { source, .. } => source.as_ref(),
        _ => None,
    })
}
