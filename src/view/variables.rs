//! The variables that a project's files name.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::compose::VariableUse;

use super::ModelFormat;
use super::style::{Style, lines, safe};

/// As `docker compose config --variables --format json` has it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry<'a> {
    name: &'a str,
    default_value: &'a str,
    presence_value: &'a str,
    required: bool,
}

/// A table of the variables for people, or JSON.
pub fn variables<'a>(variables: impl Iterator<Item = &'a VariableUse>, format: ModelFormat, style: Style) -> String {
    match format {
        ModelFormat::Json => {
            let entries: BTreeMap<&str, Entry> = variables.map(|variable| (&*variable.name, entry(variable))).collect();
            serde_json::to_string_pretty(&entries).unwrap_or_default() + "\n"
        }
        ModelFormat::Yaml => {
            let mut table = style.table();
            table.set_header(["NAME", "REQUIRED", "DEFAULT VALUE", "ALTERNATE VALUE"]);
            for variable in variables {
                let required = variable.required.to_string();
                table.add_row([&variable.name, &required, &safe(&variable.default), &safe(&variable.alternate)]);
            }
            lines(&table)
        }
    }
}

fn entry(variable: &VariableUse) -> Entry<'_> {
    Entry {
        name: &variable.name,
        default_value: &variable.default,
        presence_value: &variable.alternate,
        required: variable.required,
    }
}
