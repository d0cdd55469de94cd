//! A container that keeps the engine's usual capabilities.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "S610",
    name: "cap-drop-missing",
    severity: Severity::Warning,
    group: Group::Hardening,
    needs: Needs::Project,
    summary: "A container that keeps the engine's usual capabilities.",
    why: "Of the fourteen that an engine grants, most programs need none. `cap_drop: [ALL]`, and `cap_add` for those that are needed.",
    ignore: "Most files lack it; it is off by itself.",
    example: example!("cap_drop_missing"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services().filter(|service| service.provider.is_none()) {
        let dropped = service.cap_drop.iter().any(|it| it.value.eq_ignore_ascii_case("all"));
        if !dropped {
            findings.push(
                RULE.finding(format!("`{}` keeps capabilities that it may not need", service.name))
                    .label(service.cap_drop.first().map_or(service.span, |it| it.span), "")
                    .help("cap_drop: [ALL]"),
            );
        }
    }
}
