//! A container that can change its own files.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "S611",
    name: "writable-rootfs",
    severity: Severity::Warning,
    group: Group::Hardening,
    needs: Needs::Project,
    summary: "A container that can change its own files.",
    why: "With `read_only: true`, and `tmpfs` or volumes for what must be written, an intruder cannot leave anything behind. Many images need changes for it.",
    ignore: "Most files lack it; it is off by itself.",
    example: example!("writable_rootfs"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services().filter(|service| service.provider.is_none()) {
        if service.read_only.as_ref().is_none_or(|it| !it.value) {
            findings.push(
                RULE.finding(format!("`{}` can change its own files", service.name))
                    .label(service.read_only.as_ref().map_or(service.span, |it| it.span), "")
                    .help("read_only: true"),
            );
        }
    }
}
