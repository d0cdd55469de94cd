//! Services must not wait for each other in a circle.

use indexmap::IndexMap;

use crate::compose::model::{Compose, Service};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// More circles are not reported: they are likely the same fault.
const MAX_CYCLES: usize = 20;

/// Where a service stands in the search.
#[derive(Clone, Copy, PartialEq)]
enum State {
    /// On the way from the start to here.
    Open,
    /// Searched, and not part of a new circle.
    Done,
}

pub(super) fn check(compose: &Compose, diagnostics: &mut Vec<Diagnostic>) {
    let edges: IndexMap<&str, Vec<(&str, Span)>> =
        compose.services.values().map(|service| (&*service.name, edges_of(service))).collect();
    let mut states: IndexMap<&str, State> = IndexMap::new();
    let mut found = 0;
    for start in edges.keys() {
        if !states.contains_key(start) {
            search(start, &edges, &mut states, &mut found, diagnostics);
        }
    }
}

/// What a service waits for: what it depends on, links to, and whose namespaces or volumes it uses.
fn edges_of(service: &Service) -> Vec<(&str, Span)> {
    let depends = service.depends_on.iter().map(|(name, dependency)| (&**name, dependency.span));
    let links = service.links.iter().map(|link| (&*link.service.value, link.service.span));
    let modes = [&service.network_mode, &service.pid, &service.ipc].into_iter().flatten();
    let modes = modes.filter_map(|mode| Some((mode.value.strip_prefix("service:")?, mode.span)));
    let volumes = service.volumes_from.iter().filter(|from| !from.value.starts_with("container:"));
    let volumes = volumes.map(|from| (from.value.split(':').next().unwrap_or_default(), from.span));
    depends.chain(links).chain(modes).chain(volumes).collect()
}

/// Walks in depth from `start`, with a stack of its own: (service, next edge).
fn search<'a>(
    start: &'a str,
    edges: &IndexMap<&'a str, Vec<(&'a str, Span)>>,
    states: &mut IndexMap<&'a str, State>,
    found: &mut usize,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut path: Vec<(&str, usize)> = vec![(start, 0)];
    states.insert(start, State::Open);
    while let Some((name, next)) = path.last_mut() {
        let edge = edges.get(name).and_then(|edges| edges.get(*next)).copied();
        *next += 1;
        match edge {
            None => {
                states.insert(name, State::Done);
                path.pop();
            }
            Some((target, _)) => match states.get(target) {
                Some(State::Done) => {}
                Some(State::Open) if *found < MAX_CYCLES => {
                    *found += 1;
                    diagnostics.push(cycle(target, &path, edges));
                }
                Some(State::Open) => {}
                None => {
                    states.insert(target, State::Open);
                    path.push((target, 0));
                }
            },
        }
    }
}

/// The finding for the circle that leads from `target` along `path` back to it: one label for each edge.
fn cycle(target: &str, path: &[(&str, usize)], edges: &IndexMap<&str, Vec<(&str, Span)>>) -> Diagnostic {
    let from = path.iter().position(|(name, _)| *name == target).unwrap_or(0);
    let circle = &path[from..];
    let names: Vec<&str> = circle.iter().map(|(name, _)| *name).chain([target]).collect();
    let mut finding = Diagnostic::error("C116", format!("services wait for each other: {}", names.join(" → ")));
    for (name, next) in circle {
        if let Some((to, span)) = edges.get(name).and_then(|edges| edges.get(next - 1)) {
            finding = finding.label(*span, format!("`{name}` waits for `{to}`"));
        }
    }
    finding.help("remove one of these")
}
