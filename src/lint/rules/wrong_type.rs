//! A value of another type, or another form, than its place takes. Most of it is found by loading; here is what only the
//! files as written show.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use crate::source::Span;
use crate::yaml::{Kind, Node, Scalar, Style, Value};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "C104",
    name: "wrong-type",
    severity: Severity::Error,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A value of another type, or another form, than its place takes.",
    why: "docker compose refuses the file, or the engine refuses the container: a list where a mapping belongs, a number \
          where a text does, a key that is a number, a container name with characters that no name may have.",
    ignore: "",
    example: example!("wrong_type"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for root in context.written {
        keys(context, root, findings);
    }
    for service in context.services() {
        let Some(name) = &service.container_name else { continue };
        if !is_container_name(&name.value) && !name.value.is_empty() {
            findings.push(
                RULE.finding(format!("`{}` cannot be a container's name", name.value))
                    .label(name.span, "letters, digits, `_`, `.` and `-`, at least two, the first a letter or digit")
                    .help(format!("container_name: {}", mended(&name.value))),
            );
        }
    }
}

/// Keys that are no strings: numbers and truth values without quotes.
fn keys(context: &Context<'_>, node: &Node, findings: &mut Vec<Diagnostic>) {
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(|item| keys(context, item, findings)),
        Value::Mapping(entries) => {
            for (key, entry) in entries.iter() {
                if is_no_string(context, key, entry.key) {
                    findings.push(
                        RULE.finding(format!("the key `{key}` must be a string"))
                            .label(entry.key, "without quotes this is no string")
                            .help(format!("quote it: \"{key}\"")),
                    );
                }
                keys(context, &entry.value, findings);
            }
        }
        Value::Null | Value::Scalar(_) => {}
    }
}

fn is_no_string(context: &Context<'_>, key: &str, span: Span) -> bool {
    if key.starts_with(|c: char| c.is_ascii_alphabetic() && !"tfTF".contains(c)) {
        return false;
    }
    let plain = Scalar { text: key.into(), style: Style::Plain };
    context.slice(span) == key && matches!(plain.kind(), Kind::Int(_) | Kind::Float(_) | Kind::Bool(_))
}

/// See the engine's `RestrictedNamePattern`.
fn is_container_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let first = bytes.next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    first && name.len() > 1 && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

fn mended(name: &str) -> String {
    let kept: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '-' }).collect();
    kept.trim_start_matches(['_', '.', '-']).to_owned()
}
