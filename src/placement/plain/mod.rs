//! The plain problem: placement in numbers, as JSON (`docs/formats.md`), for `planner solve`.

mod form;
mod read;
mod tiers;
mod write;

pub use form::{Part, Plain, PlainSolution};
pub use read::instance;
pub use tiers::{even_hinges, largest_headroom};
pub use write::solution;

/// The version of both documents. Minor numbers add fields; a new major number is refused.
pub const FORMAT_VERSION: &str = "1.0";
