//! A service in its canonical form.

use std::sync::Arc;

use super::scalar::{plain, quoted};
use super::{build, entries, put, text, value};
use crate::compose::environment::Environment;
use crate::compose::merge::merge;
use crate::compose::model::{Compose, Port, Service};
use crate::compose::schema::service::SERVICE;
use crate::source::Span;
use crate::yaml::{Entry, Mapping, Node, Value};

/// What a container of `pre_start` does not have from its service.
const NOT_INHERITED: [&str; 21] = [
    "attach",
    "build",
    "container_name",
    "depends_on",
    "deploy",
    "develop",
    "expose",
    "external_links",
    "healthcheck",
    "links",
    "ports",
    "post_start",
    "pre_start",
    "pre_stop",
    "profiles",
    "provider",
    "restart",
    "scale",
    "stdin_open",
    "tty",
    "volumes",
];

/// The active services, by name.
pub(super) fn services(root: &Node, compose: &Compose, environment: &Environment) -> Mapping {
    let written = root.get("services").and_then(Node::as_mapping);
    let canonical = |(name, entry): (&Arc<str>, &Entry)| {
        let service = compose.services.get(&**name)?;
        Some((name.clone(), Entry { key: entry.key, value: canonical(service, &entry.value, environment) }))
    };
    let mut services: Mapping = written.into_iter().flatten().filter_map(canonical).collect();
    services.sort_keys();
    services
}

fn canonical(service: &Service, node: &Node, environment: &Environment) -> Node {
    let mut mapping = match &node.value {
        Value::Mapping(written) => value::keys(written, &SERVICE),
        _ => Mapping::new(),
    };
    if let Some(hooks) = node.get("pre_start").and_then(Node::as_sequence).filter(|hooks| !hooks.is_empty()) {
        let hooks = hooks.iter().map(|hook| pre_start(service, node, hook)).collect();
        put(&mut mapping, "pre_start", node.span, Value::Sequence(Arc::new(hooks)));
    }
    for key in ["env_file", "label_file"] {
        mapping.shift_remove(key);
    }
    let variables = service.environment.iter();
    replace(&mut mapping, "environment", service.span, variables.map(|(name, at)| (name, at.span, at.value.clone())));
    let labels = service.labels.iter().map(|(name, at)| (name, at.span, Some(at.value.clone())));
    replace(&mut mapping, "labels", service.span, labels);
    container(&mut mapping);
    if !service.ports.is_empty() {
        let ports = service.ports.iter().map(port).collect();
        let span = mapping.get("ports").map_or(service.span, |entry| entry.key);
        put(&mut mapping, "ports", span, Value::Sequence(Arc::new(ports)));
    }
    build::build(&mut mapping, node, environment);
    change(&mut mapping, "deploy", |deploy| {
        let devices = ["resources", "reservations", "devices"];
        under(deploy, &devices, &mut |requests| each(requests, device_request));
    });
    replicas(&mut mapping);
    depends_on(&mut mapping, service);
    if service.provider.is_none() {
        default_network(&mut mapping, node.span.at_start());
    }
    mapping.sort_keys();
    Node::new(Value::Mapping(Arc::new(mapping)), node.span)
}

/// Where there is a `deploy` section without a number, `scale` is it.
fn replicas(mapping: &mut Mapping) {
    let Some(scale) = mapping.get("scale").cloned() else { return };
    change(mapping, "deploy", |deploy| {
        let mut fields = entries(deploy.clone());
        fields.entry("replicas".into()).or_insert(scale);
        fields.sort_keys();
        deploy.value = Value::Mapping(Arc::new(fields));
    });
}

