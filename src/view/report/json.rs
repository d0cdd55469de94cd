//! Findings for programs: versioned JSON, described in `docs/formats.md`.

use serde::Serialize;

use super::place;
use crate::diagnostic::Severity;
use crate::lint::{Finding, Report, Suppressed};
use crate::source::{Sources, Span};
use crate::view::Refused;

/// The version of the form. Minor numbers add fields.
const FORMAT_VERSION: &str = "1.3";

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    errors: usize,
    warnings: usize,
    infos: usize,
    findings: Vec<Item<'a>>,
    refused: &'a [Refused],
}

#[derive(Serialize)]
struct Item<'a> {
    code: &'a str,
    rule: Option<&'a str>,
    severity: &'static str,
    message: &'a str,
    service: Option<&'a str>,
    labels: Vec<Label<'a>>,
    notes: &'a [String],
    help: Option<&'a str>,
    fix: Option<Fix<'a>>,
    fingerprint: &'a str,
    suppressed: Option<Suppression<'a>>,
}

#[derive(Serialize)]
struct Label<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    text: &'a str,
}

#[derive(Serialize)]
struct Fix<'a> {
    safe: bool,
    edits: Vec<Label<'a>>,
}

#[derive(Serialize)]
struct Suppression<'a> {
    by: &'static str,
    reason: Option<&'a str>,
}

/// One JSON document. Lines and columns count from 1; the end is the first column behind the text.
pub(super) fn write(report: &Report, refused: &[Refused], sources: &Sources) -> String {
    let document = Document {
        format_version: FORMAT_VERSION,
        errors: report.count(Severity::Error),
        warnings: report.count(Severity::Warning),
        infos: report.count(Severity::Info),
        findings: report.findings.iter().map(|finding| item(finding, sources)).collect(),
        refused,
    };
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

fn item<'a>(finding: &'a Finding, sources: &'a Sources) -> Item<'a> {
    let diagnostic = &finding.diagnostic;
    Item {
        code: diagnostic.code,
        rule: finding.rule.map(|rule| rule.name),
        severity: diagnostic.severity.word(),
        message: &diagnostic.message,
        service: finding.service.as_deref(),
        labels: diagnostic.labels.iter().filter_map(|it| label(it.span, &it.text, sources)).collect(),
        notes: &diagnostic.notes,
        help: diagnostic.help.as_deref(),
        fix: diagnostic.fix.as_ref().map(|fix| Fix {
            safe: fix.safe,
            edits: fix.edits.iter().filter_map(|edit| label(edit.span, &edit.text, sources)).collect(),
        }),
        fingerprint: &finding.fingerprint,
        suppressed: finding.suppressed.as_ref().map(|suppressed| match suppressed {
            Suppressed::InSource(reason) => Suppression { by: "comment", reason: Some(reason) },
            Suppressed::InSettings(reason) => Suppression { by: "settings", reason: Some(reason) },
            Suppressed::Baseline => Suppression { by: "baseline", reason: None },
        }),
    }
}

fn label<'a>(span: Span, text: &'a str, sources: &'a Sources) -> Option<Label<'a>> {
    let at = place(Some(span), sources)?;
    Some(Label {
        file: at.file,
        line: at.start.line,
        column: at.start.column,
        end_line: at.end.line,
        end_column: at.end.column,
        text,
    })
}
