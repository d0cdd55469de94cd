//! Reading typed fields out of a mapping. What has the wrong form counts as absent: `schema` has reported it.

use std::time::Duration;

use crate::compose::duration;
use crate::compose::model::{Labels, List};
use crate::map::Map;
use crate::source::{Span, Spanned, Text};
use crate::units::{Bytes, Cpu};
use crate::yaml::{Kind, Mapping, Node, Scalar};

/// The fields of a mapping; of none, where there is no mapping.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(Option<&'a Mapping>);

/// A list without idle room: lists of few items are many.
pub(super) fn exact<T>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut list: Vec<T> = items.collect();
    list.shrink_to_fit();
    list
}

impl<'a> Fields<'a> {
    pub(super) fn of(node: &'a Node) -> Self {
        Fields(node.as_mapping())
    }

    /// The value under a key.
    pub(super) fn node(self, key: &str) -> Option<&'a Node> {
        self.0?.get(key).map(|entry| &entry.value)
    }

    /// Where a key stands.
    pub(super) fn key(self, key: &str) -> Option<Span> {
        self.0?.get(key).map(|entry| entry.key)
    }

    /// The fields of the mapping under a key.
    pub(super) fn under(self, key: &str) -> Fields<'a> {
        Fields(self.node(key).and_then(Node::as_mapping))
    }

    /// The entries of the mapping under a key: names, their places, values.
    pub(super) fn entries(self, key: &str) -> impl Iterator<Item = (&'a Text, Span, &'a Node)> {
        let mapping = self.node(key).and_then(Node::as_mapping);
        mapping.into_iter().flatten().map(|(name, entry)| (name, entry.key, &entry.value))
    }

    /// The items of the list under a key.
    pub(super) fn items(self, key: &str) -> &'a [Node] {
        self.node(key).and_then(Node::as_sequence).unwrap_or_default()
    }

    /// A scalar of any type that `read` understands.
    pub(super) fn read<T>(self, key: &str, read: impl FnOnce(&Scalar) -> Option<T>) -> Option<Spanned<T>> {
        let node = self.node(key)?;
        Some(Spanned::new(read(node.as_scalar()?)?, node.span))
    }

    /// A word out of a set.
    pub(super) fn word<T>(self, key: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<Spanned<T>> {
        self.read(key, |scalar| read(scalar.as_str()?))
    }

    pub(super) fn text(self, key: &str) -> Option<Spanned<Text>> {
        self.read(key, Scalar::as_text)
    }

    pub(super) fn boolean(self, key: &str) -> Option<Spanned<bool>> {
        self.read(key, Scalar::as_bool)
    }

    pub(super) fn integer<T: TryFrom<i64>>(self, key: &str) -> Option<Spanned<T>> {
        self.read(key, |scalar| T::try_from(scalar.as_int()?).ok())
    }

    pub(super) fn cpu(self, key: &str) -> Option<Spanned<Cpu>> {
        self.read(key, |scalar| Cpu::parse(&scalar.canonical()).ok())
    }

    pub(super) fn bytes(self, key: &str) -> Option<Spanned<Bytes>> {
        // docker compose knows whole numbers and texts, and takes anything else for nothing.
        let known = |scalar: &Scalar| !matches!(scalar.kind(), Kind::Float(_));
        self.read(key, |scalar| Bytes::parse(&scalar.canonical()).ok().filter(|_| known(scalar)))
    }

    pub(super) fn duration(self, key: &str) -> Option<Spanned<Duration>> {
        self.word(key, duration::parse)
    }

    /// A file's mode: in octal where it is a string.
    pub(super) fn mode(self, key: &str) -> Option<Spanned<u32>> {
        self.read(key, |scalar| match scalar.kind() {
            Kind::Int(mode) => u32::try_from(mode).ok(),
            Kind::Text => u32::from_str_radix(&scalar.text, 8).ok(),
            _ => None,
        })
    }

    /// A list of scalars, as texts.
    pub(super) fn texts(self, key: &str) -> List {
        let text = |item: &Node| Some(Spanned::new(item.as_scalar()?.canonical_text(), item.span));
        exact(self.items(key).iter().filter_map(text))
    }

    /// A mapping of scalars, as texts; null is blank.
    pub(super) fn labels(self, key: &str) -> Labels {
        self.entries(key)
            .filter_map(|(name, _, node)| {
                let text = match node.as_scalar() {
                    Some(scalar) => scalar.canonical_text(),
                    None if node.is_null() => "".into(),
                    None => return None,
                };
                Some((name.clone(), Spanned::new(text, node.span)))
            })
            .collect()
    }

    /// The keys that begin with `x-`.
    pub(super) fn extensions(self) -> Map<Node> {
        let extensions = self.0.into_iter().flatten().filter(|(key, _)| key.starts_with("x-"));
        extensions.map(|(key, entry)| (key.clone(), entry.value.clone())).collect()
    }
}