/// What services share with the containers of `pre_start`.
fn container(mapping: &mut Mapping) {
    change(mapping, "devices", |devices| each(devices, device));
    change(mapping, "gpus", |gpus| {
        if gpus.as_scalar().is_some() {
            let request = Node::new(Value::Mapping(Arc::default()), gpus.span);
            gpus.value = Value::Sequence(Arc::new(vec![request]));
        }
        each(gpus, device_request);
    });
    change(mapping, "extra_hosts", sorted);
    change(mapping, "secrets", |secrets| {
        each(secrets, |secret| {
            let mut fields = entries(secret.clone());
            if let Some(source) = fields.get("source").filter(|_| !fields.contains_key("target")) {
                let (span, target) = (source.value.span, text(&source.value).unwrap_or_default());
                put(&mut fields, "target", span, quoted(format!("/run/secrets/{target}")));
                secret.value = Value::Mapping(Arc::new(fields));
            }
        });
    });
}

/// A container of `pre_start`: what it says of itself, on top of its service.
fn pre_start(service: &Service, node: &Node, hook: &Node) -> Node {
    let mut base = node.clone();
    if let Value::Mapping(fields) = &mut base.value {
        Arc::make_mut(fields).retain(|key, _| !NOT_INHERITED.contains(&&**key) && !key.starts_with("x-"));
    }
    merge(&mut base, hook.clone(), &mut vec!["services".into(), service.name.as_str().into()]);
    let mut mapping = match &base.value {
        Value::Mapping(fields) => value::keys(fields, &SERVICE),
        _ => Mapping::new(),
    };
    container(&mut mapping);
    default_network(&mut mapping, hook.span.at_start());
    mapping.sort_keys();
    Node::new(Value::Mapping(Arc::new(mapping)), hook.span)
}

/// The network that a container joins where it names none.
fn default_network(mapping: &mut Mapping, span: Span) {
    if !mapping.contains_key("networks") && !mapping.contains_key("network_mode") {
        let mut networks = Mapping::new();
        put(&mut networks, "default", span, Value::Null);
        put(mapping, "networks", span, Value::Mapping(Arc::new(networks)));
    }
}

/// Puts decoded pairs in the place of written ones: files may have added to them.
fn replace<'a>(
    mapping: &mut Mapping,
    key: &str,
    span: Span,
    pairs: impl Iterator<Item = (&'a String, Span, Option<String>)>,
) {
    let node = |text: Option<String>, span| Node::new(text.map_or(Value::Null, quoted), span);
    let pairs = pairs.map(|(name, span, text)| (name.as_str().into(), Entry { key: span, value: node(text, span) }));
    let mut pairs: Mapping = pairs.collect();
    if pairs.is_empty() {
        mapping.shift_remove(key);
        return;
    }
    pairs.sort_keys();
    let span = mapping.get(key).map_or(span, |entry| entry.key);
    put(mapping, key, span, Value::Mapping(Arc::new(pairs)));
}

fn port(port: &Port) -> Node {
    let mut fields = Mapping::new();
    let mut text = |key: &str, value: Option<(String, Span)>| {
        if let Some((value, span)) = value.filter(|(value, _)| !value.is_empty()) {
            put(&mut fields, key, span, quoted(value));
        }
    };
    let written = |value: &Option<crate::source::Spanned<String>>| {
        value.as_ref().map(|written| (written.value.clone(), written.span))
    };
    text("app_protocol", written(&port.app_protocol));
    text("host_ip", port.host_ip.as_ref().map(|ip| (ip.value.to_string(), ip.span)));
    text("mode", written(&port.mode).or_else(|| Some(("ingress".to_owned(), port.span))));
    text("name", written(&port.name));
    text("protocol", Some((port.protocol.value.clone(), port.protocol.span)));
    text("published", port.published.as_ref().map(|range| (range.value.to_string(), range.span)));
    put(&mut fields, "target", port.target.span, plain(port.target.value.to_string()));
    Node::new(Value::Mapping(Arc::new(fields)), port.span)
}

