//! A service waits for the end of another one that is always started again.

use crate::compose::model::{Condition, Restart, RestartCondition, Service};
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use crate::source::Span;

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "C126",
    name: "completed-but-restarting",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A service waits for the end of another one that is always started again.",
    why: "`service_completed_successfully` is met when the container has ended and stays ended. With `restart: always` or `unless-stopped` the engine starts it again each time, and the dependent may never start.",
    ignore: "",
    example: example!("completed_but_restarting"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        let completed = service.depends_on.iter().filter(|(_, it)| it.condition == Condition::Completed);
        for (name, dependency) in completed {
            let Some(place) = context.compose.services.get(name).and_then(restarts) else { continue };
            findings.push(
                RULE.finding(format!("`{}` waits for `{name}` to end, which is always started again", service.name))
                    .label(place, "started again whenever it ends")
                    .label(dependency.span, "waited for here")
                    .help("restart: on-failure"),
            );
        }
    }
}

/// Where a service says that it is always started again.
fn restarts(service: &Service) -> Option<Span> {
    let own = service.restart.as_ref().filter(|it| matches!(it.value, Restart::Always | Restart::UnlessStopped));
    let policy = service.deploy.as_ref().and_then(|deploy| deploy.restart_policy.as_ref());
    let condition = policy
        .and_then(|policy| policy.condition.as_ref())
        .filter(|condition| matches!(condition.value, RestartCondition::Any | RestartCondition::UnlessStopped));
    own.map(|it| it.span).or_else(|| condition.map(|it| it.span))
}
