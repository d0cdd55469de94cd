//! Merging of compose files: see the Compose Specification, "Merge". Both sides are in the long form already.

use std::collections::HashMap;
use std::sync::Arc;

use super::normalise::text;
use crate::yaml::{Entry, Mapping, Node, Scalar, Value};

/// Puts `over` on top of `base`. `path` is where both stand, from the top of the file: `["services", "web"]`.
pub(super) fn merge(base: &mut Node, over: Node, path: &mut Vec<Arc<str>>) {
    if base.is_null() || has_tag(&over, "!override") || is_replaced(path) {
        *base = over;
        return;
    }
    let other_driver = is_logging(path) && differ(base.get("driver"), over.get("driver"));
    match (&mut base.value, over.value) {
        (_, Value::Null) => {}
        (Value::Mapping(below), Value::Mapping(above)) if !other_driver => {
            base.span = over.span;
            merge_mappings(Arc::make_mut(below), Arc::unwrap_or_clone(above), path);
        }
        (Value::Sequence(below), Value::Sequence(above)) => {
            append(Arc::make_mut(below), Arc::unwrap_or_clone(above), path);
        }
        (_, value) => *base = Node { value, span: over.span, tag: over.tag },
    }
}

fn merge_mappings(below: &mut Mapping, above: Mapping, path: &mut Vec<Arc<str>>) {
    for (key, entry) in above {
        if has_tag(&entry.value, "!reset") {
            below.shift_remove(&key);
            continue;
        }
        match below.get_mut(&key) {
            Some(existing) if !key.starts_with("x-") => {
                path.push(key);
                merge(&mut existing.value, entry.value, path);
                path.pop();
                existing.key = entry.key;
            }
            _ => {
                below.insert(key, entry);
            }
        }
    }
}

/// Appends a list; an entry that names the same thing as an earlier one takes its place.
fn append(below: &mut Vec<Node>, above: Vec<Node>, path: &[Arc<str>]) {
    let key = path.last().map_or("", |step| &**step);
    let known = below.iter().enumerate().filter_map(|(index, item)| Some((identity(item, key)?, index)));
    let mut places: HashMap<Arc<str>, usize> = known.collect();
    for item in above {
        let identity = identity(&item, key);
        match identity.as_ref().and_then(|identity| places.get(identity)) {
            Some(index) => below[*index] = item,
            None => {
                places.extend(identity.map(|identity| (identity, below.len())));
                below.push(item);
            }
        }
    }
}

/// By what an entry of the list under `key` is known; `None` if each stands for itself.
fn identity(item: &Node, key: &str) -> Option<Arc<str>> {
    let field = |key: &str| item.get(key).and_then(Node::as_scalar).map(|scalar| scalar.text.clone());
    match (key, item.as_scalar()) {
        ("ports", _) => None,
        (_, Some(scalar)) => Some(scalar.canonical().into()),
        ("volumes", None) => field("target"),
        ("configs", None) => field("target").or_else(|| Some(format!("/{}", field("source")?).into())),
        ("secrets", None) => field("target").or_else(|| Some(format!("/run/secrets/{}", field("source")?).into())),
        ("env_file", None) => field("path"),
        ("config", None) => field("subnet"),
        _ => None,
    }
}

/// Removes everything that is tagged `!reset`, and forgets the tags of merging.
pub(super) fn strip_resets(node: &mut Node) {
    node.tag = None;
    match &mut node.value {
        Value::Mapping(mapping) if mapping.values().any(|entry| needs_stripping(&entry.value)) => {
            let mapping = Arc::make_mut(mapping);
            mapping.retain(|_, entry| !has_tag(&entry.value, "!reset"));
            mapping.values_mut().for_each(|entry| strip_resets(&mut entry.value));
        }
        Value::Sequence(items) if items.iter().any(needs_stripping) => {
            let items = Arc::make_mut(items);
            items.retain(|item| !has_tag(item, "!reset"));
            items.iter_mut().for_each(strip_resets);
        }
        _ => {}
    }
}

fn needs_stripping(node: &Node) -> bool {
    node.tag.is_some()
        || match &node.value {
            Value::Null | Value::Scalar(_) => false,
            Value::Sequence(items) => items.iter().any(needs_stripping),
            Value::Mapping(mapping) => mapping.values().any(|entry| needs_stripping(&entry.value)),
        }
}

/// An empty file, to merge others onto.
pub(super) fn nothing(span: crate::source::Span) -> Node {
    Node { value: Value::Mapping(Arc::new(Mapping::new())), ..text("", span) }
}

fn has_tag(node: &Node, tag: &str) -> bool {
    node.tag.as_ref().is_some_and(|found| &*found.value == tag)
}

fn is_replaced(path: &[Arc<str>]) -> bool {
    let path: Vec<&str> = path.iter().map(|step| &**step).collect();
    matches!(path[..], ["services", _, "command" | "entrypoint"] | ["services", _, "healthcheck", "test"])
}

fn is_logging(path: &[Arc<str>]) -> bool {
    path.len() == 3 && &*path[0] == "services" && &*path[2] == "logging"
}

fn differ(a: Option<&Node>, b: Option<&Node>) -> bool {
    match (a.and_then(Node::as_scalar), b.and_then(Node::as_scalar)) {
        (Some(Scalar { text: a, .. }), Some(Scalar { text: b, .. })) => a != b,
        _ => false,
    }
}

/// The entry under `key`, taken out.
pub(super) fn take(node: &mut Node, key: &str) -> Option<Entry> {
    match &mut node.value {
        Value::Mapping(mapping) if mapping.contains_key(key) => Arc::make_mut(mapping).shift_remove(key),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::yaml;

    fn merged(base: &str, over: &str) -> Node {
        let read = |text| yaml::parse(FileId(0), text).documents.unwrap().remove(0);
        let mut node = read(base);
        merge(&mut node, read(over), &mut Vec::new());
        strip_resets(&mut node);
        node
    }

    fn show(node: &Node) -> String {
        match &node.value {
            Value::Null => "null".to_owned(),
            Value::Scalar(scalar) => scalar.text.to_string(),
            Value::Sequence(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
            Value::Mapping(mapping) => {
                let entries = mapping.iter().map(|(key, entry)| format!("{key}: {}", show(&entry.value)));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
        }
    }

    #[test]
    fn files_are_merged_as_the_specification_says() {
        let cases = [
            ("a: 1\nb: 2", "b: 3\nc: 4", "{a: 1, b: 3, c: 4}"),
            (
                "services: {a: {cap_add: [x, y]}}",
                "services: {a: {cap_add: [y, z]}}",
                "{services: {a: {cap_add: [x, y, z]}}}",
            ),
            ("services: {a: {command: [x]}}", "services: {a: {command: [y]}}", "{services: {a: {command: [y]}}}"),
            (
                "services: {a: {volumes: [{source: x, target: /t}]}}",
                "services: {a: {volumes: [{source: y, target: /t}]}}",
                "{services: {a: {volumes: [{source: y, target: /t}]}}}",
            ),
            ("a: [1]\nb: 1", "a: !override [2]\nb: !reset null", "{a: [2]}"),
            ("a: {b: 1}", "a: null", "{a: {b: 1}}"),
            (
                "services: {a: {logging: {driver: x, options: {o: 1}}}}",
                "services: {a: {logging: {driver: y}}}",
                "{services: {a: {logging: {driver: y}}}}",
            ),
            ("x-a: {b: 1}", "x-a: {c: 1}", "{x-a: {c: 1}}"),
        ];
        for (base, over, expected) in cases {
            assert_eq!(show(&merged(base, over)), expected);
        }
    }
}
