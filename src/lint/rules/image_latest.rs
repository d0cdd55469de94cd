//! An image whose tag is `latest`, or missing.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use std::collections::BTreeMap;

use crate::reference;

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "Y701",
    name: "image-latest",
    severity: Severity::Info,
    group: Group::Default,
    needs: Needs::Project,
    summary: "An image whose tag is `latest` or another that moves, or missing.",
    why: "What `latest` is changes from day to day. Machines that pulled on different days run different programs under one name, and nobody can say which; going back is impossible. A warning where the project is meant for several machines, a note on one.",
    ignore: "For images that have no other tag.",
    example: example!("image_latest"),
    finder: Finder::Rule(check),
};

/// Tags that name no version, and are moved with each one.
fn moves(tag: &str) -> bool {
    const MOVING: [&str; 12] = [
        "latest", "stable", "edge", "nightly", "main", "master", "develop", "dev", "canary", "rolling", "unstable",
        "beta",
    ];
    MOVING.contains(&tag)
}

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    let mut told: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut places = Vec::new();
    for service in context.services() {
        // What is built here has no tag that somebody else moves.
        let Some(image) = service.image.as_ref().filter(|it| service.build.is_none() && !it.value.is_empty()) else {
            continue;
        };
        let parts = reference::parse(&image.value);
        // What a variable gives is settled where the project is run.
        let variable = context.slice(image.span).contains('$');
        if parts.digest.is_some() || variable || !parts.tag.is_none_or(moves) {
            continue;
        }
        let services = told.entry(&image.value).or_default();
        if services.is_empty() {
            places.push((service, image, parts));
        }
        services.push(&service.name);
    }
    // On one machine it is no more than untidy.
    let severity = if context.meant_for_several() { Severity::Warning } else { RULE.severity };
    for (service, image, parts) in places {
        let seen =
            if parts.tag.is_none() { "no tag stands for `latest`" } else { "this tag is moved from time to time" };
        let finding = RULE
            .finding(format!("`{}` runs whatever `{}` is on the day", service.name, parts.name))
            .label(image.span, seen)
            .help(format!("image: {}:<version>", parts.name));
        let finding = Diagnostic { severity, ..finding };
        let others = &told[&*image.value][1..];
        findings.push(match others {
            [] => finding,
            others => finding.note(format!("the same image: {}", others.join(", "))),
        });
    }
}
