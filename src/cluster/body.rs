//! From a [`NewContainer`] to what the engine's API takes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bollard::models::{
    ContainerCreateBody, DeviceMapping, DeviceRequest, EndpointIpamConfig, EndpointSettings, HealthConfig, HostConfig,
    HostConfigLogConfig, Mount, MountBindOptions, MountTmpfsOptions, MountType, MountVolumeOptions, NetworkingConfig,
    PortBinding, PortMap, ResourcesBlkioWeightDevice, ResourcesUlimits, RestartPolicy, ThrottleDevice,
};

use crate::plan::NewContainer;
use crate::stack::{Attachment, ContainerSpec, DeviceNumber, Healthcheck, Mount as MountSpec};

/// The body of the call that makes a container. `networks` are those to join from the start.
pub(super) fn body(new: &NewContainer, networks: &[Attachment]) -> ContainerCreateBody {
    let spec = &new.spec;
    let ports = new.ports.iter().map(|port| format!("{}/{}", port.container_port, port.protocol));
    let exposed: BTreeSet<String> = spec.expose.iter().cloned().chain(ports).collect();
    ContainerCreateBody {
        image: Some(spec.image.clone()),
        cmd: spec.command.clone(),
        entrypoint: spec.entrypoint.clone(),
        env: given(&spec.environment),
        labels: map(&new.labels),
        user: spec.user.clone(),
        working_dir: spec.working_dir.clone(),
        hostname: spec.hostname.clone(),
        domainname: spec.domainname.clone(),
        tty: yes(spec.tty),
        open_stdin: yes(spec.stdin_open),
        exposed_ports: given(&exposed.into_iter().collect::<Vec<_>>()),
        stop_signal: spec.stop_signal.clone(),
        stop_timeout: spec.stop_grace_seconds.map(signed),
        healthcheck: spec.healthcheck.as_ref().map(healthcheck),
        host_config: Some(host_config(new)),
        networking_config: (!networks.is_empty()).then(|| NetworkingConfig {
            endpoints_config: Some(networks.iter().map(|it| (it.network.clone(), endpoint(it, &spec.links))).collect()),
        }),
        ..Default::default()
    }
}

fn host_config(new: &NewContainer) -> HostConfig {
    let spec = &new.spec;
    let (binds, mounts): (Vec<_>, Vec<_>) = spec.mounts.iter().partition(|mount| made_by_engine(mount));
    let (tmpfs, mounts): (Vec<_>, Vec<_>) = mounts.into_iter().partition(|mount| !mount.tmpfs_options.is_empty());
    HostConfig {
        network_mode: Some(network_mode(spec)),
        port_bindings: port_bindings(new),
        binds: given(&binds.into_iter().map(bind).collect::<Vec<_>>()),
        mounts: given(&mounts.into_iter().map(mount).collect::<Vec<_>>()),
        tmpfs: (!tmpfs.is_empty()).then(|| tmpfs.into_iter().map(MountSpec::tmpfs_in_short).collect()),
        volumes_from: given(&spec.volumes_from),
        restart_policy: spec
            .restart
            .as_ref()
            .map(|restart| RestartPolicy { name: restart.name.parse().ok(), maximum_retry_count: restart.max_retries }),
        log_config: spec
            .logging
            .as_ref()
            .map(|logging| HostConfigLogConfig { typ: logging.driver.clone(), config: map(&logging.options) }),
        init: spec.init,
        privileged: yes(spec.privileged),
        readonly_rootfs: yes(spec.read_only),
        cap_add: given(&spec.cap_add),
        cap_drop: given(&spec.cap_drop),
        security_opt: given(&spec.security_opt),
        group_add: given(&spec.group_add),
        dns: given(&spec.dns),
        dns_options: given(&spec.dns_opt),
        dns_search: given(&spec.dns_search),
        extra_hosts: given(&spec.extra_hosts),
        devices: given(&spec.devices.iter().map(|device| device_mapping(device)).collect::<Vec<_>>()),
        device_requests: given(&spec.device_requests.iter().map(device_request).collect::<Vec<_>>()),
        sysctls: map(&spec.sysctls),
        ulimits: given(&ulimits(spec)),
        shm_size: spec.shm_size.map(signed),
        runtime: spec.runtime.clone(),
        pid_mode: spec.pid.clone(),
        ipc_mode: spec.ipc.clone(),
        userns_mode: spec.userns_mode.clone(),
        cgroup_parent: spec.cgroup_parent.clone(),
        uts_mode: spec.uts.clone(),
        annotations: (!spec.annotations.is_empty()).then(|| spec.annotations.clone().into_iter().collect()),
        cgroupns_mode: spec.cgroup.as_ref().and_then(|mode| mode.parse().ok()),
        nano_cpus: spec.cpu_limit.map(|thousandths| signed(thousandths.saturating_mul(1_000_000))),
        memory: spec.memory_limit.map(signed),
        memory_reservation: spec.memory_reservation.map(signed),
        memory_swap: spec.memswap_limit,
        pids_limit: spec.pids_limit,
        cpuset_cpus: spec.cpuset.clone(),
        cpu_shares: spec.cpu_shares,
        oom_score_adj: spec.oom_score_adj,
        ..tuning(spec)
    }
}

