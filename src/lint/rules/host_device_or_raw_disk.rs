//! A raw disk or the kernel's memory in a container.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::host_path;
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "S614",
    name: "host-device-or-raw-disk",
    severity: Severity::Info,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A raw disk or the kernel's memory in a container.",
    why: "Who can read a disk as a device reads every file of the machine, whatever its rights; who can write it owns the machine.",
    ignore: "For programs that manage disks.",
    example: example!("host_device_or_raw_disk"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        for device in service.devices.iter().filter(|device| host_path::is_raw(&device.source)) {
            findings.push(
                RULE.finding(format!("`{}` has the device {}", service.name, device.source))
                    .label(device.span, "all that is on it is within reach")
                    .help("mount the folder that is needed instead"),
            );
        }
    }
}
