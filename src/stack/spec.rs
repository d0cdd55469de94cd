//! What a container is made from, in the engine's terms and free of any library's types.
//!
//! A [`ContainerSpec`] is the same for all containers of a service. Its digest is the container's config hash: when it
//! changes, containers are replaced. What differs from container to container (number, assigned ports) is not in it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use crate::compose::model::{Blkio, DeviceNumber, Tuning};
use crate::digest::sha256;

/// Everything that the engine is told about a container of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainerSpec {
    /// The image reference.
    pub image: String,
    /// `os/arch[/variant]`, if asked for.
    pub platform: Option<String>,
    /// Replaces the image's command.
    pub command: Option<Vec<String>>,
    /// Replaces the image's entrypoint; an empty list removes it.
    pub entrypoint: Option<Vec<String>>,
    /// `KEY=value`, or `KEY` alone to unset it; sorted by key.
    pub environment: Vec<String>,
    /// The user's labels.
    pub labels: BTreeMap<String, String>,
    /// `user[:group]`.
    pub user: Option<String>,
    /// Supplementary groups.
    pub group_add: Vec<String>,
    /// The working directory.
    pub working_dir: Option<String>,
    /// The container's own host name.
    pub hostname: Option<String>,
    /// Its domain.
    pub domainname: Option<String>,
    /// With a terminal.
    pub tty: bool,
    /// With standard input kept open.
    pub stdin_open: bool,
    /// With an init process.
    pub init: Option<bool>,
    /// With all of the host's powers.
    pub privileged: bool,
    /// With a root file system that cannot be written.
    pub read_only: bool,
    /// Capabilities to add.
    pub cap_add: Vec<String>,
    /// Capabilities to drop.
    pub cap_drop: Vec<String>,
    /// Security options.
    pub security_opt: Vec<String>,
    /// Name servers.
    pub dns: Vec<String>,
    /// Options of name resolution.
    pub dns_opt: Vec<String>,
    /// Search domains.
    pub dns_search: Vec<String>,
    /// `name:address`.
    pub extra_hosts: Vec<String>,
    /// Host devices, `host:container[:permissions]`.
    pub devices: Vec<String>,
    /// Requests for GPUs and the like.
    pub device_requests: Vec<DeviceRequest>,
    /// Kernel settings of its namespaces.
    pub sysctls: BTreeMap<String, String>,
    /// Limits of its processes.
    pub ulimits: BTreeMap<String, Ulimit>,
    /// Size of `/dev/shm` in bytes.
    pub shm_size: Option<u64>,
    /// The runtime, where not the engine's default.
    pub runtime: Option<String>,
    /// `host`, `none`, `bridge`, `service:NAME` or `container:NAME`; without it, `networks`.
    pub network_mode: Option<String>,
    /// The networks to join, the first one first.
    pub networks: Vec<Attachment>,
    /// Other names of containers in these: `CONTAINER:ALIAS`, `service:NAME:ALIAS`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
    /// `host`, `service:NAME`, …
    pub pid: Option<String>,
    /// `host`, `shareable`, `service:NAME`, …
    pub ipc: Option<String>,
    /// User namespace mode.
    pub userns_mode: Option<String>,
    /// Cgroup namespace mode.
    pub cgroup: Option<String>,
    /// The cgroup below which its own is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cgroup_parent: Option<String>,
    /// `host` for the host's own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uts: Option<String>,
    /// OCI annotations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// What is mounted; sorted by target.
    pub mounts: Vec<Mount>,
    /// Configs and secrets, put into it before it starts; sorted by target.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<DeliveredFile>,
    /// Container ports that are open within the networks: `80/tcp`; sorted.
    pub expose: Vec<String>,
    /// When the engine starts it again.
    pub restart: Option<Restart>,
    /// The signal to stop it with.
    pub stop_signal: Option<String>,
    /// How long it has to stop, in seconds; the engine's default where none.
    pub stop_grace_seconds: Option<u64>,
    /// How its health is tested.
    pub healthcheck: Option<Healthcheck>,
    /// Where its output goes.
    pub logging: Option<Logging>,
    /// CPU limit in thousandths of a core.
    pub cpu_limit: Option<u64>,
    /// Memory limit in bytes.
    pub memory_limit: Option<u64>,
    /// Memory reservation in bytes.
    pub memory_reservation: Option<u64>,
    /// Memory and swap together, in bytes; -1 for no limit of swap.
    pub memswap_limit: Option<i64>,
    /// Most processes.
    pub pids_limit: Option<i64>,
    /// CPUs it may run on.
    pub cpuset: Option<String>,
    /// Relative weight of CPU.
    pub cpu_shares: Option<i64>,
    /// Preference of the kernel's out-of-memory killer.
    pub oom_score_adj: Option<i64>,
    /// What few services say of finer knobs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tuning: Option<Box<Tuning>>,
    /// Other services whose mounts it takes over: `service[:ro]`.
    pub volumes_from: Vec<String>,
    /// When to fetch the image.
    pub pull: PullPolicy,
    /// A name of its own instead of `<project>-<service>-<n>`.
    pub container_name: Option<String>,
}

