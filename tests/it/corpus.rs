//! Projects that docker compose accepts must load without an error.
//!
//! The projects and docker compose's answers lie outside of this repository: under `$PLANNER_SHARED/corpus`, or
//! `../shared/corpus`. Where they are not there, nothing is tested, and the test says so.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use planner::compose::{LoadOptions, Loaded, load};
use planner::diagnostic::Diagnostic;
use planner::source::Sources;
use serde_json::Value;

use crate::disk::Disk;

/// All groups; `$PLANNER_CORPUS_GROUPS` names fewer.
const GROUPS: &str = "real,spec,upstream,upstream-files,micro,grid";

/// Projects that docker compose accepts and we refuse, on purpose.
const EXCEPTIONS: &[(&str, &str)] =
    &[("grid/grid.service.restart.05p", "no engine starts a container with this `restart`")];

#[test]
fn real_projects_load_without_a_false_error() {
    let Some(corpus) = corpus() else {
        eprintln!("not run: the corpus is not there");
        return;
    };
    let groups = std::env::var("PLANNER_CORPUS_GROUPS").unwrap_or_else(|_| GROUPS.to_owned());
    let mut wrong = Vec::new();
    for group in groups.split(',') {
        let (mut accepted, mut refused, mut missed) = (0, 0, 0);
        for case in folders(&corpus.join(group)) {
            let expected = json(&case.join("expected.json"));
            if expected["exclude"].is_string() {
                continue;
            }
            let id = case.strip_prefix(&corpus).unwrap().display().to_string();
            let (sources, loaded) = load_case(&case);
            let errors: Vec<&Diagnostic> = loaded.diagnostics.iter().filter(|finding| finding.is_error()).collect();
            match (expected["rc"] == 0, errors.first()) {
                (true, None) => accepted += 1,
                (true, Some(_)) if EXCEPTIONS.iter().any(|(known, _)| *known == id) => {}
                (true, Some(error)) => wrong.push(format!("{id}: {}", show(error, &sources))),
                (false, Some(_)) => refused += 1,
                (false, None) => {
                    missed += 1;
                    if std::env::var_os("PLANNER_CORPUS_MISSED").is_some() {
                        let why =
                            expected["err"].as_str().unwrap_or_default().trim().lines().last().unwrap_or_default();
                        eprintln!("missed {id}: {} {why}", expected["err_class"]);
                    }
                }
            }
        }
        eprintln!("{group}: {accepted} accepted, {refused} refused rightly, {missed} not refused");
    }
    assert!(wrong.is_empty(), "{} false errors:\n{}", wrong.len(), wrong.join("\n"));
}

fn corpus() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let shared = std::env::var_os("PLANNER_SHARED").map_or(default, PathBuf::from);
    Some(shared.join("corpus")).filter(|corpus| corpus.is_dir())
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.join("case.json").exists());
    folders.sort();
    folders
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn load_case(folder: &Path) -> (Sources, Loaded) {
    let case = json(&folder.join("case.json"));
    let working_directory = folder.join("in").join(case["cwd"].as_str().unwrap());
    let working_directory = working_directory.canonicalize().unwrap();
    let mut environment = BTreeMap::from([("HOME".to_owned(), "/root".to_owned())]);
    environment.insert("PATH".to_owned(), "/usr/bin:/bin".to_owned());
    environment.insert("PWD".to_owned(), working_directory.display().to_string());
    for (name, value) in case["env"].as_object().unwrap() {
        environment.insert(name.clone(), value.as_str().unwrap().to_owned());
    }
    let mut options = LoadOptions { environment, working_directory, ..LoadOptions::default() };
    let arguments: Vec<&str> = case["argv"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    for pair in arguments.chunks(2) {
        match pair[0] {
            "-f" | "--file" => options.files.push(pair[1].into()),
            "--profile" => options.profiles.push(pair[1].to_owned()),
            "-p" => options.project_name = Some(pair[1].to_owned()),
            "--env-file" => options.env_files.push(pair[1].into()),
            "--project-directory" => options.project_directory = Some(pair[1].into()),
            other => panic!("unknown flag {other}"),
        }
    }
    let mut sources = Sources::new();
    let loaded = load(&Disk, &options, &mut sources);
    (sources, loaded)
}

fn show(finding: &Diagnostic, sources: &Sources) -> String {
    let place = finding.span().map_or_else(String::new, |span| sources.locate(span));
    format!("{place} {} {}", finding.code, finding.message)
}
