//! Syntax errors in the words of people, with the usual cause where it can be seen.

use granit_parser::{ErrorKind, ScanError};

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// The finding for a text that is no YAML.
pub(super) fn finding(file: FileId, text: &str, error: &ScanError) -> Diagnostic {
    let at = error.marker().byte_offset().unwrap_or(0).min(text.len());
    let (message, help) = words(error.kind());
    let place = |at: usize| {
        let end = text.get(at..).and_then(|rest| rest.chars().next()).map_or(at, |c| at + c.len_utf8());
        Span::new(file, at..end)
    };
    if let Some(cause) = likely_cause(text, at, error.kind()) {
        return Diagnostic::error("C101", cause.message).label(place(cause.at), "").help(cause.help);
    }
    let finding = Diagnostic::error("C101", message).label(place(at), "");
    match help {
        Some(help) => finding.help(help),
        None => finding,
    }
}

/// What is wrong, and how it is usually mended.
fn words(kind: &ErrorKind) -> (String, Option<&'static str>) {
    use ErrorKind as E;
    let quote = Some("close the quote, or put the text in the other kind of quotes");
    let colon = Some("put a space after the colon of `key: value`, and quote a value that contains `: `");
    let indent = Some("align it with its neighbours: entries of one level begin in the same column");
    let (message, help) = match kind {
        E::UnclosedQuotedScalar | E::DocumentIndicatorInQuotedScalar => ("a quote is not closed", quote),
        E::InvalidTrailingSingleQuotedScalar | E::InvalidTrailingDoubleQuotedScalar => {
            ("unexpected text after a closing quote", Some("quote the whole value, and double a quote within it"))
        }
        E::UnclosedFlowCollection { open } => return unclosed(*open),
        E::UnexpectedEofFlowSequence => return unclosed('['),
        E::UnexpectedEofFlowMapping | E::UnexpectedEofImplicitFlowMapping => return unclosed('{'),
        E::ExpectedFlowSequenceSeparator => {
            ("a list in brackets goes on without `,` or `]`", Some("close it with `]`"))
        }
        E::ExpectedFlowMappingSeparator => {
            ("a mapping in braces goes on without `,` or `}`", Some("close it with `}`"))
        }
        E::MisplacedFlowCollectionEnd => {
            ("a closing bracket without an opening one", Some("remove it, or quote the value"))
        }
        E::MismatchedFlowCollectionEnd { .. } => ("a bracket is closed by one of another kind", None),
        E::MappingValueNotAllowed | E::InvalidColonPlacement => ("a `: ` where no key can stand", colon),
        E::SimpleKeyExpected | E::InvalidSimpleKey => ("a key without a colon", colon),
        E::ExpectedBlockMappingKey | E::InvalidIndentation => ("this does not belong to the entries before it", indent),
        E::ExpectedBlockSequenceEntry => ("a list goes on without `- `", indent),
        E::BlockSequenceEntryNotAllowed => {
            ("a list cannot begin here", Some("begin the list on a line of its own, below its key"))
        }
        E::TabNotAllowed
        | E::TabInBlockIndentation
        | E::TabInIndentation
        | E::TabAtBlockScalarStart
        | E::TabInPlainScalar
        | E::InvalidBlockEntryWhitespace
        | E::InvalidMappingValueWhitespace => ("a tab where only spaces are allowed", Some("indent with spaces")),
        E::UnexpectedCharacter { character: '`' | '@' } => {
            ("a value cannot begin with this character", Some("quote the value"))
        }
        E::UnexpectedCharacter { character: '%' } => ("a value cannot begin with `%`", Some("quote the value")),
        E::UnexpectedCharacter { .. } => ("an unexpected character", Some("quote the value")),
        E::UnknownQuotedScalarEscape | E::InvalidQuotedScalarHexEscape | E::InvalidUnicodeEscape => {
            ("an unknown escape in double quotes", Some("write `\\\\` for a backslash, or use single quotes"))
        }
        E::RecursionLimitExceeded => ("values are nested too deeply", None),
        E::InvalidBlockScalarHeader => ("unexpected text after `|` or `>`", Some("begin the text on the next line")),
        E::InvalidBlockScalarIndent => ("this line of the text is not indented enough", None),
        E::MappingKeyNotAllowed => ("a key cannot stand here", indent),
        E::UndeclaredTagHandle => ("a tag with an undeclared handle", None),
        E::MissingAnchorOrAliasName => {
            ("an anchor or alias without a name", Some("quote a value that begins with `*` or `&`"))
        }
        E::InvalidDocumentEnd => ("unexpected text after the end of the document", None),
        _ => ("this is not YAML", None),
    };
    (message.to_owned(), help)
}

