//! Syntax errors in the words of people, with the usual cause where it can be seen.

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// Why a text is no YAML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A quote is not closed.
    UnclosedQuote,
    /// Something follows a closing quote.
    TextAfterQuote,
    /// This bracket is not closed.
    Unclosed(char),
    /// A list in brackets, or a mapping in braces, goes on without a comma.
    MissingComma,
    /// A bracket is closed that was not opened, or that was opened as another kind.
    StrayBracket,
    /// `: ` where no key can stand.
    MisplacedColon,
    /// A line that should be a key has no colon.
    MissingColon,
    /// A line does not fit the lines before it.
    Indentation,
    /// A list begins where none can.
    MisplacedList,
    /// A tab is used for indentation.
    Tab,
    /// A value begins with this character, which none can.
    BadStart(char),
    /// An unknown escape in double quotes.
    Escape,
    /// Values are nested too deeply.
    TooDeep,
    /// A text block begins wrongly.
    BlockScalar,
    /// `&` or `*` without a name.
    NoAnchorName,
    /// Anything else.
    Other,
}

/// The finding for a text that is no YAML, where the fault was noticed at a byte of it.
pub(super) fn finding(file: FileId, text: &str, at: usize, fault: Fault) -> Diagnostic {
    let at = at.min(text.len());
    let (message, help) = words(fault);
    let place = |at: usize| {
        let end = text.get(at..).and_then(|rest| rest.chars().next()).map_or(at, |c| at + c.len_utf8());
        Span::new(file, at..end)
    };
    if let Some(cause) = likely_cause(text, at, fault) {
        return Diagnostic::error("C101", cause.message).label(place(cause.at), "").help(cause.help);
    }
    let finding = Diagnostic::error("C101", message).label(place(at), "");
    match help {
        Some(help) => finding.help(help),
        None => finding,
    }
}

/// What is wrong, and how it is usually mended.
fn words(fault: Fault) -> (String, Option<&'static str>) {
    let colon = "put a space after the colon of `key: value`, and quote a value that contains `: `";
    let indent = "align it with its neighbours: entries of one level begin in the same column";
    let (message, help) = match fault {
        Fault::Unclosed(bracket) => {
            return (format!("`{bracket}` is not closed"), Some("close it, or quote the value"));
        }
        Fault::BadStart(c) => return (format!("a value cannot begin with `{c}`"), Some("quote the value")),
        Fault::UnclosedQuote => {
            ("a quote is not closed", "close the quote, or put the text in the other kind of quotes")
        }
        Fault::TextAfterQuote => ("unexpected text after a closing quote", "put the whole value in quotes"),
        Fault::MissingComma => ("a comma or a closing bracket is missing", "close the bracket, or quote the value"),
        Fault::StrayBracket => ("this bracket closes nothing that was opened", "remove it, or quote the value"),
        Fault::MisplacedColon => ("a `: ` where no key can stand", colon),
        Fault::MissingColon => ("a key without a colon", colon),
        Fault::Indentation => ("this does not belong to the entries before it", indent),
        Fault::MisplacedList => ("a list cannot begin here", "begin the list on a line of its own, below its key"),
        Fault::Tab => ("a tab where only spaces are allowed", "indent with spaces; YAML does not allow tabs"),
        Fault::Escape => ("an unknown escape in double quotes", "write `\\\\` for a backslash, or use single quotes"),
        Fault::BlockScalar => {
            ("a text block begins wrongly", "after `|` or `>` begin the text on the next line, indented")
        }
        Fault::NoAnchorName => ("an anchor or alias without a name", "quote a value that begins with `*` or `&`"),
        Fault::TooDeep => return ("values are nested too deeply".to_owned(), None),
        Fault::Other => return ("this is not YAML".to_owned(), None),
    };
    (message.to_owned(), Some(help))
}

/// What is likely wrong, at a byte of the text.
struct Cause {
    at: usize,
    message: &'static str,
    help: &'static str,
}

/// The usual causes, which the parser notices only later.
fn likely_cause(text: &str, at: usize, fault: Fault) -> Option<Cause> {
    let line = Line::around(text, at);
    line.tab().or_else(|| match fault {
        Fault::MisplacedColon | Fault::MissingColon => {
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
        let help = "begin a mapping on the next line, or quote the value: `key: \"value: with a colon\"`";
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
