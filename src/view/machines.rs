//! The machines as a table: their use before and after.

use comfy_table::{Cell, Color};

use crate::plan::MachineUse;
use crate::text::tame;
use crate::units::{Amounts, Resource};

use super::style::{Style, cell, lines};

/// One row for each machine: for each resource that is counted, use before and after, and its containers.
pub(super) fn machines(machines: &[MachineUse], style: Style) -> String {
    let resources = resources(machines);
    let mut table = style.table();
    let mut head = vec![" machine".to_owned()];
    head.extend(resources.iter().map(ToString::to_string));
    head.push("containers".to_owned());
    table.set_header(head);
    for machine in machines {
        let name = match machine.availability.as_str() {
            "active" => format!(" {}", machine.machine),
            other => format!(" {} ({other})", machine.machine),
        };
        let mut row = vec![cell(name)];
        row.extend(resources.iter().map(|resource| amount(machine, resource)));
        row.push(cell(containers(machine)));
        table.add_row(row);
    }
    lines(&table)
}

/// What some machine has, or some container wants.
fn resources(machines: &[MachineUse]) -> Vec<Resource> {
    let amounts = |machine: &MachineUse| {
        let all: [&Amounts; 3] = [&machine.capacity, &machine.before, &machine.after];
        all.into_iter()
            .flat_map(|amounts| amounts.iter().filter(|(_, n)| *n > 0).map(|(it, _)| it.clone()))
            .collect::<Vec<_>>()
    };
    let mut resources: Vec<Resource> = machines.iter().flat_map(amounts).collect();
    resources.sort();
    resources.dedup();
    resources
}

/// `4 → 6 of 6`; red when it is full.
fn amount(machine: &MachineUse, resource: &Resource) -> Cell {
    let (before, after) = (machine.before.get(resource), machine.after.get(resource));
    let used = if before == after {
        resource.show(after)
    } else {
        format!("{} → {}", resource.show(before), resource.show(after))
    };
    match machine.capacity.named(resource) {
        None => cell(used),
        Some(all) => {
            let cell = cell(format!("{used} of {}", resource.show(all)));
            if after >= all && all > 0 { cell.fg(Color::Yellow) } else { cell }
        }
    }
}

/// `db.1, web.1 +web.4 -kv.1`.
fn containers(machine: &MachineUse) -> String {
    let (before, after) = (&machine.containers_before, &machine.containers_after);
    let stay = after.iter().filter(|name| before.contains(name)).cloned().collect::<Vec<_>>().join(", ");
    let come = after.iter().filter(|name| !before.contains(name)).map(|name| format!("+{name}"));
    let go = before.iter().filter(|name| !after.contains(name)).map(|name| format!("-{name}"));
    let mut parts = vec![stay];
    parts.extend(come.chain(go));
    parts.retain(|part| !part.is_empty());
    if parts.is_empty() { "–".to_owned() } else { tame(&parts.join(" ")) }
}
