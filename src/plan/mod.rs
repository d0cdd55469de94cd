//! From what is and what shall be to a plan: changes with reasons, and the steps in their order.

mod back;
mod backups;
mod built;
mod container;
mod current;
mod difference;
mod drift;
mod fresh;
mod gaps;
mod graph;
mod images;
mod lost;
mod make;
mod model;
mod moved;
mod order;
mod overlap;
mod reach;
mod reasons;
mod rollout;
mod sequence;
mod status;
mod steps;
mod surroundings;
mod target;
mod told;
mod waits;
mod work;

pub use back::{can_go_back, roll_back};
pub use backups::{asked_losses, backups};
pub use built::{built_for, built_for_others, not_built};
pub use container::Origin;
pub use current::{observed_digest, running, services_seen};
pub use difference::{Differences, differences};
pub use drift::{Drift, drift};
pub use fresh::fresh_ports;
pub use images::{is_anywhere, other_than_built, to_ask};
pub use lost::unseen_data;
pub use make::{NoPlan, make, take_down};
pub use status::{ReplicaStatus, ServiceStatus, Status, status};

pub use crate::stack::OnFailure;
pub use model::{
    Action, AttributeChange, Change, Counts, FORMAT_VERSION, GoingBack, NetworkSpec, NewContainer, Operation,
    PlacedContainer, Plan, ServiceRollout, Step, Until, VolumeCopy, VolumeSpec, When,
};
pub use reach::out_of_reach;
pub use target::above_target;
pub use told::{Backup, BackupPlace, Downtime, GivesWay, MachineUse, NetworkWay, Quality, TierQuality};
pub use waits::await_all;
