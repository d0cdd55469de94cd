//! The syntax of interpolation: see the Compose Specification, "Interpolation".
//!
//! `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:?error}`, `${NAME?error}`,
//! `${NAME:+replacement}`, `${NAME+replacement}`; what follows the operator may itself hold such expressions.
//! `$$` stands for a dollar sign, and so does a `$` that neither a name nor `{` follows.

use std::ops::Range;

/// Deeper defaults within defaults are refused.
const MAX_DEPTH: usize = 50;
/// What becomes longer by more is refused: variables that hold each other double with every line of an env file.
const MAX_LENGTH: usize = 1 << 20;
/// How much longer all of a project's values may become.
pub(super) const MAX_GROWTH: usize = 64 << 20;
const TOO_LONG: &str = "the value becomes too long";
/// Further problems of one template are not reported.
const MAX_PROBLEMS: usize = 50;

/// What substituting met with; the place is in bytes of the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// The expression, from its `$` on.
    pub at: Range<usize>,
    /// What is wrong with it.
    pub kind: ProblemKind,
}

/// What can be wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ProblemKind {
    /// The variable is not set; blank was put in its place.
    Undefined(String),
    /// The variable must be set and is not, or is blank; with the file's own message.
    Required(String, String),
    /// Not an expression.
    Syntax(&'static str),
}

/// Puts the values of variables into `template`, which may become longer by `room` bytes; what it takes of them is
/// taken off. Where they do not suffice, none are left, so that what follows is refused without a look.
pub(super) fn substitute(
    template: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
    room: &mut usize,
    problems: &mut Vec<Problem>,
) -> String {
    let mut out = String::with_capacity(template.len());
    let most = template.len().saturating_add(MAX_LENGTH.min(*room));
    let mut substitution = Substitution { template, lookup, most, overflowed: *room == 0, problems };
    substitution.expand(0..template.len(), 0, &mut out);
    let exhausted = substitution.overflowed && *room < MAX_LENGTH;
    *room = if exhausted { 0 } else { room.saturating_sub(out.len().saturating_sub(template.len())) };
    out
}

/// A variable that a template names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Use<'t> {
    /// The variable.
    pub name: &'t str,
    /// Whether the template cannot do without it (`?`).
    pub required: bool,
    /// What stands in for it (`-`), as written.
    pub default: Option<&'t str>,
    /// What is put in its place when it is set (`+`), as written.
    pub alternate: Option<&'t str>,
}

/// Every variable that `template` names, those in defaults and the like included, in the order of their places.
pub(super) fn uses(template: &str) -> Vec<Use<'_>> {
    let mut found = Vec::new();
    collect(template, 0, &mut found);
    found
}

fn collect<'t>(part: &'t str, depth: usize, found: &mut Vec<Use<'t>>) {
    let mut rest = part;
    while let Some((_, after)) = rest.split_once('$') {
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            rest = after;
        } else if let Some(inner) = rest.strip_prefix('{') {
            // Behind a brace that is not closed nothing is read, as in substituting.
            let Some(close) = closing_brace(inner) else { return };
            rest = &inner[close + 1..];
            braced_use(&inner[..close], depth, found);
        } else {
            let (name, after) = rest.split_at(name_length(rest));
            rest = after;
            if !name.is_empty() {
                found.push(Use { name, required: false, default: None, alternate: None });
            }
        }
    }
}

fn braced_use<'t>(inner: &'t str, depth: usize, found: &mut Vec<Use<'t>>) {
    let (name, operator) = inner.split_at(name_length(inner));
    if name.is_empty() || depth > MAX_DEPTH {
        return;
    }
    let operator = operator.strip_prefix(':').unwrap_or(operator);
    let word = operator.get(1..).unwrap_or_default();
    let of = |sign: char| operator.starts_with(sign).then_some(word);
    found.push(Use { name, required: operator.starts_with('?'), default: of('-'), alternate: of('+') });
    collect(word, depth + 1, found);
}

