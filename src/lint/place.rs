//! Where in a document a place in its text lies: `services.web.ports.0`.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::source::Span;
use crate::yaml::{Node, Value};

/// A step from a value to one within it, and the text that key and value cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// The key, or the index in a list.
    pub name: String,
    /// From the key's start to the value's end.
    pub whole: Span,
}

/// Values with more than this within are searched by halves.
const MOST_SCANNED: usize = 32;

/// Documents in which places are looked up, be it very often.
pub(super) struct Places<'d> {
    documents: &'d [Node],
    /// By address: whether what is within a large value stands in the order of the text.
    ordered: RefCell<HashMap<*const Node, bool>>,
}

impl<'d> Places<'d> {
    pub(super) fn new(documents: &'d [Node]) -> Self {
        Places { documents, ordered: RefCell::default() }
    }

    /// The steps that lead to the innermost value whose text, with its key, covers the start of `span`.
    pub(super) fn path(&self, span: Span) -> Vec<Step> {
        let mut steps = Vec::new();
        let Some(mut node) = self.documents.iter().find(|root| covers(root.span, span)) else { return steps };
        while let Some((name, whole, below)) = self.child(node, span) {
            steps.push(Step { name: name.text(), whole });
            node = below;
        }
        steps
    }

    /// What stands directly in a value and covers the start of `span`.
    fn child(&self, node: &'d Node, span: Span) -> Option<(Name<'d>, Span, &'d Node)> {
        let count = count(node);
        if count <= MOST_SCANNED || !self.is_ordered(node) {
            return children(node).find(|(_, whole, _)| covers(*whole, span));
        }
        let (mut start, mut end) = (0, count);
        while end - start > 1 {
            let middle = usize::midpoint(start, end);
            if nth(node, middle)?.1.start <= span.start {
                start = middle;
            } else {
                end = middle;
            }
        }
        nth(node, start).filter(|(_, whole, _)| covers(*whole, span))
    }

    fn is_ordered(&self, node: &Node) -> bool {
        *self.ordered.borrow_mut().entry(std::ptr::from_ref(node)).or_insert_with(|| {
            let follows = |(a, b): (Span, Span)| a.file == b.file && a.end < b.start;
            let places = || children(node).map(|(_, whole, _)| whole);
            places().zip(places().skip(1)).all(follows)
        })
    }
}

/// The service that a place belongs to.
pub(super) fn service(path: &[Step]) -> Option<&str> {
    match path {
        [top, service, ..] if top.name == "services" => Some(&service.name),
        _ => None,
    }
}

/// The text of every value below the documents, with its key's and its depth, the outer ones first.
pub(super) fn each(documents: &[Node], visit: &mut dyn FnMut(Span, usize)) {
    fn walk(node: &Node, depth: usize, visit: &mut dyn FnMut(Span, usize)) {
        for (_, whole, below) in children(node) {
            // What an alias stands for is seen where it was written.
            if whole.file == node.span.file && covers(node.span, whole) {
                visit(whole, depth);
                walk(below, depth + 1, visit);
            }
        }
    }
    documents.iter().for_each(|root| walk(root, 0, visit));
}

/// What stands directly in a value: its name (made only when it is asked for), its text with that of its key, its value.
fn children(node: &Node) -> impl Iterator<Item = (Name<'_>, Span, &Node)> {
    (0..count(node)).map_while(|index| nth(node, index))
}

/// How much stands directly in a value.
fn count(node: &Node) -> usize {
    match &node.value {
        Value::Sequence(items) => items.len(),
        Value::Mapping(mapping) => mapping.len(),
        Value::Null | Value::Scalar(_) => 0,
    }
}

/// One of [`children`].
fn nth(node: &Node, index: usize) -> Option<(Name<'_>, Span, &Node)> {
    match &node.value {
        Value::Sequence(items) => items.get(index).map(|item| (Name::Index(index), item.span, item)),
        Value::Mapping(mapping) => mapping.at(index).map(|(key, entry)| {
            // The value of an alias stands elsewhere.
            let beside = entry.value.span.file == entry.key.file && entry.value.span.start >= entry.key.start;
            let end = if beside { entry.value.span.end.max(entry.key.end) } else { entry.key.end };
            (Name::Key(key), Span { end, ..entry.key }, &entry.value)
        }),
        Value::Null | Value::Scalar(_) => None,
    }
}

/// A key, or an index.
enum Name<'n> {
    Key(&'n str),
    Index(usize),
}

impl Name<'_> {
    fn text(&self) -> String {
        match self {
            Name::Key(key) => (*key).to_owned(),
            Name::Index(index) => index.to_string(),
        }
    }
}

fn covers(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.start <= outer.end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::yaml;

    #[test]
    fn a_place_is_found_by_its_path() {
        let text = "services:\n  web:\n    image: a\n    ports:\n      - \"80\"\n      - \"81\"\n  db:\n    image: b\n";
        let documents = yaml::parse(FileId(0), text).documents.unwrap();
        let at = |part: &str| {
            let start = text.find(part).unwrap();
            let steps = Places::new(&documents).path(Span::new(FileId(0), start..start + part.len()));
            steps.into_iter().map(|step| step.name).collect::<Vec<_>>().join(".")
        };
        assert_eq!(at("\"81\""), "services.web.ports.1");
        assert_eq!(at("db"), "services.db");
        assert_eq!(at("image: b"), "services.db.image");
    }

    #[test]
    fn places_in_large_values_are_found_as_well() {
        let services: String = (0..100).map(|n| format!("  s{n}: {{image: i{n}}}\n")).collect();
        for (text, ordered) in [
            (format!("services:\n{services}"), true),
            (format!("x-a: &a\n  other: {{image: x}}\nservices:\n{services}  <<: *a\n"), false),
        ] {
            let documents = yaml::parse(FileId(0), &text).documents.unwrap();
            let places = Places::new(&documents);
            assert_eq!(places.is_ordered(documents[0].get("services").unwrap()), ordered);
            for n in 0..100 {
                let start = text.find(&format!("i{n}}}")).unwrap();
                let steps = places.path(Span::new(FileId(0), start..start + 1));
                assert_eq!(steps.last().unwrap().name, "image");
                assert_eq!(service(&steps), Some(&*format!("s{n}")));
            }
            assert_eq!(places.path(Span::new(FileId(0), 0..1)).len(), 1);
        }
    }
}
