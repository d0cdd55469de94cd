//! A database that has only ten seconds to stop.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::image;
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "H510",
    name: "stop-grace-too-short",
    severity: Severity::Info,
    group: Group::Capacity,
    needs: Needs::Project,
    summary: "A database that has only ten seconds to stop.",
    why: "After `stop_grace_period`, ten seconds where nothing is said, the engine kills. A database that is still writing then has to recover at its next start, or has lost something.",
    ignore: "For small or throw-away databases.",
    example: example!("stop_grace_too_short"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services().filter(|service| service.stop_grace_period.is_none()) {
        let Some(image) = service.image.as_ref().filter(|it| image::is_database(&it.value)) else { continue };
        findings.push(
            RULE.finding(format!("`{}` is killed after ten seconds of stopping", service.name))
                .label(image.span, "a database")
                .help("stop_grace_period: 1m"),
        );
    }
}
