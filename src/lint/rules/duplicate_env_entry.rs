//! A variable that is set twice in one list.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use std::collections::HashMap;

use crate::source::Span;
use crate::yaml::Node;

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "Y706",
    name: "duplicate-env-entry",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A variable that is set twice in one list.",
    why: "The last one counts, without a word about it.",
    ignore: "",
    example: example!("duplicate_env_entry"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for (name, entry) in context.written_services() {
        let places = [
            ("environment", entry.value.get("environment")),
            ("labels", entry.value.get("labels")),
            ("build.args", entry.value.get("build").and_then(|build| build.get("args"))),
        ];
        for (key, node) in places {
            let mut seen: HashMap<&str, Span> = HashMap::new();
            for item in node.and_then(Node::as_sequence).into_iter().flatten() {
                let Some(text) = item.as_scalar().map(|scalar| &*scalar.text) else { continue };
                let variable = text.split('=').next().unwrap_or_default();
                if let Some(first) = seen.insert(variable, item.span) {
                    let finding = RULE
                        .finding(format!("`{name}` sets `{variable}` twice in `{key}`"))
                        .label(first, "this one does not count")
                        .label(item.span, "the last one does")
                        .help("remove the first");
                    findings.push(match context.remove_lines(first) {
                        Some(edit) => finding.fix(true, vec![edit]),
                        None => finding,
                    });
                }
            }
        }
    }
}
