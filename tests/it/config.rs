//! `planner config` on one project for each mechanism of loading: `testdata/config/NAME/cmd` is run line by line in its
//! folder, and `out` beside it holds all that is shown. `UPDATE_GOLDEN=1` writes it anew.

use std::fs;
use std::path::PathBuf;

use crate::cli::{golden, planner, root};

#[test]
fn each_mechanism_gives_the_model_beside_it() {
    let folders = fs::read_dir(root().join("testdata/config")).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = folders.collect();
    folders.sort();
    assert!(folders.len() > 9, "the projects are not where they were");
    for folder in folders {
        let within = folder.strip_prefix(root()).unwrap().display().to_string();
        let commands = fs::read_to_string(folder.join("cmd")).unwrap();
        let shown = commands.lines().map(|line| {
            let arguments = line.strip_prefix("planner ").expect("a line begins with `planner `");
            let (text, exit) = planner(arguments, &within);
            format!("$ {line}\n{}[exit {}]\n\n", text.replace(&folder.display().to_string(), "/project"), exit as u8)
        });
        golden(&folder.join("out"), &shown.collect::<String>());
    }
}
