//! A minimal set of statements that cannot hold together.
//!
//! QuickXplain (Junker, AAAI 2004): halves instead of single statements are left out, so that of n statements a conflict
//! of k takes about k · log(n / k) trials.

use std::collections::BTreeSet;

use super::Conflict;
use super::statements::{Statement, Statements};
use super::trial::{Fits, Trial};
use crate::diagnostic::Diagnostic;
use crate::placement::problem::Problem;

struct Search<'s, 'p> {
    statements: &'s Statements,
    trial: &'s Trial<'p>,
    /// Whether every statement that is kept was proven to be needed.
    minimal: bool,
}

/// A conflict among the statements, those of the services `aside` left out; none where there is none, or where it could not
/// be proven.
pub(super) fn find(statements: &Statements, trial: &Trial<'_>, aside: &BTreeSet<usize>) -> Option<Conflict> {
    let candidates: Vec<usize> = (0..statements.all.len())
        .filter(|index| statements.all[*index].service().is_none_or(|service| !aside.contains(&service)))
        .collect();
    let mut search = Search { statements, trial, minimal: true };
    let suspects = trial.suspects.iter().flatten().copied().collect::<BTreeSet<usize>>();
    let of_suspects = |index: &usize| statements.all[*index].service().is_none_or(|it| suspects.contains(&it));
    let suspected: Vec<usize> = candidates.iter().copied().filter(of_suspects).collect();
    // A few services by themselves are narrowed down sooner.
    let candidates = [suspected, candidates].into_iter().find(|candidates| search.fits(candidates) == Fits::No)?;
    let mut found = search.explain(&[], false, &candidates);
    found.sort_unstable();
    let statements = found.into_iter().map(|index| statements.all[index].clone()).collect();
    Some(Conflict { statements, minimal: search.minimal })
}

impl Search<'_, '_> {
    fn fits(&self, kept: &[usize]) -> Fits {
        let mut key = kept.to_vec();
        key.sort_unstable();
        let kept: BTreeSet<&Statement> = kept.iter().map(|index| &self.statements.all[*index]).collect();
        self.trial.fits_known(key, || self.statements.only(&kept))
    }

    /// What of `candidates` is needed for a conflict with `background`; `grown`: whether that has grown since it was last
    /// known to hold.
    fn explain(&mut self, background: &[usize], grown: bool, candidates: &[usize]) -> Vec<usize> {
        if grown {
            match self.fits(background) {
                Fits::No => return Vec::new(),
                Fits::Yes => {}
                // What cannot be proven to be needless is kept, and said not to be proven.
                Fits::Unknown => self.minimal = false,
            }
        }
        if candidates.len() == 1 {
            return candidates.to_vec();
        }
        let (first, second) = candidates.split_at(candidates.len() / 2);
        let with = |more: &[usize]| [background, more].concat();
        let of_second = self.explain(&with(first), true, second);
        let of_first = self.explain(&with(&of_second), !of_second.is_empty(), first);
        [of_first, of_second].concat()
    }
}

/// The conflict in words, each statement with its line.
pub(super) fn finding(problem: &Problem<'_>, statements: &Statements, conflict: &Conflict) -> Diagnostic {
    let stack = problem.stack;
    let services: BTreeSet<usize> = conflict.statements.iter().filter_map(Statement::service).collect();
    let names: Vec<String> = services.iter().map(|service| format!("`{}`", stack.services[*service].name)).collect();
    let subject = match names.len() {
        0 => "the stack".to_owned(),
        1..=4 => listed(&names),
        count => format!("{}, … ({count} services)", names[..3].join(", ")),
    };
    let (verb, them) = if names.len() == 1 { ("does", "it") } else { ("do", "them") };
    let message = format!("{subject} {verb} not fit: no placement meets everything that is said of {them}");
    let mut finding = Diagnostic::error("R403", message);
    for statement in &conflict.statements {
        finding = match statements.label(stack, statement) {
            (Some(span), text) if finding.labels.len() < MOST_LABELS => finding.label(span, text),
            (_, text) => finding.note(text),
        };
    }
    finding.note(match conflict.minimal {
        true => "without any one of these it would fit (proven)",
        false => "reduced, not proven minimal: the time was up",
    })
}

/// So many places are drawn; further ones are listed.
const MOST_LABELS: usize = 12;

/// "a, b and c".
pub fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}
