//! Workflow commands of GitHub Actions: annotations at the lines of a change. It shows ten of each kind for a step, so
//! that the gravest come first and the sum comes last.

use super::place;
use crate::diagnostic::Severity;
use crate::lint::{Finding, Report};
use crate::source::Sources;

pub(super) fn write(report: &Report, sources: &Sources) -> String {
    let mut findings: Vec<&Finding> = report.active().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.diagnostic.severity));
    let mut text: String = findings.iter().map(|finding| line(finding, sources)).collect();
    let count = |severity| report.count(severity);
    let (errors, warnings, infos) = (count(Severity::Error), count(Severity::Warning), count(Severity::Info));
    text.push_str(&format!("planner: {errors} errors, {warnings} warnings, {infos} notes\n"));
    text
}

fn line(finding: &Finding, sources: &Sources) -> String {
    let diagnostic = &finding.diagnostic;
    let kind = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let at = place(diagnostic.span(), sources).map_or_else(String::new, |at| {
        let (start, end) = (at.start, at.end);
        // Columns are of one line only.
        let columns = if start.line == end.line {
            format!(",col={},endColumn={}", start.column, end.column)
        } else {
            String::new()
        };
        format!("file={},line={},endLine={}{columns},", property(at.file), start.line, end.line)
    });
    let name = finding.rule.map_or_else(String::new, |rule| format!(" {}", rule.name));
    let title = property(&format!("{}{name}", diagnostic.code));
    let help = diagnostic.help.iter().map(|help| format!("\nhelp: {help}"));
    let message: String = std::iter::once(diagnostic.message.clone()).chain(help).collect();
    format!("::{kind} {at}title={title}::{}\n", data(&message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