/// What few services say.
fn tuning(spec: &ContainerSpec) -> HostConfig {
    let Some(tuning) = spec.tuning.as_deref() else { return HostConfig::default() };
    let io = &tuning.blkio_config;
    let rates = |devices: &[DeviceNumber]| {
        let rate = |it: &DeviceNumber| ThrottleDevice { path: Some(it.path.clone()), rate: Some(it.number) };
        given(&devices.iter().map(rate).collect::<Vec<_>>())
    };
    let weight = |it: &DeviceNumber| ResourcesBlkioWeightDevice {
        path: Some(it.path.clone()),
        weight: usize::try_from(it.number).ok(),
    };
    HostConfig {
        blkio_weight: io.weight.and_then(|weight| u16::try_from(weight).ok()),
        blkio_weight_device: given(&io.weight_device.iter().map(weight).collect::<Vec<_>>()),
        blkio_device_read_bps: rates(&io.device_read_bps),
        blkio_device_read_iops: rates(&io.device_read_iops),
        blkio_device_write_bps: rates(&io.device_write_bps),
        blkio_device_write_iops: rates(&io.device_write_iops),
        cpu_count: tuning.cpu_count,
        cpu_percent: tuning.cpu_percent,
        cpu_period: tuning.cpu_period,
        cpu_quota: tuning.cpu_quota,
        cpu_realtime_period: tuning.cpu_rt_period,
        cpu_realtime_runtime: tuning.cpu_rt_runtime,
        device_cgroup_rules: given(&tuning.device_cgroup_rules),
        isolation: tuning.isolation.as_ref().and_then(|isolation| isolation.parse().ok()),
        memory_swappiness: tuning.mem_swappiness,
        oom_kill_disable: tuning.oom_kill_disable,
        storage_opt: map(&tuning.storage_opt),
        ..Default::default()
    }
}

/// The mode that was asked for; else the first network, which is the one that the container starts in.
fn network_mode(spec: &ContainerSpec) -> String {
    let first = || spec.networks.first().map(|network| network.network.clone());
    spec.network_mode.clone().or_else(first).unwrap_or_else(|| "none".to_owned())
}

/// How a container joins a network, and by which other names it finds containers there.
pub(super) fn endpoint(network: &Attachment, links: &[String]) -> EndpointSettings {
    let addresses = EndpointIpamConfig {
        ipv4_address: network.ipv4_address.clone(),
        ipv6_address: network.ipv6_address.clone(),
        link_local_ips: given(&network.link_local_ips),
    };
    EndpointSettings {
        aliases: given(&network.aliases),
        links: given(links),
        mac_address: network.mac_address.clone(),
        driver_opts: map(&network.driver_opts),
        gw_priority: network.gw_priority,
        ipam_config: Some(addresses).filter(|addresses| *addresses != EndpointIpamConfig::default()),
        ..Default::default()
    }
}

fn port_bindings(new: &NewContainer) -> Option<PortMap> {
    let mut bindings: PortMap = HashMap::new();
    for port in &new.ports {
        let key = format!("{}/{}", port.container_port, port.protocol);
        bindings
            .entry(key)
            .or_default()
            .get_or_insert_default()
            .push(PortBinding { host_ip: Some(port.host_ip.clone()), host_port: Some(port.host_port.to_string()) });
    }
    (!bindings.is_empty()).then_some(bindings)
}

