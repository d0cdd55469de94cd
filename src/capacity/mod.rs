//! Capacity, for people who run the machines: what is used and free, what still fits, and what a loss would do.
//!
//! Everything is told of one placement: of what runs, or of what the files would make run. Each figure is checked by
//! placing: where it says that so many more fit, one more does not.

pub mod buying;
mod losses;
mod more;
mod room;

pub use losses::{Lost, Verdict};
pub use more::{More, Most};
pub use room::{MachineRoom, ResourceRoom, Shape, Slot};

use crate::placement::{Layout, Limits, Policy, Problem, Running, Solution};
use crate::stack::{By, Stack};

/// What is asked beside the machines' room.
#[derive(Clone, Debug)]
pub struct Question {
    /// Of which services it is told how many more fit, by index. Each is some placements' work.
    pub services: Vec<usize>,
    /// Whether it is also told how many fit when others may move.
    pub with_moves: bool,
    /// What may be lost as one: machines, or all with the same label.
    pub losses: By,
    /// For each placement that is tried.
    pub limits: Limits,
}

/// The answers.
#[derive(Clone, Debug)]
pub struct Report {
    /// By machine, in the inventory's order.
    pub machines: Vec<MachineRoom>,
    /// The largest container that still finds a place, by shape.
    pub slots: Vec<Slot>,
    /// How many more, by service.
    pub more: Vec<More>,
    /// What each loss does.
    pub losses: Vec<Lost>,
}

/// The report on a placement of the stack.
pub fn report(stack: &Stack, solution: &Solution, question: &Question) -> Report {
    let placed = solution.replicas.iter().map(|it| Running {
        service: it.replica.service,
        number: it.replica.number,
        machine: it.replica.machine,
        ports: it.ports.iter().map(|port| Some(*port)).collect(),
    });
    let problem = Problem::new(stack, placed.collect(), Policy::default());
    let layout = Layout { counts: problem.current.clone() };
    let more = question.services.iter().map(|service| more::more(&problem, &layout, *service, question));
    Report {
        machines: room::machines(&problem, &layout),
        slots: room::slots(&problem, &layout),
        more: more.collect(),
        losses: losses::losses(&problem, &layout, question),
    }
}
