//! The canonical model as text: YAML or JSON.

use std::io::{self, BufWriter, Write};

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::compose::{Model, Section};
use crate::yaml::{self, Node, Style, Value};

/// The form of a printed model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelFormat {
    /// YAML.
    Yaml,
    /// JSON.
    Json,
}

/// A model as text that docker compose reads as the same project: unless variables were left as they are (`literal`),
/// each dollar sign is doubled.
pub fn model(model: &Model, format: ModelFormat, literal: bool) -> String {
    let mut text = Vec::new();
    // A list takes whatever is written to it.
    let _ = write_model(model, format, literal, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// [`model`], written while it is made: service by service, so that there is never a large part of it at a time.
pub fn write_model(model: &Model, format: ModelFormat, literal: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(PART, Dollars { out, literal });
    match format {
        ModelFormat::Yaml => yaml(model, &mut out)?,
        ModelFormat::Json => {
            serde_json::to_writer_pretty(&mut out, &Whole(model))?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()
}

/// How much is written at a time, in bytes.
const PART: usize = 64 << 10;

/// Doubles each dollar sign, unless they are left as they are (`literal`).
struct Dollars<'a> {
    out: &'a mut dyn Write,
    literal: bool,
}

impl Write for Dollars<'_> {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        if self.literal || !part.contains(&b'$') {
            self.out.write_all(part)?;
        } else {
            for piece in part.split_inclusive(|byte| *byte == b'$') {
                self.out.write_all(piece)?;
                if piece.ends_with(b"$") {
                    self.out.write_all(b"$")?;
                }
            }
        }
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn yaml(model: &Model, out: &mut dyn Write) -> io::Result<()> {
    let mut text = String::new();
    for (key, _, section) in model.sections() {
        match section {
            Section::Whole(node) => yaml::write_entry(&mut text, &key, &node, 0),
            Section::Services => {
                let mut services = model.services().peekable();
                let none = services.peek().is_none();
                text.push_str(if none { "services: {}\n" } else { "services:\n" });
                for (name, entry) in services {
                    yaml::write_entry(&mut text, &name, &entry.value, 1);
                    out.write_all(text.as_bytes())?;
                    text.clear();
                }
            }
        }
        out.write_all(text.as_bytes())?;
        text.clear();
    }
    Ok(())
}

/// A model as JSON.
struct Whole<'a>(&'a Model<'a>);

/// The services of a model.
struct Services<'a>(&'a Model<'a>);

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, _, section) in self.0.sections() {
            match section {
                Section::Whole(node) => map.serialize_entry(&*key, &Canonical(&node))?,
                Section::Services => map.serialize_entry(&*key, &Services(self.0))?,
            }
        }
        map.end()
    }
}

impl Serialize for Services<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, entry) in self.0.services() {
            map.serialize_entry(&*name, &Canonical(&entry.value))?;
        }
        map.end()
    }
}

/// A canonical tree as JSON.
pub(super) struct Canonical<'a>(pub(super) &'a Node);

impl Serialize for Canonical<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0.value {
            Value::Null => serializer.serialize_unit(),
            Value::Scalar(scalar) if scalar.style == Style::Plain => {
                let text = &*scalar.text;
                // Only a float has a negative zero.
                if let Some(whole) = text.parse::<i64>().ok().filter(|_| text != "-0") {
                    serializer.serialize_i64(whole)
                } else if let Ok(number) = text.parse::<f64>() {
                    serializer.serialize_f64(number)
                } else {
                    serializer.serialize_bool(text == "true")
                }
            }
            Value::Scalar(scalar) => serializer.serialize_str(&scalar.text),
            Value::Sequence(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items.iter() {
                    list.serialize_element(&Canonical(item))?;
                }
                list.end()
            }
            Value::Mapping(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, entry) in entries.iter() {
                    map.serialize_entry(&**key, &Canonical(&entry.value))?;
                }
                map.end()
            }
        }
    }
}
