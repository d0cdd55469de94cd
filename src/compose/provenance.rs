//! Where a value of the canonical model comes from: every place that had a part in it, in the order of loading.
//!
//! The answer is put together afterwards, from the documents as they were written, from which file `include` and
//! `extends` led to, and from which variables were put into which value: loading itself keeps no history.

use std::sync::Arc;

use super::Loaded;
use crate::source::{FileId, Sources, Span};
use crate::yaml::{Node, Value};

/// Longer ways are not followed.
const MAX_STEPS: usize = 200;

/// A value and the way it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Provenance {
    /// The keys that lead to it from the top of the model.
    pub path: Vec<Arc<str>>,
    /// The canonical value.
    pub value: Node,
    /// The places that had a part in it, in the order of loading; the last that is not [`Part::Replaced`] decides.
    pub steps: Vec<Step>,
}

/// How far a path leads that leads nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoValue {
    /// The part of it that exists; empty for the whole model.
    pub nearest: String,
    /// The keys that lead on from there.
    pub known: Vec<String>,
}

/// One place that had a part in a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its part.
    pub part: Part,
    /// The place; none for what stands in no file.
    pub span: Option<Span>,
    /// What stands there, or is put in.
    pub text: String,
}

/// The part that a place has in a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The value is written here, under this path of the file.
    Written(String),
    /// As `Written`; what comes later takes its place.
    Replaced(String),
    /// An alias brings it to where it counts.
    Alias,
    /// A variable of this name is put in; it is set at the step's place, or in the environment where there is none.
    Variable(String),
    /// A variable of this name is not set.
    Unset(String),
    /// A service takes it over from the one that it extends, which is named.
    Extended(String),
    /// The file is included here.
    Included,
    /// An env file gives it.
    EnvFile,
    /// No file says it: docker compose fills it in.
    Default,
}

impl Loaded {
    /// Where the value at `path` (`services.web.image`, `services.web.ports.0`) comes from.
    ///
    /// # Errors
    /// There is no such value in the canonical model.
    pub fn provenance(&self, path: &str, sources: &Sources) -> Result<Provenance, NoValue> {
        let model = self.canonical().ok_or_else(NoValue::default)?;
        let (keys, value) = resolve(&model, path)?;
        let leaf = matches!(value.value, Value::Null | Value::Scalar(_));
        let mut search = Search { loaded: self, sources, place: value.span, found: Vec::new() };
        for root in self.layers() {
            search.document(root, &keys, &[]);
        }
        let mut steps = search.steps(leaf);
        if steps.is_empty() {
            steps.push(self.without_document(&value, sources));
        }
        Ok(Provenance { path: keys, value, steps })
    }

    /// The documents of the files that are merged into the project, as written; what comes later decides.
    pub fn layers(&self) -> impl Iterator<Item = &Node> {
        self.roots.iter().flat_map(|file| self.documents_of(*file))
    }

    fn documents_of(&self, file: FileId) -> impl Iterator<Item = &Node> {
        let mut seen: Vec<Span> = Vec::new();
        self.written.iter().filter(move |root| {
            let new = root.span.file == file && !seen.contains(&root.span);
            seen.push(root.span);
            new
        })
    }

    fn without_document(&self, value: &Node, sources: &Sources) -> Step {
        let in_document = self.written.iter().any(|root| root.span.file == value.span.file);
        let text = sources.slice(value.span).lines().next().unwrap_or_default().to_owned();
        if in_document || text.is_empty() {
            return Step { part: Part::Default, span: None, text: String::new() };
        }
        Step { part: Part::EnvFile, span: Some(value.span), text }
    }
}

