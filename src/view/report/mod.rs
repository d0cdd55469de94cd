//! A check's findings in the form that is asked for.

mod concise;
mod github;
mod gitlab;
mod human;
mod json;
mod junit;
mod sarif;

use crate::lint::Report;
use crate::source::{Position, Sources, Span};

use super::{Refused, Style};

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people: the text underlined.
    Human,
    /// A line for each finding: `file:line:column: severity[code] message`.
    Concise,
    /// Versioned JSON; see `docs/formats.md`.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// JUnit's XML.
    Junit,
}

/// All of a report as text, with what stacks that do not fit are told beside their findings.
pub fn report(report: &Report, refused: &[Refused], sources: &Sources, format: Format, style: Style) -> String {
    match format {
        Format::Human => human::write(report, refused, sources, style),
        Format::Concise => concise::write(report, sources),
        Format::Json => json::write(report, refused, sources),
        Format::Sarif => sarif::write(report, refused, sources),
        Format::Github => github::write(report, sources),
        Format::Gitlab => gitlab::write(report, sources),
        Format::Junit => junit::write(report, sources),
    }
}

/// Where a finding stands, for forms that have lines only.
struct Place<'a> {
    file: &'a str,
    start: Position,
    end: Position,
}

fn place<'a>(span: Option<Span>, sources: &'a Sources) -> Option<Place<'a>> {
    let span = span?;
    let file = sources.get(span.file);
    Some(Place { file: &file.name, start: file.position(span.start), end: file.position(span.end) })
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
