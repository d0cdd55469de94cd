//! The few figures that say the most, at the top.

use std::collections::BTreeSet;

use crate::capacity::{End, Lost, MachineRoom, Most, Report, Verdict};
use crate::units::Resource;
use crate::view::capacity::growth::named;
use crate::view::style::count;

use super::escape::{lines, text};
use super::page::figures;
use super::table::{Mood, told};

type Figure = (&'static str, String, String);

pub(super) fn glance(report: &Report) -> String {
    let mut shown = room(&report.machines);
    shown.push(more(report));
    shown.push(losses(&report.losses));
    shown.push(meanwhile(&report.losses));
    if let Some(growth) = &report.growth {
        let (least, beside) = match growth.end {
            End::Proven { .. } => ("", "as large it fits; one container more does not"),
            End::Unknown => ("at least ", "as large it fits; more was not found out in time"),
            End::Plenty => ("at least ", "as large it fits; no end was looked for beyond"),
        };
        let held = match growth.held.len() {
            0 => String::new(),
            1 => "; 1 service does not grow".to_owned(),
            held => format!("; {held} services do not grow"),
        };
        shown.push(("Growth", text(format!("{least}{} times", growth.most)), text(format!("{beside}{held}"))));
    }
    figures(&shown)
}

/// CPU and memory of all machines together.
pub(super) fn room(machines: &[MachineRoom]) -> Vec<Figure> {
    let of = |(name, resource): (&'static str, Resource)| {
        let all = machines.iter().flat_map(|it| it.resources.iter().filter(|it| it.resource == resource));
        let (capacity, free) = all.fold((0_u64, 0_u64), |sum, it| (sum.0 + it.capacity, sum.1 + it.free));
        let taken = capacity - free;
        let percent = (u128::from(taken) * 100).checked_div(u128::from(capacity))?;
        let show = |amount| resource.show(amount);
        let unit = if resource == Resource::cpus() { " CPUs" } else { "" };
        let beside = format!("{} of {}{unit}, {} free", show(taken), show(capacity), show(free));
        Some((name, format!("{percent} %"), text(beside)))
    };
    [("CPU taken", Resource::cpus()), ("Memory taken", Resource::memory())].into_iter().filter_map(of).collect()
}

fn more(report: &Report) -> Figure {
    // One on each machine is all there can be.
    let asked: Vec<_> = report.more.iter().filter(|it| !it.stops.is_empty() || it.without_moves.number() > 0).collect();
    let full: Vec<String> =
        asked.iter().filter(|it| it.without_moves == Most::Exactly(0)).map(|it| it.service.clone()).collect();
    let services: BTreeSet<&str> = report.containers.iter().map(|it| it.service.as_str()).collect();
    let looked = if services.len() > report.more.len() { "; the others were not looked at" } else { "" };
    let of = count(asked.len(), "service");
    let (value, beside) = match full.len() {
        0 => (told(Mood::Good, &of), "could have one more container each as things stand".to_owned()),
        few => {
            let beside = format!("cannot have one more container as things stand: {}", named(&full));
            (told(Mood::Careful, &format!("{few} of {of}")), beside)
        }
    };
    ("Room for one more", value, lines(&format!("{beside}{looked}")))
}

/// So many losses, those that are alike each by itself.
fn number(losses: &[Lost], of: impl Fn(&Lost) -> bool) -> usize {
    losses.iter().filter(|it| of(it)).map(|it| 1 + it.alike.len()).sum()
}

fn losses(losses: &[Lost]) -> Figure {
    let all = number(losses, |_| true);
    let short = number(losses, |it| matches!(it.verdict, Verdict::Short(..)));
    let unknown = number(losses, |it| it.verdict == Verdict::Unknown);
    let (value, beside) = match (short, unknown) {
        (0, 0) => (told(Mood::Good, &format!("any of {all}")), "can be lost, and everything finds room again"),
        (0, _) => {
            let value = format!("{unknown} of {all}");
            (told(Mood::Careful, &value), "of which it was not found out in time whether everything finds room again")
        }
        (short, _) => (told(Mood::Bad, &format!("{short} of {all}")), "would leave something without a place"),
    };
    ("Losses: room for the rest", value, text(beside))
}

fn meanwhile(losses: &[Lost]) -> Figure {
    let (down, data) = (number(losses, |it| !it.silenced.is_empty()), number(losses, |it| !it.data.is_empty()));
    let all = number(losses, |_| true);
    let mood = if down == 0 { Mood::Good } else { Mood::Careful };
    let value = if down == 0 { format!("none of {all}") } else { format!("{down} of {all}") };
    let with_data = match data {
        0 => String::new(),
        data => format!("; {data} of {all} take data along"),
    };
    let beside = format!("leave some service without any container until it is placed again{with_data}");
    ("Losses: down meanwhile", told(mood, &value), text(beside))
}
