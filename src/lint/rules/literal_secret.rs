//! A password, key or token in the file itself.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::secrets;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use crate::source::Span;
use crate::yaml::{Node, Value};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "S606",
    name: "literal-secret",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A password, key or token in the file itself.",
    why: "Whoever can read the repository, its history, or `docker inspect` has it, and changing it means changing the file everywhere. The value itself is never repeated here.",
    ignore: "For development values that open nothing.",
    example: example!("literal_secret"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for (name, entry) in context.written_services() {
        let places = [entry.value.get("environment"), entry.value.get("build").and_then(|it| it.get("args"))];
        for node in places.into_iter().flatten() {
            of_variables(name, node, findings);
        }
    }
}

fn of_variables(service: &str, node: &Node, findings: &mut Vec<Diagnostic>) {
    match &node.value {
        Value::Mapping(entries) => {
            for (key, entry) in entries.iter() {
                if let Some(scalar) = entry.value.as_scalar() {
                    findings.extend(finding(service, key, &scalar.text, entry.value.span));
                }
            }
        }
        Value::Sequence(items) => {
            for item in items.iter() {
                let pair = item.as_scalar().and_then(|scalar| scalar.text.split_once('='));
                findings.extend(pair.and_then(|(key, value)| finding(service, key, value, item.span)));
            }
        }
        Value::Null | Value::Scalar(_) => {}
    }
}

fn finding(service: &str, key: &str, value: &str, span: Span) -> Option<Diagnostic> {
    let what = secrets::found(key, value)?;
    Some(RULE.finding(format!("`{service}` has {what} in `{key}`"))
        .label(span, "readable by all who read this file")
        .help(format!("{key}: ${{{key}:?}}, set outside of the repository; or a secret and `{key}_FILE`, where the image knows it")))
}
