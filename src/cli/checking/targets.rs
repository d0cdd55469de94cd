//! Which projects are meant: files, folders that are searched, standard input.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::args::CheckArgs;
use crate::cli::{Exit, Io};
use crate::compose::default_files;
use crate::source::Files;

use super::overlay::Overlay;

/// Deeper folders are not searched.
const MAX_DEPTH: usize = 20;

/// One project.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Target {
    /// Its files, to be merged; empty: as docker compose finds them.
    pub files: Vec<PathBuf>,
}

/// The projects that are meant, each once.
pub(super) fn find(args: &CheckArgs, io: &mut Io, files: &Overlay) -> Result<Vec<Target>, Exit> {
    let mut targets = Vec::new();
    if !args.project.file.is_empty() {
        targets.push(Target { files: args.project.file.clone() });
    }
    for path in &args.paths {
        let before = targets.len();
        let absolute = io.absolute(path);
        if path == Path::new("-") {
            targets.push(Target { files: vec![args.stdin_filename.clone().unwrap_or_else(|| path.clone())] });
        } else if files.is_dir(&absolute) {
            search(&absolute, files, 0, &mut targets);
            if targets.len() == before {
                targets.extend(yaml_files(&absolute).into_iter().map(|file| Target { files: vec![file] }));
            }
            if targets.len() == before {
                io.refuse(&format!("there is no compose file in {}", path.display()), None);
                return Err(Exit::Incomplete);
            }
        } else {
            targets.push(whole(absolute, files));
        }
    }
    if targets.is_empty() {
        targets.push(Target { files: args.stdin_filename.clone().into_iter().collect() });
    }
    let mut seen = BTreeSet::new();
    targets.retain(|target| seen.insert(target.clone()));
    Ok(targets)
}

/// The project of a file: an override goes with the file that it overrides, not alone.
fn whole(path: PathBuf, files: &Overlay) -> Target {
    let overrides = path.file_name().is_some_and(|name| name.to_string_lossy().contains(".override."));
    let beside = path.parent().map(|folder| default_files(folder, files)).unwrap_or_default();
    if overrides && beside.contains(&path) { Target { files: beside } } else { Target { files: vec![path] } }
}

/// The projects in a folder and below: the default file with its override; where there is none, every file that is named
/// like one.
fn search(folder: &Path, files: &Overlay, depth: usize, targets: &mut Vec<Target>) {
    let default = default_files(folder, files);
    if default.is_empty() {
        let named = |path: &PathBuf| {
            let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
            name.contains("compose") || name.contains("stack")
        };
        targets.extend(yaml_files(folder).into_iter().filter(named).map(|file| Target { files: vec![file] }));
    } else {
        targets.push(Target { files: default });
    }
    let skipped = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.starts_with('.') || matches!(name.as_str(), "node_modules" | "vendor" | "target")
    };
    for below in entries(folder).into_iter().filter(|path| path.is_dir() && !path.is_symlink() && !skipped(path)) {
        if depth < MAX_DEPTH {
            search(&below, files, depth + 1, targets);
        }
    }
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let yaml = |path: &PathBuf| path.extension().is_some_and(|it| it == "yml" || it == "yaml") && path.is_file();
    entries(folder).into_iter().filter(yaml).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
    entries.sort();
    entries
}
