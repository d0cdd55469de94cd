//! What services use, beside what they reserve.

use comfy_table::{Cell, Color};

use crate::capacity::{MachineRoom, MachineUse, ResourceUse, Sizes};
use crate::units::Resource;
use crate::view::style::{Style, cell, count, lines, safe};

/// So many unknown names are told.
const MOST_NAMES: usize = 8;

pub(super) fn sizes(sizes: &Sizes, style: Style) -> String {
    let mut table = style.table();
    table.set_header([" service", "samples", "", "reserved", "p50", "p95", "max", "might be reserved"]);
    for service in &sizes.services {
        for (index, of) in service.of.iter().enumerate() {
            let name = if index == 0 { format!(" {}", service.service) } else { String::new() };
            let samples = if index == 0 { service.samples.to_string() } else { String::new() };
            let show = |amount: u64| of.resource.show(amount);
            let reserved = of.reserved.map_or("–".to_owned(), show);
            let mut row = vec![cell(name), cell(samples), cell(&of.resource), cell(reserved)];
            row.extend([of.p50, of.p95, of.max].map(|amount| cell(show(amount))));
            row.push(suggested(of));
            table.add_row(row);
        }
    }
    let mut text = lines(&table);
    text.push_str(
        "\nMight be reserved: of CPU the p95, rounded up to 0.05; of memory the max and a tenth more, rounded up to 16 MiB. \
         Nothing is changed.\n",
    );
    if !sizes.unknown.is_empty() {
        let names: Vec<String> =
            sizes.unknown.iter().take(MOST_NAMES).map(|name| format!("`{}`", safe(name))).collect();
        let more = if sizes.unknown.len() > MOST_NAMES { ", …" } else { "" };
        let names = names.join(", ");
        text.push_str(&format!(
            "{} of the samples: of no service here ({names}{more}).\n",
            count(sizes.unknown.len(), "name")
        ));
    }
    text
}

fn suggested(of: &ResourceUse) -> Cell {
    match of.suggested {
        None => cell("too few samples"),
        Some(amount) if Some(amount) == of.reserved => cell("as it is"),
        Some(amount) => {
            let color =
                if of.reserved.is_some_and(|reserved| reserved >= amount) { Color::Green } else { Color::Yellow };
            cell(of.resource.show(amount)).fg(color)
        }
    }
}

/// A row for each machine that told, and their sum.
pub(super) fn used(used: &[MachineUse], machines: &[MachineRoom], style: Style) -> String {
    let mut table = style.table();
    table.set_header([" machine", "cpus", "memory", "containers"]);
    let capacity = |machine: &str, resource: &Resource| {
        let room = machines.iter().find(|it| it.machine == machine)?;
        room.resources.iter().find(|it| it.resource == *resource).map(|it| it.capacity)
    };
    let (mut sum, mut all): ([u64; 2], [Option<u64>; 2]) = ([0; 2], [Some(0); 2]);
    let (mut told, mut running) = (0, 0);
    for machine in used {
        let cpu: u64 = machine.containers.iter().map(|it| it.cpu).sum();
        let memory: u64 = machine.containers.iter().map(|it| it.memory).sum();
        let mut row = vec![cell(format!(" {}", machine.machine))];
        for (index, (resource, amount)) in [(Resource::cpus(), cpu), (Resource::memory(), memory)].iter().enumerate() {
            let there = capacity(&machine.machine, resource);
            row.push(share(resource, *amount, there));
            sum[index] += amount;
            all[index] = all[index].zip(there).map(|(all, there)| all + there);
        }
        row.push(cell(containers(machine.containers.len(), machine.running)));
        (told, running) = (told + machine.containers.len(), running + machine.running);
        table.add_row(row);
    }
    if used.len() > 1 {
        let (cpus, memory) = (Resource::cpus(), Resource::memory());
        let sums = [share(&cpus, sum[0], all[0]), share(&memory, sum[1], all[1])];
        table.add_row([cell(" together")].into_iter().chain(sums).chain([cell(containers(told, running))]));
    }
    lines(&table)
}

/// "0.4 of 6 (6 %)".
fn share(resource: &Resource, amount: u64, capacity: Option<u64>) -> Cell {
    let Some(capacity) = capacity else { return cell(resource.show(amount)) };
    let percent = (amount * 100).checked_div(capacity).map_or(String::new(), |percent| format!(" ({percent} %)"));
    cell(format!("{} of {}{percent}", resource.show(amount), resource.show(capacity)))
}

/// Of some the engine may tell nothing.
fn containers(told: usize, running: usize) -> String {
    if told == running { told.to_string() } else { format!("{told} of {running} that run") }
}
