//! What is on an engine, as plain values.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bollard::models::{
    ContainerInspectResponse, ContainerSummary, DeviceRequest, HostConfig, ImageSummary, LocalNodeState, MountPoint,
    Network, PortBinding, PortMap, SwarmInfo, SystemInfo, Volume,
};
use bollard::query_parameters::{ListContainersOptions, ListImagesOptions, ListVolumesOptions};
use futures_util::stream::{StreamExt, TryStreamExt, iter};
use futures_util::try_join;

use super::dial::CONNECTIONS;
use super::docker::Engine;
use super::fault::{Fault, explain, is_missing};
use super::listeners::listeners;
use super::start::is_left_over;
use super::tokens::seconds;
use crate::labels;
use crate::observed::{
    AnonymousVolume, ContainerState, EngineInfo, HostPort, ImageFacts, MachineState, NetworkState, Settings, SwarmNode,
    VolumeState,
};
use crate::units::{Amounts, Bytes, Cpu, Resource};

/// Sees everything on an engine.
pub(super) async fn observe(engine: &Engine) -> Result<MachineState, Fault> {
    let docker = &engine.docker;
    let failed = |error| explain(&error, "looking at the engine");
    let info = async { docker.info().await.map_err(failed) };
    let networks = async { docker.list_networks(None).await.map_err(failed) };
    let volumes = async { docker.list_volumes(None::<ListVolumesOptions>).await.map_err(failed) };
    let images = async { docker.list_images(None::<ListImagesOptions>).await.map_err(failed) };
    let (info, containers, networks, volumes, images, listeners) =
        try_join!(info, containers(engine), networks, volumes, images, listeners(&engine.route))?;
    Ok(MachineState {
        engine: engine_info(info),
        containers,
        networks: sorted(networks.into_iter().filter_map(network), |network| &network.name),
        volumes: sorted(volumes.volumes.unwrap_or_default().into_iter().filter_map(volume), |volume| &volume.name),
        images: references(&images).into_keys().collect(),
        image_ids: references(&images),
        image_facts: images.iter().map(|image| (image.id.clone(), facts(image))).collect(),
        listeners,
    })
}

/// Every container. The list knows neither limits nor a stopped container's ports: so each one is asked for, but for those of
/// a project that is to be taken away. There what the list says does not run is asked for as well: an engine whose disk was full
/// lists containers as they were before.
async fn containers(engine: &Engine) -> Result<Vec<ContainerState>, Fault> {
    let docker = &engine.docker;
    let failed = |error| explain(&error, "looking at the containers");
    let options = ListContainersOptions { all: true, ..Default::default() };
    let list = docker.list_containers(Some(options)).await.map_err(failed)?;
    let leaves = |labels: &BTreeMap<String, String>| {
        // What else is on the machine counts by what the label says, or by what a closer look does.
        let of_project = labels.get(labels::PROJECT).map(String::as_str) == engine.leaving.as_deref();
        engine.leaving.is_some() && of_project && labels.contains_key(labels::RESERVED)
    };
    let (listed, closer): (Vec<ContainerState>, Vec<ContainerState>) =
        list.into_iter().map(listed).partition(|container| container.is_up() && leaves(&container.labels));
    let inspected: Vec<Option<ContainerState>> = iter(closer)
        .map(|ContainerState { id, .. }| async move {
            match docker.inspect_container(&id, None).await {
                Ok(container) => Ok(Some(container_state(container))),
                // It went away in between.
                Err(error) if is_missing(&error) => Ok(None),
                Err(error) => Err(failed(error)),
            }
        })
        .buffer_unordered(CONNECTIONS)
        .try_collect()
        .await?;
    Ok(sorted(listed.into_iter().chain(inspected.into_iter().flatten()), |container| &container.name))
}

/// As much of a container as a list tells: enough to take it away.
fn listed(container: ContainerSummary) -> ContainerState {
    let labels = ordered(container.labels.unwrap_or_default());
    let networks = container.network_settings.and_then(|settings| settings.networks);
    let (volumes, anonymous_volumes) = volumes(container.mounts.unwrap_or_default());
    // Beside its own name there are those that links gave it: `/other/alias`.
    let names = container.names.unwrap_or_default();
    let name = names.iter().filter_map(|name| name.strip_prefix('/')).find(|name| !name.contains('/'));
    ContainerState {
        id: container.id.unwrap_or_default(),
        name: name.unwrap_or_default().to_owned(),
        image: container.image.unwrap_or_default(),
        image_id: container.image_id.unwrap_or_default(),
        state: container.state.map(|state| state.to_string()).unwrap_or_default(),
        networks: networks.map(|networks| networks.into_keys().collect::<BTreeSet<_>>().into_iter().collect()),
        reserved: reserved(&labels, &HostConfig::default()),
        volumes,
        anonymous_volumes,
        labels,
        ..ContainerState::default()
    }
}

