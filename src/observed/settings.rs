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

    /// Whether an engine can be told to go from these settings to `wanted` while the container runs: it takes no limit away.
    pub fn can_become(&self, wanted: &Settings) -> bool {
        let (from, to) = (self.told(), wanted.told());
        from.keys().all(|name| name == "restart" || to.contains_key(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_can_be_changed_and_not_taken_away() {
        let limit = |memory| Settings { memory, ..Settings::default() };
        assert!(limit(Some(1)).can_become(&limit(Some(2))) && limit(None).can_become(&limit(Some(2))));
        assert!(!limit(Some(1)).can_become(&limit(None)));
        let restarts = Settings { restart: Some("always".to_owned()), ..Settings::default() };
        assert!(restarts.can_become(&limit(None)));
    }
}
