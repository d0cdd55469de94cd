//! A refusal for people and machines: what finds no place, and the ways out.

use anstyle::AnsiColor;
use serde::Serialize;

use crate::placement::refusal::{self, Change, Refusal, Statements};
use crate::source::{Sources, Span};
use crate::stack::Stack;

use super::matrix::{self, MatrixRow};
use super::style::{Style, safe};

/// Why a stack does not fit, beside the findings: plain values, in JSON as described in `docs/formats.md`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Refused {
    /// The project.
    pub project: String,
    /// What finds no place, where as much as possible is placed.
    pub without_place: Vec<WithoutPlace>,
    /// How many services find a place all the same.
    pub placed_services: usize,
    /// Why not there: each service of which something finds no place against all machines.
    pub matrices: Vec<ServiceMatrix>,
    /// Sets of statements that cannot hold together.
    pub conflicts: Vec<Conflict>,
    /// The cheapest ways out, each tried.
    pub ways_out: Vec<WayOut>,
}

/// A service of which something finds no place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WithoutPlace {
    /// Its name.
    pub service: String,
    /// So many containers find a place.
    pub placed: u32,
    /// Of so many.
    pub wanted: u32,
}

/// A service against all machines, beside what finds a place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServiceMatrix {
    /// Its name.
    pub service: String,
    /// What the machines answer, those alike in one row.
    pub rows: Vec<MatrixRow>,
}

/// Statements that cannot hold together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conflict {
    /// Whether it is proven that each is needed.
    pub minimal: bool,
    /// What was said, and where.
    pub statements: Vec<Said>,
}

/// Something that was said in a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Said {
    /// In words.
    pub text: String,
    /// Where.
    #[serde(flatten)]
    pub place: Option<Place>,
}

/// A place in a file; lines and columns count from 1, the end is the first column behind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Place {
    /// The file.
    pub file: String,
    /// Where it begins.
    pub line: usize,
    /// In characters.
    pub column: usize,
    /// Where it ends.
    pub end_line: usize,
    /// In characters.
    pub end_column: usize,
}

/// Changes that together make it fit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WayOut {
    /// What they ask of people, in the measure of `docs/placement.md`.
    pub price: u32,
    /// In words.
    pub changes: Vec<String>,
    /// As edits of the files, where all of it can be written so.
    pub edits: Vec<Edit>,
}

/// A place and what is to stand there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Edit {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// What.
    pub text: String,
}

/// The values of a refusal, with the matrices that are asked for.
pub fn refused(refusal: &Refusal, matrices: &[refusal::Matrix], stack: &Stack, sources: &Sources) -> Refused {
    let statements = Statements::of(stack);
    let said = |statement| {
        let (span, text) = statements.label(stack, statement);
        Said { text, place: span.map(|span| place(span, sources)) }
    };
    let without =
        |it: &refusal::Homeless| WithoutPlace { service: it.service.clone(), placed: it.placed, wanted: it.wanted };
    let way = |way: &refusal::WayOut| {
        let edits = refusal::edits(way, stack, sources).unwrap_or_default();
        let edit = |edit: &crate::diagnostic::Edit| Edit { place: place(edit.span, sources), text: edit.text.clone() };
        WayOut {
            price: way.price,
            changes: way.changes.iter().map(Change::describe).collect(),
            edits: edits.iter().map(edit).collect(),
        }
    };
    let against = |it: &refusal::Matrix| ServiceMatrix {
        service: stack.services[it.service].name.clone(),
        rows: matrix::rows(it, stack),
    };
    Refused {
        project: stack.project.clone(),
        without_place: refusal.homeless.iter().map(without).collect(),
        placed_services: stack.services.len() - refusal.homeless.len(),
        matrices: matrices.iter().map(against).collect(),
        conflicts: refusal
            .conflicts
            .iter()
            .map(|it| Conflict { minimal: it.minimal, statements: it.statements.iter().map(said).collect() })
            .collect(),
        ways_out: refusal.ways_out.iter().map(way).collect(),
    }
}

fn place(span: Span, sources: &Sources) -> Place {
    let file = sources.get(span.file);
    let (start, end) = (file.position(span.start), file.position(span.end));
    Place {
        file: file.name.clone(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}

/// For people: behind the findings.
pub fn refusal(refused: &Refused, style: Style) -> String {
    let mut text = String::new();
    if !refused.without_place.is_empty() {
        let shown = refused.without_place.iter().take(MOST_NAMED).map(|it| match it.placed {
            0 => format!("`{}`", it.service),
            placed => format!("{} of {} of `{}`", it.wanted - placed, it.wanted, it.service),
        });
        let more = refused.without_place.len().saturating_sub(MOST_NAMED);
        let more = if more > 0 { format!(" and {more} more services") } else { String::new() };
        let names = safe(&shown.collect::<Vec<_>>().join(", "));
        let rest = match refused.placed_services {
            0 => "nothing else is left to place".to_owned(),
            1 => "the other service finds a place".to_owned(),
            count => format!("the other {count} services find a place"),
        };
        text.push_str(&format!("Without a place: {names}{more}; {rest}.\n\n"));
    }
    if refused.ways_out.is_empty() {
        return text;
    }
    let title = if refused.ways_out.len() == 1 { "A way out" } else { "Ways out" };
    text.push_str(&format!("{}, tried by solving again, the smallest change first:\n", style.bold(title)));
    let rows: Vec<(String, String)> = refused.ways_out.iter().map(row).collect();
    let width = rows.iter().map(|(words, _)| words.chars().count()).max().unwrap_or(0).min(WIDEST);
    for (number, (words, places)) in rows.iter().enumerate() {
        let gap = " ".repeat(width.saturating_sub(words.chars().count()));
        let places = style.paint(AnsiColor::BrightBlack, places);
        text.push_str(format!("  {}. {}{gap}  {places}", number + 1, safe(words)).trim_end());
        text.push('\n');
    }
    text.push('\n');
    text
}

/// So many services are named.
const MOST_NAMED: usize = 8;

/// Places stand in a column unless the words before are wider.
const WIDEST: usize = 64;

fn row(way: &WayOut) -> (String, String) {
    let mut places: Vec<String> =
        way.edits.iter().map(|edit| format!("{}:{}", edit.place.file, edit.place.line)).collect();
    places.dedup();
    (way.changes.join("; "), places.join(", "))
}
