//! What to buy, for people, and the same for programs.

use anstyle::AnsiColor;
use comfy_table::Color;
use serde_json::{Value, json};

use crate::capacity::buying::{Answer, Bought, Fleet, Headroom, Report, Wanted};
use crate::stack::By;
use crate::units::Resource;

use super::capacity::{machines, room_json};
use super::style::{Style, cell, count, lines, safe};

/// The version of the form of [`buying_json`].
const FORMAT_VERSION: &str = "1.0";
/// So many services are named.
const MOST_NAMED: usize = 8;

/// The whole answer.
pub fn buying(project: &str, report: &Report, style: Style) -> String {
    let beside = match report.own {
        0 => "from nothing".to_owned(),
        own => format!("beside the {} that there are", count(own, "machine")),
    };
    let mut text = format!(
        "{}: the cheapest machines of {}, {beside}{}{}\n",
        style.bold(project),
        count(report.types, "type"),
        wanted(report),
        survived(&report.survive),
    );
    if !report.without_size.is_empty() {
        let more = report.without_size.len().saturating_sub(MOST_NAMED);
        let named: Vec<String> = report.without_size.iter().take(MOST_NAMED).map(|it| format!("`{it}`")).collect();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let verb = if report.without_size.len() == 1 { "needs" } else { "need" };
        let note = format!("What {}{more} {verb} is not counted: no size is stated.", named.join(", "));
        text.push_str(&format!("{}\n", style.paint(AnsiColor::Yellow, &note)));
    }
    match report.steps.get(report.asked) {
        Some(Answer::Fleet(it)) => text.push_str(&fleet(it, report, style)),
        Some(Answer::Unknown(bound)) => {
            let bound = money(*bound, report);
            let told = format!("No fleet was found in time that holds it; none costs less than {bound}.");
            text.push_str(&format!("\n{}\n", style.paint(AnsiColor::Yellow, &told)));
        }
        Some(Answer::Nothing) | None => {
            let told = "No machines of these types hold it, however many there are: proven.";
            text.push_str(&format!("\n{}\n", style.paint(AnsiColor::Red, told)));
        }
    }
    if report.steps.len() > 1 {
        text.push_str(&format!("\n{}\n\n{}", style.bold("Cost against room for more"), frontier(report, style)));
    }
    text
}

/// ", with room for 2 more of `web`".
pub(super) fn wanted(report: &Report) -> String {
    if report.asked == 0 {
        return String::new();
    }
    format!(", with room for {}", rooms(&report.headroom, 1))
}

/// "2 more of `web` and a container of 4 CPUs".
pub(super) fn rooms(headroom: &[Headroom], times: u32) -> String {
    let one = |it: &Headroom| {
        let number = it.count.saturating_mul(times);
        match &it.what {
            Wanted::Service(name) => format!("{number} more of `{name}`"),
            Wanted::Shape(size) => {
                let memory = size.get(&Resource::memory());
                let cpus = Resource::cpus().show(size.get(&Resource::cpus()));
                let cpus = format!("{cpus} CPU{}", if cpus == "1" { "" } else { "s" });
                let memory = match memory {
                    0 => String::new(),
                    memory => format!(", {}", Resource::memory().show(memory)),
                };
                format!("{number} × {cpus}{memory}")
            }
        }
    };
    headroom.iter().map(one).collect::<Vec<_>>().join(" and ")
}

pub(super) fn survived(survive: &[By]) -> String {
    if survive.is_empty() {
        return String::new();
    }
    let words: Vec<String> = survive.iter().map(|by| format!("any one {}", by.word())).collect();
    format!(", through the loss of {}", words.join(" or "))
}

fn fleet(fleet: &Fleet, report: &Report, style: Style) -> String {
    let mut text = String::from("\n");
    if fleet.bought.is_empty() {
        text.push_str("Nothing is to be bought: what there is holds it.\n");
    } else {
        text.push_str(&table(fleet, report, style));
        let cost = money(fleet.cost, report);
        let (told, color) = if fleet.is_proven() {
            (format!("{cost}: no fleet that holds it is cheaper, which is proven."), AnsiColor::Green)
        } else {
            let (gap, bound) = (percent(fleet.gap()), money(fleet.bound, report));
            (format!("{cost}: within {gap} of the cheapest; none costs less than {bound}."), AnsiColor::Yellow)
        };
        text.push_str(&format!("\n{}\n", style.paint(color, &told)));
    }
    let room = if report.asked > 0 { ", with the headroom" } else { "" };
    let losses = match fleet.losses {
        0 => String::new(),
        losses => {
            format!(
                ", and again after {}",
                if losses == 1 { "the one loss".to_owned() } else { format!("each of {losses} losses that differ") }
            )
        }
    };
    text.push_str(&format!("Tried by placing everything on these machines{room}{losses}.\n"));
    text.push_str(&format!("\n{}\n\n{}", style.bold("How it would lie on them"), machines(&fleet.machines, style)));
    text
}

