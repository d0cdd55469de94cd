//! What a plan tells beside its steps: how machines are used, how good the placement is, what a loss would lead to.

use serde::{Deserialize, Serialize};

use crate::units::Amounts;

/// A loss, and where what it takes along would go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// What is lost: `m2`, `zone a`.
    pub lost: String,
    /// How many other losses are just the same, and not listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub alike: usize,
    /// Whether everything that can be elsewhere runs again.
    pub survived: bool,
    /// Where the containers go then that go elsewhere.
    pub places: Vec<BackupPlace>,
    /// Where not everything finds a place: what does not, where as much as possible does, those of higher priority first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gives_way: Vec<GivesWay>,
}

/// Containers of a service that find no place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivesWay {
    /// The service.
    pub service: String,
    /// So many of its containers.
    pub containers: u32,
}

/// Where a container would go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupPlace {
    /// `web.2`.
    pub container: String,
    /// Where it would be.
    pub machine: String,
    /// Where it was, if that is not lost: it makes room for others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub makes_room_on: Option<String>,
    /// Whether its data is on what is lost.
    pub without_data: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // As serde calls it.
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// A service all of whose containers may be stopped at one moment of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Downtime {
    /// Its name.
    pub service: String,
    /// So long its containers may take to stop, in seconds; beyond that it is until a new one has started.
    pub stopping_seconds: u64,
}

/// How a network that is on several machines is wired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkWay {
    /// Its key.
    pub network: String,
    /// `overlay`, `proxy`, `hosts` or `none`.
    pub way: String,
    /// Why, where no file says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A machine's use before and after. What other projects hold is in both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MachineUse {
    /// The machine.
    pub machine: String,
    /// All it has.
    pub capacity: Amounts,
    /// Promised now.
    pub before: Amounts,
    /// Promised when the plan is done.
    pub after: Amounts,
    /// Its containers of this project now, by name: `web.1`.
    pub containers_before: Vec<String>,
    /// Its containers of this project then.
    pub containers_after: Vec<String>,
    /// Whether it takes containers: `active`, `drain`, `down`.
    pub availability: String,
}

/// How good a placement is known to be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// `spread`, `pack`, `headroom` or `cheapest`; empty where nothing was placed.
    pub policy: String,
    /// Whether every tier of the objective was proven optimal.
    pub proven: bool,
    /// Where not proven: the largest relative distance of a tier to its proven bound, as a fraction (0.02: 2 %).
    pub gap: f64,
    /// What ended the search: `proof`, `enough` (so near the best that the rest makes no difference), `work` (another run
    /// finds the same), `time` or `stopped` (it may not).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ended: String,
    /// What each tier of the objective came to, the one that was decided first coming first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<TierQuality>,
}

/// What one tier of the objective came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TierQuality {
    /// Its name.
    pub name: String,
    /// Its value; less is better.
    pub value: f64,
    /// No placement that is as good in the tiers before is below.
    pub bound: f64,
    /// How far the value may be from the best, as a fraction of itself; 0 when it is proven.
    pub gap: f64,
    /// What it came to if nothing moved that need not, where more may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmoved: Option<f64>,
}