fn sorted<T>(items: impl Iterator<Item = T>, name: impl Fn(&T) -> &String) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort_by(|a, b| name(a).cmp(name(b)));
    items
}

fn engine_info(info: SystemInfo) -> EngineInfo {
    let labels = info.labels.unwrap_or_default();
    let label = |text: &String| {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        (name.to_owned(), value.to_owned())
    };
    let architecture = match info.architecture.as_deref().unwrap_or_default() {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "i386" | "i686" => "386",
        arm if arm.starts_with("armv") => "arm",
        other => other,
    };
    EngineInfo {
        id: info.id.unwrap_or_default(),
        hostname: info.name.unwrap_or_default(),
        version: info.server_version.unwrap_or_default(),
        os: info.os_type.unwrap_or_default(),
        architecture: architecture.to_owned(),
        capacity: Amounts::of(
            Cpu(amount(info.ncpu).unwrap_or(0).saturating_mul(1000)),
            Bytes(amount(info.mem_total).unwrap_or(0)),
        ),
        labels: labels.iter().map(label).collect(),
        swarm: info.swarm.and_then(swarm),
    }
}

/// None for an engine that is in no Swarm, or has not found back to it.
fn swarm(info: SwarmInfo) -> Option<SwarmNode> {
    info.local_node_state.filter(|state| *state == LocalNodeState::ACTIVE)?;
    let managers = info.remote_managers.unwrap_or_default().into_iter().filter_map(|peer| peer.node_id);
    let managers: BTreeSet<String> = managers.collect();
    Some(SwarmNode {
        node: info.node_id.unwrap_or_default(),
        manager: info.control_available.unwrap_or_default(),
        managers: managers.into_iter().collect(),
    })
}

fn container_state(container: ContainerInspectResponse) -> ContainerState {
    let config = container.config.unwrap_or_default();
    let host = container.host_config.unwrap_or_default();
    let state = container.state.unwrap_or_default();
    let labels = ordered(config.labels.unwrap_or_default());
    let (published, networks) = match container.network_settings {
        Some(settings) => (settings.ports.unwrap_or_default(), settings.networks),
        None => (PortMap::default(), None),
    };
    let networks = networks.map(|networks| networks.into_keys().collect::<BTreeSet<_>>().into_iter().collect());
    let ended = state.status.is_some_and(|status| status.to_string() == "exited");
    let (volumes, anonymous_volumes) = volumes(container.mounts.unwrap_or_default());
    let health = state.health.and_then(|health| health.status).map(|status| status.to_string());
    let runs = state.running.unwrap_or_default();
    ContainerState {
        image_id: container.image.unwrap_or_default(),
        settings: Some(settings(&host)),
        networks,
        since: state.started_at.filter(|_| runs),
        stuck: !runs && state.error.as_deref().is_some_and(is_left_over),
        id: container.id.unwrap_or_default(),
        name: container.name.unwrap_or_default().trim_start_matches('/').to_owned(),
        image: config.image.unwrap_or_default(),
        state: state.status.map(|status| status.to_string()).unwrap_or_default(),
        exit_code: state.exit_code.filter(|_| ended),
        health: health.filter(|status| !matches!(status.as_str(), "" | "none")),
        ports: host_ports(host.port_bindings.as_ref(), &published),
        reserved: reserved(&labels, &host),
        volumes,
        anonymous_volumes,
        labels,
    }
}

/// What can be edited while a container runs, as it is.
fn settings(host: &HostConfig) -> Settings {
    let restart = host.restart_policy.as_ref().and_then(|policy| {
        let name = policy.name.map(|name| name.to_string()).filter(|name| !matches!(name.as_str(), "" | "no"))?;
        let retries = amount(policy.maximum_retry_count).map(|retries| format!(":{retries}"));
        Some(name + &retries.unwrap_or_default())
    });
    Settings {
        cpus: cpus(host),
        memory: amount(host.memory),
        memory_reservation: amount(host.memory_reservation),
        pids: host.pids_limit.filter(|limit| *limit > 0),
        cpuset: host.cpuset_cpus.clone().filter(|set| !set.is_empty()),
        cpu_shares: host.cpu_shares.filter(|shares| *shares > 0),
        restart,
    }
}

