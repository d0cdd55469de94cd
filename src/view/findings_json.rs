//! Findings for machines: versioned JSON.

use serde::Serialize;

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Position, Sources, Span};

/// The version of the form. Minor numbers add fields.
const FORMAT_VERSION: &str = "1.0";

#[derive(Serialize)]
struct Report<'a> {
    format_version: &'static str,
    errors: usize,
    warnings: usize,
    findings: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Finding<'a> {
    code: &'a str,
    severity: &'static str,
    message: &'a str,
    labels: Vec<Label<'a>>,
    notes: &'a [String],
    help: Option<&'a str>,
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

/// All findings as one JSON document. Lines and columns count from 1; the end is the first column behind the text.
pub fn findings_json(findings: &[Diagnostic], sources: &Sources) -> String {
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let report = Report {
        format_version: FORMAT_VERSION,
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        findings: findings.iter().map(|finding| self::finding(finding, sources)).collect(),
    };
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}

fn finding<'a>(finding: &'a Diagnostic, sources: &'a Sources) -> Finding<'a> {
    Finding {
        code: finding.code,
        severity: finding.severity.word(),
        message: &finding.message,
        labels: finding.labels.iter().map(|it| label(it.span, &it.text, sources)).collect(),
        notes: &finding.notes,
        help: finding.help.as_deref(),
    }
}

fn label<'a>(span: Span, text: &'a str, sources: &'a Sources) -> Label<'a> {
    let file = sources.get(span.file);
    let (Position { line, column }, end) = (file.position(span.start), file.position(span.end));
    Label { file: &file.name, line, column, end_line: end.line, end_column: end.column, text }
}