/// What the service waits for, and what it waits for since it cannot be without it.
fn depends_on(mapping: &mut Mapping, service: &Service) {
    let mut dependencies = mapping.get("depends_on").map(|entry| entries(entry.value.clone())).unwrap_or_default();
    for entry in dependencies.values_mut() {
        let mut fields = entries(entry.value.clone());
        if !fields.contains_key("condition") {
            put(&mut fields, "condition", entry.key, quoted("service_started"));
        }
        if !fields.contains_key("required") {
            put(&mut fields, "required", entry.key, plain("true"));
        }
        fields.sort_keys();
        entry.value.value = Value::Mapping(Arc::new(fields));
    }
    let modes = [&service.network_mode, &service.ipc, &service.pid, &service.uts, &service.cgroup];
    let modes = modes.into_iter().flatten().filter_map(|mode| Some((mode.value.strip_prefix("service:")?, mode.span)));
    let links = service.links.iter().map(|link| (&*link.service.value, link.service.span));
    let from = service.volumes_from.iter().filter(|from| !from.value.starts_with("container:"));
    let from = from.map(|from| (from.value.split(':').next().unwrap_or_default(), from.span));
    let implied = links.chain(modes).map(|(name, span)| (name, span, true));
    for (name, span, restart) in implied.chain(from.map(|(name, span)| (name, span, false))) {
        if dependencies.contains_key(name) {
            continue;
        }
        let mut fields = Mapping::new();
        put(&mut fields, "condition", span, quoted("service_started"));
        put(&mut fields, "required", span, plain("true"));
        if restart {
            put(&mut fields, "restart", span, plain("true"));
        }
        put(&mut dependencies, name, span, Value::Mapping(Arc::new(fields)));
    }
    if !dependencies.is_empty() {
        dependencies.sort_keys();
        let span = mapping.get("depends_on").map_or(service.span, |entry| entry.key);
        put(mapping, "depends_on", span, Value::Mapping(Arc::new(dependencies)));
    }
}

/// `SOURCE[:TARGET[:PERMISSIONS]]` in the long form.
fn device(node: &mut Node) {
    let Some(written) = text(node) else { return };
    let parts: Vec<&str> = written.split(':').collect();
    let (source, target, permissions) = match parts[..] {
        [source, target, permissions] => (source, target, permissions),
        [source, target] => (source, target, "rwm"),
        _ => (&*written, &*written, "rwm"),
    };
    let mut fields = Mapping::new();
    for (key, value) in [("permissions", permissions), ("source", source), ("target", target)] {
        if !value.is_empty() {
            put(&mut fields, key, node.span, quoted(value));
        }
    }
    node.value = Value::Mapping(Arc::new(fields));
}

/// All devices, where neither a number nor names are given.
fn device_request(node: &mut Node) {
    let mut fields = entries(node.clone());
    if !fields.contains_key("count") && !fields.contains_key("device_ids") {
        put(&mut fields, "count", node.span.at_start(), plain("-1"));
        fields.sort_keys();
        node.value = Value::Mapping(Arc::new(fields));
    }
}

/// Hosts by name: docker compose keeps them in a map.
pub(super) fn sorted(node: &mut Node) {
    if let Value::Sequence(items) = &mut node.value {
        let name = |item: &Node| text(item).map(|text| text.split('=').next().unwrap_or_default().to_owned());
        Arc::make_mut(items).sort_by_key(name);
    }
}

/// Applies `change` to the value under `key`, if there is one.
fn change(mapping: &mut Mapping, key: &str, change: impl FnOnce(&mut Node)) {
    if let Some(entry) = mapping.get_mut(key) {
        change(&mut entry.value);
    }
}

/// Applies `change` to every item of a list.
fn each(node: &mut Node, change: impl FnMut(&mut Node)) {
    if let Value::Sequence(items) = &mut node.value {
        Arc::make_mut(items).iter_mut().for_each(change);
    }
}

/// Applies `change` to what lies at `path`, if something does.
fn under(node: &mut Node, path: &[&str], change: &mut dyn FnMut(&mut Node)) {
    match (path, &mut node.value) {
        ([], _) => change(node),
        ([key, rest @ ..], Value::Mapping(mapping)) if mapping.contains_key(*key) => {
            if let Some(entry) = Arc::make_mut(mapping).get_mut(*key) {
                under(&mut entry.value, rest, change);
            }
        }
        _ => {}
    }
}
