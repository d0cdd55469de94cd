//! Where everything runs: a [`Problem`] becomes a verified [`Solution`], or an explanation why there is none.
//!
//! The problem is solved as an integer program, tier by tier (see `objective.rs`); every solution is checked by
//! [`verify`](fn@verify) before anyone sees it.

mod constraints;
mod explain;
mod objective;
mod ports;
mod problem;
mod program;
mod replicas;
mod solution;
mod strategies;
mod verify;

pub use constraints::clash;
pub use problem::{Layout, Policy, Problem, Running};
pub use replicas::Replica;
pub use solution::{Placed, Solution, TierValue};
pub use strategies::Limits;
pub use verify::verify;

use crate::diagnostic::Diagnostic;
use program::Program;
use strategies::Answer;

/// What became of a problem.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A placement that holds.
    Placed(Solution),
    /// There is none, and why.
    Refused(Vec<Diagnostic>),
    /// Neither a placement nor a proof that there is none was found within the limits; why.
    Undecided(String),
}

/// Places a stack: everything that runs stays if it can, and the rest follows the policy.
pub fn place(problem: &Problem<'_>, limits: Limits) -> Outcome {
    let certificates = explain::certificates(problem);
    if !certificates.is_empty() {
        return Outcome::Refused(certificates);
    }
    let mut program = Program::new(problem);
    for constraint in constraints::ALL {
        constraint.rows(problem, &mut program);
    }
    let mut tiers = objective::tiers(problem, &mut program);
    if tiers.is_empty() {
        tiers.push(objective::Tier { name: "everything placed", terms: Vec::new(), whole: true });
    }
    let (mut values, mut reached): (Option<Vec<f64>>, Vec<TierValue>) = (None, Vec::new());
    for tier in tiers {
        match strategies::solve(&program, &tier.terms, values.as_deref(), limits) {
            Answer::Found { values: found, value, bound } => {
                let value = if tier.whole { value.round() } else { value };
                let bound = if tier.whole { (bound - 1e-6).ceil() } else { bound };
                let slack = if tier.whole { 0.0 } else { 1e-7 * value.abs().max(1.0) };
                program.at_most(tier.terms, value + slack);
                reached.push(TierValue { name: tier.name, value, bound });
                values = Some(found);
            }
            Answer::Infeasible if values.is_none() => return Outcome::Refused(vec![explain::all_together(problem)]),
            // A later tier that finds nothing better leaves what the tiers before it found.
            Answer::Undecided(why) if values.is_none() => return Outcome::Undecided(why),
            Answer::Infeasible | Answer::Undecided(_) => {
                reached.push(TierValue { name: tier.name, value: 1.0, bound: 0.0 });
            }
        }
    }
    match finish(problem, &program.layout(&values.unwrap_or_default()), reached) {
        Ok(solution) => Outcome::Placed(solution),
        Err(why) => Outcome::Undecided(why),
    }
}

/// Numbers and ports for a layout, and the check of it all.
fn finish(problem: &Problem<'_>, layout: &Layout, tiers: Vec<TierValue>) -> Result<Solution, String> {
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
    let solution = Solution { replicas: placed.collect(), tiers };
    let faults = verify(problem, &solution);
    if faults.is_empty() {
        Ok(solution)
    } else {
        Err(format!("the solver's answer does not hold: {}", faults.join("; ")))
    }
}
