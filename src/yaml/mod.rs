//! From a text to a tree in which every key and value knows its place.
//!
//! The tree is YAML as docker compose reads it: aliases are followed, merge keys are merged, tags are kept, duplicate
//! keys are findings. What a scalar means is asked of it ([`Scalar::kind`] and its like), since that depends on
//! whether it was quoted.

mod merge_key;
mod node;
mod outline;
mod parse;
mod scalar;
mod syntax;
mod write;

pub use node::{Entry, Mapping, Node, Scalar, Style, Value};
pub use outline::{Outline, outline};
pub use parse::{Parsed, parse};
pub use scalar::Kind;
pub use write::{from_json, write, write_entry};
