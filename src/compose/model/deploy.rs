//! The `deploy` section; see the Compose Deploy Specification.

use std::time::Duration;

use super::service::{Labels, List, Rare};
use crate::source::{Span, Spanned, Text};
use crate::units::{Bytes, Cpu};

/// How many, with how much, and where.
#[derive(Clone, Debug)]
pub struct Deploy {
    /// Where the key `deploy` stands.
    pub span: Span,
    /// Replicated where it is not said.
    pub mode: Option<Spanned<DeployMode>>,
    /// How many containers.
    pub replicas: Option<Spanned<u32>>,
    /// Labels of the service, not of its containers.
    pub labels: Labels,
    /// `resources.limits`.
    pub limits: Limits,
    /// `resources.reservations`.
    pub reservations: Reservations,
    /// Where it may run.
    pub placement: Placement,
    /// When a container is started again.
    pub restart_policy: Option<Box<RestartPolicy>>,
    /// How containers are replaced.
    pub update_config: Option<Box<UpdateConfig>>,
    /// How a replacement that failed is taken back.
    pub rollback_config: Option<Box<UpdateConfig>>,
}

/// How the number of containers is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeployMode {
    /// `replicas` of them, anywhere.
    Replicated,
    /// One on each machine.
    Global,
    /// `replicas` that run to their end (`replicated-job`).
    ReplicatedJob,
    /// One on each machine that runs to its end (`global-job`).
    GlobalJob,
}

/// What a container may use at most.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// CPU time.
    pub cpus: Rare<Cpu>,
    /// Memory.
    pub memory: Rare<Bytes>,
    /// Processes; -1 for no limit.
    pub pids: Rare<i64>,
}

/// What a container is promised.
#[derive(Clone, Debug, Default)]
pub struct Reservations {
    /// CPU time.
    pub cpus: Rare<Cpu>,
    /// Memory.
    pub memory: Rare<Bytes>,
    /// Devices such as GPUs.
    pub devices: Vec<DeviceReservation>,
    /// Resources by name.
    pub generic: Vec<GenericResource>,
}

/// A request for devices: an entry of `reservations.devices` or of `gpus`.
#[derive(Clone, Debug)]
pub struct DeviceReservation {
    /// The whole entry.
    pub span: Span,
    /// What they must be able to do, such as `gpu`.
    pub capabilities: List,
    /// How many; `None` in the value: all. Neither this nor `device_ids`: all.
    pub count: Option<Spanned<Option<u32>>>,
    /// Which.
    pub device_ids: List,
    /// The driver.
    pub driver: Option<Spanned<Text>>,
    /// Options of the driver.
    pub options: Labels,
}

/// So many of a resource that the inventory names: `discrete_resource_spec`.
#[derive(Clone, Debug)]
pub struct GenericResource {
    /// The resource's name.
    pub kind: Spanned<Text>,
    /// How many.
    pub value: Spanned<u64>,
}

/// Where containers may run.
#[derive(Clone, Debug, Default)]
pub struct Placement {
    /// `node.labels.zone == a`, as written.
    pub constraints: List,
    /// `spread` over the values of an attribute such as `node.labels.zone`, the first first.
    pub spread: List,
    /// At most so many on one machine; 0 for no limit.
    pub max_replicas_per_node: Rare<u32>,
}

/// When a container is started again.
#[derive(Clone, Debug)]
pub struct RestartPolicy {
    /// Where the key `restart_policy` stands.
    pub span: Span,
    /// When it ends how; `any` where it is not said.
    pub condition: Option<Spanned<RestartCondition>>,
    /// Between two attempts.
    pub delay: Option<Spanned<Duration>>,
    /// How often at most.
    pub max_attempts: Option<Spanned<u32>>,
    /// How long it must run to count as started.
    pub window: Option<Spanned<Duration>>,
}

/// After which ending a container is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestartCondition {
    /// Never.
    None,
    /// After an error.
    OnFailure,
    /// Always.
    Any,
    /// Unless it was stopped by hand (`unless-stopped`).
    UnlessStopped,
}

/// `update_config`, and `rollback_config`.
#[derive(Clone, Debug)]
pub struct UpdateConfig {
    /// Where its key stands.
    pub span: Span,
    /// Which comes first.
    pub order: Option<Spanned<Order>>,
    /// How many at a time; 0 for all.
    pub parallelism: Option<Spanned<u32>>,
    /// Between one group and the next.
    pub delay: Option<Spanned<Duration>>,
    /// How long a new container is watched.
    pub monitor: Option<Spanned<Duration>>,
    /// What a failure leads to, as written.
    pub failure_action: Option<Spanned<Text>>,
    /// Which part of them may fail.
    pub max_failure_ratio: Option<Spanned<f64>>,
}

/// Which comes first when a container is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The old one stops.
    StopFirst,
    /// The new one starts.
    StartFirst,
}
