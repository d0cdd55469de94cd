//! A variable in a key, where none is put in.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::variables;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use crate::yaml::{Node, Value};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "V209",
    name: "variable-in-key",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A variable in a key, where none is put in.",
    why: "Interpolation changes values only. `${NAME}` in a key stays as it is: a label named `traefik.http.routers.${NAME}.rule` is taken literally.",
    ignore: "",
    example: example!("variable_in_key"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    context.written.iter().for_each(|root| visit(root, "", findings));
}

fn visit(node: &Node, parent: &str, findings: &mut Vec<Diagnostic>) {
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(|item| visit(item, parent, findings)),
        Value::Mapping(entries) => {
            for (key, entry) in entries.iter() {
                if let Some(found) = variables::in_text(key).iter().find(|found| found.braced) {
                    let mut finding = RULE
                        .finding(format!("`${{{}}}` in a key is not replaced", found.name))
                        .label(entry.key, "keys are taken literally");
                    if matches!(parent, "labels" | "environment" | "args" | "annotations") {
                        finding = finding.help("write the list form, of which each item is a value: `- \"KEY=value\"`");
                    }
                    findings.push(finding);
                }
                visit(&entry.value, key, findings);
            }
        }
        Value::Null | Value::Scalar(_) => {}
    }
}
