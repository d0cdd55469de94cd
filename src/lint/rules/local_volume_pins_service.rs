//! A named local volume ties a service to the machine where it is first made.

use crate::compose::model::MountKind;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "M304",
    name: "local-volume-pins-service",
    severity: Severity::Info,
    group: Group::Default,
    needs: Needs::Inventory,
    summary: "A named local volume ties a service to the machine where it is first made.",
    why: "Its data lies on one machine's disk. Later plans keep the service there, even where another machine would be better, and when that machine is lost, so is the data. Placing refuses, as an error, what would need the volume in two places.",
    ignore: "Where that is fine; a constraint to the machine that is meant says so better.",
    example: example!("local_volume_pins_service"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    if !context.several_machines() {
        return;
    }
    let Some(stack) = context.stack else { return };
    for service in context.services().filter(|service| context.allowed(&service.name).len() > 1) {
        let local = service.mounts.iter().filter_map(|mount| match &mount.kind {
            MountKind::Volume { source: Some(source), .. } => Some(source),
            _ => None,
        });
        let local = local.filter(|it| stack.volumes.get(&*it.value).is_some_and(|volume| !volume.shared));
        for volume in local {
            findings.push(
                RULE.finding(format!("`{}` stays where its volume `{}` is first made", service.name, volume.value))
                    .label(volume.span, "a local volume is on one machine")
                    .help("pin it where it is meant to be, `deploy: {placement: {constraints: [node.hostname == m1]}}`, or use a volume that all machines reach (nfs)"),
            );
        }
    }
}
