//! Reading of a catalogue: types of machines with their costs. `docs/catalogue.schema.json` describes its form for editors.

use std::collections::HashMap;
use std::path::Path;

use indexmap::IndexMap;

use super::machine;
use super::reader::Reader;
use super::with_defaults;
use crate::diagnostic::{self, Diagnostic};
use crate::inventory::catalogue::{Catalogue, Offer};
use crate::source::{Files, Sources, Span, Spanned};
use crate::yaml::{self, Mapping, Node};

/// The keys of the file.
pub(super) const TOP_KEYS: &[&str] = &["types", "defaults", "unit"];
/// The keys of a type.
pub(super) const KEYS: &[&str] =
    &["name", "cpus", "memory", "disk", "gpus", "resources", "labels", "platform", "reserve", "cost", "at_most"];
/// More offers than this are taken for a slip.
const MAX_OFFERS: usize = 2_000;

const EXAMPLE: &str = "types:\n  - {name: small, cpus: 2, memory: 4g, cost: 10}";

/// What loading gives: the catalogue, as far as it could be read, and everything that is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct LoadedCatalogue {
    /// The types.
    pub catalogue: Catalogue,
    /// What was found, sorted.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether the file could be read at all.
    pub complete: bool,
}

/// Loads the catalogue at `path`, which messages call `name`. The text is kept in `sources`.
pub fn load_catalogue(files: &dyn Files, path: &Path, name: &str, sources: &mut Sources) -> LoadedCatalogue {
    let text = match files.read(path) {
        Ok(text) => text,
        Err(error) => {
            let finding = Diagnostic::error("I110", format!("the catalogue `{name}` cannot be read: {error}"));
            return LoadedCatalogue { diagnostics: vec![finding], ..LoadedCatalogue::default() };
        }
    };
    let file = sources.add(name, text.as_str());
    let parsed = yaml::parse(file, &text);
    let mut reader = Reader::new(path.parent().unwrap_or(Path::new(".")), parsed.diagnostics);
    let catalogue = match parsed.documents.as_deref() {
        None => Catalogue::default(),
        Some([root]) => catalogue(root, &mut reader),
        Some([]) => {
            reader.report("I104", Span::new(file, 0..0), "the catalogue is empty", Some(EXAMPLE));
            Catalogue::default()
        }
        Some([_, second, ..]) => {
            reader.report("I102", second.span, "a catalogue is one document", Some("remove the `---` before this"));
            Catalogue::default()
        }
    };
    let mut diagnostics = reader.diagnostics;
    diagnostic::sort(&mut diagnostics);
    LoadedCatalogue { catalogue, diagnostics, complete: true }
}

fn catalogue(root: &Node, reader: &mut Reader) -> Catalogue {
    let Some(top) = reader.mapping(root, "a catalogue") else { return Catalogue::default() };
    reader.known_keys(top, TOP_KEYS, "a catalogue");
    let empty = Mapping::new();
    let defaults = match top.get("defaults") {
        Some(entry) => reader.mapping(&entry.value, "`defaults`").unwrap_or(&empty),
        None => &empty,
    };
    if let Some(entry) = defaults.get("name") {
        reader.report("I101", entry.key, "`defaults` cannot give a name", Some("names are given under `types`"));
    }
    Catalogue { unit: reader.text(top, "unit").map(|unit| unit.value), offers: offers(root, top, defaults, reader) }
}

