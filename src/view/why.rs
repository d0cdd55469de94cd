//! Why not there: a service against all machines, or one container against one of them.

use comfy_table::{Cell as TableCell, Color};
use serde_json::json;

use crate::placement::refusal::{self, Cell, Matrix, Row};
use crate::placement::{Layout, Problem};
use crate::stack::{Replicas, Service};

use super::matrix;
use super::style::{Style, cell, count, lines, machine_names, safe};

/// The version of the JSON form. Minor numbers add fields.
const FORMAT_VERSION: &str = "1.0";

/// So many names of machines are told of a row.
const MOST_NAMED: usize = 4;

/// What is asked.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The stack, and what runs.
    pub problem: &'a Problem<'a>,
    /// The index of the service.
    pub service: usize,
    /// One container of it: its number.
    pub number: Option<u32>,
    /// One machine: its index.
    pub machine: Option<usize>,
    /// Where everything is placed, or as much as finds a place.
    pub layout: Layout,
    /// Where the one container is placed.
    pub home: Option<usize>,
    /// Whether everything finds a place.
    pub fits: bool,
}

impl Asked<'_> {
    /// The layout beside which it is asked: without the one container that is asked for.
    fn beside(&self) -> Layout {
        let mut layout = self.layout.clone();
        if let Some(home) = self.home {
            layout.counts[self.service][home] -= 1;
        }
        layout
    }

    fn matrix(&self) -> Matrix {
        let mut matrix = refusal::matrix(self.problem, self.service, Some(&self.beside()));
        if let Some(machine) = self.machine {
            matrix.rows.retain_mut(|row| {
                let has = row.machines.contains(&machine);
                row.machines = vec![machine];
                has
            });
        }
        matrix
    }

    fn service(&self) -> &Service {
        &self.problem.stack.services[self.service]
    }

    fn name(&self) -> String {
        let service = self.service();
        let single = matches!(service.replicas.value, Replicas::Count(1));
        match self.number.filter(|_| !single) {
            Some(number) => format!("{}.{number}", service.name),
            None => service.name.clone(),
        }
    }

    fn machines(&self, machines: &[usize]) -> Vec<&str> {
        machines.iter().map(|machine| self.problem.stack.machines[*machine].name.as_str()).collect()
    }
}

/// For people: machines alike are one row, and only requirements that some machine does not meet are columns.
pub fn why(asked: &Asked<'_>, style: Style) -> String {
    let matrix = asked.matrix();
    let mut text = format!("{}\n\n", wants(asked, style));
    let mut table = style.table();
    let mut head = vec![" machine".to_owned(), "has".to_owned(), "could hold".to_owned()];
    head.extend(matrix.requirements.iter().map(|it| it.0.to_owned()));
    if matrix.requirements.is_empty() {
        head.push("one more".to_owned());
    }
    table.set_header(head);
    for row in &matrix.rows {
        let mut cells = vec![cell(format!(" {}", names(asked, row))), cell(row.placed), could_hold(row)];
        cells.extend(row.cells.iter().map(verdict));
        if matrix.requirements.is_empty() {
            cells.push(cell("fits").fg(Color::Green));
        }
        table.add_row(cells);
    }
    text.push_str(&lines(&table));
    text.push_str(&format!("\n{}\n", conclusion(asked, &matrix)));
    text
}

/// "`web`: 3 containers; each wants cpus 3, memory 1 GiB, host port 80/tcp".
fn wants(asked: &Asked<'_>, style: Style) -> String {
    let service = asked.service();
    let mut wants: Vec<String> = service
        .demand
        .iter()
        .filter(|(_, amount)| *amount > 0)
        .map(|(resource, amount)| format!("{resource} {}", resource.show(amount)))
        .collect();
    wants.extend(service.ports.iter().map(|port| match port.host {
        Some(range) if range.count() > 1 => format!("a host port of {range}/{}", port.protocol),
        Some(range) => format!("host port {range}/{}", port.protocol),
        None => format!("any host port/{}", port.protocol),
    }));
    wants.extend(service.constraints.iter().map(|it| it.value.to_string()));
    let wants = if wants.is_empty() { "nothing in particular".to_owned() } else { wants.join(", ") };
    let replicas = match service.replicas.value {
        Replicas::Count(number) => count(number as usize, "container"),
        Replicas::Global => "one container on every machine".to_owned(),
    };
    format!("{}: {replicas}; each wants {}", style.bold(&asked.name()), safe(&wants))
}

