//! Commands as a user types them: each `testdata/cli/x.cmd` is run line by line, and `x.out` beside it holds all that
//! is shown, with the exit codes. `UPDATE_GOLDEN=1` writes it anew.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use planner::cli::{Exit, Io, run};
use planner::view::Style;

/// What a command wrote, results and the rest in the order of writing.
#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Runs one command line in a folder of the project: what is shown, and how it ended.
pub(crate) fn planner(line: &str, folder: &str) -> (String, Exit) {
    let screen = Screen::default();
    let mut io = Io {
        out: Box::new(screen.clone()),
        err: Box::new(screen.clone()),
        ask: None,
        variables: BTreeMap::new(),
        directory: root().join(folder),
        style: Style::PLAIN,
        terminal: false,
    };
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let exit = run(&words, &mut io);
    let shown = String::from_utf8(screen.0.lock().unwrap().clone()).unwrap();
    (shown, exit)
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Compares with a golden file, or writes it.
pub(crate) fn golden(path: &Path, shown: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path, shown).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(shown, expected, "{} (UPDATE_GOLDEN=1 rewrites)", path.display());
}

#[test]
fn commands_show_what_is_written_beside_them() {
    let mut folder: Vec<PathBuf> =
        fs::read_dir(root().join("testdata/cli")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folder.sort();
    let commands = folder.iter().filter(|path| path.extension().is_some_and(|extension| extension == "cmd"));
    for path in commands {
        let (mut shown, mut place) = (String::new(), "testdata/examples/website".to_owned());
        for line in fs::read_to_string(path).unwrap().lines().filter(|line| !line.is_empty()) {
            if let Some(folder) = line.strip_prefix("in ") {
                folder.clone_into(&mut place);
                continue;
            }
            let arguments = line.strip_prefix("planner ").expect("a line begins with `planner `");
            let (text, exit) = planner(arguments, &place);
            assert!(!text.contains(env!("CARGO_MANIFEST_DIR")), "a path of this machine is shown: {text}");
            shown.push_str(&format!("$ {line}\n{text}[exit {}]\n\n", exit as u8));
        }
        golden(&path.with_extension("out"), &shown);
    }
    for out in folder.iter().filter(|path| path.extension().is_some_and(|extension| extension == "out")) {
        assert!(out.with_extension("cmd").exists(), "{} belongs to no .cmd", out.display());
    }
}

#[test]
fn the_same_input_gives_the_same_plan_byte_for_byte() {
    let line = "plan --json --observed snapshot-sparse.json scaled.yaml";
    let first = planner(line, "testdata/examples/website");
    assert_eq!(first.1, Exit::Fine);
    assert_eq!(first, planner(line, "testdata/examples/website"));
}

/// No compose file stands beside it; the machines must be those that it was made for.
#[test]
fn a_saved_plan_is_bound_to_its_machines_alone() {
    let folder = std::env::temp_dir().join(format!("planner-saved-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let out = folder.join("plan.json");
    let line = format!("plan --observed snapshot.json stack.yaml -o {}", out.display());
    assert_eq!(planner(&line, "testdata/examples/website").1, Exit::Fine);
    fs::write(folder.join("inventory.yaml"), "machines: [{name: m1, endpoint: 'ssh://m1.invalid'}]\n").unwrap();
    let (shown, exit) = planner("apply --plan plan.json --yes", &folder.to_string_lossy());
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(exit, Exit::Error, "{shown}");
    assert!(shown.starts_with("error: the plan is for machines that are not at hand: `m2`, `m3`"), "{shown}");
}

/// Each block of the story in the docs that begins with a command: the command shows its lines, in that order.
#[test]
fn the_story_in_the_docs_is_what_is_shown() {
    let story = fs::read_to_string(root().join("docs/story.md")).unwrap();
    let blocks = story.split("```").filter_map(|block| block.trim_start().strip_prefix("$ planner "));
    let mut told = 0;
    for block in blocks {
        let (command, lines) = block.split_once('\n').expect("a command, and what it shows");
        let (shown, _) = planner(command, "testdata/examples/website");
        let mut left = shown.lines();
        for line in lines.lines().filter(|line| !line.trim().is_empty()) {
            assert!(left.any(|it| it.trim_end() == line.trim_end()), "`{command}` does not show {line:?}:\n{shown}");
            told += 1;
        }
    }
    assert!(told > 20, "the story has lost its commands");
}
