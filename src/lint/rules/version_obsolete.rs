//! The key `version` at the top, which means nothing any more.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "Y703",
    name: "version-obsolete",
    severity: Severity::Info,
    group: Group::Default,
    needs: Needs::Project,
    summary: "The key `version` at the top, which means nothing any more.",
    why: "docker compose passes over it with a warning since 2.25; no feature hangs on it.",
    ignore: "",
    example: example!("version_obsolete"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for root in context.written {
        let Some(entry) = root.as_mapping().and_then(|root| root.get("version")) else { continue };
        let whole = crate::source::Span { end: entry.value.span.end.max(entry.key.end), ..entry.key };
        let finding = RULE.finding("`version` has no effect").label(entry.key, "passed over").help("remove the line");
        findings.push(match context.remove_lines(whole) {
            Some(edit) => finding.fix(true, vec![edit]),
            None => finding,
        });
    }
}
