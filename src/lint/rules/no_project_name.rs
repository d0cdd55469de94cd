//! A project without a name of its own.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "Y708",
    name: "no-project-name",
    severity: Severity::Info,
    group: Group::Style,
    needs: Needs::Project,
    summary: "A project without a name of its own.",
    why: "Its name is then that of the folder: the same files in another folder are another project, with other containers and volumes.",
    ignore: "",
    example: example!("no_project_name"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let named = context.written.iter().any(|root| root.get("name").is_some());
    let first = context.written.first().and_then(|root| root.as_mapping()?.iter().next());
    if let Some((_, entry)) = first.filter(|_| !named) {
        findings.push(
            RULE.finding("the project is named after its folder")
                .label(entry.key.at_start(), "")
                .help("name: my-project"),
        );
    }
}
