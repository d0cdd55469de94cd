//! Cases of other checkers, with what they expect: `$PLANNER_SHARED/lint-cases`, or `../shared/lint-cases`.
//!
//! Each case that maps to one of our rules must come out as the map says, on the lines that are named. What deviates on
//! purpose is listed here with its reason; the outcome is `docs/check-conformance.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cli::{golden, planner, root};

/// Where we differ on purpose: part of the case's path, the other tool's rule (or part of it), and why.
const DEVIATIONS: &[(&str, &str, &str)] = &[
    ("TestInterpolateInt", "load-ok", VARIABLES),
    ("TestLoadWithInterpolationCastFull", "load-ok", VARIABLES),
    ("AliasBombPrevented-B9-N9", "load-ok", "its aliases stand for 387 million values: refused, as other bombs are"),
    ("InvalidExternalNameAndName", "conflict", STATEMENTS),
    ("TestNonMappingObject-3", "must be a mapping", "the list is underlined, which begins on the line below the key"),
    ("TestNonMappingObject-5", "must be a mapping", "the list is underlined, which begins on the line below the key"),
    (
        "CL0013-test-control-socket-dirs-are-not-this-rule-01",
        "CL-0025",
        "on line 75 a mount lacks its `type`: docker compose refuses it, which is told there instead",
    ),
    (
        "no-duplicate-exported-ports-03",
        "no-duplicate-exported-ports",
        "of a range the engine takes one port that is free; `8000-8085` alone is a container's ports, published anywhere",
    ),
    ("array-item-duplicated", "undefined", TWICE),
    ("depends-on-array-string-duplicated", "undefined", TWICE),
    (
        "undefined-volume-array-item-object-s-source-with-an-anchor-attribute--2",
        "undefined-volume",
        "the mount lacks its `type`: docker compose refuses it, which is told there instead",
    ),
    ("volume_has_sensitive_host_directory/positive1", "volume_has", "an anonymous volume is no path of the machine"),
];

const VARIABLES: &str = "the test of compose-go sets variables, which the file alone does not";
const STATEMENTS: &str = "refused; the two statements are underlined, not the name above them";
const TWICE: &str = "one name stands twice in a list: told once, at the second place";

struct Case {
    file: String,
    tool: String,
    rule: String,
    lines: BTreeSet<u64>,
    verdict: String,
}

/// What the map says of a rule of another tool.
struct Mapped {
    codes: Vec<String>,
    silent: bool,
    /// Whether its findings are information only.
    info: bool,
    /// Whether another tool's rule is told by the same code of ours, so that its silence says nothing.
    mixed: bool,
}

/// A finding of ours.
struct Found {
    code: String,
    /// Of each of its places, the one to mend first.
    lines: Vec<u64>,
    severity: String,
}

#[derive(Default)]
struct Tally {
    codes: String,
    judged: usize,
    passed: usize,
}

fn shared() -> PathBuf {
    let default = root().join("../shared");
    std::env::var_os("PLANNER_SHARED").map_or(default, PathBuf::from).join("lint-cases")
}

/// Rows of a table with tabs, quotes undone as spreadsheets write them.
fn rows(path: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let cell = |cell: &str| match cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => cell.to_owned(),
    };
    text.lines().skip(1).map(|line| line.split('\t').map(cell).collect()).collect()
}

fn cases() -> Vec<Case> {
    // `5,7`, or `5:9-5:14` of line and column.
    let line = |part: &str| part.split(':').next().and_then(|line| line.trim().parse().ok());
    let numbers = |text: &str| text.split([',', ';', ' ']).filter_map(line).collect();
    let case = |row: Vec<String>| Case {
        file: row[0].clone(),
        tool: row[1].clone(),
        rule: row[2].clone(),
        lines: numbers(&row[3]),
        verdict: row[4].clone(),
    };
    rows(&shared().join("INDEX.tsv")).into_iter().map(case).collect()
}

