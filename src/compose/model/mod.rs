//! The project as it was written, typed: files merged, variables substituted, short forms made long.
//!
//! Nothing is defaulted here that the files don't say, and whatever a finding might point at is [`Spanned`]. What is
//! meant by it is `stack`'s to say.

mod build;
mod deploy;
mod parts;
mod service;
mod tuning;

use std::path::PathBuf;

pub use build::Build;
pub use deploy::{
    Deploy, DeployMode, DeviceReservation, GenericResource, Limits, Order, Placement, Reservations, RestartCondition,
    RestartPolicy, UpdateConfig,
};
pub use parts::{
    Attachment, Condition, Dependency, Device, Endpoint, FileReference, Healthcheck, Hook, Hooks, Link, Logging, Mount,
    MountKind, Port, Propagation, Test, Ulimit,
};
pub use service::{CredentialSpec, Labels, List, PullPolicy, Rare, Restart, Service, Watch};

pub use tuning::{Blkio, DeviceNumber, Tuning};

use crate::map::Map;
use crate::source::{Span, Spanned, Text};
use crate::yaml::Node;

/// A compose project.
#[derive(Clone, Debug, Default)]
pub struct Compose {
    /// The project's name, normalised; see the Compose Specification, "Name top-level element".
    pub name: String,
    /// Where the name was written, if in a file.
    pub name_span: Option<Span>,
    /// The folder against which relative paths are taken; absolute when the working directory is.
    pub directory: PathBuf,
    /// The compose files, in the order of merging; included ones are not among them.
    pub files: Vec<PathBuf>,
    /// The services that are active, in the files' order.
    pub services: Map<Service>,
    /// Services that belong to profiles of which none is active.
    pub inactive: Map<Service>,
    /// Declared networks by key. `default` is here only if it is declared.
    pub networks: Map<Network>,
    /// Declared volumes by key.
    pub volumes: Map<Volume>,
    /// Declared configs by key.
    pub configs: Map<FileSource>,
    /// Declared secrets by key.
    pub secrets: Map<FileSource>,
    /// Declared language models, by key, with the places of the keys.
    pub models: Map<Span>,
    /// Top-level `x-*`, untyped.
    pub extensions: Map<Node>,
}

/// Whether others made a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct External {
    /// Where that was said.
    pub span: Span,
}

/// A declared network.
#[derive(Clone, Debug)]
pub struct Network {
    /// Where its key stands.
    pub span: Span,
    /// The engine's name of it, if one is given; else `<project>_<key>`, or the key itself when external.
    pub name: Option<Spanned<Text>>,
    /// Made by others: it must be there.
    pub external: Option<External>,
    /// The driver.
    pub driver: Option<Spanned<Text>>,
    /// Options of the driver.
    pub driver_opts: Labels,
    /// Without a way out.
    pub internal: Option<Spanned<bool>>,
    /// Others may join.
    pub attachable: Option<Spanned<bool>>,
    /// Whether IPv4 is on.
    pub enable_ipv4: Option<Spanned<bool>>,
    /// Whether IPv6 is on.
    pub enable_ipv6: Option<Spanned<bool>>,
    /// The driver of address management.
    pub ipam_driver: Option<Spanned<Text>>,
    /// Its address pools.
    pub pools: Vec<AddressPool>,
    /// The user's labels.
    pub labels: Labels,
    /// `x-*`, untyped.
    pub extensions: Map<Node>,
}

/// An address pool of a network: `ipam.config`.
#[derive(Clone, Debug, Default)]
pub struct AddressPool {
    /// In CIDR form.
    pub subnet: Option<Spanned<Text>>,
    /// Containers' addresses are given from here; in CIDR form.
    pub ip_range: Option<Spanned<Text>>,
    /// The gateway's address.
    pub gateway: Option<Spanned<Text>>,
}

/// A declared volume.
#[derive(Clone, Debug)]
pub struct Volume {
    /// Where its key stands.
    pub span: Span,
    /// The engine's name of it, if one is given; else `<project>_<key>`, or the key itself when external.
    pub name: Option<Spanned<Text>>,
    /// Made by others: it must be there.
    pub external: Option<External>,
    /// The driver.
    pub driver: Option<Spanned<Text>>,
    /// Options of the driver.
    pub driver_opts: Labels,
    /// The user's labels.
    pub labels: Labels,
    /// `x-*`, untyped.
    pub extensions: Map<Node>,
}

/// A declared config or secret.
#[derive(Clone, Debug)]
pub struct FileSource {
    /// Where its key stands.
    pub span: Span,
    /// The name under which it is stored, if one is given.
    pub name: Option<Spanned<Text>>,
    /// Made by others.
    pub external: Option<External>,
    /// A file that holds it, made absolute.
    pub file: Option<Spanned<PathBuf>>,
    /// The environment variable that holds it.
    pub environment: Option<Spanned<Text>>,
    /// The text itself; configs only.
    pub content: Option<Spanned<Text>>,
    /// A driver or the like holds it.
    pub stored: bool,
}

impl Compose {
    /// The image of a service: its own name for it, else what docker compose calls what it builds. None where it has neither.
    pub fn image(&self, service: &Service) -> Option<Text> {
        let built = || service.build.as_ref().map(|_| format!("{}-{}", self.name, service.name).into());
        service.image.as_ref().map(|image| image.value.clone()).or_else(built)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A project may have very many of these: what few of them have is to be kept apart ([`Rare`]).
    #[test]
    fn what_there_are_many_of_is_small() {
        let sizes =
            [size_of::<Service>(), size_of::<Port>(), size_of::<Mount>(), size_of::<Attachment>(), size_of::<Deploy>()];
        assert!(sizes.iter().zip([1400, 128, 128, 80, 320]).all(|(size, most)| *size <= most), "{sizes:?}");
    }
}