impl ContainerSpec {
    /// What containers with another version of files that can be reloaded are told apart by; none without such files.
    pub fn version(&self) -> Option<String> {
        let digests: String = self.files.iter().filter(|it| it.reload.is_some()).map(|it| it.digest.as_str()).collect();
        (!digests.is_empty()).then(|| sha256(digests).chars().take(8).collect())
    }

    /// How it joins a network, by the engine's name of that; none where it does not.
    pub fn attachment(&self, network: &str) -> Option<&Attachment> {
        self.networks.iter().find(|it| it.network == network)
    }

    /// Whether it joins a network, by the engine's name of that.
    pub fn joins(&self, network: &str) -> bool {
        self.attachment(network).is_some()
    }

    /// The containers outside the project that it is linked with.
    pub fn linked_outside(&self) -> impl Iterator<Item = &str> {
        self.links_outside().filter_map(|link| Some(link.split_once(':')?.0))
    }

    /// Its links with containers outside the project.
    pub fn links_outside(&self) -> impl Iterator<Item = &String> {
        self.links.iter().filter(|link| !link.starts_with("service:"))
    }

    /// Whether the files give it a health check.
    pub fn tests_health(&self) -> bool {
        self.healthcheck.as_ref().is_some_and(|check| check.test.first().is_none_or(|it| it != "NONE"))
    }

    /// The digest by which a change is seen: the same spec gives the same 64 hexadecimal digits on every machine.
    pub fn config_hash(&self) -> String {
        // `pull` says when to fetch, not what to run; and what counts of a file is what is in it, not where it lies here.
        let mut spec = ContainerSpec { pull: PullPolicy::default(), ..self.clone() };
        for file in &mut spec.files {
            file.origin = FileOrigin::default();
            if file.reload.is_some() {
                file.digest.clear();
            }
        }
        sha256(serde_json::to_string(&spec).unwrap_or_default())
    }
}

/// A config or a secret in a container. What is in it is no part of this: see [`Contents`](super::Contents).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveredFile {
    /// Which of the two it is.
    pub kind: FileKind,
    /// Its key in the compose file.
    pub key: String,
    /// The absolute path in the container.
    pub target: String,
    /// The owner's number.
    pub uid: u64,
    /// The group's number.
    pub gid: u64,
    /// Its mode.
    pub mode: u32,
    /// From where it is read.
    pub origin: FileOrigin,
    /// The SHA-256 of what is in it; empty until it is read.
    pub digest: String,
    /// How a running container takes another version of it; none: it is replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reload: Option<Reload>,
}

/// How a running container takes another version of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reload {
    /// Run in the container first: it ends with 0 when the new version, at the file's path with `.new` behind it, is good.
    pub check: Vec<String>,
    /// The signal by which it is told of it.
    pub signal: String,
}

/// What a delivered file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// Anybody may know it.
    #[default]
    Config,
    /// Nobody may.
    Secret,
}

impl FileKind {
    /// As the compose file calls it.
    pub fn word(self) -> &'static str {
        match self {
            FileKind::Config => "config",
            FileKind::Secret => "secret",
        }
    }
}

/// From where a config or a secret is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileOrigin {
    /// The compose file says what is in a secret; that is not repeated here.
    #[default]
    Withheld,
    /// The compose file says what is in a config.
    Text(String),
    /// A file here.
    File(PathBuf),
    /// A variable of the environment.
    Environment(String),
}

