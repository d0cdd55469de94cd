//! The integration tests: one binary, so that it is linked once; a module for each thing proven.

mod apply;
mod corpus;
mod disk;
mod fake;
mod lab;
mod placement;
mod stacks;
