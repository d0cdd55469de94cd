//! How long the certificates of a refusal take by themselves. See README.md beside this file.
//!
//! `cargo bench --bench certificates -- FOLDER…`: each folder with `stack.yaml` and `inventory.yaml`.

// A program that measures, and prints what it measured.
#![allow(clippy::print_stdout, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use planner::compose::{self, LoadOptions};
use planner::placement::{Policy, Problem, certificates};
use planner::source::{MemoryFiles, Sources};
use planner::{inventory, stack};

/// Each is measured so often; the median counts.
const ROUNDS: usize = 21;

fn main() {
    for folder in std::env::args().skip(1).filter(|argument| !argument.starts_with("--")) {
        measure(Path::new(&folder));
    }
}

fn measure(folder: &Path) {
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("a stack and an inventory");
    let files =
        MemoryFiles::new().with("/stack.yaml", read("stack.yaml")).with("/inventory.yaml", read("inventory.yaml"));
    let options = LoadOptions {
        files: vec![PathBuf::from("/stack.yaml")],
        working_directory: PathBuf::from("/"),
        ..LoadOptions::default()
    };
    let mut sources = Sources::new();
    let loaded = compose::load(&files, &options, &mut sources);
    let machines = inventory::load(&files, Path::new("/inventory.yaml"), "inventory.yaml", &mut sources);
    let (stack, _) = stack::build(&loaded.compose, Some(&machines.inventory), None);
    let problem = median(|| drop(Problem::new(&stack, Vec::new(), Policy::default())));
    let made = Problem::new(&stack, Vec::new(), Policy::default());
    let certificates_take = median(|| drop(certificates(&made)));
    let found: Vec<&str> = certificates(&made).iter().map(|finding| finding.code).collect();
    println!(
        "{}: {} services, {} machines; problem {problem:.1?}, certificates {certificates_take:.1?} ({})",
        folder.display(),
        stack.services.len(),
        stack.machines.len(),
        if found.is_empty() { "none".to_owned() } else { found.join(", ") }
    );
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[ROUNDS / 2]
}
