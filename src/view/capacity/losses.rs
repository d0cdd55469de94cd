//! What each loss does.

use anstyle::AnsiColor;
use comfy_table::Color;

use crate::capacity::{Lost, Verdict};
use crate::view::style::{Style, cell, count, lines};

use super::names;

pub(super) fn losses(losses: &[Lost], style: Style) -> String {
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

pub(super) fn short(why: &[String], homeless: &[(String, u32)], style: Style) -> String {
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
