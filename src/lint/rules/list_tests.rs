//! The list of rules is whole, and says nothing twice.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::*;
use crate::lint::Finder;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn names(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn every_file_of_the_folder_is_listed_under_its_rules_name() {
    let listed: BTreeSet<String> = MODULES.iter().map(|name| (*name).to_owned()).collect();
    let mut files = names("src/lint/rules");
    files.retain(|name| !matches!(name.as_str(), "mod" | "list_tests"));
    assert_eq!(listed, files, "the list in rules/mod.rs and the folder differ");
    for (module, rule) in MODULES.iter().zip(OWN) {
        assert_eq!(*module, rule.module(), "{} stands in a file of another name", rule.code);
        assert!(matches!(rule.finder, Finder::Rule(_)) && rule.example.is_some(), "{} is not whole", rule.code);
    }
}

#[test]
fn every_example_belongs_to_a_rule() {
    let wanted: BTreeSet<String> = all().filter(|rule| rule.example.is_some()).map(Rule::module).collect();
    assert_eq!(wanted, names("testdata/lint"));
}

#[test]
fn no_code_and_no_name_is_given_twice_and_every_text_is_there() {
    let codes: BTreeSet<&str> = all().map(|rule| rule.code).collect();
    let names: BTreeSet<&str> = all().map(|rule| rule.name).collect();
    assert_eq!((codes.len(), names.len()), (all().count(), all().count()));
    for rule in all() {
        assert!(rule.summary.ends_with('.') && !rule.why.is_empty(), "{} says too little", rule.code);
        assert_eq!(find(rule.code).map(|it| it.code), Some(rule.code));
        assert_eq!(find(rule.name).map(|it| it.code), Some(rule.code));
    }
}

/// Every code that stands in the sources can be explained.
#[test]
fn every_code_that_the_program_says_is_registered() {
    fn walk(folder: &Path, visit: &mut dyn FnMut(&str)) {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                walk(&path, visit);
            } else {
                visit(&fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut missing = BTreeSet::new();
    walk(&root().join("src"), &mut |text| {
        for word in text.split('"').skip(1).step_by(2) {
            let digits = word.len() == 4 && word.bytes().skip(1).all(|byte| byte.is_ascii_digit());
            if digits
                && matches!(word.as_bytes()[0], b'C' | b'V' | b'M' | b'R' | b'H' | b'S' | b'Y' | b'P' | b'I')
                && find(word).is_none()
            {
                missing.insert(word.to_owned());
            }
        }
    });
    assert_eq!(missing, BTreeSet::new());
}
