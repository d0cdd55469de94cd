//! One variable has different defaults in different places.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use std::collections::BTreeMap;

use crate::lint::variables;
use crate::source::Span;

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "V207",
    name: "inconsistent-default",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "One variable has different defaults in different places.",
    why: "Where it is not set, one part of the project goes by one value and another part by another: two versions of one image, two passwords of one database.",
    ignore: "Where the places are meant to differ.",
    example: example!("inconsistent_default"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let mut defaults: BTreeMap<String, Vec<(String, Span)>> = BTreeMap::new();
    variables::each(context, &mut |found, span| {
        if matches!(found.operator, Some("-" | ":-")) && !variables::is_known(context, found.name) {
            defaults.entry(found.name.to_owned()).or_default().push((found.word.to_owned(), span));
        }
    });
    for (name, places) in defaults {
        let (first, span) = &places[0];
        let Some((other, at)) = places.iter().find(|(word, _)| word != first && !word.is_empty() && !first.is_empty())
        else {
            continue;
        };
        findings.push(
            RULE.finding(format!("`{name}` is `{first}` in one place and `{other}` in another where it is not set"))
                .label(*at, format!("here `{other}`"))
                .label(*span, format!("here `{first}`"))
                .help(format!("set `{name}` in .env, or give the same default everywhere")),
        );
    }
}
