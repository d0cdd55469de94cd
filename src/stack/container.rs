//! From a service as written to what its containers are made from.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::compose::model::{self as compose, CredentialSpec, MountKind, Rare, RestartCondition};
use crate::map::Map;
use crate::source::{Spanned, Text};

use super::model::Stack;
use super::services::texts;
use super::spec::{
    Attachment, ContainerSpec, DeliveredFile, DeviceRequest, FileKind, FileOrigin, Healthcheck, Logging, Mount,
    PullPolicy, Restart, Ulimit,
};

pub(super) fn spec(compose: &compose::Compose, stack: &Stack, written: &compose::Service) -> ContainerSpec {
    let deploy = written.deploy.as_ref();
    let limits = deploy.map(|deploy| &deploy.limits);
    let reservations = deploy.map(|deploy| &deploy.reservations);
    let mut expose: Vec<String> = written.expose.iter().map(|port| with_protocol(&port.value)).collect();
    expose.sort();
    ContainerSpec {
        image: compose.image(written).map(|image| image.to_string()).unwrap_or_default(),
        platform: text(&written.platform),
        command: words(&written.command),
        entrypoint: words(&written.entrypoint),
        environment: environment(written),
        labels: texts(&written.labels),
        user: text(&written.user),
        group_add: list(&written.group_add),
        working_dir: text(&written.working_dir),
        hostname: text(&written.hostname),
        domainname: text(&written.domainname),
        tty: is(&written.tty),
        stdin_open: is(&written.stdin_open),
        init: written.init.as_ref().map(|init| init.value),
        privileged: is(&written.privileged),
        read_only: is(&written.read_only),
        cap_add: list(&written.cap_add),
        cap_drop: list(&written.cap_drop),
        security_opt: security(written),
        dns: list(&written.dns),
        dns_opt: list(&written.dns_opt),
        dns_search: list(&written.dns_search),
        extra_hosts: extra_hosts(&written.extra_hosts),
        devices: written.devices.iter().map(device).collect(),
        device_requests: device_requests(written),
        sysctls: texts(&written.sysctls),
        ulimits: ulimits(&written.ulimits),
        shm_size: written.shm_size.as_ref().map(|size| size.value.0),
        runtime: text(&written.runtime),
        network_mode: text(&written.network_mode),
        networks: networks(stack, written),
        links: links(written),
        pid: text(&written.pid),
        ipc: text(&written.ipc),
        userns_mode: text(&written.userns_mode),
        cgroup: text(&written.cgroup),
        cgroup_parent: text(&written.cgroup_parent),
        uts: text(&written.uts),
        annotations: texts(&written.annotations),
        mounts: mounts(stack, written),
        files: files(compose, written),
        expose,
        restart: restart(written),
        stop_signal: text(&written.stop_signal),
        stop_grace_seconds: written.stop_grace_period.as_ref().map(|it| whole_seconds(it.value)),
        healthcheck: written.healthcheck.as_ref().map(|it| healthcheck(it)),
        logging: written.logging.as_ref().map(|it| logging(it)),
        cpu_limit: value(&limits.and_then(|it| it.cpus.clone()).or(written.cpus.clone())).map(|cpu| cpu.0),
        memory_limit: value(&limits.and_then(|it| it.memory.clone()).or(written.mem_limit.clone())).map(|it| it.0),
        memory_reservation: value(&reservations.and_then(|it| it.memory.clone()).or(written.mem_reservation.clone()))
            .map(|it| it.0),
        memswap_limit: written.memswap_limit.as_ref().map(|it| it.value.map_or(-1, |bytes| bytes.as_i64())),
        pids_limit: value(&limits.and_then(|it| it.pids.clone()).or(written.pids_limit.clone())),
        cpuset: text(&written.cpuset),
        cpu_shares: value(&written.cpu_shares),
        oom_score_adj: value(&written.oom_score_adj),
        tuning: written.tuning.clone(),
        volumes_from: list(&written.volumes_from),
        pull: pull(written),
        container_name: written.container_name.as_ref().map(|name| name.value.to_string()),
    }
}

fn value<T: Clone>(field: &Rare<T>) -> Option<T> {
    field.as_ref().map(|it| it.value.clone())
}

fn text(field: &Rare<Text>) -> Option<String> {
    field.as_ref().map(|it| it.value.to_string())
}

