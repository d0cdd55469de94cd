//! SARIF 2.1.0, the OASIS standard for results of static analysis, as GitHub code scanning takes it.

use serde_json::{Map, Value, json};

use super::{Place, place};
use crate::diagnostic::{Diagnostic, Fix, Severity};
use crate::lint::{Finding, Group, Report, Rule, Suppressed, all, page};
use crate::source::Sources;
use crate::view::Refused;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// GitHub takes no more in one run.
const MOST_RESULTS: usize = 25_000;

pub(super) fn write(report: &Report, refused: &[Refused], sources: &Sources) -> String {
    let used: Vec<&Rule> =
        all().filter(|rule| report.findings.iter().any(|it| it.diagnostic.code == rule.code)).collect();
    let results = report.findings.iter().take(MOST_RESULTS);
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "planner",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": used.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results.map(|finding| result(finding, &used, sources)).collect::<Vec<_>>(),
            "properties": { "refused": refused },
        }],
    });
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

fn descriptor(rule: &Rule) -> Value {
    let name: String = rule.name.split('-').map(capital).collect();
    let tags = if rule.code.starts_with('S') { vec!["security"] } else { vec!["correctness"] };
    json!({
        "id": rule.code,
        "name": name,
        "shortDescription": { "text": rule.summary },
        "fullDescription": { "text": rule.why },
        "help": { "text": rule.why, "markdown": page(rule, 1) },
        "defaultConfiguration": { "level": level(rule.severity), "enabled": rule.group == Group::Default },
        "properties": { "tags": tags },
    })
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result(finding: &Finding, rules: &[&Rule], sources: &Sources) -> Value {
    let diagnostic = &finding.diagnostic;
    let mut result = Map::new();
    result.insert("ruleId".into(), json!(diagnostic.code));
    if let Some(index) = rules.iter().position(|rule| rule.code == diagnostic.code) {
        result.insert("ruleIndex".into(), json!(index));
    }
    result.insert("level".into(), json!(level(diagnostic.severity)));
    result.insert("message".into(), json!({ "text": message(diagnostic) }));
    let at = place(diagnostic.span(), sources);
    result.insert("locations".into(), json!(at.iter().map(|at| location(at, None)).collect::<Vec<_>>()));
    let related = diagnostic.labels.iter().skip(1).filter_map(|label| Some((place(Some(label.span), sources)?, label)));
    let related: Vec<Value> = related.map(|(at, label)| location(&at, Some(&label.text))).collect();
    if !related.is_empty() {
        result.insert("relatedLocations".into(), json!(related));
    }
    result.insert("partialFingerprints".into(), json!({ "planner/v1": finding.fingerprint }));
    if let Some(fix) = &diagnostic.fix {
        result.insert("fixes".into(), json!([self::fix(fix, diagnostic.help.as_deref(), sources)]));
    }
    let suppressions = finding.suppressed.as_ref().map(|suppressed| match suppressed {
        Suppressed::InSource(reason) => json!({ "kind": "inSource", "justification": reason }),
        Suppressed::InSettings(reason) => json!({ "kind": "external", "justification": reason }),
        Suppressed::Baseline => json!({ "kind": "external", "justification": "in the baseline" }),
    });
    result.insert("suppressions".into(), json!(suppressions.into_iter().collect::<Vec<_>>()));
    Value::Object(result)
}

fn message(diagnostic: &Diagnostic) -> String {
    let notes = diagnostic.notes.iter().map(|note| format!("\n{note}"));
    let help = diagnostic.help.iter().map(|help| format!("\nhelp: {help}"));
    std::iter::once(diagnostic.message.clone()).chain(notes).chain(help).collect()
}

fn location(at: &Place<'_>, text: Option<&str>) -> Value {
    let mut location = json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(at.file) },
        "region": region(at),
    }});
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        location["message"] = json!({ "text": text });
    }
    location
}

fn region(at: &Place<'_>) -> Value {
    json!({
        "startLine": at.start.line,
        "startColumn": at.start.column,
        "endLine": at.end.line,
        "endColumn": at.end.column,
    })
}

/// The path as a reference: what has a meaning in addresses is escaped.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/+@,".contains(&byte);
    path.replace('\\', "/")
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn fix(fix: &Fix, help: Option<&str>, sources: &Sources) -> Value {
    let changes = fix.edits.iter().filter_map(|edit| {
        let at = place(Some(edit.span), sources)?;
        Some(json!({
            "artifactLocation": { "uri": uri(at.file) },
            "replacements": [{ "deletedRegion": region(&at), "insertedContent": { "text": edit.text } }],
        }))
    });
    json!({
        "description": { "text": help.unwrap_or("mend it") },
        "artifactChanges": changes.collect::<Vec<_>>(),
    })
}
