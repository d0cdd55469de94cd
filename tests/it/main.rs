//! The integration tests: one binary, a module for each thing proven.

mod apply;
mod fake;
mod lab;
mod placement;
mod stacks;
