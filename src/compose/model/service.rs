//! A service as it was written.

use super::build::Build;
use super::deploy::{Deploy, DeviceReservation};
use super::parts::{
    Attachment, Dependency, Device, FileReference, Healthcheck, Hooks, Link, Logging, Mount, Port, Ulimit,
};
use super::tuning::Tuning;
use crate::map::Map;
use crate::source::{Span, Spanned, Text};
use crate::units::{Bytes, Cpu};
use crate::yaml::Node;

/// A list of texts, each with its place.
pub type List = Vec<Spanned<Text>>;
/// Labels, options and the like; the place is that of the whole entry.
pub type Labels = Map<Spanned<Text>>;

/// What few services say. It is kept apart from the service, which would be large otherwise: a project may have very many.
pub type Rare<T> = Option<Box<Spanned<T>>>;

/// A service; see the Compose Specification, "Services top-level elements".
///
/// Fields bear the names of the file's keys. `None` and empty mean that the files don't say.
#[derive(Clone, Debug, Default)]
pub struct Service {
    /// Its key.
    pub name: Text,
    /// Where its key stands.
    pub span: Span,

    /// The image reference.
    pub image: Option<Spanned<Text>>,
    /// How to build the image, if it is built.
    pub build: Option<Box<Build>>,
    /// `os/arch[/variant]`.
    pub platform: Rare<Text>,
    /// When to fetch the image.
    pub pull_policy: Option<Spanned<PullPolicy>>,

    /// Replaces the image's command; a string was split as a shell would. `None` for null as well.
    pub command: Rare<Vec<Text>>,
    /// Replaces the image's entrypoint; empty removes it.
    pub entrypoint: Rare<Vec<Text>>,
    /// With the env files merged in. `None` as a value: the variable is unset in the container.
    pub environment: Map<Spanned<Option<Text>>>,
    /// The working directory.
    pub working_dir: Rare<Text>,
    /// `user[:group]`.
    pub user: Rare<Text>,
    /// Supplementary groups.
    pub group_add: List,
    /// With a terminal.
    pub tty: Option<Spanned<bool>>,
    /// With standard input kept open.
    pub stdin_open: Option<Spanned<bool>>,
    /// With an init process.
    pub init: Option<Spanned<bool>>,
    /// The signal to stop it with.
    pub stop_signal: Rare<Text>,
    /// How long it has to stop.
    pub stop_grace_period: Rare<std::time::Duration>,

    /// A name of its own instead of `<project>-<service>-<n>`.
    pub container_name: Option<Spanned<Text>>,
    /// The user's labels, with the label files merged in.
    pub labels: Labels,
    /// OCI annotations.
    pub annotations: Labels,
    /// The container's own host name.
    pub hostname: Rare<Text>,
    /// Its domain.
    pub domainname: Rare<Text>,

    /// Published ports, long form; see [`Port`].
    pub ports: Vec<Port>,
    /// Ports open within the networks: `80`, `8000-8010/udp`.
    pub expose: List,
    /// The networks to join, by key, in the file's order. Empty: `default`, unless `network_mode` is set.
    pub networks: Map<Attachment>,
    /// `host`, `none`, `bridge`, `service:NAME`, `container:NAME`.
    pub network_mode: Rare<Text>,
    /// Name servers.
    pub dns: List,
    /// Options of name resolution.
    pub dns_opt: List,
    /// Search domains.
    pub dns_search: List,
    /// `name=address`; one entry for each address.
    pub extra_hosts: List,
    /// Links to other services.
    pub links: Vec<Link>,
    /// Links to containers outside the project.
    pub external_links: List,
    /// A hardware address.
    pub mac_address: Rare<Text>,

    /// What is mounted, `tmpfs` included.
    pub mounts: Vec<Mount>,
    /// Services (or `container:NAME`) whose mounts it takes over: `NAME[:ro]`.
    pub volumes_from: List,
    /// Configs put into the container.
    pub configs: Vec<FileReference>,
    /// Secrets put into the container.
    pub secrets: Vec<FileReference>,

    /// Language models that it uses, by key.
    pub models: Map<Span>,