/// The keys of `path` in the model, and what stands there. Keys may themselves contain dots.
fn resolve(model: &Node, path: &str) -> Result<(Vec<Arc<str>>, Node), NoValue> {
    let path = path.replace('[', ".").replace(']', "");
    let words: Vec<&str> = path.split('.').filter(|word| !word.is_empty()).collect();
    let (mut node, mut keys, mut at) = (model, Vec::new(), 0);
    while at < words.len() {
        let next = match &node.value {
            Value::Mapping(entries) => (at + 1..=words.len()).rev().find_map(|end| {
                let key = words[at..end].join(".");
                entries.get_key_value(key.as_str()).map(|(key, entry)| (key.clone(), &entry.value, end))
            }),
            Value::Sequence(items) => {
                let index = words[at].parse::<usize>().ok();
                index.and_then(|index| items.get(index)).map(|item| (Arc::from(words[at]), item, at + 1))
            }
            Value::Null | Value::Scalar(_) => None,
        };
        let Some((key, below, end)) = next else {
            let known = match &node.value {
                Value::Mapping(entries) => entries.keys().map(ToString::to_string).collect(),
                Value::Sequence(items) => (0..items.len()).map(|index| index.to_string()).collect(),
                Value::Null | Value::Scalar(_) => Vec::new(),
            };
            return Err(NoValue { nearest: keys.join("."), known });
        };
        keys.push(key);
        (node, at) = (below, end);
    }
    Ok((keys, node.clone()))
}

/// How a document was come to.
#[derive(Clone)]
enum Via {
    Include(Span),
    Extends(Span, Arc<str>),
}

/// A place where the value, or a part of it, is written.
struct Found {
    span: Span,
    path: String,
    aliases: Vec<Span>,
    via: Vec<Via>,
}

struct Search<'a> {
    loaded: &'a Loaded,
    sources: &'a Sources,
    /// Where the value that counts is written.
    place: Span,
    found: Vec<Found>,
}

