//! `include`: see the Compose Specification, "Include".

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::environment::Environment;
use super::loader::{Loader, Unit};
use super::merge::{merge, strip_resets};
use super::normalise::Base;
use super::path::is_remote;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::yaml::{Entry, Mapping, Node, Scalar, Value};

/// The sections whose entries an included project brings in.
const SECTIONS: [&str; 7] = ["services", "jobs", "networks", "volumes", "configs", "secrets", "models"];

/// Deeper includes are refused.
const MAX_DEPTH: usize = 50;

impl Loader<'_> {
    /// Brings everything that the list `includes` of the file at `path` names into `root`.
    pub(super) fn include(&mut self, includes: &Node, root: &mut Node, path: &Path, unit: &Unit) {
        let mut imported = HashMap::new();
        for item in includes.as_sequence().unwrap_or_default() {
            if let Some(included) = self.included(item, path, unit) {
                self.import(included, root, item, &mut imported);
            }
        }
    }

    /// The merged project that one entry names.
    fn included(&mut self, item: &Node, path: &Path, unit: &Unit) -> Option<Node> {
        let listed = texts(item.get("path").unwrap_or(item));
        if let Some((node, remote)) = listed.iter().find(|(_, text)| is_remote(text)) {
            self.not_followed("the included", remote, node.span);
            return None;
        }
        let paths: Vec<PathBuf> = listed.iter().map(|(_, text)| unit.base.path(text)).collect();
        let first = paths.first()?;
        let mut trail = unit.trail.clone();
        trail.push(path.to_owned());
        if trail.len() > MAX_DEPTH || self.includes_left == 0 {
            let finding = Diagnostic::error("C128", "the project includes too many files");
            self.diagnostics.push(finding.label(item.span, "not followed any more"));
            return None;
        }
        self.includes_left -= 1;
        if let Some(again) = paths.iter().find(|path| trail.contains(path)) {
            let message = format!("`{}` includes itself", self.options.display(again));
            self.diagnostics.push(Diagnostic::error("C128", message).label(item.span, "included here"));
            return None;
        }
        let directory = match item.get("project_directory").and_then(Node::as_scalar).and_then(Scalar::as_str) {
            // As docker compose has it: where there is no such folder, the path is taken for a file's in the folder.
            Some(written) if self.files.is_dir(&unit.base.path(written)) => unit.base.path(written),
            Some(written) => parent(&unit.base.path(written)),
            None => parent(first),
        };
        let environment = self.include_environment(item, &directory, unit);
        let mut documents = Vec::new();
        for ((node, _), path) in listed.iter().zip(&paths) {
            let found = self.documents(path, Some(node.span));
            documents.extend(found.into_iter().map(|root| (path.clone(), root)));
        }
        let base = Base { directory, home: unit.base.home.clone() };
        let mut merged = self.merged(documents, &Unit { environment: &environment, base, trail });
        strip_resets(&mut merged);
        Some(merged)
    }

    /// The outer variables, and below them those of the entry's env files, or of the folder's `.env`.
    fn include_environment(&mut self, item: &Node, directory: &Path, unit: &Unit) -> Environment {
        let mut own = Environment::default();
        match item.get("env_file") {
            Some(list) => {
                for (node, text) in texts(list) {
                    if text != "/dev/null" {
                        self.add_env_file(&mut own, &unit.base.path(text), Some(node.span));
                    }
                }
            }
            None if self.files.exists(&directory.join(".env")) => {
                self.add_env_file(&mut own, &directory.join(".env"), None);
            }
            None => {}
        }
        unit.environment.clone().over(own)
    }

    /// Puts an included project's resources below those of `root`.
    fn import(&mut self, included: Node, root: &mut Node, item: &Node, imported: &mut Imported) {
        let Value::Mapping(included) = included.value else { return };
        let Value::Mapping(root) = &mut root.value else { return };
        let root = Arc::make_mut(root);
        for (section, entry) in Arc::unwrap_or_clone(included) {
            if !SECTIONS.contains(&&*section) {
                continue;
            }
            let empty = || Entry { key: entry.key, value: Node::new(Value::Mapping(Arc::default()), entry.value.span) };
            let target = root.get_or_insert_with(section.clone(), empty);
            let (Value::Mapping(from), Value::Mapping(into)) = (entry.value.value, &mut target.value.value) else {
                continue;
            };
            self.import_section(&section, &from, Arc::make_mut(into), item, imported);
        }
    }

    /// What the including file says of a resource is merged on top of what the included one says, as docker compose
    /// has it. Of two included files the first wins, which is hardly meant: a finding tells of it.
    fn import_section(
        &mut self,
        section: &Arc<str>,
        from: &Mapping,
        into: &mut Mapping,
        item: &Node,
        imported: &mut Imported,
    ) {
        for (name, entry) in from {
            let before = imported.insert((section.clone(), name.clone()), entry.key);
            match into.get_mut(name) {
                None => {
                    into.insert(name.clone(), entry.clone());
                }
                Some(own) if same(&own.value, &entry.value) => {}
                Some(own) => {
                    if let Some(before) = before {
                        let message = format!("`{section}.{name}` is in two included files");
                        let finding = Diagnostic::warning("C128", message).label(entry.key, "here");
                        let finding = finding.label(before, "and here: what this one says wins");
                        self.diagnostics.push(finding.label(item.span, "included by this"));
                    }
                    let over = std::mem::replace(&mut own.value, entry.value.clone());
                    merge(&mut own.value, untagged(over), &mut vec![section.clone(), name.clone()]);
                }
            }
        }
    }
}

/// The resources that were included, by section and name, with the places of their keys.
type Imported = HashMap<(Arc<str>, Arc<str>), Span>;

/// Without the tag of merging, which is for the files of one project.
fn untagged(node: Node) -> Node {
    Node { tag: None, ..node }
}

fn parent(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}

/// The strings of a string or a list of them, with their nodes.
fn texts(node: &Node) -> Vec<(&Node, &str)> {
    let items = node.as_sequence().unwrap_or(std::slice::from_ref(node));
    items.iter().filter_map(|item| Some((item, item.as_scalar()?.as_str()?))).collect()
}

/// Whether two values are the same but for their places.
fn same(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::Null, Value::Null) => true,
        (Value::Scalar(a), Value::Scalar(b)) => a.canonical() == b.canonical(),
        (Value::Sequence(a), Value::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same(a, b))
        }
        (Value::Mapping(a), Value::Mapping(b)) => {
            let has =
                |(key, entry): (&Arc<str>, &Entry)| b.get(key).is_some_and(|other| same(&entry.value, &other.value));
            a.len() == b.len() && a.iter().all(has)
        }
        _ => false,
    }
}
