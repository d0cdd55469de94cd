//! A dollar sign that was meant for the container is taken for a variable of the project.

use crate::diagnostic::Edit;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::variables::{self, Use};
use crate::lint::{Context, Finder, Group, Needs, Rule};
use crate::source::Span;
use crate::yaml::{Node, Value};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "V202",
    name: "dollar-meant-for-container",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A dollar sign that was meant for the container is taken for a variable of the project.",
    why: "docker compose puts the project's variables into every value before the container sees it. `$HOSTNAME` in a command, or a password with `$` in it, becomes blank where no such variable is set. Two dollar signs stand for one.",
    ignore: "Where the variable is set on the machine that runs the project; better, name it in `variables` of the settings.",
    example: example!("dollar_meant_for_container"),
    finder: Finder::Rule(check),
};

/// Where a shell or a program of the container reads dollar signs of its own.
const KEYS: [&[&str]; 5] = [&["command"], &["entrypoint"], &["healthcheck", "test"], &["post_start"], &["pre_stop"]];

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for (name, entry) in context.written_services() {
        for path in KEYS {
            if let Some(node) = path.iter().try_fold(&entry.value, |node, key| node.get(key)) {
                visit(context, name, node, findings);
            }
        }
        for (key, entry) in entry.value.get("environment").and_then(Node::as_mapping).into_iter().flatten() {
            if key.to_uppercase().contains("PASS") {
                password(context, name, &entry.value, findings);
            }
        }
    }
}

fn visit(context: &Context<'_>, service: &str, node: &Node, findings: &mut Vec<Diagnostic>) {
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(|item| visit(context, service, item, findings)),
        Value::Mapping(entries) => entries.values().for_each(|entry| visit(context, service, &entry.value, findings)),
        Value::Scalar(_) => {
            let uses = variables::in_text(context.slice(node.span));
            // With braces it is likely the project's own; unless the container has a variable of that name.
            let theirs = |name: &str| {
                let service = context.compose.services.get(service).or_else(|| context.compose.inactive.get(service));
                service.is_some_and(|it| it.environment.contains_key(name))
            };
            let unset = |it: &&Use<'_>| {
                it.operator.is_none() && !variables::is_known(context, it.name) && (!it.braced || theirs(it.name))
            };
            for found in uses.iter().filter(unset) {
                findings.push(finding(service, node.span, found, "its command line"));
            }
        }
        Value::Null => {}
    }
}

/// A `$` in the middle of a password is one of its characters.
fn password(context: &Context<'_>, service: &str, node: &Node, findings: &mut Vec<Diagnostic>) {
    let text = context.slice(node.span);
    for found in variables::in_text(text).iter().filter(|it| it.operator.is_none() && !it.braced) {
        let inner = text[..found.range.start].ends_with(|c: char| c.is_alphanumeric());
        if inner && !variables::is_known(context, found.name) {
            findings.push(finding(service, node.span, found, "a password"));
        }
    }
}

fn finding(service: &str, span: Span, found: &Use<'_>, place: &str) -> Diagnostic {
    let start = span.start as usize + found.range.start;
    let at = Span::new(span.file, start..start + found.range.len());
    let dollar = Edit { span: at.at_start(), text: "$".to_owned() };
    RULE.finding(format!("`{service}`: `${}` in {place} becomes blank before the container sees it", found.name))
        .label(at, "no such variable of the project is set")
        .help(format!("write two dollar signs: `$${}`", found.name))
        .fix(false, vec![dollar])
}
