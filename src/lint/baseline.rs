//! A baseline: the findings that were there when a project began to be checked. They don't count; those that are gone
//! must be taken out, so that it only ever shrinks.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::report::{Report, Suppressed};
use super::rules;
use crate::diagnostic::Diagnostic;
use crate::source::Sources;

/// The form's version.
pub const FORMAT_VERSION: &str = "1.0";

/// The findings that are known.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The form's version.
    pub format_version: String,
    /// What is known, in the order of the report.
    pub findings: Vec<Known>,
}

/// A known finding. The fingerprint counts; the rest is for people.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// See [`super::Finding::fingerprint`].
    pub fingerprint: String,
    /// The rule.
    pub code: String,
    /// The file.
    pub file: String,
    /// What was said.
    pub message: String,
}

impl Baseline {
    /// Everything that counts in a report. What can only be mended is left out: it stays a finding.
    pub fn of(report: &Report, sources: &Sources) -> Baseline {
        let countable = report.findings.iter().filter(|finding| {
            let mendable = finding.rule.is_some_and(|rule| rule.must_be_mended(finding.diagnostic.severity));
            !mendable && matches!(finding.suppressed, None | Some(Suppressed::Baseline))
        });
        let known = countable.map(|finding| Known {
            fingerprint: finding.fingerprint.clone(),
            code: finding.diagnostic.code.to_owned(),
            file: finding.diagnostic.span().map_or_else(String::new, |span| sources.get(span.file).name.clone()),
            message: finding.diagnostic.message.clone(),
        });
        Baseline { format_version: FORMAT_VERSION.to_owned(), findings: known.collect() }
    }

    /// Marks what is known; a finding for what is known and gone. `name` is that of the baseline's file.
    pub fn apply(&self, report: &mut Report, name: &str) -> Option<Diagnostic> {
        let mut known: BTreeSet<&str> = self.findings.iter().map(|it| &*it.fingerprint).collect();
        for finding in &mut report.findings {
            let mendable = finding.rule.is_some_and(|rule| rule.must_be_mended(finding.diagnostic.severity));
            if known.remove(&*finding.fingerprint) && finding.suppressed.is_none() && !mendable {
                finding.suppressed = Some(Suppressed::Baseline);
            }
        }
        if known.is_empty() {
            return None;
        }
        let gone: Vec<_> = self.findings.iter().filter(|it| known.contains(&*it.fingerprint)).collect();
        let message = format!("{} of the baseline `{name}` are no longer found", gone.len());
        let mut finding = rules::RULE_BASELINE.finding(message);
        for known in gone.iter().take(10) {
            finding = finding.note(format!("{} {}: {}", known.file, known.code, known.message));
        }
        Some(finding.help("take them out, so that they cannot come back: `--write-baseline`"))
    }
}
