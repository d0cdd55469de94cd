//! The project in docker compose's canonical form: what `docker compose config` prints.
//!
//! A canonical tree is made of [`Node`]s whose scalars have the type that their place asks for (`Style::Plain`: a
//! number or truth value; `Style::Quoted`: a string). Everything is in the long form, what is empty is left out, what
//! docker compose fills in is there, and mappings are sorted, but for the sections at the top. Values keep their
//! spans; what is filled in has the place of what it is filled into, without length.

mod build;
mod ports;
mod scalar;
mod service;
mod value;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::environment::Environment;
use super::model::{Compose, MountKind, Service};
use super::schema::top;
use crate::source::{Span, Text};
use crate::yaml::{Entry, Mapping, Node, Scalar, Value};
use scalar::quoted;

/// The canonical form of a project, made piece by piece: the services of a large one are many.
pub struct Model<'a> {
    /// The merged tree.
    pub(super) root: &'a Node,
    /// What was decoded from it.
    pub(super) compose: &'a Compose,
    /// The project's variables.
    pub(super) environment: &'a Environment,
}

/// A part of the model at its top.
pub enum Section {
    /// The services: see [`Model::services`].
    Services,
    /// Any other, whole.
    Whole(Node),
}

impl Model<'_> {
    /// The active services, by name.
    pub fn services(&self) -> impl Iterator<Item = (Arc<str>, Entry)> {
        service::services(self.root, self.compose, self.environment)
    }

    /// The parts of the model at its top, in the order in which they are shown, with the places of their keys.
    pub fn sections(&self) -> Vec<(Arc<str>, Span, Section)> {
        let here = self.root.span.at_start();
        let mut sections = Vec::new();
        let mut add = |key: &str, span, value| {
            sections.push((Arc::from(key), span, Section::Whole(Node::new(value, span))));
        };
        add("name", self.compose.name_span.unwrap_or(here), quoted(self.compose.name.as_str()));
        let jobs = service::jobs(self.root);
        if !jobs.is_empty() {
            add("jobs", key_span(self.root, "jobs", here), Value::Mapping(Arc::new(jobs)));
        }
        for (section, names) in Used::of(self.compose).0 {
            if !names.is_empty() {
                let resources = Value::Mapping(Arc::new(self.resources(section, names)));
                add(section, key_span(self.root, section, here), resources);
            }
        }
        let extensions = self.root.as_mapping().into_iter().flatten().filter(|(key, _)| key.starts_with("x-"));
        let mut extensions: Vec<_> = extensions.collect();
        extensions.sort_by_key(|(key, _)| *key);
        for (key, entry) in extensions {
            sections.push((key.clone(), entry.key, Section::Whole(value::untyped(&entry.value))));
        }
        sections.insert(1, ("services".into(), key_span(self.root, "services", here), Section::Services));
        sections
    }

    /// The model as one tree.
    pub fn tree(&self) -> Node {
        let entry = |(key, span, section)| {
            let value = match section {
                Section::Whole(node) => node,
                Section::Services => Node::new(Value::Mapping(Arc::new(self.services().collect())), span),
            };
            (key, Entry { key: span, value })
        };
        let project: Mapping = self.sections().into_iter().map(entry).collect();
        Node::new(Value::Mapping(Arc::new(project)), self.root.span)
    }

    /// The resources of a section that are used, with what is filled in.
    fn resources(&self, section: &str, names: BTreeSet<Text>) -> Mapping {
        let mut resources = Mapping::new();
        let Some(shape) = top::FILE.key(section).and_then(top::entries_of) else { return resources };
        let declared = self.root.get(section).and_then(Node::as_mapping);
        for name in names {
            let entry = declared.and_then(|declared| declared.get(&name));
            if entry.is_none() && &*name != "default" {
                continue;
            }
            let key = entry.map_or(self.root.span.at_start(), |entry| entry.key);
            let node = entry.and_then(|entry| value::value(&entry.value, shape));
            let node = node.unwrap_or_else(|| Node::new(Value::Mapping(Arc::default()), key));
            // Models are not resources of an engine, which would know them by a name.
            let value = if section == "models" { node } else { named(node, &name, &self.compose.name) };
            resources.insert(name.clone(), Entry { key, value });
        }
        resources
    }
}

/// The names that active services use, by section.
struct Used([(&'static str, BTreeSet<Text>); 5]);

impl Used {
    fn of(compose: &Compose) -> Self {
        let all = || compose.services.values();
        let files = |files: fn(&Service) -> &[super::model::FileReference]| {
            all().flat_map(files).map(|file| file.source.value.clone()).collect::<BTreeSet<_>>()
        };
        let volumes = all().flat_map(|service| &service.mounts).filter_map(|mount| match &mount.kind {
            MountKind::Volume { source, .. } => source.as_ref().map(|source| source.value.clone()),
            _ => None,
        });
        let mut secrets = files(|service| &service.secrets);
        let build = all().filter_map(|service| service.build.as_ref()).flat_map(|build| &build.secrets);
        secrets.extend(build.map(|secret| secret.source.value.clone()));
        let mut networks: BTreeSet<Text> = all().flat_map(|service| service.networks.keys().cloned()).collect();
        networks.extend(all().any(Service::joins_default_network).then(|| "default".into()));
        Used([
            ("networks", networks),
            ("volumes", volumes.collect()),
            ("configs", files(|service| &service.configs)),
            ("secrets", secrets),
            ("models", all().flat_map(|service| service.models.keys().cloned()).collect()),
        ])
    }
}

/// A resource with its name on the engines.
fn named(node: Node, key: &str, project: &str) -> Node {
    let span = node.span;
    let mut mapping = entries(node);
    if !mapping.contains_key("name") {
        let name = if mapping.contains_key("external") { key.to_owned() } else { format!("{project}_{key}") };
        put(&mut mapping, "name", span.at_start(), quoted(name));
    }
    mapping.sort_keys();
    Node::new(Value::Mapping(Arc::new(mapping)), span)
}

fn text(node: &Node) -> Option<String> {
    node.as_scalar().map(|scalar: &Scalar| scalar.text.to_string())
}

/// The entries of a mapping node; none of any other.
fn entries(node: Node) -> Mapping {
    match node.value {
        Value::Mapping(mapping) => Arc::unwrap_or_clone(mapping),
        _ => Mapping::new(),
    }
}

/// Sets an entry that stands, or is thought to stand, at `span`.
fn put(mapping: &mut Mapping, key: &str, span: Span, value: Value) {
    mapping.insert(key.into(), Entry { key: span, value: Node::new(value, span) });
}

fn key_span(root: &Node, key: &str, default: Span) -> Span {
    root.as_mapping().and_then(|root| root.get(key)).map_or(default, |entry| entry.key)
}
