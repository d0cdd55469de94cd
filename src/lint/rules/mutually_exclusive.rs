//! Two statements of which only one can hold. Most of it is found by loading; here is what concerns devices.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "C117",
    name: "mutually-exclusive",
    severity: Severity::Error,
    group: Group::Default,
    needs: Needs::Project,
    summary: "Two statements of which only one can hold.",
    why: "docker compose refuses the project: `network_mode` beside `networks`, a config from a file and a variable, \
          `count` beside `device_ids`, a driver for a volume that others made, and the like.",
    ignore: "",
    example: example!("mutually_exclusive"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        let reserved = service.deploy.as_ref().map_or(&[][..], |deploy| &deploy.reservations.devices);
        for device in reserved.iter().chain(&service.gpus) {
            if let (Some(count), Some(first)) = (&device.count, device.device_ids.first()) {
                findings.push(
                    RULE.finding(format!("`{}` asks for a number of devices and for certain ones", service.name))
                        .label(count.span, "so many")
                        .label(first.span, "and these")
                        .help("keep one of `count`, `device_ids`"),
                );
            }
        }
    }
}
