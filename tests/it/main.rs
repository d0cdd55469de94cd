//! The integration tests: one binary, a module for each thing proven.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)] // a test may fail

mod apply;
mod fake;
mod lab;
