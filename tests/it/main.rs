//! The integration tests: one binary, so that it is linked once; a module for each thing proven.

// A test fails by panicking, and says on standard error what it could not run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod apply;
mod buying;
mod capacity;
mod checking;
mod cli;
mod config;
mod corpus;
mod corpus_canonical;
mod corpus_model;
mod discovery;
mod disk;
mod drains;
mod drift;
mod export;
mod fake;
mod flat;
mod golden;
mod growth;
mod hostile;
mod hostile_engine;
mod house;
mod journey;
mod keys;
mod lab;
mod lint_cases;
mod lock;
mod loss;
mod never_panics;
mod order;
mod pages;
mod pairs;
mod placement;
mod planning;
mod priority;
mod quiet;
mod refusal;
mod rollout;
mod rules;
mod schemas;
mod secrets;
mod soft;
mod solve;
mod stacks;
mod survival;
mod usage;
mod website;
