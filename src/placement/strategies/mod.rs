//! Ways to solve an `Instance`, one file each, and the portfolio that picks among them by size and stops when the bound
//! is met.

mod annealing;
mod bounds;
mod budget;
mod clearing;
mod closing;
mod covering;
mod eviction;
mod exact;
pub mod fleet;
mod neighbourhood;
mod pick;
mod portfolio;
mod proposals;
pub mod ranked;
mod schedule;
mod solver;
mod start;
pub mod survival;

pub use budget::{Ended, Limits};
pub use portfolio::{Answer, Solved, TierValue, most, solve};
