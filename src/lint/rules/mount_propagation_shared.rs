//! A mount whose changes spread to the machine.

use crate::compose::model::MountKind;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "S617",
    name: "mount-propagation-shared",
    severity: Severity::Warning,
    group: Group::Hardening,
    needs: Needs::Project,
    summary: "A mount whose changes spread to the machine.",
    why: "With `shared` or `rshared`, what the container mounts below it appears on the machine, and in other containers.",
    ignore: "For programs that mount for others.",
    example: example!("mount_propagation_shared"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        for mount in &service.mounts {
            let MountKind::Bind { propagation: Some(propagation), .. } = &mount.kind else { continue };
            if matches!(propagation.value.0, "shared" | "rshared") {
                findings.push(
                    RULE.finding(format!(
                        "what `{}` mounts at {} appears on the machine",
                        service.name, mount.target.value
                    ))
                    .label(propagation.span, "")
                    .help("rslave, if only the machine's mounts are to be seen within"),
                );
            }
        }
    }
}