fn offers(root: &Node, top: &Mapping, defaults: &Mapping, reader: &mut Reader) -> Vec<Offer> {
    let Some(list) = top.get("types") else {
        reader.report("I104", root.span.at_start(), "the catalogue has no types of machines", Some(EXAMPLE));
        return Vec::new();
    };
    let Some(items) = list.value.as_sequence().filter(|items| !items.is_empty()) else {
        let empty = list.value.is_null() || list.value.as_sequence().is_some();
        let message = match empty {
            true => "the catalogue has no types of machines: `types` is empty".to_owned(),
            false => format!("`types` must be a list of types of machines, not {}", list.value.noun()),
        };
        reader.report("I104", list.value.span, &message, Some(EXAMPLE));
        return Vec::new();
    };
    let mut offers: Vec<Offer> = Vec::new();
    let mut known: HashMap<String, Span> = HashMap::new();
    for (entry, item) in items.iter().enumerate() {
        let Some(own) = reader.mapping(item, "a type of machine") else { continue };
        let Some(name) = name(own, item.span, reader) else { continue };
        // The one that is there twice is read as well: its other faults are to be found in the same run.
        let found = of_entry(&name, &with_defaults(own, defaults), item.span, entry, reader);
        if let Some(first) = known.get(&name.value) {
            let finding = Diagnostic::error("I103", format!("there are two types `{}`", name.value));
            reader.diagnostics.push(finding.label(name.span, "named again here").label(*first, "first named here"));
            continue;
        }
        known.insert(name.value, name.span);
        if offers.len() + found.len() > MAX_OFFERS {
            let message = format!("more than {MAX_OFFERS} types, each at each of its labels counted");
            reader.report("I108", item.span, &message, Some("leave out what is never to be bought"));
            break;
        }
        offers.extend(found);
    }
    offers
}

fn name(entries: &Mapping, span: Span, reader: &mut Reader) -> Option<Spanned<String>> {
    if !entries.contains_key("name") {
        reader.report("I108", span.at_start(), "a type of machine needs a name", Some("name: small"));
        return None;
    }
    let name = reader.text(entries, "name")?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let first = name.value.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !first || !name.value.bytes().all(allowed) {
        let message = format!("`{}` cannot be the name of a type", name.value);
        let help = "letters, digits, `-`, `_` and `.`, the first a letter or a digit: machines are named after it";
        reader.report("I108", name.span, &message, Some(help));
        return None;
    }
    Some(name)
}

/// The offers of an entry: one for each choice of labels that have several values.
fn of_entry(name: &Spanned<String>, entries: &Mapping, span: Span, entry: usize, reader: &mut Reader) -> Vec<Offer> {
    reader.known_keys(entries, KEYS, "a type of machine");
    let mut capacity = machine::amounts(entries, reader);
    capacity.extend(machine::resources(entries, reader));
    for key in ["cpus", "memory"].into_iter().filter(|key| !entries.contains_key(key)) {
        let message = format!("the type `{}` does not say its `{key}`", name.value);
        reader.report("I102", name.span, &message, Some("without it any amount would fit a single machine"));
    }
    let reserve = machine::reserve(entries, &capacity, reader);
    let platform = machine::platform(entries, reader);
    let cost = cost(name, entries, reader);
    let at_most = reader.read(entries, "at_most", "I102", "a whole number from 0", |scalar| {
        scalar.as_int().and_then(|count| u32::try_from(count).ok())
    });
    let labels = labels(entries, reader);
    let Some(cost) = cost else { return Vec::new() };
    labels
        .into_iter()
        .map(|labels| Offer {
            name: name.clone(),
            capacity: capacity.clone(),
            reserve: reserve.clone(),
            labels,
            platform: platform.clone(),
            cost: cost.clone(),
            at_most: at_most.clone(),
            entry,
            span,
        })
        .collect()
}

/// What one costs. Of what costs nothing there must be an end.
fn cost(name: &Spanned<String>, entries: &Mapping, reader: &mut Reader) -> Option<Spanned<f64>> {
    if !entries.contains_key("cost") {
        let message = format!("the type `{}` does not say what it costs", name.value);
        reader.report("I102", name.span, &message, Some("cost: 10, in any unit, the same for all"));
        return None;
    }
    let cost = reader.read(entries, "cost", "I102", "a number from 0", |scalar| {
        scalar.as_float().filter(|cost| *cost >= 0.0 && cost.is_finite())
    })?;
    if cost.value == 0.0 && !entries.contains_key("at_most") {
        let message = format!("the type `{}` costs nothing, and there is no end of it", name.value);
        reader.report("I102", cost.span, &message, Some("say how many there are: `at_most: 3`"));
        return None;
    }
    Some(cost)
}