/// The limit in thousandths, in whichever way it was given.
fn cpus(host: &HostConfig) -> Option<u64> {
    let quota = || match (amount(host.cpu_quota), amount(host.cpu_period)) {
        (Some(quota), period) => Some(quota.saturating_mul(1000) / period.unwrap_or(100_000)),
        _ => None,
    };
    amount(host.nano_cpus).map(|nano| nano / 1_000_000).or_else(quota)
}

/// The label of our own containers, or else what the engine knows: reservations, then limits.
fn reserved(all: &BTreeMap<String, String>, host: &HostConfig) -> Amounts {
    if let Some(amounts) = all.get(labels::RESERVED).and_then(|text| serde_json::from_str(text).ok()) {
        return amounts;
    }
    let mut amounts = Amounts::new();
    if let Some(cpu) = cpus(host) {
        amounts.set(Resource::cpus(), cpu);
    }
    if let Some(memory) = amount(host.memory_reservation).or_else(|| amount(host.memory)) {
        amounts.set(Resource::memory(), memory);
    }
    let gpus: u64 = host.device_requests.iter().flatten().map(gpus).sum();
    if gpus > 0 {
        amounts.set(Resource::gpus(), gpus);
    }
    amounts
}

fn gpus(request: &DeviceRequest) -> u64 {
    if !request.capabilities.iter().flatten().flatten().any(|capability| capability == "gpu") {
        return 0;
    }
    amount(request.count).unwrap_or_else(|| request.device_ids.as_ref().map_or(0, |ids| ids.len() as u64))
}

/// A number that engines write as zero or below when there is none.
fn amount(number: Option<i64>) -> Option<u64> {
    number.and_then(|number| u64::try_from(number).ok()).filter(|number| *number > 0)
}

/// The ports as they were asked for; those that were left to the engine, as it chose them.
fn host_ports(wanted: Option<&PortMap>, published: &PortMap) -> Vec<HostPort> {
    let mut ports = BTreeSet::new();
    for (key, bindings) in wanted.into_iter().flatten() {
        let chosen = published.get(key).and_then(Option::as_ref);
        for binding in bindings.iter().flatten() {
            match host_port(key, binding) {
                Some(port) => drop(ports.insert(port)),
                None => ports.extend(chosen.into_iter().flatten().filter_map(|binding| host_port(key, binding))),
            }
        }
    }
    for (key, bindings) in published.iter().filter(|(key, _)| !wanted.is_some_and(|wanted| wanted.contains_key(*key))) {
        ports.extend(bindings.iter().flatten().filter_map(|binding| host_port(key, binding)));
    }
    // An engine tells "all addresses" as one entry for each family.
    let everywhere: Vec<HostPort> = ports.iter().filter(|port| port.host_ip == "0.0.0.0").cloned().collect();
    for port in everywhere {
        let twin = HostPort { host_ip: "::".to_owned(), ..port.clone() };
        if ports.remove(&twin) {
            ports.remove(&port);
            ports.insert(HostPort { host_ip: String::new(), ..port });
        }
    }
    ports.into_iter().collect()
}

/// One binding; none when its host port is no single one.
fn host_port(key: &str, binding: &PortBinding) -> Option<HostPort> {
    let (container_port, protocol) = key.split_once('/').unwrap_or((key, "tcp"));
    Some(HostPort {
        host_ip: binding.host_ip.clone().unwrap_or_default(),
        host_port: binding.host_port.as_ref()?.parse().ok().filter(|port| *port != 0)?,
        container_port: container_port.parse().ok()?,
        protocol: protocol.to_owned(),
    })
}

/// The volumes with a name that somebody gave, and the anonymous ones, whose names are 64 hexadecimal digits.
fn volumes(mounts: Vec<MountPoint>) -> (Vec<String>, Vec<AnonymousVolume>) {
    let anonymous = |name: &str| name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (mut named, mut unnamed) = (BTreeSet::new(), BTreeSet::new());
    for mount in mounts.into_iter().filter(|mount| mount.typ.as_deref() == Some("volume")) {
        match (mount.name, mount.destination) {
            (Some(name), target) if anonymous(&name) => {
                unnamed.extend(target.map(|target| AnonymousVolume { target, name }));
            }
            (Some(name), _) => {
                named.insert(name);
            }
            (None, _) => {}
        }
    }
    (named.into_iter().collect(), unnamed.into_iter().collect())
}

/// A network that somebody made; `bridge`, `host` and `none` are everywhere.
fn network(network: Network) -> Option<NetworkState> {
    let name = network.name.filter(|name| !matches!(name.as_str(), "bridge" | "host" | "none"))?;
    let labels = ordered(network.labels.unwrap_or_default());
    Some(NetworkState { name, driver: network.driver.unwrap_or_default(), labels })
}