fn words(field: &Rare<Vec<Text>>) -> Option<Vec<String>> {
    field.as_ref().map(|it| it.value.iter().map(ToString::to_string).collect())
}

pub(super) fn is(field: &Option<Spanned<bool>>) -> bool {
    field.as_ref().is_some_and(|it| it.value)
}

pub(super) fn list(list: &compose::List) -> Vec<String> {
    list.iter().map(|it| it.value.to_string()).collect()
}

fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

fn with_protocol(port: &str) -> String {
    if port.contains('/') { port.to_owned() } else { format!("{port}/tcp") }
}

fn environment(written: &compose::Service) -> Vec<String> {
    let line = |(key, value): (&Text, &Spanned<Option<Text>>)| match &value.value {
        Some(value) => format!("{key}={value}"),
        None => key.to_string(),
    };
    let mut lines: Vec<String> = written.environment.iter().map(line).collect();
    lines.sort();
    lines
}

fn device(device: &compose::Device) -> String {
    let target = device.target.as_ref().unwrap_or(&device.source);
    format!("{}:{target}:{}", device.source, device.permissions.as_deref().unwrap_or("rwm"))
}

fn device_requests(written: &compose::Service) -> Vec<DeviceRequest> {
    let reserved = written.deploy.as_ref().map_or(&[][..], |deploy| &deploy.reservations.devices);
    let request = |device: &compose::DeviceReservation, default: &[&str]| DeviceRequest {
        driver: device.driver.as_ref().map(|driver| driver.value.to_string()),
        count: match (&device.count, device.device_ids.is_empty()) {
            (Some(count), _) => Some(count.value.map_or(-1, i64::from)),
            (None, true) => Some(-1),
            (None, false) => None,
        },
        device_ids: list(&device.device_ids),
        capabilities: match device.capabilities.is_empty() {
            true => default.iter().map(|it| (*it).to_owned()).collect(),
            false => list(&device.capabilities),
        },
        options: texts(&device.options),
    };
    let of_deploy = reserved.iter().map(|device| request(device, &[]));
    of_deploy.chain(written.gpus.iter().map(|device| request(device, &["gpu"]))).collect()
}

pub(super) fn ulimits(limits: &Map<compose::Ulimit>) -> BTreeMap<String, Ulimit> {
    limits.iter().map(|(name, it)| (name.to_string(), Ulimit { soft: it.soft, hard: it.hard })).collect()
}

/// `name:address`, as engines read them.
pub(super) fn extra_hosts(hosts: &compose::List) -> Vec<String> {
    hosts.iter().map(|host| host.value.replacen('=', ":", 1)).collect()
}

/// The networks to join; each under the service's own name as well.
fn networks(stack: &Stack, written: &compose::Service) -> Vec<Attachment> {
    if written.network_mode.is_some() {
        return Vec::new();
    }
    let engine_name = |key: &str| stack.networks.get(key).map(|network| network.name.clone()).unwrap_or_default();
    if written.networks.is_empty() {
        let aliases = vec![written.name.to_string()];
        let mac_address = text(&written.mac_address);
        return vec![Attachment { network: engine_name("default"), aliases, mac_address, ..Attachment::default() }];
    }
    let mut joined: Vec<(&Text, &compose::Attachment)> = written.networks.iter().collect();
    joined.sort_by_key(|(key, it)| (std::cmp::Reverse(it.priority), (*key).clone()));
    let attachment = |(key, it): (&Text, &compose::Attachment)| {
        let mut aliases = vec![written.name.to_string()];
        aliases.extend(list(&it.aliases));
        let finer = it.finer.as_deref().cloned().unwrap_or_default();
        let mut driver_opts = texts(&finer.driver_opts);
        // As engines are told it.
        let interface = finer.interface_name.map(|name| name.value.to_string());
        driver_opts.extend(interface.map(|name| ("com.docker.network.endpoint.ifname".to_owned(), name)));
        Attachment {
            network: engine_name(key),
            aliases,
            ipv4_address: text(&it.ipv4_address),
            ipv6_address: text(&it.ipv6_address),
            mac_address: text(&it.mac_address),
            driver_opts,
            gw_priority: finer.gw_priority.map(|it| it.value),
            link_local_ips: list(&finer.link_local_ips),
        }
    };
    let mut attachments: Vec<Attachment> = joined.into_iter().map(attachment).collect();
    // The service's own is that of the network that it joins first.
    if let Some(first) = attachments.first_mut().filter(|first| first.mac_address.is_none()) {
        first.mac_address = text(&written.mac_address);
    }
    attachments
}