fn table(fleet: &Fleet, report: &Report, style: Style) -> String {
    let with_labels = fleet.bought.iter().any(|it| !it.labels.is_empty());
    let mut table = style.table();
    let heads = [" type"].into_iter().chain(with_labels.then_some("labels")).chain(["machines", "each", "together"]);
    table.set_header(heads);
    for it in &fleet.bought {
        let mut row = vec![cell(format!(" {}", it.name))];
        row.extend(with_labels.then(|| cell(labels(it))));
        row.extend([cell(it.count), cell(number(it.cost)), cell(number(it.cost * f64::from(it.count)))]);
        table.add_row(row);
    }
    if fleet.bought.len() > 1 {
        let mut row = vec![cell(" together")];
        row.extend(with_labels.then(|| cell("")));
        let machines: u32 = fleet.bought.iter().map(|it| it.count).sum();
        row.extend([cell(machines), cell(""), cell(money(fleet.cost, report))]);
        table.add_row(row);
    }
    lines(&table)
}

pub(super) fn labels(it: &Bought) -> String {
    it.labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(", ")
}

/// What a step has room for.
pub(super) fn room(report: &Report, times: usize) -> String {
    match times {
        0 => "nothing more".to_owned(),
        times => rooms(&report.headroom, u32::try_from(times).unwrap_or(u32::MAX)),
    }
}

/// A row for each step: its cost, and what it costs more than the one before.
fn frontier(report: &Report, style: Style) -> String {
    let mut table = style.table();
    table.set_header([" room for", "cost", "more than before", "machines to buy"]);
    let mut before: Option<f64> = None;
    for (times, answer) in report.steps.iter().enumerate() {
        let room = room(report, times);
        let mark = if times == report.asked { " (asked)" } else { "" };
        let (cost, color, machines) = match answer {
            Answer::Fleet(fleet) => {
                let (near, color) = match fleet.is_proven() {
                    true => (String::new(), Color::Green),
                    false => (format!(" (within {})", percent(fleet.gap())), Color::Yellow),
                };
                (format!("{}{near}", money(fleet.cost, report)), color, bought(fleet))
            }
            Answer::Nothing => ("no fleet holds it".to_owned(), Color::Red, String::new()),
            Answer::Unknown(_) => ("none found in time".to_owned(), Color::Yellow, String::new()),
        };
        let own = if let Answer::Fleet(fleet) = answer { Some(fleet.cost) } else { None };
        let more = before.zip(own).map_or(String::new(), |(before, own)| number(own - before));
        before = own;
        table.add_row([cell(format!(" {room}{mark}")), cell(cost).fg(color), cell(more), cell(machines)]);
    }
    lines(&table)
}

/// "2 × small (zone=a), 1 × large".
pub(super) fn bought(fleet: &Fleet) -> String {
    if fleet.bought.is_empty() {
        return "none".to_owned();
    }
    let one = |it: &Bought| {
        let labels = if it.labels.is_empty() { String::new() } else { format!(" ({})", labels(it)) };
        format!("{} × {}{labels}", it.count, it.name)
    };
    fleet.bought.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// A cost with its unit.
pub(super) fn money(cost: f64, report: &Report) -> String {
    match &report.unit {
        Some(unit) => format!("{} {}", number(cost), safe(unit)),
        None => number(cost),
    }
}

/// At most four places after the point, without zeros at the end.
pub(super) fn number(cost: f64) -> String {
    let text = format!("{cost:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Never less than it is.
pub(super) fn percent(gap: f64) -> String {
    format!("{:.1} %", (gap * 1000.0).ceil() / 10.0)
}

/// The same for programs; see `docs/formats.md`.
pub fn buying_json(project: &str, report: &Report) -> String {
    let room = |it: &Headroom| match &it.what {
        Wanted::Service(name) => json!({ "service": name, "size": null, "count": it.count }),
        Wanted::Shape(size) => json!({ "service": null, "size": size, "count": it.count }),
    };
    let bought = |it: &Bought| {
        let labels: serde_json::Map<String, Value> =
            it.labels.iter().map(|(key, value)| (key.clone(), Value::from(value.clone()))).collect();
        json!({ "type": it.name, "labels": labels, "count": it.count, "cost": it.cost })
    };
    let step = |(times, answer): (usize, &Answer)| match answer {
        Answer::Fleet(it) => json!({
            "times": times, "status": "found", "cost": it.cost, "bound": it.bound, "proven": it.is_proven(),
            "gap": it.gap(), "bought": it.bought.iter().map(bought).collect::<Vec<_>>(), "losses": it.losses,
            "machines": it.machines.iter().map(room_json).collect::<Vec<_>>(),
        }),
        Answer::Nothing => json!({ "times": times, "status": "impossible" }),
        Answer::Unknown(bound) => json!({ "times": times, "status": "unknown", "bound": bound }),
    };
    let value = json!({
        "format_version": FORMAT_VERSION,
        "project": project,
        "own_machines": report.own,
        "types": report.types,
        "unit": report.unit,
        "headroom": report.headroom.iter().map(room).collect::<Vec<_>>(),
        "survive": report.survive.iter().map(By::word).collect::<Vec<_>>(),
        "asked": report.asked,
        "steps": report.steps.iter().enumerate().map(step).collect::<Vec<_>>(),
        "impossible": report.impossible.iter().map(|it| it.message.as_str()).collect::<Vec<_>>(),
        "without_size": report.without_size,
    });
    serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
}