/// A volume; what only marks a run is none.
fn volume(volume: Volume) -> Option<VolumeState> {
    let is_token = volume.labels.contains_key(labels::LOCK);
    let made = volume.created_at.as_deref().map(seconds).unwrap_or_default();
    let (name, driver) = (volume.name, volume.driver);
    (!is_token).then(|| VolumeState { name, driver, labels: ordered(volume.labels), made })
}

fn facts(image: &ImageSummary) -> ImageFacts {
    ImageFacts { created: image.created, bytes: u64::try_from(image.size).unwrap_or(0) }
}

/// The references of the images that are there, each with the image's id.
fn references(images: &[ImageSummary]) -> BTreeMap<String, String> {
    let references = |image: &ImageSummary| {
        let all: Vec<&String> = image.repo_tags.iter().chain(&image.repo_digests).collect();
        all.into_iter().map(|reference| (reference.clone(), image.id.clone())).collect::<Vec<_>>()
    };
    images.iter().flat_map(references).filter(|(reference, _)| !reference.contains("<none>")).collect()
}

fn ordered(labels: HashMap<String, String>) -> BTreeMap<String, String> {
    labels.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As engines tell it, cut down.
    const INSPECT: &str = r#"{
        "Id": "c1", "Name": "/shop-web-1",
        "State": {"Status": "running", "Health": {"Status": "starting", "Log": []}},
        "Config": {"Image": "web:1", "Labels": {"a": "b"}},
        "HostConfig": {
            "NanoCpus": 1500000000, "Memory": 300, "MemoryReservation": 200,
            "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}], "53/udp": [{"HostIp": "", "HostPort": ""}]},
            "DeviceRequests": [{"Count": 2, "Capabilities": [["gpu"]]}]
        },
        "NetworkSettings": {"Ports": {
            "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}, {"HostIp": "::", "HostPort": "8080"}],
            "53/udp": [{"HostIp": "0.0.0.0", "HostPort": "32768"}, {"HostIp": "::", "HostPort": "32768"}],
            "443/tcp": null
        }},
        "Mounts": [
            {"Type": "volume", "Name": "data", "Destination": "/d"},
            {"Type": "volume", "Name": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "Destination": "/e"},
            {"Type": "bind", "Source": "/x", "Destination": "/x"}
        ]
    }"#;

    #[test]
    fn a_list_tells_what_taking_away_needs() {
        let list = r#"{
            "Id": "c1", "Names": ["/front/web", "/shop-web-1"], "Image": "web:1", "ImageID": "sha256:1", "State": "running",
            "Labels": {"planner.reserved": "{\"cpus\":500}"}, "NetworkSettings": {"Networks": {"b": {}, "a": {}}},
            "Mounts": [{"Type": "volume", "Name": "data", "Destination": "/d"}]
        }"#;
        let state = listed(serde_json::from_str(list).unwrap());
        assert_eq!((state.id.as_str(), state.name.as_str(), state.image_id.as_str()), ("c1", "shop-web-1", "sha256:1"));
        assert!(state.is_up());
        assert_eq!(
            (state.networks.unwrap(), state.volumes),
            (vec!["a".to_owned(), "b".to_owned()], vec!["data".to_owned()])
        );
        assert_eq!(state.reserved.cpu(), Cpu(500));
    }

    #[test]
    fn a_container_is_told_in_our_terms() {
        let state = container_state(serde_json::from_str(INSPECT).unwrap());
        assert_eq!((state.name.as_str(), state.state.as_str()), ("shop-web-1", "running"));
        assert_eq!(state.health.as_deref(), Some("starting"));
        assert_eq!(state.volumes, ["data"]);
        let anonymous: Vec<&str> = state.anonymous_volumes.iter().map(|volume| volume.target.as_str()).collect();
        assert_eq!(anonymous, ["/e"]);
        assert_eq!((state.reserved.cpu(), state.reserved.memory()), (Cpu(1500), Bytes(200)));
        assert_eq!(state.reserved.get(&Resource::gpus()), 2);
        let ports: Vec<_> = state.ports.iter().map(|port| (port.host_ip.as_str(), port.host_port)).collect();
        assert_eq!(ports, [("", 8080), ("", 32768)]);
    }

    #[test]
    fn our_label_says_what_was_promised() {
        let labels = BTreeMap::from([(labels::RESERVED.to_owned(), r#"{"cpus":250,"fpga":1}"#.to_owned())]);
        let amounts = reserved(&labels, &HostConfig { memory: Some(9), ..Default::default() });
        assert_eq!((amounts.cpu(), amounts.get(&Resource("fpga".to_owned()))), (Cpu(250), 1));
        assert_eq!(amounts.memory(), Bytes::ZERO);
    }
}
