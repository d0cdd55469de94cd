//! So few machines for the members of a majority system that one machine holds the majority's fate.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::image;
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "H504",
    name: "quorum-not-spread",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Inventory,
    summary: "So few machines for the members of a majority system that one machine holds the majority's fate.",
    why: "With three members on two machines, one machine has two of them: when it is lost, the majority is lost.",
    ignore: "",
    example: example!("quorum_not_spread"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    if context.inventory.is_none() {
        return;
    }
    for service in context.services() {
        let (replicas, asked) = context.replicas(service);
        let Some(system) = service.image.as_ref().and_then(|it| image::quorum(&it.value)) else { continue };
        let machines = context.allowed(&service.name).len() as u32;
        if replicas < 3 || machines == 0 {
            continue;
        }
        let most = replicas.div_ceil(machines);
        let majority = replicas / 2 + 1;
        if replicas - most < majority {
            findings.push(
                RULE.finding(format!("the loss of one machine takes the majority of {system} (`{}`)", service.name))
                    .label(asked, format!("{replicas} members, {machines} machines may run them"))
                    .help("allow it three machines or more"),
            );
        }
    }
}