/// When an image is fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PullPolicy {
    /// Each time.
    Always,
    /// Never: it must be there.
    Never,
    /// When it is not there.
    #[default]
    Missing,
    /// Never from a registry: it is built, and had from where that was done.
    Built,
}

impl PullPolicy {
    /// Whether registries are asked for it.
    pub fn asks_registries(self) -> bool {
        matches!(self, PullPolicy::Always | PullPolicy::Missing)
    }
}

/// A network that a container joins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The engine's name of the network.
    pub network: String,
    /// Names under which others find it there, beside its own.
    pub aliases: Vec<String>,
    /// A fixed IPv4 address.
    pub ipv4_address: Option<String>,
    /// A fixed IPv6 address.
    pub ipv6_address: Option<String>,
    /// A fixed hardware address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac_address: Option<String>,
    /// Options of the network's driver.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub driver_opts: BTreeMap<String, String>,
    /// The way out is by the network with the highest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gw_priority: Option<i64>,
    /// Link-local addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub link_local_ips: Vec<String>,
}

/// Something mounted into a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// `bind`, `volume` or `tmpfs`.
    pub kind: String,
    /// A path, or the engine's name of a volume; empty for an anonymous volume or a tmpfs.
    pub source: String,
    /// The path in the container.
    pub target: String,
    /// Not to be written to.
    pub read_only: bool,
    /// For a bind: whether the engine makes a missing source folder.
    pub create_host_path: bool,
    /// For a bind: how mounts below it spread.
    pub propagation: Option<String>,
    /// For a volume: don't fill it from the image.
    pub no_copy: bool,
    /// For a volume: the folder in it.
    pub subpath: Option<String>,
    /// For a tmpfs: its size in bytes.
    pub tmpfs_size: Option<u64>,
    /// For a tmpfs: its mode.
    pub tmpfs_mode: Option<u32>,
    /// For a tmpfs: further options, such as `noexec`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tmpfs_options: Vec<String>,
    /// For a bind: `z` or `Z`, if it is relabelled for SELinux.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selinux: Option<char>,
    /// For a bind: `disabled`, `writable` or `readonly`, where what is mounted below it is not mounted with it like it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recursive: Option<String>,
    /// For a volume that is made for the container: its labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

impl Mount {
    /// Where a tmpfs is, and its options in the old form: the only one in which every engine takes options of any kind.
    pub fn tmpfs_in_short(&self) -> (String, String) {
        let size = self.tmpfs_size.map(|size| format!("size={size}"));
        let mode = self.tmpfs_mode.map(|mode| format!("mode={mode:o}"));
        let read_only = self.read_only.then(|| "ro".to_owned());
        let all = self.tmpfs_options.iter().cloned().chain(size).chain(mode).chain(read_only);
        (self.target.clone(), all.collect::<Vec<_>>().join(","))
    }
}

/// When the engine starts a container again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restart {
    /// `no`, `always`, `on-failure`, `unless-stopped`.
    pub name: String,
    /// How often at most; for `on-failure`.
    pub max_retries: Option<i64>,
}

/// How health is tested. Times are in nanoseconds; what is missing is the image's or the engine's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Healthcheck {
    /// `["CMD", …]`, `["CMD-SHELL", …]`, `["NONE"]`; empty: the image's.
    pub test: Vec<String>,
    /// Between two tests.
    pub interval: Option<i64>,
    /// For one test.
    pub timeout: Option<i64>,
    /// Failures until unhealthy.
    pub retries: Option<i64>,
    /// Failures within it don't count.
    pub start_period: Option<i64>,
    /// Between two tests within the start period.
    pub start_interval: Option<i64>,
}

/// Where output goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logging {
    /// The driver.
    pub driver: Option<String>,
    /// Its options.
    pub options: BTreeMap<String, String>,
}

/// A limit of processes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ulimit {
    /// Can be raised up to the hard one.
    pub soft: i64,
    /// Cannot be raised.
    pub hard: i64,
}

/// A request for devices such as GPUs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRequest {
    /// The device driver.
    pub driver: Option<String>,
    /// How many; -1 for all.
    pub count: Option<i64>,
    /// Which, by id.
    pub device_ids: Vec<String>,
    /// What they must be able to do.
    pub capabilities: Vec<String>,
    /// Options of the driver.
    pub options: BTreeMap<String, String>,
}
