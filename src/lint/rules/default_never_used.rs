//! A default that never counts, since `.env` sets the variable.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::variables;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "V208",
    name: "default-never-used",
    severity: Severity::Info,
    group: Group::Style,
    needs: Needs::Project,
    summary: "A default that never counts, since `.env` sets the variable.",
    why: "The value in the compose file suggests something that does not happen in this project as it lies here.",
    ignore: "Where the file is used without this `.env` as well.",
    example: example!("default_never_used"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    variables::each(context, &mut |found, span| {
        let value = context.environment.get(found.name).unwrap_or_default();
        let set = context.environment.span(found.name).filter(|_| value != found.word && !value.is_empty());
        if let (Some("-" | ":-"), Some(set)) = (found.operator, set) {
            findings.push(
                RULE.finding(format!("the default `{}` of `{}` never counts", found.word, found.name))
                    .label(span, "")
                    .label(set, "set here to another value")
                    .help("give the same default, or none"),
            );
        }
    });
}
