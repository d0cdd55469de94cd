//! Placement in plain numbers: the problem, answers and their sums, rules, costs, and the integer program they make.

mod flat;
mod instance;
mod model;
mod moved;
mod objective;
mod program;
mod rng;
pub(super) mod rules;
mod state;
mod terms;
mod verify;

pub use flat::{Cost, Flat, MOST_SHIFTS, Shift, Trial};
pub use instance::{
    Bond, Counts, Group, Instance, MACHINES, Machine, Resource, Service, Spread, Token, Topology, UNLIMITED,
};
pub use model::{Model, Scope};
pub use objective::{Balance, Crowded, Headroom, Hinge, ROUNDING, Tier, arrival, best_slot};
pub use program::{Domain, Program, Row, Terms, Variable};
pub use rng::Rng;
pub use state::State;
pub use verify::{broken, values};
