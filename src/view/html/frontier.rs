//! What room for more costs.

use crate::capacity::buying::{Answer, Report};
use crate::view::buying::{bought, money, number, percent, room, rooms};

use super::chart::{Axis, Chart, Mark};
use super::page::paragraph;
use super::table::{Cell, Mood, Table};

pub(super) fn frontier(report: &Report) -> String {
    format!("{}{}", curve(report), table(report))
}

/// Costs by how many times the headroom; what is not proven is a range down to the bound.
fn curve(report: &Report) -> String {
    let fleets: Vec<_> = report
        .steps
        .iter()
        .enumerate()
        .filter_map(|(times, answer)| if let Answer::Fleet(fleet) = answer { Some((times, fleet)) } else { None })
        .collect();
    let dearest = fleets.iter().map(|(_, fleet)| fleet.cost).fold(0.0, f64::max);
    if fleets.len() < 2 || dearest <= 0.0 {
        return String::new();
    }
    let last = (report.steps.len() - 1) as f64;
    let ticks = (0..report.steps.len()).map(|times| (times as f64, times.to_string()));
    let x = Axis {
        name: format!("times room for {}", rooms(&report.headroom, 1).replace('`', "")),
        least: 0.0,
        most: last,
        ticks: ticks.collect(),
    };
    let y = Axis::new(report.unit.as_deref().unwrap_or("cost"), 0.0, dearest * 1.15, "");
    let told: Vec<String> =
        fleets.iter().map(|(times, fleet)| format!("{times}: {}", money(fleet.cost, report))).collect();
    let mut chart = Chart::new(format!("Cost by how many times the room: {}.", told.join(", ")), x, y);
    // A gap where no fleet is known.
    for run in fleets.chunk_by(|a, b| a.0 + 1 == b.0) {
        chart.curve(0, &run.iter().map(|(times, fleet)| (*times as f64, fleet.cost)).collect::<Vec<_>>());
    }
    for (times, fleet) in &fleets {
        let at = (*times as f64, fleet.cost);
        let (mark, how) = match fleet.is_proven() {
            true => (Mark::Full, "nothing cheaper holds: proven".to_owned()),
            false => (Mark::Ring, format!("within {} of the cheapest", percent(fleet.gap()))),
        };
        if !fleet.is_proven() {
            chart.between(0, at.0, (fleet.bound, fleet.cost));
        }
        chart.mark(0, mark, at, &format!("{}: {}; {how}", times, money(fleet.cost, report)));
        chart.words(at, &number(fleet.cost));
    }
    let all = paragraph(
        "A full disc: nothing cheaper holds, which is proven. A ring: the cheapest costs something between it and the line below it.",
    );
    format!("{}{all}", chart.html())
}

fn table(report: &Report) -> String {
    let heads = ["room for", "#cost", "#more than before", "how good that is", "machines to buy"];
    let mut table = Table::new("What room for more costs", heads);
    let mut before: Option<f64> = None;
    for (times, answer) in report.steps.iter().enumerate() {
        let room = room(report, times);
        let mark = if times == report.asked { " (asked)" } else { "" };
        let own = if let Answer::Fleet(fleet) = answer { Some(fleet.cost) } else { None };
        let more = before.zip(own).map_or(String::new(), |(before, own)| number(own - before));
        before = own;
        let (cost, how, machines) = match answer {
            Answer::Fleet(fleet) if fleet.is_proven() => {
                (money(fleet.cost, report), Cell::told(Mood::Good, "nothing cheaper holds: proven"), bought(fleet))
            }
            Answer::Fleet(fleet) => {
                let near = format!("within {} of the cheapest", percent(fleet.gap()));
                (money(fleet.cost, report), Cell::told(Mood::Careful, &near), bought(fleet))
            }
            Answer::Nothing => ("–".to_owned(), Cell::told(Mood::Bad, "no fleet holds it: proven"), String::new()),
            Answer::Unknown(bound) => {
                let told = format!("none was found in time; none costs less than {}", money(*bound, report));
                ("–".to_owned(), Cell::told(Mood::Careful, &told), String::new())
            }
        };
        table.row([
            Cell::text(format!("{room}{mark}")),
            Cell::number(cost),
            Cell::number(more),
            how,
            Cell::text(machines),
        ]);
    }
    table.html()
}