fn names(asked: &Asked<'_>, row: &Row) -> String {
    machine_names(&asked.machines(&row.machines), MOST_NAMED)
}

fn could_hold(row: &Row) -> TableCell {
    match row.at_most {
        0 => cell("none").fg(Color::Red),
        most => cell(most),
    }
}

fn verdict(cell_of: &Cell) -> TableCell {
    match cell_of {
        Cell::Meets => cell("fits").fg(Color::Green),
        Cell::Never(why) => cell(why).fg(Color::Red),
        Cell::Full(why) => cell(format!("now: {why}")).fg(Color::Yellow),
    }
}

/// One sentence: what follows from the table.
fn conclusion(asked: &Asked<'_>, matrix: &Matrix) -> String {
    let name = format!("`{}`", asked.name());
    let open: Vec<usize> = matrix
        .rows
        .iter()
        .filter(|row| row.cells.iter().all(|cell| *cell == Cell::Meets))
        .flat_map(|row| row.machines.iter().copied())
        .collect();
    let beside = if asked.fits { "beside what is placed" } else { "beside what finds a place (not everything does)" };
    match (asked.machine, asked.home) {
        (Some(machine), Some(home)) if machine == home => {
            format!("{name} is placed there: on {}.", asked.machines(&[home])[0])
        }
        (Some(machine), home) if open.contains(&machine) => match home.and_then(|home| preferred(asked, home, machine))
        {
            Some(why) => why,
            None => format!("{name} could be there {beside}."),
        },
        (Some(machine), home) => {
            let elsewhere = home.map(|home| format!("; it is on {}", asked.machines(&[home])[0]));
            let there = asked.machines(&[machine])[0];
            format!("{name} cannot be on {there} {beside}{}.", elsewhere.unwrap_or_default())
        }
        (None, home) => {
            let at = home.map(|home| format!("{name} is on {}. ", asked.machines(&[home])[0])).unwrap_or_default();
            let one = if asked.number.is_some() { "it" } else { "one more" };
            match open.len() {
                0 => format!("{at}No machine has room for {one} {beside}."),
                few if few <= MOST_NAMED => {
                    format!("{at}There is room for {one} {beside} on {}.", asked.machines(&open).join(", "))
                }
                many => format!("{at}There is room for {one} {beside} on {many} machines."),
            }
        }
    }
}

/// Where nothing stands in the way: what the placement would lose.
fn preferred(asked: &Asked<'_>, home: usize, machine: usize) -> Option<String> {
    let (name, names) = (asked.name(), asked.machines(&[home, machine]));
    let number = |value: f64| if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.3}") };
    Some(match refusal::preference(asked.problem, &asked.layout, asked.service, home, machine) {
        Some(it) if it.there > it.here => format!(
            "`{name}` could be on {}; {} is preferred: {} would be {} instead of {} (policy `{}`, less is better).",
            names[1],
            names[0],
            it.tier,
            number(it.there),
            number(it.here),
            asked.problem.policy.word()
        ),
        _ => format!("`{name}` could be on {} as well as on {}.", names[1], names[0]),
    })
}

/// For machines; described in `docs/formats.md`.
pub fn why_json(asked: &Asked<'_>) -> String {
    let document = json!({
        "format_version": FORMAT_VERSION,
        "service": asked.service().name,
        "number": asked.number,
        "everything_fits": asked.fits,
        "placed_on": asked.home.map(|home| asked.machines(&[home])[0].to_owned()),
        "rows": matrix::rows(&asked.matrix(), asked.problem.stack),
    });
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}
