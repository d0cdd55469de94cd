//! GitLab's code quality report: a subset of the Code Climate form.

use serde_json::{Value, json};

use super::place;
use crate::diagnostic::Severity;
use crate::lint::{Finding, Report};
use crate::source::Sources;

pub(super) fn write(report: &Report, sources: &Sources) -> String {
    let issues: Vec<Value> = report.active().map(|finding| issue(finding, sources)).collect();
    serde_json::to_string_pretty(&issues).unwrap_or_default() + "\n"
}

fn issue(finding: &Finding, sources: &Sources) -> Value {
    let diagnostic = &finding.diagnostic;
    let severity = match diagnostic.severity {
        Severity::Error => "critical",
        Severity::Warning => "major",
        Severity::Info => "info",
    };
    let at = place(diagnostic.span(), sources);
    let (begin, end) = at.as_ref().map_or((1, 1), |at| (at.start.line, at.end.line));
    json!({
        "description": format!("{}: {}", diagnostic.code, diagnostic.message),
        "check_name": finding.rule.map_or(diagnostic.code, |rule| rule.name),
        "fingerprint": finding.fingerprint,
        "severity": severity,
        "location": {
            "path": at.as_ref().map_or("", |at| at.file),
            "lines": { "begin": begin, "end": end },
        },
    })
}
