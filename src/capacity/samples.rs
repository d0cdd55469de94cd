//! Samples of what containers used, as a monitor writes them: CSV with a head, or a JSON list of objects.

use std::ops::Range;

use serde::Deserialize;

use crate::units::{Bytes, Cpu};

/// What one container used at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Its service, where that is told.
    pub service: Option<String>,
    /// Its name, where that is told.
    pub container: Option<String>,
    /// CPU in thousandths of a core.
    pub cpu: u64,
    /// Memory in bytes.
    pub memory: u64,
}

impl Sample {
    /// What a container uses.
    pub fn of_container(name: String, cpu: u64, memory: u64) -> Sample {
        Sample { service: None, container: Some(name), cpu, memory }
    }
}

/// What all that runs on a machine uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineUse {
    /// Its name.
    pub machine: String,
    /// How many containers run there, of whatever project.
    pub running: usize,
    /// What each uses; those of which the engine tells nothing are missing.
    pub containers: Vec<Sample>,
}

/// What is of a project, by the names of containers.
pub fn samples_of(project: &str, used: &[MachineUse]) -> Vec<Sample> {
    let prefix = format!("{project}-");
    let own = |sample: &&Sample| sample.container.as_deref().is_some_and(|name| name.starts_with(&prefix));
    used.iter().flat_map(|machine| &machine.containers).filter(own).cloned().collect()
}

/// What is wrong with samples, and where in their text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The bytes that are wrong.
    pub range: Range<usize>,
    /// What is wrong with them.
    pub message: String,
    /// How to mend it.
    pub help: &'static str,
}

const FORM: &str =
    "CSV whose first line names the columns: service (or container), cpu, memory; or a JSON list of such objects";
const CPU: &str = "cores such as 0.25, thousandths such as 250m, or percent of a core such as 25%";
const MEMORY: &str = "bytes, or a size such as 512m or 1.5GiB";

/// Reads samples.
///
/// # Errors
/// At the first thing that cannot be read.
pub fn samples(text: &str) -> Result<Vec<Sample>, Mistake> {
    if text.trim_start().starts_with(['[', '{']) { json(text) } else { csv(text) }
}

#[derive(Deserialize)]
struct Written {
    service: Option<String>,
    container: Option<String>,
    cpu: Amount,
    memory: Amount,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Amount {
    Number(serde_json::Number),
    Text(String),
}

impl Amount {
    fn text(&self) -> String {
        match self {
            Amount::Number(number) => number.to_string(),
            Amount::Text(text) => text.clone(),
        }
    }
}

fn json(text: &str) -> Result<Vec<Sample>, Mistake> {
    let skipped = |at: usize| at + (text[at..].len() - text[at..].trim_start().len());
    let no_list = |at: usize, what: &str| Mistake {
        range: at..at + text[at..].chars().next().map_or(0, char::len_utf8),
        message: format!("this is no list of samples: {what}"),
        help: FORM,
    };
    let mut at = skipped(0);
    if !text[at..].starts_with('[') {
        return Err(no_list(at, "it begins with no `[`"));
    }
    let mut samples = Vec::new();
    at = skipped(at + 1);
    // Each by itself, so that it is known where the wrong one stands.
    while !text[at..].starts_with(']') {
        let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter::<serde_json::Value>();
        let value = match values.next() {
            Some(Ok(value)) => value,
            Some(Err(error)) => {
                let place = place(&text[at..], error.line(), error.column());
                return Err(no_list(at + place, &without_place(&error)));
            }
            None => return Err(no_list(at, "it ends without a `]`")),
        };
        let range = at..at + values.byte_offset();
        samples.push(sample(value).map_err(|(message, help)| Mistake { range: range.clone(), message, help })?);
        at = skipped(range.end);
        match text[at..].chars().next() {
            Some(',') => at = skipped(at + 1),
            Some(']') => {}
            _ => return Err(no_list(at, "a `,` or `]` is missing")),
        }
    }
    match skipped(at + 1) {
        end if end == text.len() => Ok(samples),
        more => Err(no_list(more, "there is more behind it")),
    }
}

fn sample(value: serde_json::Value) -> Result<Sample, (String, &'static str)> {
    let written: Written =
        serde_json::from_value(value).map_err(|error| (format!("this is no sample: {error}"), FORM))?;
    if written.service.is_none() && written.container.is_none() {
        return Err(("this sample names neither a `service` nor a `container`".to_owned(), FORM));
    }
    Ok(Sample {
        cpu: cpu(&written.cpu.text()).map_err(|message| (message, CPU))?,
        memory: memory(&written.memory.text()).map_err(|message| (message, MEMORY))?,
        service: written.service,
        container: written.container,
    })
}

/// The JSON library's words without its own "at line 1 column 2".
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(message, _)| message.to_owned())
}