/// Whether a bind goes in the old form, the only one for which every engine makes a missing source folder.
/// That form cannot say paths with a colon.
fn made_by_engine(mount: &MountSpec) -> bool {
    let asked = mount.selinux.is_some() || mount.create_host_path && mount.recursive.is_none();
    mount.kind == "bind" && asked && !mount.source.contains(':') && !mount.target.contains(':')
}

fn bind(mount: &MountSpec) -> String {
    let mode = if mount.read_only { "ro" } else { "rw" };
    let propagation = mount.propagation.iter().map(|propagation| format!(",{propagation}")).collect::<String>();
    let label = mount.selinux.iter().map(|label| format!(",{label}")).collect::<String>();
    format!("{}:{}:{mode}{propagation}{label}", mount.source, mount.target)
}

fn mount(spec: &MountSpec) -> Mount {
    let typ = match spec.kind.as_str() {
        "bind" => MountType::BIND,
        "tmpfs" => MountType::TMPFS,
        _ => MountType::VOLUME,
    };
    let special = spec.propagation.is_some() || spec.create_host_path || spec.recursive.is_some();
    let bind_options = (typ == MountType::BIND && special).then(|| {
        let recursive = |word: &str| yes(spec.recursive.as_deref() == Some(word));
        let propagation = spec.propagation.as_ref().and_then(|propagation| propagation.parse().ok());
        MountBindOptions {
            propagation,
            create_mountpoint: yes(spec.create_host_path),
            non_recursive: recursive("disabled"),
            read_only_non_recursive: recursive("writable"),
            read_only_force_recursive: recursive("readonly"),
        }
    });
    let special = spec.no_copy || spec.subpath.is_some() || !spec.labels.is_empty();
    let volume_options = (typ == MountType::VOLUME && special).then(|| {
        let (no_copy, subpath) = (yes(spec.no_copy), spec.subpath.clone());
        MountVolumeOptions { no_copy, subpath, labels: map(&spec.labels), ..Default::default() }
    });
    let tmpfs_options = (typ == MountType::TMPFS).then(|| MountTmpfsOptions {
        size_bytes: spec.tmpfs_size.map(signed),
        mode: spec.tmpfs_mode.map(i64::from),
        options: None,
    });
    Mount {
        target: Some(spec.target.clone()),
        source: Some(spec.source.clone()).filter(|source| !source.is_empty()),
        typ: Some(typ),
        read_only: yes(spec.read_only),
        bind_options,
        volume_options,
        tmpfs_options,
        ..Default::default()
    }
}

fn healthcheck(spec: &Healthcheck) -> HealthConfig {
    HealthConfig {
        test: given(&spec.test),
        interval: spec.interval,
        timeout: spec.timeout,
        retries: spec.retries,
        start_period: spec.start_period,
        start_interval: spec.start_interval,
    }
}

fn ulimits(spec: &ContainerSpec) -> Vec<ResourcesUlimits> {
    let ulimit = |(name, limit): (&String, &crate::stack::Ulimit)| ResourcesUlimits {
        name: Some(name.clone()),
        soft: Some(limit.soft),
        hard: Some(limit.hard),
    };
    spec.ulimits.iter().map(ulimit).collect()
}

/// Reads `host[:container[:permissions]]`.
fn device_mapping(device: &str) -> DeviceMapping {
    let mut parts = device.splitn(3, ':');
    let host = parts.next().unwrap_or_default();
    DeviceMapping {
        path_on_host: Some(host.to_owned()),
        path_in_container: Some(parts.next().unwrap_or(host).to_owned()),
        cgroup_permissions: Some(parts.next().unwrap_or("rwm").to_owned()),
    }
}

fn device_request(request: &crate::stack::DeviceRequest) -> DeviceRequest {
    DeviceRequest {
        driver: request.driver.clone(),
        count: request.count,
        device_ids: given(&request.device_ids),
        // The outer list is "or", the inner one "and": one set of capabilities, all of them.
        capabilities: (!request.capabilities.is_empty()).then(|| vec![request.capabilities.clone()]),
        options: map(&request.options),
    }
}

