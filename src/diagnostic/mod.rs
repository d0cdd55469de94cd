//! Findings: what is wrong, where, why, and how to mend it. A value only: `view` gives it a layout.

use crate::source::Span;

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know; never fails a check.
    Info,
    /// Works, yet likely not as meant.
    Warning,
    /// Will be refused or will fail.
    Error,
}

impl Severity {
    /// The word that messages use.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// A place that a finding points at, and what is to be seen there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What to see there; may be empty.
    pub text: String,
}

/// One finding. The first label is the primary one: the place to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule's code, such as `C104`.
    pub code: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// One line: what is wrong, naming the service or machine.
    pub message: String,
    /// Where; the first is the primary place. Empty when no text is at fault (a file that cannot be read).
    pub labels: Vec<Label>,
    /// Further facts, a line each.
    pub notes: Vec<String>,
    /// How to mend it, as an edit that can be copied where that is possible.
    pub help: Option<String>,
    /// The edit that mends it, where a program can make it.
    pub fix: Option<Box<Fix>>,
}

/// A mending edit of the texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// Whether it leaves what is run as it was: reachability, data and behaviour.
    pub safe: bool,
    /// What is replaced; the places don't overlap.
    pub edits: Vec<Edit>,
}

/// One replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What goes.
    pub span: Span,
    /// What comes; empty removes.
    pub text: String,
}

impl Diagnostic {
    /// A finding with a message and no place yet.
    pub fn new(code: &'static str, severity: Severity, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            severity,
            message: message.into(),
            labels: Vec::new(),
            notes: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// An error.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message)
    }

    /// A warning.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message)
    }

    /// With one more place to look at.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// With one more fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// With the way to mend it.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// With the edit that mends it.
    #[must_use]
    pub fn fix(mut self, safe: bool, edits: Vec<Edit>) -> Self {
        self.fix = Some(Box::new(Fix { safe, edits }));
        self
    }

    /// Whether this is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The place to mend, if there is one.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }
}

/// Puts findings into the one order in which they are shown: by file, place, code and message.
/// Findings without a place come first. Exact repetitions are dropped.
pub fn sort(findings: &mut Vec<Diagnostic>) {
    findings.sort_by(|a, b| (a.span(), a.code, &a.message).cmp(&(b.span(), b.code, &b.message)));
    findings.dedup();
}

/// Of more candidates only the first are looked at: thousands of slips among thousands of names must not take minutes.
const MOST_CANDIDATES: usize = 500;

/// The candidate most like `word`, when it is near enough to be a slip of the pen.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    let limit = (length / 3).clamp(1, 3);
    // No slip is that long, and comparing takes the product of the lengths.
    if length > 100 {
        return None;
    }
    candidates
        .into_iter()
        .take(MOST_CANDIDATES)
        .filter(|candidate| {
            candidate.len() <= 4 * (length + limit) && candidate.chars().count().abs_diff(length) <= limit
        })
        .map(|candidate| (edit_distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Optimal string alignment distance: insertions, deletions, replacements, and swaps of neighbours.
fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        assert_eq!(nearest("enviroment", ["image", "environment"]), Some("environment"));
        assert_eq!(nearest("prots", ["ports", "port"]), Some("ports"));
        assert_eq!(nearest("zebra", ["image", "ports"]), None);
    }

    #[test]
    fn findings_are_sorted_by_place_and_told_once() {
        let at = |start| Span { file: FileId(0), start, end: start };
        let late = Diagnostic::error("C104", "late").label(at(9), "");
        let early = Diagnostic::error("C103", "early").label(at(1), "");
        let mut findings = vec![late.clone(), early.clone(), late.clone()];
        sort(&mut findings);
        assert_eq!(findings, [early, late]);
    }
}
