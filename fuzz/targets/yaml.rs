//! Any text becomes a tree or findings; a tree is written so that it reads the same.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use planner::source::Sources;
use planner::yaml::{self, Entry, Kind, Node, Scalar, Style, Value};

fuzz_target!(|text: &str| {
    let mut sources = Sources::new();
    let file = sources.add("a.yaml", text);
    let parsed = yaml::parse(file, text);
    planner_fuzz::assert_findings(&parsed.diagnostics, &sources);
    for root in parsed.documents.iter().flatten() {
        planner_fuzz::assert_tree(root, &sources);
        if parsed.diagnostics.is_empty() && weight(root) < 10_000 {
            assert_written(&meant(root));
        }
    }
});

/// Writing and reading again changes nothing.
fn assert_written(root: &Node) {
    let text = yaml::write(root);
    let file = Sources::new().add("again.yaml", &*text);
    let read = yaml::parse(file, &text);
    assert!(read.diagnostics.is_empty(), "{:?}\n{text}", read.diagnostics);
    // Nothing is left of a document that is null.
    let again = read.documents.unwrap_or_default();
    let again = again.first().map_or_else(|| Node::new(Value::Null, root.span), meant);
    assert_eq!(yaml::write(&again), text);
    assert!(same(root, &again), "{root:?}\nis read as\n{again:?}");
}

/// A tree as `write` takes it: only numbers and truth values are plain, and in the form that go-yaml reads.
fn meant(node: &Node) -> Node {
    let value = match &node.value {
        Value::Null => Value::Null,
        Value::Scalar(scalar) => {
            let plain = match scalar.kind() {
                Kind::Bool(_) | Kind::Int(_) => true,
                Kind::Float(value) => value.is_finite(),
                Kind::Text | Kind::Timestamp => false,
            };
            let style = if plain { Style::Plain } else { Style::Quoted };
            Value::Scalar(Scalar { text: scalar.canonical().into(), style })
        }
        Value::Sequence(items) => Value::Sequence(Arc::new(items.iter().map(meant).collect())),
        Value::Mapping(entries) => {
            let entry =
                |(key, entry): (&Arc<str>, &Entry)| (key.clone(), Entry { key: entry.key, value: meant(&entry.value) });
            Value::Mapping(Arc::new(entries.iter().map(entry).collect()))
        }
    };
    Node::new(value, node.span)
}

fn same(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::Sequence(a), Value::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same(a, b))
        }
        (Value::Mapping(a), Value::Mapping(b)) => {
            let pair =
                |((a, x), (b, y)): ((&Arc<str>, &Entry), (&Arc<str>, &Entry))| a == b && same(&x.value, &y.value);
            a.len() == b.len() && a.iter().zip(b.iter()).all(pair)
        }
        (a, b) => a == b,
    }
}

/// The number of values in a tree, aliases expanded.
fn weight(node: &Node) -> usize {
    match &node.value {
        Value::Null | Value::Scalar(_) => 1,
        Value::Sequence(items) => items.iter().map(weight).sum::<usize>() + 1,
        Value::Mapping(entries) => entries.values().map(|entry| weight(&entry.value)).sum::<usize>() + 1,
    }
}
