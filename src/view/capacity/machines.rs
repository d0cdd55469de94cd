//! What is used and free of each machine, and the largest container that still fits.

use comfy_table::{Cell, Color};

use crate::capacity::{LimitSum, MachineRoom, Slot};
use crate::units::{Amounts, Resource};
use crate::view::style::{Style, cell, count, lines};

/// A bar's length.
const BAR: u64 = 10;

/// A row for each machine, and their sum.
pub(in crate::view) fn machines(machines: &[MachineRoom], style: Style) -> String {
    let mut resources: Vec<&Resource> =
        machines.iter().flat_map(|it| it.resources.iter().map(|it| &it.resource)).collect();
    resources.sort_unstable();
    resources.dedup();
    let mut table = style.table();
    let heads = resources.iter().map(ToString::to_string);
    table.set_header([" machine".to_owned()].into_iter().chain(heads).chain(["containers".to_owned()]));
    for machine in machines {
        let name = match machine.availability.as_str() {
            "active" => format!(" {}", machine.machine),
            other => format!(" {} ({other})", machine.machine),
        };
        let mut row = vec![cell(name)];
        row.extend(resources.iter().map(|resource| {
            let found = machine.resources.iter().find(|it| it.resource == **resource);
            found.map_or(cell("–"), |it| room(resource, it.capacity, it.capacity - it.free, style))
        }));
        row.push(cell(machine.containers));
        table.add_row(row);
    }
    if machines.len() > 1 {
        let mut row = vec![cell(" together")];
        row.extend(resources.iter().map(|resource| {
            let all = machines.iter().flat_map(|it| it.resources.iter().filter(|it| it.resource == **resource));
            let (capacity, free) = all.fold((0, 0), |sum, it| (sum.0 + it.capacity, sum.1 + it.free));
            room(resource, capacity, capacity - free, style)
        }));
        row.push(cell(machines.iter().map(|it| it.containers).sum::<u32>()));
        table.add_row(row);
    }
    lines(&table)
}

/// "██████░░░░ 4 of 6, 2 free": what is not free is taken, by whomever.
fn room(resource: &Resource, capacity: u64, taken: u64, style: Style) -> Cell {
    let full = if capacity == 0 { 0 } else { (taken * BAR).div_ceil(capacity).min(BAR) };
    let (on, off) = if style.unicode { ("█", "░") } else { ("#", ".") };
    let bar = on.repeat(full as usize) + &off.repeat((BAR - full) as usize);
    let text = format!(
        "{bar} {} of {}, {} free",
        resource.show(taken),
        resource.show(capacity),
        resource.show(capacity - taken)
    );
    let color = match (taken * 100).checked_div(capacity) {
        Some(95..) => Color::Red,
        Some(80..) => Color::Yellow,
        _ => Color::Green,
    };
    cell(text).fg(color)
}

pub(super) fn slots(slots: &[Slot], style: Style) -> String {
    let mut table = style.table();
    if style.markdown {
        // There is no table without a head.
        table.set_header(["shape", "the largest", "all free room"]);
    }
    for slot in slots {
        let shape = format!(" with {} GiB for each CPU", slot.shape.0);
        let place = match &slot.machine {
            Some(machine) => format!("{} on {machine}", size(&slot.size)),
            None => "none".to_owned(),
        };
        table.add_row(vec![cell(shape), cell(place), cell(in_sum(slot))]);
    }
    lines(&table)
}

fn in_sum(slot: &Slot) -> String {
    let piece = slot.in_one_piece().map_or(String::new(), |percent| format!("; {percent} % of it in one piece"));
    format!("(free in sum: {}{piece})", size(&slot.in_sum))
}

/// "2 CPUs, 8 GiB".
pub(in crate::view) fn size(amounts: &Amounts) -> String {
    let cpus = Resource::cpus().show(amounts.get(&Resource::cpus()));
    let memory = Resource::memory().show(amounts.get(&Resource::memory()));
    format!("{cpus} CPU{}, {memory}", if cpus == "1" { "" } else { "s" })
}

/// What containers may take at the most, against what there is.
pub(super) fn limits(machines: &[MachineRoom], style: Style) -> String {
    if machines.iter().flat_map(|it| &it.limits).all(|it| it.limits == 0) {
        return " No container has a limit of CPU or memory.\n".to_owned();
    }
    let mut table = style.table();
    let heads = machines.first().into_iter().flat_map(|it| it.limits.iter().map(|it| it.resource.to_string()));
    table.set_header([" machine".to_owned()].into_iter().chain(heads));
    for machine in machines {
        let mut row = vec![cell(format!(" {}", machine.machine))];
        row.extend(machine.limits.iter().map(limit));
        table.add_row(row);
    }
    if let [first, _, ..] = machines {
        let sum = |index: usize| {
            let all = machines.iter().filter_map(|it| it.limits.get(index));
            let capacity = all.clone().map(|it| it.capacity).sum();
            let limits = all.clone().fold(0, |sum: u64, it| sum.saturating_add(it.limits));
            let without = all.map(|it| it.without).sum();
            limit(&LimitSum { resource: first.limits[index].resource.clone(), limits, without, capacity })
        };
        let mut row = vec![cell(" together")];
        row.extend((0..first.limits.len()).map(sum));
        table.add_row(row);
    }
    lines(&table)
}

/// More than there is cannot be had by all at once.
fn limit(sum: &LimitSum) -> Cell {
    let too_much = sum.capacity.is_some_and(|capacity| sum.limits > capacity);
    cell(limit_text(sum)).fg(if too_much { Color::Yellow } else { Color::Reset })
}

/// "9 of 6 (150 %), 2 without".
pub(in crate::view) fn limit_text(sum: &LimitSum) -> String {
    let mut text = sum.resource.show(sum.limits);
    let percent = sum.capacity.and_then(|capacity| sum.limits.saturating_mul(100).checked_div(capacity));
    if let (Some(capacity), Some(percent)) = (sum.capacity, percent) {
        text.push_str(&format!(" of {} ({percent} %)", sum.resource.show(capacity)));
    }
    if sum.without > 0 {
        text.push_str(&format!(", {} without", count(sum.without as usize, "container")));
    }
    text
}