struct Substitution<'t> {
    template: &'t str,
    lookup: &'t dyn Fn(&str) -> Option<String>,
    /// A longer result is refused.
    most: usize,
    /// Whether it would be longer, so that nothing more is put in.
    overflowed: bool,
    problems: &'t mut Vec<Problem>,
}

impl Substitution<'_> {
    /// Appends the expansion of a part of the template.
    fn expand(&mut self, part: Range<usize>, depth: usize, out: &mut String) {
        let mut at = part.start;
        while let Some(dollar) = self.template[at..part.end].find('$').map(|found| at + found) {
            out.push_str(&self.template[at..dollar]);
            at = self.expression(dollar, part.end, depth, out);
        }
        out.push_str(&self.template[at..part.end]);
    }

    /// Appends the value of the expression at `dollar`; returns where it ends.
    fn expression(&mut self, dollar: usize, end: usize, depth: usize, out: &mut String) -> usize {
        if self.overflowed {
            self.report(dollar..end, ProblemKind::Syntax(TOO_LONG));
            return end;
        }
        let rest = &self.template[dollar + 1..end];
        if rest.starts_with('$') {
            out.push('$');
            return dollar + 2;
        }
        if let Some(inner) = rest.strip_prefix('{') {
            let Some(close) = closing_brace(inner) else {
                self.report(dollar..end, ProblemKind::Syntax("the `{` is not closed"));
                return end;
            };
            let inner = dollar + 2..dollar + 2 + close;
            self.braced(dollar, inner.clone(), depth, out);
            return inner.end + 1;
        }
        let length = name_length(rest);
        if length == 0 {
            // As docker compose has it, such as in `$(date)`, `$1` and `^a$`.
            out.push('$');
            return dollar + 1;
        }
        let after = dollar + 1 + length;
        self.value_or_blank(&rest[..length], dollar..after, out);
        after
    }

    fn braced(&mut self, dollar: usize, inner: Range<usize>, depth: usize, out: &mut String) {
        let whole = dollar..inner.end + 1;
        let text = &self.template[inner.clone()];
        let length = name_length(text);
        let (name, rest) = (text[..length].to_owned(), &text[length..]);
        if name.is_empty() {
            return self.report(whole, ProblemKind::Syntax("a variable's name is missing between `{` and `}`"));
        }
        if depth > MAX_DEPTH {
            return self.report(whole, ProblemKind::Syntax("expressions are nested too deeply"));
        }
        let (blank_counts, operator) = match rest.strip_prefix(':') {
            Some(operator) => (false, operator),
            None => (true, rest),
        };
        let value = (self.lookup)(&name).filter(|value| blank_counts || !value.is_empty());
        let word = inner.end - operator.len().saturating_sub(1)..inner.end;
        match (operator.chars().next(), value) {
            (None, _) if blank_counts => self.value_or_blank(&name, whole, out),
            (Some('-' | '?'), Some(value)) => self.put(&value, whole, out),
            (Some('-'), None) | (Some('+'), Some(_)) => self.expand(word, depth + 1, out),
            (Some('+'), None) => {}
            (Some('?'), None) => {
                let mut message = String::new();
                self.expand(word, depth + 1, &mut message);
                self.report(whole, ProblemKind::Required(name, message));
            }
            _ => self
                .report(whole, ProblemKind::Syntax("after the name only `:-`, `-`, `:?`, `?`, `:+` or `+` may follow")),
        }
    }

    fn value_or_blank(&mut self, name: &str, at: Range<usize>, out: &mut String) {
        match (self.lookup)(name) {
            Some(value) => self.put(&value, at, out),
            None => self.report(at, ProblemKind::Undefined(name.to_owned())),
        }
    }

    /// Appends the value of the expression at `at`.
    fn put(&mut self, value: &str, at: Range<usize>, out: &mut String) {
        if out.len() + value.len() <= self.most {
            out.push_str(value);
        } else {
            self.overflowed = true;
            self.report(at, ProblemKind::Syntax(TOO_LONG));
        }
    }

    fn report(&mut self, at: Range<usize>, kind: ProblemKind) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem { at, kind });
        }
    }
}

