//! Reading of the inventory file. `docs/inventory.schema.json` describes its form for editors.

mod catalogue;
mod endpoint;
mod machine;
mod names;
mod reader;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::model::{Inventory, Machine};
use crate::diagnostic::{self, Diagnostic};
use crate::source::{Files, Sources, Span, Spanned};
use crate::units::Amounts;
use crate::yaml::{self, Entry, Mapping, Node, Value};
pub use catalogue::{LoadedCatalogue, load_catalogue};
use reader::Reader;

/// The keys of the file.
const TOP_KEYS: &[&str] = &["machines", "defaults", "unsized"];
/// More machines than this are taken for a slip in a range.
const MAX_MACHINES: usize = 10_000;

/// What loading gives: the inventory, as far as it could be read, and everything that is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The machines.
    pub inventory: Inventory,
    /// What was found, sorted.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether the file could be read at all.
    pub complete: bool,
}

/// Loads the inventory at `path`, which messages call `name`. The text is kept in `sources`.
pub fn load(files: &dyn Files, path: &Path, name: &str, sources: &mut Sources) -> Loaded {
    let text = match files.read(path) {
        Ok(text) => text,
        Err(error) => {
            let finding = Diagnostic::error("I110", format!("the inventory `{name}` cannot be read: {error}"));
            return Loaded { diagnostics: vec![finding], ..Loaded::default() };
        }
    };
    let file = sources.add(name, text.as_str());
    let parsed = yaml::parse(file, &text);
    let mut reader = Reader::new(path.parent().unwrap_or(Path::new(".")), parsed.diagnostics);
    let inventory = match parsed.documents.as_deref() {
        None => Inventory::default(),
        Some([root]) => inventory(root, &mut reader),
        Some([]) => {
            reader.report("I104", Span::new(file, 0..0), "the inventory is empty", Some(EXAMPLE));
            Inventory::default()
        }
        Some([_, second, ..]) => {
            reader.report("I102", second.span, "an inventory is one document", Some("remove the `---` before this"));
            Inventory::default()
        }
    };
    let mut diagnostics = reader.diagnostics;
    diagnostic::sort(&mut diagnostics);
    Loaded { inventory, diagnostics, complete: true }
}

const EXAMPLE: &str = "machines:\n  - name: one\n    endpoint: ssh://user@one";

fn inventory(root: &Node, reader: &mut Reader) -> Inventory {
    let Some(top) = reader.mapping(root, "an inventory") else { return Inventory::default() };
    reader.known_keys(top, TOP_KEYS, "an inventory");
    let empty = Mapping::new();
    let defaults = match top.get("defaults") {
        Some(entry) => reader.mapping(&entry.value, "`defaults`").unwrap_or(&empty),
        None => &empty,
    };
    if let Some(entry) = defaults.get("name") {
        reader.report("I101", entry.key, "`defaults` cannot give a name", Some("names are given under `machines`"));
    }
    Inventory {
        machines: machines(root, top, defaults, reader),
        unsized_demand: top.get("unsized").map_or_else(Amounts::new, |entry| unsized_demand(&entry.value, reader)),
    }
}

fn machines(root: &Node, top: &Mapping, defaults: &Mapping, reader: &mut Reader) -> Vec<Machine> {
    let Some(list) = top.get("machines") else {
        reader.report("I104", root.span.at_start(), "the inventory has no machines", Some(EXAMPLE));
        return Vec::new();
    };
    let Some(items) = list.value.as_sequence().filter(|items| !items.is_empty()) else {
        let empty = list.value.is_null() || list.value.as_sequence().is_some();
        let message = match empty {
            true => "the inventory has no machines: `machines` is empty".to_owned(),
            false => format!("`machines` must be a list of machines, not {}", list.value.noun()),
        };
        reader.report("I104", list.value.span, &message, Some(EXAMPLE));
        return Vec::new();
    };
    let mut machines: Vec<Machine> = Vec::new();
    let mut known: HashMap<String, Span> = HashMap::new();
    for item in items {
        let Some(own) = reader.mapping(item, "a machine") else { continue };
        let Some(names) = names::of(own, item.span, reader) else { continue };
        if machines.len() + names.value.len() > MAX_MACHINES {
            let message = format!("more than {MAX_MACHINES} machines");
            reader.report("I108", names.span, &message, Some("is the range too long?"));
            break;
        }
        let entries = with_defaults(own, defaults);
        for name in names.value {
            // The one that is there twice is read as well: its other faults are to be found in the same run.
            let machine = machine::machine(Spanned::new(name.clone(), names.span), &entries, item.span, reader);
            if let Some(first) = known.get(&name) {
                let finding = Diagnostic::error("I103", format!("there are two machines `{name}`"));
                reader
                    .diagnostics
                    .push(finding.label(names.span, "named again here").label(*first, "first named here"));
                continue;
            }
            known.insert(name, names.span);
            machines.push(machine);
        }
    }
    machines
}

/// A machine's entries on top of the defaults; those of nested mappings are merged.
fn with_defaults(own: &Mapping, defaults: &Mapping) -> Mapping {
    let mut merged = defaults.clone();
    for (key, entry) in own {
        let entry = match (merged.get(key).map(|default| &default.value.value), &entry.value.value) {
            (Some(Value::Mapping(below)), Value::Mapping(above)) => {
                let mut nested = (**below).clone();
                nested.extend(above.iter().map(|(key, entry)| (key.clone(), entry.clone())));
                Entry { key: entry.key, value: Node::new(Value::Mapping(Arc::new(nested)), entry.value.span) }
            }
            _ => entry.clone(),
        };
        merged.insert(key.clone(), entry);
    }
    merged
}

fn unsized_demand(node: &Node, reader: &mut Reader) -> Amounts {
    let Some(entries) = reader.mapping(node, "`unsized`") else { return Amounts::new() };
    reader.known_keys(entries, machine::AMOUNT_KEYS, "`unsized`");
    let mut amounts = Amounts::new();
    for (resource, amount) in machine::amounts(entries, reader) {
        amounts.set(resource, amount.value);
    }
    amounts
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
