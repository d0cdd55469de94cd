//! How many more of each service fit, and the largest container that does.

use crate::capacity::{More, Report, Slot};
use crate::view::Style;
use crate::view::capacity::more::{causes, number};
use crate::view::capacity::size;

use super::page::paragraph;
use super::table::{Cell, Mood, Table};

pub(super) fn headroom(report: &Report) -> String {
    let with_moves = report.more.iter().any(|it| it.with_moves.is_some());
    let heads =
        ["service", "#now", "#more, as placed"].into_iter().chain(with_moves.then_some("#more, if others move"));
    let heads = heads.chain(["what stops the next one as placed"]);
    let mut table = Table::new("How many more containers of each service fit", heads);
    for it in &report.more {
        table.row(row(it, with_moves));
    }
    let mut text = table.html();
    text.push_str(&paragraph(
        "As placed: everything else stays where it is. If others move: everything may be placed anew, and data stays where it is.",
    ));
    text.push_str(&slots(&report.slots));
    text
}

fn row(it: &More, with_moves: bool) -> Vec<Cell> {
    let mut row = vec![Cell::text(&it.service), Cell::number(it.now), Cell::number(number(it.without_moves))];
    row.extend(with_moves.then(|| Cell::number(it.with_moves.map_or("–".to_owned(), number))));
    row.push(match (it.without_moves.number(), it.stops.is_empty()) {
        (0, true) => Cell::text("it is on each machine once"),
        (0, false) => Cell::told(Mood::Careful, &causes(&it.stops, Style::PLAIN)),
        _ => Cell::text(causes(&it.stops, Style::PLAIN)),
    });
    row
}

fn slots(slots: &[Slot]) -> String {
    let heads = ["#GiB for each CPU", "the largest that fits", "on", "all free room together", "#of it in one piece"];
    let mut table = Table::new("The largest container that still fits without a move, by shape", heads);
    for slot in slots {
        let largest = slot.machine.as_ref().map_or("none".to_owned(), |_| size(&slot.size));
        table.row([
            Cell::number(slot.shape.0),
            Cell::text(largest),
            Cell::text(slot.machine.as_deref().unwrap_or("–")),
            Cell::text(size(&slot.in_sum)),
            Cell::number(slot.in_one_piece().map_or("–".to_owned(), |percent| format!("{percent} %"))),
        ]);
    }
    table.html()
}