fn map() -> BTreeMap<(String, String), Mapped> {
    let code = |word: &str| {
        let word = word.trim();
        (word.len() >= 4 && word.as_bytes()[1..4].iter().all(u8::is_ascii_digit)).then(|| word[..4].to_owned())
    };
    let mapped = |row: Vec<String>| {
        let codes = row[2].split(['/', ' ']).filter_map(code).collect();
        (
            (row[0].clone(), row[1].clone()),
            Mapped { codes, silent: row[3].starts_with("silent"), info: row[3].starts_with("info"), mixed: false },
        )
    };
    let mut map: BTreeMap<_, Mapped> = rows(&shared().join("RULEMAP.tsv")).into_iter().map(mapped).collect();
    let told: BTreeSet<String> = map.values().filter(|it| !it.silent).flat_map(|it| it.codes.clone()).collect();
    for mapped in map.values_mut() {
        mapped.mixed = mapped.silent && mapped.codes.iter().any(|code| told.contains(code));
    }
    map
}

/// What we say at the default level.
fn findings(file: &str) -> Vec<Found> {
    let path = shared().join(file).canonicalize().unwrap();
    let folder = path.parent().unwrap().to_string_lossy().into_owned();
    let (shown, _) = planner(&format!("check --format json {}", path.file_name().unwrap().to_string_lossy()), &folder);
    let start = shown.find('{').unwrap_or_else(|| panic!("{file}: {shown}"));
    let document: Value = serde_json::from_str(&shown[start..]).unwrap_or_else(|error| panic!("{file}: {error}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let finding = |it: &Value| Found {
        code: text(&it["code"]),
        lines: it["labels"].as_array().unwrap().iter().map(|label| label["line"].as_u64().unwrap()).collect(),
        severity: text(&it["severity"]),
    };
    document["findings"].as_array().unwrap().iter().map(finding).collect()
}

fn said<'a>(found: impl IntoIterator<Item = &'a Found>) -> String {
    found.into_iter().map(|it| format!("{}:{:?}", it.code, it.lines)).collect::<Vec<_>>().join(" ")
}

/// Whether a file that compose-go loads without its checks of consistency must be without this error: what it refers to
/// (files, services, volumes) need not be there then.
fn is_of_form(found: &Found) -> bool {
    let consistency = found.code.as_str() >= "C110" && found.code.as_str() <= "C128" && found.code != "C122";
    found.severity == "error" && !consistency && found.code.starts_with(['C', 'V']) && found.code != "V203"
}

/// Why the case is not as it should be; none if it is. Outer none: there is nothing to judge.
fn judge(case: &Case, mapped: Option<&Mapped>, elsewhere: bool) -> Option<Option<String>> {
    let found = findings(&case.file);
    let errors = || found.iter().filter(|it| it.severity == "error" && it.code.starts_with(['C', 'V']));
    match case.verdict.as_str() {
        "valid" => {
            let wrong: Vec<&Found> = found.iter().filter(|it| is_of_form(it)).collect();
            Some((!wrong.is_empty()).then(|| format!("refused: {}", said(wrong))))
        }
        "invalid" if errors().next().is_none() => Some(Some(format!("not refused; said {}", said(&found)))),
        "invalid" => {
            let hit = errors().flat_map(|it| &it.lines).any(|line| case.lines.contains(line));
            Some((!case.lines.is_empty() && !hit).then(|| format!("not on {:?}; said {}", case.lines, said(&found))))
        }
        "positive" | "negative" => {
            let mapped = mapped.filter(|mapped| !mapped.codes.is_empty())?;
            let ours: Vec<&Found> = found.iter().filter(|it| mapped.codes.contains(&it.code)).collect();
            if mapped.mixed {
                return None;
            }
            if case.verdict == "negative" || mapped.silent {
                // What another rule asks for of the same file, or tells as information, is no fault here.
                let wrong: Vec<&Found> = ours.into_iter().filter(|it| mapped.info || it.severity != "info").collect();
                return (!elsewhere).then(|| (!wrong.is_empty()).then(|| said(wrong)));
            }
            if case.lines.is_empty() {
                return Some(ours.is_empty().then(|| said(&found)));
            }
            let missing: Vec<_> =
                case.lines.iter().filter(|line| !ours.iter().any(|it| it.lines.contains(line))).collect();
            Some((!missing.is_empty()).then(|| format!("not on lines {missing:?}; said {}", said(&found))))
        }
        _ => None,
    }
}

