//! How machines can be emptied for maintenance.

use crate::capacity::Drains;
use crate::view::Style;
use crate::view::capacity::drains::{held, moves, told};
use crate::view::capacity::names;

use super::page::paragraph;
use super::table::{Cell, Mood, Table};

pub(super) fn drains(drains: &Drains) -> String {
    let heads = ["machine", "emptied one at a time, in this order, each given back before the next"];
    let mut table = Table::new("How each machine can be emptied", heads);
    for emptied in &drains.order {
        table.row([Cell::text(names(&emptied.machines)), Cell::told(Mood::Good, &told(emptied))]);
    }
    for stuck in &drains.stuck {
        let any = if stuck.machines.len() > 1 { "any of " } else { "" };
        let mood = if stuck.is_proven { Mood::Bad } else { Mood::Careful };
        table.row([
            Cell::text(format!("{any}{}", names(&stuck.machines))),
            Cell::told(mood, &held(stuck, Style::PLAIN)),
        ]);
    }
    let mut text = table.html();
    match &drains.rounds {
        Some(rounds) if drains.order.len() > 1 => {
            let mut table = Table::new(
                "The same in rounds, the machines of one round at once",
                ["#round", "machines", "what moves"],
            );
            for (index, round) in rounds.rounds.iter().enumerate() {
                let moved = round.moves.map_or("–".to_owned(), moves);
                table.row([Cell::number(index + 1), Cell::text(round.machines.join(", ")), Cell::text(moved)]);
            }
            text.push_str(&table.html());
            text.push_str(&paragraph(&match (rounds.rounds.len(), rounds.are_fewest) {
                (1, _) => "All of these can be emptied at once.".to_owned(),
                (many, true) => format!("Fewer than {many} rounds do not do: proven."),
                (_, false) => "Whether fewer rounds do is not known.".to_owned(),
            }));
        }
        None => text.push_str(&paragraph(
            "Which can be emptied at once was not looked for: there are too many kinds of machines.",
        )),
        Some(_) => {}
    }
    text
}
