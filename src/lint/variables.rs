//! Where texts use variables: `$NAME`, `${NAME}`, `${NAME:-word}`.

use std::ops::Range;

use super::Context;
use crate::source::Span;
use crate::yaml::{Node, Value};

/// One use of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Use<'t> {
    /// The variable.
    pub name: &'t str,
    /// `-`, `:-`, `?`, `:?`, `+`, `:+`.
    pub operator: Option<&'t str>,
    /// What follows the operator.
    pub word: &'t str,
    /// Whether braces are around it.
    pub braced: bool,
    /// From the `$` to the end.
    pub range: Range<usize>,
}

/// The uses in a text, those within others' words included.
pub(super) fn in_text(text: &str) -> Vec<Use<'_>> {
    let mut uses = Vec::new();
    collect(text, 0..text.len(), 0, &mut uses);
    uses
}

fn collect<'t>(text: &'t str, part: Range<usize>, depth: usize, uses: &mut Vec<Use<'t>>) {
    let mut at = part.start;
    while let Some(dollar) = text[at..part.end].find('$').map(|found| at + found) {
        let rest = &text[dollar + 1..part.end];
        if rest.starts_with('$') {
            at = dollar + 2;
        } else if let Some(inner) = rest.strip_prefix('{') {
            let Some(close) = closing(inner) else { return };
            let inner = &inner[..close];
            let (name, rest) = inner.split_at(name_length(inner));
            let colon = usize::from(rest.starts_with(':'));
            let operator = rest.get(..colon + 1).filter(|it| it.ends_with(['-', '?', '+']));
            let end = dollar + 3 + close;
            if !name.is_empty() {
                let word = operator.map_or("", |operator| &rest[operator.len()..]);
                uses.push(Use { name, operator, word, braced: true, range: dollar..end });
                if depth < 20 {
                    collect(text, end - 1 - word.len()..end - 1, depth + 1, uses);
                }
            }
            at = end;
        } else {
            let length = name_length(rest);
            if length > 0 {
                let range = dollar..dollar + 1 + length;
                uses.push(Use { name: &rest[..length], operator: None, word: "", braced: false, range });
            }
            at = dollar + 1 + length;
        }
    }
}

fn closing(inner: &str) -> Option<usize> {
    let mut open = 1;
    for (at, c) in inner.char_indices() {
        match c {
            '{' if inner[..at].ends_with('$') => open += 1,
            '}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
    }
    None
}

fn name_length(text: &str) -> usize {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len())
}

/// Every use in the values of the compose files, with its place.
pub(super) fn each(context: &Context<'_>, visit: &mut dyn FnMut(&Use<'_>, Span)) {
    fn walk(context: &Context<'_>, node: &Node, visit: &mut dyn FnMut(&Use<'_>, Span)) {
        match &node.value {
            Value::Scalar(scalar) if scalar.text.contains('$') => {
                for found in in_text(context.slice(node.span)) {
                    let start = node.span.start as usize + found.range.start;
                    visit(&found, Span::new(node.span.file, start..start + found.range.len()));
                }
            }
            Value::Sequence(items) => items.iter().for_each(|item| walk(context, item, visit)),
            Value::Mapping(entries) => entries.values().for_each(|entry| walk(context, &entry.value, visit)),
            Value::Null | Value::Scalar(_) => {}
        }
    }
    context.written.iter().for_each(|root| walk(context, root, visit));
}

/// Whether a variable is set, here or by the settings' word where the project is run.
pub(super) fn is_known(context: &Context<'_>, name: &str) -> bool {
    context.environment.get(name).is_some() || context.settings.variables.iter().any(|known| known == name)
}

/// Names in a service's `environment` and `build.args` that stand without a value.
pub(super) fn handed_through(service: &Node) -> Vec<&str> {
    let mut names = Vec::new();
    let places = [service.get("environment"), service.get("build").and_then(|build| build.get("args"))];
    for node in places.into_iter().flatten() {
        match &node.value {
            Value::Sequence(items) => {
                let bare = items.iter().filter_map(|item| item.as_scalar()).map(|scalar| &*scalar.text);
                names.extend(bare.filter(|text| !text.contains('=')));
            }
            Value::Mapping(entries) => {
                names.extend(entries.iter().filter(|(_, entry)| entry.value.is_null()).map(|(key, _)| &**key));
            }
            Value::Null | Value::Scalar(_) => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_seen_and_escapes_are_not() {
        let uses = in_text("$A ${B} $$C ${D:-x${E-y}} ${F:?no} $1 ${");
        let seen: Vec<_> = uses.iter().map(|it| (it.name, it.operator, it.word)).collect();
        let expected = [
            ("A", None, ""),
            ("B", None, ""),
            ("D", Some(":-"), "x${E-y}"),
            ("E", Some("-"), "y"),
            ("F", Some(":?"), "no"),
        ];
        assert_eq!(seen, expected);
        assert_eq!(uses[2].range, 12..25);
    }
}
