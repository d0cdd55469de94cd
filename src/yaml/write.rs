//! From a tree back to a text that reads the same: for go-yaml, which docker compose reads with, as for us.

use std::sync::Arc;

use super::node::{Entry, Mapping, Node, Scalar, Style, Value};
use crate::source::Span;

use super::scalar::{Kind, is_null, plain_kind};

/// A tree as YAML, in block style. Quoted scalars are written without quotes where they are strings without them too.
pub fn write(root: &Node) -> String {
    let mut writer = Writer { out: String::new() };
    match &root.value {
        Value::Mapping(entries) if !entries.is_empty() => writer.mapping(entries, 0, false),
        Value::Sequence(items) if !items.is_empty() => writer.sequence(items, 0),
        _ => writer.value(root, 0),
    }
    writer.out
}

/// Adds an entry of a mapping that stands `indent` levels deep.
pub fn write_entry(out: &mut String, key: &str, node: &Node, indent: usize) {
    let mut writer = Writer { out: std::mem::take(out) };
    writer.indent(indent);
    writer.key(key);
    writer.value(node, indent + 1);
    *out = writer.out;
}

/// A tree of what JSON says; its texts are quoted where they would be read as something else.
pub fn from_json(value: &serde_json::Value) -> Node {
    let scalar = |text: &str, style| Value::Scalar(Scalar { text: text.into(), style });
    let value = match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(_) | serde_json::Value::Number(_) => scalar(&value.to_string(), Style::Plain),
        serde_json::Value::String(text) => scalar(text, Style::Quoted),
        serde_json::Value::Array(items) => Value::Sequence(Arc::new(items.iter().map(from_json).collect())),
        serde_json::Value::Object(entries) => {
            let entry = |(key, value): (&String, &serde_json::Value)| {
                (Arc::<str>::from(key.as_str()), Entry { key: Span::default(), value: from_json(value) })
            };
            Value::Mapping(Arc::new(entries.iter().map(entry).collect()))
        }
    };
    Node::new(value, Span::default())
}

struct Writer {
    out: String,
}

impl Writer {
    /// A value behind a key or a dash, and the end of its line.
    fn value(&mut self, node: &Node, indent: usize) {
        match &node.value {
            Value::Null => self.out.push_str(" null\n"),
            Value::Scalar(scalar) => self.scalar(scalar, indent),
            Value::Sequence(items) if items.is_empty() => self.out.push_str(" []\n"),
            Value::Mapping(entries) if entries.is_empty() => self.out.push_str(" {}\n"),
            Value::Sequence(items) => {
                self.out.push('\n');
                self.sequence(items, indent);
            }
            Value::Mapping(entries) => {
                self.out.push('\n');
                self.mapping(entries, indent, false);
            }
        }
    }

    /// `inline`: the first entry stands behind a dash.
    fn mapping(&mut self, entries: &Mapping, indent: usize, inline: bool) {
        for (index, (key, entry)) in entries.iter().enumerate() {
            if index > 0 || !inline {
                self.indent(indent);
            }
            self.key(key);
            self.value(&entry.value, indent + 1);
        }
    }

    fn key(&mut self, key: &str) {
        if is_plain(key) {
            self.out.push_str(key);
        } else {
            self.out.push_str(&in_quotes(key));
        }
        self.out.push(':');
    }

    fn sequence(&mut self, items: &[Node], indent: usize) {
        for item in items {
            self.indent(indent);
            self.out.push('-');
            match &item.value {
                Value::Mapping(entries) if !entries.is_empty() => {
                    self.out.push(' ');
                    self.mapping(entries, indent + 1, true);
                }
                _ => self.value(item, indent + 1),
            }
        }
    }

    fn scalar(&mut self, scalar: &Scalar, indent: usize) {
        let text = &*scalar.text;
        self.out.push(' ');
        if scalar.style == Style::Plain || is_plain(text) {
            self.out.push_str(text);
        } else if is_block(text) {
            self.block(text, indent);
            return;
        } else {
            self.out.push_str(&in_quotes(text));
        }
        self.out.push('\n');
    }

