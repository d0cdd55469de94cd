//! Ignoring a finding where it stands: `# planner: ignore[S601] reads the labels of its neighbours`.
//!
//! At the end of a line the comment speaks of that line, alone on a line of the next one. Where an entry begins on that
//! line (a key, an item of a list, a service) it speaks of all of the entry.

use super::place;
use super::{Context, rules};
use crate::diagnostic::{Diagnostic, nearest};
use crate::source::{Span, Spanned};
use crate::yaml::Outline;

/// Words that stand for a reason and give none.
const NO_REASON: [&str; 8] = ["", "reason", "why", "todo", "fixme", "...", "…", "tbd"];

/// A comment that ignores.
pub(super) struct Suppression {
    comment: Span,
    /// Code or name of each rule, and whether something of it was ignored here.
    rules: Vec<(Spanned<String>, bool)>,
    reason: String,
    /// The texts that it speaks of.
    covers: Vec<Span>,
}

/// All such comments of the files, and what is wrong with them.
pub(super) fn read(context: &Context<'_>) -> (Vec<Suppression>, Vec<Diagnostic>) {
    let (mut suppressions, mut findings) = (Vec::new(), Vec::new());
    for outline in context.outlines.values() {
        for (index, comment) in outline.comments.iter().enumerate() {
            match parse(comment) {
                None => {}
                Some(Err(why)) => findings.push(not_understood(comment, why)),
                Some(Ok((named, reason))) => {
                    check(context, comment, &named, &reason, &mut findings);
                    let covers = covers(context, outline, index);
                    let rules = named.into_iter().map(|name| (name, false)).collect();
                    suppressions.push(Suppression { comment: comment.span, rules, reason, covers });
                }
            }
        }
    }
    (suppressions, findings)
}

impl Suppression {
    /// Its reason, if it speaks of this finding.
    pub(super) fn applies(&mut self, finding: &Diagnostic) -> Option<&str> {
        let (span, rule) = (finding.span()?, rules::find(finding.code)?);
        let here = |place: &Span| place.file == span.file && place.start <= span.start && span.start < place.end.max(1);
        if !self.covers.iter().any(here) {
            return None;
        }
        let names = |name: &str| name.eq_ignore_ascii_case(rule.code) || name == rule.name;
        let (_, used) = self.rules.iter_mut().find(|(name, _)| names(&name.value))?;
        *used = true;
        Some(&self.reason)
    }

    /// Findings for what it names in vain. A rule that is switched off or says nothing in this run is left in peace.
    pub(super) fn unused(&self, context: &Context<'_>) -> Vec<Diagnostic> {
        let idle = |(name, used): &&(Spanned<String>, bool)| !used && can_speak(context, &name.value);
        let idle: Vec<_> = self.rules.iter().filter(idle).collect();
        idle.iter()
            .map(|(name, _)| {
                let finding = rules::RULE_UNUSED
                    .finding(format!("nothing of {} is to be ignored here", name.value))
                    .label(name.span, "no such finding here")
                    .help("remove the comment, or this code from it");
                let whole = (idle.len() == self.rules.len()).then(|| removal(context, self.comment));
                match whole {
                    Some(edit) => finding.fix(true, vec![edit]),
                    None => finding,
                }
            })
            .collect()
    }
}

/// Whether the rule of this name is on and has what it needs to see.
fn can_speak(context: &Context<'_>, name: &str) -> bool {
    let rule = rules::find(name).filter(|rule| context.settings.is_on(rule));
    rule.is_some_and(|rule| match rule.needs {
        super::Needs::Project => context.complete,
        super::Needs::Inventory => context.inventory.is_some(),
        super::Needs::Machines => false,
    })
}

/// The comment, with its line where it stands alone on it.
fn removal(context: &Context<'_>, comment: Span) -> crate::diagnostic::Edit {
    let text: &str = &context.sources.get(comment.file).text;
    let range = comment.range();
    let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[start..range.start];
    let span = if before.trim().is_empty() {
        let end = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at + 1);
        start..end
    } else {
        start + before.trim_end().len()..range.end
    };
    crate::diagnostic::Edit { span: Span::new(comment.file, span), text: String::new() }
}

