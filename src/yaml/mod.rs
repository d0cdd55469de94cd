//! From a text to a tree in which every key and value knows its place.
//!
//! The tree is YAML as docker compose reads it: aliases are followed, merge keys are merged, tags are kept, duplicate
//! keys are findings. What a scalar means is asked of it ([`Scalar::as_bool`] and its like), since that depends on
//! whether it was quoted.

mod node;

pub use node::{Entry, Mapping, Node, Scalar, Style, Value};
