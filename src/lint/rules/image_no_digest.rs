//! An image without a digest.

use crate::diagnostic::{Diagnostic, Severity};
use crate::reference;
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "Y702",
    name: "image-no-digest",
    severity: Severity::Warning,
    group: Group::Hardening,
    needs: Needs::Project,
    summary: "An image without a digest.",
    why: "A tag can be moved to another image; a digest cannot. Machines that pull at different times get the same program for certain.",
    ignore: "Most files lack it; it is off by itself.",
    example: example!("image_no_digest"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        let Some(image) = service.image.as_ref().filter(|_| service.build.is_none()) else { continue };
        if reference::parse(&image.value).digest.is_none() {
            findings.push(
                RULE.finding(format!("`{}` names its image by a tag that can be moved", service.name))
                    .label(image.span, "")
                    .help(format!("image: {}@sha256:…", image.value)),
            );
        }
    }
}