/// Every choice of labels: `{zone: [a, b], disk: ssd}` are two.
fn labels(entries: &Mapping, reader: &mut Reader) -> Vec<IndexMap<String, Spanned<String>>> {
    let mut choices = vec![IndexMap::new()];
    let Some(entry) = entries.get("labels") else { return choices };
    let Some(mapping) = reader.mapping(&entry.value, "`labels`") else { return choices };
    for (key, entry) in mapping {
        let items = entry.value.as_sequence().unwrap_or(std::slice::from_ref(&entry.value));
        let mut values: Vec<Spanned<String>> = Vec::new();
        for item in items {
            let Some(scalar) = item.as_scalar().filter(|_| !item.is_null()) else {
                let message = format!("the label `{key}` must be a string or a list of strings, not {}", item.noun());
                reader.report("I102", item.span, &message, None);
                continue;
            };
            let value = Spanned::new(scalar.canonical().into_owned(), item.span);
            if values.iter().any(|known| known.value == value.value) {
                reader.report("I102", item.span, &format!("`{}` is there twice", value.value), Some("leave it out"));
                continue;
            }
            values.push(value);
        }
        if values.len() * choices.len() > MAX_OFFERS {
            reader.report("I102", entry.value.span, "too many choices of labels", None);
            continue;
        }
        if values.is_empty() {
            if items.is_empty() {
                reader.report("I102", entry.value.span, &format!("the label `{key}` has no value"), None);
            }
            continue;
        }
        let with = |choice: &IndexMap<String, Spanned<String>>| {
            let choices = values.iter().map(|value| {
                let mut choice = choice.clone();
                choice.insert(key.to_string(), value.clone());
                choice
            });
            choices.collect::<Vec<_>>()
        };
        choices = choices.iter().flat_map(with).collect();
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::MemoryFiles;
    use crate::units::Resource;

    fn read(text: &str) -> (Catalogue, Vec<String>) {
        let files = MemoryFiles::new().with("/p/catalogue.yaml", text);
        let mut sources = Sources::new();
        let loaded = load_catalogue(&files, Path::new("/p/catalogue.yaml"), "catalogue.yaml", &mut sources);
        let place = |finding: &Diagnostic| finding.span().map_or_else(String::new, |span| sources.locate(span));
        let told = |it: &Diagnostic| format!("{} {} {}", place(it), it.code, it.message);
        (loaded.catalogue, loaded.diagnostics.iter().map(told).collect())
    }

    #[test]
    fn the_schema_knows_the_same_keys() {
        let schema = include_str!("../../../docs/catalogue.schema.json");
        let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
        let keys = |pointer: &str| {
            let mut keys: Vec<String> = schema.pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect();
            keys.sort();
            keys
        };
        let sorted = |keys: &[&str]| {
            let mut keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
            keys.sort();
            keys
        };
        assert_eq!(keys("/properties"), sorted(TOP_KEYS));
        assert_eq!(keys("/definitions/type/properties"), sorted(KEYS));
        assert_eq!(keys("/definitions/amounts/properties"), sorted(machine::AMOUNT_KEYS));
        let without_name: Vec<&str> = KEYS.iter().copied().filter(|key| *key != "name").collect();
        assert_eq!(keys("/definitions/defaults/properties"), sorted(&without_name));
    }

    #[test]
    fn labels_with_several_values_are_several_offers() {
        let (catalogue, findings) = read(
            "unit: EUR/month\ndefaults: {reserve: {memory: 512m}, labels: {zone: [a, b]}}\n\
             types:\n  - {name: s, cpus: 2, memory: 4g, cost: 4.5}\n  \
             - {name: gpu, cpus: 8, memory: 32g, gpus: 1, cost: 100, at_most: 2, labels: {zone: a, fast: true}}\n",
        );
        assert_eq!(findings, [""; 0]);
        assert_eq!(catalogue.unit.as_deref(), Some("EUR/month"));
        let told: Vec<_> =
            catalogue.offers.iter().map(|it| (&*it.name.value, &*it.labels["zone"].value, it.entry)).collect();
        assert_eq!(told, [("s", "a", 0), ("s", "b", 0), ("gpu", "a", 1)]);
        let gpu = &catalogue.offers[2];
        assert_eq!((gpu.at_most.as_ref().unwrap().value, gpu.cost.value), (2, 100.0));
        assert_eq!(gpu.labels["fast"].value, "true");
        let machine = gpu.machine("gpu-1".to_owned());
        assert_eq!(machine.capacity[&Resource::gpus()].value, 1);
        assert_eq!(machine.reserve[&Resource::memory()].value, 512 << 20);
    }
}
