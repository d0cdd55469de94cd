//! JUnit's XML: a suite for each file, a case for each finding; a file without findings is one case that passed.

use std::collections::BTreeMap;

use super::place;
use crate::diagnostic::Severity;
use crate::lint::{Finding, Report};
use crate::source::Sources;

pub(super) fn write(report: &Report, sources: &Sources) -> String {
    let mut suites: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for (_, file) in sources.iter().filter(|(_, file)| file.name.ends_with("ml")) {
        suites.entry(&file.name).or_default();
    }
    for finding in report.active() {
        let file = place(finding.diagnostic.span(), sources).map_or("planner", |at| at.file);
        suites.entry(file).or_default().push(finding);
    }
    let failed = |findings: &[&Finding]| findings.iter().filter(|it| it.diagnostic.severity > Severity::Info).count();
    let tests: usize = suites.values().map(|findings| findings.len().max(1)).sum();
    let failures: usize = suites.values().map(|findings| failed(findings)).sum();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text.push_str(&format!("<testsuites name=\"planner\" tests=\"{tests}\" failures=\"{failures}\">\n"));
    for (file, findings) in suites {
        let (name, tests, failures) = (escape(file), findings.len().max(1), failed(&findings));
        text.push_str(&format!("  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\">\n"));
        if findings.is_empty() {
            text.push_str(&format!("    <testcase classname=\"{name}\" name=\"no findings\"/>\n"));
        }
        findings.iter().for_each(|finding| text.push_str(&case(&name, finding, sources)));
        text.push_str("  </testsuite>\n");
    }
    text + "</testsuites>\n"
}

fn case(file: &str, finding: &Finding, sources: &Sources) -> String {
    let diagnostic = &finding.diagnostic;
    let at = diagnostic.span().map(|span| sources.locate(span)).unwrap_or_default();
    let name = escape(&format!("{} {at}", diagnostic.code));
    let help = diagnostic.help.iter().map(|help| format!("\nhelp: {help}"));
    let body: String = [format!("{at}\n{}", diagnostic.message)].into_iter().chain(help).collect();
    let body = escape(&body);
    let message = escape(&diagnostic.message);
    let kind = diagnostic.severity.word();
    let inner = if diagnostic.severity > Severity::Info {
        format!("<failure type=\"{kind}\" message=\"{message}\">{body}</failure>")
    } else {
        format!("<system-out>{body}</system-out>")
    };
    format!("    <testcase classname=\"{file}\" name=\"{name}\">{inner}</testcase>\n")
}

/// Text for XML; what XML cannot hold at all is left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            c if c.is_control() && c != '\t' => {}
            c => out.push(c),
        }
    }
    out
}
