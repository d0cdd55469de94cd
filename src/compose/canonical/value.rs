//! Any value, led by the tables of `schema`.

use std::sync::Arc;

use super::scalar;
use crate::compose::schema::shape::{Fields, Scalar as Wanted, Shape};
use crate::yaml::{Entry, Mapping, Node, Style, Value};

/// The canonical form of `node`, which stands where `shape` is asked for; `None` for nothing.
pub(super) fn value(node: &Node, shape: &Shape) -> Option<Node> {
    let value = match &node.value {
        Value::Null => return None,
        _ if shape.any => return Some(untyped(node)),
        Value::Scalar(written) => match shape.scalar {
            Some(wanted) => scalar::canonical(written, wanted, node),
            None => scalar::untyped(written),
        },
        Value::Sequence(items) => {
            let items = items.iter().filter_map(|item| value(item, shape.items.unwrap_or(shape)));
            Value::Sequence(Arc::new(items.collect()))
        }
        Value::Mapping(entries) => match shape.fields {
            Some(Fields::Keys(..) | Fields::ExactKeys(_)) => Value::Mapping(Arc::new(keys(entries, shape))),
            Some(Fields::Map(values)) if !values.kept => mapping(entries, values, || scalar::quoted("")),
            Some(Fields::Map(values) | Fields::Names(values)) => mapping(entries, values, || Value::Null),
            None => return Some(untyped(node)),
        },
    };
    Some(Node::new(value, node.span))
}

/// The canonical entries of a mapping with known keys, and those with `x-`. What is empty is left out.
pub(super) fn keys(entries: &Mapping, shape: &Shape) -> Mapping {
    let canonical = |(key, entry): (&Arc<str>, &Entry)| {
        let node = match shape.key(key) {
            Some(field) => value(&entry.value, field).filter(|node| field.kept || !is_empty(node, field))?,
            None => untyped(&entry.value),
        };
        Some((key.clone(), Entry { key: entry.key, value: node }))
    };
    let mut canonical: Mapping = entries.iter().filter_map(canonical).collect();
    canonical.sort_keys();
    canonical
}

fn mapping(entries: &Mapping, values: &Shape, nothing: impl Fn() -> Value) -> Value {
    let canonical = |(key, entry): (&Arc<str>, &Entry)| {
        let node = value(&entry.value, values).unwrap_or_else(|| Node::new(nothing(), entry.value.span));
        (key.clone(), Entry { key: entry.key, value: node })
    };
    let mut canonical: Mapping = entries.iter().map(canonical).collect();
    canonical.sort_keys();
    Value::Mapping(Arc::new(canonical))
}

/// Whether Go's `omitempty` leaves a canonical value out: blank, zero, `false`, lists and maps of nothing; objects stay.
fn is_empty(node: &Node, shape: &Shape) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Sequence(items) => items.is_empty(),
        Value::Mapping(entries) => {
            entries.is_empty() && matches!(shape.fields, Some(Fields::Map(_) | Fields::Names(_)))
        }
        Value::Scalar(scalar) => match shape.scalar {
            Some(Wanted::OptOut) => &*scalar.text == "true",
            Some(Wanted::Duration) => &*scalar.text == "0s",
            Some(Wanted::Size | Wanted::SizeInteger | Wanted::SizeText) => &*scalar.text == "0",
            _ if scalar.style == Style::Plain => matches!(&*scalar.text, "0" | "-0" | "false"),
            _ => scalar.text.is_empty(),
        },
    }
}

/// What has no known form: as it is.
pub(super) fn untyped(node: &Node) -> Node {
    let value = match &node.value {
        Value::Null => Value::Null,
        Value::Scalar(written) => scalar::untyped(written),
        Value::Sequence(items) => Value::Sequence(Arc::new(items.iter().map(untyped).collect())),
        Value::Mapping(entries) => {
            let entry = |(key, entry): (&Arc<str>, &Entry)| {
                (key.clone(), Entry { key: entry.key, value: untyped(&entry.value) })
            };
            let mut entries: Mapping = entries.iter().map(entry).collect();
            entries.sort_keys();
            Value::Mapping(Arc::new(entries))
        }
    };
    Node::new(value, node.span)
}