/// Where the brace is that closes what `${` opened, with nested expressions passed over.
fn closing_brace(inner: &str) -> Option<usize> {
    let mut open = 1;
    let mut bytes = inner.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'}' if open == 1 => return Some(at),
            b'}' => open -= 1,
            b'$' if bytes.next_if(|(_, next)| *next == b'{').is_some() => open += 1,
            _ => {}
        }
    }
    None
}

fn name_length(text: &str) -> usize {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(template: &str) -> (String, Vec<ProblemKind>) {
        let lookup = |name: &str| match name {
            "SET" => Some("value".to_owned()),
            "BLANK" => Some(String::new()),
            _ => None,
        };
        let mut problems = Vec::new();
        let out = substitute(template, &lookup, &mut { usize::MAX }, &mut problems);
        (out, problems.into_iter().map(|problem| problem.kind).collect())
    }

    #[test]
    fn operators_do_what_the_specification_says() {
        let cases = [
            ("a $SET b", "a value b"),
            ("${SET}x", "valuex"),
            ("$$SET", "$SET"),
            ("${SET:-d}${BLANK:-d}${NONE:-d}", "valuedd"),
            ("${SET-d}${BLANK-d}${NONE-d}", "valued"),
            ("${SET:+r}${BLANK:+r}${NONE:+r}", "r"),
            ("${SET+r}${BLANK+r}${NONE+r}", "rr"),
            ("${NONE:-${OTHER:-${SET}}}", "value"),
            ("${NONE:-a:-b}", "a:-b"),
            ("${SET:?needed}", "value"),
            ("${NONE:-$$x}", "$x"),
            ("$ $1 $(date) ^a$", "$ $1 $(date) ^a$"),
        ];
        for (template, expected) in cases {
            assert_eq!(run(template), (expected.to_owned(), vec![]), "{template}");
        }
    }

    #[test]
    fn every_variable_is_found_wherever_it_stands() {
        let template = "$A ${B:-x${C}} $$D ${E:?no} ${F+y} $1 ${";
        let found = uses(template);
        let names: Vec<_> = found.iter().map(|it| it.name).collect();
        assert_eq!(names, ["A", "B", "C", "E", "F"]);
        assert_eq!(found[1].default, Some("x${C}"));
        assert!(found[3].required);
        assert_eq!(found[4].alternate, Some("y"));
    }

    #[test]
    fn faults_are_told_apart() {
        assert_eq!(run("$NONE"), (String::new(), vec![ProblemKind::Undefined("NONE".into())]));
        assert_eq!(run("${BLANK:?set $SET}").1, [ProblemKind::Required("BLANK".into(), "set value".into())]);
        for template in ["${", "${}", "${SET", "${1}", "${SET!}", "${SET:}", "${ SET}"] {
            let (_, problems) = run(template);
            assert!(matches!(problems[..], [ProblemKind::Syntax(_)]), "{template} gives {problems:?}");
        }
    }

    #[test]
    fn growth_is_bounded() {
        let lookup = |_: &str| Some("x".repeat(MAX_LENGTH));
        let (mut room, mut problems) = (3 * MAX_LENGTH, Vec::new());
        let mut grown = |template: &str| {
            let length = substitute(template, &lookup, &mut room, &mut problems).len();
            (length, room, problems.len())
        };
        assert_eq!(grown("$AA"), (MAX_LENGTH, 2 * MAX_LENGTH + 3, 0));
        assert_eq!(grown("$AA$AA"), (MAX_LENGTH, MAX_LENGTH + 9, 1));
        assert_eq!(grown("$AA"), (MAX_LENGTH, 12, 1));
        assert_eq!(grown("$AA"), (0, 0, 2));
        assert_eq!(grown("$AA"), (0, 0, 3));
    }

    #[test]
    fn depth_is_bounded() {
        let template = format!("{}{}", "${NONE:-".repeat(2000), "}".repeat(2000));
        assert!(matches!(run(&template).1[..], [ProblemKind::Syntax(_)]));
    }
}
