//! The matrix of a service for programs: every machine against every requirement, as `docs/formats.md` describes it.

use serde::Serialize;

use crate::placement::refusal::{Cell, Matrix};
use crate::stack::Stack;

/// Machines that answer alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MatrixRow {
    /// Their names.
    pub machines: Vec<String>,
    /// How many containers of the service are placed on each of them.
    pub placed: u32,
    /// How many each of them could take if it held nothing else.
    pub could_hold: u32,
    /// What each answers; only to what some machine does not meet.
    pub answers: Vec<Answer>,
}

/// What a machine answers to a requirement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// For people: `resources`, `host ports`.
    pub requirement: &'static str,
    /// `fits`, `never`, or `full` for now.
    pub answer: &'static str,
    /// What it has, what is wanted, what is missing; none where it fits.
    pub why: Option<String>,
}

/// The rows of a matrix.
pub(super) fn rows(matrix: &Matrix, stack: &Stack) -> Vec<MatrixRow> {
    let name = |machine: &usize| stack.machines[*machine].name.clone();
    let rows = matrix.rows.iter().map(|row| MatrixRow {
        machines: row.machines.iter().map(name).collect(),
        placed: row.placed,
        could_hold: row.at_most,
        answers: matrix.requirements.iter().zip(&row.cells).map(|(asked, cell)| answer(asked.0, cell)).collect(),
    });
    rows.collect()
}

fn answer(requirement: &'static str, cell: &Cell) -> Answer {
    let (answer, why) = match cell {
        Cell::Meets => ("fits", None),
        Cell::Never(why) => ("never", Some(why.clone())),
        Cell::Full(why) => ("full", Some(why.clone())),
    };
    Answer { requirement, answer, why }
}
