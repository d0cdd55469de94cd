//! The machines as the inventory file describes them.

use indexmap::IndexMap;

use crate::source::{Span, Spanned};
use crate::units::{Amounts, PortRange, Resource};

/// The machines, and what the file says for all of them.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// In the file's order, which is also the order of preference among equals.
    pub machines: Vec<Machine>,
    /// What a service counts for that states neither reservation nor limit. Zero where the file is silent.
    pub unsized_demand: Amounts,
}

/// One machine.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Unique in the inventory; letters, digits, `-`, `_`, `.`.
    pub name: Spanned<String>,
    /// How its engine is reached.
    pub endpoint: Spanned<Endpoint>,
    /// The address at which other machines reach the ports it publishes.
    pub address: Option<Spanned<String>>,
    /// What the file says it has. Where CPU or memory is missing, the engine's own word counts.
    pub capacity: IndexMap<Resource, Spanned<u64>>,
    /// Kept back for the system.
    pub reserve: IndexMap<Resource, Spanned<u64>>,
    /// For constraints on `node.labels.*`.
    pub labels: IndexMap<String, Spanned<String>>,
    /// `os/arch[/variant]`; else as the engine says.
    pub platform: Option<Spanned<String>>,
    /// Ports to assign from, both ends included.
    pub ports: PortRange,
    /// Host ports that are never to be used.
    pub reserved_ports: Vec<Spanned<PortRange>>,
    /// What the machine costs, in any unit, the same for all.
    pub cost: Option<Spanned<f64>>,
    /// Up to which share of its capacity it is best used: more only where it must be.
    pub target: Option<Spanned<f64>>,
    /// Whether it takes containers.
    pub availability: Spanned<Availability>,
    /// The whole entry.
    pub span: Span,
}

/// How an engine is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A socket on this machine: `unix:///path`.
    Unix(String),
    /// Over ssh, as `~/.ssh/config` has it: `ssh://[user@]host[:port]`.
    Ssh {
        /// The login name, if given.
        user: Option<String>,
        /// A host name or an alias of the ssh configuration.
        host: String,
        /// The port, if given.
        port: Option<u16>,
    },
    /// Over TCP: `tcp://host:port`; with client certificates when `tls` is given.
    Tcp {
        /// Host name or address.
        host: String,
        /// The port.
        port: u16,
        /// The certificates; without them the connection is plain.
        tls: Option<TlsFiles>,
    },
    /// A context of the docker client: `context:NAME`.
    Context(String),
    /// Where the docker client would go: `DOCKER_HOST`, `DOCKER_CONTEXT`, the current context, the local socket.
    Local,
}

impl Endpoint {
    /// The host that it names, as a name, an alias of ssh, or an address.
    pub fn host(&self) -> Option<&str> {
        match self {
            Endpoint::Ssh { host, .. } | Endpoint::Tcp { host, .. } => Some(host),
            Endpoint::Unix(_) | Endpoint::Context(_) | Endpoint::Local => None,
        }
    }
}

/// The files of a TLS connection, as the docker client names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The authority that signed the engine's certificate.
    pub ca: String,
    /// Our certificate.
    pub cert: String,
    /// Its key.
    pub key: String,
}

/// Whether a machine takes containers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Availability {
    /// It does.
    #[default]
    Active,
    /// Nothing new, and what runs is to leave.
    Drain,
    /// It is gone: not asked, nothing there counts.
    Down,
}

impl Availability {
    /// The word for it in inventories.
    pub fn word(self) -> &'static str {
        match self {
            Availability::Active => "active",
            Availability::Drain => "drain",
            Availability::Down => "down",
        }
    }
}
