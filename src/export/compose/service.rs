//! A container as a service of a compose file.

use serde_json::{Value, json};

use crate::observed::HostPort;
use crate::plan::PlacedContainer;
use crate::stack::{
    Attachment, Condition, ContainerSpec, DeliveredFile, DeviceRequest, FileKind, Healthcheck, Hook, Mount, PullPolicy,
    Service, Ulimit,
};

use super::{Here, Said, file_key};

pub(super) fn service(here: &Here<'_>, name: &str, placed: &PlacedContainer, service: &Service) -> Value {
    let spec = service.container_on(here.machine);
    let mut said = Said::default();
    said.put("container_name", here.stack.container_name(service, placed.number, here.machine));
    process(&mut said, spec);
    rights(&mut said, spec);
    said.put("ports", placed.ports.iter().map(port).collect::<Vec<_>>());
    said.put("expose", spec.expose.clone());
    let ports = placed.ports.iter().map(|it| it.host_port);
    let more_names = here.stack.name_for_proxies(service, placed.number, here.machine, ports);
    networking(&mut said, here, spec, more_names.as_slice());
    // Further options of a tmpfs can only be said in short.
    let (in_short, mounts): (Vec<&Mount>, Vec<&Mount>) =
        spec.mounts.iter().partition(|mount| !mount.tmpfs_options.is_empty());
    said.put("volumes", mounts.into_iter().map(|it| mount(here, it)).collect::<Vec<_>>());
    said.put(
        "tmpfs",
        in_short.into_iter().map(Mount::tmpfs_in_short).map(|(at, how)| format!("{at}:{how}")).collect::<Vec<_>>(),
    );
    said.put("volumes_from", spec.volumes_from.iter().map(|it| volumes_from(here, it)).collect::<Vec<_>>());
    for (key, kind) in [("configs", FileKind::Config), ("secrets", FileKind::Secret)] {
        let files = spec.files.iter().filter(|it| it.kind == kind);
        said.put(key, files.map(|it| delivered(name, it)).collect::<Vec<_>>());
    }
    limits(&mut said, spec);
    said.put("healthcheck", spec.healthcheck.as_ref().map(healthcheck));
    said.put(
        "restart",
        spec.restart.as_ref().map(|it| {
            it.max_retries.filter(|most| *most > 0).map_or(it.name.clone(), |most| format!("{}:{most}", it.name))
        }),
    );
    said.put("stop_signal", spec.stop_signal.clone());
    said.put("stop_grace_period", spec.stop_grace_seconds.map(|seconds| format!("{seconds}s")));
    said.put(
        "logging",
        spec.logging.as_ref().map(|it| {
            let mut logging = Said::default();
            logging.put("driver", it.driver.clone());
            logging.put("options", json!(it.options));
            Value::from(logging)
        }),
    );
    said.put("depends_on", depends_on(here, service));
    said.put("post_start", service.post_start.iter().map(hook).collect::<Vec<_>>());
    let pre_stop = here.stack.pre_stop.get(&service.name).map_or(&[][..], Vec::as_slice);
    said.put("pre_stop", pre_stop.iter().map(hook).collect::<Vec<_>>());
    said.into()
}

/// What runs.
fn process(said: &mut Said, spec: &ContainerSpec) {
    said.put("image", spec.image.clone());
    said.put("platform", spec.platform.clone());
    said.put(
        "pull_policy",
        match spec.pull {
            PullPolicy::Always => Value::from("always"),
            // Where it is exported to, nothing is built.
            PullPolicy::Never | PullPolicy::Built => Value::from("never"),
            PullPolicy::Missing => Value::Null,
        },
    );
    said.put("command", spec.command.clone());
    match &spec.entrypoint {
        Some(none) if none.is_empty() => drop(said.0.insert("entrypoint".to_owned(), json!([]))),
        some => said.put("entrypoint", some.clone()),
    }
    said.put("environment", spec.environment.clone());
    said.put("labels", json!(spec.labels));
    said.put("annotations", json!(spec.annotations));
    said.put("user", spec.user.clone());
    said.put("group_add", spec.group_add.clone());
    said.put("working_dir", spec.working_dir.clone());
    said.put("hostname", spec.hostname.clone());
    said.put("domainname", spec.domainname.clone());
    said.flag("tty", spec.tty);
    said.flag("stdin_open", spec.stdin_open);
    said.put("init", spec.init);
}

