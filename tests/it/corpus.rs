//! Projects that docker compose accepts must load without an error.
//!
//! The projects and docker compose's answers lie outside of this repository: under `$PLANNER_SHARED/corpus`, or
//! `../shared/corpus`. The tests are run where it is asked for them (`--ignored`).

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

/// The user's folder while projects are loaded: named as nothing in them is.
pub(crate) const HOME: &str = "/home-of-the-corpus";

/// A project of the corpus.
pub(crate) struct Case {
    /// `group/name`.
    pub(crate) id: String,
    /// Its folder.
    pub(crate) path: PathBuf,
}

#[test]
#[ignore = "needs a corpus of projects beside the clone: PLANNER_SHARED, or ../shared"]
fn real_projects_load_without_a_false_error() {
    let mut wrong = Vec::new();
    let mut counts: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    for Case { id, path } in cases(GROUPS) {
        let expected = answer(&path);
        let (sources, loaded) = load_case(&path);
        let error = loaded.diagnostics.iter().find(|finding| finding.is_error());
        let excepted = EXCEPTIONS.iter().any(|(known, _)| *known == id);
        let group = counts.entry(id.split('/').next().unwrap().to_owned()).or_default();
        match (expected["rc"] == 0, error) {
            (true, None) => group[0] += 1,
            (true, Some(_)) if excepted => {}
            (true, Some(error)) => wrong.push(format!("{id}: {}", show(error, &sources))),
            (false, Some(_)) => group[1] += 1,
            (false, None) => {
                group[2] += 1;
                let why = expected["err"].as_str().unwrap_or_default().trim().lines().last().unwrap_or_default();
                eprintln!("not refused: {id}: {} {why}", expected["err_class"]);
            }
        }
    }
    for (group, [accepted, refused, missed]) in counts {
        eprintln!("{group}: {accepted} accepted, {refused} refused rightly, {missed} not refused");
    }
    assert!(wrong.is_empty(), "{} false errors:\n{}", wrong.len(), wrong.join("\n"));
}

/// The corpus's projects of `groups`, or of those that `$PLANNER_CORPUS_GROUPS` names.
pub(crate) fn cases(groups: &str) -> Vec<Case> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let shared = std::env::var_os("PLANNER_SHARED").map_or(default, PathBuf::from);
    let corpus = shared.join("corpus");
    assert!(corpus.is_dir(), "there is no corpus at {}", corpus.display());
    let groups = std::env::var("PLANNER_CORPUS_GROUPS").unwrap_or_else(|_| groups.to_owned());
    let mut cases = Vec::new();
    for group in groups.split(',') {
        let folders = fs::read_dir(corpus.join(group)).unwrap().map(|entry| entry.unwrap().path());
        for path in folders.filter(|folder| folder.join("case.json").exists()) {
            let id = path.strip_prefix(&corpus).unwrap().display().to_string();
            if !answer(&path)["exclude"].is_string() {
                cases.push(Case { id, path });
            }
        }
    }
    cases.sort_by(|a, b| a.id.cmp(&b.id));
    cases
}

/// What docker compose said of a project.
pub(crate) fn answer(folder: &Path) -> Value {
    json(&folder.join("expected.json"))
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Loads a project with its flags and variables.
pub(crate) fn load_case(folder: &Path) -> (Sources, Loaded) {
    let case = json(&folder.join("case.json"));
    let working_directory = folder.join("in").join(case["cwd"].as_str().unwrap());
    let working_directory = working_directory.canonicalize().unwrap();
    let mut environment = BTreeMap::from([("HOME".to_owned(), HOME.to_owned())]);
    environment.insert("PATH".to_owned(), "/usr/bin:/bin".to_owned());
    environment.insert("PWD".to_owned(), working_directory.display().to_string());
    for (name, value) in case["env"].as_object().unwrap() {
        environment.insert(name.clone(), value.as_str().unwrap().to_owned());
    }
    let mut options = LoadOptions { environment, working_directory, keep_written: true, ..LoadOptions::default() };
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
