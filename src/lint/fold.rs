//! Findings that say the same of many services, told once.

use std::collections::HashMap;

use super::report::{Finding, Report};
use crate::source::FileId;

/// From how many alike findings on they are told as one.
const MANY: usize = 3;

/// A finding, and those that say the same of other services.
#[derive(Clone, Debug)]
pub struct Fold<'a> {
    /// The first.
    pub finding: &'a Finding,
    /// The others; empty where there are few.
    pub others: Vec<&'a Finding>,
}

/// The findings that count, alike ones together at the place of the first.
pub fn fold(report: &Report) -> Vec<Fold<'_>> {
    let mut folds: Vec<Fold<'_>> = Vec::new();
    let mut known: HashMap<Said<'_>, usize> = HashMap::new();
    for finding in report.active() {
        let next = folds.len();
        let index = said(finding).map_or(next, |text| *known.entry(text).or_insert(next));
        match folds.get_mut(index) {
            Some(fold) => fold.others.push(finding),
            None => folds.push(Fold { finding, others: Vec::new() }),
        }
    }
    let mut told = Vec::new();
    for fold in folds {
        let few = fold.others.len() + 1 < MANY;
        let others = if few { Vec::new() } else { fold.others.clone() };
        told.push(Fold { finding: fold.finding, others });
        told.extend(
            few.then_some(fold.others).into_iter().flatten().map(|it| Fold { finding: it, others: Vec::new() }),
        );
    }
    told.sort_by_key(|fold| fold.finding.diagnostic.span());
    told
}

/// Rule, file and words.
type Said<'a> = (&'a str, FileId, String);

/// What a finding says, the service's name left out; none where it speaks of no service.
fn said(finding: &Finding) -> Option<Said<'_>> {
    let service = finding.service.as_ref()?;
    let file = finding.diagnostic.span()?.file;
    // The places within a circle or a clash differ even where the words are the same.
    let single = finding.diagnostic.labels.len() == 1;
    let text = finding.diagnostic.message.replace(&format!("`{service}`"), "`…`");
    (single && !finding.diagnostic.is_error()).then_some((finding.diagnostic.code, file, text))
}
