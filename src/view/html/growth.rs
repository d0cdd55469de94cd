//! How far a stack can grow, as a curve.

use crate::capacity::{End, Factor, Growth, Point};
use crate::units::Resource;
use crate::view::Style;
use crate::view::capacity::growth::{extra, named};
use crate::view::capacity::losses::short;

use super::chart::{Axis, Chart, Mark, key};
use super::head;
use super::page::paragraph;
use super::table::{Cell, Mood, Table, told};

pub(super) fn growth(growth: &Growth) -> String {
    let mut text = format!("<p>{}</p>\n", sum(growth));
    text.push_str(&curve(growth));
    text.push_str(&points(&growth.points));
    if !growth.held.is_empty() {
        text.push_str(&paragraph(&format!("Not growing: {}.", named(&growth.held))));
    }
    if !growth.gains.is_empty() {
        let mut table = Table::new("What would carry it further", ["with", "it fits"]);
        for gain in &growth.gains {
            let least = if gain.is_exact { "" } else { "at least " };
            let most = format!("{least}{} times", gain.most);
            let gained = if gain.most > growth.most { Cell::told(Mood::Good, &most) } else { Cell::text(most) };
            table.row([Cell::text(extra(&gain.extra)), gained]);
        }
        text.push_str(&table.html());
    }
    text
}

fn sum(growth: &Growth) -> String {
    let most = growth.most;
    match &growth.end {
        End::Plenty => told(Mood::Good, &format!("It fits {most} times; no end was looked for beyond.")),
        End::Unknown => {
            told(Mood::Careful, &format!("It fits {most} times at least; whether more fits was not found out in time."))
        }
        End::Proven { adds, why, homeless } => {
            let adds: Vec<String> =
                adds.iter().take(6).map(|(service, more)| format!("{more} of `{service}`")).collect();
            let why = match why.is_empty() {
                true => "in sum there is room: it is in pieces too small, or rules keep it from being used".to_owned(),
                false => short(why, homeless, Style::PLAIN),
            };
            let fits =
                if most == Factor::ONE { "It fits as it is".to_owned() } else { format!("It fits {most} times") };
            told(Mood::Careful, &format!("{fits}. What comes next ({}) does not:\n{why}", adds.join(", ")))
        }
    }
}

/// The share of each resource that is used, in percent, by the number of times.
fn curve(growth: &Growth) -> String {
    let (Some(first), [_, _, ..]) = (growth.points.first(), growth.points.as_slice()) else { return String::new() };
    let resources: Vec<&Resource> =
        first.used.iter().filter(|(_, _, room)| *room > 0).map(|(resource, ..)| resource).collect();
    let share = |point: &Point, resource: &Resource| {
        let (_, used, room) = point.used.iter().find(|(it, ..)| it == resource)?;
        (*room > 0).then(|| *used as f64 * 100.0 / *room as f64)
    };
    let most = growth.most.number();
    let x = Axis::new("times what there is", first.factor.number(), most, "×");
    let y = Axis::new("used", 0.0, 100.0, " %");
    let mut chart = Chart::new(what(growth, &resources, &share), x, y);
    for (class, resource) in resources.iter().enumerate() {
        let at = |point: &Point| share(point, resource).map(|share| (point.factor.number(), share));
        let line: Vec<(f64, f64)> = growth.points.iter().filter_map(at).collect();
        chart.curve(class, &line);
        for (point, at) in growth.points.iter().zip(&line) {
            let (mark, fits) = match point.fits {
                Some(true) => (Mark::Full, "fits"),
                Some(false) => (Mark::Cross, "does not fit"),
                None => (Mark::Ring, "not found out in time"),
            };
            let title = format!("{} times, {}: {:.0} % used; {fits}", point.factor, head(resource), at.1);
            chart.mark(class, mark, *at, &title);
        }
    }
    chart.end(
        most,
        &match growth.end {
            End::Proven { .. } => format!("{} times fits, more does not", growth.most),
            End::Unknown | End::Plenty => format!("{} times fits at least", growth.most),
        },
    );
    let names: Vec<String> = resources.iter().map(|resource| head(resource)).collect();
    format!("{}{}", key(&names), chart.html())
}

/// The same in words.
fn what(growth: &Growth, resources: &[&Resource], share: &dyn Fn(&Point, &Resource) -> Option<f64>) -> String {
    let ends = growth.points.first().zip(growth.points.last());
    let one = |resource: &&Resource| {
        let (first, last) = ends?;
        Some(format!("{} from {:.0} % to {:.0} %", head(resource), share(first, resource)?, share(last, resource)?))
    };
    let all: Vec<String> = resources.iter().filter_map(one).collect();
    format!(
        "What is used as the stack grows to {} times: {}. The table below has each point.",
        growth.most,
        all.join(", ")
    )
}

fn points(points: &[Point]) -> String {
    let resources: Vec<String> =
        points.first().into_iter().flat_map(|point| point.used.iter().map(|it| format!("#{}", head(&it.0)))).collect();
    let heads =
        ["#times", "#containers"].into_iter().chain(resources.iter().map(String::as_str)).chain(["tried by placing"]);
    let mut table = Table::new("How the stack grows", heads);
    for point in points {
        let mut row = vec![Cell::number(point.factor), Cell::number(point.containers)];
        row.extend(point.used.iter().map(|(resource, used, room)| {
            let share = (used * 100).checked_div(*room).map_or(String::new(), |share| format!(" ({share} %)"));
            Cell::number(format!("{} of {}{share}", resource.show(*used), resource.show(*room)))
        }));
        row.push(match point.fits {
            Some(true) => Cell::told(Mood::Good, "fits"),
            Some(false) => Cell::told(Mood::Bad, "does not fit"),
            None => Cell::told(Mood::Careful, "not found out in time"),
        });
        table.row(row);
    }
    table.html()
}
