//! TOML into the tree that settings are read from: one reader for `planner.toml` and `x-planner`.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::Diagnostic;
use crate::lint::rules;
use crate::source::{FileId, Span};
use crate::yaml::{Entry, Mapping, Node, Scalar, Style, Value};

/// The tree of a text, as far as it can be read, and what is wrong with its syntax.
pub(super) fn parse(file: FileId, text: &str) -> (Node, Vec<Diagnostic>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let findings = errors.iter().map(|error| {
        let span = Span::new(file, error.span().unwrap_or(0..0));
        rules::RULE_SETTING.finding("this is no TOML").label(span, error.message())
    });
    let findings = findings.collect();
    let span = Span::new(file, table.span());
    (mapping(file, table.get_ref(), span), findings)
}

fn mapping(file: FileId, table: &DeTable<'_>, span: Span) -> Node {
    // Tables are kept by name; settings are read in the file's order.
    let mut keys: Vec<_> = table.iter().collect();
    keys.sort_by_key(|(key, _)| key.span().start);
    let entries: Mapping = keys
        .into_iter()
        .map(|(key, value)| {
            let entry = Entry { key: Span::new(file, key.span()), value: node(file, value) };
            (&**key.get_ref(), entry)
        })
        .collect();
    Node::new(Value::Mapping(Arc::new(entries)), span)
}

fn node(file: FileId, value: &Spanned<DeValue<'_>>) -> Node {
    let span = Span::new(file, value.span());
    let scalar = |text: &str, style| Node::new(Value::Scalar(Scalar { text: text.into(), style }), span);
    match value.get_ref() {
        DeValue::String(text) => scalar(text, Style::Quoted),
        DeValue::Integer(number) => scalar(&number.to_string(), Style::Plain),
        DeValue::Float(number) => scalar(&number.to_string(), Style::Plain),
        DeValue::Boolean(value) => scalar(if *value { "true" } else { "false" }, Style::Plain),
        DeValue::Datetime(time) => scalar(&time.to_string(), Style::Quoted),
        DeValue::Array(items) => {
            Node::new(Value::Sequence(Arc::new(items.iter().map(|item| node(file, item)).collect())), span)
        }
        DeValue::Table(table) => mapping(file, table, span),
    }
}
