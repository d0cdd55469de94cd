//! Changes of form that many keys share.

use std::sync::Arc;

use super::Base;
use crate::source::{Span, word};
use crate::yaml::{Entry, Mapping, Node, Scalar, Style, Value};

/// Applies `change` to the value under `key`.
pub(super) fn under(node: &mut Node, key: &str, change: impl FnOnce(&mut Node)) {
    if let Value::Mapping(mapping) = &mut node.value
        && mapping.contains_key(key)
        && let Some(entry) = Arc::make_mut(mapping).get_mut(key)
    {
        change(&mut entry.value);
    }
}

/// Applies `change` to every value of the mapping under `key`.
pub(super) fn each_under(node: &mut Node, key: &str, change: &mut dyn FnMut(&mut Node)) {
    under(node, key, |section| {
        if let Value::Mapping(mapping) = &mut section.value {
            Arc::make_mut(mapping).values_mut().for_each(|entry| change(&mut entry.value));
        }
    });
}

/// Applies `change` to every item of the list under `key`.
pub(super) fn each_item(node: &mut Node, key: &str, change: &mut dyn FnMut(&mut Node)) {
    under(node, key, |list| {
        if let Value::Sequence(items) = &mut list.value {
            Arc::make_mut(items).iter_mut().for_each(change);
        }
    });
}

pub(super) fn text_of(node: &Node) -> Option<&str> {
    node.as_scalar().and_then(Scalar::as_str)
}

/// A string node at the place of what it was made from.
pub(in crate::compose) fn text(text: impl Into<Arc<str>>, span: Span) -> Node {
    Node::new(Value::Scalar(Scalar { text: text.into(), style: Style::Quoted }), span)
}

pub(super) fn mapping_of(entries: impl IntoIterator<Item = (&'static str, Node)>) -> Value {
    let entry = |(key, value): (&'static str, Node)| (word(key), Entry { key: value.span, value });
    Value::Mapping(Arc::new(entries.into_iter().map(entry).collect()))
}

/// A list of `KEY=value` becomes a mapping; a `KEY` alone has no value. The last of equal keys counts.
pub(super) fn pairs(node: &mut Node) {
    let Value::Sequence(items) = &node.value else { return };
    let mut mapping = Mapping::new();
    for item in items.iter() {
        let Some(written) = text_of(item) else { continue };
        let (key, value) = match written.split_once('=') {
            Some((key, value)) => (key, text(value, item.span)),
            None => (written, Node::new(Value::Null, item.span)),
        };
        mapping.insert(key.into(), Entry { key: item.span, value });
    }
    node.value = Value::Mapping(Arc::new(mapping));
}

/// A string becomes a list of one.
pub(super) fn single(node: &mut Node) {
    if let Value::Scalar(_) = node.value {
        let item = Node { tag: None, ..node.clone() };
        node.value = Value::Sequence(Arc::new(vec![item]));
    }
}

/// A request for devices that says neither how many nor which is for all of them.
pub(super) fn request(request: &mut Node) {
    under(request, "options", pairs);
    let span = request.span.at_start();
    if let Value::Mapping(fields) = &mut request.value
        && !fields.contains_key("count")
        && !fields.contains_key("device_ids")
    {
        let count = Node::new(Value::Scalar(Scalar { text: "-1".into(), style: Style::Plain }), span);
        Arc::make_mut(fields).insert("count".into(), Entry { key: span, value: count });
    }
}

/// A list of names becomes a mapping without values.
pub(super) fn names(node: &mut Node) {
    let Value::Sequence(items) = &node.value else { return };
    let entry = |item: &Node| {
        let key = item.as_scalar()?.as_text()?;
        Some((key, Entry { key: item.span, value: Node::new(Value::Null, item.span) }))
    };
    node.value = Value::Mapping(Arc::new(items.iter().filter_map(entry).collect()));
}

/// A list of services becomes a mapping: each is to be started, and is required.
pub(super) fn dependencies(node: &mut Node) {
    if node.as_sequence().is_none() {
        return;
    }
    names(node);
    if let Value::Mapping(services) = &mut node.value {
        for entry in Arc::make_mut(services).values_mut() {
            let required = Scalar { text: word("true"), style: Style::Plain };
            let required = Node::new(Value::Scalar(required), entry.key);
            entry.value.value =
                mapping_of([("condition", text(word("service_started"), entry.key)), ("required", required)]);
        }
    }
}

/// A string becomes a mapping with it under `key`.
pub(super) fn long(node: &mut Node, key: &'static str) {
    if text_of(node).is_some() {
        let inner = Node { tag: None, ..node.clone() };
        node.value = mapping_of([(key, inner)]);
    }
}

/// A relative path becomes an absolute one.
pub(super) fn absolute(node: &mut Node, base: &Base) {
    if let Some(written) = text_of(node) {
        let absolute = base.text(written);
        node.value = text(absolute, node.span).value;
    }
}
