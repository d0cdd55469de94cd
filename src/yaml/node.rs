//! The tree's parts.

use std::sync::Arc;

use crate::map::Map;

use crate::source::{Span, Spanned};

/// A value and where it stands. Clones are cheap: what lies below is shared until it is changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value's place; for an alias, the place of what it stands for.
    pub span: Span,
    /// The tag as written, such as `!override`, if there is one: they are rare, and nodes are many.
    pub tag: Option<Box<Spanned<Arc<str>>>>,
    /// The value.
    pub value: Value,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing, `null` or `~`.
    Null,
    /// A text, number, …: see [`Scalar`].
    Scalar(Scalar),
    /// A list.
    Sequence(Arc<Vec<Node>>),
    /// A mapping.
    Mapping(Arc<Mapping>),
}

/// A mapping in the order of the file.
pub type Mapping = Map<Entry>;

/// One entry of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where the key stands.
    pub key: Span,
    /// The value.
    pub value: Node,
}

/// A scalar as written. Its type follows from its text and style.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    /// The text, without quotes and escapes.
    pub text: Arc<str>,
    /// How it was written.
    pub style: Style,
}

/// How a scalar was written, which decides whether it may be anything but a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes: a number, a boolean, … if it looks like one.
    Plain,
    /// In quotes, or as a block: a string.
    Quoted,
    /// The outcome of interpolation: a string, which is cast to the type that its place asks for.
    Substituted,
}

impl Node {
    /// A node without a tag.
    pub fn new(value: Value, span: Span) -> Self {
        Node { span, tag: None, value }
    }

    /// The mapping, if it is one.
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.value {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The list, if it is one.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The scalar, if it is one; `None` for null.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// What it is, as a noun phrase.
    pub fn noun(&self) -> &'static str {
        match &self.value {
            Value::Null => "null",
            Value::Scalar(scalar) => scalar.kind().noun(),
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }

    /// Whether it holds nothing.
    pub fn is_null(&self) -> bool {
        self.value == Value::Null
    }

    /// The value under `key`, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_mapping()?.get(key).map(|entry| &entry.value)
    }
}