#[test]
#[ignore = "needs cases of other checkers beside the clone: PLANNER_SHARED, or ../shared"]
fn cases_of_other_checkers_come_out_as_mapped() {
    let (cases, map) = (cases(), map());
    let mapped = |case: &Case| {
        let own = map.get(&(case.tool.clone(), case.rule.clone()));
        own.or_else(|| {
            map.iter()
                .find(|((tool, rule), _)| *tool == case.tool && case.rule.starts_with(rule.as_str()))
                .map(|it| it.1)
        })
    };
    let mut tallies: BTreeMap<(String, String), Tally> = BTreeMap::new();
    let (mut wrong, mut excused, mut used) = (Vec::new(), String::new(), BTreeSet::new());
    for case in &cases {
        let own = mapped(case);
        let same = |other: &&Case| {
            other.file == case.file
                && other.rule != case.rule
                && other.verdict == "positive"
                && mapped(other).is_some_and(|it| {
                    !it.silent && own.is_some_and(|own| it.codes.iter().any(|code| own.codes.contains(code)))
                })
        };
        let Some(outcome) = judge(case, own, cases.iter().any(|other| same(&other))) else { continue };
        let rule = if case.tool == "compose-go" { case.verdict.clone() } else { case.rule.clone() };
        let tally = tallies.entry((case.tool.clone(), rule)).or_default();
        tally.codes = own.map(|own| own.codes.join(", ")).unwrap_or_default();
        tally.judged += 1;
        let Some(why) = outcome else {
            tally.passed += 1;
            continue;
        };
        let known = DEVIATIONS.iter().position(|(file, rule, _)| case.file.contains(file) && case.rule.contains(rule));
        match known {
            Some(index) => {
                used.insert(index);
                writeln!(excused, "| `{}` | {} | {} |", case.file, case.rule.replace('|', "\\|"), DEVIATIONS[index].2)
                    .unwrap();
            }
            None => wrong.push(format!("{} [{} {} {}] {why}", case.file, case.tool, case.rule, case.verdict)),
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
    let idle: Vec<_> =
        DEVIATIONS.iter().enumerate().filter(|(index, _)| !used.contains(index)).map(|it| it.1).collect();
    assert!(idle.is_empty(), "these deviate no longer: {idle:?}");
    golden(&root().join("docs/check-conformance.md"), &page(&tallies, &excused));
}

fn page(tallies: &BTreeMap<(String, String), Tally>, excused: &str) -> String {
    let (judged, passed) = tallies.values().fold((0, 0), |sum, it| (sum.0 + it.judged, sum.1 + it.passed));
    let share = 100.0 * passed as f64 / judged as f64;
    let mut text = format!(
        "# Cases of other checkers\n\n\
         What `planner check` says, at its default level, of the test cases of other checkers, where these map to one of\n\
         our rules: a positive case must be found on the line that is named (or be passed over, where the rule is off by\n\
         itself: *expected to be silent*), a negative one must be passed over, an invalid file must be refused and a valid\n\
         one must not (compose-go loads many of its own without looking whether what they refer to is there, so that only\n\
         the form counts of those). Written by the test `cases_of_other_checkers_come_out_as_mapped`, which `.ci/run` runs.\n\n\
         **{passed} of {judged} cases as mapped ({share:.1} %).**\n\n\
         | tool | its rule | ours | cases | as mapped |\n|---|---|---|---|---|\n"
    );
    for ((tool, rule), tally) in tallies {
        writeln!(text, "| {tool} | {rule} | {} | {} | {} |", tally.codes, tally.judged, tally.passed).unwrap();
    }
    if !excused.is_empty() {
        text.push_str("\n## Where we differ, and why\n\n| case | rule | why |\n|---|---|---|\n");
        text.push_str(excused);
    }
    text
}
