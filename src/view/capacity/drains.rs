//! How machines can be emptied for maintenance.

use anstyle::AnsiColor;
use comfy_table::Color;

use crate::capacity::{Drains, Emptied, Moves, Rounds, Stuck};
use crate::view::style::{Style, cell, count, lines};

use super::losses::short;
use super::names;

pub(super) fn drains(drains: &Drains, style: Style) -> String {
    let mut table = style.table();
    table.set_header([" machine", "emptied one at a time, in this order, each given back before the next"]);
    // Where nothing is told of the moves, one row does.
    let is_told = drains.order.iter().any(|it| it.moves.is_some());
    if !is_told && !drains.order.is_empty() {
        let all: Vec<String> = drains.order.iter().flat_map(|it| it.machines.clone()).collect();
        table.add_row(vec![cell(format!(" {}", names(&all))), cell("can be emptied, in any order").fg(Color::Green)]);
    }
    for emptied in drains.order.iter().filter(|_| is_told) {
        table.add_row(vec![cell(format!(" {}", names(&emptied.machines))), cell(told(emptied)).fg(Color::Green)]);
    }
    for stuck in &drains.stuck {
        let any = if stuck.machines.len() > 1 { "any of " } else { "" };
        let color = if stuck.is_proven { Color::Red } else { Color::Yellow };
        table.add_row(vec![cell(format!(" {any}{}", names(&stuck.machines))), cell(held(stuck, style)).fg(color)]);
    }
    let mut text = lines(&table);
    let moves: Option<Vec<u32>> = drains.order.iter().map(|it| it.moves.map(|it| it.away + it.others)).collect();
    match moves.as_deref() {
        Some([_, _, ..]) => {
            let all: u32 = moves.iter().flatten().sum();
            text.push_str(&format!(
                "\nIn this order {} in all; in another it may be fewer.\n",
                count(all as usize, "move")
            ));
        }
        None => text.push_str("\nWhat moves is not looked at: there are too many machines.\n"),
        Some(_) => {}
    }
    match &drains.rounds {
        Some(rounds) if drains.order.len() > 1 => text.push_str(&at_once(rounds, style)),
        None => {
            text.push_str("\nWhich can be emptied at once was not looked for: there are too many kinds of machines.\n")
        }
        Some(_) => {}
    }
    text
}

pub(in crate::view) fn told(emptied: &Emptied) -> String {
    emptied.moves.map_or("can be emptied".to_owned(), moves)
}

/// "3 containers move, and 1 other; 1 ends until it is back".
pub(in crate::view) fn moves(moves: Moves) -> String {
    let verb = |number: u32| if number == 1 { "moves" } else { "move" };
    let others = match moves.others {
        0 => String::new(),
        1 => ", and 1 other".to_owned(),
        others => format!(", and {others} others"),
    };
    let proof = if moves.is_least { "" } else { " (fewer may do)" };
    let end = match moves.end {
        0 => String::new(),
        1 => "; 1 ends until the machine is back".to_owned(),
        end => format!("; {end} end until the machine is back"),
    };
    match (moves.away, moves.others, moves.end) {
        (0, 0, 0) => "nothing is there".to_owned(),
        (away, ..) => format!("{} {}{others}{proof}{end}", count(away as usize, "container"), verb(away)),
    }
}

pub(in crate::view) fn held(stuck: &Stuck, style: Style) -> String {
    if !stuck.is_proven {
        return format!("not found out: {}", stuck.why.join("; "));
    }
    format!("cannot be emptied: {}", short(&stuck.why, &stuck.stay, style))
}

fn at_once(rounds: &Rounds, style: Style) -> String {
    let mut table = style.table();
    table.set_header([" round", "machines at once", "what moves"]);
    for (index, round) in rounds.rounds.iter().enumerate() {
        table.add_row(vec![
            cell(format!(" {}", index + 1)),
            cell(round.machines.join(", ")),
            cell(round.moves.map_or("–".to_owned(), moves)),
        ]);
    }
    let sum = match (rounds.rounds.len(), rounds.are_fewest) {
        (1, _) => style.paint(AnsiColor::Green, "All of these can be emptied at once."),
        (many, true) => format!("Fewer than {many} rounds do not do."),
        (_, false) => style.paint(AnsiColor::Yellow, "Whether fewer rounds do is not known."),
    };
    format!("\n{}\n{sum}\n", lines(&table))
}
