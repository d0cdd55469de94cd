//! A service waits for another one to be healthy that has no health check in this file.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use std::path::Path;

use crate::compose::model::{Condition, Service, Test};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "C125",
    name: "healthy-without-healthcheck",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A service waits for another one to be healthy that has no health check in this file.",
    why: "If the image has no HEALTHCHECK of its own either, the dependent never starts: docker compose fails with \"container has no healthcheck configured\". With `disable: true` or `NONE` that is certain, and an error.",
    ignore: "Where the image brings its own HEALTHCHECK.",
    example: example!("healthy_without_healthcheck"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        let healthy = service.depends_on.iter().filter(|(_, it)| it.condition == Condition::Healthy);
        for (name, dependency) in healthy {
            let Some(other) = context.compose.services.get(name) else { continue };
            let (severity, seen) = match &other.healthcheck {
                _ if other.provider.is_some() || built_with_one(context, other) => continue,
                Some(check) => match &check.test {
                    Some(test) if test.value == Test::None => (Severity::Error, "its health check is switched off"),
                    Some(_) => continue,
                    None => (Severity::Warning, "its health check has no test"),
                },
                None => (Severity::Warning, "it has no health check here"),
            };
            let place = other.healthcheck.as_ref().map_or(other.span, |check| check.span);
            let mut finding = RULE
                .finding(format!("`{}` waits for `{name}` to be healthy, which it may never be", service.name))
                .label(dependency.span, "waited for here")
                .label(place, seen)
                .help("healthcheck:\n  test: [\"CMD\", \"…\"]");
            finding.severity = severity;
            findings.push(finding);
        }
    }
}

/// Whether the image is built here from a Dockerfile that has a health check.
fn built_with_one(context: &Context<'_>, service: &Service) -> bool {
    let Some(build) = &service.build else { return false };
    let folder = build.context.as_ref().map_or(".", |context| &*context.value);
    let file = build.dockerfile.as_ref().map_or("Dockerfile", |file| &*file.value);
    let path = context.compose.directory.join(Path::new(folder)).join(file);
    let inline = build.dockerfile_inline.as_ref().map(|inline| inline.value.to_string());
    let text = inline.or_else(|| context.files.read(&path).ok()).unwrap_or_default();
    text.lines().any(|line| line.trim_start().get(..11).is_some_and(|word| word.eq_ignore_ascii_case("HEALTHCHECK")))
}
