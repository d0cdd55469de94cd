//! What was seen on the engines: plain values, as a snapshot file holds them.
//!
//! An [`Observed`] is the only thing that planning knows of the live machines. `planner observe` writes one, so that CI
//! can plan without access to the machines. A machine that could not be reached is not in it: that is an error
//! of observing, never an empty machine.

mod settings;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::units::Amounts;

pub use settings::Settings;

/// The version of the snapshot's form. Minor numbers add fields; a new major number is refused.
pub const FORMAT_VERSION: &str = "1.1";

/// All machines as they were seen, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// See [`FORMAT_VERSION`].
    pub format_version: String,
    /// Each machine of the inventory, by its name there.
    pub machines: BTreeMap<String, MachineState>,
    /// What registries said, where they were asked: the digest of the image that each of these references stands for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub registry: BTreeMap<String, String>,
    /// Of the images that services are built to, those that the engine has where planner runs, by reference. Known only while
    /// something is planned: no snapshot tells of it.
    #[serde(skip)]
    pub built: BTreeMap<String, BuiltImage>,
}

/// An image that a service is built to, as it is where planner runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuiltImage {
    /// The engine's id of it; empty: it is yet to be built.
    pub id: String,
    /// Ids by which machines' engines know the same image: those with containerd's store and others give it different ones.
    pub alike: BTreeSet<String>,
    /// When it was made, and its size.
    pub facts: ImageFacts,
    /// `linux` or `windows`.
    pub os: String,
    /// As image platforms name it: `amd64`, `arm64`.
    pub architecture: String,
    /// It was built just now: whatever machines have under its name, it is this one that is meant.
    pub fresh: bool,
}

impl Observed {
    /// Names that lead to one and the same engine, two at a time. Machines cloned from one another share an identity
    /// as well, but not the hostname.
    pub fn same_engine(&self) -> Vec<(&str, &str)> {
        let mut seen: BTreeMap<(&str, &str), &str> = BTreeMap::new();
        let mut twice = Vec::new();
        for (name, state) in self.machines.iter().filter(|(_, state)| !state.engine.id.is_empty()) {
            match seen.get(&(state.engine.id.as_str(), state.engine.hostname.as_str())) {
                Some(first) => twice.push((*first, name.as_str())),
                None => drop(seen.insert((&state.engine.id, &state.engine.hostname), name)),
            }
        }
        twice
    }
}

/// One engine as it was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineState {
    /// What the engine says of itself.
    pub engine: EngineInfo,
    /// Every container, of whatever project, running or not; in the order of names.
    pub containers: Vec<ContainerState>,
    /// Every user-made network; in the order of names.
    pub networks: Vec<NetworkState>,
    /// Every volume; in the order of names.
    pub volumes: Vec<VolumeState>,
    /// The references (`name:tag`, `name@digest`) of the images that are there; sorted.
    pub images: Vec<String>,
    /// The engine's id of the image that each of these references leads to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub image_ids: BTreeMap<String, String>,
    /// What is known of the images, by their ids.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub image_facts: BTreeMap<String, ImageFacts>,
    /// Host ports that something listens on, as far as could be seen (over ssh and on this machine); sorted.
    /// Those of the engine's own containers are among them.
    #[serde(default)]
    pub listeners: Vec<Listener>,
}

/// What is known of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageFacts {
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// All its layers, in bytes.
    pub bytes: u64,
}

/// What an engine says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineInfo {
    /// The engine's identity: two endpoints with the same one are one machine.
    pub id: String,
    /// The machine's hostname.
    pub hostname: String,
    /// The engine's version.
    pub version: String,
    /// `linux` or `windows`.
    pub os: String,
    /// As image platforms name it: `amd64`, `arm64`.
    pub architecture: String,
    /// All CPUs and all memory of the machine.
    pub capacity: Amounts,
    /// The engine's own labels.
    pub labels: BTreeMap<String, String>,
    /// The node that it is of a Swarm, if it is of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swarm: Option<SwarmNode>,
}

/// A node of a Swarm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwarmNode {
    /// Its id.
    pub node: String,
    /// Whether it is a manager.
    pub manager: bool,
    /// The ids of the managers that it knows, itself among them where it is one; sorted.
    pub managers: Vec<String>,
}

