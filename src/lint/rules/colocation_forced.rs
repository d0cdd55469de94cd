//! Services that share a namespace or volumes run as one unit, on one machine.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use crate::units::Amounts;

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "M307",
    name: "colocation-forced",
    severity: Severity::Info,
    group: Group::Default,
    needs: Needs::Inventory,
    summary: "Services that share a namespace or volumes run as one unit, on one machine.",
    why: "`network_mode`, `ipc` and `pid` with `service:`, `volumes_from` and `links` work within one engine only. What they ask for together must fit one machine.",
    ignore: "Where that is meant: it is told so that nobody is surprised by it.",
    example: example!("colocation_forced"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(stack) = context.stack.filter(|_| context.several_machines()) else { return };
    for service in &stack.services {
        // A shared volume is told of elsewhere.
        let shares_volume = |name: &str| {
            let theirs = stack.service(name).map_or(&[][..], |other| &other.local_volumes);
            service.local_volumes.iter().any(|own| theirs.iter().any(|other| other.value == own.value))
        };
        let Some(other) = service.together_with.iter().find(|it| !shares_volume(&it.value)) else { continue };
        let Some(partner) = stack.service(&other.value) else { continue };
        let mut sum = Amounts::new();
        sum.add(&service.demand, 1);
        sum.add(&partner.demand, 1);
        let message = format!("`{}` runs where `{}` runs: they are placed as one unit", service.name, other.value);
        findings.push(RULE.finding(message).label(other.span, "works on one machine only").note(format!(
            "together they ask for {} CPUs and {}",
            sum.cpu(),
            sum.memory()
        )));
    }
}
