//! A namespace of the machine instead of one of the container's own.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "S604",
    name: "host-namespace",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A namespace of the machine instead of one of the container's own.",
    why: "With `pid: host` it sees and can signal every process of the machine, with `ipc: host` its shared memory. The host's network, user, UTS or cgroup namespace is told as information: a host network is usual for proxies and agents.",
    ignore: "For agents that watch the machine.",
    example: example!("host_namespace"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        let modes = [
            ("pid", &service.pid, Severity::Warning, "every process of the machine is within reach"),
            ("ipc", &service.ipc, Severity::Warning, "the machine's shared memory is within reach"),
            ("network_mode", &service.network_mode, Severity::Info, "every port that it opens is the machine's"),
            ("userns_mode", &service.userns_mode, Severity::Info, "root within is root without"),
            ("uts", &service.uts, Severity::Info, "it can rename the machine"),
            ("cgroup", &service.cgroup, Severity::Info, "it sees all control groups"),
        ];
        for (key, mode, severity, seen) in modes {
            let Some(mode) = mode.as_ref().filter(|mode| &*mode.value == "host") else { continue };
            let mut finding = RULE
                .finding(format!("`{}` shares the machine's namespace by `{key}`", service.name))
                .label(mode.span, seen)
                .help(format!("remove `{key}: host`"));
            finding.severity = severity;
            findings.push(finding);
        }
    }
}
