//! Where a value comes from: a line for each place that had a part in it.

use anstyle::AnsiColor;
use serde::Serialize;

use crate::compose::{Part, Provenance, Step};
use crate::source::Sources;
use crate::yaml::{self, Node, Value};

use super::style::{Style, lines, safe};

/// The version of the form. Minor numbers add fields.
const FORMAT_VERSION: &str = "1.0";
/// Longer texts are cut in the table.
const MOST_CHARACTERS: usize = 60;

#[derive(Serialize)]
struct Report<'a> {
    format_version: &'static str,
    path: String,
    value: &'a super::config::Canonical<'a>,
    steps: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    part: &'static str,
    name: Option<&'a str>,
    file: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    text: &'a str,
}

/// For people: the value, and a table of places.
pub fn origin(provenance: &Provenance, sources: &Sources, style: Style) -> String {
    let path = provenance.path.join(".");
    let mut text = format!("{}{}\n\n", style.bold(&safe(&path)), shown(&provenance.value));
    let mut table = style.table();
    for step in &provenance.steps {
        let place = step.span.map_or_else(|| "–".to_owned(), |span| sources.locate(span));
        let what = what(step, &path);
        let what = match step.part {
            Part::Replaced(_) => style.paint(AnsiColor::Yellow, &what),
            _ => what,
        };
        table.add_row([format!("  {}", safe(&place)), cut(&step.text), what]);
    }
    text.push_str(&lines(&table));
    text
}

/// For machines.
pub fn origin_json(provenance: &Provenance, sources: &Sources) -> String {
    let entry = |step| entry(step, sources);
    let report = Report {
        format_version: FORMAT_VERSION,
        path: provenance.path.join("."),
        value: &super::config::Canonical(&provenance.value),
        steps: provenance.steps.iter().map(entry).collect(),
    };
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}

fn entry<'a>(step: &'a Step, sources: &'a Sources) -> Entry<'a> {
    let (part, name) = match &step.part {
        Part::Written(path) => ("written", Some(path)),
        Part::Replaced(path) => ("replaced", Some(path)),
        Part::Alias => ("alias", None),
        Part::Variable(name) => ("variable", Some(name)),
        Part::Unset(name) => ("unset", Some(name)),
        Part::Extended(base) => ("extended", Some(base)),
        Part::Included => ("included", None),
        Part::EnvFile => ("env_file", None),
        Part::Default => ("default", None),
    };
    let place = step.span.map(|span| (&*sources.get(span.file).name, sources.get(span.file).position(span.start)));
    Entry {
        part,
        name: name.map(String::as_str),
        file: place.map(|(file, _)| file),
        line: place.map(|(_, position)| position.line),
        column: place.map(|(_, position)| position.column),
        text: &step.text,
    }
}

fn what(step: &Step, path: &str) -> String {
    let elsewhere = |written: &str| if written == path { String::new() } else { format!(", as `{written}`") };
    safe(&match &step.part {
        Part::Written(written) => format!("written{}", elsewhere(written)),
        Part::Replaced(written) => format!("written{}, and replaced by what follows", elsewhere(written)),
        Part::Alias => "brought here by an alias".to_owned(),
        Part::Variable(name) if step.span.is_none() => format!("the environment gives `{name}`"),
        Part::Variable(name) => format!("gives `{name}`"),
        Part::Unset(name) => format!("`{name}` is not set: its default, or nothing, is put in"),
        Part::Extended(base) => format!("taken over from the service `{base}`"),
        Part::Included => "the file is included".to_owned(),
        Part::EnvFile => "an env file gives it".to_owned(),
        Part::Default => "no file says it: docker compose fills it in".to_owned(),
    })
}

fn shown(value: &Node) -> String {
    match &value.value {
        Value::Null => ": (no value)".to_owned(),
        Value::Scalar(scalar) if !scalar.text.contains('\n') => format!(": {}", safe(&scalar.text)),
        _ => {
            let text = yaml::write(value);
            let indented: Vec<String> = text.lines().map(|line| format!("  {line}")).collect();
            format!(":\n{}", safe(&indented.join("\n")))
        }
    }
}

/// The first line, and not too much of it.
fn cut(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let short: String = line.chars().take(MOST_CHARACTERS).collect();
    let more = short.len() < line.len() || text.lines().nth(1).is_some();
    safe(&if more { short + " …" } else { short })
}
