//! Findings for people: what, where (the text underlined), why, and how to mend it.

use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents,
};

use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::source::{FileId, SourceFile, Sources};

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
struct Report<'a> {
    head: String,
    message: String,
    severity: Severity,
    help: Option<String>,
    source: Option<Excerpt<'a>>,
    labels: Vec<LabeledSpan>,
    others: Vec<Report<'a>>,
}

impl<'a> Report<'a> {
    fn new(finding: &Diagnostic, sources: &'a Sources) -> Self {
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
            source: Some(Excerpt(sources.get(*file))),
            labels: labels(sources, &finding.labels, *file),
            others: Vec::new(),
        };
        Report {
            head: format!("{}[{}]", finding.severity.word(), finding.code),
            message: safe(&finding.message),
            severity: finding.severity,
            help: finding.help.as_ref().map(|help| safe(help)),
            source: main.map(|file| Excerpt(sources.get(file))),
            labels: main.map(|file| labels(sources, &finding.labels, file)).unwrap_or_default(),
            others: files.iter().skip(1).map(elsewhere).collect(),
        }
    }
}

/// A file as miette reads it. Only the lines around a place are looked at: miette itself looks for them from the start
/// of a text, which takes minutes where there are thousands of findings in a large one.
struct Excerpt<'a>(&'a SourceFile);

impl SourceCode for Excerpt<'_> {
    fn read_span<'t>(
        &'t self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'t> + 't>, MietteError> {
        let text = self.0.text.as_bytes();
        let is_end = |byte: &u8| *byte == b'\n';
        let line_start = |at: usize| text[..at].iter().rposition(is_end).map_or(0, |found| found + 1);
        let line_end = |at: usize| text[at..].iter().position(is_end).map_or(text.len(), |found| at + found + 1);
        let mut start = line_start(span.offset().min(text.len()));
        let mut end = line_end((span.offset() + span.len()).min(text.len()));
        for _ in 0..=before {
            start = line_start(start.saturating_sub(1));
        }
        for _ in 0..=after {
            end = line_end(end);
        }
        let within = SourceSpan::new((span.offset() - start).into(), span.len());
        let found = text[start..end].read_span(&within, before, after)?;
        let lines = self.0.position(start as u32).line - 1;
        Ok(Box::new(MietteSpanContents::new_named(
            self.0.name.clone(),
            found.data(),
            SourceSpan::new((found.span().offset() + start).into(), found.span().len()),
            found.line() + lines,
            found.column(),
            found.line_count() + lines,
        )))
    }
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

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
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
