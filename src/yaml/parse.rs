//! The one door to the YAML library: its events become the tree.
//!
//! Aliases are shared, not copied, and what they would expand to is counted from the leaves up, so that a small file
//! that stands for a huge one is refused before anybody walks it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, StructureStyle, Tag};

use super::merge_key;
use super::node::{Entry, Mapping, Node, Scalar, Style, Value};
use super::scalar::is_null;
use super::syntax::{self, Fault};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span, Spanned};

/// Larger files are no compose files.
const MAX_BYTES: usize = 16 << 20;
/// How many values aliases may stand for in any file; in a large one, one for so many bytes of it.
const MAX_ALIASED: u64 = 500_000;
const BYTES_PER_ALIASED: u64 = 4;

/// What a text holds.
#[derive(Debug, Default)]
pub struct Parsed {
    /// Its documents; `None` when the text is no YAML, or when an alias in it leads nowhere. Empty documents are left out.
    pub documents: Option<Vec<Node>>,
    /// Where aliases stand, and what they stand for.
    pub aliases: Vec<(Span, Span)>,
    /// Whether anything in it has a tag of the user's own.
    pub tagged: bool,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the text of `file`.
pub fn parse(file: FileId, text: &str) -> Parsed {
    let refused = |finding| Parsed { documents: None, aliases: Vec::new(), tagged: false, diagnostics: vec![finding] };
    if text.len() > MAX_BYTES {
        let size = text.len() >> 20;
        return refused(Diagnostic::error("C101", format!("the file is too large: {size} MiB, at most 16 are read")));
    }
    if let Some(at) = text.find('\0') {
        let place = Span::new(file, at..at + 1);
        return refused(Diagnostic::error("C101", "this is not a text file").label(place, "a NUL character"));
    }
    let mut builder = Builder { file, text, ..Builder::default() };
    let options = granit_parser::options! {
        emit_comments: false, emit_unresolved_aliases: true, block_scalar_eof_without_line_feed: true
    };
    for next in Parser::new_from_str_with_options(text, options) {
        let finished = match next {
            Ok((event, span)) => {
                builder.take(event, builder.span(&span), span.tag_span().map(|tag| builder.span(&tag)))
            }
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(0);
                Err(syntax::finding(file, text, at, fault(error.kind())))
            }
        };
        if let Err(finding) = finished {
            builder.diagnostics.push(finding);
            return Parsed { diagnostics: builder.diagnostics, ..Parsed::default() };
        }
    }
    let documents = if builder.broken { None } else { Some(builder.documents) };
    Parsed { documents, aliases: builder.aliases, tagged: builder.tagged, diagnostics: builder.diagnostics }
}

/// A collection that is not closed yet.
struct Frame {
    start: Span,
    anchor: usize,
    tag: Option<Box<Spanned<Arc<str>>>>,
    flow: bool,
    /// How many values lie within, aliases expanded.
    weight: u64,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping { entries: Mapping, key: Option<Key>, merges: Vec<(Span, Node)> },
}

/// A key that waits for its value.
enum Key {
    Text(Arc<str>, Span),
    Merge(Span),
    /// Not a scalar: already reported, and left out with its value.
    Unusable,
}

#[derive(Default)]
struct Builder<'a> {
    file: FileId,
    text: &'a str,
    documents: Vec<Node>,
    open: Vec<Frame>,
    anchors: HashMap<usize, (Node, u64)>,
    aliased: u64,
    /// Every key that was met: most are met again and again, and kept once.
    keys: HashSet<Arc<str>>,
    aliases: Vec<(Span, Span)>,
    tagged: bool,
    /// Whether an alias leads nowhere, so that the tree cannot be used; reading goes on to find more such.
    broken: bool,
    diagnostics: Vec<Diagnostic>,
}

type Step = Result<(), Diagnostic>;

