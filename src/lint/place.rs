//! Where in a document a place in its text lies: `services.web.ports.0`.

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

/// The steps that lead to the innermost value whose text, with its key, covers the start of `span`.
pub(super) fn path(documents: &[Node], span: Span) -> Vec<Step> {
    let mut steps = Vec::new();
    let Some(mut node) = documents.iter().find(|root| covers(root.span, span)) else { return steps };
    while let Some((name, whole, below)) = children(node).find(|(_, whole, _)| covers(*whole, span)) {
        steps.push(Step { name: name.text(), whole });
        node = below;
    }
    steps
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
    let (items, mapping) = match &node.value {
        Value::Sequence(items) => (Some(items), None),
        Value::Mapping(mapping) => (None, Some(mapping)),
        Value::Null | Value::Scalar(_) => (None, None),
    };
    let items = items.into_iter().flat_map(|items| items.iter().enumerate());
    let items = items.map(|(index, item)| (Name::Index(index), item.span, item));
    let entries = mapping.into_iter().flat_map(|mapping| mapping.iter()).map(|(key, entry)| {
        // The value of an alias stands elsewhere.
        let beside = entry.value.span.file == entry.key.file && entry.value.span.start >= entry.key.start;
        let end = if beside { entry.value.span.end.max(entry.key.end) } else { entry.key.end };
        (Name::Key(key), Span { end, ..entry.key }, &entry.value)
    });
    items.chain(entries)
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
            let steps = path(&documents, Span::new(FileId(0), start..start + part.len()));
            steps.into_iter().map(|step| step.name).collect::<Vec<_>>().join(".")
        };
        assert_eq!(at("\"81\""), "services.web.ports.1");
        assert_eq!(at("db"), "services.db");
        assert_eq!(at("image: b"), "services.db.image");
    }
}