/// Where a line and column, both from 1, are.
fn place(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut at = (before + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A line's fields, each with where it stands.
fn fields(text: &str, line: Range<usize>) -> Vec<(Range<usize>, &str)> {
    let mut start = line.start;
    let field = |field: &str| {
        let begin = start + (field.len() - field.trim_start().len());
        start += field.len() + 1;
        begin..begin + field.trim().len()
    };
    let ranges: Vec<Range<usize>> = text[line].split(',').map(field).collect();
    ranges.into_iter().map(|range| (range.clone(), text[range].trim_matches('"'))).collect()
}

fn csv(text: &str) -> Result<Vec<Sample>, Mistake> {
    let mut start = 0;
    let lines = text.split_inclusive('\n').map(|line| {
        let range = start..start + line.trim_end().len();
        start += line.len();
        range
    });
    let mut lines = lines.filter(|line| !text[line.clone()].trim().is_empty() && !text[line.clone()].starts_with('#'));
    let Some(first) = lines.next() else {
        return Err(Mistake { range: 0..0, message: "there are no samples here".to_owned(), help: FORM });
    };
    let head = fields(text, first.clone());
    let column = |name: &str| head.iter().position(|(_, field)| field.eq_ignore_ascii_case(name));
    let lacks = |what: &str| {
        let message = format!("no column is called {what}");
        Mistake { range: first.clone(), message, help: FORM }
    };
    let (service, container) = (column("service"), column("container"));
    if service.is_none() && container.is_none() {
        return Err(lacks("`service` or `container`"));
    }
    let (cpu_at, memory_at) =
        (column("cpu").ok_or_else(|| lacks("`cpu`"))?, column("memory").ok_or_else(|| lacks("`memory`"))?);
    let sample = |line: Range<usize>| {
        let fields = fields(text, line.clone());
        if fields.len() != head.len() {
            let message = format!("this line has {} fields, the first has {}", fields.len(), head.len());
            return Err(Mistake { range: line, message, help: FORM });
        }
        let read = |at: usize, read: fn(&str) -> Result<u64, String>, help| {
            let (range, field) = &fields[at];
            read(field).map_err(|message| Mistake { range: range.clone(), message, help })
        };
        let name = |at: Option<usize>| at.map(|at| fields[at].1.to_owned()).filter(|name| !name.is_empty());
        Ok(Sample {
            service: name(service),
            container: name(container),
            cpu: read(cpu_at, cpu, CPU)?,
            memory: read(memory_at, memory, MEMORY)?,
        })
    };
    lines.map(sample).collect()
}

/// `0.25`, `250m`, and `25.00%` as `docker stats` writes it.
fn cpu(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no CPU");
    match text.strip_suffix('%') {
        Some(percent) => Cpu::parse(percent.trim()).map(|it| it.0.div_ceil(100)).map_err(|_| wrong()),
        None => Cpu::parse(text).map(|it| it.0).map_err(|_| wrong()),
    }
}

/// `512m`, and `10.5MiB / 2GiB` as `docker stats` writes it.
fn memory(text: &str) -> Result<u64, String> {
    let used = text.split('/').next().unwrap_or_default().trim();
    Bytes::parse(used).map(|it| it.0).map_err(|_| format!("`{text}` is no amount of memory"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> (&str, String) {
        let mistake = samples(text).unwrap_err();
        (&text[mistake.range], mistake.message)
    }

    #[test]
    fn csv_and_json_say_the_same() {
        let csv = "# by hand\ntimestamp, container,service,cpu, memory\n1,shop-web-1,web,0.25,1m\n\n2,,\"web\",12.5%,2MiB / 1GiB\n";
        let json = r#"[{"timestamp": 1, "container": "shop-web-1", "service": "web", "cpu": 0.25, "memory": 1048576},
            {"service": "web", "cpu": "125m", "memory": "2m"}]"#;
        let read = samples(csv).unwrap();
        assert_eq!(read, samples(json).unwrap());
        assert_eq!((read[1].cpu, read[1].memory, read[1].container.as_deref()), (125, 2 << 20, None));
    }

    #[test]
    fn mistakes_are_where_they_stand() {
        assert_eq!(wrong("service,cpu,memory\nweb,0.1,1m\nweb, much ,1m\n").0, "much");
        assert_eq!(
            wrong("service,cpu,memory\nweb,0.1\n"),
            ("web,0.1", "this line has 2 fields, the first has 3".to_owned())
        );
        assert_eq!(wrong("service,cpu\n"), ("service,cpu", "no column is called `memory`".to_owned()));
        assert_eq!(wrong(r#"[{"service":"a","cpu":1,"memory":1}, {"cpu":1,"memory":1}]"#).0, r#"{"cpu":1,"memory":1}"#);
        assert_eq!(wrong(r#"[{"service":"a","cpu":-1,"memory":1}]"#).1, "`-1` is no CPU");
        assert_eq!(wrong(r#"[{"service":"a","cpu":1,"memory":1}, ü"#).0, "ü");
        assert_eq!(wrong(r#"[{"service":"a","cpu":1,"memory":1} {}]"#).0, "{");
        for text in ["[", "{}", "[] x", "[1]", "[{]"] {
            assert!(wrong(text).1.starts_with("this is no "), "{text}");
        }
        assert_eq!(wrong("").1, "there are no samples here");
    }
}
