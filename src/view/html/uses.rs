//! What containers may take, and what they use, beside what is reserved for them.

use crate::capacity::{LimitSum, MachineRoom, MachineUse, ResourceUse, Sizes};
use crate::units::Resource;
use crate::view::capacity::limit_text;
use crate::view::style::count;

use super::head;
use super::page::paragraph;
use super::table::{Cell, Mood, Table};

/// So many unknown names are told.
const MOST_NAMES: usize = 8;

/// Limits against what machines have.
pub(super) fn limits(machines: &[MachineRoom]) -> String {
    if machines.iter().flat_map(|it| &it.limits).all(|it| it.limits == 0) {
        return paragraph("No container has a limit of CPU or memory: each may take all that its machine has.");
    }
    let heads = ["machine", "limits of CPU, in sum", "limits of memory, in sum"];
    let mut table =
        Table::new("Limits against what there is: above 100 %, not all can have what they may take at once", heads);
    for machine in machines {
        table.row([Cell::text(&machine.machine)].into_iter().chain(machine.limits.iter().map(limit)));
    }
    table.html()
}

fn limit(sum: &LimitSum) -> Cell {
    let text = limit_text(sum);
    match sum.capacity {
        Some(capacity) if sum.limits > capacity => Cell::told(Mood::Careful, &text),
        _ => Cell::text(text),
    }
}

/// What all that runs uses.
pub(super) fn used(used: &[MachineUse], machines: &[MachineRoom]) -> String {
    let mut table = Table::new("What is used now", ["machine", "CPUs", "memory", "containers that told"]);
    for machine in used {
        let share = |resource: &Resource, amount: u64| {
            let room = machines.iter().find(|it| it.machine == machine.machine);
            let room = room.and_then(|it| it.resources.iter().find(|it| it.resource == *resource));
            let of = room.map_or(String::new(), |it| {
                let percent = (amount * 100).checked_div(it.capacity).map_or(String::new(), |it| format!(" ({it} %)"));
                format!(" of {}{percent}", resource.show(it.capacity))
            });
            Cell::text(format!("{}{of}", resource.show(amount)))
        };
        let (cpus, memory) = (Resource::cpus(), Resource::memory());
        table.row([
            Cell::text(&machine.machine),
            share(&cpus, machine.containers.iter().map(|it| it.cpu).sum()),
            share(&memory, machine.containers.iter().map(|it| it.memory).sum()),
            Cell::text(format!("{} of {} that run", machine.containers.len(), machine.running)),
        ]);
    }
    table.html()
}

/// What services use, beside what they reserve.
pub(super) fn sizes(sizes: &Sizes) -> String {
    let heads = ["service", "resource", "#samples", "#reserved", "#p50", "#p95", "#max", "might be reserved"];
    let mut table = Table::new("One container of each service: what is reserved, and what was used", heads);
    for service in &sizes.services {
        for of in &service.of {
            let show = |amount: u64| of.resource.show(amount);
            let mut row =
                vec![Cell::text(&service.service), Cell::text(head(&of.resource)), Cell::number(service.samples)];
            row.push(Cell::number(of.reserved.map_or("–".to_owned(), show)));
            row.extend([of.p50, of.p95, of.max].map(|amount| Cell::number(show(amount))));
            row.push(suggested(of));
            table.row(row);
        }
    }
    let mut text = table.html();
    text.push_str(&paragraph(
        "Might be reserved: of CPU the p95, rounded up to 0.05; of memory the max and a tenth more, rounded up to 16 MiB. \
         Nothing is changed.",
    ));
    if !sizes.unknown.is_empty() {
        let names: Vec<&str> = sizes.unknown.iter().take(MOST_NAMES).map(String::as_str).collect();
        let more = if sizes.unknown.len() > MOST_NAMES { ", …" } else { "" };
        let of = count(sizes.unknown.len(), "name");
        text.push_str(&paragraph(&format!("{of} of the samples: of no service here ({}{more}).", names.join(", "))));
    }
    text
}

fn suggested(of: &ResourceUse) -> Cell {
    match of.suggested {
        None => Cell::text("too few samples"),
        Some(amount) if Some(amount) == of.reserved => Cell::text("as it is"),
        Some(amount) if of.reserved.is_some_and(|reserved| reserved >= amount) => {
            Cell::told(Mood::Good, &format!("{}, which is less", of.resource.show(amount)))
        }
        Some(amount) => Cell::told(Mood::Careful, &format!("{}, which is more", of.resource.show(amount))),
    }
}
