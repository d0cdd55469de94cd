//! A preference to spread over a label that no machine has, or that has one value everywhere.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "H501",
    name: "spread-impossible",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Inventory,
    summary: "A preference to spread over a label that no machine has, or that has one value everywhere.",
    why: "All machines count as one group then, and nothing is spread: the stack survives less than it looks.",
    ignore: "",
    example: example!("spread_impossible"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    if !context.several_machines() {
        return;
    }
    for service in context.services().filter(|service| context.replicas(service).0 > 1) {
        let spread = service.deploy.as_ref().map_or(&[][..], |deploy| &deploy.placement.spread);
        let allowed = context.allowed(&service.name);
        for key in spread {
            let values: std::collections::BTreeSet<&str> =
                allowed.iter().filter_map(|it| it.attributes.get(&*key.value)).map(String::as_str).collect();
            let seen = match values.len() {
                0 => "no machine has it".to_owned(),
                1 => format!("it is `{}` on every machine", values.first().unwrap_or(&"")),
                _ => continue,
            };
            findings.push(
                RULE.finding(format!("`{}` cannot be spread over `{}`", service.name, key.value))
                    .label(key.span, seen)
                    .help("give the machines that label, with different values"),
            );
        }
    }
}
