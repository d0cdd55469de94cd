//! An image from a registry on `localhost`, in a stack for several machines.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "M312",
    name: "localhost-registry",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "An image from a registry on `localhost`, in a stack for several machines.",
    why: "`localhost` is another host on every machine: each looks for the registry on itself.",
    ignore: "Where every machine runs a registry of its own with the same images.",
    example: example!("localhost_registry"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    if !context.meant_for_several() {
        return;
    }
    for service in context.services() {
        let Some(image) = &service.image else { continue };
        let host = image.value.split('/').next().unwrap_or_default();
        let local = host.split(':').next().is_some_and(|name| matches!(name, "localhost" | "127.0.0.1" | "[::1]"));
        if local && image.value.contains('/') {
            findings.push(
                RULE.finding(format!("`{}`: `{host}` is another registry on every machine", service.name))
                    .label(image.span, "pulled from the machine itself")
                    .help("push it to a registry that all machines reach, and name that one"),
            );
        }
    }
}
