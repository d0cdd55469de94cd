//! Merging of compose files: see the Compose Specification, "Merge". Both sides are in the long form already.

use std::collections::{HashMap, HashSet};
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
        (Value::Sequence(below), Value::Sequence(above)) if is_pools(path) => {
            *below = Arc::new(merge_pools(below, Arc::unwrap_or_clone(above)));
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
            below.remove(&key);
            continue;
        }
        match below.get_mut(&key) {
            Some(existing) => {
                path.push(key);
                merge(&mut existing.value, entry.value, path);
                path.pop();
                existing.key = entry.key;
            }
            None => {
                below.insert(key, entry);
            }
        }
    }
}

/// Appends a list. An entry that names the same thing as an earlier one takes its place, one that is the same is left
/// out.
fn append(below: &mut Vec<Node>, above: Vec<Node>, path: &[Arc<str>]) {
    let indexed = identity_of(path);
    let mut places: HashMap<Identity, usize> = HashMap::new();
    for (index, item) in below.iter().enumerate() {
        places.insert(identity(item, indexed), index);
    }
    for item in above {
        let identity = identity(&item, indexed);
        match places.get(&identity) {
            Some(index) => below[*index] = item,
            None => {
                places.insert(identity, below.len());
                below.push(item);
            }
        }
    }
}

/// Leaves one of the entries that name the same thing, in each list of which docker compose asks that: the last, at
/// the first's place.
pub(super) fn unify(root: &mut Node) {
    let mut path: Vec<Arc<str>> = Vec::new();
    unify_below(root, &mut path);
}

fn unify_below(node: &mut Node, path: &mut Vec<Arc<str>>) {
    match &mut node.value {
        Value::Mapping(entries) => {
            // Only these sections have such lists, and nothing is to be copied for nothing.
            let relevant = |key: &Arc<str>| !path.is_empty() || matches!(&**key, "services" | "networks");
            let keys: Vec<Arc<str>> = entries.keys().filter(|key| relevant(key)).cloned().collect();
            for key in keys {
                let needed = entries.get(&key).is_some_and(|entry| has_repetition(&entry.value, &key, path));
                if let Some(entry) = needed.then(|| Arc::make_mut(entries).get_mut(&key)).flatten() {
                    path.push(key);
                    unify_below(&mut entry.value, path);
                    path.pop();
                }
            }
        }
        Value::Sequence(items) => {
            let all = std::mem::take(Arc::make_mut(items));
            append(Arc::make_mut(items), all, path);
        }
        Value::Null | Value::Scalar(_) => {}
    }
}

fn has_repetition(node: &Node, key: &Arc<str>, path: &mut Vec<Arc<str>>) -> bool {
    let scalar = matches!(node.value, Value::Null | Value::Scalar(_));
    if scalar || path.len() == 2 && !may_repeat(key) {
        return false;
    }
    path.push(key.clone());
    let found = match &node.value {
        Value::Mapping(entries) => entries.iter().any(|(key, entry)| has_repetition(&entry.value, key, path)),
        Value::Sequence(items) if items.len() > 1 => identity_of(path).is_some_and(|indexed| {
            let mut seen = HashSet::new();
            !items.iter().all(|item| seen.insert(identity(item, Some(indexed))))
        }),
        _ => false,
    };
    path.pop();
    found
}