fn unclosed(bracket: char) -> (String, Option<&'static str>) {
    (format!("`{bracket}` is not closed"), Some("close it, or quote the value"))
}

/// What is likely wrong, at a byte of the text.
struct Cause {
    at: usize,
    message: &'static str,
    help: &'static str,
}

/// The usual causes, which the parser notices only later.
fn likely_cause(text: &str, at: usize, kind: &ErrorKind) -> Option<Cause> {
    let line = Line::around(text, at);
    line.tab().or_else(|| match kind {
        ErrorKind::MappingValueNotAllowed
        | ErrorKind::InvalidColonPlacement
        | ErrorKind::SimpleKeyExpected
        | ErrorKind::InvalidSimpleKey => {
            let before = line.before(text);
            let earlier = || before.as_ref().and_then(|before| before.missing_space().or_else(|| before.unclosed()));
            line.second_colon().or_else(|| line.missing_space()).or_else(earlier)
        }
        _ => None,
    })
}

/// A line, and where it starts in the text.
struct Line<'a> {
    start: usize,
    text: &'a str,
}

impl<'a> Line<'a> {
    fn around(text: &'a str, at: usize) -> Self {
        let at = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let rest = &text[start..];
        Line { start, text: &rest[..rest.find('\n').unwrap_or(rest.len())] }
    }

    /// The line before this one.
    fn before(&self, text: &'a str) -> Option<Self> {
        Some(Line::around(text, self.start.checked_sub(1)?))
    }

    /// The line without a comment, unless quotes make it unclear where one begins.
    fn plain(&self) -> Option<&'a str> {
        let line = self.text.split(" #").next()?;
        (!line.contains(['"', '\''])).then_some(line)
    }

    /// A tab in the indentation.
    fn tab(&self) -> Option<Cause> {
        let indent = self.text.len() - self.text.trim_start().len();
        let at = self.start + self.text[..indent].find('\t')?;
        let message = "a tab where only spaces are allowed";
        Some(Cause { at, message, help: "indent with spaces; YAML does not allow tabs" })
    }

    /// `key: value: more`, outside of brackets.
    fn second_colon(&self) -> Option<Cause> {
        let line = self.plain().filter(|line| !line.contains(['[', '{']))?;
        let first = line.find(": ")? + 2;
        let second = first + line[first..].find(": ")?;
        let help = "quote the value: `key: \"value: with a colon\"`";
        Some(Cause { at: self.start + second, message: "a second `: ` on the same line", help })
    }

    /// `key:value`.
    fn missing_space(&self) -> Option<Cause> {
        let line = self.plain()?.trim_end();
        let at = line.find(':').filter(|at| !line.contains(": ") && at + 1 < line.len())?;
        let help = "put a space after the colon: `key: value`";
        Some(Cause { at: self.start + at, message: "a space is missing after this colon", help })
    }

    /// A bracket that is opened and not closed on this line.
    fn unclosed(&self) -> Option<Cause> {
        let at = self.text.rfind(['[', '{'])?;
        let closed = self.text[at..].contains([']', '}']);
        let message = "this bracket is not closed";
        (!closed).then_some(Cause { at: self.start + at, message, help: "close it, or quote the value" })
    }
}
