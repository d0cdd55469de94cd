//! How an image is built, as it was written.

use super::parts::{FileReference, Ulimit};
use super::service::{Labels, List, Rare};
use crate::map::Map;
use crate::source::{Span, Spanned, Text};
use crate::units::Bytes;

/// How an image is built; see the Compose Build Specification.
#[derive(Clone, Debug)]
pub struct Build {
    /// Where the key `build` stands.
    pub span: Span,
    /// The context: a folder, absolute, or a URL.
    pub context: Option<Spanned<Text>>,
    /// The Dockerfile's path.
    pub dockerfile: Option<Spanned<Text>>,
    /// The Dockerfile itself.
    pub dockerfile_inline: Option<Spanned<Text>>,
    /// The stage that is built.
    pub target: Rare<Text>,
    /// Arguments; without a value those of the environment.
    pub args: Map<Spanned<Option<Text>>>,
    /// Labels of the image.
    pub labels: Labels,
    /// Further names of the image.
    pub tags: List,
    /// The platforms to build for.
    pub platforms: List,
    /// Folders, images or services that the build can copy from, by name.
    pub additional_contexts: Labels,
    /// The secrets that the build can read.
    pub secrets: Vec<FileReference>,
    /// Keys and agents for ssh, by name; blank for the agent that runs.
    pub ssh: Labels,
    /// Where what was built before is looked for.
    pub cache_from: List,
    /// Where what is built is kept for the next time.
    pub cache_to: List,
    /// Whether nothing that was built before is used.
    pub no_cache: Option<Spanned<bool>>,
    /// The stages of which nothing that was built before is used.
    pub no_cache_filter: List,
    /// Whether the images that it begins with are fetched each time.
    pub pull: Option<Spanned<bool>>,
    /// The network of its commands.
    pub network: Rare<Text>,
    /// `name=address`; one entry for each address.
    pub extra_hosts: List,
    /// The size of `/dev/shm`.
    pub shm_size: Rare<Bytes>,
    /// Limits of its processes.
    pub ulimits: Map<Ulimit>,
    /// What it may do that builds may not otherwise.
    pub entitlements: List,
    /// With all of the host's powers.
    pub privileged: Option<Spanned<bool>>,
    /// How its processes are kept apart (Windows).
    pub isolation: Rare<Text>,
    /// Whether, and how, it is told what the image was made from.
    pub provenance: Rare<Text>,
    /// Whether, and how, it is told what is in the image.
    pub sbom: Rare<Text>,
}
