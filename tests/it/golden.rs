//! Golden pairs: beside each `x.yaml` under `testdata` stands `x.out` with the findings it gives.
//!
//! A new case is two files; `UPDATE_GOLDEN=1` writes the second. An `.out` without its `.yaml` is a fault.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use planner::compose::{self, LoadOptions};
use planner::diagnostic::Diagnostic;
use planner::inventory;
use planner::source::{MemoryFiles, Sources};

#[test]
fn compose_files_give_the_findings_beside_them() {
    check("compose", |text, sources| {
        let files = MemoryFiles::new()
            .with("/p/compose.yaml", text)
            .with("/p/web.env", "FROM_FILE=1\n")
            .with("/p/other.yaml", "services:\n  base:\n    image: base\n");
        let options = LoadOptions { working_directory: "/p".into(), ..LoadOptions::default() };
        compose::load(&files, &options, sources).diagnostics
    });
}

#[test]
fn inventories_give_the_findings_beside_them() {
    check("inventory", |text, sources| {
        let files = MemoryFiles::new().with("/p/inventory.yaml", text);
        inventory::load(&files, Path::new("/p/inventory.yaml"), "inventory.yaml", sources).diagnostics
    });
}

fn check(folder: &str, findings: impl Fn(String, &mut Sources) -> Vec<Diagnostic>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(folder);
    let paths = || fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let with_extension = |extension: &str| -> BTreeSet<PathBuf> {
        paths().filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
    };
    for path in with_extension("yaml") {
        let mut sources = Sources::new();
        let found = findings(fs::read_to_string(&path).unwrap(), &mut sources);
        let shown: String = found.iter().map(|finding| show(finding, &sources)).collect();
        let expected = path.with_extension("out");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&expected, &shown).unwrap();
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(shown, expected, "{} (UPDATE_GOLDEN=1 rewrites)", path.display());
    }
    for out in with_extension("out") {
        assert!(out.with_extension("yaml").exists(), "{} belongs to no .yaml", out.display());
    }
}

/// `line:column code severity: message`, then labels, notes and help, each on a line of its own.
fn show(finding: &Diagnostic, sources: &Sources) -> String {
    let mut out = String::new();
    let locate = |span: planner::source::Span| {
        let located = sources.locate(span);
        located.strip_prefix("compose.yaml:").or(located.strip_prefix("inventory.yaml:")).unwrap_or(&located).to_owned()
    };
    let at = finding.span().map_or_else(|| "-".to_owned(), locate);
    writeln!(out, "{at} {} {}: {}", finding.code, finding.severity.word(), finding.message).unwrap();
    for label in &finding.labels {
        writeln!(out, "    {} `{}` {}", locate(label.span), sources.slice(label.span).replace('\n', "\\n"), label.text)
            .unwrap();
    }
    for note in &finding.notes {
        writeln!(out, "    note: {note}").unwrap();
    }
    if let Some(help) = &finding.help {
        writeln!(out, "    help: {}", help.replace('\n', "\\n")).unwrap();
    }
    out
}