/// Other names under which containers are found: of services those that are not theirs, and those of containers outside the project.
fn links(written: &compose::Service) -> Vec<String> {
    let of_service = |link: &compose::Link| {
        let alias = link.alias.as_ref().filter(|alias| **alias != link.service.value)?;
        Some(format!("service:{}:{alias}", link.service.value))
    };
    let outside = |link: &Spanned<Text>| match link.value.split_once(':') {
        Some(_) => link.value.to_string(),
        None => format!("{0}:{0}", link.value),
    };
    written.links.iter().filter_map(of_service).chain(written.external_links.iter().map(outside)).collect()
}

/// The security options, the account of a Windows domain among them.
fn security(written: &compose::Service) -> Vec<String> {
    let account = written.credential_spec.as_ref().and_then(|spec| match &spec.value {
        CredentialSpec::File(file) => Some(format!("credentialspec=file://{file}")),
        CredentialSpec::Registry(value) => Some(format!("credentialspec=registry://{value}")),
        CredentialSpec::Config(_) => None,
    });
    list(&written.security_opt).into_iter().chain(account).collect()
}

fn mounts(stack: &Stack, written: &compose::Service) -> Vec<Mount> {
    let engine_name = |key: &Spanned<Text>| stack.volumes.get(&*key.value).map(|volume| volume.name.clone());
    let convert = |mount: &compose::Mount| {
        let base = Mount { target: mount.target.value.to_string(), read_only: mount.read_only, ..Mount::default() };
        match &mount.kind {
            MountKind::Bind { source, create_host_path, propagation, selinux, recursive } => Mount {
                kind: "bind".to_owned(),
                source: source.value.to_string(),
                create_host_path: *create_host_path,
                propagation: propagation.as_ref().map(|it| it.value.0.to_owned()),
                selinux: *selinux,
                recursive: text(recursive).filter(|it| it != "enabled"),
                ..base
            },
            MountKind::Volume { source, nocopy, subpath, labels } => Mount {
                kind: "volume".to_owned(),
                source: source.as_ref().and_then(engine_name).unwrap_or_default(),
                no_copy: *nocopy,
                subpath: text(subpath),
                labels: labels.as_ref().map(|labels| texts(labels)).unwrap_or_default(),
                ..base
            },
            MountKind::Tmpfs { size, mode, options } => Mount {
                kind: "tmpfs".to_owned(),
                tmpfs_size: size.as_ref().map(|size| size.value.0),
                tmpfs_mode: value(mode),
                tmpfs_options: options.iter().map(ToString::to_string).collect(),
                ..base
            },
            MountKind::Other { kind, source, subpath } => Mount {
                kind: kind.to_string(),
                source: source.as_ref().map(|it| it.value.to_string()).unwrap_or_default(),
                subpath: text(subpath),
                ..base
            },
        }
    };
    let mut mounts: Vec<Mount> = written.mounts.iter().map(convert).collect();
    mounts.sort_by(|a, b| a.target.cmp(&b.target));
    mounts
}

/// What an engine says of itself where a config's or secret's mode is not said: anybody may read it.
const MODE: u32 = 0o444;

/// Configs at `/<key>`, secrets at `/run/secrets/<key>`, where no target is said; a target without a slash is a name there.
fn files(compose: &compose::Compose, written: &compose::Service) -> Vec<DeliveredFile> {
    let file = |kind: FileKind, it: &compose::FileReference| {
        let declared = match kind {
            FileKind::Config => compose.configs.get(&it.source.value),
            FileKind::Secret => compose.secrets.get(&it.source.value),
        };
        let number = |field: &Rare<Text>| field.as_ref().and_then(|it| it.value.parse().ok()).unwrap_or(0);
        DeliveredFile {
            reload: None,
            kind,
            key: it.source.value.to_string(),
            target: target(kind, it),
            uid: number(&it.uid),
            gid: number(&it.gid),
            mode: it.mode.as_ref().map_or(MODE, |mode| mode.value),
            origin: declared.map(|declared| origin(kind, declared)).unwrap_or_default(),
            digest: String::new(),
        }
    };
    let mut files: Vec<DeliveredFile> = references(written).map(|(kind, it)| file(kind, it)).collect();
    files.sort_by(|a, b| a.target.cmp(&b.target));
    files
}