/// One container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerState {
    /// The engine's id.
    pub id: String,
    /// Without the leading slash.
    pub name: String,
    /// The image reference it was made from.
    pub image: String,
    /// The engine's id of the image; empty where it was not asked for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub image_id: String,
    /// `created`, `running`, `paused`, `restarting`, `exited`, `dead`.
    pub state: String,
    /// `starting`, `healthy`, `unhealthy`; none without a health check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<String>,
    /// How it ended, if it has: 0 without an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    /// All labels.
    pub labels: BTreeMap<String, String>,
    /// Host ports that it has, or would have when started.
    #[serde(default)]
    pub ports: Vec<HostPort>,
    /// What it was promised: its reservations, where none its limits.
    #[serde(default)]
    pub reserved: Amounts,
    /// The named volumes it mounts; sorted.
    #[serde(default)]
    pub volumes: Vec<String>,
    /// The volumes without a name of their own, which the engine made for it; sorted by where they are mounted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub anonymous_volumes: Vec<AnonymousVolume>,
    /// What can be edited while it runs, as it is now; none where it was not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Settings>,
    /// The networks it is in, by the engine's names; sorted; none where it was not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub networks: Option<Vec<String>>,
    /// Since when it runs, as the engine writes times (RFC 3339); none where it does not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Whether its engine could not start it for something that is left of it, and will not be able to: such is left where the
    /// engine was killed while it started it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stuck: bool,
}

impl ContainerState {
    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name).map(String::as_str)
    }

    /// Whether it has processes (or will soon have again).
    pub fn is_up(&self) -> bool {
        matches!(self.state.as_str(), "running" | "restarting" | "paused")
    }

    /// Whether it has run to its end without an error.
    pub fn has_completed(&self) -> bool {
        self.state == "exited" && self.exit_code == Some(0)
    }
}

/// A volume that the engine made for one container, because the image or the file asks for one and names none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AnonymousVolume {
    /// Where it is mounted.
    pub target: String,
    /// The engine's name of it.
    pub name: String,
}

/// A port of a container on its machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HostPort {
    /// The host's address; empty for all addresses.
    pub host_ip: String,
    /// The host's port.
    pub host_port: u16,
    /// The container's port.
    pub container_port: u16,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
}

impl HostPort {
    /// The address it is bound to; empty for all, which engines also list once for each family.
    pub fn address(&self) -> &str {
        match self.host_ip.as_str() {
            "0.0.0.0" | "::" => "",
            one => one,
        }
    }
}

/// A port that something listens on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Listener {
    /// `0.0.0.0`, `::`, or one address.
    pub address: String,
    /// The port.
    pub port: u16,
    /// `tcp` or `udp`.
    pub protocol: String,
}

/// One network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkState {
    /// The engine's name of it.
    pub name: String,
    /// Its driver.
    pub driver: String,
    /// All labels.
    pub labels: BTreeMap<String, String>,
}

/// One volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeState {
    /// The engine's name of it.
    pub name: String,
    /// Its driver.
    pub driver: String,
    /// All labels.
    pub labels: BTreeMap<String, String>,
    /// When it was made, in seconds since 1970 by the machine's clock; 0 where that is not known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub made: i64,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // As serde calls it.
fn is_zero(number: &i64) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_for_one_engine_are_told_from_clones_of_a_machine() {
        let machine = |id: &str, hostname: &str| MachineState {
            engine: EngineInfo { id: id.to_owned(), hostname: hostname.to_owned(), ..EngineInfo::default() },
            ..MachineState::default()
        };
        let machines =
            [("a", "1", "x"), ("b", "2", "x"), ("c", "1", "x"), ("clone", "1", "y"), ("d", "", ""), ("e", "", "")];
        let machines = machines.map(|(name, id, hostname)| (name.to_owned(), machine(id, hostname)));
        let observed =
            Observed { format_version: FORMAT_VERSION.to_owned(), machines: machines.into(), ..Observed::default() };
        assert_eq!(observed.same_engine(), [("a", "c")]);
    }
}
