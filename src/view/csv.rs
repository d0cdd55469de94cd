//! The report of capacity as tables for spreadsheets; see `docs/formats.md`.

use crate::capacity::{
    Container, Drains, Factor, Growth, HostPort, Lost, MachineRoom, Most, Report, ResourceUse, Sizes, Verdict, buying,
};
use crate::units::{Amounts, Resource};

use super::buying::labels;
use super::capacity::growth::extra;
use super::capacity::losses::{both, who};
use super::capacity::matrix::hurt;
use super::style::safe;

/// A file's name, and what is in it.
pub type CsvFile = (&'static str, String);

const GIB: u64 = 1 << 30;

/// A table in the making: its head, and rows of as many cells.
struct Csv(String);

impl Csv {
    fn new(head: &str) -> Csv {
        Csv(format!("{head}\n"))
    }

    fn row(&mut self, cells: &[String]) {
        self.0.push_str(&cells.join(","));
        self.0.push('\n');
    }
}

/// A text as a cell: in quotes where it has to be, and never a formula.
fn text(text: impl ToString) -> String {
    let text = safe(&text.to_string());
    let tame = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text };
    if tame.contains([',', '"', '\n', '\r', ';']) { format!("\"{}\"", tame.replace('"', "\"\"")) } else { tame }
}

fn list<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    text(names.into_iter().map(String::as_str).collect::<Vec<_>>().join("; "))
}

fn yes(it: bool) -> String {
    if it { "yes" } else { "no" }.to_owned()
}

/// Whether something fits, as far as it is known.
fn fits(it: Option<bool>) -> String {
    it.map_or("unknown".to_owned(), yes)
}

/// What amounts of a resource are counted in.
fn unit(resource: &Resource) -> &'static str {
    match resource.0.as_str() {
        "cpus" => "cores",
        "memory" | "disk" => "GiB",
        _ => "pieces",
    }
}

