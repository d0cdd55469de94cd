//! Env files: see the Compose Specification, ".env file syntax".

use std::collections::HashMap;

use super::template::{self, Problem, ProblemKind};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// One line of an env file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The variable.
    pub name: String,
    /// Its value; `None` where the file names a variable alone, whose value is taken from elsewhere.
    pub value: Option<String>,
    /// The whole assignment.
    pub span: Span,
}

/// Reads an env file. `outer` knows the variables that values may refer to, before the file's own.
pub fn parse(
    file: FileId,
    text: &str,
    outer: &dyn Fn(&str) -> Option<String>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Assignment> {
    parse_within(file, text, outer, &mut { template::MAX_GROWTH }, diagnostics)
}

/// [`parse`], of a file whose values may become longer by `room` bytes in all, of which it takes off what they became.
pub(super) fn parse_within(
    file: FileId,
    text: &str,
    outer: &dyn Fn(&str) -> Option<String>,
    room: &mut usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Assignment> {
    let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut reader =
        Reader { file, text, at, outer, assignments: Vec::new(), known: HashMap::new(), room, diagnostics };
    while reader.assignment() {}
    reader.assignments
}

/// Reads an env file whose format is `raw`: what follows the `=` is the value, as it is.
pub fn parse_raw(file: FileId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Vec<Assignment> {
    let mut at = 0;
    let mut assignments = Vec::new();
    for line in text.split_inclusive('\n') {
        let (start, content) = (at, line.trim_end_matches(['\n', '\r']));
        at += line.len();
        let trimmed = content.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let span = Span::new(file, start..start + content.len());
        let (name, value) = trimmed.split_once('=').map_or((trimmed, None), |(name, value)| (name, Some(value)));
        if name.contains(char::is_whitespace) {
            let finding = Diagnostic::error("V204", format!("the variable's name `{name}` contains a space"));
            let help = "a file of the format `raw` has lines of `NAME=value`, without `export`, and without spaces before the `=`";
            diagnostics.push(finding.label(span, "").help(help));
        }
        assignments.push(Assignment { name: name.trim().to_owned(), value: value.map(str::to_owned), span });
    }
    assignments
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    at: usize,
    outer: &'a dyn Fn(&str) -> Option<String>,
    assignments: Vec<Assignment>,
    /// The values so far, by name.
    known: HashMap<String, String>,
    /// How many more bytes values may become longer by.
    room: &'a mut usize,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    /// Reads the next assignment; false at the end of the file.
    fn assignment(&mut self) -> bool {
        self.at += self.rest().len() - self.rest().trim_start().len();
        if self.rest().is_empty() {
            return false;
        }
        let start = self.at;
        let line = self.line();
        if line.starts_with('#') {
            self.at += line.len();
            return true;
        }
        let prefix = line.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t']));
        let declaration = prefix.map_or(line, str::trim_start);
        let name_start = start + line.len() - declaration.len();
        let name_end = declaration.find(['=', ':']).unwrap_or(declaration.len());
        let name = declaration[..name_end].trim().to_owned();
        if let Some(bad) = name.chars().find(|c| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '[' | ']'))) {
            self.refuse_name(name_start, declaration, bad);
            self.at = start + line.len();
            return true;
        }
        if name_end == declaration.len() {
            self.at = start + line.len();
            self.keep(name, None, start, self.at);
            return true;
        }
        self.at = name_start + name_end + 1;
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
        let value = self.value();
        let end = self.at;
        self.keep(name, Some(value), start, end);
        true
    }

    /// Reads a value, and what is left of its line.
    fn value(&mut self) -> String {
        let quote = self.rest().chars().next().filter(|c| matches!(c, '"' | '\''));
        let Some(quote) = quote else { return self.unquoted() };
        let start = self.at;
        let Some(length) = closing_quote(&self.rest()[1..], quote) else {
            let line = self.line().len();
            self.at += line;
            let finding = Diagnostic::error("V204", "a quote is not closed");
            let place = Span::new(self.file, start..self.at);
            self.diagnostics.push(finding.label(place, format!("opened with `{quote}`")));
            return String::new();
        };
        let raw = self.text[start + 1..start + 1 + length].to_owned();
        self.at = start + length + 2;
        self.at += self.line().len();
        if quote == '"' { self.expand(&unescape(&raw), &raw, start + 1) } else { raw.replace("\\'", "'") }
    }

    fn unquoted(&mut self) -> String {
        let start = self.at;
        let line = self.line();
        self.at += line.len();
        let value = line.split(" #").next().unwrap_or_default();
        self.expand(value.trim_end(), "", start)
    }

    /// Puts variables into a value that begins at `start`; `escaped` is what it was before its escapes were resolved.
    fn expand(&mut self, value: &str, escaped: &str, start: usize) -> String {
        let lookup = |name: &str| (self.outer)(name).or_else(|| self.known.get(name).cloned());
        let mut problems = Vec::new();
        let out = template::substitute(value, &lookup, self.room, &mut problems);
        for problem in problems {
            let at = if escaped.is_empty() {
                problem.at.start
            } else {
                nth_dollar(escaped, value[..problem.at.start].matches('$').count()).unwrap_or(0)
            };
            self.report(&problem, start + at);
        }
        out
    }

    fn report(&mut self, problem: &Problem, at: usize) {
        let place = Span::new(self.file, at..at);
        self.diagnostics.push(match &problem.kind {
            ProblemKind::Undefined(name) => Diagnostic::warning("V201", format!("the variable `{name}` is not set"))
                .label(place, "blank is put in its place"),
            ProblemKind::Required(name, message) => {
                Diagnostic::error("V203", format!("the required variable `{name}` is missing a value"))
                    .label(place, message.clone())
            }
            ProblemKind::Syntax(what) => Diagnostic::error("V204", "this is no valid interpolation")
                .label(place, *what)
                .help("put the value in single quotes where a dollar sign itself is meant"),
        });
    }

    fn refuse_name(&mut self, start: usize, declaration: &str, bad: char) {
        let at = start + declaration.find(bad).unwrap_or(0);
        let place = Span::new(self.file, at..at + bad.len_utf8());
        let finding = Diagnostic::error("V204", format!("`{bad}` cannot stand in a variable's name"));
        self.diagnostics.push(finding.label(place, "").help("a line of an env file is `NAME=value`"));
    }

    fn keep(&mut self, name: String, value: Option<String>, start: usize, end: usize) {
        if let Some(value) = &value {
            self.known.insert(name.clone(), value.clone());
        }
        let kept = self.text[start..end].trim_end().len();
        self.assignments.push(Assignment { name, value, span: Span::new(self.file, start..start + kept) });
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// What is left of the line, without its end.
    fn line(&self) -> &'a str {
        self.rest().split('\n').next().unwrap_or_default()
    }
}

/// The bytes before the quote that closes a value; one after a backslash does not.
fn closing_quote(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if c == quote && !escaped {
            return Some(at);
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

/// Where the dollar sign is before which a value has `count` of them when its escapes are resolved: `\$` becomes two.
fn nth_dollar(escaped: &str, count: usize) -> Option<usize> {
    let (mut seen, mut after_backslash) = (0, false);
    for (at, c) in escaped.char_indices() {
        if c == '$' {
            if seen == count {
                return Some(at);
            }
            seen += if after_backslash { 2 } else { 1 };
        }
        after_backslash = c == '\\' && !after_backslash;
    }
    None
}

/// Resolves the escapes of double quotes, which are those of Go; `\$` becomes `$$`, which interpolation turns into `$`.
fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let Some(c) = after.chars().next() else {
            out.push('\\');
            return out;
        };
        rest = &after[c.len_utf8()..];
        match c {
            'a' => out.push('\u{7}'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\u{b}'),
            '$' => out.push_str("$$"),
            '"' | '\\' => out.push(c),
            '0' => match rest.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
                Some(code) => {
                    out.push(char::from(code));
                    rest = &rest[3..];
                }
                None => out.push_str("\\0"),
            },
            other => out.extend(['\\', other]),
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<(String, Option<String>)>, Vec<String>) {
        let mut findings = Vec::new();
        let outer = |name: &str| (name == "OUTER").then(|| "outer".to_owned());
        let assignments = parse(FileId(0), text, &outer, &mut findings);
        let pairs = assignments.into_iter().map(|a| (a.name, a.value)).collect();
        (pairs, findings.into_iter().map(|finding| finding.message).collect())
    }

    #[test]
    fn values_are_read_as_docker_compose_reads_them() {
        let cases = [
            ("A=1", "1"),
            ("A = 1 # one", "1"),
            ("A=a#b", "a#b"),
            ("export A=1", "1"),
            ("A: yaml", "yaml"),
            ("A='$x # y'", "$x # y"),
            ("A=\"a\\nb\"", "a\nb"),
            ("A=\"one\ntwo\" # c", "one\ntwo"),
            ("A=${OUTER}-${NONE:-d}", "outer-d"),
            ("A=\"\\$x\"", "$x"),
            ("A=", ""),
            ("A=1\r", "1"),
            ("# c\n\n  A=x", "x"),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), (vec![("A".into(), Some(expected.into()))], vec![]), "{text:?}");
        }
    }

    #[test]
    fn later_lines_see_earlier_ones() {
        let (pairs, _) = read("A=1\nB=$A$A\nC\n");
        assert_eq!(pairs[1..], [("B".into(), Some("11".into())), ("C".into(), None)]);
    }

    #[test]
    fn faults_are_shown_where_they_are_written() {
        for text in
            ["A=$NONE", "A=\"$NONE\"", "A=\"\\\\\\n\\$x\\0é$NONE\"", "A=\"\\0é\\$\\$$$ $NONE\"", "B=\\$OUTER $NONE"]
        {
            let mut findings = Vec::new();
            parse(FileId(0), text, &|name| (name == "OUTER").then(String::new), &mut findings);
            let places: Vec<_> =
                findings.iter().map(|finding| &text[finding.span().unwrap().start as usize..]).collect();
            assert!(matches!(places[..], [place] if place.starts_with("$NONE")), "{text}: {places:?}");
        }
    }

    #[test]
    fn faults_are_findings() {
        assert_eq!(read("A B=1\nC=2").1, ["` ` cannot stand in a variable's name"]);
        assert_eq!(read("A='x").1, ["a quote is not closed"]);
        assert_eq!(read("A=$NONE").1, ["the variable `NONE` is not set"]);
    }
}
