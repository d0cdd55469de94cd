//! The form of compose files: every key that docker compose knows, and what may stand under it.
//!
//! The tables follow the Compose Specification's JSON Schema. They are walked over each file before it is merged with
//! others, so that a finding points at what the user wrote.

mod deploy;
mod scalar;
pub(super) mod service;
pub(super) mod shape;
pub(super) mod top;

use std::collections::HashMap;

use crate::diagnostic::{Diagnostic, nearest};
use crate::source::Span;
use crate::yaml::{Entry, Kind, Mapping, Node, Value};
use shape::{Fields, Shape};

/// Checks the form of a whole compose file. Of values with variables in them nothing is said where those were left as
/// they are (`literal`).
pub(super) fn check(root: &Node, literal: bool, diagnostics: &mut Vec<Diagnostic>) {
    Walk { path: Vec::new(), complete: false, literal, diagnostics }.node(root, &top::FILE, None);
}

/// Checks in the merged tree that mappings have the keys that they must have: one file may give what another lacks.
pub(super) fn check_required(root: &Node, diagnostics: &mut Vec<Diagnostic>) {
    Walk { path: Vec::new(), complete: true, literal: false, diagnostics }.node(root, &top::FILE, None);
}

/// The keys that a service may have, but for those of one's own.
pub fn service_keys() -> Vec<&'static str> {
    service::SERVICE.keys().map(|(key, _)| *key).collect()
}

/// A step from a value to one within it.
#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Item(usize),
}

struct Walk<'a> {
    path: Vec<Step<'a>>,
    /// Whether the tree is merged, so that only what is missing is reported; else only what is wrong.
    complete: bool,
    /// Whether variables were left as they are.
    literal: bool,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Walk<'a> {
    fn node(&mut self, node: &'a Node, shape: &Shape, parent: Option<&Shape>) {
        if self.complete && !shape.demands {
            return;
        }
        // What is reset is removed, whatever stands there.
        if shape.any || node.tag.as_ref().is_some_and(|tag| &*tag.value == "!reset") {
            return;
        }
        match (&node.value, shape.scalar, shape.items) {
            (Value::Scalar(scalar), ..) if self.literal && scalar.text.contains('$') => {}
            (Value::Null, ..) if shape.null => {}
            (Value::Mapping(mapping), ..) if shape.fields.is_some() => {
                self.missing_keys(mapping, node.span, shape);
                self.mapping(mapping, shape, parent);
            }
            (Value::Null | Value::Scalar(_), ..) if self.complete => {}
            (Value::Scalar(scalar), Some(wanted), _) => {
                if let Some(finding) = scalar::check(scalar, wanted, shape, &|| self.dotted()) {
                    self.diagnostics.push(finding.label(node.span, ""));
                }
            }
            (Value::Sequence(items), _, Some(item_shape)) => {
                if shape.unique && !self.complete {
                    self.repeated(items);
                }
                for (index, item) in items.iter().enumerate() {
                    self.below(Step::Item(index), item, item_shape, shape);
                }
            }
            _ if self.complete => {}
            _ => self.wrong_type(node, shape),
        }
    }

    fn below(&mut self, step: Step<'a>, node: &'a Node, shape: &Shape, parent: &Shape) {
        self.path.push(step);
        self.node(node, shape, Some(parent));
        self.path.pop();
    }

    fn mapping(&mut self, mapping: &'a Mapping, shape: &Shape, parent: Option<&Shape>) {
        let Some(fields) = shape.fields else { return };
        for (key, entry) in mapping {
            match fields {
                Fields::Map(values) => {
                    // Where pairs may be a list as well, each must have a name.
                    if key.is_empty() && shape.items.is_some() && !self.complete {
                        let message = format!("a key of `{}` is blank", self.dotted());
                        self.diagnostics.push(Diagnostic::error("C103", message).label(entry.key, "").help("name it"));
                    }
                    self.below(Step::Key(key), &entry.value, values, shape);
                }
                Fields::Names(values) => {
                    if !self.complete && !is_name(key) {
                        self.bad_name(key, entry.key);
                    }
                    self.below(Step::Key(key), &entry.value, values, shape);
                }
                Fields::Keys(..) | Fields::ExactKeys(_) => match shape.key(key) {
                    Some(field) => self.below(Step::Key(key), &entry.value, field, shape),
                    None if self.complete => {}
                    None if key.starts_with("x-") && matches!(fields, Fields::Keys(..)) => {}
                    None => self.unknown_key(key, entry, shape, parent),
                },
            }
        }
    }

    /// Reports items that are there twice.
    fn repeated(&mut self, items: &[Node]) {
        let mut seen: HashMap<_, Span> = HashMap::new();
        for (index, item) in items.iter().enumerate() {
            let Some(scalar) = item.as_scalar() else { continue };
            let key = (scalar.kind() == Kind::Text, scalar.canonical());
            match seen.get(&key) {
                Some(first) => {
                    let message = format!("`{}.{index}` is given twice: `{}`", self.dotted(), scalar.text);
                    let finding = Diagnostic::error("C104", message).label(item.span, "given again here");
                    self.diagnostics.push(finding.label(*first, "first given here").help("remove one of them"));
                }
                None => {
                    seen.insert(key, item.span);
                }
            }
        }
    }

    fn missing_keys(&mut self, mapping: &Mapping, span: Span, shape: &Shape) {
        for key in shape.required.iter().filter(|key| self.complete && !mapping.contains_key(key)) {
            let finding = Diagnostic::error("C104", format!("`{}` needs `{key}`", self.dotted()));
            self.diagnostics.push(finding.label(span, "").help(format!("{key}: …")));
        }
    }

    fn wrong_type(&mut self, node: &Node, shape: &Shape) {
        let finding = match (&*self.path, &node.value) {
            ([Step::Key("services"), Step::Key(name)], value) => {
                let finding = Diagnostic::error("C105", format!("service `{name}` is not a mapping"))
                    .label(node.span, format!("this is {}", node.noun()));
                match value {
                    Value::Scalar(scalar) => finding.help(format!("{name}:\n  image: {}", scalar.text)),
                    _ => finding.help(format!("{name}:\n  image: …")),
                }
            }
            ([], _) => Diagnostic::error("C104", format!("a compose file must be a mapping, not {}", node.noun()))
                .label(node.span, "")
                .help("services:\n  web:\n    image: nginx"),
            _ => {
                let message = format!("`{}` must be {}, not {}", self.dotted(), shape.noun(), node.noun());
                Diagnostic::error("C104", message).label(node.span, "")
            }
        };
        self.diagnostics.push(finding);
    }

    fn unknown_key(&mut self, key: &str, entry: &Entry, shape: &Shape, parent: Option<&Shape>) {
        let place = if self.path.is_empty() { "a compose file".to_owned() } else { format!("`{}`", self.dotted()) };
        let finding =
            Diagnostic::error("C103", format!("{place} has no key `{key}`")).label(entry.key, "not known here");
        let keys = || shape.keys().map(|(key, _)| *key);
        let above = parent.is_some_and(|parent| parent.key(key).is_some());
        let below = shape.keys().find(|(_, field)| field.key(key).is_some());
        self.diagnostics.push(if let Some(like) = nearest(key, keys()) {
            finding.help(format!("did you mean `{like}`?"))
        } else if above {
            finding.help(format!("`{key}` belongs one level up: indent it less"))
        } else if let Some((field, _)) = below {
            finding.help(format!("`{key}` belongs under `{field}`"))
        } else if keys().count() <= 12 {
            finding.note(format!("known keys: {}", keys().collect::<Vec<_>>().join(", ")))
        } else {
            finding.note("keys of your own must begin with `x-`")
        });
    }

    fn bad_name(&mut self, name: &str, span: Span) {
        let message = format!("`{name}` cannot be a name in `{}`", self.dotted());
        let help = "names consist of letters, digits, `.`, `_` and `-`";
        self.diagnostics.push(Diagnostic::error("C103", message).label(span, "").help(help));
    }

    /// The path as messages show it: `services.web.ports.0`.
    fn dotted(&self) -> String {
        let steps = self.path.iter().map(|step| match step {
            Step::Key(key) => (*key).to_owned(),
            Step::Item(index) => index.to_string(),
        });
        steps.collect::<Vec<_>>().join(".")
    }
}

