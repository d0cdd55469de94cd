//! One compose file for each machine: plain `docker compose up` there makes the containers that the plan has there.

mod service;

use serde_json::{Map, Value, json};

use crate::plan::PlacedContainer;
use crate::stack::{AddressPool, DeliveredFile, Discovery, FileKind, FileOrigin, Machine, Network, Stack, Volume};
use crate::yaml;

use super::{Deployment, Format, Write};

pub(super) static FORMAT: Format = Format { name: "compose", write: Write::ForMachine(write) };

/// What is said at all, in the order in which it was said.
#[derive(Default)]
struct Said(Map<String, Value>);

impl Said {
    /// Nothing, an empty list and an empty mapping are left out.
    fn put(&mut self, key: &str, value: impl Into<Value>) {
        let value = value.into();
        let empty = match &value {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(entries) => entries.is_empty(),
            _ => false,
        };
        if !empty {
            self.0.insert(key.to_owned(), value);
        }
    }

    /// A flag is said where it is set.
    fn flag(&mut self, key: &str, flag: bool) {
        if flag {
            self.put(key, true);
        }
    }
}

impl From<Said> for Value {
    fn from(said: Said) -> Value {
        Value::Object(said.0)
    }
}

/// The containers of a machine, with the names that their services have in its file.
struct Here<'a> {
    stack: &'a Stack,
    machine: usize,
    containers: Vec<(String, &'a PlacedContainer)>,
}

impl Here<'_> {
    /// What a service of the stack is called here; the first of several.
    fn name_of(&self, service: &str) -> Option<&str> {
        self.containers.iter().find(|(_, it)| it.service == service).map(|(name, _)| name.as_str())
    }
}

fn write(deployment: &Deployment<'_>, machine: &Machine) -> String {
    let Deployment { stack, plan } = *deployment;
    let index = stack.machines.iter().position(|it| it.name == machine.name).unwrap_or_default();
    let on: Vec<&PlacedContainer> = plan.placement.iter().filter(|it| it.machine == machine.name).collect();
    let name = |it: &PlacedContainer| match on.iter().filter(|other| other.service == it.service).count() {
        1 => it.service.clone(),
        _ => format!("{}-{}", it.service, it.number),
    };
    let containers = on.iter().filter(|it| stack.service(&it.service).is_some());
    let here = Here { stack, machine: index, containers: containers.map(|it| (name(it), *it)).collect() };
    let mut document = Said::default();
    document.put("name", plan.project.clone());
    let (mut services, mut files) = (Said::default(), [Said::default(), Said::default()]);
    let (mut networks, mut volumes) = (Said::default(), Said::default());
    for (name, placed) in &here.containers {
        let Some(service) = stack.service(&placed.service) else { continue };
        let spec = service.container_on(index);
        services.put(name, service::service(&here, name, placed, service));
        for file in &spec.files {
            let kind = usize::from(file.kind == FileKind::Secret);
            files[kind].put(&file_key(name, file), content(file));
        }
        for (key, network) in stack.networks.iter().filter(|(_, it)| spec.joins(&it.name)) {
            networks.put(key, declared_network(network));
        }
        let mounts = |volume: &Volume| spec.mounts.iter().any(|it| it.kind == "volume" && it.source == volume.name);
        for (key, volume) in stack.volumes.iter().filter(|(_, it)| mounts(it)) {
            volumes.put(key, declared_volume(volume));
        }
    }
    let [configs, secrets] = files;
    document.put("services", services);
    document.put("networks", networks);
    document.put("volumes", volumes);
    document.put("configs", configs);
    document.put("secrets", secrets);
    let text = yaml::write(&yaml::from_json(&literal(document.into())));
    format!("# {} on {}, as planner has placed it.\n{}{text}", plan.project, machine.name, remarks(&here))
}

/// What has to be there before, or is not in the file.
fn remarks(here: &Here<'_>) -> String {
    let specs = || here.containers.iter().filter_map(|(_, it)| here.stack.service(&it.service));
    let specs = || specs().map(|service| service.container_on(here.machine));
    let mut remarks = String::new();
    let overlays = here.stack.wired(Discovery::Overlay).filter(|(_, it)| !it.external);
    for (_, network) in overlays.filter(|(_, it)| specs().any(|spec| spec.joins(&it.name))) {
        let name = &network.name;
        let make = format!("docker network create -d overlay --attachable {name}");
        remarks.push_str(&format!("# Made at a manager of the Swarm first: {make}\n"));
    }
    for file in specs().flat_map(|spec| &spec.files) {
        let remark = match &file.origin {
            FileOrigin::File(path) => format!("has to be on the machine: {}", path.display()),
            FileOrigin::Withheld => format!("has to be written, from the project's files: {}", withheld(file)),
            FileOrigin::Text(_) | FileOrigin::Environment(_) => continue,
        };
        remarks.push_str(&format!("# The {} `{}` {remark}\n", file.kind.word(), file.key));
    }
    remarks
}

/// What is in a config or a secret. A secret's content is no part of any output.
fn content(file: &DeliveredFile) -> Value {
    match &file.origin {
        FileOrigin::Withheld => json!({ "file": withheld(file) }),
        FileOrigin::Text(text) => json!({ "content": text }),
        FileOrigin::File(path) => json!({ "file": path.display().to_string() }),
        FileOrigin::Environment(variable) => json!({ "environment": variable }),
    }
}

fn withheld(file: &DeliveredFile) -> String {
    format!("./{}", file.key)
}

/// The key of a file in the document: the same one may have another content for each service.
fn file_key(service: &str, file: &DeliveredFile) -> String {
    match &file.origin {
        FileOrigin::Text(_) if file.reload.is_some() => format!("{service}-{}", file.key),
        _ => file.key.clone(),
    }
}

fn declared_network(network: &Network) -> Value {
    let mut said = Said::default();
    said.put("name", network.name.clone());
    if network.external || network.discovery == Discovery::Overlay {
        said.flag("external", true);
        return said.into();
    }
    said.put("driver", network.driver.clone());
    said.put("driver_opts", json!(network.driver_opts));
    said.flag("internal", network.internal);
    said.flag("attachable", network.attachable);
    said.put("enable_ipv6", network.enable_ipv6);
    let pool = |it: &AddressPool| {
        let mut pool = Said::default();
        pool.put("subnet", it.subnet.clone());
        pool.put("ip_range", it.ip_range.clone());
        pool.put("gateway", it.gateway.clone());
        Value::from(pool)
    };
    if !network.pools.is_empty() {
        said.put("ipam", json!({ "config": network.pools.iter().map(pool).collect::<Vec<_>>() }));
    }
    said.put("labels", json!(network.labels));
    said.into()
}

fn declared_volume(volume: &Volume) -> Value {
    let mut said = Said::default();
    said.put("name", volume.name.clone());
    if volume.external {
        said.flag("external", true);
        return said.into();
    }
    said.put("driver", volume.driver.clone());
    said.put("driver_opts", json!(volume.driver_opts));
    said.put("labels", json!(volume.labels));
    said.into()
}

/// No text has variables in it any more.
fn literal(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace('$', "$$")),
        Value::Array(items) => items.into_iter().map(literal).collect(),
        Value::Object(entries) => Value::Object(entries.into_iter().map(|(key, it)| (key, literal(it))).collect()),
        other => other,
    }
}
