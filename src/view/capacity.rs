//! Capacity for people, and the same for programs.

use anstyle::AnsiColor;
use comfy_table::{Cell, Color};
use serde_json::{Value, json};

use crate::capacity::{Lost, MachineRoom, More, Most, Report, Slot, Verdict};
use crate::units::{Amounts, Resource};

use super::style::{Style, cell, count, lines, machine_names};

/// The version of the form of [`capacity_json`].
const FORMAT_VERSION: &str = "1.0";
/// A bar's length.
const BAR: u64 = 10;
/// So many machines are named; of more the first and the last.
const MOST_NAMED: usize = 4;
/// So many causes are told of one service.
const MOST_CAUSES: usize = 4;

/// The whole report.
pub fn capacity(project: &str, report: &Report, is_seen: bool, style: Style) -> String {
    let basis = if is_seen { "what runs" } else { "the files, as if nothing ran yet" };
    let mut text = format!("{} on {}, by {basis}\n\n", style.bold(project), count(report.machines.len(), "machine"));
    text.push_str(&machines(&report.machines, style));
    text.push_str(&format!(
        "\n{}\n\n{}",
        style.bold("The largest container that still fits"),
        slots(&report.slots, style)
    ));
    text.push_str(&format!("\n{}\n\n{}", style.bold("How many more fit"), more(&report.more, style)));
    text.push_str(&format!("\n{}\n\n{}", style.bold("If this is lost"), losses(&report.losses, style)));
    text
}

/// A row for each machine, and their sum.
pub(super) fn machines(machines: &[MachineRoom], style: Style) -> String {
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

fn slots(slots: &[Slot], style: Style) -> String {
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
        table.add_row(vec![cell(shape), cell(place), cell(format!("(free in sum: {})", size(&slot.in_sum)))]);
    }
    lines(&table)
}

/// "2 CPUs, 8 GiB".
fn size(amounts: &Amounts) -> String {
    let cpus = Resource::cpus().show(amounts.get(&Resource::cpus()));
    let memory = Resource::memory().show(amounts.get(&Resource::memory()));
    format!("{cpus} CPU{}, {memory}", if cpus == "1" { "" } else { "s" })
}

fn number(most: Most) -> String {
    match most {
        Most::Exactly(number) => number.to_string(),
        Most::AtLeast(number) => format!("at least {number}"),
        Most::Plenty(number) => format!("more than {number}"),
    }
}

fn more(more: &[More], style: Style) -> String {
    let mut table = style.table();
    let moves = more.iter().any(|it| it.with_moves.is_some());
    let heads = [" service", "now", "more, as placed"].into_iter().chain(moves.then_some("if others move"));
    table.set_header(heads.chain(["what stops the next one as placed"]));
    for it in more {
        let color = if it.without_moves.number() == 0 { Color::Yellow } else { Color::Green };
        let mut row = vec![cell(format!(" {}", it.service)), cell(it.now), cell(number(it.without_moves)).fg(color)];
        row.extend(moves.then(|| cell(it.with_moves.map_or("–".to_owned(), number))));
        row.push(cell(causes(&it.stops, style)));
        table.add_row(row);
    }
    lines(&table)
}

/// Each cause with its machines, the first few.
fn causes(stops: &[(String, Vec<String>)], style: Style) -> String {
    let mut lines: Vec<String> =
        stops.iter().take(MOST_CAUSES).map(|(why, on)| format!("{}: {why}", names(on))).collect();
    if stops.len() > MOST_CAUSES {
        lines.push(format!("… and {} more", count(stops.len() - MOST_CAUSES, "cause")));
    }
    lines.join(style.line_break())
}

fn names(names: &[String]) -> String {
    machine_names(&names.iter().map(String::as_str).collect::<Vec<_>>(), MOST_NAMED)
}

fn losses(losses: &[Lost], style: Style) -> String {
    let mut table = style.table();
    table.set_header([" lost", "containers", "the rest", "meanwhile"]);
    for lost in losses {
        let (verdict, color) = match &lost.verdict {
            Verdict::Fits(None) => ("finds room again".to_owned(), Color::Green),
            Verdict::Fits(Some(0)) => ("finds room again, nothing else moves".to_owned(), Color::Green),
            Verdict::Fits(Some(moves)) => {
                let verb = if *moves == 1 { "moves" } else { "move" };
                (format!("finds room again, {} {verb}", count(*moves as usize, "other container")), Color::Green)
            }
            Verdict::Unknown => ("not found out in time".to_owned(), Color::Yellow),
            Verdict::Short(why, homeless) => (short(why, homeless, style), Color::Red),
        };
        table.add_row(vec![
            cell(format!(" {}", who(lost))),
            cell(lost.containers),
            cell(verdict).fg(color),
            cell(meanwhile(lost, style)),
        ]);
    }
    let mut text = lines(&table);
    let short =
        losses.iter().filter(|it| matches!(it.verdict, Verdict::Short(..))).map(|it| 1 + it.alike.len()).sum::<usize>();
    let unknown = losses.iter().any(|it| it.verdict == Verdict::Unknown);
    let sum = match (short, unknown) {
        (0, false) => style.paint(AnsiColor::Green, "Any one of these can be lost, and everything finds room again."),
        (0, true) => style.paint(AnsiColor::Yellow, "Whether everything finds room again is not known of all."),
        (short, _) => {
            let losses = if short == 1 { "1 loss".to_owned() } else { format!("{short} losses") };
            style.paint(AnsiColor::Red, &format!("{losses} would leave something without a place."))
        }
    };
    text.push_str(&format!("\n{sum}\n"));
    text
}

