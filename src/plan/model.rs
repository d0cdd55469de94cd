//! The plan: what will change and why (for people), and the steps that do it (for `apply`).
//!
//! What `apply` does is described by [`Plan::steps`] alone: it looks neither at the compose file nor at the stack.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::drift::Drift;
use super::told::{Backup, Downtime, MachineUse, NetworkWay, Quality};
use crate::observed::{HostPort, Settings};
use crate::stack::{AddressPool, ContainerSpec, DeliveredFile, Hook, OnFailure, PullPolicy};

/// The version of the saved plan's form. Minor numbers add fields; a new major number is refused.
pub const FORMAT_VERSION: &str = "1.7";

/// Changes that bring the machines to what the files say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// See [`FORMAT_VERSION`].
    pub format_version: String,
    /// The project.
    pub project: String,
    /// The services that alone were to change, with what they need; empty for the whole project.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<String>,
    /// What will change, one entry for each address; sorted by address. Nothing to do: empty.
    pub changes: Vec<Change>,
    /// What `apply` does, in an order in which each step stands behind all that it waits for.
    pub steps: Vec<Step>,
    /// The services of which containers are replaced, and what a failure leads to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rollouts: Vec<ServiceRollout>,
    /// Where every container will be, changed or not.
    pub placement: Vec<PlacedContainer>,
    /// Each machine before and after, in the inventory's order.
    pub machines: Vec<MachineUse>,
    /// How services find each other in the networks that are on several machines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discovery: Vec<NetworkWay>,
    /// What becomes of everything where one of these is lost afterwards, if that was asked for: see [`Backup`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backups: Vec<Backup>,
    /// Services that do not run for a while on the way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub downtime: Vec<Downtime>,
    /// What is not as it was made: see [`Drift`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<Drift>,
    /// How good the placement is.
    pub quality: Quality,
    /// Digest of what was seen of the project: when it has changed since, a saved plan is stale.
    pub observed_digest: String,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether it is what the files ask for, placed; not a way back, or down.
    pub fn is_placed(&self) -> bool {
        !self.quality.policy.is_empty()
    }

    /// How many changes create, update (replace in place, rename, start), move, and delete.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for change in &self.changes {
            if change.moved_from.is_some() {
                counts.moved += 1;
            } else {
                match change.actions.as_slice() {
                    [Action::Create] => counts.create += 1,
                    [Action::Delete] => counts.delete += 1,
                    _ => counts.update += 1,
                }
            }
        }
        counts
    }
}

/// The sums at a plan's end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// New things.
    pub create: usize,
    /// Replaced or started in place.
    pub update: usize,
    /// Containers that go to another machine.
    pub moved: usize,
    /// Things that go.
    pub delete: usize,
}

/// What happens to one thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// `container:web:1`, `network:front@m1`, `volume:data@m1`.
    pub address: String,
    /// The machine where it is, or will be.
    pub machine: String,
    /// For a container that moves: where it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<String>,
    /// For a container that serves on another machine meanwhile: which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_way_of: Option<String>,
    /// In order. A search for "delete" finds every destruction.
    pub actions: Vec<Action>,
    /// Why, as clauses: "image changed", "m2 is draining".
    pub reasons: Vec<String>,
    /// Details for people, such as `image: nginx:1.28`, each with its value before and after.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<AttributeChange>,
}

/// One detail of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeChange {
    /// Its name, such as `image`.
    pub name: String,
    /// Before, if it was.
    pub before: Option<String>,
    /// After, if it will be.
    pub after: Option<String>,
}

impl AttributeChange {
    /// In place of a value that may hold a secret.
    pub const WITHHELD: &str = "(not shown)";
}

/// What is done to a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is made.
    Create,
    /// It goes.
    Delete,
    /// A stopped container is started.
    Start,
    /// It takes another version of a file, and goes on.
    Reload,
    /// It gets the limits back that it was made with, and goes on.
    Update,
    /// It is stopped and stays, under another name, to be gone back to.
    SetAside,
    /// One that was set aside gets its name back and is started.
    Restore,
    /// A container left behind by an interrupted run gets its proper name.
    Rename,
}

/// One step of `apply`: one engine call on one machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its index in [`Plan::steps`].
    pub id: usize,
    /// The change that it belongs to: a [`Change::address`], or `image:REF@MACHINE`.
    pub address: String,
    /// Where.
    pub machine: String,
    /// What.
    pub operation: Operation,
    /// Ids of the steps that must have succeeded before.
    pub waits_for: Vec<usize>,
    /// Ids of the steps that must have ended before, well or not: see [`Plan::rollouts`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<usize>,
}

