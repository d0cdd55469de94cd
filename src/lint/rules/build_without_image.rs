//! A service of a stack for several machines is built and names no image.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "C127",
    name: "build-without-image",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A service of a stack for several machines is built and names no image.",
    why: "An image that is built on one machine is not on the others, and without a name of a registry it cannot be pushed and pulled. `planner apply` sends it to the machines that lack it, so with an inventory nothing is said; a Swarm, or docker compose on each machine, finds none.",
    ignore: "Where planner deploys it, or every machine builds the image by other means.",
    example: example!("build_without_image"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    // With an inventory it is planner that deploys, and sends what is built.
    if context.inventory.is_some() || !context.meant_for_several() {
        return;
    }
    for service in context.services().filter(|service| service.image.is_none()) {
        let Some(build) = &service.build else { continue };
        findings.push(
            RULE.finding(format!("`{}` is built and names no image that other machines could pull", service.name))
                .label(build.span, "built where the command runs")
                .help(format!("image: registry.example.com/{}:1.0", service.name)),
        );
    }
}
