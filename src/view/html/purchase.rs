//! The machines to buy.

use crate::capacity::buying::{Answer, Fleet, Report};
use crate::view::buying::{labels, money, number, percent, survived, wanted};
use crate::view::capacity::growth::named;
use crate::view::style::count;

use super::escape::{lines, text};
use super::glance::room;
use super::page::{figures, paragraph};
use super::table::{Cell, Mood, Table, told};

/// The fleet that was asked for, where one was found.
pub(super) fn fleet(report: &Report) -> Option<&Fleet> {
    match report.steps.get(report.asked) {
        Some(Answer::Fleet(fleet)) => Some(fleet),
        _ => None,
    }
}

/// What was asked.
pub(super) fn lead(report: &Report) -> String {
    let beside = match report.own {
        0 => "from nothing".to_owned(),
        own => format!("beside the {} that there are", count(own, "machine")),
    };
    let types = count(report.types, "type");
    lines(&format!("The cheapest machines of {types}, {beside}{}{}.", wanted(report), survived(&report.survive)))
}

pub(super) fn glance(report: &Report) -> String {
    let mut shown = vec![cost(report)];
    if let Some(fleet) = fleet(report) {
        let machines: u32 = fleet.bought.iter().map(|it| it.count).sum();
        let beside = format!("of {}", count(fleet.bought.len(), "kind"));
        shown.push(("To buy", text(count(machines as usize, "machine")), text(beside)));
        shown.extend(room(&fleet.machines));
        if !report.survive.is_empty() {
            let beside = "each tried: everything that can be elsewhere finds room again";
            shown.push(("Losses survived", told(Mood::Good, &fleet.losses.to_string()), text(beside)));
        }
    }
    let mut text = figures(&shown);
    if !report.without_size.is_empty() {
        text.push_str(&paragraph(&format!("Not counted, since no size is stated: {}.", named(&report.without_size))));
    }
    text
}

fn cost(report: &Report) -> (&'static str, String, String) {
    let (value, beside) = match report.steps.get(report.asked) {
        Some(Answer::Fleet(fleet)) if fleet.is_proven() => (
            told(Mood::Good, &money(fleet.cost, report)),
            "no fleet that holds it is cheaper, which is proven".to_owned(),
        ),
        Some(Answer::Fleet(fleet)) => {
            let beside = format!(
                "within {} of the cheapest; none costs less than {}",
                percent(fleet.gap()),
                money(fleet.bound, report)
            );
            (told(Mood::Careful, &money(fleet.cost, report)), beside)
        }
        Some(Answer::Unknown(bound)) => {
            (told(Mood::Careful, "none found in time"), format!("none costs less than {}", money(*bound, report)))
        }
        Some(Answer::Nothing) | None => {
            (told(Mood::Bad, "none"), "no machines of these types hold it, however many there are: proven".to_owned())
        }
    };
    ("Cost", value, text(beside))
}

pub(super) fn bought(fleet: &Fleet, report: &Report) -> String {
    if fleet.bought.is_empty() {
        return paragraph("Nothing is to be bought: what there is holds it.");
    }
    let with_labels = fleet.bought.iter().any(|it| !it.labels.is_empty());
    let heads = ["type"].into_iter().chain(with_labels.then_some("labels")).chain(["#machines", "#each", "#together"]);
    let mut table = Table::new("The machines to buy, and what they cost", heads);
    for it in &fleet.bought {
        let mut row = vec![Cell::text(&it.name)];
        row.extend(with_labels.then(|| Cell::text(labels(it))));
        row.extend([it.count.to_string(), number(it.cost), number(it.cost * f64::from(it.count))].map(Cell::number));
        table.row(row);
    }
    let mut row = vec![Cell::text("together")];
    row.extend(with_labels.then(|| Cell::text("")));
    let machines: u32 = fleet.bought.iter().map(|it| it.count).sum();
    row.extend([machines.to_string(), String::new(), money(fleet.cost, report)].map(Cell::number));
    table.row(row);
    let room = if report.asked > 0 { ", with the headroom" } else { "" };
    let losses = match fleet.losses {
        0 => String::new(),
        1 => ", and again after the one loss".to_owned(),
        losses => format!(", and again after each of {losses} losses that differ"),
    };
    let tried = format!("Tried by placing everything on these machines{room}{losses}.");
    format!("{}{}", table.html(), paragraph(&tried))
}
