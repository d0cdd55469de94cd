//! Services as they are meant: demand, ports, constraints, and what must be on one machine.

use std::collections::BTreeMap;

use crate::compose::model::{self as compose, Compose, DeployMode};
use crate::diagnostic::Diagnostic;
use crate::source::{Span, Spanned, Text};
use crate::units::{Amounts, Resource};

use super::Condition;
use super::hooks::hooks;
use super::model::{Constraint, Dependency, PortDemand, Replicas, Service, Stack};
use super::rollout::rollouts;
use super::{container, machines, wishes};

pub(super) fn service(
    compose: &Compose,
    stack: &Stack,
    written: &compose::Service,
    unsized_demand: Option<&Amounts>,
    findings: &mut Vec<Diagnostic>,
) -> Service {
    let (demand, demand_spans) = demand(written, unsized_demand);
    let placement = written.deploy.as_ref().map(|deploy| &deploy.placement);
    let (update, rollback) = rollouts(&written.name, written.deploy.as_deref(), findings);
    Service {
        name: written.name.to_string(),
        span: written.span,
        replicas: replicas(written),
        demand,
        demand_spans,
        ports: ports(written),
        constraints: constraints(written, findings),
        max_per_machine: placement
            .and_then(|placement| placement.max_replicas_per_node.as_deref().cloned())
            .filter(|max| max.value > 0),
        together_with: together_with(compose, written),
        wishes: wishes::wishes(compose, written, findings),
        local_volumes: local_volumes(stack, written),
        depends_on: dependencies(compose, written),
        update,
        rollback,
        post_start: hooks(written.hooks.as_ref().map_or(&[][..], |it| &it.post_start)),
        forwards_to: Vec::new(),
        on: BTreeMap::new(),
        container: container::spec(compose, stack, written),
    }
}

/// What [`service`] finds wrong.
pub(super) fn faults(compose: &Compose, written: &compose::Service, findings: &mut Vec<Diagnostic>) {
    constraints(written, findings);
    wishes::wishes(compose, written, findings);
    rollouts(&written.name, written.deploy.as_deref(), findings);
}

fn replicas(written: &compose::Service) -> Spanned<Replicas> {
    let deploy = written.deploy.as_ref();
    let mode = deploy.and_then(|deploy| deploy.mode.as_ref());
    if let Some(mode) = mode.filter(|mode| matches!(mode.value, DeployMode::Global | DeployMode::GlobalJob)) {
        return Spanned::new(Replicas::Global, mode.span);
    }
    match deploy.and_then(|deploy| deploy.replicas.as_ref()).or(written.scale.as_ref()) {
        Some(count) => Spanned::new(Replicas::Count(count.value), count.span),
        None => Spanned::new(Replicas::Count(1), written.span),
    }
}

/// What one container counts for: the reservation; where a figure is missing, the limit; else the inventory's default.
fn demand(written: &compose::Service, default: Option<&Amounts>) -> (Amounts, BTreeMap<Resource, Span>) {
    let deploy = written.deploy.as_ref();
    let (reserved, limits) = (deploy.map(|it| &it.reservations), deploy.map(|it| &it.limits));
    let cpus = reserved
        .and_then(|it| it.cpus.as_ref())
        .or_else(|| limits.and_then(|it| it.cpus.as_ref()))
        .or(written.cpus.as_ref());
    let memory = reserved
        .and_then(|it| it.memory.as_ref())
        .or(written.mem_reservation.as_ref())
        .or_else(|| limits.and_then(|it| it.memory.as_ref()))
        .or(written.mem_limit.as_ref());
    let (mut demand, mut spans) = (default.cloned().unwrap_or_default(), BTreeMap::new());
    let mut say = |resource: Resource, amount: u64, span: Span| {
        demand.set(resource.clone(), amount);
        spans.insert(resource, span);
    };
    if let Some(cpus) = cpus {
        say(Resource::cpus(), cpus.value.0, cpus.span);
    }
    if let Some(memory) = memory {
        say(Resource::memory(), memory.value.0, memory.span);
    }
    for generic in reserved.map_or(&[][..], |it| &it.generic) {
        say(Resource(generic.kind.value.to_lowercase()), generic.value.value, generic.kind.span);
    }
    let devices = reserved.map_or(&[][..], |it| &it.devices);
    for device in devices.iter().chain(&written.gpus) {
        let is_gpu = device.capabilities.is_empty() || device.capabilities.iter().any(|it| &*it.value == "gpu");
        if is_gpu {
            // "All of them" is at least one: a machine without any cannot take it.
            let counted = device.count.as_ref().and_then(|count| count.value).map(u64::from);
            let count = counted.unwrap_or(1).max(device.device_ids.len() as u64);
            say(Resource::gpus(), count, device.span);
        }
    }
    (demand, spans)
}

