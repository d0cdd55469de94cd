//! A refusal that explains itself: what cannot hold together, what finds a place all the same, and the ways out.
//!
//! The layers: certificates in words (each constraint's own, see `explain.rs`); else a set of what the user wrote that
//! cannot hold together, of which no part can be left out; then the cheapest changes of the files that make it fit, each
//! tried by solving again.

mod change;
mod conflict;
mod edits;
mod matrix;
mod options;
mod statements;
mod trial;
mod way_out;

use std::collections::BTreeSet;

pub use change::{Change, WayOut, Wish};
pub use conflict::listed;
pub use edits::edits;
pub use matrix::{Cell, Matrix, Preference, Requirement, Row, cells, matrix, preference};
pub use statements::{Statement, Statements};

use crate::diagnostic::Diagnostic;

use super::core::{Counts, Instance};
use super::lower;
use super::problem::{Layout, Problem};
use super::strategies::{Limits, ranked};
use trial::Trial;

/// So many conflicts are looked for, one after the other.
const MOST_CONFLICTS: usize = 5;

/// Why a stack does not fit, and what would help.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refusal {
    /// What stands in the way, each true by itself.
    pub findings: Vec<Diagnostic>,
    /// The sets of statements behind those of the findings that no certificate tells.
    pub conflicts: Vec<Conflict>,
    /// What finds a place all the same: by service, how many of how many containers, where it is not all of them.
    pub homeless: Vec<Homeless>,
    /// Where as much as possible is placed.
    pub placed: Option<Layout>,
    /// The cheapest ways out, each tried.
    pub ways_out: Vec<WayOut>,
}

/// Statements that cannot hold together.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// What the user wrote.
    pub statements: Vec<Statement>,
    /// Whether it is proven that without any one of them the others can hold.
    pub minimal: bool,
}

/// A service of which not everything finds a place, where as much as possible is placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Homeless {
    /// Its name.
    pub service: String,
    /// How many containers find a place.
    pub placed: u32,
    /// How many there are to be.
    pub wanted: u32,
}

/// Explains why a problem has no answer.
pub fn explain(problem: &Problem<'_>, limits: &Limits) -> Refusal {
    let certificates = super::explain::certificates(problem);
    let statements = Statements::of(problem.stack);
    let trial = Trial::new(problem, limits);
    let mut refusal = Refusal { findings: certificates, ..Refusal::default() };
    let placed = most(problem, &Limits { time: limits.time / 5, ..limits.clone() });
    let homeless = homeless(problem, &placed);
    let mut told = statements.services_in(problem.stack, &refusal.findings);
    for _ in 0..MOST_CONFLICTS {
        let untold = homeless.iter().any(|(service, _)| !told.contains(service));
        if !untold && !refusal.findings.is_empty() {
            break;
        }
        // The services that are told already are set aside: what is found next is another cause.
        let Some(conflict) = conflict::find(&statements, &trial, &told) else { break };
        let services: BTreeSet<usize> = conflict.statements.iter().filter_map(Statement::service).collect();
        refusal.findings.push(conflict::finding(problem, &statements, &conflict));
        refusal.conflicts.push(conflict);
        if services.is_empty() {
            break;
        }
        told.extend(services);
    }
    if refusal.findings.is_empty() {
        refusal.findings.push(super::explain::all_together(problem));
        told = problem.services().collect();
    }
    crate::diagnostic::sort(&mut refusal.findings);
    refusal.ways_out = way_out::find(problem.stack, &statements, &trial, &refusal.conflicts, &told);
    refusal.homeless = named(problem, homeless);
    refusal.placed = Some(placed);
    refusal
}

/// So many services are set against all machines: each looks at the whole stack for every machine.
const MOST_MATRICES: usize = 10;

/// The services of which something finds no place, the first ones by name, against all machines, beside what finds one.
pub fn matrices(problem: &Problem<'_>, refusal: &Refusal) -> Vec<Matrix> {
    let index = |name: &str| problem.stack.services.iter().position(|service| service.name == name);
    let services = refusal.homeless.iter().take(MOST_MATRICES).filter_map(|it| index(&it.service));
    services.map(|service| matrix(problem, service, refusal.placed.as_ref())).collect()
}

/// What finds no place where as much as possible is placed.
pub fn without_place(problem: &Problem<'_>, limits: &Limits) -> Vec<Homeless> {
    let mut instance = lower::bare(problem);
    // What belongs to data where it cannot run finds no place, and does not stand in the way of the rest.
    for (index, service) in instance.services.iter_mut().enumerate() {
        let wanted = service.keep.len();
        service.keep.retain(|machine| problem.at_most(index, *machine) > 0);
        let bound = (wanted - service.keep.len()) as u32;
        instance.groups[index].count = instance.groups[index].count.saturating_sub(bound);
    }
    named(problem, homeless(problem, &lower::layout(problem, &most_by_rank(problem, &instance, limits))))
}

/// As much as finds a place, services of a higher priority first.
fn most_by_rank(problem: &Problem<'_>, instance: &Instance, limits: &Limits) -> Counts {
    let priority = |service: usize| problem.stack.services[service].wishes.priority;
    let levels: BTreeSet<i32> = problem.services().map(priority).collect();
    let rank = |service: usize| levels.range(priority(service)..).count() - 1;
    ranked::most_by_rank(instance, &problem.services().map(rank).collect::<Vec<_>>(), limits)
}

fn named(problem: &Problem<'_>, homeless: Vec<(usize, u32)>) -> Vec<Homeless> {
    let named = |(service, left): (usize, u32)| {
        let wanted = problem.replicas[service];
        Homeless { service: problem.stack.services[service].name.clone(), placed: wanted - left, wanted }
    };
    homeless.into_iter().map(named).collect()
}

/// A layout with as much as finds a place.
pub fn most(problem: &Problem<'_>, limits: &Limits) -> Layout {
    lower::layout(problem, &most_by_rank(problem, &lower::bare(problem), limits))
}

/// The services of which containers find no place in a layout, with how many.
fn homeless(problem: &Problem<'_>, placed: &Layout) -> Vec<(usize, u32)> {
    let left = |service: usize| problem.replicas[service].saturating_sub(placed.total(service));
    problem.services().map(|service| (service, left(service))).filter(|(_, left)| *left > 0).collect()
}
