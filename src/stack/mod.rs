//! What shall run, where it might: the compose project and the inventory, brought together and typed.

mod model;
mod spec;

pub use model::{
    AddressPool, Condition, Constraint, Dependency, Machine, Network, PortDemand, Replicas, Service, Stack, TakenPort,
    Volume,
};
pub use spec::{Attachment, ContainerSpec, DeviceRequest, Healthcheck, Logging, Mount, PullPolicy, Restart, Ulimit};
