//! The integration tests: one binary, so that it is linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod corpus;
mod corpus_model;
mod disk;
mod golden;
mod never_panics;
