//! A container that is told to run as root.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "S612",
    name: "runs-as-root",
    severity: Severity::Info,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A container that is told to run as root.",
    why: "What breaks out of it is root on the machine. An image's own user is seldom root for a reason. (That no user is named at all is not told: nearly no file does.)",
    ignore: "For images that give up root by themselves after starting.",
    example: example!("runs_as_root"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        let Some(user) = &service.user else { continue };
        let name = user.value.split(':').next().unwrap_or_default();
        if name == "root" || name.parse() == Ok(0_u32) {
            findings.push(
                RULE.finding(format!("`{}` runs as root", service.name))
                    .label(user.span, "")
                    .help("user: \"1000:1000\""),
            );
        }
    }
}
