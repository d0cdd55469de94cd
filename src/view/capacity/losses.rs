//! What each loss does.

use anstyle::AnsiColor;
use comfy_table::{Cell, Color};

use crate::capacity::{Lost, PairLost, Pairs, Verdict};
use crate::view::style::{Style, cell, count, lines};

use super::names;

/// So many pairs are shown, the worst.
const MOST_PAIRS: usize = 20;

pub(super) fn losses(losses: &[Lost], style: Style) -> String {
    let mut table = style.table();
    table.set_header([" lost", "containers", "the rest", "meanwhile"]);
    for lost in losses {
        table.add_row(row(&who(lost), lost, style));
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

fn row(who: &str, lost: &Lost, style: Style) -> Vec<Cell> {
    let color = match &lost.verdict {
        Verdict::Fits(_) => Color::Green,
        Verdict::Unknown => Color::Yellow,
        Verdict::Short(..) => Color::Red,
    };
    let place = cell(rest(lost, style)).fg(color);
    vec![cell(format!(" {who}")), cell(lost.containers), place, cell(meanwhile(lost, style))]
}

/// What becomes of the rest: "finds room again, 1 other container moves".
pub(in crate::view) fn rest(lost: &Lost, style: Style) -> String {
    match &lost.verdict {
        Verdict::Fits(None) => "finds room again".to_owned(),
        Verdict::Fits(Some(0)) => "finds room again, nothing else moves".to_owned(),
        Verdict::Fits(Some(moves)) => {
            let verb = if *moves == 1 { "moves" } else { "move" };
            format!("finds room again, {} {verb}", count(*moves as usize, "other container"))
        }
        Verdict::Unknown => "not found out in time".to_owned(),
        Verdict::Short(why, homeless) => short(why, homeless, style),
    }
}

/// The worst pairs, and what is to be said of all.
pub(super) fn pairs(found: &Pairs, style: Style) -> String {
    let mut worst: Vec<&PairLost> = found.losses.iter().collect();
    worst.sort_by_key(|pair| match pair.lost.verdict {
        Verdict::Short(..) => 0,
        _ if !pair.lost.silenced.is_empty() => 1,
        Verdict::Unknown => 2,
        Verdict::Fits(_) => 3,
    });
    let mut table = style.table();
    table.set_header([" lost at once", "containers", "the rest", "meanwhile"]);
    for pair in worst.iter().take(MOST_PAIRS) {
        table.add_row(row(&both(pair), &pair.lost, style));
    }
    let mut text = lines(&table);
    let sum = |of: fn(&PairLost) -> bool| found.losses.iter().filter(|it| of(it)).map(|it| it.pairs).sum::<usize>();
    let untold: usize = worst.iter().skip(MOST_PAIRS).map(|pair| pair.pairs).sum();
    let none = |pairs: usize| if pairs == 0 { "none".to_owned() } else { pairs.to_string() };
    let short = none(sum(|it| matches!(it.lost.verdict, Verdict::Short(..))));
    let mut told = vec![
        format!("Of {}, {short} would leave something without a place", count(sum(|_| true), "pair")),
        format!("{} a service without a container meanwhile", none(sum(|it| !it.lost.silenced.is_empty()))),
    ];
    match sum(|it| it.lost.verdict == Verdict::Unknown) {
        0 => {}
        unknown => told.push(format!("of {unknown} it is not known whether the rest finds room")),
    }
    text.push_str(&format!("\n{}.\n", told.join(", ")));
    if untold > 0 {
        text.push_str(&format!("{} that do no worse are not shown; --json tells all.\n", count(untold, "pair")));
    }
    if found.not_looked_at > 0 {
        let many = count(found.not_looked_at, "more pair");
        text.push_str(&format!("{many} were not looked at: there are too many kinds of machines.\n"));
    }
    text
}

/// "m1 and m2", "any two of m1, m2, m3", "m4 and any of m1, m2".
pub(in crate::view) fn both(pair: &PairLost) -> String {
    match (pair.first.as_slice(), pair.second.as_slice()) {
        (first, second) if first == second && first.len() == 2 => names(first).replace(", ", " and "),
        (first, second) if first == second => format!("any two of {}", names(first)),
        ([one], [other]) => format!("{one} and {other}"),
        ([one], several) | (several, [one]) => format!("{one} and any of {}", names(several)),
        (first, second) => format!("any of {} and any of {}", names(first), names(second)),
    }
}

pub(in crate::view) fn who(lost: &Lost) -> String {
    match (&lost.name, lost.alike.len()) {
        (Some(name), _) => format!("{name} ({})", count(lost.machines.len(), "machine")),
        (None, 0) => names(&lost.machines),
        (None, _) => {
            let all: Vec<String> = std::iter::once(&lost.machines).chain(&lost.alike).flatten().cloned().collect();
            format!("any of {}", names(&all))
        }
    }
}

pub(in crate::view) fn short(why: &[String], homeless: &[(String, u32)], style: Style) -> String {
    let left: Vec<String> = homeless.iter().take(6).map(|(service, left)| format!("{left} of `{service}`")).collect();
    let more = homeless.len().saturating_sub(6);
    let more = if more > 0 { format!(", and {}", count(more, "more service")) } else { String::new() };
    let without = (!left.is_empty()).then(|| format!("no place for {}{more}", left.join(", ")));
    without.into_iter().chain(why.iter().take(2).cloned()).collect::<Vec<_>>().join(style.line_break())
}

pub(in crate::view) fn meanwhile(lost: &Lost, style: Style) -> String {
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
    let minority = (!lost.without_majority.is_empty()).then(|| {
        let services: Vec<String> = lost.without_majority.iter().map(|service| format!("`{service}`")).collect();
        format!("no majority: {}", services.join(", "))
    });
    down.into_iter().chain(minority).chain(data).collect::<Vec<_>>().join(style.line_break())
}
