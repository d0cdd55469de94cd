//! The canonical model as text: YAML or JSON.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::yaml::{self, Node, Style, Value};

/// The form of a printed model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelFormat {
    /// YAML.
    Yaml,
    /// JSON.
    Json,
}

/// A canonical tree as text that docker compose reads as the same project: unless variables were left as they are
/// (`literal`), each dollar sign is doubled.
pub fn model(root: &Node, format: ModelFormat, literal: bool) -> String {
    let text = match format {
        ModelFormat::Yaml => yaml::write(root),
        ModelFormat::Json => serde_json::to_string_pretty(&Canonical(root)).unwrap_or_default() + "\n",
    };
    if literal || !text.contains('$') { text } else { text.replace('$', "$$") }
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
