//! The manners of `check`: what ignores, what fails, what mends, what is checked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use planner::cli::Exit;

use crate::cli::planner;
use crate::rules::spread_out;

/// A folder that goes when the test is over.
struct Folder(PathBuf);

impl Folder {
    /// Files as in the rules' examples.
    fn new(name: &str, files: &str) -> Self {
        Folder(spread_out(files, name))
    }

    fn check(&self, line: &str) -> (String, Exit) {
        planner(&format!("check --format concise {line}"), &self.0.to_string_lossy())
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const PRIVILEGED: &str = "services:\n  a:\n    image: x:1\n    privileged: true\n";

fn codes(shown: &str) -> Vec<&str> {
    shown.lines().filter_map(|line| Some(line.split_once('[')?.1.split_once(']')?.0)).collect()
}

#[test]
fn a_comment_ignores_its_line_the_next_or_the_whole_entry() {
    let why = "# planner: ignore[S602] manages the machine";
    let texts = [
        format!("services:\n  a:\n    image: x:1\n    privileged: true {why}\n"),
        format!("services:\n  a:\n    image: x:1\n    {why}\n    # and more\n\n    privileged: true\n"),
        format!("services:\n  a: {why}\n    image: x:1\n    privileged: true\n"),
        format!("services:\n  {why}\n  a:\n    image: x:1\n    privileged: true\n"),
        PRIVILEGED.replace("true", "true # planner: ignore[ privileged , s602]: by name"),
    ];
    for (index, text) in texts.iter().enumerate() {
        let folder = Folder::new(&format!("ignore-{index}"), text);
        let (shown, exit) = folder.check("");
        assert!(!codes(&shown).contains(&"S602"), "{text}\n{shown}");
        assert_eq!(exit, Exit::Fine);
    }
    let elsewhere = format!("services:\n  b: {why}\n    image: x:1\n  a:\n    image: x:1\n    privileged: true\n");
    let (shown, _) = Folder::new("ignore-elsewhere", &elsewhere).check("");
    assert_eq!(codes(&shown), ["P901", "S602"], "{shown}");
}

#[test]
fn what_can_only_be_mended_is_not_ignored() {
    let text = "services:\n  a:\n    image: x:1\n    prots: [] # planner: ignore[C103] never mind\n";
    let folder = Folder::new("mend-only", text);
    let (shown, exit) = folder.check("--ignore C103");
    assert!(codes(&shown).contains(&"C103") && exit == Exit::Error, "{shown}");
    folder.write("planner.toml", "[severity]\nC103 = \"warning\"\n");
    let (shown, exit) = folder.check("");
    assert!(!shown.contains("error[") && exit == Exit::Fine, "{shown}");
}

#[test]
fn comments_that_cannot_be_read_are_findings() {
    let comments =
        ["# planner: ingore[S602] x", "# planner: ignore S602", "# planner: ignore[] x", "# planner: ignore[S602"];
    for (index, comment) in comments.iter().enumerate() {
        let folder = Folder::new(&format!("comment-{index}"), &PRIVILEGED.replace("true", &format!("true {comment}")));
        let (shown, exit) = folder.check("");
        assert_eq!((codes(&shown), exit), (vec!["S602", "P903"], Exit::Error), "{shown}");
    }
}

#[test]
fn settings_are_read_from_the_nearest_file_and_from_the_project_and_mistakes_are_errors() {
    let settings = "# --- planner.toml ---\nfail-on = \"warning\"\n[[exceptions]]\nrules = [\"S602\"]\nservices = [\"a\"]\n\
                    reason = \"manages the machine\"\n";
    let folder =
        Folder::new("settings", &format!("{PRIVILEGED}  b:\n    image: x:1\n    privileged: true\n{settings}"));
    let (shown, exit) = folder.check("");
    assert!(shown.contains("`b` has all") && !shown.contains("`a` has all"), "{shown}");
    assert_eq!(exit, Exit::Error, "a warning fails it");
    assert_eq!(folder.check("--fail-on error").1, Exit::Fine);
    folder.write("planner.toml", "selct = [\"S\"]\nignore = [\"S6O2\"]\n[[exceptions]]\nrules = [\"S602\"]\n");
    let (shown, exit) = folder.check("");
    assert_eq!(shown.matches("P905").count(), 3, "{shown}");
    assert_eq!(exit, Exit::Error);
    folder.write("planner.toml", "");
    folder.write("compose.yaml", &format!("{PRIVILEGED}x-planner: {{check: {{ignore: [S602]}}}}\n"));
    assert_eq!(folder.check("").0, "");
}

#[test]
fn groups_are_switched_on_and_what_names_a_rule_most_closely_decides() {
    let folder = Folder::new("select", PRIVILEGED);
    assert!(codes(&folder.check("--select hardening").0).contains(&"S609"));
    assert_eq!(codes(&folder.check("--ignore all --select S602").0), ["S602"]);
    let (shown, exit) = folder.check("--select hardning");
    assert!(shown.contains("did you mean `hardening`?") && exit == Exit::Error, "{shown}");
}

#[test]
fn a_baseline_only_ever_shrinks() {
    let folder = Folder::new("baseline", &format!("{PRIVILEGED}    user: root\n"));
    assert_eq!(folder.check("--write-baseline --fail-on info").1, Exit::Fine);
    let known = "--baseline planner-baseline.json --fail-on info";
    assert_eq!(folder.check(known), (String::new(), Exit::Fine));
    // Lines that wander are the same findings; a new one is new.
    folder.write("compose.yaml", &format!("# moved\n{PRIVILEGED}    user: root\n    pid: host\n"));
    let (shown, exit) = folder.check(known);
    assert_eq!((codes(&shown), exit), (vec!["S604"], Exit::Error));
    folder.write("compose.yaml", PRIVILEGED);
    let (shown, exit) = folder.check(known);
    assert_eq!((codes(&shown), exit), (vec!["P906"], Exit::Error), "{shown}");
    assert_eq!(folder.check("--write-baseline").1, Exit::Fine);
    assert_eq!(folder.check(known).1, Exit::Fine);
}

#[test]
fn safe_fixes_touch_nothing_else_and_leave_nothing_to_mend() {
    let text = "version: '3' # old\n\nservices:\n  a:   # odd   spacing stays\n    image: x:1\n    environment:\n      - A=1\n      - A=2\n";
    let folder = Folder::new("fix", text);
    let (patch, exit) = folder.check("--diff");
    assert!(
        patch.contains("-version: '3' # old\n") && patch.contains("-      - A=1\n") && exit == Exit::Error,
        "{patch}"
    );
    assert_eq!(folder.read("compose.yaml"), text, "--diff writes nothing");
    folder.check("--fix");
    let mended = "\nservices:\n  a:   # odd   spacing stays\n    image: x:1\n    environment:\n      - A=2\n";
    assert_eq!(folder.read("compose.yaml"), mended);
    assert_eq!(folder.check("--diff"), (String::new(), Exit::Fine));
}

#[test]
fn what_changes_the_stack_is_mended_only_when_that_is_asked_for() {
    let text = "services:\n  a:\n    image: x:1\n    command: echo $WHO\n";
    let folder = Folder::new("unsafe", text);
    folder.check("--fix");
    assert_eq!(folder.read("compose.yaml"), text);
    folder.check("--fix --unsafe-fixes");
    assert_eq!(folder.read("compose.yaml"), text.replace("$WHO", "$$WHO"));
}

#[test]
fn folders_are_searched_and_each_file_is_a_project_of_its_own() {
    let folder = Folder::new("several", "services: {}\n");
    fs::remove_file(folder.0.join("compose.yaml")).unwrap();
    folder.write("one/compose.yaml", PRIVILEGED);
    folder.write("one/compose.override.yaml", "services:\n  a:\n    privileged: false\n");
    folder.write("two/docker-compose.prod.yml", PRIVILEGED);
    folder.write("two/values.yaml", "services: no\n");
    folder.write("node_modules/x/compose.yaml", PRIVILEGED);
    let (shown, _) = folder.check(".");
    assert_eq!(shown, "two/docker-compose.prod.yml:4:17: warning[S602] `a` has all of the machine's powers\n");
    let (shown, _) = folder.check("one/compose.yaml two/docker-compose.prod.yml");
    assert_eq!(codes(&shown), ["S602", "S602"], "a file that is named alone is taken alone");
    // An override is checked with what it overrides.
    assert_eq!(folder.check("one/compose.override.yaml"), (String::new(), Exit::Fine));
    folder.write("empty/readme.md", "");
    assert_eq!(folder.check("empty").1, Exit::Incomplete);
}

#[test]
fn only_projects_that_differ_from_a_commit_are_checked() {
    let folder = Folder::new("changed", "services: {}\n");
    fs::remove_file(folder.0.join("compose.yaml")).unwrap();
    for name in ["one", "two"] {
        folder.write(&format!("{name}/compose.yaml"), PRIVILEGED);
    }
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b.invalid", "-c", "commit.gpgsign=false"];
        let status = Command::new("git").args(identity).args(arguments).current_dir(&folder.0).output().unwrap();
        assert!(status.status.success(), "{status:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "x"]);
    assert_eq!(folder.check("--changed .").0, "");
    folder.write("two/compose.yaml", &format!("{PRIVILEGED}    user: root\n"));
    let (shown, _) = folder.check("--changed=HEAD .");
    assert!(shown.contains("two/compose.yaml") && !shown.contains("one/compose.yaml"), "{shown}");
    assert_eq!(folder.check("--changed=nowhere .").1, Exit::Incomplete);
}

#[test]
fn a_part_that_is_not_checked_is_never_passed_over() {
    let folder = Folder::new("partial", "include:\n  - oci://example.com/x:1\nservices:\n  a:\n    image: x:1\n");
    let (shown, exit) = folder.check("");
    assert!(codes(&shown).contains(&"P904") && exit == Exit::Incomplete, "{shown}");
    assert_eq!(folder.check("--allow-partial").1, Exit::Fine);
}

#[test]
fn alike_findings_are_told_once_for_people_and_each_for_programs() {
    let services: String = (0..5).map(|n| format!("  s{n}:\n    image: x:1\n    privileged: true\n")).collect();
    let folder = Folder::new("fold", &format!("services:\n{services}"));
    let (shown, _) = folder.check("");
    assert_eq!(shown, "compose.yaml:4:17: warning[S602] `s0` has all of the machine's powers (and 4 more services)\n");
    let (json, _) = planner("check --format json", &folder.0.to_string_lossy());
    assert_eq!(json.matches("\"code\": \"S602\"").count(), 5);
}

#[test]
fn the_hook_and_the_action_name_what_there_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let hook = fs::read_to_string(root.join(".pre-commit-hooks.yaml")).unwrap();
    let action = fs::read_to_string(root.join("action.yml")).unwrap();
    assert!(hook.contains("entry: planner check") && action.contains("planner check"));
    for flag in ["--format", "--fail-on", "--baseline"] {
        assert!(action.contains(flag), "{flag}");
    }
}

#[test]
fn programs_are_told_the_matrix_that_people_are() {
    let rows = |line: &str| {
        let (shown, _) = planner(line, "testdata/refusals");
        // Behind what people are told.
        let document = &shown[shown.find("{\n").unwrap_or_else(|| panic!("{line}: {shown}"))..];
        serde_json::from_str::<serde_json::Value>(document).unwrap_or_else(|error| panic!("{line}: {error}: {shown}"))
    };
    for file in ["five.yaml", "large.yaml", "zone.yaml", "pieces.yaml", "held.yaml", "more.yaml -i drained.yaml"] {
        let checked = rows(&format!("check --format json {file}"));
        let sarif = rows(&format!("check --format sarif {file}"));
        let refused = &checked["refused"][0];
        assert_eq!(sarif["runs"][0]["properties"]["refused"][0], *refused, "{file}");
        let seen = " --observed snapshot.json";
        let planned = &rows(&format!("plan --json {file}{seen}"))["refused"][0];
        assert_eq!(planned["without_place"], refused["without_place"], "{file}");
        for (refused, seen) in [(refused, ""), (planned, seen)] {
            let matrices = refused["matrices"].as_array().unwrap();
            assert_eq!(matrices.len(), refused["without_place"].as_array().unwrap().len(), "{file}");
            assert!(!matrices.is_empty(), "{file}");
            for matrix in matrices {
                let asked = rows(&format!("why {} -f {file} --json{seen}", matrix["service"].as_str().unwrap()));
                assert_eq!(asked["rows"], matrix["rows"], "{file}{seen}");
            }
        }
    }
}
