//! The `build` section in its canonical form.

use std::sync::Arc;

use super::scalar::quoted;
use super::{entries, put};
use crate::compose::environment::Environment;
use crate::yaml::{Entry, Mapping, Node, Value};

/// Fills in a service's `build`: the Dockerfile's name, and the values of arguments that the environment gives.
/// `node` is the service as merged.
pub(super) fn build(service: &mut Mapping, node: &Node, environment: &Environment) {
    let Some(entry) = service.get_mut("build") else { return };
    let span = entry.value.span;
    let mut build = entries(entry.value.clone());
    // A blank name is none, and none is filled in for it.
    let said = |key: &str| node.get("build").is_some_and(|build| build.get(key).is_some());
    if !said("dockerfile") && !said("dockerfile_inline") {
        put(&mut build, "dockerfile", span.at_start(), quoted("Dockerfile"));
    }
    let written = node.get("build").and_then(|build| build.get("args")).and_then(Node::as_mapping);
    if let (Some(written), Some(args)) = (written, build.get_mut("args")) {
        let resolved = |(name, entry): (&Arc<str>, &Entry)| {
            let from_environment = written.get(name).is_some_and(|entry| entry.value.is_null());
            if !from_environment {
                return Some((name.clone(), entry.clone()));
            }
            let value = Node::new(quoted(environment.get(name)?), entry.value.span);
            Some((name.clone(), Entry { key: entry.key, value }))
        };
        let resolved: Mapping = entries(args.value.clone()).iter().filter_map(resolved).collect();
        args.value.value = Value::Mapping(Arc::new(resolved));
    }
    if let Some(limits) = build.get_mut("ulimits") {
        super::service::limits(&mut limits.value);
    }
    if let Some(hosts) = build.get_mut("extra_hosts") {
        super::service::sorted(&mut hosts.value);
    }
    if build.get("args").is_some_and(|args| args.value.as_mapping().is_some_and(Mapping::is_empty)) {
        build.remove("args");
    }
    if let Some(Value::Mapping(keys)) = build.get("ssh").map(|ssh| ssh.value.value.clone()) {
        let key = |(name, entry): (&Arc<str>, &Entry)| {
            let path = entry.value.as_scalar().map(|path| path.text.clone()).filter(|path| !path.is_empty());
            Node::new(quoted(path.map_or_else(|| name.to_string(), |path| format!("{name}={path}"))), entry.key)
        };
        let keys = keys.iter().map(key).collect();
        put(&mut build, "ssh", span, Value::Sequence(Arc::new(keys)));
    }
    build.sort_keys();
    entry.value.value = Value::Mapping(Arc::new(build));
}