/// What it may, and what it shares with the machine.
fn rights(said: &mut Said, spec: &ContainerSpec) {
    said.flag("privileged", spec.privileged);
    said.flag("read_only", spec.read_only);
    said.put("cap_add", spec.cap_add.clone());
    said.put("cap_drop", spec.cap_drop.clone());
    said.put("security_opt", spec.security_opt.clone());
    said.put("devices", spec.devices.clone());
    said.put("sysctls", json!(spec.sysctls));
    let ulimit = |(name, it): (&String, &Ulimit)| (name.clone(), json!({ "soft": it.soft, "hard": it.hard }));
    said.put("ulimits", Value::Object(spec.ulimits.iter().map(ulimit).collect()));
    said.put("runtime", spec.runtime.clone());
    said.put("userns_mode", spec.userns_mode.clone());
    said.put("cgroup", spec.cgroup.clone());
    said.put("cgroup_parent", spec.cgroup_parent.clone());
    said.put("uts", spec.uts.clone());
}

fn limits(said: &mut Said, spec: &ContainerSpec) {
    said.put("cpus", spec.cpu_limit.map(|thousandths| format!("{}.{:03}", thousandths / 1000, thousandths % 1000)));
    said.put("mem_limit", spec.memory_limit.map(bytes));
    said.put("mem_reservation", spec.memory_reservation.map(bytes));
    said.put("memswap_limit", spec.memswap_limit.map(|it| if it < 0 { "-1".to_owned() } else { format!("{it}b") }));
    said.put("pids_limit", spec.pids_limit);
    said.put("cpuset", spec.cpuset.clone());
    said.put("cpu_shares", spec.cpu_shares);
    said.put("oom_score_adj", spec.oom_score_adj);
    said.put("shm_size", spec.shm_size.map(bytes));
    tuning(said, spec);
    if !spec.device_requests.is_empty() {
        let devices: Vec<Value> = spec.device_requests.iter().map(device_request).collect();
        said.put("deploy", json!({ "resources": { "reservations": { "devices": devices } } }));
    }
}

/// What few services say; the names of these fields are those of compose files.
fn tuning(said: &mut Said, spec: &ContainerSpec) {
    let told = spec.tuning.as_ref().and_then(|tuning| serde_json::to_value(tuning).ok());
    for (key, value) in told.iter().filter_map(Value::as_object).flatten() {
        match (key.as_str(), value.as_object()) {
            ("blkio_config", Some(parts)) => said.put(key, parts.iter().map(io_of_devices).collect::<Value>()),
            _ => said.put(key, value.clone()),
        }
    }
}

/// A device's weight, or its rate.
fn io_of_devices((key, value): (&String, &Value)) -> (String, Value) {
    let word = if key == "weight_device" { "weight" } else { "rate" };
    let Some(devices) = value.as_array() else { return (key.clone(), value.clone()) };
    let device = |it: &Value| json!({ "path": it["path"], word: it["number"] });
    (key.clone(), devices.iter().map(device).collect())
}

fn bytes(bytes: u64) -> String {
    format!("{bytes}b")
}

fn device_request(request: &DeviceRequest) -> Value {
    let mut said = Said::default();
    said.put("driver", request.driver.clone());
    said.put(
        "count",
        match request.count {
            Some(-1) => Value::from("all"),
            count => count.into(),
        },
    );
    said.put("device_ids", request.device_ids.clone());
    said.put("capabilities", request.capabilities.clone());
    said.put("options", json!(request.options));
    said.into()
}

fn networking(said: &mut Said, here: &Here<'_>, spec: &ContainerSpec, more_names: &[String]) {
    let shared = |mode: &Option<String>| {
        let mode = mode.as_ref()?;
        let named = mode.strip_prefix("service:").and_then(|service| here.name_of(service));
        Some(named.map_or(mode.clone(), |name| format!("service:{name}")))
    };
    said.put("network_mode", shared(&spec.network_mode));
    said.put("pid", shared(&spec.pid));
    said.put("ipc", shared(&spec.ipc));
    said.put("dns", spec.dns.clone());
    said.put("dns_opt", spec.dns_opt.clone());
    said.put("dns_search", spec.dns_search.clone());
    let host = |it: &String| it.replacen(':', "=", 1);
    said.put("extra_hosts", spec.extra_hosts.iter().map(host).collect::<Vec<_>>());
    let mut networks = Said::default();
    for (order, joined) in spec.networks.iter().enumerate() {
        let declared = here.stack.networks.iter().find(|(_, it)| it.name == joined.network);
        let key = declared.map_or(&joined.network, |(key, _)| key);
        // The first one is the one that the container starts in.
        let priority = (spec.networks.len() > 1).then(|| spec.networks.len() - order);
        networks.0.insert(key.clone(), attachment(joined, more_names, priority));
    }
    said.put("networks", networks);
    let linked = |link: &String| {
        let (name, alias) = link.strip_prefix("service:")?.split_once(':')?;
        Some(format!("{}:{alias}", here.name_of(name).unwrap_or(name)))
    };
    said.put("links", spec.links.iter().filter_map(linked).collect::<Vec<_>>());
    said.put("external_links", spec.links_outside().cloned().collect::<Vec<_>>());
}