fn is_name(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::yaml;

    fn findings(text: &str) -> Vec<String> {
        let mut findings = Vec::new();
        check(&yaml::parse(FileId(0), text).documents.unwrap()[0], false, &mut findings);
        let show = |f: Diagnostic| format!("{} {} | {}", f.code, f.message, f.help.unwrap_or_default());
        findings.into_iter().map(show).collect()
    }

    #[test]
    fn unknown_keys_are_named_with_what_was_likely_meant() {
        let cases = [
            ("services: {a: {imge: x}}", "C103 `services.a` has no key `imge` | did you mean `image`?"),
            (
                "services: {a: {replicas: 2}}",
                "C103 `services.a` has no key `replicas` | `replicas` belongs under `deploy`",
            ),
            (
                "services: {a: {deploy: {image: x}}}",
                "C103 `services.a.deploy` has no key `image` | `image` belongs one level up: indent it less",
            ),
            ("service: {}", "C103 a compose file has no key `service` | did you mean `services`?"),
        ];
        for (text, expected) in cases {
            assert_eq!(findings(text), [expected]);
        }
        assert!(findings("x-a: 1\nservices: {a: {image: x, x-b: [1]}}").is_empty());
    }

    #[test]
    fn wrong_types_name_what_is_expected_and_what_was_found() {
        let cases = [
            ("services: {a: nginx}", "C105 service `a` is not a mapping | a:\n  image: nginx"),
            ("services: {a: {ports: 80}}", "C104 `services.a.ports` must be a list, not a number | "),
            ("services: {a: {tty: maybe}}", "C104 `services.a.tty` must be `true` or `false`, not `maybe` | "),
            (
                "services: {a: {stop_grace_period: 10}}",
                "C104 `services.a.stop_grace_period` must be a duration such as `1m30s`, not a number | \
                 write it with a unit: `10s`",
            ),
            (
                "services: {a: {mem_limit: 256megs}}",
                "C107 `services.a.mem_limit` is no size: `256megs` | \
                 units are b, k, m, g, t and p, such as in `512m` or `1.5gb`",
            ),
            (
                "services: {a: {stop_grace_period: 10 seconds}}",
                "C106 `services.a.stop_grace_period` is no duration: `10 seconds` | \
                 units are us, ms, s, m, h, d and w, such as in `10s` or `1m30s`",
            ),
            ("services: {a: {image: 3}}", "C104 `services.a.image` must be a string, not a number | quote it: \"3\""),
            ("- a", "C104 a compose file must be a mapping, not a list | services:\n  web:\n    image: nginx"),
        ];
        for (text, expected) in cases {
            assert_eq!(findings(text), [expected]);
        }
    }
}
