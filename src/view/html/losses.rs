//! What losses do: each loss against each service, and what becomes of the rest.

use crate::capacity::{Lost, Pairs, Report, Verdict};
use crate::view::Style;
use crate::view::capacity::losses::{both, meanwhile, rest, who};
use crate::view::capacity::matrix::{Hurt, Matrix};
use crate::view::style::count;

use super::page::paragraph;
use super::table::{Cell, Mood, Table};

/// So many services have a column, those that are hurt the worst; and so many losses a row.
const MOST_SERVICES: usize = 24;
const MOST_ROWS: usize = 200;

pub(super) fn losses(report: &Report) -> String {
    let heads = ["lost", "#containers", "the rest", "meanwhile"];
    let mut table = Table::new("What becomes of what is lost", heads);
    for lost in &report.losses {
        table.row(row(&who(lost), lost));
    }
    format!("{}{}", table.html(), matrix(report))
}

/// What becomes of the containers of a loss.
fn row(who: &str, lost: &Lost) -> [Cell; 4] {
    let mood = match lost.verdict {
        Verdict::Fits(_) => Mood::Good,
        Verdict::Unknown => Mood::Careful,
        Verdict::Short(..) => Mood::Bad,
    };
    let (rest, down) = (rest(lost, Style::PLAIN), meanwhile(lost, Style::PLAIN));
    let down = if down.is_empty() { Cell::text("every service goes on") } else { Cell::told(Mood::Careful, &down) };
    [Cell::text(who), Cell::number(lost.containers), Cell::told(mood, &rest), down]
}

fn matrix(report: &Report) -> String {
    let Matrix { rows, shown, others } = Matrix::new(report, MOST_SERVICES);
    if shown.is_empty() {
        return paragraph("No loss takes a container along.");
    }
    let heads = ["lost"].into_iter().chain(shown.iter().map(|name| name.trim_start_matches('#')));
    let mut table = Table::new("Each loss against each service: how many of its containers go", heads).class("matrix");
    for (who, hurt) in rows.iter().take(MOST_ROWS) {
        let cells = shown.iter().map(|service| hurt.get(service).map_or(Cell::text("·"), |hurt| told(*hurt)));
        table.row([Cell::text(who)].into_iter().chain(cells));
    }
    let mut text = table.html();
    text.push_str(&paragraph(
        "Down: none is left until it is placed again. Without a place: none is found for so many of it. A dot: it loses none.",
    ));
    let left = rows.len().saturating_sub(MOST_ROWS);
    if left > 0 || others > 0 {
        let told = format!("Not shown: {left} more losses, {}, hurt less; --csv lists all.", count(others, "service"));
        text.push_str(&paragraph(&told));
    }
    text
}

/// "2", "1 down", "1 down, 1 without a place", "1 without a place".
fn told(hurt: Hurt) -> Cell {
    let down = if hurt.is_down { " down" } else { "" };
    let lost = (hurt.lost > 0).then(|| format!("{}{down}", hurt.lost));
    let homeless = (hurt.homeless > 0).then(|| format!("{} without a place", hurt.homeless));
    let mood = match (hurt.homeless, hurt.is_down) {
        (0, false) => None,
        (0, true) => Some(Mood::Careful),
        _ => Some(Mood::Bad),
    };
    let what = lost.into_iter().chain(homeless).collect::<Vec<_>>().join(", ");
    mood.map_or_else(|| Cell::text(&what), |mood| Cell::told(mood, &what))
}

/// So many pairs are shown, the worst.
const MOST_PAIRS: usize = 40;

pub(super) fn pairs(found: &Pairs) -> String {
    let sum = |of: fn(&Lost) -> bool| found.losses.iter().filter(|it| of(&it.lost)).map(|it| it.pairs).sum::<usize>();
    let all = count(sum(|_| true), "pair");
    let short = sum(|it| matches!(it.verdict, Verdict::Short(..)));
    let (down, unknown) = (sum(|it| !it.silenced.is_empty()), sum(|it| it.verdict == Verdict::Unknown));
    let mut told = format!(
        "Of {all}, {short} would leave something without a place, and {down} a service without a container meanwhile."
    );
    if unknown > 0 {
        told.push_str(&format!(" Of {unknown} it was not found out in time whether the rest finds room."));
    }
    if found.not_looked_at > 0 {
        told.push_str(&format!(" {} were not looked at.", count(found.not_looked_at, "more pair")));
    }
    let mut table =
        Table::new("What the loss of two at once does", ["lost at once", "#containers", "the rest", "meanwhile"]);
    let mut worst: Vec<_> = found.losses.iter().collect();
    worst.sort_by_key(|pair| match pair.lost.verdict {
        Verdict::Short(..) => 0,
        _ if !pair.lost.silenced.is_empty() => 1,
        Verdict::Unknown => 2,
        Verdict::Fits(_) => 3,
    });
    for pair in worst.iter().take(MOST_PAIRS) {
        table.row(row(&both(pair), &pair.lost));
    }
    let untold: usize = worst.iter().skip(MOST_PAIRS).map(|pair| pair.pairs).sum();
    if untold > 0 {
        told.push_str(&format!(" {} that do no worse are not shown; --csv lists all.", count(untold, "pair")));
    }
    format!("{}{}", paragraph(&told), table.html())
}