fn attachment(joined: &Attachment, more_names: &[String], priority: Option<usize>) -> Value {
    let mut said = Said::default();
    said.put("aliases", [&joined.aliases, more_names].concat());
    said.put("ipv4_address", joined.ipv4_address.clone());
    said.put("ipv6_address", joined.ipv6_address.clone());
    said.put("mac_address", joined.mac_address.clone());
    said.put("driver_opts", json!(joined.driver_opts));
    said.put("gw_priority", joined.gw_priority);
    said.put("link_local_ips", joined.link_local_ips.clone());
    said.put("priority", priority);
    said.into()
}

fn port(port: &HostPort) -> Value {
    let mut said = Said::default();
    said.put("target", port.container_port);
    said.put("published", port.host_port.to_string());
    said.put("host_ip", Some(port.host_ip.clone()).filter(|ip| !ip.is_empty()));
    said.put("protocol", port.protocol.clone());
    said.into()
}

fn mount(here: &Here<'_>, mount: &Mount) -> Value {
    let mut said = Said::default();
    said.put("type", mount.kind.clone());
    let volume = here.stack.volumes.iter().find(|(_, it)| mount.kind == "volume" && it.name == mount.source);
    let source = volume.map_or(&mount.source, |(key, _)| key);
    said.put("source", Some(source.clone()).filter(|source| !source.is_empty()));
    said.put("target", mount.target.clone());
    said.flag("read_only", mount.read_only);
    let mut bind = Said::default();
    if mount.kind == "bind" {
        bind.put("create_host_path", mount.create_host_path);
        bind.put("propagation", mount.propagation.clone());
        bind.put("selinux", mount.selinux.map(String::from));
        bind.put("recursive", mount.recursive.clone());
    }
    said.put("bind", bind);
    let mut volume = Said::default();
    volume.flag("nocopy", mount.no_copy);
    volume.put("subpath", mount.subpath.clone());
    volume.put("labels", json!(mount.labels));
    said.put("volume", volume);
    let mut tmpfs = Said::default();
    tmpfs.put("size", mount.tmpfs_size);
    tmpfs.put("mode", mount.tmpfs_mode);
    said.put("tmpfs", tmpfs);
    said.into()
}

fn volumes_from(here: &Here<'_>, from: &str) -> String {
    let (name, rest) = from.split_once(':').map_or((from, None), |(name, rest)| (name, Some(rest)));
    let name = here.name_of(name).unwrap_or(name);
    rest.map_or(name.to_owned(), |rest| format!("{name}:{rest}"))
}

fn delivered(name: &str, file: &DeliveredFile) -> Value {
    json!({
        "source": file_key(name, file),
        "target": file.target,
        "uid": file.uid.to_string(),
        "gid": file.gid.to_string(),
        "mode": format!("0{:o}", file.mode),
    })
}

fn healthcheck(check: &Healthcheck) -> Value {
    let mut said = Said::default();
    let time = |nanoseconds: Option<i64>| nanoseconds.map(duration);
    said.put("test", check.test.clone());
    said.put("interval", time(check.interval));
    said.put("timeout", time(check.timeout));
    said.put("retries", check.retries);
    said.put("start_period", time(check.start_period));
    said.put("start_interval", time(check.start_interval));
    said.into()
}

/// As compose files write it: in the largest unit that leaves no rest.
fn duration(nanoseconds: i64) -> String {
    let units = [(1_000_000_000, "s"), (1_000_000, "ms"), (1000, "us")];
    let fits = units.into_iter().find(|(unit, _)| nanoseconds % unit == 0);
    let (unit, name) = fits.unwrap_or((1, "ns"));
    format!("{}{name}", nanoseconds / unit)
}

/// What it waits for, as far as that is on the machine: compose knows no other.
fn depends_on(here: &Here<'_>, service: &Service) -> Value {
    let mut said = Said::default();
    for dependency in &service.depends_on {
        let condition = match dependency.condition {
            Condition::Started => "service_started",
            Condition::Healthy => "service_healthy",
            Condition::Completed => "service_completed_successfully",
        };
        for (name, _) in here.containers.iter().filter(|(_, it)| it.service == dependency.service) {
            let mut waits = Said::default();
            waits.put("condition", condition);
            waits.flag("restart", dependency.restart);
            said.put(name, waits);
        }
    }
    said.into()
}

fn hook(hook: &Hook) -> Value {
    let mut said = Said::default();
    said.put("command", hook.command.clone());
    said.put("user", hook.user.clone());
    said.flag("privileged", hook.privileged);
    said.put("working_dir", hook.working_dir.clone());
    said.put("environment", hook.environment.clone());
    said.into()
}
