//! What a check comes to: findings with their rules, services and fingerprints, ignored ones among them.

use std::collections::BTreeMap;

use super::place::{self, Places};
use super::rule::Rule;
use super::rules;
use crate::diagnostic::{Diagnostic, Severity};
use crate::digest::sha256;
use crate::source::Sources;
use crate::yaml::Node;

/// A finding, with what formats and baselines want to know of it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The finding itself.
    pub diagnostic: Diagnostic,
    /// Its rule; every code has one.
    pub rule: Option<&'static Rule>,
    /// The service that it speaks of.
    pub service: Option<String>,
    /// The same for the same fault, wherever its line wanders and however its text is worded.
    pub fingerprint: String,
    /// Why it does not count, if it does not.
    pub suppressed: Option<Suppressed>,
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suppressed {
    /// The files say so, for this reason.
    InSource(String),
    /// The settings say so, for this reason.
    InSettings(String),
    /// It is in the baseline.
    Baseline,
}

/// The findings of a run, in the one order.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// All of them, those that do not count included.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Findings as they are, such as those of an inventory alone.
    pub fn of(findings: Vec<Diagnostic>, written: &[Node], sources: &Sources) -> Report {
        let places = Places::new(written);
        let findings = findings.into_iter().map(|diagnostic| finding(diagnostic, &places, sources)).collect();
        let mut report = Report { findings };
        report.finish();
        report
    }

    /// Takes the findings of another project in.
    pub fn extend(&mut self, other: Report) {
        self.findings.extend(other.findings);
        self.finish();
    }

    /// Brings the findings in order, and numbers those that are alike, so that each fingerprint is given once.
    fn finish(&mut self) {
        self.findings.sort_by(|a, b| {
            let key = |it: &Finding| (it.diagnostic.span(), it.diagnostic.code);
            key(a).cmp(&key(b)).then_with(|| a.diagnostic.message.cmp(&b.diagnostic.message))
        });
        self.findings.dedup_by(|a, b| a.diagnostic == b.diagnostic);
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for finding in &mut self.findings {
            let bare = finding.fingerprint.split(':').next().unwrap_or_default().to_owned();
            let count = seen.entry(bare.clone()).or_default();
            *count += 1;
            finding.fingerprint = format!("{bare}:{count}");
        }
    }

    /// The findings of this severity and graver ones.
    pub fn from(&self, level: Severity) -> Report {
        let shown = self.findings.iter().filter(|finding| finding.diagnostic.severity >= level);
        Report { findings: shown.cloned().collect() }
    }

    /// The findings that count.
    pub fn active(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.suppressed.is_none())
    }

    /// How many findings of this severity count.
    pub fn count(&self, severity: Severity) -> usize {
        self.active().filter(|finding| finding.diagnostic.severity == severity).count()
    }

    /// The gravest severity that counts.
    pub fn worst(&self) -> Option<Severity> {
        self.active().map(|finding| finding.diagnostic.severity).max()
    }
}

/// The finding with what follows from its place.
pub(super) fn finding(diagnostic: Diagnostic, places: &Places, sources: &Sources) -> Finding {
    let path = diagnostic.span().map(|span| places.path(span)).unwrap_or_default();
    let service = place::service(&path).map(str::to_owned);
    let mut evident = Vec::new();
    let file = diagnostic.span().map(|span| sources.get(span.file).name.as_str()).unwrap_or_default();
    // Indices of lists wander when an item is added; what the item says does not.
    let steps: Vec<&str> =
        path.iter().map(|step| step.name.as_str()).filter(|name| name.parse::<usize>().is_err()).collect();
    let evidence = diagnostic.span().map(|span| sources.slice(span)).unwrap_or_default();
    let evidence: Vec<&str> = evidence.split_whitespace().collect();
    for part in [diagnostic.code, file, &steps.join("."), &evidence.join(" ")] {
        evident.extend_from_slice(part.as_bytes());
        evident.push(0);
    }
    let mut fingerprint = sha256(evident);
    fingerprint.truncate(24);
    Finding { rule: rules::find(diagnostic.code), diagnostic, service, fingerprint, suppressed: None }
}
