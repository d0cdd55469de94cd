//! `extends`: see the Compose Specification, "Extends".

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::loader::{Loader, Unit};
use super::merge::{merge, take};
use super::normalise::{Base, normalise};
use super::path::is_remote;
use super::schema;
use crate::diagnostic::{Diagnostic, nearest};
use crate::source::Span;
use crate::yaml::{Mapping, Node, Scalar, Value};

/// Longer chains are refused.
const MAX_CHAIN: usize = 100;

/// A service that is being resolved: its file, its name, and where it says whom it extends.
type Link = (PathBuf, Arc<str>, Span);

/// The services that `extends` can name.
struct Scope<'a> {
    path: &'a Path,
    services: &'a Mapping,
    /// Those of the files merged before, which count where the file itself has none of the name.
    earlier: Option<&'a Mapping>,
}

impl Loader<'_> {
    /// Puts every service of `root` that extends another on top of that one.
    pub(super) fn extend_services(&mut self, root: &mut Node, merged: &Node, path: &Path, unit: &Unit) {
        let extending: Vec<Arc<str>> = match root.get("services").and_then(Node::as_mapping) {
            Some(services) => {
                let extends = |name: &&Arc<str>| services[*name].value.get("extends").is_some();
                services.keys().filter(extends).cloned().collect()
            }
            None => return,
        };
        for name in extending {
            let Some(services) = root.get("services").and_then(Node::as_mapping) else { return };
            let earlier = merged.get("services").and_then(Node::as_mapping);
            let scope = Scope { path, services, earlier };
            let service = services[&name].value.clone();
            let resolved = self.extended(&name, service, &scope, unit, &mut Vec::new());
            if let Value::Mapping(root) = &mut root.value
                && let Some(entry) = Arc::make_mut(root).get_mut("services")
                && let Value::Mapping(services) = &mut entry.value.value
                && let Some(entry) = Arc::make_mut(services).get_mut(&name)
            {
                entry.value = resolved;
            }
        }
    }

    /// A service on top of the one that it extends.
    fn extended(
        &mut self,
        name: &Arc<str>,
        mut service: Node,
        scope: &Scope,
        unit: &Unit,
        chain: &mut Vec<Link>,
    ) -> Node {
        let Some(extends) = take(&mut service, "extends") else { return service };
        let span = extends.value.span;
        if let Some(at) = chain.iter().position(|(path, known, _)| path == scope.path && known == name) {
            self.cycle(name, &chain[at..]);
            return service;
        }
        if chain.len() > MAX_CHAIN {
            let finding = Diagnostic::error("C128", format!("service `{name}` is at the end of too long a chain"));
            self.diagnostics.push(finding.label(span, format!("more than {MAX_CHAIN} services extend each other")));
            return service;
        }
        chain.push((scope.path.to_owned(), name.clone(), span));
        if let Some(mut base) = self.base_of(name, &extends.value, scope, unit, chain) {
            // From a service of which nothing is said there is nothing to take, and docker compose takes nothing.
            if let Value::Mapping(fields) = &mut service.value
                && base.as_mapping().is_some_and(Mapping::is_empty)
                && base.span.range().is_empty()
            {
                Arc::make_mut(fields).insert("extends".into(), extends);
                chain.pop();
                return service;
            }
            merge(&mut base, service, &mut vec!["services".into(), name.clone()]);
            service = base;
        }
        chain.pop();
        service
    }

    /// The service that `extends` names, itself resolved.
    fn base_of(
        &mut self,
        name: &str,
        extends: &Node,
        scope: &Scope,
        unit: &Unit,
        chain: &mut Vec<Link>,
    ) -> Option<Node> {
        let text = |key: &str| Some((extends.get(key)?.as_scalar().and_then(Scalar::as_str)?, extends.get(key)?.span));
        let Some((wanted, span)) = text("service") else {
            let finding = Diagnostic::error("C104", format!("service `{name}` does not say which service it extends"));
            self.diagnostics.push(finding.label(extends.span, "").help("service: …"));
            return None;
        };
        let wanted: Arc<str> = wanted.into();
        let Some((file, file_span)) = text("file") else {
            let found = scope.services.get(&wanted).or_else(|| scope.earlier?.get(&wanted)).cloned();
            let Some(found) = found else {
                self.unknown(name, &wanted, span, scope);
                return None;
            };
            return Some(self.extended(&wanted, found.value, scope, unit, chain));
        };
        if is_remote(file) {
            self.not_followed("the extended", file, file_span);
            return None;
        }
        let path = PathBuf::from(file);
        let root = self.extended_file(&path, file_span, unit)?;
        let empty = Mapping::new();
        let services = root.get("services").and_then(Node::as_mapping).unwrap_or(&empty);
        let scope = Scope { path: &path, services, earlier: None };
        let Some(found) = services.get(&wanted) else {
            self.unknown(name, &wanted, span, &scope);
            return None;
        };
        Some(self.extended(&wanted, found.value.clone(), &scope, unit, chain))
    }

    /// The file that `extends` names, its documents merged; relative paths are relative to its own folder.
    fn extended_file(&mut self, path: &Path, place: Span, unit: &Unit) -> Option<Node> {
        let key = (path.to_owned(), unit.trail.clone());
        if let Some(known) = self.extended.get(&key) {
            return known.clone();
        }
        let base = Base { directory: path.parent()?.to_owned(), home: unit.base.home.clone() };
        let mut merged: Option<Node> = None;
        for mut root in self.documents(path, Some(place)) {
            self.interpolate(&mut root, unit.environment);
            allow_empty_services(&mut root);
            schema::check(&root, self.options.literal, &mut self.diagnostics);
            normalise(&mut root, &base, &mut self.diagnostics);
            match &mut merged {
                Some(merged) => merge(merged, root, &mut Vec::new()),
                None => merged = Some(root),
            }
        }
        self.extended.insert(key, merged.clone());
        merged
    }

    fn unknown(&mut self, name: &str, wanted: &str, span: Span, scope: &Scope) {
        self.partial = true;
        let file = self.options.display(scope.path);
        let finding = Diagnostic::error("C115", format!("service `{name}` extends `{wanted}`, which does not exist"))
            .label(span, format!("no such service in {file}"));
        let like = nearest(wanted, scope.services.keys().map(|key| &**key));
        self.diagnostics.push(match like {
            Some(like) => finding.help(format!("did you mean `{like}`?")),
            None => finding,
        });
    }

    fn cycle(&mut self, name: &str, links: &[Link]) {
        let finding = Diagnostic::error("C128", format!("service `{name}` extends itself"));
        let label =
            |finding: Diagnostic, (_, from, span): &Link| finding.label(*span, format!("`{from}` extends this"));
        self.diagnostics.push(links.iter().fold(finding, label));
    }
}

/// Takes services without content for empty ones, which are no fault in a file that is only extended.
fn allow_empty_services(root: &mut Node) {
    if let Value::Mapping(root) = &mut root.value
        && let Some(services) = Arc::make_mut(root).get_mut("services")
        && let Value::Mapping(services) = &mut services.value.value
    {
        for entry in Arc::make_mut(services).values_mut().filter(|entry| entry.value.is_null()) {
            entry.value.value = Value::Mapping(Arc::default());
        }
    }
}
