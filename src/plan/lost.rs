//! Data that nobody sees: a volume that would be made anew while it may lie on a machine that is not asked.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::inventory::Availability;
use crate::stack::Stack;

use super::model::{Operation, Plan};

/// A warning for each local volume that the plan makes although a machine that is down may have it.
pub fn unseen_data(stack: &Stack, plan: &Plan) -> Vec<Diagnostic> {
    let down = stack.machines.iter().filter(|machine| machine.availability == Availability::Down);
    let down: Vec<&str> = down.map(|machine| machine.name.as_str()).collect();
    if down.is_empty() {
        return Vec::new();
    }
    let mut made: BTreeMap<&str, &str> = BTreeMap::new();
    for step in &plan.steps {
        if let Operation::CreateVolume(spec) = &step.operation {
            made.insert(&spec.name, &step.machine);
        }
    }
    let keys = stack.volumes.iter().filter(|(_, volume)| !volume.shared && !volume.external);
    let anew = keys.filter_map(|(key, volume)| Some((key, &volume.name, made.get(volume.name.as_str())?)));
    anew.map(|(key, name, machine)| {
        let message = format!("`{name}` will be new and empty on {machine}: no machine that can be seen has it");
        let mut finding = Diagnostic::warning("M304", message);
        for service in &stack.services {
            for mount in service.local_volumes.iter().filter(|mount| mount.value == *key) {
                finding = finding.label(mount.span, format!("`{}` keeps its data in it", service.name));
            }
        }
        finding
            .note(format!("not seen: {}", down.join(", ")))
            .help("if the data is there, bring that machine back, or restore a backup before anything is written")
    })
    .collect()
}