/// Published ports. With the host's own network there is nothing to publish.
fn ports(written: &compose::Service) -> Vec<PortDemand> {
    if written.network_mode.is_some() {
        return Vec::new();
    }
    let demand = |port: &compose::Port| PortDemand {
        host_ip: port.host_ip.as_ref().map(|address| address.value),
        host: port.published.as_ref().map(|published| published.value),
        container: port.target.value,
        protocol: port.protocol.value.to_string(),
        span: port.published.as_ref().map_or(port.span, |published| published.span),
        inward: false,
    };
    written.ports.iter().map(demand).collect()
}

/// The constraints as written, and those that `platform` stands for.
fn constraints(written: &compose::Service, findings: &mut Vec<Diagnostic>) -> Vec<Spanned<Constraint>> {
    let mut constraints = Vec::new();
    for text in written.deploy.as_ref().map_or(&[][..], |deploy| &deploy.placement.constraints) {
        match parse_constraint(&text.value) {
            Some(constraint) => constraints.push(Spanned::new(constraint, text.span)),
            None => findings.push(
                Diagnostic::error(
                    "C104",
                    format!("`{}`: `{}` is not a placement constraint", written.name, text.value),
                )
                .label(text.span, "expected KEY == VALUE or KEY != VALUE")
                .help("for example `node.labels.zone == a`, or `node.hostname != m1`"),
            ),
        }
    }
    if let Some(platform) = &written.platform {
        for (key, part) in ["node.platform.os", "node.platform.arch"].into_iter().zip(platform.value.split('/')) {
            let value = machines::architecture(part).to_owned();
            constraints.push(Spanned::new(Constraint { key: key.to_owned(), equal: true, value }, platform.span));
        }
    }
    constraints
}

/// `node.labels.zone == a`: a key, `==` or `!=`, a value; spaces as one likes.
pub(super) fn parse_constraint(text: &str) -> Option<Constraint> {
    let (at, equal) = match (text.find("=="), text.find("!=")) {
        (Some(eq), None) => (eq, true),
        (None, Some(ne)) => (ne, false),
        (Some(eq), Some(ne)) => (eq.min(ne), eq < ne),
        (None, None) => return None,
    };
    let (key, value) = (text[..at].trim(), text[at + 2..].trim());
    let known = ["node.id", "node.hostname", "node.role", "node.platform.os", "node.platform.arch", "node.ip"];
    let labelled = key.starts_with("node.labels.") || key.starts_with("engine.labels.");
    (!value.is_empty() && (known.contains(&key) || labelled)).then(|| Constraint {
        key: key.to_owned(),
        equal,
        value: value.to_owned(),
    })
}

/// The service that a mode such as `service:db` names.
fn service_of(mode: &str) -> Option<&str> {
    mode.strip_prefix("service:")
}

