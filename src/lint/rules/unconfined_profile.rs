//! The kernel's protections are switched off.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "S613",
    name: "unconfined-profile",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "The kernel's protections are switched off.",
    why: "seccomp, AppArmor and SELinux keep a container from hundreds of system calls and files that it never needs. `unconfined` and `label:disable` take them away.",
    ignore: "For debuggers and programs that need it; better, a profile of their own.",
    example: example!("unconfined_profile"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        for option in &service.security_opt {
            let (name, value) = option.value.split_once(['=', ':']).unwrap_or((&option.value, ""));
            let off = match name.trim() {
                "seccomp" | "apparmor" | "systempaths" => value.trim() == "unconfined",
                "label" => value.trim() == "disable" || value.trim() == "seccomp:unconfined",
                _ => false,
            };
            if off {
                let finding = RULE
                    .finding(format!("`{}` runs without {}", service.name, protection(name.trim())))
                    .label(option.span, "")
                    .help("remove it, or name a profile of its own");
                findings.push(match context.remove_lines(option.span) {
                    Some(edit) if service.security_opt.len() > 1 => finding.fix(false, vec![edit]),
                    _ => finding,
                });
            }
        }
    }
}

fn protection(name: &str) -> &'static str {
    match name {
        "seccomp" => "the filter of system calls (seccomp)",
        "apparmor" => "AppArmor",
        "label" => "SELinux",
        _ => "the masks over the kernel's paths",
    }
}
