//! Ways to solve a [`Program`]. One file each; the only place that knows a solver's types.

mod exact;

use std::time::Duration;

use super::program::{Program, Terms};

/// How much work may be spent on one objective. Nodes decide, more of them the smaller the program is, so that the
/// same input gives the same answer on every machine; the time is the backstop, for programs so large that their first
/// node already takes it all.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Nodes of the search tree, times variables.
    pub work: u32,
    /// Most time.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { work: 200_000, time: Duration::from_secs(20) }
    }
}

impl Limits {
    /// The most nodes for a program of so many variables.
    fn nodes(self, variables: usize) -> i32 {
        let nodes = u64::from(self.work) / variables.max(1) as u64;
        nodes.clamp(50, 50_000) as i32
    }
}

/// What a strategy found.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A solution, with its value and a bound that no solution can be below.
    Found {
        /// By variable.
        values: Vec<f64>,
        /// The objective's.
        value: f64,
        /// Not above `value`; equal when it is proven optimal.
        bound: f64,
    },
    /// There is none; proven.
    Infeasible,
    /// The limits ended the search before there was a solution or a proof; why.
    Undecided(String),
}

/// Makes `objective` as small as the rows of `program` allow. `start`, a full solution, is improved on.
pub fn solve(program: &Program, objective: &Terms, start: Option<&[f64]>, limits: Limits) -> Answer {
    exact::solve(program, objective, start, limits)
}
