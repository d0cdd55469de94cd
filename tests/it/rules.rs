//! What the rules' pages say is true: every example is run as a user would run it.

use std::fs;
use std::path::PathBuf;

use planner::lint;
use serde_json::Value;

use crate::cli::{golden, planner, root};

/// Writes the files of an example into a folder of its own. A line `# --- NAME ---` begins a further one.
pub(crate) fn spread_out(text: &str, name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("planner-rules-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let (mut file, mut content) = ("compose.yaml".to_owned(), String::new());
    for line in text.lines().chain(["# --- end ---"]) {
        if let Some(next) = line.strip_prefix("# --- ").and_then(|rest| rest.strip_suffix(" ---")) {
            fs::write(folder.join(&file), &content).unwrap();
            (file, content) = (next.to_owned(), String::new());
        } else {
            content.push_str(line);
            content.push('\n');
        }
    }
    folder
}

/// What `check` says of the files, with this rule switched on.
fn findings(text: &str, code: &str) -> Vec<Value> {
    let folder = spread_out(text, code);
    let line = format!("check --format json --select {code}");
    let (shown, _) = planner(&line, &folder.to_string_lossy());
    fs::remove_dir_all(&folder).unwrap();
    let start = shown.find('{').unwrap_or_else(|| panic!("{shown}"));
    let document: Value = serde_json::from_str(&shown[start..]).unwrap_or_else(|error| panic!("{error}: {shown}"));
    document["findings"].as_array().unwrap().clone()
}

fn line(finding: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let at = finding["labels"]
        .get(0)
        .map_or_else(String::new, |label| format!("{}:{}:{}: ", text(&label["file"]), label["line"], label["column"]));
    let head =
        format!("{at}{}[{}] {}\n", text(&finding["severity"]), text(&finding["code"]), text(&finding["message"]));
    let help: String = text(&finding["help"]).lines().map(|line| format!("  help: {line}\n")).collect();
    head + &help
}

#[test]
fn every_example_says_what_its_page_says_and_its_mended_form_says_nothing() {
    let mut wrong = Vec::new();
    for rule in lint::all() {
        let Some(example) = &rule.example else { continue };
        let folder = root().join("testdata/lint").join(rule.module());
        let bad = findings(example.bad, rule.code);
        let said: String = bad.iter().filter(|finding| finding["code"] == rule.code).map(line).collect();
        if said.is_empty() {
            wrong.push(format!(
                "{}: the example is not faulty: {}",
                rule.code,
                bad.iter().map(line).collect::<String>()
            ));
        } else {
            golden(&folder.join("bad.out"), &said);
        }
        let good = findings(example.good, rule.code);
        let faulty = |finding: &&Value| finding["code"] == rule.code || finding["severity"] == "error";
        let faulty: String = good.iter().filter(faulty).map(line).collect();
        if !faulty.is_empty() {
            wrong.push(format!("{}: the mended example is faulty: {faulty}", rule.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `planner rules --markdown > docs/rules.md` writes it anew, or `UPDATE_GOLDEN=1`.
#[test]
fn the_page_of_all_rules_is_what_the_program_says() {
    golden(&root().join("docs/rules.md"), &lint::book());
}

#[test]
fn every_rule_is_explained_by_code_and_by_name() {
    for rule in lint::all() {
        let (by_code, _) = planner(&format!("explain {}", rule.code.to_lowercase()), ".");
        let (by_name, _) = planner(&format!("explain {}", rule.name), ".");
        assert!(by_code.starts_with(&format!("# {}: {}\n", rule.code, rule.name)), "{by_code}");
        assert_eq!(by_code, by_name);
    }
}
