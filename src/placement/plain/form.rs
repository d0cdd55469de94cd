//! The documents as they are written: a problem, and its solution.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The problem as it is written. Machines, services and resources go by their place in the lists.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plain {
    /// See [`FORMAT_VERSION`](super::FORMAT_VERSION).
    pub format_version: String,
    /// What is used up.
    pub resources: Vec<PlainResource>,
    /// Where containers can be.
    pub machines: Vec<PlainMachine>,
    /// What is to be placed.
    pub services: Vec<PlainService>,
    /// What lopsided free room costs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub balances: Vec<PlainBalance>,
    /// What a move costs beside the container's own cost, by machine of origin and of arrival.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub machine_move_costs: Vec<Vec<f64>>,
    /// A shape to keep room for, by resource: for the part `headroom`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headroom_shape: Vec<i64>,
    /// The tiers of the objective, the first to be decided first; each a sum of parts with weights.
    pub objective: Vec<BTreeMap<Part, f64>>,
}

/// What a tier may count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The move costs of the containers that leave their machine.
    Moves,
    /// `machine_move_costs` of those moves.
    MachineMoves,
    /// The largest number of containers that one service moves.
    MostMoved,
    /// The second container of a service on a machine costs 1, the third 2, …
    Doubled,
    /// What is used beyond `soft` of each machine, times the resource's `overuse_cost`.
    Overuse,
    /// `balances`.
    Balance,
    /// The costs of the machines that hold anything.
    MachineCosts,
    /// Even use: each sixth of a machine's room costs more than the one before: 1, 3, 5, …
    EvenUse,
    /// How much less of `headroom_shape` fits on the roomiest machine than would if it were empty.
    Headroom,
}

/// A resource.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlainResource {
    /// For people.
    pub name: String,
    /// Whether a container that moves needs it on both machines while it moves.
    #[serde(default)]
    pub transient: bool,
    /// What each unit beyond a machine's `soft` costs.
    #[serde(default = "one")]
    pub overuse_cost: f64,
}

/// A machine.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlainMachine {
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// How much containers may use, by resource; null: no limit.
    pub room: Vec<Option<i64>>,
    /// How much they should use at most, by resource.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub soft: Vec<i64>,
    /// Which domain it is in, by topology: `{"zone": "a"}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub domains: BTreeMap<String, String>,
    /// What it costs to use it.
    #[serde(default = "one")]
    pub cost: f64,
}

/// A service.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlainService {
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Kinds of containers, each with a number of them.
    pub containers: Vec<PlainContainers>,
    /// At most so many of its containers on one machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_machine: Option<u32>,
    /// How it lies over the domains of a topology.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spread: Vec<PlainSpread>,
    /// Each domain that has a container of it has one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub near: Vec<PlainBond>,
    /// No domain has a container of it and one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub apart: Vec<PlainBond>,
    /// Machines that keep at least one of its containers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<usize>,
}

/// Containers that are alike.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlainContainers {
    /// How many.
    #[serde(default = "single")]
    pub count: u32,
    /// What one uses, by resource.
    pub demand: Vec<i64>,
    /// Host ports that one takes: nobody else on its machine has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<u32>,
    /// The machines that it may be on; null: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machines: Option<Vec<usize>>,
    /// What the move of one costs.
    #[serde(default = "one")]
    pub move_cost: f64,
    /// How many run where: machine, count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub running: Vec<(usize, u32)>,
}

/// How a service lies.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlainSpread {
    /// A topology that machines name.
    pub over: String,
    /// At least so many domains have a container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u32>,
    /// The fullest domain has at most so many more than the emptiest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skew: Option<u32>,
    /// No domain has more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u32>,
}

/// A bond to another service.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlainBond {
    /// The other service.
    pub service: usize,
    /// A topology that machines name; without one, the machines themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// `weight · max(0, target · free(first) − free(second))` on each machine.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlainBalance {
    /// The resource that waits for the other.
    pub first: usize,
    /// The one that goes with it.
    pub second: usize,
    /// So much of the second for one of the first.
    pub target: f64,
    /// What each unit that lacks costs.
    pub weight: f64,
}

fn one() -> f64 {
    1.0
}

fn single() -> u32 {
    1
}

/// The solution as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PlainSolution {
    /// See [`FORMAT_VERSION`](super::FORMAT_VERSION).
    pub format_version: String,
    /// `optimal`, `feasible`, `infeasible` or `undecided`.
    pub status: String,
    /// What ended the search: `proof`, `enough`, `work`, `time`, `stopped`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ended: String,
    /// Why there is no placement.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// What each tier came to.
    pub tiers: Vec<PlainTier>,
    /// The machine of each container, by service and kind of containers.
    pub placement: Vec<Vec<Vec<u32>>>,
}

/// What a tier came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PlainTier {
    /// Its parts.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// No placement that is as good in the tiers before is below.
    pub bound: f64,
    /// How far the value may be from the best, as a fraction of itself.
    pub gap: f64,
}
