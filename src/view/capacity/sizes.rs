//! What services use, beside what they reserve.

use comfy_table::{Cell, Color};

use crate::capacity::{ResourceUse, Sizes};
use crate::view::style::{Style, cell, count, lines};

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
        let names: Vec<String> = sizes.unknown.iter().take(MOST_NAMES).map(|name| format!("`{name}`")).collect();
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