    /// What it waits for, by the other service's key.
    pub depends_on: Map<Dependency>,
    /// How its health is tested.
    pub healthcheck: Option<Box<Healthcheck>>,
    /// What is run in a container when it has started, and before it stops.
    pub hooks: Option<Box<Hooks>>,
    /// What is watched during development.
    pub watch: Vec<Watch>,
    /// Whether the engine starts it again.
    pub restart: Option<Spanned<Restart>>,
    /// The profiles that it belongs to; empty: it is always active.
    pub profiles: List,
    /// The `deploy` section.
    pub deploy: Option<Box<Deploy>>,
    /// How many containers; as `deploy.replicas`.
    pub scale: Option<Spanned<u32>>,
    /// An external program that provides the service instead of a container.
    pub provider: Rare<Text>,

    /// CPU limit.
    pub cpus: Rare<Cpu>,
    /// Relative weight of CPU.
    pub cpu_shares: Rare<i64>,
    /// CPUs it may run on.
    pub cpuset: Rare<Text>,
    /// Memory limit.
    pub mem_limit: Rare<Bytes>,
    /// Memory reservation.
    pub mem_reservation: Rare<Bytes>,
    /// Memory and swap together; `None` for no limit of swap (-1).
    pub memswap_limit: Rare<Option<Bytes>>,
    /// Most processes; -1 for no limit.
    pub pids_limit: Rare<i64>,
    /// Size of `/dev/shm`.
    pub shm_size: Rare<Bytes>,
    /// Preference of the kernel's out-of-memory killer.
    pub oom_score_adj: Rare<i64>,
    /// Limits of its processes, by name.
    pub ulimits: Map<Ulimit>,
    /// GPUs asked for.
    pub gpus: Vec<DeviceReservation>,
    /// Host devices.
    pub devices: Vec<Device>,
    /// What few services say: see [`Tuning`].
    pub tuning: Option<Box<Tuning>>,

    /// With all of the host's powers.
    pub privileged: Option<Spanned<bool>>,
    /// With a root file system that cannot be written.
    pub read_only: Option<Spanned<bool>>,
    /// Capabilities to add.
    pub cap_add: List,
    /// Capabilities to drop.
    pub cap_drop: List,
    /// Security options.
    pub security_opt: List,
    /// The account of the Windows domain that it acts as.
    pub credential_spec: Rare<CredentialSpec>,
    /// Kernel settings.
    pub sysctls: Labels,
    /// Process namespace: `host`, `service:NAME`, `container:NAME`.
    pub pid: Rare<Text>,
    /// IPC namespace: `host`, `shareable`, `service:NAME`, …
    pub ipc: Rare<Text>,
    /// UTS namespace: `host`.
    pub uts: Rare<Text>,
    /// User namespace mode.
    pub userns_mode: Rare<Text>,
    /// Cgroup namespace mode: `host`, `private`.
    pub cgroup: Rare<Text>,
    /// The parent cgroup.
    pub cgroup_parent: Rare<Text>,
    /// The runtime.
    pub runtime: Rare<Text>,
    /// Where its output goes.
    pub logging: Option<Box<Logging>>,

    /// `x-*`, untyped; among them `x-planner`.
    pub extensions: Map<Node>,
    /// Of the keys `pre_start`, `pull_refresh_after` and `use_api_socket`, of which nothing is made, those that ask for something;
    /// with their places.
    pub unmodelled: Map<Span>,
}

/// Where it is said which account of a Windows domain a container acts as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialSpec {
    /// In a file in the engine's own folder for them.
    File(Text),
    /// In a value of the machine's registry.
    Registry(Text),
    /// In a config.
    Config(Text),
}

/// A folder that is watched during development; see the Compose Develop Specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// What is done when something in it changes.
    pub action: Spanned<Text>,
    /// Where it is synced to.
    pub target: Option<Spanned<Text>>,
}

impl Service {
    /// Whether its containers join the network that is there without being declared.
    pub fn joins_default_network(&self) -> bool {
        let named = self.networks.is_empty() || self.networks.contains_key("default");
        named && self.provider.is_none() && self.network_mode.is_none()
    }
}

/// When an image is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullPolicy {
    /// Each time (`always`).
    Always,
    /// It must be there (`never`).
    Never,
    /// When it is not there (`missing`, `if_not_present`).
    Missing,
    /// It is built (`build`).
    Build,
    /// When the last time is long enough ago (`daily`, `weekly`, `every_…`, `refresh`).
    Periodic,
}

/// Whether the engine starts a container again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// `no`.
    No,
    /// `always`.
    Always,
    /// `unless-stopped`.
    UnlessStopped,
    /// `on-failure[:retries]`.
    OnFailure {
        /// How often at most, if said.
        max_retries: Option<u32>,
    },
}
