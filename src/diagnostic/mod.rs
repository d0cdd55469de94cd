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
/// Longer words are not compared.
const LONGEST: usize = 100;

/// The candidate most like `word`, when it is near enough to be a slip of the pen.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(LONGEST + 1).collect();
    let length = word.len();
    let limit = (length / 3).clamp(1, 3);
    // No slip is that long, and comparing takes the product of the lengths.
    if length > LONGEST {
        return None;
    }
    let mut letters = Vec::new();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates.into_iter().take(MOST_CANDIDATES) {
        if candidate.len() > 4 * (length + limit) {
            continue;
        }
        letters.clear();
        letters.extend(candidate.chars());
        if let Some(distance) = edit_distance(&word, &letters, limit) {
            best = best.into_iter().chain([(distance, candidate)]).min();
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Optimal string alignment distance: insertions, deletions, replacements, and swaps of neighbours; none where it is more
/// than `limit`.
fn edit_distance(a: &[char], b: &[char], limit: usize) -> Option<usize> {
    const FAR: usize = LONGEST * 2;
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    // What both begin and end with costs nothing.
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[same..], &b[same..]);
    let same = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[..a.len() - same], &b[..b.len() - same]);
    // The two rows before, and the one that is made; only what lies near the diagonal can be near enough.
    let mut rows = [[FAR; LONGEST + 5]; 3];
    (0..=limit.min(b.len())).for_each(|j| rows[0][j] = j);
    for i in 1..=a.len() {
        let [before, last, row] = [(i + 1) % 3, (i + 2) % 3, i % 3];
        let (first, end) = (i.saturating_sub(limit).max(1), (i + limit).min(b.len()));
        rows[row][first - 1] = if first == 1 { i } else { FAR };
        for j in first..=end {
            let replace = rows[last][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(rows[last][j] + 1).min(rows[row][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[before][j - 2] + 1);
            }
            rows[row][j] = best;
        }
    }
    Some(rows[a.len() % 3][b.len()]).filter(|distance| *distance <= limit)
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

    proptest::proptest! {
        /// The shortcuts change nothing: the distance is that of the plain definition.
        #[test]
        fn distances_are_those_of_the_definition(a in "[abc]{0,9}", b in "[abc]{0,9}", limit in 1usize..4) {
            fn plain(a: &[char], b: &[char]) -> usize {
                let (Some((x, left)), Some((y, right))) = (a.split_last(), b.split_last()) else {
                    return a.len().max(b.len());
                };
                let one = (plain(left, right) + usize::from(x != y)).min(plain(left, b) + 1).min(plain(a, right) + 1);
                match (left.split_last(), right.split_last()) {
                    (Some((v, a)), Some((w, b))) if x == w && v == y => one.min(plain(a, b) + 1),
                    _ => one,
                }
            }
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(6).collect(), b.chars().take(6).collect());
            let distance = Some(plain(&a, &b)).filter(|distance| *distance <= limit);
            proptest::prop_assert_eq!(edit_distance(&a, &b, limit), distance);
        }
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
