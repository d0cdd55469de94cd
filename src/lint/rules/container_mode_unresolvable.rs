//! A namespace of a container outside the project.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "M308",
    name: "container-mode-unresolvable",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A namespace of a container outside the project.",
    why: "`container:NAME` names a container that nothing in these files makes: it must be on the same engine before, and when it is replaced this one loses its network. With several machines nothing says on which one it is.",
    ignore: "Where that container is looked after by other means, on the one machine that this service runs on.",
    example: example!("container_mode_unresolvable"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        let modes = [("network_mode", &service.network_mode), ("pid", &service.pid), ("ipc", &service.ipc)];
        for (key, mode) in modes {
            let Some((mode, name)) = mode.as_ref().and_then(|it| Some((it, it.value.strip_prefix("container:")?)))
            else {
                continue;
            };
            let ours = context.services().find(|it| it.container_name.as_ref().is_some_and(|own| *own.value == *name));
            let finding = RULE
                .finding(format!("`{}` shares by `{key}` what the container `{name}` has", service.name))
                .label(mode.span, "nothing says on which machine it is");
            findings.push(match ours {
                Some(ours) => finding.help(format!("{key}: service:{}", ours.name)),
                None => finding.help(format!("make it a service of this project: `{key}: service:{name}`")),
            });
        }
    }
}
