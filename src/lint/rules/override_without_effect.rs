//! An override that says again what the file before it says.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use crate::yaml::{Node, Value};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "Y711",
    name: "override-without-effect",
    severity: Severity::Info,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A value of an override file that stands in the file before it as well.",
    why: "It overrides nothing, and when the first file is changed it quietly keeps the old value.",
    ignore: "Where the override is used over other files as well.",
    example: example!("override_without_effect"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for (index, layer) in context.layers.iter().enumerate().skip(1) {
        // What counts is the last file before it that says anything of the key.
        let before: Vec<&Node> = context.layers[..index].iter().rev().copied().collect();
        for section in ["services", "networks", "volumes", "secrets", "configs"] {
            if let Some(node) = layer.get(section) {
                let before = before.iter().filter_map(|layer| layer.get(section)).collect();
                compare(node, before, &mut vec![section.into()], findings);
            }
        }
    }
}

/// Single values only: lists and mappings are merged, and what is tagged is merged in another way.
fn compare(node: &Node, before: Vec<&Node>, path: &mut Vec<Arc<str>>, findings: &mut Vec<Diagnostic>) {
    let Some(last) = before.first().filter(|last| last.tag.is_none() && node.tag.is_none()) else { return };
    match &node.value {
        Value::Mapping(entries) => {
            for (key, entry) in entries.iter() {
                let before = before.iter().filter_map(|node| node.get(key)).collect();
                path.push(key.clone());
                compare(&entry.value, before, path, findings);
                path.pop();
            }
        }
        // An anchor's value is the same place for both.
        Value::Scalar(_) if node.value == last.value && node.span != last.span => findings.push(
            RULE.finding(format!("`{}` is overridden with the same value", path.join(".")))
                .label(node.span, "")
                .label(last.span, "said here already")
                .help("leave it out here"),
        ),
        _ => {}
    }
}
