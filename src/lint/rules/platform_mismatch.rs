//! A service for a platform that no machine has.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "M313",
    name: "platform-mismatch",
    severity: Severity::Error,
    group: Group::Default,
    needs: Needs::Inventory,
    summary: "A service for a platform that no machine has.",
    why: "An image for another architecture fails to start with \"exec format error\", or runs emulated and slowly where somebody has installed that.",
    ignore: "",
    example: example!("platform_mismatch"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(inventory) = context.inventory else { return };
    // What the file is silent of, only the engine knows.
    if inventory.machines.iter().any(|machine| machine.platform.is_none()) {
        return;
    }
    for service in context.services() {
        let Some(platform) = &service.platform else { continue };
        let mut wanted = platform.value.split('/').map(plain);
        let (os, arch) = (wanted.next().unwrap_or_default(), wanted.next());
        let fits = |text: &str| {
            let mut parts = text.split('/').map(plain);
            parts.next().unwrap_or_default() == os && arch.is_none_or(|arch| parts.next() == Some(arch))
        };
        let offered = || inventory.machines.iter().filter_map(|machine| machine.platform.as_ref());
        if !offered().any(|it| fits(&it.value)) {
            let mut known: Vec<&str> = offered().map(|it| it.value.as_str()).collect();
            known.sort_unstable();
            known.dedup();
            findings.push(
                RULE.finding(format!("`{}` is for {}, which no machine is", service.name, platform.value))
                    .label(platform.span, format!("the machines are {}", known.join(", ")))
                    .help("use an image for the machines' platform, or add a machine"),
            );
        }
    }
}

/// One name for each architecture.
fn plain(part: &str) -> &str {
    match part {
        "x86_64" | "x86-64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