/// An amount in that unit: cores to a thousandth, which is exact, GiB to a millionth.
fn amount(resource: &Resource, amount: u64) -> String {
    let (one, places) = match unit(resource) {
        "cores" => (1000, 3),
        "GiB" => (GIB, 6),
        _ => return amount.to_string(),
    };
    let scale = 10_u128.pow(places);
    let rest = (u128::from(amount % one) * scale + u128::from(one / 2)) / u128::from(one);
    let (whole, rest) = (u128::from(amount / one) + rest / scale, rest % scale);
    let told = format!("{whole}.{rest:0>width$}", width = places as usize);
    told.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// All tables of a report, those of what was not asked without rows: so that none is left from an earlier one.
pub fn capacity_csv(report: &Report) -> Vec<CsvFile> {
    vec![
        ("machines.csv", machines(&report.machines)),
        ("containers.csv", containers(&report.containers)),
        ("headroom.csv", headroom(report)),
        ("losses.csv", losses(report)),
        ("matrix.csv", matrix(report)),
        ("drains.csv", report.drains.as_ref().map_or_else(|| drains(&Drains::default()), drains)),
        ("growth.csv", growth(report.growth.as_ref())),
        ("gains.csv", gains(report.growth.as_ref())),
        ("sizes.csv", sizes(report.sizes.as_ref())),
    ]
}

/// The tables of what to buy.
pub fn buying_csv(report: &buying::Report) -> Vec<CsvFile> {
    let (mut rooms, mut placed) = (&[][..], &[][..]);
    if let Some(buying::Answer::Fleet(fleet)) = report.steps.get(report.asked) {
        (rooms, placed) = (&fleet.machines, &fleet.containers);
    }
    vec![
        ("frontier.csv", frontier(report)),
        ("purchase.csv", purchase(report)),
        ("machines.csv", machines(rooms)),
        ("containers.csv", containers(placed)),
    ]
}

fn machines(rooms: &[MachineRoom]) -> String {
    let mut csv = Csv::new("machine,availability,containers,resource,unit,capacity,reserved,used,free");
    for room in rooms {
        for it in &room.resources {
            let mut row = vec![text(&room.machine), text(&room.availability), room.containers.to_string()];
            row.extend([text(&it.resource), unit(&it.resource).to_owned()]);
            row.extend([it.capacity, it.reserved, it.used, it.free].map(|it_is| amount(&it.resource, it_is)));
            csv.row(&row);
        }
    }
    csv.0
}

fn containers(containers: &[Container]) -> String {
    let mut csv = Csv::new("service,number,machine,cpus,memory_gib,other_resources,host_ports");
    for it in containers {
        let (cpus, memory) = (Resource::cpus(), Resource::memory());
        csv.row(&[
            text(&it.service),
            it.number.to_string(),
            text(&it.machine),
            amount(&cpus, it.demand.get(&cpus)),
            amount(&memory, it.demand.get(&memory)),
            others(&it.demand),
            text(it.ports.iter().map(port).collect::<Vec<_>>().join("; ")),
        ]);
    }
    csv.0
}

fn others(demand: &Amounts) -> String {
    let others =
        demand.iter().filter(|(it, amount)| *amount > 0 && **it != Resource::cpus() && **it != Resource::memory());
    text(others.map(|(it, all)| format!("{it}={}", amount(it, all))).collect::<Vec<_>>().join("; "))
}

/// "127.0.0.1:8000:80/tcp", as compose files write it.
fn port(port: &HostPort) -> String {
    let address = port.address.as_ref().map_or(String::new(), |it| format!("{it}:"));
    format!("{address}{}:{}/{}", port.host, port.container, port.protocol)
}

fn headroom(report: &Report) -> String {
    let mut csv = Csv::new(
        "service,now,more_as_placed,as_placed_is_exact,more_if_others_move,if_others_move_is_exact,what_stops_the_next",
    );
    let is_exact = |most: Most| yes(matches!(most, Most::Exactly(_)));
    for it in &report.more {
        let moves =
            it.with_moves.map_or([String::new(), String::new()], |most| [most.number().to_string(), is_exact(most)]);
        let stops = it.stops.iter().map(|(why, on)| format!("{}: {why}", on.join(", "))).collect::<Vec<_>>().join("; ");
        let mut row = vec![text(&it.service), it.now.to_string()];
        row.extend([it.without_moves.number().to_string(), is_exact(it.without_moves)]);
        row.extend(moves);
        row.push(text(stops));
        csv.row(&row);
    }
    csv.0
}

/// Each loss by itself, and each kind of pair.
fn losses(report: &Report) -> String {
    let mut csv = Csv::new(
        "lost,at_once,cases,containers,rest_fits,others_that_move,without_place,why,down,no_majority,data_gone",
    );
    for lost in &report.losses {
        for machines in std::iter::once(&lost.machines).chain(&lost.alike) {
            let who = lost.name.clone().unwrap_or_else(|| machines.join("; "));
            csv.row(&loss(&who, 1, 1, lost));
        }
    }
    for pair in report.pairs.iter().flat_map(|it| &it.losses) {
        csv.row(&loss(&both(pair), 2, pair.pairs, &pair.lost));
    }
    csv.0
}

fn loss(who: &str, at_once: usize, cases: usize, lost: &Lost) -> Vec<String> {
    let (rest, moves, why, homeless) = match &lost.verdict {
        Verdict::Fits(moves) => (Some(true), *moves, &[][..], &[][..]),
        Verdict::Short(why, homeless) => (Some(false), None, why.as_slice(), homeless.as_slice()),
        Verdict::Unknown => (None, None, &[][..], &[][..]),
    };
    let homeless: Vec<String> = homeless.iter().map(|(service, left)| format!("{left} of {service}")).collect();
    let data: Vec<String> = lost.data.iter().map(|(service, volume)| format!("{volume} of {service}")).collect();
    vec![
        text(who),
        at_once.to_string(),
        cases.to_string(),
        lost.containers.to_string(),
        fits(rest),
        moves.map_or(String::new(), |moves| moves.to_string()),
        list(&homeless),
        list(why),
        list(&lost.silenced),
        list(&lost.without_majority),
        list(&data),
    ]
}

/// Each loss against each service that it hurts: for a pivot table.
fn matrix(report: &Report) -> String {
    let mut csv = Csv::new("lost,at_once,service,containers,down,without_place");
    let single = report.losses.iter().map(|lost| (who(lost), 1, lost));
    let pairs = report.pairs.iter().flat_map(|it| &it.losses).map(|pair| (both(pair), 2, &pair.lost));
    for (who, at_once, lost) in single.chain(pairs) {
        for (service, it) in hurt(lost) {
            let figures = [it.lost.to_string(), yes(it.is_down), it.homeless.to_string()];
            let row = [text(&who), at_once.to_string(), text(service)];
            csv.row(&[row, figures].concat());
        }
    }
    csv.0
}

fn drains(drains: &Drains) -> String {
    let mut csv =
        Csv::new("machine,can_be_emptied,place_in_order,round,containers_away,others_that_move,ended,why_not");
    let rounds = drains.rounds.iter().flat_map(|it| it.rounds.iter().enumerate());
    let rounds: Vec<(usize, &String)> =
        rounds.flat_map(|(round, it)| it.machines.iter().map(move |machine| (round + 1, machine))).collect();
    for (place, emptied) in drains.order.iter().enumerate() {
        for machine in &emptied.machines {
            let round = rounds.iter().find(|(_, it)| *it == machine);
            let mut row = vec![text(machine), yes(true), (place + 1).to_string()];
            row.push(round.map_or(String::new(), |(round, _)| round.to_string()));
            row.extend(match emptied.moves {
                Some(moves) => [moves.away, moves.others, moves.end].map(|it| it.to_string()),
                None => Default::default(),
            });
            row.push(String::new());
            csv.row(&row);
        }
    }
    for stuck in &drains.stuck {
        for machine in &stuck.machines {
            let can = if stuck.is_proven { Some(false) } else { None };
            let mut row = vec![text(machine), fits(can)];
            row.extend(std::iter::repeat_n(String::new(), 5));
            row.push(list(&stuck.why));
            csv.row(&row);
        }
    }
    csv.0
}

fn factor(factor: Factor) -> String {
    let told = format!("{:.6}", factor.number());
    told.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn growth(growth: Option<&Growth>) -> String {
    let mut csv = Csv::new("times,containers,fits,resource,unit,used,room");
    for point in growth.iter().flat_map(|it| &it.points) {
        for (resource, used, room) in &point.used {
            let mut row = vec![factor(point.factor), point.containers.to_string(), fits(point.fits)];
            row.extend([text(resource), unit(resource).to_owned(), amount(resource, *used), amount(resource, *room)]);
            csv.row(&row);
        }
    }
    csv.0
}

fn gains(growth: Option<&Growth>) -> String {
    let mut csv = Csv::new("with,times,is_exact");
    for gain in growth.iter().flat_map(|it| &it.gains) {
        csv.row(&[text(extra(&gain.extra)), factor(gain.most), yes(gain.is_exact)]);
    }
    csv.0
}

fn sizes(sizes: Option<&Sizes>) -> String {
    let mut csv = Csv::new("service,samples,resource,unit,reserved,p50,p95,max,might_be_reserved");
    for service in sizes.iter().flat_map(|it| &it.services) {
        for of in &service.of {
            let ResourceUse { resource, reserved, p50, p95, max, suggested } = of;
            let told = |it: Option<u64>| it.map_or(String::new(), |it| amount(resource, it));
            let mut row = vec![text(&service.service), service.samples.to_string()];
            row.extend([text(resource), unit(resource).to_owned()]);
            row.extend([*reserved, Some(*p50), Some(*p95), Some(*max), *suggested].map(told));
            csv.row(&row);
        }
    }
    csv.0
}

fn frontier(report: &buying::Report) -> String {
    let mut csv = Csv::new("times_the_headroom,asked,status,cost,none_costs_less_than,proven,unit,machines");
    for (times, answer) in report.steps.iter().enumerate() {
        let none = String::new;
        let (status, cost, bound, proven, machines) = match answer {
            buying::Answer::Fleet(it) => {
                let machines: u32 = it.bought.iter().map(|it| it.count).sum();
                ("found", it.cost.to_string(), it.bound.to_string(), yes(it.is_proven()), machines.to_string())
            }
            buying::Answer::Nothing => ("impossible", none(), none(), yes(true), none()),
            buying::Answer::Unknown(bound) => ("unknown", none(), bound.to_string(), yes(false), none()),
        };
        let asked = yes(times == report.asked);
        let unit = text(report.unit.as_deref().unwrap_or_default());
        csv.row(&[times.to_string(), asked, status.to_owned(), cost, bound, proven, unit, machines]);
    }
    csv.0
}

/// What each step of the frontier buys.
fn purchase(report: &buying::Report) -> String {
    let mut csv = Csv::new("times_the_headroom,type,labels,machines,cost_of_each");
    for (times, answer) in report.steps.iter().enumerate() {
        let buying::Answer::Fleet(fleet) = answer else { continue };
        for it in &fleet.bought {
            let row = [times.to_string(), text(&it.name), text(labels(it)), it.count.to_string(), it.cost.to_string()];
            csv.row(&row);
        }
    }
    csv.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_are_no_formulas() {
        assert_eq!(text("web"), "web");
        assert_eq!(text("a, \"b\""), "\"a, \"\"b\"\"\"");
        assert_eq!(text("a\nb"), "\"a\nb\"");
        assert_eq!(text("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(text("@a,b"), "\"'@a,b\"");
    }

    #[test]
    fn amounts_are_in_units_of_people() {
        let (cpus, memory) = (Resource::cpus(), Resource::memory());
        assert_eq!((amount(&cpus, 500), amount(&cpus, 12_000)), ("0.5".to_owned(), "12".to_owned()));
        assert_eq!((amount(&memory, 3 << 29), amount(&memory, GIB - 1)), ("1.5".to_owned(), "1".to_owned()));
        assert_eq!((amount(&memory, 0), amount(&Resource::gpus(), 3)), ("0".to_owned(), "3".to_owned()));
        assert_eq!(amount(&memory, 1 << 20), "0.000977");
    }
}
