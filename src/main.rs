//! The command line `planner`.
fn main() {}
