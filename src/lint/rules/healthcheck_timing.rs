//! A health check whose times contradict each other.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "H508",
    name: "healthcheck-timing",
    severity: Severity::Info,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A health check whose times contradict each other.",
    why: "With a timeout longer than the interval, a container that hangs is tested later than the interval says: that it is ill is known after `retries` times the timeout. A start period shorter than one interval ends before the first test counts.",
    ignore: "Where the test is rightly slow.",
    example: example!("healthcheck_timing"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        let Some(check) = &service.healthcheck else { continue };
        if let (Some(timeout), Some(interval)) = (&check.timeout, &check.interval)
            && timeout.value > interval.value
            && !interval.value.is_zero()
        {
            findings.push(
                RULE.finding(format!("`{}`: one health test may take longer than the time between two", service.name))
                    .label(timeout.span, format!("up to {:?}", timeout.value))
                    .label(interval.span, format!("every {:?}", interval.value))
                    .help("make the timeout shorter than the interval"),
            );
        }
    }
}