/// One engine call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum Operation {
    /// Fetches an image; with [`PullPolicy::Missing`] only when it is not there (which the plan knew already).
    Pull {
        /// The reference.
        image: String,
        /// `os/arch`, if asked for.
        platform: Option<String>,
        /// When.
        policy: PullPolicy,
        /// The registry's digest of it as it was when the plan was made: this one, whatever the tag leads to by then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digest: Option<String>,
        /// The engine's id of it, where a machine has it: no other will do.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// Its size in bytes, where a machine has it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes: Option<u64>,
        /// Machines that have it, from which it can be had where no registry gives it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        from: Vec<String>,
        /// Whether the engine has it that the docker command uses where planner runs: it was built there.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        here: bool,
    },
    /// Makes a network. One of the same name that is there already is taken as made.
    CreateNetwork(NetworkSpec),
    /// Makes a volume. One of the same name that is there already is taken as made: volumes are never emptied.
    CreateVolume(VolumeSpec),
    /// Copies what is in a volume from another machine to the one of the same name here, compares both, and notes that it is
    /// here from now on. What is there stays.
    CopyVolume(VolumeCopy),
    /// Makes a container, not yet running.
    CreateContainer(Box<NewContainer>),
    /// Starts a container.
    Start {
        /// Its name at that time.
        name: String,
        /// What it is made anew from where its engine cannot start it any more, for one that was there before: what an engine
        /// was just starting when it was killed, it may not find again, and says so only when it is asked to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        anew: Option<Box<NewContainer>>,
    },
    /// Waits until a container is as its dependents want it.
    Await {
        /// Its name at that time.
        name: String,
        /// What for.
        until: Until,
    },
    /// Runs a command in a container, to its end.
    Exec {
        /// Its name at that time.
        name: String,
        /// The command.
        hook: Hook,
        /// When.
        at: When,
    },
    /// Gives a container other versions of files. If it runs, they are checked first, and it is told by a signal; what it
    /// does goes on.
    Reload {
        /// Its name at that time.
        name: String,
        /// The files, those with [`DeliveredFile::reload`].
        files: Vec<DeliveredFile>,
    },
    /// Gives a container the limits and the restart policy that it is to have. If it runs, it goes on.
    Update {
        /// Its name at that time.
        name: String,
        /// All of them.
        settings: Settings,
    },
    /// Looks on for a while: the container must run on without a restart, and not become unhealthy.
    Watch {
        /// Its name at that time.
        name: String,
        /// For how long.
        milliseconds: u64,
    },
    /// Lets time go by.
    Pause {
        /// How much.
        milliseconds: u64,
    },
    /// Stops a container as gently as it asks for.
    Stop {
        /// The engine's id.
        id: String,
        /// Its name, for messages.
        name: String,
    },
    /// Removes a stopped container, never its named volumes.
    Remove {
        /// The engine's id.
        id: String,
        /// Its name, for messages.
        name: String,
    },
    /// Gives a container another name.
    Rename {
        /// The name now.
        from: String,
        /// The name then.
        to: String,
    },
    /// Removes a network of the project in which no container is left.
    RemoveNetwork {
        /// The engine's name of it.
        name: String,
    },
}

impl Operation {
    /// The container that it makes, or may have to make.
    pub fn new_container(&self) -> Option<&NewContainer> {
        match self {
            Operation::CreateContainer(new) | Operation::Start { anew: Some(new), .. } => Some(new),
            _ => None,
        }
    }
}

/// What an [`Operation::Await`] waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Until {
    /// The health check passes.
    Healthy,
    /// It has ended with exit code 0.
    Completed,
    /// The health check passes, if it has one; else it runs.
    Ready,
}

/// When a command is run in a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// When it has started.
    Started,
    /// Before it is stopped, if it runs.
    Stopping,
}

/// How a service of which containers are replaced goes on where one of them fails. Replicas whose number is the same as
/// in [`Step::address`] are meant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceRollout {
    /// The service.
    pub service: String,
    /// How many of its containers are made or brought back.
    pub containers: usize,
    /// What happens when more fail than may.
    pub on_failure: OnFailure,
    /// Which part of `containers` may fail, as a fraction.
    pub max_failure_ratio: f64,
    /// How they go back, with [`OnFailure::Rollback`].
    pub back: GoingBack,
}

/// How containers go back to what they were before: in groups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoingBack {
    /// How many at a time; none for all at once.
    pub parallelism: Option<usize>,
    /// Between one group and the next.
    pub delay_milliseconds: u64,
    /// Whether the next group goes back though one before could not.
    pub regardless: bool,
}

impl Step {
    /// The service whose container it is about, and the container's number.
    pub fn container(&self) -> Option<(&str, &str)> {
        self.address.strip_prefix("container:")?.rsplit_once(':')
    }
}

/// A network to make.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkSpec {
    /// The engine's name of it.
    pub name: String,
    /// The driver; the engine's default where none.
    pub driver: Option<String>,
    /// Options of the driver.
    pub driver_opts: BTreeMap<String, String>,
    /// Without a way out.
    pub internal: bool,
    /// Containers that are not of the project may join.
    pub attachable: bool,
    /// Whether IPv6 is on, if said.
    pub enable_ipv6: Option<bool>,
    /// Address pools.
    pub pools: Vec<AddressPool>,
    /// All labels, ours among them.
    pub labels: BTreeMap<String, String>,
}

/// A volume to make.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeSpec {
    /// The engine's name of it.
    pub name: String,
    /// The driver; `local` where none.
    pub driver: Option<String>,
    /// Options of the driver.
    pub driver_opts: BTreeMap<String, String>,
    /// All labels, ours among them.
    pub labels: BTreeMap<String, String>,
}

/// A volume to copy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeCopy {
    /// The engine's name of it, on both machines.
    pub volume: String,
    /// The machine where the data is.
    pub from: String,
    /// An image that is there: engines hand data out only by way of a container.
    pub from_image: String,
    /// An image that is here.
    pub image: String,
}

/// A container to make.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewContainer {
    /// The name to make it under; a temporary one where it replaces another.
    pub name: String,
    /// The name by which it is known in the end.
    pub final_name: String,
    /// What it is made from. `service:NAME` in its modes is already `container:ENGINE-NAME`.
    pub spec: ContainerSpec,
    /// Its ports on the host.
    pub ports: Vec<HostPort>,
    /// All labels, ours among them.
    pub labels: BTreeMap<String, String>,
}

/// Where a container will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedContainer {
    /// The service.
    pub service: String,
    /// Its number, from 1.
    pub number: u32,
    /// The machine.
    pub machine: String,
    /// Its ports there.
    pub ports: Vec<HostPort>,
}