/// The configs and secrets that a service uses.
pub(super) fn references(written: &compose::Service) -> impl Iterator<Item = (FileKind, &compose::FileReference)> {
    let configs = written.configs.iter().map(|it| (FileKind::Config, it));
    configs.chain(written.secrets.iter().map(|it| (FileKind::Secret, it)))
}

/// The absolute path in the container.
pub(super) fn target(kind: FileKind, file: &compose::FileReference) -> String {
    let folder = if kind == FileKind::Secret { "/run/secrets" } else { "" };
    let target = file.target.as_ref().map_or(&file.source.value, |target| &target.value);
    if target.starts_with('/') { target.to_string() } else { format!("{folder}/{target}") }
}

fn origin(kind: FileKind, declared: &compose::FileSource) -> FileOrigin {
    match (&declared.file, &declared.environment, &declared.content) {
        (Some(file), ..) => FileOrigin::File(file.value.clone()),
        (None, Some(variable), _) => FileOrigin::Environment(variable.value.to_string()),
        (None, None, Some(content)) if kind == FileKind::Config => FileOrigin::Text(content.value.to_string()),
        _ => FileOrigin::Withheld,
    }
}

/// `restart`; else what `deploy.restart_policy` says, as docker compose translates it for an engine.
fn restart(written: &compose::Service) -> Option<Restart> {
    if let Some(restart) = &written.restart {
        let (name, max_retries) = match restart.value {
            compose::Restart::No => ("no", None),
            compose::Restart::Always => ("always", None),
            compose::Restart::UnlessStopped => ("unless-stopped", None),
            compose::Restart::OnFailure { max_retries } => ("on-failure", max_retries.map(i64::from)),
        };
        return Some(Restart { name: name.to_owned(), max_retries });
    }
    let policy = written.deploy.as_ref()?.restart_policy.as_ref()?;
    let name = match policy.condition.as_ref().map(|condition| condition.value) {
        Some(RestartCondition::None) => "no",
        Some(RestartCondition::OnFailure) => "on-failure",
        Some(RestartCondition::UnlessStopped) => "unless-stopped",
        Some(RestartCondition::Any) | None => "always",
    };
    let attempts = policy.max_attempts.as_ref().filter(|_| name == "on-failure");
    Some(Restart { name: name.to_owned(), max_retries: attempts.map(|it| i64::from(it.value)) })
}

fn nanoseconds(field: &Rare<Duration>) -> Option<i64> {
    field.as_ref().map(|it| i64::try_from(it.value.as_nanos()).unwrap_or(i64::MAX))
}

fn healthcheck(written: &compose::Healthcheck) -> Healthcheck {
    let test = written.test.as_ref().map(|test| test.value.words()).unwrap_or_default();
    Healthcheck {
        test,
        interval: nanoseconds(&written.interval),
        timeout: nanoseconds(&written.timeout),
        retries: written.retries.as_ref().map(|it| i64::from(it.value)),
        start_period: nanoseconds(&written.start_period),
        start_interval: nanoseconds(&written.start_interval),
    }
}

fn logging(written: &compose::Logging) -> Logging {
    Logging { driver: written.driver.as_ref().map(|driver| driver.value.to_string()), options: texts(&written.options) }
}

/// The image of a service, and when it is fetched; none where the file names none and builds none.
pub fn image(compose: &compose::Compose, written: &compose::Service) -> Option<(String, PullPolicy)> {
    compose.image(written).map(|image| (image.to_string(), pull(written)))
}

/// When a service's image is fetched. What is built and has no name of its own is in no registry.
pub(super) fn pull(written: &compose::Service) -> PullPolicy {
    match written.pull_policy.as_ref().map(|policy| policy.value) {
        Some(compose::PullPolicy::Always) if written.image.is_some() => PullPolicy::Always,
        Some(compose::PullPolicy::Never) => PullPolicy::Never,
        Some(compose::PullPolicy::Build) if written.build.is_some() => PullPolicy::Built,
        _ if written.image.is_none() => PullPolicy::Built,
        _ => PullPolicy::Missing,
    }
}
