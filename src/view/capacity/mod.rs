//! Capacity for people, and the same for programs.

pub(in crate::view) mod drains;
pub(in crate::view) mod growth;
mod json;
pub(in crate::view) mod losses;
mod machines;
pub(in crate::view) mod matrix;
pub(in crate::view) mod more;
mod sizes;

pub use json::capacity_json;
pub(super) use json::room_json;
pub(super) use machines::{limit_text, machines, size};

use crate::capacity::Report;

use super::style::{Style, count, machine_names};
use drains::drains;
use growth::growth;
use losses::{losses, pairs};
use machines::{limits, slots};
use matrix::matrix;
use more::more;
use sizes::{sizes, used};

/// So many machines are named; of more the first and the last.
const MOST_NAMED: usize = 4;

/// In place of what would fit where nothing is known to be in the way.
const SIZES_UNKNOWN: &str = " Not known: no machine says how much CPU or memory it has (`cpus`, `memory` in the inventory; `--live` asks the engines).\n";

fn knows_sizes(report: &Report) -> bool {
    report.machines.iter().any(|machine| !machine.resources.is_empty())
}

/// The whole report.
pub fn capacity(project: &str, report: &Report, is_seen: bool, with_matrix: bool, style: Style) -> String {
    let basis = if is_seen { "what runs" } else { "the files, as if nothing ran yet" };
    let mut text = format!("{} on {}, by {basis}\n\n", style.bold(project), count(report.machines.len(), "machine"));
    text.push_str(&machines(&report.machines, style));
    let head = style.bold("What may be taken at the most: limits against what there is");
    text.push_str(&format!("\n{head}\n\n{}", limits(&report.machines, style)));
    text.push_str(&format!(
        "\n{}\n\n{}",
        style.bold("The largest container that still fits"),
        if knows_sizes(report) { slots(&report.slots, style) } else { SIZES_UNKNOWN.to_owned() }
    ));
    text.push_str(&format!("\n{}\n\n{}", style.bold("How many more fit"), more(&report.more, style)));
    text.push_str(&format!("\n{}\n\n{}", style.bold("If this is lost"), losses(&report.losses, style)));
    if let Some(found) = &report.pairs {
        text.push_str(&format!("\n{}\n\n{}", style.bold("If two are lost at once"), pairs(found, style)));
    }
    if with_matrix {
        text.push_str(&format!("\n{}\n\n{}", style.bold("Each loss against each service"), matrix(report, style)));
    }
    if let Some(found) = &report.drains {
        text.push_str(&format!("\n{}\n\n{}", style.bold("For maintenance"), drains(found, style)));
    }
    if let Some(found) = &report.used {
        let head = style.bold("What is used now, by all that runs");
        text.push_str(&format!("\n{head}\n\n{}", used(found, &report.machines, style)));
    }
    if let Some(found) = &report.sizes {
        text.push_str(&format!("\n{}\n\n{}", style.bold("What one container uses"), sizes(found, style)));
    }
    if let Some(found) = &report.growth {
        text.push_str(&format!("\n{}\n\n{}", style.bold("How far it can grow"), growth(found, style)));
    }
    text
}

pub(in crate::view) fn names(names: &[String]) -> String {
    machine_names(&names.iter().map(String::as_str).collect::<Vec<_>>(), MOST_NAMED)
}
