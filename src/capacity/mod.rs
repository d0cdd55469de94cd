//! Capacity, for people who run the machines: what is used and free, what still fits, and what a loss would do.
//!
//! Everything is told of one placement: of what runs, or of what the files would make run. Each figure is checked by
//! placing: where it says that so many more fit, one more does not.

pub mod buying;
mod containers;
mod drains;
mod gains;
mod growth;
mod losses;
mod more;
mod pairs;
mod room;
mod rounds;
mod samples;
mod search;
mod sizes;

pub use containers::{Container, HostPort};
pub use drains::{Drains, Emptied, Moves, Stuck};
pub use gains::{Extra, Gain};
pub use growth::{End, Factor, Growth, Point, grown};
pub use losses::{Lost, Verdict};
pub use more::{More, Most};
pub use pairs::{PairLost, Pairs};
pub use room::{LimitSum, MachineRoom, ResourceRoom, Shape, Slot};
pub use rounds::Rounds;
pub use samples::{MachineUse, Mistake, Sample, samples, samples_of};
pub use sizes::{ResourceUse, ServiceUse, Sizes};

use crate::placement::{Layout, Limits, Policy, Problem, Solution};
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
    /// Whether it is told what the loss of each two machines does.
    pub pairs: bool,
    /// Whether it is told how machines can be emptied for maintenance.
    pub drains: bool,
    /// Whether it is told how far the stack can grow; all services but these grow, by index.
    pub growth: Option<Vec<usize>>,
    /// What containers used, where that is known.
    pub samples: Option<Vec<Sample>>,
    /// What all that runs uses now, where that was asked.
    pub used: Option<Vec<MachineUse>>,
    /// For each placement that is tried.
    pub limits: Limits,
}

/// The answers.
#[derive(Clone, Debug)]
pub struct Report {
    /// By machine, in the inventory's order.
    pub machines: Vec<MachineRoom>,
    /// Every container where it is, by service and number.
    pub containers: Vec<Container>,
    /// The largest container that still finds a place, by shape.
    pub slots: Vec<Slot>,
    /// How many more, by service.
    pub more: Vec<More>,
    /// What each loss does.
    pub losses: Vec<Lost>,
    /// What the loss of each two machines does, where that was asked.
    pub pairs: Option<Pairs>,
    /// How machines can be emptied, where that was asked.
    pub drains: Option<Drains>,
    /// How far the stack can grow, where that was asked and something grows.
    pub growth: Option<Growth>,
    /// What services use, where there are samples.
    pub sizes: Option<Sizes>,
    /// What all that runs uses now, where that was asked.
    pub used: Option<Vec<MachineUse>>,
}

/// The report on a placement of the stack.
pub fn report(stack: &Stack, solution: &Solution, question: &Question) -> Report {
    let problem = Problem::new(stack, solution.as_running().collect(), Policy::default());
    let layout = Layout { counts: problem.current.clone() };
    let more = question.services.iter().map(|service| more::more(&problem, &layout, *service, question));
    Report {
        machines: room::machines(&problem, &layout),
        containers: containers::containers(stack, solution),
        slots: room::slots(&problem, &layout),
        more: more.collect(),
        losses: losses::losses(&problem, &layout, question),
        pairs: question.pairs.then(|| pairs::pairs(&problem, &layout, question)),
        drains: question.drains.then(|| drains::drains(&problem, &question.limits)),
        sizes: question.samples.as_ref().map(|samples| sizes::sizes(stack, samples)),
        used: question.used.clone(),
        growth: question.growth.as_ref().and_then(|held| growth::growth(&problem, held, &question.limits)),
    }
}
