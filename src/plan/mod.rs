//! From what is and what shall be to a plan: changes with reasons, and the steps in their order.

mod model;

pub use model::{
    Action, AttributeChange, Change, Counts, FORMAT_VERSION, MachineUse, NetworkSpec, NewContainer, Operation,
    PlacedContainer, Plan, Quality, Step, Until, VolumeSpec,
};
