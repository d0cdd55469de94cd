//! What is read out of a project is what docker compose reads out of it.
//!
//! Compared with docker compose's canonical model, for the fields that decide what runs. See `corpus` on where the
//! projects come from.

use std::collections::BTreeMap;

use planner::compose::model::{Labels, MountKind, Rare, Service};
use planner::source::{Spanned, Text};
use serde_json::{Map, Value, json};

use crate::corpus::{HOME, answer, cases, load_case};

/// Groups whose models are compared; `$PLANNER_CORPUS_GROUPS` names others.
const GROUPS: &str = "real,spec,upstream,upstream-files,micro";

/// Projects whose models differ, and why that is right or not yet mended.
const EXCEPTIONS: &[(&str, &str)] = &[];

#[test]
#[ignore = "needs a corpus of projects beside the clone: PLANNER_SHARED, or ../shared"]
fn services_are_read_as_docker_compose_reads_them() {
    let mut wrong = Vec::new();
    let mut compared = 0;
    for case in cases(GROUPS) {
        let expected = answer(&case.path);
        if expected["rc"] != 0 || EXCEPTIONS.iter().any(|(id, _)| *id == case.id) {
            continue;
        }
        let (_, loaded) = load_case(&case.path);
        let root = case.path.canonicalize().unwrap();
        let project = format!("@ROOT@/{}", case.id);
        let here = |text: &str| text.replace(&project, &root.display().to_string()).replace("@ROOT@/home", HOME);
        let empty = Map::new();
        let services = expected["model"]["services"].as_object().unwrap_or(&empty);
        for (name, theirs) in services {
            let Some(ours) = loaded.compose.services.get(name) else {
                wrong.push(format!("{} {name}: not read", case.id));
                continue;
            };
            compared += 1;
            let (ours, theirs) = (of_ours(ours), of_theirs(theirs, &here));
            for (field, theirs) in &theirs {
                let ours = &ours[field];
                if ours != theirs {
                    wrong.push(format!("{} {name}.{field}\n    ours   {ours}\n    theirs {theirs}", case.id));
                }
            }
        }
        if loaded.compose.name != expected["model"]["name"].as_str().unwrap_or_default() {
            wrong.push(format!("{}: named {}", case.id, loaded.compose.name));
        }
    }
    eprintln!("{compared} services compared");
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

type Projection = BTreeMap<&'static str, Value>;

fn of_ours(service: &Service) -> Projection {
    let text = |field: Option<&Spanned<Text>>| json!(field.map(|field| &*field.value));
    let texts = |list: &[Spanned<Text>]| -> Vec<String> { list.iter().map(|t| t.value.to_string()).collect() };
    let mut ports: Vec<String> = service
        .ports
        .iter()
        .map(|port| {
            let ip = port.host_ip.as_ref().map_or_else(String::new, |ip| ip.value.to_string());
            let published = port.published.as_ref().map_or_else(String::new, |range| range.value.to_string());
            format!("{ip}:{published}:{}/{}", port.target.value, port.protocol.value)
        })
        .collect();
    ports.sort();
    let mut mounts: Vec<String> = service
        .mounts
        .iter()
        .filter_map(|mount| {
            let (kind, source) = match &mount.kind {
                MountKind::Bind { source, .. } => ("bind", source.value.to_string()),
                MountKind::Volume { source, .. } => {
                    ("volume", source.as_ref().map_or_else(String::new, |s| s.value.to_string()))
                }
                MountKind::Tmpfs { .. } | MountKind::Other { .. } => return None,
            };
            Some(format!("{kind} {source} {} {}", mount.target.value, mount.read_only))
        })
        .collect();
    mounts.sort();
    let environment: BTreeMap<&str, Option<&str>> =
        service.environment.iter().map(|(name, value)| (&**name, value.value.as_deref())).collect();
    let mut hosts = texts(&service.extra_hosts);
    hosts.sort();
    BTreeMap::from([
        ("image", text(service.image.as_ref())),
        ("container_name", text(service.container_name.as_ref())),
        ("hostname", text(service.hostname.as_deref())),
        ("user", text(service.user.as_deref())),
        ("command", words(&service.command)),
        ("entrypoint", words(&service.entrypoint)),
        ("environment", json!(environment)),
        ("labels", json!(pairs(&service.labels))),
        ("ports", json!(ports)),
        ("volumes", json!(mounts)),
        ("cap_add", json!(texts(&service.cap_add))),
        ("extra_hosts", json!(hosts)),
        ("cap_drop", json!(texts(&service.cap_drop))),
        ("expose", json!(texts(&service.expose))),
        ("profiles", json!(texts(&service.profiles))),
        ("security_opt", json!(texts(&service.security_opt))),
        ("dns", json!(texts(&service.dns))),
        ("group_add", json!(texts(&service.group_add))),
        ("network_mode", text(service.network_mode.as_deref())),
        ("working_dir", text(service.working_dir.as_deref())),
        ("platform", text(service.platform.as_deref())),
        ("stop_signal", text(service.stop_signal.as_deref())),
        ("tty", json!(service.tty.as_ref().is_some_and(|tty| tty.value))),
        ("stdin_open", json!(service.stdin_open.as_ref().is_some_and(|open| open.value))),
        ("privileged", json!(service.privileged.as_ref().is_some_and(|privileged| privileged.value))),
        ("read_only", json!(service.read_only.as_ref().is_some_and(|read_only| read_only.value))),
        ("init", json!(service.init.as_ref().map(|init| init.value))),
        ("mem_limit", json!(service.mem_limit.as_ref().map(|limit| limit.value.0))),
        ("mem_reservation", json!(service.mem_reservation.as_ref().map(|limit| limit.value.0))),
        ("shm_size", json!(service.shm_size.as_ref().map(|size| size.value.0))),
        ("cpus", json!(service.cpus.as_ref().map(|cpus| cpus.value.0))),
        ("deploy", ours_deploy(service)),
        ("healthcheck", ours_healthcheck(service)),
        ("aliases", ours_aliases(service)),
        ("sysctls", json!(pairs(&service.sysctls))),
        ("secrets", json!(service.secrets.iter().map(|secret| &*secret.source.value).collect::<Vec<_>>())),
    ])
}

fn words(field: &Rare<Vec<Text>>) -> Value {
    json!(field.as_ref().map(|words| words.value.iter().map(|word| &**word).collect::<Vec<_>>()))
}

fn pairs(labels: &Labels) -> BTreeMap<&str, &str> {
    labels.iter().map(|(name, value)| (&**name, &*value.value)).collect()
}

fn ours_deploy(service: &Service) -> Value {
    let scale = service.scale.as_ref().map(|scale| scale.value);
    let Some(deploy) = &service.deploy else { return json!([scale, null, null, null, null]) };
    let bytes = |field: &Rare<planner::units::Bytes>| field.as_ref().map(|field| field.value.0);
    json!([
        deploy.replicas.as_ref().map(|replicas| replicas.value).or(scale),
        deploy.limits.cpus.as_ref().map(|cpus| cpus.value.0),
        bytes(&deploy.limits.memory),
        deploy.reservations.cpus.as_ref().map(|cpus| cpus.value.0),
        bytes(&deploy.reservations.memory),
    ])
}

fn theirs_deploy(service: &Value) -> Value {
    let deploy = &service["deploy"];
    let resources = &deploy["resources"];
    let cpus = |part: &str| milli(&resources[part]["cpus"]);
    json!([
        deploy.get("replicas").unwrap_or(&service["scale"]),
        cpus("limits"),
        number(&resources["limits"]["memory"]),
        cpus("reservations"),
        number(&resources["reservations"]["memory"]),
    ])
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn milli(value: &Value) -> Option<u64> {
    let cpus = value.as_f64().or_else(|| value.as_str()?.parse().ok())?;
    Some((cpus * 1000.0).round() as u64)
}

fn ours_healthcheck(service: &Service) -> Value {
    let Some(health) = &service.healthcheck else { return Value::Null };
    let test = health.test.as_ref().map(|test| test.value.words());
    json!([test, health.retries.as_ref().map(|retries| retries.value)])
}

fn theirs_healthcheck(service: &Value, raw: &dyn Fn(&str) -> String) -> Value {
    let health = &service["healthcheck"];
    if health.is_null() {
        return Value::Null;
    }
    let test: Option<Vec<String>> =
        health["test"].as_array().map(|words| words.iter().map(|word| raw(word.as_str().unwrap())).collect());
    let test = if health["disable"] == true { Some(vec!["NONE".to_owned()]) } else { test };
    json!([test, health["retries"]])
}

fn ours_aliases(service: &Service) -> Value {
    let aliases: BTreeMap<&str, Vec<&str>> = service
        .networks
        .iter()
        .map(|(name, attachment)| (&**name, attachment.aliases.iter().map(|alias| &*alias.value).collect()))
        .collect();
    match (aliases.is_empty(), &service.network_mode, &service.provider) {
        (true, None, None) => json!({"default": []}),
        _ => json!(aliases),
    }
}

fn theirs_aliases(service: &Value) -> Value {
    let networks = service["networks"].as_object().into_iter().flatten();
    let aliases = |network: &Value| network["aliases"].as_array().cloned().unwrap_or_default();
    let aliases: BTreeMap<&String, Vec<Value>> = networks.map(|(name, network)| (name, aliases(network))).collect();
    json!(aliases)
}

fn of_theirs(service: &Value, here: &dyn Fn(&str) -> String) -> Projection {
    let raw = |text: &str| here(&text.replace("$$", "$"));
    let text = |key: &str| service[key].as_str().map_or(Value::Null, |text| json!(raw(text)));
    let words = |key: &str| -> Option<Vec<String>> {
        Some(service[key].as_array()?.iter().map(|word| raw(word.as_str().unwrap_or_default())).collect())
    };
    let pairs = |key: &str| -> BTreeMap<String, Option<String>> {
        let entries = service[key].as_object().into_iter().flatten();
        entries.map(|(name, value)| (raw(name), value.as_str().map(raw))).collect()
    };
    let sorted = |mut list: Vec<String>| {
        list.sort();
        list
    };
    let of = |value: &Value, key: &str| value[key].as_str().map_or_else(String::new, raw);
    let items = |key: &str| service[key].as_array().cloned().unwrap_or_default();
    let port = |port: &Value| {
        let published = of(port, "published");
        let published = if published == "0" { "" } else { &published };
        format!("{}:{published}:{}/{}", of(port, "host_ip"), port["target"], of(port, "protocol"))
    };
    let mount = |mount: &Value| {
        let read_only = mount["read_only"].as_bool().unwrap_or(false);
        format!("{} {} {} {read_only}", of(mount, "type"), of(mount, "source"), of(mount, "target"))
    };
    let mounts = items("volumes");
    let mounts = mounts.iter().filter(|mount| matches!(mount["type"].as_str(), Some("bind" | "volume")));
    BTreeMap::from([
        ("image", text("image")),
        ("container_name", text("container_name")),
        ("hostname", text("hostname")),
        ("user", text("user")),
        ("command", json!(words("command"))),
        ("entrypoint", json!(words("entrypoint"))),
        ("environment", json!(pairs("environment"))),
        ("labels", json!(pairs("labels"))),
        ("ports", json!(sorted(items("ports").iter().map(port).collect()))),
        ("volumes", json!(sorted(mounts.map(mount).collect()))),
        ("cap_add", json!(words("cap_add").unwrap_or_default())),
        ("extra_hosts", json!(sorted(words("extra_hosts").unwrap_or_default()))),
        ("cap_drop", json!(words("cap_drop").unwrap_or_default())),
        ("expose", json!(words("expose").unwrap_or_default())),
        ("profiles", json!(words("profiles").unwrap_or_default())),
        ("security_opt", json!(words("security_opt").unwrap_or_default())),
        ("dns", json!(words("dns").unwrap_or_default())),
        ("group_add", json!(words("group_add").unwrap_or_default())),
        ("network_mode", text("network_mode")),
        ("working_dir", text("working_dir")),
        ("platform", text("platform")),
        ("stop_signal", text("stop_signal")),
        ("tty", json!(service["tty"] == true)),
        ("stdin_open", json!(service["stdin_open"] == true)),
        ("privileged", json!(service["privileged"] == true)),
        ("read_only", json!(service["read_only"] == true)),
        ("init", service["init"].clone()),
        ("mem_limit", json!(number(&service["mem_limit"]))),
        ("mem_reservation", json!(number(&service["mem_reservation"]))),
        ("shm_size", json!(number(&service["shm_size"]))),
        ("cpus", json!(milli(&service["cpus"]))),
        ("deploy", theirs_deploy(service)),
        ("healthcheck", theirs_healthcheck(service, &raw)),
        ("aliases", theirs_aliases(service)),
        ("sysctls", json!(pairs("sysctls"))),
        ("secrets", json!(items("secrets").iter().map(|secret| of(secret, "source")).collect::<Vec<_>>())),
    ])
}