/// By what the entries of a list are told apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Indexed {
    /// By the text.
    Text,
    /// By this field of theirs.
    Field(&'static str),
    /// By where they are mounted: the target, else the source below a folder.
    Mounted(&'static str),
    /// By the whole of it.
    Whole,
    /// By the path in the container.
    Device,
}

/// What an entry stands for, or the whole of it.
#[derive(PartialEq, Eq, Hash)]
enum Identity {
    Named(Arc<str>),
    Whole(String),
}

/// The lists in which docker compose leaves one entry of those that name the same thing.
fn identity_of(path: &[Arc<str>]) -> Option<Indexed> {
    let mut steps = [""; 5];
    let steps = steps.get_mut(..path.len())?;
    steps.iter_mut().zip(path).for_each(|(step, from)| *step = from);
    indexed(steps)
}

fn indexed(path: &[&str]) -> Option<Indexed> {
    Some(match path {
        ["services", _, "volumes"] => Indexed::Field("target"),
        ["services", _, "env_file"] => Indexed::Field("path"),
        ["services", _, "configs"] => Indexed::Mounted(""),
        ["services", _, "secrets"] => Indexed::Mounted("/run/secrets"),
        ["services", _, "ports" | "expose"] => Indexed::Whole,
        ["services", _, "devices"] => Indexed::Device,
        [
            "services",
            _,
            "cap_add" | "cap_drop" | "dns" | "dns_opt" | "dns_search" | "label_file" | "links" | "profiles" | "tmpfs",
        ]
        | ["services", _, "build", "tags"]
        | ["services", _, "networks", _, "aliases" | "link_local_ips"] => Indexed::Text,
        _ => return None,
    })
}

/// Whether a service's key is, or has below it, one of the lists of [`identity_of`].
fn may_repeat(key: &str) -> bool {
    let below = ["build", "networks"];
    below.contains(&key) || indexed(&["services", "", key]).is_some()
}

fn identity(item: &Node, indexed: Option<Indexed>) -> Identity {
    let field = |key: &str| item.get(key).and_then(Node::as_scalar).map(|scalar| scalar.text.clone());
    let named = match (indexed, item.as_scalar()) {
        (None | Some(Indexed::Whole), Some(_)) => None,
        (Some(Indexed::Device), Some(scalar)) => Some(match scalar.text.split_once(':') {
            Some((_, rest)) => rest.split(':').next().unwrap_or_default().into(),
            None => scalar.text.clone(),
        }),
        (Some(Indexed::Text), Some(scalar)) => {
            // What is written as pairs goes by the key.
            let text = scalar.canonical();
            Some(text.split_once('=').map_or(&*text, |(key, _)| key).into())
        }
        (Some(_), Some(scalar)) => Some(scalar.canonical().into()),
        (Some(Indexed::Field(key)), None) => field(key),
        (Some(Indexed::Device), None) => field("target"),
        (Some(Indexed::Mounted(folder)), None) => {
            field("target").or_else(|| Some(format!("{folder}/{}", field("source")?).into()))
        }
        (None | Some(Indexed::Text | Indexed::Whole), None) => None,
    };
    named.map_or_else(|| Identity::Whole(whole(item)), Identity::Named)
}

/// The whole of a value, as a text that no other value has.
fn whole(node: &Node) -> String {
    match &node.value {
        Value::Null => "~".to_owned(),
        Value::Scalar(scalar) => format!("{:?}", scalar.canonical()),
        Value::Sequence(items) => format!("[{}]", items.iter().map(whole).collect::<Vec<_>>().join(",")),
        Value::Mapping(entries) => {
            let mut pairs: Vec<_> =
                entries.iter().map(|(key, entry)| format!("{key:?}:{}", whole(&entry.value))).collect();
            pairs.sort();
            format!("{{{}}}", pairs.join(","))
        }
    }
}

/// Address pools: those of the override count, each on top of the one with the same subnet.
fn merge_pools(below: &[Node], above: Vec<Node>) -> Vec<Node> {
    let subnet = |node: &Node| node.get("subnet").and_then(Node::as_scalar).map(|scalar| scalar.text.clone());
    let merged = |over: Node| match below.iter().find(|base| subnet(base) == subnet(&over)) {
        Some(base) => {
            let mut base = base.clone();
            merge(&mut base, over, &mut Vec::new());
            base
        }
        None => over,
    };
    above.into_iter().map(merged).collect()
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

fn is_pools(path: &[Arc<str>]) -> bool {
    path.len() == 4 && &*path[0] == "networks" && &*path[2] == "ipam" && &*path[3] == "config"
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
        Value::Mapping(mapping) if mapping.contains_key(key) => Arc::make_mut(mapping).remove(key),
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
        unify(&mut node);
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
            ("x-a: {b: 1, d: [1]}", "x-a: {c: 1, d: [1, 2]}", "{x-a: {b: 1, d: [1, 2], c: 1}}"),
            (
                "networks: {n: {ipam: {config: [{subnet: a, gateway: g}, {subnet: b}]}}}",
                "networks: {n: {ipam: {config: [{subnet: a, ip_range: r}]}}}",
                "{networks: {n: {ipam: {config: [{subnet: a, gateway: g, ip_range: r}]}}}}",
            ),
        ];
        for (base, over, expected) in cases {
            assert_eq!(show(&merged(base, over)), expected);
        }
    }
}
