//! Tests of the parser.

use super::*;
use crate::source::Sources;

fn read(text: &str) -> (Sources, Parsed) {
    let mut sources = Sources::new();
    let file = sources.add("a.yaml", text);
    (sources, parse(file, text))
}

/// Findings as `line:column code message`.
fn findings(text: &str) -> Vec<String> {
    let (sources, parsed) = read(text);
    let place = |finding: &Diagnostic| finding.span().map_or_else(String::new, |span| sources.locate(span));
    parsed
        .diagnostics
        .iter()
        .map(|finding| format!("{} {} {}", place(finding), finding.code, finding.message))
        .collect()
}

fn text_at<'a>(node: &'a Node, path: &[&str]) -> Option<&'a str> {
    let node = path.iter().try_fold(node, |node, key| node.get(key))?;
    node.as_scalar().map(|scalar| &*scalar.text)
}

#[test]
fn every_key_and_value_has_its_place() {
    let (sources, parsed) = read("a:\n  b: \"x\"\nc: [1, 2]\nd: |\n  one\n  two\ne: end\n");
    let root = &parsed.documents.unwrap()[0];
    let slice = |path: &[&str]| sources.slice(path.iter().fold(root, |node, key| node.get(key).unwrap()).span);
    assert_eq!(slice(&["a"]), "b: \"x\"");
    assert_eq!(slice(&["a", "b"]), "\"x\"");
    assert_eq!(slice(&["c"]), "[1, 2]");
    assert_eq!(slice(&["d"]), "one\n  two");
    assert_eq!(sources.slice(root.as_mapping().unwrap()["c"].key), "c");
}

#[test]
fn merge_keys_give_way_to_explicit_ones_and_earlier_ones_win() {
    let text = "x: &x {a: 1, b: 1}\ny: &y {a: 2, b: 2, c: 2}\nz:\n  b: 3\n  <<: [*x, *y]\n";
    let (_, parsed) = read(text);
    let root = &parsed.documents.unwrap()[0];
    let values = ["a", "b", "c"].map(|key| text_at(root, &["z", key]).unwrap());
    assert_eq!(values, ["1", "3", "2"]);
    assert!(parsed.diagnostics.is_empty());
}

#[test]
fn a_duplicate_key_is_shown_at_both_places() {
    let (sources, parsed) = read("a: 1\nb: 2\na: 3\n");
    let places: Vec<_> = parsed.diagnostics[0].labels.iter().map(|label| sources.locate(label.span)).collect();
    assert_eq!(places, ["a.yaml:3:1", "a.yaml:1:1"]);
}

#[test]
fn tags_are_kept_and_yamls_own_take_effect() {
    let (_, parsed) = read("a: !override [1]\nb: !!str 12\nc: !reset null\n");
    let root = &parsed.documents.unwrap()[0];
    assert_eq!(&*root.get("a").unwrap().tag.as_ref().unwrap().value, "!override");
    assert_eq!(root.get("b").unwrap().as_scalar().unwrap().style, Style::Quoted);
    assert_eq!(&*root.get("c").unwrap().tag.as_ref().unwrap().value, "!reset");
}

#[test]
fn aliases_that_lead_nowhere_or_to_themselves_are_findings() {
    assert_eq!(findings("a: *b\nc: 1\n"), ["a.yaml:1:4 C129 no anchor is named `b`"]);
    assert_eq!(findings("a: &a [*a]\n"), ["a.yaml:1:8 C129 an anchor cannot stand within itself"]);
    assert_eq!(findings("a: {<<: 1}\n"), ["a.yaml:1:5 C129 `<<` must be given a mapping, not a number"]);
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let alias = format!("*a{}, ", level - 1).repeat(10);
        text.push_str(&format!("a{level}: &a{level} [{alias}]\n"));
    }
    let found = findings(&text);
    assert!(found[0].contains("the file's aliases stand for too much"), "{found:?}");
}

#[test]
fn deep_nesting_is_refused() {
    assert!(findings(&"[".repeat(100_000))[0].contains("nested too deeply"));
}

#[test]
fn the_usual_slips_are_named() {
    let cases = [
        ("a:\n\tb: 1\n", "a.yaml:2:1 C101"),
        ("a: b: c\n", "a.yaml:1:5 C101 a second `: ` on the same line"),
        ("a: \"x\nb: 1\n", "C101 a quote is not closed"),
        ("a: [1, 2\n", "C101 `[` is not closed"),
        ("a:1\nb: 2\n", "a.yaml:1:2 C101 a space is missing after this colon"),
        ("a:\n  b: [x\n  c: 1\n", "a.yaml:2:6 C101 this bracket is not closed"),
        ("a: 1\n  b: 2\n", "C101"),
        ("a: `x`\n", "a.yaml:1:4 C101"),
        ("a: \0\n", "a.yaml:1:4 C101 this is not a text file"),
    ];
    for (text, expected) in cases {
        let found = findings(text).join("\n");
        assert!(found.contains(expected), "{text:?} gives {found}");
    }
}

#[test]
fn empty_texts_have_no_documents_and_several_are_told_apart() {
    for text in ["", "\n# nothing\n", "---\n...\n"] {
        assert_eq!(read(text).1.documents.unwrap().len(), 0, "{text:?}");
    }
    assert_eq!(read("a: 1\n---\nb: 2\n").1.documents.unwrap().len(), 2);
}
