//! A path of the machine that holds its settings, secrets or kernel.

use crate::compose::model::MountKind;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::host_path;
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "S605",
    name: "sensitive-host-path",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A path of the machine that holds its settings, secrets or kernel.",
    why: "Who can write `/etc`, `/root`, `/boot`, `/proc` or the engine's data owns the machine; who can read them learns its keys and passwords. What is mounted read-only, and what is less grave, is told as information.",
    ignore: "For agents that watch or back up the machine; mount read-only, and as little as possible.",
    example: example!("sensitive_host_path"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        for mount in &service.mounts {
            let MountKind::Bind { source, .. } = &mount.kind else { continue };
            let written = context.slice(source.span).trim_matches(['"', '\'']);
            let Some((grave, what)) = host_path::sensitive(&source.value, written) else { continue };
            let mut finding = RULE
                .finding(format!("`{}` mounts {what} of the machine", service.name))
                .label(mount.span, if mount.read_only { "it can read all of it" } else { "it can change it" })
                .help("mount the one file that it needs, with `:ro`");
            // The clock's files are read by everybody: only that they can be written is worth a word.
            if !grave || mount.read_only {
                finding.severity = Severity::Info;
            }
            if host_path::is_clock(&source.value) && mount.read_only {
                continue;
            }
            findings.push(finding);
        }
    }
}
