//! A privileged container.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "S602",
    name: "privileged",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A privileged container.",
    why: "It has every capability and every device of the machine, without seccomp or AppArmor: leaving the container takes one command.",
    ignore: "For programs that manage the machine itself; better, the single capabilities and devices that they need.",
    example: example!("privileged"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        let Some(privileged) = service.privileged.as_ref().filter(|it| it.value) else { continue };
        findings.push(
            RULE.finding(format!("`{}` has all of the machine's powers", service.name))
                .label(privileged.span, "")
                .help("grant what it needs: `cap_add`, `devices`"),
        );
    }
}