type Parsed = Result<(Vec<Spanned<String>>, String), &'static str>;

/// The rules and the reason of a comment; none where it is not for us.
fn parse(comment: &Spanned<String>) -> Option<Parsed> {
    let rest = comment.value.trim_start().strip_prefix("planner:")?;
    Some(parse_ignore(comment, rest))
}

fn parse_ignore(comment: &Spanned<String>, rest: &str) -> Parsed {
    let inner = rest.trim_start().strip_prefix("ignore").ok_or("expected `ignore[CODE] reason`")?;
    let inner = inner.trim_start().strip_prefix('[').ok_or("expected `[CODE]` after `ignore`")?;
    let (codes, reason) = inner.split_once(']').ok_or("the `[` is not closed")?;
    // Where the codes stand: behind them are the bracket and the reason, to the end of the comment.
    let mut at = comment.span.end as usize - reason.len() - 1 - codes.len();
    let mut named = Vec::new();
    for part in codes.split(',') {
        let start = at + (part.len() - part.trim_start().len());
        at += part.len() + 1;
        let name = part.trim();
        if !name.is_empty() {
            named.push(Spanned::new(name.to_owned(), Span::new(comment.span.file, start..start + name.len())));
        }
    }
    if named.is_empty() {
        return Err("no code is named between `[` and `]`");
    }
    let reason = reason.trim_start_matches([':', '-', '–', '—', ' ']).trim();
    Ok((named, reason.to_owned()))
}

fn not_understood(comment: &Spanned<String>, why: &str) -> Diagnostic {
    rules::RULE_UNKNOWN
        .finding("this comment is for planner, and is not understood")
        .label(comment.span, why)
        .help("# planner: ignore[S601] why this is fine here")
}

fn check(
    context: &Context<'_>,
    comment: &Spanned<String>,
    named: &[Spanned<String>],
    reason: &str,
    findings: &mut Vec<Diagnostic>,
) {
    for name in named.iter().filter(|name| rules::find(&name.value).is_none()) {
        let finding = rules::RULE_UNKNOWN.finding(format!("there is no rule `{}`", name.value));
        let finding = finding.label(name.span, "not known");
        let known = rules::all().flat_map(|rule| [rule.code, rule.name]);
        findings.push(match nearest(&name.value.to_uppercase(), known.clone()).or(nearest(&name.value, known)) {
            Some(like) => finding.help(format!("did you mean `{like}`?")),
            None => finding.help("`planner rules` lists them"),
        });
    }
    let bare = reason.trim_matches(['<', '>']).to_lowercase();
    if NO_REASON.contains(&bare.as_str()) {
        let written = context.slice(comment.span).trim_end();
        let finding = rules::RULE_NO_REASON.finding("this is ignored without a reason").label(comment.span, "");
        let example = written.split(']').next().unwrap_or(written);
        findings.push(finding.help(format!("say why, for those who come after: `{example}] only reachable inside`")));
    }
}

/// What the comment speaks of: its own line or the next, with all of the entries that begin there.
fn covers(context: &Context<'_>, outline: &Outline, index: usize) -> Vec<Span> {
    let comment = outline.comments[index].span;
    let text: &str = &context.sources.get(comment.file).text;
    let line_of = |at: usize| text[..at].rfind('\n').map_or(0, |at| at + 1);
    let end_of = |at: usize| text[at..].find('\n').map_or(text.len(), |end| at + end);
    let mut start = line_of(comment.range().start);
    if text[start..comment.range().start].trim().is_empty() {
        // Alone on its line: the next one that is neither empty nor a comment.
        start = end_of(start) + 1;
        while start < text.len() && matches!(text[start..end_of(start)].trim_start().chars().next(), None | Some('#')) {
            start = end_of(start) + 1;
        }
    }
    if start >= text.len() {
        return Vec::new();
    }
    let line = start..end_of(start);
    let mut covers = vec![Span::new(comment.file, line.clone())];
    place::each(context.written, &mut |whole, depth| {
        if depth > 0 && whole.file == comment.file && line.contains(&whole.range().start) {
            covers.push(whole);
        }
    });
    covers
}