impl Search<'_> {
    /// Collects the places of a document, and of those that it includes, in the order in which they are merged.
    fn document(&mut self, root: &Node, keys: &[Arc<str>], via: &[Via]) {
        if self.found.len() > MAX_STEPS || via.len() > MAX_STEPS {
            return;
        }
        for item in root.get("include").and_then(Node::as_sequence).unwrap_or_default() {
            let paths = item.get("path").unwrap_or(item);
            let paths = paths.as_sequence().unwrap_or(std::slice::from_ref(paths));
            for file in paths.iter().flat_map(|path| self.loaded.led_to(path.span)) {
                let via = [via, &[Via::Include(item.span)]].concat();
                for root in self.loaded.documents_of(file) {
                    self.document(root, keys, &via);
                }
            }
        }
        self.own(root, keys, via);
    }

    /// Collects the places of a document itself: what a service takes over, then what it says.
    fn own(&mut self, root: &Node, keys: &[Arc<str>], via: &[Via]) {
        if let [section, name, rest @ ..] = keys
            && &**section == "services"
            && !rest.is_empty()
            && via.len() < MAX_STEPS
        {
            self.extended(root, name, rest, via);
        }
        if let Some((span, aliases)) = self.at(root, keys) {
            self.found.push(Found { span, path: keys.join("."), aliases, via: via.to_vec() });
        }
    }

    fn extended(&mut self, root: &Node, name: &str, rest: &[Arc<str>], via: &[Via]) {
        let service = root.get("services").and_then(|services| services.get(name));
        let Some(extends) = service.and_then(|service| service.get("extends")) else { return };
        let text = |node: &Node| node.as_scalar().map(|scalar| scalar.text.clone());
        let Some(base) = text(extends.get("service").unwrap_or(extends)) else { return };
        let via = [via, &[Via::Extends(extends.span, base.clone())]].concat();
        let keys: Vec<Arc<str>> = ["services".into(), base].into_iter().chain(rest.iter().cloned()).collect();
        match extends.get("file") {
            None => self.own(root, &keys, &via),
            Some(file) => {
                for file in self.loaded.led_to(file.span) {
                    for root in self.loaded.documents_of(file) {
                        self.own(root, &keys, &via);
                    }
                }
            }
        }
    }

    /// Where a document says what is asked for, and the aliases on the way there.
    fn at(&self, root: &Node, keys: &[Arc<str>]) -> Option<(Span, Vec<Span>)> {
        let (mut node, mut aliases) = (root, Vec::new());
        for key in keys {
            let below = match &node.value {
                Value::Mapping(entries) => {
                    let entry = entries.get(key)?;
                    // Of what has no value the key is to be seen.
                    if entry.value.span.range().is_empty() {
                        return Some((entry.key, aliases));
                    }
                    &entry.value
                }
                Value::Sequence(items) => self.item(items, key)?,
                // A short form says all that is below it.
                Value::Null | Value::Scalar(_) => break,
            };
            aliases.extend(self.alias(node, below));
            node = below;
        }
        Some((node.span, aliases))
    }

    /// The item of a list that stands for `key`: the one that became the value, or one of the form `KEY=value`.
    fn item<'n>(&self, items: &'n [Node], key: &str) -> Option<&'n Node> {
        let holds = |item: &&Node| covers(item.span, self.place);
        let text = |item: &&Node| {
            item.as_scalar().is_some_and(|scalar| scalar.text.split(['=', ':']).next().is_some_and(|name| name == key))
        };
        items.iter().find(holds).or_else(|| items.iter().rev().find(text))
    }

    /// The alias that brings `below` into `node`, if it stands elsewhere.
    fn alias(&self, node: &Node, below: &Node) -> Option<Span> {
        let aliases = self.loaded.aliases.iter().filter(|(place, target)| {
            place.file == node.span.file && place.start >= node.span.start && covers(*target, below.span)
        });
        let nearest = aliases.min_by_key(|(place, _)| place.start).map(|(place, _)| *place)?;
        // What stands within the mapping itself needs no alias.
        let within = below.span.start >= node.span.start && below.span.start < nearest.start;
        let defined_after = below.span.start > nearest.end;
        (!within && !defined_after).then_some(nearest)
    }

    fn steps(self, leaf: bool) -> Vec<Step> {
        let nowhere = self.place.range().is_empty();
        let counts = |found: &Found| nowhere || covers(found.span, self.place) || covers(self.place, found.span);
        let decisive = self.found.iter().rposition(counts);
        let mut steps = Vec::new();
        for (index, found) in self.found.iter().enumerate() {
            let replaced = leaf && decisive.is_some_and(|decisive| index < decisive);
            if leaf && decisive.is_none_or(|decisive| index > decisive) {
                continue;
            }
            let text = self.sources.slice(found.span).trim_end().to_owned();
            let path = found.path.clone();
            let part = if replaced { Part::Replaced(path) } else { Part::Written(path) };
            steps.push(Step { part, span: Some(found.span), text });
            self.variables(found, &mut steps);
            let alias = |span: &Span| Step { part: Part::Alias, span: Some(*span), text: self.line(*span) };
            steps.extend(found.aliases.iter().map(alias));
            steps.extend(found.via.iter().rev().map(|via| match via {
                Via::Include(span) => Step { part: Part::Included, span: Some(*span), text: self.line(*span) },
                Via::Extends(span, base) => {
                    Step { part: Part::Extended(base.to_string()), span: Some(*span), text: self.line(*span) }
                }
            }));
        }
        steps
    }

    /// The variables that are put into what is written, and those that a name without a value stands for.
    fn variables(&self, found: &Found, steps: &mut Vec<Step>) {
        for used in self.loaded.origins.of(found.span) {
            let part = match used.value {
                Some(_) => Part::Variable(used.name.clone()),
                None => Part::Unset(used.name.clone()),
            };
            let text = used.span.map_or_else(
                || used.value.as_ref().map(|value| format!("{}={value}", used.name)).unwrap_or_default(),
                |span| self.line(span),
            );
            steps.push(Step { part, span: used.span, text });
        }
        let mut keys = found.path.rsplit(".environment.");
        let (Some(name), Some(_)) = (keys.next(), keys.next()) else { return };
        let text = self.sources.slice(found.span).trim().trim_matches(['"', '\'']);
        if (text == name || text.is_empty() || text == "null" || text == "~")
            && let Some(value) = self.loaded.environment.get(name)
        {
            let span = self.loaded.environment.span(name);
            let text = span.map_or_else(|| format!("{name}={value}"), |span| self.line(span));
            steps.push(Step { part: Part::Variable(name.to_owned()), span, text });
        }
    }

    fn line(&self, span: Span) -> String {
        self.sources.slice(span).trim_end().to_owned()
    }
}

fn covers(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end && outer.start < outer.end
}
