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
use crate::source::Span;
use crate::yaml::{Entry, Mapping, Node, Scalar, Value};
use scalar::quoted;

/// The canonical form of a project: `root` is its merged tree, `compose` what was decoded from it.
pub(super) fn canonical(root: &Node, compose: &Compose, environment: &Environment) -> Node {
    let here = root.span.at_start();
    let mut project = Mapping::new();
    let name = compose.name_span.unwrap_or(here);
    put(&mut project, "name", name, quoted(compose.name.as_str()));
    let services = service::services(root, compose, environment);
    let jobs = service::jobs(root);
    let used = Used::of(compose, &services);
    put(&mut project, "services", key_span(root, "services", here), Value::Mapping(Arc::new(services)));
    if !jobs.is_empty() {
        put(&mut project, "jobs", key_span(root, "jobs", here), Value::Mapping(Arc::new(jobs)));
    }
    for (section, names) in used.0 {
        let shape = top::FILE.key(section).and_then(top::entries_of);
        let (Some(shape), false) = (shape, names.is_empty()) else { continue };
        let declared = root.get(section).and_then(Node::as_mapping);
        let mut resources = Mapping::new();
        for name in names {
            let entry = declared.and_then(|declared| declared.get(name.as_str()));
            if entry.is_none() && name != "default" {
                continue;
            }
            let key = entry.map_or(here, |entry| entry.key);
            let node = entry.map_or_else(|| Node::new(Value::Null, key), |entry| entry.value.clone());
            let node = value::value(&node, shape).unwrap_or_else(|| Node::new(Value::Mapping(Arc::default()), key));
            // Models are not resources of an engine, which would know them by a name.
            let value = if section == "models" { node } else { named(node, &name, &compose.name) };
            resources.insert(name.as_str().into(), Entry { key, value });
        }
        put(&mut project, section, key_span(root, section, here), Value::Mapping(Arc::new(resources)));
    }
    let extensions = root.as_mapping().into_iter().flatten().filter(|(key, _)| key.starts_with("x-"));
    let mut extensions: Vec<_> = extensions.collect();
    extensions.sort_by_key(|(key, _)| *key);
    for (key, entry) in extensions {
        project.insert(key.clone(), Entry { key: entry.key, value: value::untyped(&entry.value) });
    }
    Node::new(Value::Mapping(Arc::new(project)), root.span)
}

/// The names that active services use, by section.
struct Used([(&'static str, BTreeSet<String>); 5]);

impl Used {
    fn of(compose: &Compose, services: &Mapping) -> Self {
        let all = || compose.services.values();
        let files = |files: fn(&Service) -> &[super::model::FileReference]| {
            all().flat_map(files).map(|file| file.source.value.clone()).collect::<BTreeSet<_>>()
        };
        let volumes = all().flat_map(|service| &service.mounts).filter_map(|mount| match &mount.kind {
            MountKind::Volume { source, .. } => source.as_ref().map(|source| source.value.clone()),
            _ => None,
        });
        let mut secrets = files(|service| &service.secrets);
        let canonical = || services.values().map(|entry| &entry.value);
        let build = canonical().filter_map(|service| service.get("build")?.get("secrets")?.as_sequence());
        secrets.extend(build.flatten().filter_map(|secret| text(secret.get("source")?)));
        let networks = canonical().filter_map(|service| service.get("networks")?.as_mapping());
        let networks = networks.flat_map(|networks| networks.keys()).map(|name| name.to_string());
        Used([
            ("networks", networks.collect()),
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