/// Services whose namespaces, mounts or links force this one onto their machine.
fn together_with(compose: &Compose, written: &compose::Service) -> Vec<Spanned<String>> {
    let modes = [&written.network_mode, &written.pid, &written.ipc];
    let from_modes = modes
        .into_iter()
        .flatten()
        .filter_map(|mode| Some(Spanned::new(service_of(&mode.value)?.to_owned(), mode.span)));
    let from_volumes = written.volumes_from.iter().filter_map(|entry| {
        let name = entry.value.split(':').next().filter(|name| *name != "container")?;
        Some(Spanned::new(name.to_owned(), entry.span))
    });
    let from_links = written.links.iter().map(|link| Spanned::new(link.service.value.to_string(), link.service.span));
    let all = from_modes.chain(from_volumes).chain(from_links);
    all.filter(|other| compose.services.contains_key(&other.value)).collect()
}

/// The keys of the service's named volumes that live on one machine.
fn local_volumes(stack: &Stack, written: &compose::Service) -> Vec<Spanned<String>> {
    let named = written.mounts.iter().filter_map(|mount| match &mount.kind {
        compose::MountKind::Volume { source: Some(source), .. } => {
            Some(Spanned::new(source.value.to_string(), source.span))
        }
        _ => None,
    });
    named.filter(|key| stack.volumes.get(&key.value).is_some_and(|volume| !volume.shared)).collect()
}

/// Services that mount the same local volume run on the same machine.
pub(super) fn share_volumes(stack: &mut Stack) {
    let mut users: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, service) in stack.services.iter().enumerate() {
        for key in service.local_volumes.iter().filter(|_| service.replicas.value != Replicas::Global) {
            users.entry(key.value.clone()).or_default().push(index);
        }
    }
    for (key, users) in users {
        for index in &users {
            let at = stack.services[*index].local_volumes.iter().find(|it| it.value == key).map(|it| it.span);
            let Some(span) = at else { continue };
            for other in users.iter().filter(|other| *other != index) {
                let name = stack.services[*other].name.clone();
                stack.services[*index].together_with.push(Spanned::new(name, span));
            }
        }
    }
}

/// What is waited for: as written, and as implied by namespaces, mounts and links.
fn dependencies(compose: &Compose, written: &compose::Service) -> Vec<Dependency> {
    let active = |name: &&Text| compose.services.get(name).is_some_and(|service| service.provider.is_none());
    let mut dependencies: Vec<Dependency> = Vec::new();
    for (name, dependency) in written.depends_on.iter().filter(|(name, _)| active(name)) {
        let (condition, restart) = (dependency.condition, dependency.restart);
        dependencies.push(Dependency { service: name.to_string(), condition, restart });
    }
    for other in together_with(compose, written) {
        if !dependencies.iter().any(|dependency| dependency.service == other.value) {
            dependencies.push(Dependency { service: other.value, condition: Condition::Started, restart: true });
        }
    }
    dependencies
}

/// Labels and options without their places.
pub(super) fn texts(labels: &compose::Labels) -> BTreeMap<String, String> {
    labels.iter().map(|(key, value)| (key.to_string(), value.value.to_string())).collect()
}

/// One line for all services whose size nobody stated: what they count for is a guess.
pub(super) fn unsized_summary(stack: &Stack) -> Option<Diagnostic> {
    let lacks = |it: &&Service| !it.is_ingress() && !it.demand_spans.contains_key(&Resource::memory());
    let services: Vec<&Service> = stack.services.iter().filter(lacks).collect();
    let first = services.first()?;
    let names: Vec<String> = services.iter().map(|service| format!("`{}`", service.name)).collect();
    let (verb, counted) = (if names.len() == 1 { "states" } else { "state" }, first.demand.memory());
    let message = format!("{} {verb} no memory: counted as {counted} a container", names.join(", "));
    Some(
        Diagnostic::warning("R405", message)
            .label(first.span, "neither reservation nor limit of memory")
            .help("set `deploy.resources.reservations.memory`, or `unsized: {memory: …}` in the inventory"),
    )
}