impl<'a> Builder<'a> {
    fn take(&mut self, event: Event<'a>, span: Span, tag: Option<Span>) -> Step {
        match event {
            Event::Scalar(text, ScalarStyle::Plain, 0, None) if self.known_key(&text, span) => {}
            Event::Scalar(text, style, anchor, kind) => {
                let node = scalar(&text, style, span, kind.as_deref(), tag);
                self.finish(node, anchor, 1);
            }
            Event::SequenceStart(style, anchor, kind) => {
                self.push(span, anchor, kind.as_deref(), tag, style, Content::Sequence(Vec::new()));
            }
            Event::MappingStart(style, anchor, kind) => {
                let content = Content::Mapping { entries: Mapping::new(), key: None, merges: Vec::new() };
                self.push(span, anchor, kind.as_deref(), tag, style, content);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(id) => return self.alias(id, span),
            Event::UnresolvedAlias(name) => {
                let finding = Diagnostic::error("C129", format!("no anchor is named `{name}`"));
                self.diagnostics.push(
                    finding.label(span, "used here").help(format!("define it earlier in this document: `&{name}`")),
                );
                self.broken = true;
                self.finish(Node::new(Value::Null, span), 0, 1);
            }
            _ => {}
        }
        Ok(())
    }

    fn push(
        &mut self,
        start: Span,
        anchor: usize,
        tag: Option<&Tag>,
        tag_span: Option<Span>,
        style: StructureStyle,
        content: Content,
    ) {
        let tag = spanned_tag(tag, tag_span);
        self.open.push(Frame { start, anchor, tag, flow: style == StructureStyle::Flow, weight: 1, content });
    }

    fn close(&mut self, end: Span) {
        let Some(frame) = self.open.pop() else { return };
        let (value, last) = match frame.content {
            Content::Sequence(mut items) => {
                let last = items.last().map(|item| item.span.end);
                items.shrink_to_fit();
                (Value::Sequence(Arc::new(items)), last)
            }
            Content::Mapping { mut entries, merges, .. } => {
                let last = entries.values().map(|entry| entry.value.span.end.max(entry.key.end)).max();
                for (key, source) in merges.iter().filter(|_| !self.broken) {
                    merge_key::merge(&mut entries, *key, source, &mut self.diagnostics);
                }
                entries.shrink_to_fit();
                (Value::Mapping(Arc::new(entries)), last)
            }
        };
        // The end of a block collection is only seen at what follows it.
        let end = if frame.flow { end.end } else { last.unwrap_or(frame.start.end) };
        let span = Span { end: end.max(frame.start.start), ..frame.start };
        self.finish(Node { span, tag: frame.tag, value }, frame.anchor, frame.weight);
    }

    fn alias(&mut self, id: usize, span: Span) -> Step {
        let Some((node, weight)) = self.anchors.get(&id).cloned() else {
            let finding = Diagnostic::error("C129", "an anchor cannot stand within itself");
            return Err(finding.label(span, "this alias stands for what it is a part of"));
        };
        self.aliased = self.aliased.saturating_add(weight);
        let most = MAX_ALIASED.max(self.text.len() as u64 / BYTES_PER_ALIASED);
        if self.aliased > most {
            let finding = Diagnostic::error("C129", "the file's aliases stand for too much");
            return Err(finding.label(span, format!("with this one, for more than {most} values")));
        }
        self.aliases.push((span, node.span));
        self.finish(node, 0, weight);
        Ok(())
    }

    /// Takes a scalar as the next key, where it is one that was met before.
    fn known_key(&mut self, text: &str, span: Span) -> bool {
        let Some(Frame { weight, content: Content::Mapping { key: key @ None, .. }, .. }) = self.open.last_mut() else {
            return false;
        };
        let Some(known) = self.keys.get(text).filter(|_| text != "<<" && !is_null(text)) else { return false };
        *weight = weight.saturating_add(1);
        *key = Some(Key::Text(known.clone(), span));
        true
    }

    /// Puts a finished value where it belongs.
    fn finish(&mut self, node: Node, anchor: usize, weight: u64) {
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), weight));
        }
        let Some(frame) = self.open.last_mut() else {
            if !node.is_null() {
                self.documents.push(node);
            }
            return;
        };
        self.tagged |= node.tag.is_some();
        frame.weight = frame.weight.saturating_add(weight);
        match &mut frame.content {
            Content::Sequence(items) => items.push(node),
            Content::Mapping { entries, key, merges } => match key.take() {
                None => *key = Some(key_of(&node, &mut self.keys, &mut self.diagnostics)),
                Some(Key::Unusable) => {}
                Some(Key::Merge(span)) => merges.push((span, node)),
                Some(Key::Text(text, span)) => insert(entries, text, span, node, &mut self.diagnostics),
            },
        }
    }

    /// The library's span in bytes, without the line breaks that it counts to a block scalar.
    fn span(&self, span: &granit_parser::Span) -> Span {
        let range = span.byte_range().unwrap_or(0..0);
        let kept = self.text.get(range.clone()).map_or(0, |text| text.trim_end().len());
        Span::new(self.file, range.start..range.start + kept)
    }
}

