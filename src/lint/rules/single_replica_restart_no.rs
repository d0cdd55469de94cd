//! A service of a stack for several machines that is not started again when it ends.

use crate::compose::model::{Condition, DeployMode, Restart, Service};
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "H502",
    name: "single-replica-restart-no",
    severity: Severity::Info,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A service of a stack for several machines that is not started again when it ends.",
    why: "After a crash or a restart of its machine the container stays down until somebody notices. `restart: unless-stopped` brings it back. Services that others wait to end, and those of profiles, are passed over.",
    ignore: "For jobs that run once.",
    example: example!("single_replica_restart_no"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    if !context.meant_for_several() {
        return;
    }
    for service in context.services().filter(|service| !is_job(context, service)) {
        let policy = service.deploy.as_ref().and_then(|deploy| deploy.restart_policy.as_ref());
        let place = match &service.restart {
            Some(restart) if restart.value == Restart::No => restart.span,
            None if policy.is_none() => service.span,
            _ => continue,
        };
        findings.push(
            RULE.finding(format!("`{}` is not started again when it ends", service.name))
                .label(place, "")
                .help("restart: unless-stopped"),
        );
    }
}

fn is_job(context: &Context<'_>, service: &Service) -> bool {
    let awaited = context
        .services()
        .any(|other| other.depends_on.get(&service.name).is_some_and(|it| it.condition == Condition::Completed));
    let mode = service.deploy.as_ref().and_then(|deploy| deploy.mode.as_ref());
    let job = mode.is_some_and(|it| matches!(it.value, DeployMode::ReplicatedJob | DeployMode::GlobalJob));
    awaited || job || !service.profiles.is_empty() || service.provider.is_some()
}
