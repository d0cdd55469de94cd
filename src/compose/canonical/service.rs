//! A service in its canonical form.

use std::sync::Arc;

use super::scalar::{plain, quoted};
use super::{build, entries, ports, put, text, value};
use crate::compose::environment::Environment;
use crate::compose::merge::merge;
use crate::compose::model::{Compose, Service};
use crate::compose::schema::service::{JOB, SERVICE};
use crate::source::{Span, Text};
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
pub(super) fn services<'a>(
    root: &'a Node,
    compose: &'a Compose,
    environment: &'a Environment,
) -> impl Iterator<Item = (Arc<str>, Entry)> + 'a {
    let written = root.get("services").and_then(Node::as_mapping);
    let mut written: Vec<(&Arc<str>, &Entry)> = written.into_iter().flatten().collect();
    written.sort_by_key(|(name, _)| *name);
    written.into_iter().filter_map(|(name, entry)| {
        let service = compose.services.get(name)?;
        Some((name.clone(), Entry { key: entry.key, value: canonical(service, &entry.value, environment) }))
    })
}

/// The jobs, by name. Nothing but docker compose runs them: their form is all that is known of them here.
pub(super) fn jobs(root: &Node) -> Mapping {
    let job = |(name, entry): (&Arc<str>, &Entry)| {
        let mut mapping = value::value(&entry.value, &JOB).map(entries)?;
        container(&mut mapping, &entry.value);
        default_network(&mut mapping, &entry.value, entry.value.span.at_start());
        mapping.sort_keys();
        let value = Node::new(Value::Mapping(Arc::new(mapping)), entry.value.span);
        Some((name.clone(), Entry { key: entry.key, value }))
    };
    let written = root.get("jobs").and_then(Node::as_mapping);
    let mut jobs: Mapping = written.into_iter().flatten().filter_map(job).collect();
    jobs.sort_keys();
    jobs
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
    mapping.remove("env_file");
    let variables = service.environment.iter();
    replace(&mut mapping, "environment", service.span, variables.map(|(name, at)| (name, at.span, at.value.clone())));
    let labels = service.labels.iter().map(|(name, at)| (name, at.span, Some(at.value.clone())));
    replace(&mut mapping, "labels", service.span, labels);
    container(&mut mapping, node);
    ports::ports(&mut mapping, node);
    build::build(&mut mapping, node, environment);
    replicas(&mut mapping);
    depends_on(&mut mapping, service);
    if service.provider.is_none() {
        default_network(&mut mapping, node, node.span.at_start());
    }
    mapping.sort_keys();
    Node::new(Value::Mapping(Arc::new(mapping)), node.span)
}

/// Where there is a `deploy` section without a number, `scale` is it.
fn replicas(mapping: &mut Mapping) {
    let Some(scale) = mapping.get("scale").cloned() else { return };
    change(mapping, "deploy", |deploy| {
        let mut fields = entries(deploy.clone());
        fields.get_or_insert_with("replicas".into(), || scale);
        fields.sort_keys();
        deploy.value = Value::Mapping(Arc::new(fields));
    });
}

/// What services share with the containers of `pre_start`.
fn container(mapping: &mut Mapping, written: &Node) {
    change(mapping, "devices", |devices| each(devices, device));
    change(mapping, "gpus", |gpus| {
        if gpus.as_scalar().is_some() {
            let mut request = Mapping::new();
            put(&mut request, "count", gpus.span, plain("-1"));
            gpus.value = Value::Sequence(Arc::new(vec![Node::new(Value::Mapping(Arc::new(request)), gpus.span)]));
        }
    });
    change(mapping, "ulimits", limits);
    change(mapping, "blkio_config", block_devices);
    change(mapping, "extra_hosts", sorted);
    change(mapping, "secrets", |secrets| {
        let mut written = written.get("secrets").and_then(Node::as_sequence).unwrap_or_default().iter();
        each(secrets, |secret| {
            if written.next().is_some_and(|written| written.get("target").is_some()) {
                return;
            }
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
        Arc::make_mut(fields).retain(|key, _| !NOT_INHERITED.contains(&key) && !key.starts_with("x-"));
    }
    merge(&mut base, hook.clone(), &mut vec!["services".into(), service.name.clone()]);
    let mut mapping = match &base.value {
        Value::Mapping(fields) => value::keys(fields, &SERVICE),
        _ => Mapping::new(),
    };
    container(&mut mapping, &base);
    if service.provider.is_none() {
        default_network(&mut mapping, &base, hook.span.at_start());
    }
    mapping.sort_keys();
    Node::new(Value::Mapping(Arc::new(mapping)), hook.span)
}

/// The network that a container joins where it names none.
fn default_network(mapping: &mut Mapping, written: &Node, span: Span) {
    if !mapping.contains_key("networks") && written.get("network_mode").is_none() {
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
    pairs: impl Iterator<Item = (&'a Text, Span, Option<Text>)>,
) {
    let node = |text: Option<Text>, span| Node::new(text.map_or(Value::Null, quoted), span);
    let pairs = pairs.map(|(name, span, text)| (name.clone(), Entry { key: span, value: node(text, span) }));
    let mut pairs: Mapping = pairs.collect();
    if pairs.is_empty() {
        mapping.remove(key);
        return;
    }
    pairs.sort_keys();
    let span = mapping.get(key).map_or(span, |entry| entry.key);
    put(mapping, key, span, Value::Mapping(Arc::new(pairs)));
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

/// A limit of 0 is none.
pub(super) fn limits(node: &mut Node) {
    if let Value::Mapping(limits) = &mut node.value {
        for entry in Arc::make_mut(limits).values_mut() {
            if entry.value.as_scalar().is_some_and(|limit| &*limit.text == "0") {
                entry.value.value = Value::Mapping(Arc::default());
            }
        }
    }
}

/// What is not said of a block device is blank, or 0.
fn block_devices(node: &mut Node) {
    let Value::Mapping(lists) = &mut node.value else { return };
    for (key, entry) in Arc::make_mut(lists).iter_mut() {
        let rate = if &**key == "weight_device" { ("weight", plain("0")) } else { ("rate", quoted("0")) };
        each(&mut entry.value, |device| {
            let (span, mut fields) = (device.span, entries(device.clone()));
            for (key, value) in [("path", quoted("")), rate.clone()] {
                if !fields.contains_key(key) {
                    put(&mut fields, key, span, value);
                }
            }
            device.value = Value::Mapping(Arc::new(fields));
        });
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
pub(super) fn each(node: &mut Node, change: impl FnMut(&mut Node)) {
    if let Value::Sequence(items) = &mut node.value {
        Arc::make_mut(items).iter_mut().for_each(change);
    }
}
