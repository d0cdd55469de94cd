//! The sources are themselves under test: who uses whom, one door for each library, no room too large.

use std::fs;
use std::path::{Path, PathBuf};

const MOST_LINES: usize = 500;

/// Each room with the rooms that it may use, all of which stand before it. What is not named here is not allowed.
const ROOMS: [(&str, &[&str]); 23] = [
    ("source", &[]),
    ("text", &[]),
    ("map", &[]),
    ("units", &[]),
    ("labels", &[]),
    ("digest", &[]),
    ("reference", &[]),
    ("diagnostic", &["source"]),
    ("observed", &["units"]),
    ("yaml", &["source", "map", "units", "diagnostic"]),
    ("compose", &["source", "map", "units", "diagnostic", "yaml"]),
    ("inventory", &["source", "units", "diagnostic", "yaml"]),
    (
        "stack",
        &["digest", "source", "map", "units", "labels", "diagnostic", "observed", "yaml", "compose", "inventory"],
    ),
    ("lint", &["digest", "reference", "source", "map", "units", "diagnostic", "yaml", "compose", "inventory", "stack"]),
    ("placement", &["source", "units", "diagnostic", "inventory", "stack"]),
    ("capacity", &["units", "diagnostic", "inventory", "stack", "placement"]),
    ("discovery", &["digest", "source", "units", "labels", "stack", "placement"]),
    ("plan", &["digest", "reference", "units", "labels", "diagnostic", "observed", "inventory", "stack", "placement"]),
    ("export", &["yaml", "observed", "plan", "stack"]),
    ("cluster", &["text", "digest", "reference", "units", "labels", "observed", "inventory", "stack", "plan"]),
    ("apply", &["digest", "labels", "plan", "cluster"]),
    (
        "view",
        &[
            "source",
            "text",
            "units",
            "diagnostic",
            "yaml",
            "compose",
            "stack",
            "lint",
            "placement",
            "capacity",
            "export",
            "plan",
            "cluster",
            "apply",
        ],
    ),
    (
        "cli",
        &[
            "source",
            "diagnostic",
            "observed",
            "yaml",
            "compose",
            "inventory",
            "stack",
            "lint",
            "discovery",
            "placement",
            "capacity",
            "export",
            "plan",
            "cluster",
            "apply",
            "view",
        ],
    ),
];

/// Each library that has a door: the only files or folders that may name it.
const DOORS: [(&str, &[&str]); 18] = [
    ("good_lp", &["placement/strategies/solver.rs"]),
    ("highs", &["placement/strategies/solver.rs"]),
    ("bollard", &["cluster/"]),
    ("hyper", &["cluster/"]),
    ("hyper_util", &["cluster/"]),
    ("tokio_rustls", &["cluster/"]),
    ("granit_parser", &["yaml/"]),
    ("miette", &["view/"]),
    ("comfy_table", &["view/"]),
    ("clap", &["cli/"]),
    ("petgraph", &["plan/graph.rs", "placement/tied.rs"]),
    ("sha2", &["digest.rs"]),
    ("time", &["cluster/tokens.rs"]),
    ("tar", &["cluster/deliver.rs", "cluster/copy.rs", "cluster/layers.rs"]),
    ("anstyle", &["view/"]),
    ("toml", &["lint/settings/"]),
    ("glob", &["lint/settings/"]),
    ("similar", &["cli/checking/"]),
];

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push((path.clone(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 50, "the sources are not where they were");
    found
}

/// The path below `src`, with `/`.
fn below(path: &Path) -> String {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    path.strip_prefix(base).unwrap().to_string_lossy().replace('\\', "/")
}

/// The room a file stands in: `placement` for `placement/ports.rs`, `labels` for `labels.rs`.
fn room(path: &str) -> &str {
    path.split('/').next().unwrap().trim_end_matches(".rs")
}

/// Lines of code, without comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn every_room_uses_only_what_the_picture_allows() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let path = below(&path);
        let here = room(&path);
        if matches!(here, "main" | "lib") {
            continue;
        }
        let Some((_, allowed)) = ROOMS.iter().find(|(room, _)| *room == here) else {
            wrong.push(format!("{path}: the room `{here}` is not in the picture"));
            continue;
        };
        for (number, line) in code(&text) {
            for (used, _) in ROOMS.iter().filter(|(used, _)| *used != here) {
                if line.contains(&format!("crate::{used}")) && !allowed.contains(used) {
                    wrong.push(format!("{path}:{number}: `{here}` may not use `{used}`"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_picture_has_no_cycle() {
    for (index, (name, uses)) in ROOMS.iter().enumerate() {
        for used in *uses {
            assert!(
                ROOMS[..index].iter().any(|(before, _)| before == used),
                "{name} uses {used}, which stands behind it"
            );
        }
    }
}

#[test]
fn every_library_has_one_door() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let path = below(&path);
        for (library, doors) in DOORS.iter().filter(|(_, doors)| !doors.iter().any(|door| path.starts_with(door))) {
            for (number, line) in code(&text) {
                // `std::time` is not `time`.
                let path = format!("{library}::");
                let own = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || ":_".contains(c));
                let named = line.match_indices(&path).any(|(at, _)| own(at));
                if named {
                    wrong.push(format!("{path}:{number}: `{library}` is for {doors:?} alone"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn only_cli_and_cluster_touch_the_outside() {
    const OUTSIDE: [&str; 8] =
        ["std::fs", "std::net::Tcp", "std::net::Udp", "std::process", "std::env::", "tokio::", "println!(", "stdin()"];
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let path = below(&path);
        if matches!(room(&path), "cli" | "cluster" | "main") {
            continue;
        }
        let tests = text.lines().position(|line| line.trim() == "#[cfg(test)]").map_or(usize::MAX, |index| index + 1);
        for (number, line) in code(&text).filter(|(number, _)| *number < tests) {
            if OUTSIDE.iter().any(|outside| line.contains(outside)) && !path.ends_with("_tests.rs") {
                wrong.push(format!("{path}:{number}: {}", line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_and_is_not_too_long() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let path = below(&path);
        if !text.starts_with("//! ") {
            wrong.push(format!("{path}: does not open with `//!`"));
        }
        let lines = text.lines().count();
        if lines > MOST_LINES {
            wrong.push(format!("{path}: {lines} lines, at most {MOST_LINES}: is it two rooms?"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_project_speaks_of_itself_alone() {
    let here = env!("CARGO_MANIFEST_DIR");
    for (path, text) in sources() {
        assert!(!text.contains(here), "{} names a path of this machine", path.display());
    }
}
