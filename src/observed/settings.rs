//! The settings of a container that can be edited while it runs (`docker update`), as they are on an engine.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::units::{Bytes, Cpu};

/// What `docker update` can change. None: no limit, or the engine's default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// CPU limit in thousandths of a core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpus: Option<u64>,
    /// Memory limit in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// Memory reservation in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_reservation: Option<u64>,
    /// Most processes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pids: Option<i64>,
    /// CPUs it may run on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpuset: Option<String>,
    /// Relative weight of CPU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_shares: Option<i64>,
    /// When the engine starts it again: `always`, `on-failure:3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart: Option<String>,
}

impl Settings {
    /// Each setting under the name by which compose files know it, as people write its value; those that are not set are left
    /// out.
    pub fn told(&self) -> BTreeMap<String, String> {
        let told = [
            ("cpus", self.cpus.map(|it| Cpu(it).to_string())),
            ("mem_limit", self.memory.map(|it| Bytes(it).to_string())),
            ("mem_reservation", self.memory_reservation.map(|it| Bytes(it).to_string())),
            ("pids_limit", self.pids.map(|it| it.to_string())),
            ("cpuset", self.cpuset.clone()),
            ("cpu_shares", self.cpu_shares.map(|it| it.to_string())),
            ("restart", self.restart.clone()),
        ];
        told.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}
