//! The canonical model as text: YAML or JSON.

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
    let text = match format {
        ModelFormat::Yaml => yaml(model),
        ModelFormat::Json => serde_json::to_string_pretty(&Whole(model)).unwrap_or_default() + "\n",
    };
    if literal || !text.contains('$') { text } else { text.replace('$', "$$") }
}

/// Service by service, so that there is no more than one canonical tree at a time.
fn yaml(model: &Model) -> String {
    let mut text = String::new();
    for (key, _, section) in model.sections() {
        match section {
            Section::Whole(node) => yaml::write_entry(&mut text, &key, &node, 0),
            Section::Services => {
                let start = text.len();
                text.push_str("services:\n");
                let headed = text.len();
                model.services().for_each(|(name, entry)| yaml::write_entry(&mut text, &name, &entry.value, 1));
                if text.len() == headed {
                    text.truncate(start);
                    text.push_str("services: {}\n");
                }
            }
        }
    }
    text
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
                if let Ok(whole) = text.parse::<i64>() {
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
