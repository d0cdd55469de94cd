//! What services are put together from.

use std::net::IpAddr;
use std::time::Duration;

use super::service::{Labels, List, Rare};
use crate::source::{Span, Spanned, Text};
use crate::units::{Bytes, PortRange};

/// A port of the container, and how it is published; see the Compose Specification, "ports".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// The whole entry.
    pub span: Span,
    /// The address on the host; `None` for all.
    pub host_ip: Rare<IpAddr>,
    /// The port on the host. A range means one port out of it; `None` that any will do.
    pub published: Option<Spanned<PortRange>>,
    /// It was written as 0: any will do.
    pub any_published: bool,
    /// The port in the container.
    pub target: Spanned<u16>,
    /// `tcp` where it is not said; in lower case.
    pub protocol: Spanned<Text>,
    /// `host` or `ingress`; `ingress` where it is not said. Without Swarm both publish on the container's host.
    pub mode: Rare<Text>,
    /// A name for people.
    pub name: Rare<Text>,
    /// The protocol above it, such as `http`.
    pub app_protocol: Rare<Text>,
}

/// Something mounted into a container; see the Compose Specification, "volumes".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The whole entry.
    pub span: Span,
    /// What is mounted.
    pub kind: MountKind,
    /// The path in the container.
    pub target: Spanned<Text>,
    /// Not to be written to.
    pub read_only: bool,
}

/// What is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MountKind {
    /// A path of the host.
    Bind {
        /// Absolute; `~` and relative paths are already resolved.
        source: Spanned<Text>,
        /// Whether a missing folder is made.
        create_host_path: bool,
        /// How mounts below it spread.
        propagation: Rare<Propagation>,
        /// `z` (shared) or `Z` (private), if it is to be relabelled for SELinux.
        selinux: Option<char>,
        /// Whether what is mounted below it is mounted with it, and can be written to: `enabled`, `disabled`, `writable`, `readonly`.
        recursive: Rare<Text>,
    },
    /// A volume.
    Volume {
        /// The key of a declared volume; `None` for an anonymous one.
        source: Option<Spanned<Text>>,
        /// Don't fill it from the image.
        nocopy: bool,
        /// The folder in it.
        subpath: Rare<Text>,
        /// Labels of the volume, where it is made for the container.
        labels: Option<Box<Labels>>,
    },
    /// Memory.
    Tmpfs {
        /// Its size.
        size: Rare<Bytes>,
        /// Its mode.
        mode: Rare<u32>,
        /// Further options of the short form, such as `noexec`.
        options: Vec<Text>,
    },
    /// A named pipe, an image or a cluster volume: `type` as written.
    Other {
        /// `npipe`, `image` or `cluster`.
        kind: Text,
        /// What is mounted, if said.
        source: Option<Spanned<Text>>,
        /// The folder in it.
        subpath: Rare<Text>,
    },
}

/// How mounts below a bind mount spread between host and container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Propagation(
    /// `rprivate`, `private`, `rshared`, `shared`, `rslave` or `slave`.
    pub &'static str,
);

/// How a service joins a network.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Where the network's key stands in the service.
    pub span: Span,
    /// Names under which others find it there, beside its own.
    pub aliases: List,
    /// A fixed IPv4 address.
    pub ipv4_address: Rare<Text>,
    /// A fixed IPv6 address.
    pub ipv6_address: Rare<Text>,
    /// A hardware address.
    pub mac_address: Rare<Text>,
    /// Networks are joined from the highest to the lowest; 0 where it is not said.
    pub priority: i64,
    /// What few services say.
    pub finer: Option<Box<Endpoint>>,
}

/// What few services say of how they join a network.
#[derive(Clone, Debug, Default)]
pub struct Endpoint {
    /// Options of the network's driver.
    pub driver_opts: Labels,
    /// The way out is by the network with the highest.
    pub gw_priority: Option<Spanned<i64>>,
    /// The name of its interface.
    pub interface_name: Option<Spanned<Text>>,
    /// Link-local addresses.
    pub link_local_ips: List,
}

