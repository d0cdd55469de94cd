//! Findings for people: what, where (the text underlined), why, and how to mend it.

use std::fmt;
use std::sync::Arc;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::source::{FileId, Sources};

use super::style::{Style, safe};

/// Longer lines are not drawn.
const WIDEST: usize = 2000;

/// All findings as text, each with an empty line behind it.
pub fn findings(findings: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let theme = match (style.color, style.unicode) {
        (true, true) => GraphicalTheme::unicode(),
        (false, true) => GraphicalTheme::unicode_nocolor(),
        (true, false) | (false, false) => GraphicalTheme::none(),
    };
    // Unwrapped text stays whole in pipes and files; a terminal's width is respected within reason.
    let width = style.width.map_or(500, |width| usize::from(width).clamp(60, 160));
    let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_context_lines(1).with_links(false);
    let mut text = String::new();
    for finding in findings {
        let mut one = String::new();
        if let Some(place) = too_wide(finding, sources) {
            let Diagnostic { severity, code, message, .. } = finding;
            text.push_str(&format!("{}[{code}]: {}\n  at {}\n", severity.word(), safe(message), safe(&place)));
            text.extend(finding.help.iter().map(|help| format!("  help: {}\n", safe(help))));
            text.push('\n');
            continue;
        }
        if handler.render_report(&mut one, &Report::new(finding, sources)).is_err() {
            one.clone_from(&finding.message);
        }
        let lines = one.trim_matches('\n').lines().map(|line| format!("{}\n", line.trim_end()));
        text.extend(lines);
        text.extend(finding.notes.iter().map(|note| format!("  note: {}\n", safe(note).replace('\n', "\n        "))));
        text.push('\n');
    }
    text
}

/// The place of a finding in lines that are too long to be drawn: no screen holds them, and no drawing.
fn too_wide(finding: &Diagnostic, sources: &Sources) -> Option<String> {
    let around = |label: &Label| {
        let text = &*sources.get(label.span.file).text;
        let at = label.span.range().start.min(text.len());
        let before = text.as_bytes()[..at].iter().rev().take(WIDEST + 1);
        let after = text.as_bytes()[at..].iter().take(WIDEST + 1);
        before.take_while(|byte| **byte != b'\n').count() + after.take_while(|byte| **byte != b'\n').count()
    };
    let wide = finding.labels.iter().any(|label| around(label) > WIDEST);
    wide.then(|| finding.span().map(|span| sources.locate(span))).flatten()
}

/// A finding in miette's terms. It knows one source for each report: places in other files become reports below it.
struct Report {
    head: String,
    message: String,
    severity: Severity,
    help: Option<String>,
    source: Option<NamedSource<Arc<str>>>,
    labels: Vec<LabeledSpan>,
    others: Vec<Report>,
}

impl Report {
    fn new(finding: &Diagnostic, sources: &Sources) -> Self {
        let mut files: Vec<FileId> = Vec::new();
        for label in &finding.labels {
            if !files.contains(&label.span.file) {
                files.push(label.span.file);
            }
        }
        let main = files.first().copied();
        let elsewhere = |file: &FileId| Report {
            head: String::new(),
            message: "see also".to_owned(),
            severity: Severity::Info,
            help: None,
            source: Some(named(sources, *file)),
            labels: labels(sources, &finding.labels, *file),
            others: Vec::new(),
        };
        Report {
            head: format!("{}[{}]", finding.severity.word(), finding.code),
            message: safe(&finding.message),
            severity: finding.severity,
            help: finding.help.as_ref().map(|help| safe(help)),
            source: main.map(|file| named(sources, file)),
            labels: main.map(|file| labels(sources, &finding.labels, file)).unwrap_or_default(),
            others: files.iter().skip(1).map(elsewhere).collect(),
        }
    }
}

fn named(sources: &Sources, file: FileId) -> NamedSource<Arc<str>> {
    let file = sources.get(file);
    NamedSource::new(&file.name, file.text.clone())
}

fn labels(sources: &Sources, labels: &[Label], file: FileId) -> Vec<LabeledSpan> {
    let mut shown: Vec<LabeledSpan> = Vec::new();
    for (index, label) in labels.iter().enumerate().filter(|(_, label)| label.span.file == file) {
        let text = (!label.text.is_empty()).then(|| safe(&label.text));
        // Of what goes over several lines, the first is enough to find it.
        let length = sources.slice(label.span).lines().next().map_or(0, str::len);
        let span = (label.span.range().start, length);
        shown.push(if index == 0 {
            LabeledSpan::new_primary_with_span(text, span)
        } else {
            LabeledSpan::new_with_span(text, span)
        });
    }
    shown
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report {}

impl miette::Diagnostic for Report {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.head.is_empty()).then(|| Box::new(&self.head) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Info => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        Some(Box::new(self.others.iter().map(|other| other as &dyn miette::Diagnostic)))
    }
}