    /// Several lines, as they are.
    fn block(&mut self, text: &str, indent: usize) {
        let (body, chomping) = match text.strip_suffix('\n') {
            None => (text, "-"),
            Some(body) if body.ends_with('\n') => (body, "+"),
            Some(body) => (body, ""),
        };
        self.out.push('|');
        self.out.push_str(chomping);
        self.out.push('\n');
        for line in body.split('\n') {
            if !line.is_empty() {
                self.indent(indent.max(1));
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
    }

    fn indent(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n("  ", indent));
    }
}

/// Whether a string reads as the same string without quotes, wherever it stands in a block.
fn is_plain(text: &str) -> bool {
    const INDICATORS: &[char] =
        &['-', '?', ':', ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', '=', '<'];
    const WORDS: [&str; 8] = ["y", "n", "yes", "no", "on", "off", "true", "false"];
    let looks_plain = plain_kind(text) == Kind::Text && !is_null(text);
    // Words of YAML 1.1, for readers that are not go-yaml.
    let word = WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
    let starts = text.starts_with(INDICATORS) && !is_option(text);
    let sexagesimal =
        text.contains(':') && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'));
    looks_plain
        && !word
        && !starts
        && !sexagesimal
        && !text.starts_with([' ', '\t'])
        && !text.ends_with([' ', '\t', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.starts_with("---")
        && !text.starts_with("...")
        && text.chars().all(is_printed)
}

/// `-x`, `:x` and `?x` begin no list, value or key.
fn is_option(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next() == Some('-') && chars.next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '-') && text != "---"
}

/// Whether a string can stand as it is in a block of its own.
fn is_block(text: &str) -> bool {
    let lines = || text.split('\n');
    text.trim_end_matches('\n').contains('\n')
        && lines().next().is_some_and(|first| !first.is_empty() && !first.starts_with([' ', '\t']))
        && text.chars().all(|c| c == '\n' || is_printed(c))
        && lines().all(|line| !line.chars().all(|c| c == ' ') || line.is_empty())
}

fn is_printed(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}')
        || matches!(c, '\u{ff00}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}

/// In double quotes, with what cannot be printed as an escape.
fn in_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_printed(c) => out.push(c),
            c if u32::from(c) <= 0xff => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if u32::from(c) <= 0xffff => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::source::{FileId, Span};
    use crate::yaml::{Entry, parse};

    fn node(value: Value) -> Node {
        Node::new(value, Span::default())
    }

    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![
            "[ -~]{0,12}",
            "[a-z:#\\- \n'\"\\[{]{0,12}",
            "(\n| |\t|a|-|:|#|0|1|\\.){0,8}",
            "\\PC{0,6}",
            "(yes|no|null|~|true|010|1e3|0x1F|2001-01-01|22:22|<<|=|1_000|\\.inf|)",
            any::<String>(),
        ]
    }

    fn any_tree() -> impl Strategy<Value = Node> {
        let plain = prop_oneof!["-?[1-9][0-9]{0,5}", "(true|false)", "[1-9]\\.[1-9]"];
        let scalar = |style: Style| move |text: String| node(Value::Scalar(Scalar { text: text.into(), style }));
        let leaf = prop_oneof![
            Just(node(Value::Null)),
            any_text().prop_map(scalar(Style::Quoted)),
            plain.prop_map(scalar(Style::Plain)),
        ];
        leaf.prop_recursive(4, 30, 5, |inner| {
            let entry = |(key, value): (String, Node)| (Arc::from(key), Entry { key: Span::default(), value });
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(|items| node(Value::Sequence(Arc::new(items)))),
                prop::collection::vec((any_text(), inner), 0..5).prop_map(move |entries| {
                    node(Value::Mapping(Arc::new(entries.into_iter().map(entry).collect())))
                }),
            ]
        })
    }

    /// What is meant: strings apart from other scalars, whatever the quotes.
    fn show(node: &Node) -> String {
        match &node.value {
            Value::Null => "null".to_owned(),
            Value::Scalar(scalar) if scalar.kind() == Kind::Text => format!("{:?}", scalar.text),
            Value::Scalar(scalar) => scalar.canonical().into_owned(),
            Value::Sequence(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
            Value::Mapping(entries) => {
                let entries = entries.iter().map(|(key, entry)| format!("{key:?}: {}", show(&entry.value)));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same(tree in any_tree()) {
            let root = node(Value::Sequence(Arc::new(vec![tree])));
            let text = write(&root);
            let read = parse(FileId(0), &text);
            prop_assert!(read.diagnostics.is_empty(), "{text}\n{:?}", read.diagnostics);
            let documents = read.documents.unwrap();
            prop_assert_eq!(show(&documents[0]), show(&root), "{}", text);
        }
    }

    #[test]
    fn strings_are_quoted_where_they_would_be_something_else() {
        let text = |text: &str| node(Value::Scalar(Scalar { text: text.into(), style: Style::Quoted }));
        let items = ["a b", "yes", "010", "-x", "- x", "a: b", "", "2001-01-01", "x\ny\n", "é"];
        let root = node(Value::Sequence(Arc::new(items.map(text).to_vec())));
        let expected =
            "- a b\n- \"yes\"\n- \"010\"\n- -x\n- \"- x\"\n- \"a: b\"\n- \"\"\n- \"2001-01-01\"\n- |\n  x\n  y\n- é\n";
        assert_eq!(write(&root), expected);
    }
}
