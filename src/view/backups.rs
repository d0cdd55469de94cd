//! Where everything goes when something is lost.

use comfy_table::Color;

use crate::plan::{Backup, BackupPlace, GivesWay};
use crate::text::tame;

use super::style::{Style, cell, count, lines};

/// So many containers are named of one loss.
const MOST_NAMED: usize = 12;

/// A row for each loss; nothing where none was asked for.
pub(super) fn backups(backups: &[Backup], style: Style) -> String {
    if backups.is_empty() {
        return String::new();
    }
    let mut table = style.table();
    for it in backups {
        let alike = if it.alike > 0 { format!(" (or {} like it)", it.alike) } else { String::new() };
        let (what, color) = match (it.survived, it.places.is_empty()) {
            (false, _) => (format!("not everything finds a place{}", giving_way(&it.gives_way)), Color::Red),
            (true, true) => ("nothing moves".to_owned(), Color::Green),
            (true, false) => (places(&it.places), Color::Green),
        };
        table.add_row(vec![cell(format!("  if {}{alike} is lost", tame(&it.lost))), cell(what).fg(color)]);
    }
    format!("\n{}", lines(&table))
}

/// " (2 of `batch`)".
fn giving_way(all: &[GivesWay]) -> String {
    let told: Vec<String> =
        all.iter().take(MOST_NAMED).map(|it| format!("{} of `{}`", it.containers, it.service)).collect();
    let more = if all.len() > MOST_NAMED { ", …" } else { "" };
    if told.is_empty() { String::new() } else { tame(&format!(" ({}{more})", told.join(", "))) }
}

/// "web.2 → m3, kv.1 → m1".
fn places(places: &[BackupPlace]) -> String {
    let told = |it: &BackupPlace| {
        let note = match (&it.makes_room_on, it.without_data) {
            (Some(machine), _) => format!(" (makes room on {machine})"),
            (None, true) => " (without its data)".to_owned(),
            (None, false) => String::new(),
        };
        tame(&format!("{} → {}{note}", it.container, it.machine))
    };
    let mut all: Vec<String> = places.iter().take(MOST_NAMED).map(told).collect();
    if places.len() > MOST_NAMED {
        all.push(format!("and {}", count(places.len() - MOST_NAMED, "more container")));
    }
    all.join(", ")
}