/// What is not said is left to the engine: it is not sent at all.
fn given<T: Clone>(list: &[T]) -> Option<Vec<T>> {
    (!list.is_empty()).then(|| list.to_vec())
}

/// As [`given`], for maps.
pub(super) fn map(map: &BTreeMap<String, String>) -> Option<HashMap<String, String>> {
    (!map.is_empty()).then(|| map.clone().into_iter().collect())
}

fn yes(flag: bool) -> Option<bool> {
    flag.then_some(true)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::observed::HostPort;
    use crate::stack::{Blkio, Tuning};

    fn container() -> NewContainer {
        serde_json::from_value(json!({
            "name": "shop-web-1", "final_name": "shop-web-1", "labels": {"l": "v"},
            "ports": [{"host_ip": "", "host_port": 8080, "container_port": 80, "protocol": "tcp"}],
            "spec": {
                "image": "web:1", "command": ["serve"], "environment": ["A=1", "B"], "entrypoint": [],
                "networks": [
                    {"network": "shop_front", "aliases": ["web"], "ipv4_address": "10.0.0.2", "ipv6_address": null},
                    {"network": "shop_back", "aliases": [], "ipv4_address": null, "ipv6_address": null}
                ],
                "expose": ["9000/tcp"], "restart": {"name": "on-failure", "max_retries": 3},
                "cpu_limit": 1500, "memory_limit": 1024, "stop_grace_seconds": 7, "init": true,
                "ulimits": {"nofile": {"soft": 1, "hard": 2}}, "devices": ["/dev/fuse"],
                "device_requests": [{"driver": null, "count": -1, "device_ids": [], "capabilities": ["gpu"], "options": {}}],
                "healthcheck": {"test": ["CMD", "true"], "interval": 1000, "timeout": null, "retries": 2,
                    "start_period": null, "start_interval": null}
            }
        }))
        .unwrap()
    }

    #[test]
    fn a_container_is_told_to_the_engine_and_nothing_unsaid_is() {
        let new = container();
        let body = serde_json::to_value(body(&new, &new.spec.networks)).unwrap();
        let expected: Value = json!({
            "Image": "web:1", "Cmd": ["serve"], "Entrypoint": [], "Env": ["A=1", "B"], "Labels": {"l": "v"},
            "ExposedPorts": {"80/tcp": {}, "9000/tcp": {}}, "StopTimeout": 7,
            "Healthcheck": {"Test": ["CMD", "true"], "Interval": 1000, "Retries": 2},
            "HostConfig": {
                "NetworkMode": "shop_front", "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]},
                "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}, "Init": true,
                "NanoCpus": 1_500_000_000, "Memory": 1024, "Ulimits": [{"Name": "nofile", "Soft": 1, "Hard": 2}],
                "Devices": [{"PathOnHost": "/dev/fuse", "PathInContainer": "/dev/fuse", "CgroupPermissions": "rwm"}],
                "DeviceRequests": [{"Count": -1, "Capabilities": [["gpu"]]}]
            },
            "NetworkingConfig": {"EndpointsConfig": {
                "shop_front": {"Aliases": ["web"], "IPAMConfig": {"IPv4Address": "10.0.0.2"}},
                "shop_back": {}
            }}
        });
        assert_eq!(body, expected, "{body:#}");
    }

    #[test]
    fn how_a_network_is_joined_is_told_with_its_links() {
        let mut new = container();
        new.spec.links = vec!["shop-db-1:database".to_owned()];
        new.spec.networks.truncate(1);
        let network = &mut new.spec.networks[0];
        network.driver_opts = [("com.docker.network.endpoint.ifname".to_owned(), "eth7".to_owned())].into();
        (network.gw_priority, network.link_local_ips) = (Some(3), vec!["169.254.0.9".to_owned()]);
        let body = serde_json::to_value(body(&new, &new.spec.networks)).unwrap();
        let expected = json!({
            "Aliases": ["web"], "Links": ["shop-db-1:database"], "GwPriority": 3,
            "DriverOpts": {"com.docker.network.endpoint.ifname": "eth7"},
            "IPAMConfig": {"IPv4Address": "10.0.0.2", "LinkLocalIPs": ["169.254.0.9"]}
        });
        assert_eq!(body["NetworkingConfig"]["EndpointsConfig"]["shop_front"], expected, "{body:#}");
    }

    #[test]
    fn finer_knobs_are_the_engines_own() {
        let mut new = container();
        let device = |number| vec![DeviceNumber { path: "/dev/sda".to_owned(), number }];
        new.spec.tuning = Some(Box::new(Tuning {
            blkio_config: Blkio {
                weight: Some(300),
                weight_device: device(400),
                device_read_bps: device(9),
                ..Blkio::default()
            },
            cpu_period: Some(50_000),
            cpu_quota: Some(20_000),
            device_cgroup_rules: vec!["c 1:3 rw".to_owned()],
            mem_swappiness: Some(10),
            oom_kill_disable: Some(true),
            ..Tuning::default()
        }));
        let host = serde_json::to_value(host_config(&new)).unwrap();
        assert_eq!(
            (&host["BlkioWeight"], &host["CpuPeriod"], &host["CpuQuota"]),
            (&json!(300), &json!(50_000), &json!(20_000))
        );
        assert_eq!(host["BlkioWeightDevice"], json!([{"Path": "/dev/sda", "Weight": 400}]));
        assert_eq!(host["BlkioDeviceReadBps"], json!([{"Path": "/dev/sda", "Rate": 9}]));
        assert_eq!((&host["MemorySwappiness"], &host["OomKillDisable"]), (&json!(10), &json!(true)));
        assert_eq!(host["DeviceCgroupRules"], json!(["c 1:3 rw"]));
    }

    #[test]
    fn mounts_take_the_form_that_says_what_is_meant() {
        let mount = |kind: &str, source: &str| MountSpec {
            kind: kind.to_owned(),
            source: source.to_owned(),
            target: "/t".to_owned(),
            ..Default::default()
        };
        let mut new = container();
        new.ports.push(HostPort { host_ip: "::1".into(), host_port: 81, container_port: 80, protocol: "tcp".into() });
        new.spec.mounts = vec![
            MountSpec { create_host_path: true, read_only: true, ..mount("bind", "/made") },
            mount("bind", "/there"),
            MountSpec { no_copy: true, ..mount("volume", "shop_data") },
            mount("volume", ""),
            MountSpec { tmpfs_size: Some(64), ..mount("tmpfs", "") },
            MountSpec { selinux: Some('Z'), propagation: Some("rslave".to_owned()), ..mount("bind", "/labelled") },
            MountSpec {
                tmpfs_size: Some(64),
                tmpfs_mode: Some(0o1770),
                tmpfs_options: vec!["noexec".to_owned()],
                target: "/run".to_owned(),
                ..mount("tmpfs", "")
            },
            MountSpec { recursive: Some("readonly".to_owned()), create_host_path: true, ..mount("bind", "/deep") },
            MountSpec { labels: [("a".to_owned(), "b".to_owned())].into(), ..mount("volume", "") },
        ];
        let host = serde_json::to_value(host_config(&new)).unwrap();
        assert_eq!(host["Binds"], json!(["/made:/t:ro", "/labelled:/t:rw,rslave,Z"]));
        assert_eq!(host["Tmpfs"], json!({"/run": "noexec,size=64,mode=1770"}));
        let expected = json!([
            {"Type": "bind", "Source": "/there", "Target": "/t"},
            {"Type": "volume", "Source": "shop_data", "Target": "/t", "VolumeOptions": {"NoCopy": true}},
            {"Type": "volume", "Target": "/t"},
            {"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 64}},
            {"Type": "bind", "Source": "/deep", "Target": "/t",
                "BindOptions": {"CreateMountpoint": true, "ReadOnlyForceRecursive": true}},
            {"Type": "volume", "Target": "/t", "VolumeOptions": {"Labels": {"a": "b"}}}
        ]);
        assert_eq!(host["Mounts"], expected, "{:#}", host["Mounts"]);
        assert_eq!(host["PortBindings"]["80/tcp"].as_array().map(Vec::len), Some(2));
    }
}
