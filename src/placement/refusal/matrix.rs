//! Why not there? Every machine against every requirement of a service: what it has, what is wanted, what is missing.

use crate::placement::constraints::ALL;
use crate::placement::core::{Counts, State};
use crate::placement::lower;
use crate::placement::problem::{Layout, Problem};

/// What a machine answers to one kind of requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// It meets it.
    Meets,
    /// It never can, whatever else is placed: why.
    Never(String),
    /// It could, were it not for what is placed there: why.
    Full(String),
}

/// A kind of requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requirement(
    /// For people: `resources`, `host ports`.
    pub &'static str,
);

/// The answers of machines that answer alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The machines' indexes in the stack.
    pub machines: Vec<usize>,
    /// By requirement.
    pub cells: Vec<Cell>,
    /// How many containers of the service are placed on each of them.
    pub placed: u32,
    /// How many containers each of them could take if it held nothing else.
    pub at_most: u32,
}

/// A service against all machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// The service's index in the stack.
    pub service: usize,
    /// What is asked; only what some machine does not meet.
    pub requirements: Vec<Requirement>,
    /// Machines alike in one row.
    pub rows: Vec<Row>,
}

/// The matrix of a service. With `layout`, where everything else is placed, it also says what stands in the way there now.
pub fn matrix(problem: &Problem<'_>, service: usize, layout: Option<&Layout>) -> Matrix {
    let mut rows: Vec<Row> = Vec::new();
    for machine in problem.machines() {
        let cells: Vec<Cell> = cells(problem, service, machine, layout).collect();
        let placed = layout.map_or(0, |layout| layout.counts[service][machine]);
        let row = Row { machines: vec![machine], cells, placed, at_most: problem.at_most(service, machine) };
        let same = |other: &&mut Row| {
            let (a, b) = (&problem.stack.machines[other.machines[0]], &problem.stack.machines[machine]);
            other.cells == row.cells && other.placed == placed && other.at_most == row.at_most && a.is_like(b)
        };
        match rows.iter_mut().find(same) {
            Some(other) => other.machines.push(machine),
            None => rows.push(row),
        }
    }
    let asked = |index: &usize| rows.iter().any(|row| row.cells[*index] != Cell::Meets);
    let shown: Vec<usize> = (0..ALL.len()).filter(asked).collect();
    for row in &mut rows {
        row.cells = shown.iter().map(|index| row.cells[*index].clone()).collect();
    }
    let requirements = shown.iter().map(|index| Requirement(ALL[*index].name())).collect();
    Matrix { service, requirements, rows }
}

/// What a machine answers to each requirement of a service, with what is placed there.
pub fn cells<'a>(
    problem: &'a Problem<'_>,
    service: usize,
    machine: usize,
    layout: Option<&'a Layout>,
) -> impl Iterator<Item = Cell> + 'a {
    ALL.iter().map(move |constraint| match constraint.forbids(problem, service, machine) {
        Some(why) => Cell::Never(why),
        None => {
            let crowded = layout.and_then(|layout| constraint.crowded(problem, layout, service, machine));
            crowded.map_or(Cell::Meets, Cell::Full)
        }
    })
}

/// What a placement prefers: the first tier of the objective in which two layouts differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Preference {
    /// The tier's name.
    pub tier: String,
    /// Its value as it is.
    pub here: f64,
    /// Its value with one container elsewhere.
    pub there: f64,
}

/// Why a container is where it is and not on another machine that could take it as well; none where it makes no difference.
pub fn preference(
    problem: &Problem<'_>,
    layout: &Layout,
    service: usize,
    from: usize,
    to: usize,
) -> Option<Preference> {
    let mut other = layout.clone();
    other.counts[service][from] = other.counts[service][from].checked_sub(1)?;
    other.counts[service][to] += 1;
    let instance = lower::instance(problem);
    let (here, there) = (State::of(&instance, &counts(layout)), State::of(&instance, &counts(&other)));
    instance.tiers.iter().find_map(|tier| {
        let (here, there) = (tier.value(&here), tier.value(&there));
        ((here - there).abs() > 1e-6).then(|| Preference { tier: tier.name.clone(), here, there })
    })
}

fn counts(layout: &Layout) -> Counts {
    let row = |row: &Vec<u32>| {
        let placed = row.iter().enumerate().filter(|(_, count)| **count > 0);
        placed.map(|(machine, count)| (machine as u32, *count)).collect()
    };
    Counts(layout.counts.iter().map(row).collect())
}
