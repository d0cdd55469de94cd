//! A tag that Compose does not know.

use crate::diagnostic::nearest;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use crate::yaml::{Node, Value};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "C130",
    name: "unknown-yaml-tag",
    severity: Severity::Error,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A tag that Compose does not know.",
    why: "Compose knows the tags `!reset` and `!override`, and YAML's own such as `!!str`. Any other one is passed over or refused, and does nothing of what its name promises.",
    ignore: "",
    example: example!("unknown_yaml_tag"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    context.written.iter().for_each(|root| visit(root, findings));
}

fn visit(node: &Node, findings: &mut Vec<Diagnostic>) {
    if let Some(tag) = node.tag.as_ref().filter(|tag| !matches!(&*tag.value, "!reset" | "!override" | "!")) {
        let finding = RULE.finding(format!("Compose knows no tag `{}`", tag.value)).label(tag.span, "not known");
        findings.push(match nearest(&tag.value, ["!reset", "!override"]) {
            Some(like) => finding.help(format!("did you mean `{like}`?")),
            None => finding.help("remove it; Compose knows `!reset` and `!override`"),
        });
    }
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(|item| visit(item, findings)),
        Value::Mapping(entries) => entries.values().for_each(|entry| visit(&entry.value, findings)),
        Value::Null | Value::Scalar(_) => {}
    }
}