/// A link to another service: `SERVICE[:ALIAS]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The other service's key, with the place of the whole entry.
    pub service: Spanned<Text>,
    /// The name under which it is found; else its key.
    pub alias: Option<Text>,
}

/// Waiting for another service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// Where the other service's key stands.
    pub span: Span,
    /// What is waited for.
    pub condition: Condition,
    /// Whether the service goes without the other one when that is not active.
    pub required: bool,
    /// Whether it restarts when the other one is replaced.
    pub restart: bool,
}

/// What a dependent waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It was started.
    Started,
    /// Its health check passes.
    Healthy,
    /// It has run to its end without an error.
    Completed,
}

/// How health is tested; what is missing is the image's or the engine's.
#[derive(Clone, Debug)]
pub struct Healthcheck {
    /// Where the key `healthcheck` stands.
    pub span: Span,
    /// The test; `None`: the image's.
    pub test: Option<Spanned<Test>>,
    /// Between two tests.
    pub interval: Rare<Duration>,
    /// For one test.
    pub timeout: Rare<Duration>,
    /// Failures until unhealthy.
    pub retries: Option<Spanned<u32>>,
    /// Failures within it don't count.
    pub start_period: Rare<Duration>,
    /// Between two tests within the start period.
    pub start_interval: Rare<Duration>,
}

/// What is run to test health.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// Nothing, not even the image's test (`NONE`, or `disable: true`).
    None,
    /// A program and its arguments (`CMD`).
    Command(Vec<Text>),
    /// A line for the container's shell, and what the shell is given as `$0`, `$1`, … (`CMD-SHELL`).
    Shell(Vec<Text>),
}

impl Test {
    /// As the engine's API takes it: `["CMD", …]`, `["CMD-SHELL", …]` or `["NONE"]`.
    pub fn words(&self) -> Vec<String> {
        let (kind, rest) = match self {
            Test::None => ("NONE", &[][..]),
            Test::Command(words) => ("CMD", &words[..]),
            Test::Shell(words) => ("CMD-SHELL", &words[..]),
        };
        std::iter::once(kind.to_owned()).chain(rest.iter().map(ToString::to_string)).collect()
    }
}

/// Where output goes.
#[derive(Clone, Debug)]
pub struct Logging {
    /// Where the key `logging` stands.
    pub span: Span,
    /// The driver.
    pub driver: Option<Spanned<Text>>,
    /// Its options.
    pub options: Labels,
}

/// A limit of processes; -1 for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ulimit {
    /// The whole entry.
    pub span: Span,
    /// Can be raised up to the hard one.
    pub soft: i64,
    /// Cannot be raised.
    pub hard: i64,
}

/// A device of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The whole entry.
    pub span: Span,
    /// The path on the host, or the name of a CDI device.
    pub source: Text,
    /// The path in the container; else the same.
    pub target: Option<Text>,
    /// Of `r`, `w` and `m`; else all.
    pub permissions: Option<Text>,
}

/// A config or secret put into a container.
#[derive(Clone, Debug)]
pub struct FileReference {
    /// The key of the declared config or secret.
    pub source: Spanned<Text>,
    /// The path in the container, if said.
    pub target: Rare<Text>,
    /// The owner's number, if said.
    pub uid: Rare<Text>,
    /// The group's number, if said.
    pub gid: Rare<Text>,
    /// The file's mode, if said.
    pub mode: Rare<u32>,
}

/// What is run in containers: `post_start` and `pre_stop`.
#[derive(Clone, Debug, Default)]
pub struct Hooks {
    /// When one has started, in this order.
    pub post_start: Vec<Hook>,
    /// Before one is stopped, in this order.
    pub pre_stop: Vec<Hook>,
}

/// A command that is run in a container.
#[derive(Clone, Debug)]
pub struct Hook {
    /// The whole entry.
    pub span: Span,
    /// Program and arguments.
    pub command: Vec<Text>,
    /// As whom; as the container's user where it is not said.
    pub user: Option<Spanned<Text>>,
    /// With all of the host's powers.
    pub privileged: Option<Spanned<bool>>,
    /// Where.
    pub working_dir: Option<Spanned<Text>>,
    /// `KEY=value`.
    pub environment: Vec<Text>,
}
