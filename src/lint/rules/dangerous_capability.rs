//! A capability that leads out of the container, or far into the machine.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "S603",
    name: "dangerous-capability",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A capability that leads out of the container, or far into the machine.",
    why: "ALL, SYS_ADMIN, SYS_MODULE, SYS_RAWIO and BPF are as good as root on the machine. Others, such as NET_ADMIN or SYS_PTRACE, reach beyond the container and are told as information. Those that change little are passed over.",
    ignore: "Where the program's purpose needs it (a VPN needs NET_ADMIN).",
    example: example!("dangerous_capability"),
    finder: Finder::Rule(check),
};

const ROOT: [&str; 4] = ["ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO"];
const FAR: [&str; 11] = [
    "NET_ADMIN",
    "SYS_PTRACE",
    "DAC_READ_SEARCH",
    "SYS_BOOT",
    "SYS_TIME",
    "PERFMON",
    "BPF",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "CHECKPOINT_RESTORE",
    "SYS_PACCT",
];

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        for capability in &service.cap_add {
            let name = capability.value.to_uppercase();
            let name = name.strip_prefix("CAP_").unwrap_or(&name);
            let (severity, seen) = if ROOT.contains(&name) {
                (Severity::Warning, "as good as root on the machine")
            } else if FAR.contains(&name) {
                (Severity::Info, "reaches beyond the container")
            } else {
                continue;
            };
            let mut finding = RULE
                .finding(format!("`{}` is given {name}", service.name))
                .label(capability.span, seen)
                .help("remove it, or grant the smaller one that is needed");
            finding.severity = severity;
            findings.push(finding);
        }
    }
}
