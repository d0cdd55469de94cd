//! Merge keys: `<<` brings in the entries of other mappings, which explicit entries win over.

use super::node::{Mapping, Node, Value};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// Adds to `mapping` what `source`, the value of its `<<` at `key`, brings in.
///
/// `source` is a mapping, or a list of them, of which the earlier wins.
pub(super) fn merge(mapping: &mut Mapping, key: Span, source: &Node, findings: &mut Vec<Diagnostic>) {
    match &source.value {
        Value::Mapping(other) => add_missing(mapping, other),
        Value::Sequence(items) => {
            for item in items.iter() {
                match item.as_mapping() {
                    Some(other) => add_missing(mapping, other),
                    None => findings.push(not_a_mapping(key, item)),
                }
            }
        }
        Value::Null | Value::Scalar(_) => findings.push(not_a_mapping(key, source)),
    }
}

fn add_missing(mapping: &mut Mapping, other: &Mapping) {
    for (key, entry) in other {
        if !mapping.contains_key(key) {
            mapping.insert(key.clone(), entry.clone());
        }
    }
}

fn not_a_mapping(key: Span, found: &Node) -> Diagnostic {
    Diagnostic::error("C129", format!("`<<` must be given a mapping, not {}", found.noun()))
        .label(key, "merged here")
        .label(found.span, "this is no mapping")
        .help("give it an alias of a mapping, such as `<<: *defaults`, or a list of them")
}
