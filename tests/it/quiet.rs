//! `check` is quiet on files that are fine: against a collection of real projects, as in `corpus.rs`.

use std::collections::BTreeMap;

use planner::diagnostic::Severity;
use planner::lint::{self, Input, Report, Settings};
use planner::source::Sources;

use crate::corpus::{answer, cases, load_case};
use crate::disk::Disk;

/// Findings that are errors in projects that docker compose loads, and are true: the code, and what fails.
const TRUE_ERRORS: &[(&str, &str)] = &[
    ("C124", "two services publish one host port: the second cannot start"),
    ("R408", "the engine refuses less than 6 MiB of memory"),
    ("C132", "no engine knows this restart policy"),
];

fn check(path: &std::path::Path) -> (Sources, Report) {
    let (sources, mut loaded) = load_case(path);
    let found = std::mem::take(&mut loaded.diagnostics);
    let input = Input { loaded: &loaded, inventory: None, stack: None, sources: &sources, files: &Disk };
    let report = lint::check(input, &Settings::default(), found);
    (sources, report)
}

#[test]
#[ignore = "needs a corpus of projects beside the clone: PLANNER_SHARED, or ../shared"]
fn what_docker_compose_accepts_is_refused_for_true_reasons_only() {
    let mut wrong = Vec::new();
    let mut noise: BTreeMap<&str, usize> = BTreeMap::new();
    for case in cases("real,spec,upstream,upstream-files,micro,grid") {
        if answer(&case.path)["rc"] != 0 {
            continue;
        }
        let (sources, report) = check(&case.path);
        for finding in report.active() {
            let diagnostic = &finding.diagnostic;
            if case.id.starts_with("real/") {
                *noise.entry(diagnostic.code).or_default() += 1;
            }
            if diagnostic.is_error() && !TRUE_ERRORS.iter().any(|(code, _)| *code == diagnostic.code) {
                let at = diagnostic.span().map(|span| sources.locate(span)).unwrap_or_default();
                wrong.push(format!("{} {at} {} {}", case.id, diagnostic.code, diagnostic.message));
            }
        }
    }
    eprintln!("findings in real projects, by code: {noise:?}");
    assert!(wrong.is_empty(), "{} errors:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
#[ignore = "needs a corpus of projects beside the clone: PLANNER_SHARED, or ../shared"]
fn the_sample_projects_stay_as_quiet_as_they_are() {
    let samples: Vec<_> =
        cases("real").into_iter().filter(|case| case.id.starts_with("real/awesome-compose")).collect();
    assert!(samples.len() > 10, "there are no samples");
    let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut clean = 0;
    for case in &samples {
        let (_, report) = check(&case.path);
        let shown = report.from(Severity::Warning);
        clean += usize::from(shown.active().next().is_none());
        shown.active().for_each(|finding| *codes.entry(finding.diagnostic.code).or_default() += 1);
    }
    eprintln!("{clean} of {} without a finding; {codes:?}", samples.len());
    // What is said of the others is true: passwords in the file, databases open to all, variables that are not set.
    assert!(2 * clean >= samples.len(), "{clean} of {} are without a finding: {codes:?}", samples.len());
}