fn who(lost: &Lost) -> String {
    match (&lost.name, lost.alike.len()) {
        (Some(name), _) => format!("{name} ({})", count(lost.machines.len(), "machine")),
        (None, 0) => names(&lost.machines),
        (None, _) => {
            let all: Vec<String> = std::iter::once(&lost.machines).chain(&lost.alike).flatten().cloned().collect();
            format!("any of {}", names(&all))
        }
    }
}

fn short(why: &[String], homeless: &[(String, u32)], style: Style) -> String {
    let left: Vec<String> = homeless.iter().take(6).map(|(service, left)| format!("{left} of `{service}`")).collect();
    let more = homeless.len().saturating_sub(6);
    let more = if more > 0 { format!(", and {}", count(more, "more service")) } else { String::new() };
    let without = (!left.is_empty()).then(|| format!("no place for {}{more}", left.join(", ")));
    without.into_iter().chain(why.iter().take(2).cloned()).collect::<Vec<_>>().join(style.line_break())
}

fn meanwhile(lost: &Lost, style: Style) -> String {
    let silenced = lost.silenced.iter().map(|service| format!("`{service}`")).collect::<Vec<_>>();
    let down = match silenced.len() {
        0 => None,
        1..=6 => Some(format!("down: {}", silenced.join(", "))),
        many => Some(format!("down: {}, … ({many} services)", silenced[..5].join(", "))),
    };
    let data = (!lost.data.is_empty()).then(|| {
        let data: Vec<String> =
            lost.data.iter().map(|(service, volume)| format!("`{volume}` of `{service}`")).collect();
        format!("data gone: {}", data.join(", "))
    });
    down.into_iter().chain(data).collect::<Vec<_>>().join(style.line_break())
}

/// A machine's room for programs.
pub(super) fn room_json(it: &MachineRoom) -> Value {
    let resources = it.resources.iter().map(|it| {
        let amounts = json!({ "capacity": it.capacity, "reserved": it.reserved, "used": it.used, "free": it.free });
        (it.resource.to_string(), amounts)
    });
    let resources: serde_json::Map<String, Value> = resources.collect();
    json!({ "machine": it.machine, "availability": it.availability, "containers": it.containers, "resources": resources })
}

/// The same for programs; see `docs/formats.md`.
pub fn capacity_json(project: &str, report: &Report) -> String {
    let most = |most: Most| json!({ "containers": most.number(), "exact": matches!(most, Most::Exactly(_)) });
    let slot = |it: &Slot| json!({ "gib_per_cpu": it.shape.0, "size": it.size, "machine": it.machine, "free_in_sum": it.in_sum });
    let of_service = |it: &More| {
        let stops: Vec<Value> = it.stops.iter().map(|(why, on)| json!({ "why": why, "machines": on })).collect();
        json!({
            "service": it.service, "now": it.now, "as_placed": most(it.without_moves),
            "if_others_move": it.with_moves.map(most), "stops": stops,
        })
    };
    let loss = |it: &Lost| {
        let (fits, moves, why, homeless) = match &it.verdict {
            Verdict::Fits(moves) => (Some(true), *moves, Vec::new(), Vec::new()),
            Verdict::Short(why, homeless) => (Some(false), None, why.clone(), homeless.clone()),
            Verdict::Unknown => (None, None, Vec::new(), Vec::new()),
        };
        let homeless: Vec<Value> =
            homeless.iter().map(|(service, left)| json!({ "service": service, "containers": left })).collect();
        let data: Vec<Value> =
            it.data.iter().map(|(service, volume)| json!({ "service": service, "volume": volume })).collect();
        json!({
            "name": it.name, "machines": it.machines, "alike": it.alike, "containers": it.containers, "fits": fits,
            "moves": moves, "why": why, "without_place": homeless, "down": it.silenced, "data": data,
        })
    };
    let value = json!({
        "format_version": FORMAT_VERSION,
        "project": project,
        "machines": report.machines.iter().map(room_json).collect::<Vec<_>>(),
        "slots": report.slots.iter().map(slot).collect::<Vec<_>>(),
        "more": report.more.iter().map(of_service).collect::<Vec<_>>(),
        "losses": report.losses.iter().map(loss).collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
}