fn insert(entries: &mut Mapping, text: Arc<str>, key: Span, value: Node, findings: &mut Vec<Diagnostic>) {
    if let Some(first) = entries.get(&text) {
        let finding = Diagnostic::error("C102", format!("the key `{text}` is given twice"));
        findings.push(finding.label(key, "given again here").label(first.key, "first given here"));
    }
    entries.insert(text, Entry { key, value });
}

fn key_of(node: &Node, known: &mut HashSet<Arc<str>>, findings: &mut Vec<Diagnostic>) -> Key {
    match &node.value {
        Value::Scalar(scalar) if &*scalar.text == "<<" && scalar.style == Style::Plain => Key::Merge(node.span),
        Value::Scalar(scalar) => {
            let text = known.get(&scalar.text).cloned().unwrap_or_else(|| {
                known.insert(scalar.text.clone());
                scalar.text.clone()
            });
            Key::Text(text, node.span)
        }
        _ => {
            let finding = Diagnostic::error("C104", format!("a key must be a string, not {}", node.noun()));
            let help = "if this is a value with `{` or `[` in it, quote it";
            findings.push(finding.label(node.span, "this is used as a key").help(help));
            Key::Unusable
        }
    }
}

fn scalar(text: &str, style: ScalarStyle, span: Span, tag: Option<&Tag>, tag_span: Option<Span>) -> Node {
    let plain = match tag.and_then(Tag::core_suffix) {
        Some("str") => false,
        Some(_) => true,
        None => style == ScalarStyle::Plain,
    };
    let value = if plain && is_null(text) {
        Value::Null
    } else {
        Value::Scalar(Scalar { text: text.into(), style: if plain { Style::Plain } else { Style::Quoted } })
    };
    Node { span, tag: spanned_tag(tag, tag_span), value }
}

/// A tag of the user's own; YAML's own (`!!str`) have had their effect.
fn spanned_tag(tag: Option<&Tag>, span: Option<Span>) -> Option<Box<Spanned<Arc<str>>>> {
    let tag = tag.filter(|tag| tag.core_suffix().is_none())?;
    Some(Box::new(Spanned::new(tag.original().into(), span?)))
}

/// The library's reason in our terms.
fn fault(kind: &ErrorKind) -> Fault {
    use ErrorKind as E;
    match kind {
        E::UnclosedQuotedScalar | E::DocumentIndicatorInQuotedScalar => Fault::UnclosedQuote,
        E::InvalidTrailingSingleQuotedScalar | E::InvalidTrailingDoubleQuotedScalar => Fault::TextAfterQuote,
        E::UnclosedFlowCollection { open } => Fault::Unclosed(*open),
        E::UnexpectedEofFlowSequence => Fault::Unclosed('['),
        E::UnexpectedEofFlowMapping | E::UnexpectedEofImplicitFlowMapping => Fault::Unclosed('{'),
        E::ExpectedFlowSequenceSeparator | E::ExpectedFlowMappingSeparator => Fault::MissingComma,
        E::MisplacedFlowCollectionEnd | E::MismatchedFlowCollectionEnd { .. } => Fault::StrayBracket,
        E::MappingValueNotAllowed | E::InvalidColonPlacement => Fault::MisplacedColon,
        E::SimpleKeyExpected | E::InvalidSimpleKey => Fault::MissingColon,
        E::ExpectedBlockMappingKey
        | E::InvalidIndentation
        | E::ExpectedBlockSequenceEntry
        | E::MappingKeyNotAllowed => Fault::Indentation,
        E::BlockSequenceEntryNotAllowed | E::BlockEntryInFlowCollection => Fault::MisplacedList,
        E::TabNotAllowed
        | E::TabInBlockIndentation
        | E::TabInIndentation
        | E::TabAtBlockScalarStart
        | E::TabInPlainScalar
        | E::InvalidBlockEntryWhitespace
        | E::InvalidMappingValueWhitespace => Fault::Tab,
        E::UnexpectedCharacter { character } => Fault::BadStart(*character),
        E::UnknownQuotedScalarEscape | E::InvalidQuotedScalarHexEscape | E::InvalidUnicodeEscape => Fault::Escape,
        E::RecursionLimitExceeded => Fault::TooDeep,
        E::InvalidBlockScalarHeader | E::InvalidBlockScalarIndent | E::ZeroBlockScalarIndent => Fault::BlockScalar,
        E::MissingAnchorOrAliasName => Fault::NoAnchorName,
        _ => Fault::Other,
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
