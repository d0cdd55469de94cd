//! How far a stack can grow.

use anstyle::AnsiColor;

use crate::capacity::{End, Extra, Gain, Growth, Point};
use crate::units::Resource;
use crate::view::style::{Style, cell, lines};

use super::losses::short;
use super::names;

pub(super) fn growth(growth: &Growth, style: Style) -> String {
    let mut text = curve(&growth.points, style);
    let most = growth.most;
    let sum = match &growth.end {
        End::Plenty => style.paint(AnsiColor::Green, &format!("It fits {most} times; no end was looked for beyond.")),
        End::Unknown => {
            let known = format!("It fits {most} times at least; whether more fits was not found out in time.");
            style.paint(AnsiColor::Yellow, &known)
        }
        End::Proven { adds, why, homeless } => {
            let adds: Vec<String> =
                adds.iter().take(6).map(|(service, more)| format!("{more} of `{service}`")).collect();
            let known = format!("It fits {most} times. What comes next ({}) does not:", adds.join(", "));
            let mut lines = vec![style.paint(AnsiColor::Yellow, &known), short(why, homeless, style)];
            if why.is_empty() {
                lines.push(
                    "in sum there is room: it is in pieces too small, or rules keep it from being used".to_owned(),
                );
            }
            lines.join(style.line_break())
        }
    };
    text.push_str(&format!("\n{sum}\n"));
    if !growth.held.is_empty() {
        text.push_str(&format!("\nNot growing: {}.\n", named(&growth.held)));
    }
    text.push_str(&gains(growth, style));
    text
}

pub(in crate::view) fn named(services: &[String]) -> String {
    let shown: Vec<String> = services.iter().take(8).map(|service| format!("`{service}`")).collect();
    let more = services.len().saturating_sub(8);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

fn curve(points: &[Point], style: Style) -> String {
    let mut table = style.table();
    let heads =
        points.first().into_iter().flat_map(|point| point.used.iter().map(|(resource, ..)| resource.to_string()));
    table.set_header([" times".to_owned(), "containers".to_owned()].into_iter().chain(heads).chain([String::new()]));
    for point in points {
        let mut row = vec![cell(format!(" {}", point.factor)), cell(point.containers)];
        row.extend(point.used.iter().map(|(resource, used, room)| {
            let share = (used * 100).checked_div(*room).map_or(String::new(), |share| format!(" ({share} %)"));
            cell(format!("{} of {}{share}", resource.show(*used), resource.show(*room)))
        }));
        row.push(cell(match point.fits {
            Some(true) => "fits",
            Some(false) => "does not fit",
            None => "not found out in time",
        }));
        table.add_row(row);
    }
    lines(&table)
}

fn gains(growth: &Growth, style: Style) -> String {
    let (more, none): (Vec<&Gain>, Vec<&Gain>) =
        growth.gains.iter().partition(|gain| gain.most > growth.most || !gain.is_exact);
    let mut text = String::new();
    if !more.is_empty() {
        let mut table = style.table();
        table.set_header([" with", "it fits"]);
        for gain in more {
            let least = if gain.is_exact { "" } else { "at least " };
            table.add_row(vec![cell(format!(" {}", extra(&gain.extra))), cell(format!("{least}{} times", gain.most))]);
        }
        text.push_str(&format!("\n{}", lines(&table)));
    }
    if !none.is_empty() {
        let none: Vec<String> = none.iter().map(|gain| extra(&gain.extra)).collect();
        text.push_str(&format!("\nNothing is gained by {}.\n", none.join("; ")));
    }
    text
}

pub(in crate::view) fn extra(extra: &Extra) -> String {
    let any = |machines: &[String]| {
        if machines.len() > 1 { format!("any one of {}", names(machines)) } else { names(machines) }
    };
    match extra {
        Extra::Everywhere(resource, amount) => format!("{} on each machine", more(resource, *amount)),
        Extra::On(resource, amount, machines) => format!("{} on {}", more(resource, *amount), any(machines)),
        Extra::Machine(machines) => format!("one more machine like {}", any(machines)),
    }
}

/// "1 CPU more", "1 GiB more memory".
fn more(resource: &Resource, amount: u64) -> String {
    let amount = resource.show(amount);
    match resource.0.as_str() {
        "cpus" => format!("{amount} CPU more"),
        name => format!("{amount} more of {name}"),
    }
}
