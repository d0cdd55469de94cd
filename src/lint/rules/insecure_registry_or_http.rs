//! A program is fetched over a connection that anybody can change.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "S615",
    name: "insecure-registry-or-http",
    severity: Severity::Info,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A program is fetched over a connection that anybody can change.",
    why: "A build context or an image's address that begins with `http://` or `git://` is neither secret nor safe from change on the way.",
    ignore: "",
    example: example!("insecure_registry_or_http"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        let build = service.build.as_ref().and_then(|build| build.context.as_ref());
        for place in [service.image.as_ref(), build].into_iter().flatten() {
            if place.value.starts_with("http://") || place.value.starts_with("git://") {
                let rest = place.value.split_once("://").map_or("", |(_, rest)| rest);
                findings.push(
                    RULE.finding(format!("`{}` is built from what is fetched without protection", service.name))
                        .label(place.span, "anybody on the way can change it")
                        .help(format!("https://{rest}")),
                );
            }
        }
    }
}
