//! How many more of each service fit.

use comfy_table::Color;

use crate::capacity::{More, Most};
use crate::view::style::{Style, cell, count, lines};

use super::names;

/// So many causes are told of one service.
const MOST_CAUSES: usize = 4;

pub(in crate::view) fn number(most: Most) -> String {
    match most {
        Most::Exactly(number) => number.to_string(),
        Most::AtLeast(number) => format!("at least {number}"),
        Most::Plenty(number) => format!("{number} or more"),
    }
}

pub(super) fn more(more: &[More], style: Style) -> String {
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
pub(in crate::view) fn causes(stops: &[(String, Vec<String>)], style: Style) -> String {
    let mut lines: Vec<String> =
        stops.iter().take(MOST_CAUSES).map(|(why, on)| format!("{}: {why}", names(on))).collect();
    if stops.len() > MOST_CAUSES {
        lines.push(format!("… and {} more", count(stops.len() - MOST_CAUSES, "cause")));
    }
    lines.join(style.line_break())
}
