//! Programs of the container may gain privileges by setuid.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "S609",
    name: "no-new-privileges-missing",
    severity: Severity::Warning,
    group: Group::Hardening,
    needs: Needs::Project,
    summary: "Programs of the container may gain privileges by setuid.",
    why: "With `no-new-privileges` a program can never have more rights than the one that started it (CIS Docker Benchmark 5.25).",
    ignore: "Most files lack it; it is off by itself.",
    example: example!("no_new_privileges_missing"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services().filter(|service| service.provider.is_none()) {
        let set = service
            .security_opt
            .iter()
            .any(|it| it.value.starts_with("no-new-privileges") && !it.value.ends_with("false"));
        if !set {
            findings.push(
                RULE.finding(format!("programs in `{}` may gain privileges", service.name))
                    .label(service.span, "")
                    .help("security_opt: [no-new-privileges:true]"),
            );
        }
    }
}
