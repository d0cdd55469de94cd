//! Where everything runs: a [`Problem`] becomes a verified [`Solution`], or an explanation why there is none.
//!
//! A problem is lowered to plain numbers ([`core`]), solved there by [`strategies`], tier by tier (see `objective.rs`);
//! every solution is checked by [`verify`](fn@verify) before anyone sees it.

mod backup;
mod constraints;
pub mod core;
mod exclusive;
mod explain;
pub mod loss;
mod lower;
mod objective;
pub mod plain;
mod ports;
mod problem;
pub mod refusal;
mod replicas;
mod solution;
pub mod strategies;
mod survival;
mod tied;
mod verify;

pub use backup::{Backup, backups};
pub use constraints::clash;
pub use explain::certificates;
pub use lower::bare as numbers;
pub use objective::fewest_leave;
pub use problem::{Layout, Policy, Problem, Running};
pub use refusal::listed;
pub use replicas::Replica;
pub use solution::{Placed, Solution};
pub use strategies::{Ended, Limits, TierValue, fleet};
pub use survival::{Room, not_left, others_move, place_surviving};
pub use verify::verify;

use strategies::Solved;

/// What became of a problem.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A placement that holds.
    Placed(Solution),
    /// There is none: [`refusal::explain`] says why.
    Refused,
    /// Neither a placement nor a proof that there is none was found within the limits; why.
    Undecided(String),
}

/// Places a stack: everything that runs stays if it can, and the rest follows the policy.
pub fn place(problem: &Problem<'_>, limits: &Limits) -> Outcome {
    decide(problem, || lower::instance(problem), limits)
}

/// Places a stack anyhow: only whether it fits counts, so the first layout that holds is the answer.
pub fn fit(problem: &Problem<'_>, limits: &Limits) -> Outcome {
    decide(problem, || lower::bare(problem), limits)
}

fn decide(problem: &Problem<'_>, instance: impl FnOnce() -> core::Instance, limits: &Limits) -> Outcome {
    if explain::is_certain(problem) || tied::impossible(problem, limits).is_some() {
        return Outcome::Refused;
    }
    match strategies::solve(&instance(), limits) {
        Solved::Found(answer) => match finish(problem, &lower::layout(problem, &answer.counts), answer) {
            Ok(solution) => Outcome::Placed(solution),
            Err(why) => Outcome::Undecided(why),
        },
        Solved::Infeasible => Outcome::Refused,
        Solved::Undecided(why, _) => Outcome::Undecided(why),
    }
}

/// Numbers and ports for a layout, and the check of it all.
fn finish(problem: &Problem<'_>, layout: &Layout, answer: strategies::Answer) -> Result<Solution, String> {
    let replicas = replicas::number(problem, layout);
    let mut ports = Vec::new();
    for machine in problem.machines() {
        let assigned = ports::assign(problem, &replicas, machine);
        let name = &problem.stack.machines[machine].name;
        ports.push(assigned.ok_or_else(|| format!("no host ports could be assigned on {name}"))?.into_iter());
    }
    let placed = replicas.into_iter().map(|replica| {
        let ports = ports[replica.machine].next().unwrap_or_default();
        Placed { replica, ports }
    });
    let solution = Solution { replicas: placed.collect(), tiers: answer.tiers, ended: answer.ended };
    let faults = verify(problem, &solution);
    if faults.is_empty() {
        Ok(solution)
    } else {
        Err(format!("the solver's answer does not hold: {}", faults.join("; ")))
    }
}
