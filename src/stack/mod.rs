//! What shall run, where it might: the compose project and the inventory, brought together and typed.

mod build;
mod container;
mod contents;
mod discovery;
mod hooks;
mod machines;
mod model;
mod moved;
mod recipe;
mod record;
mod rollout;
mod services;
mod spec;
mod support;
mod wishes;

pub use crate::compose::model::Condition;
pub use build::{build, faults};
pub use container::image;
pub use contents::Contents;
pub use discovery::{Discovery, asks_for_ingress, proxy_container, proxy_service};
pub use hooks::Hook;
pub use machines::LOCAL;

pub use model::{
    AddressPool, Constraint, Dependency, Machine, MachinePlaces, Network, PortDemand, Replicas, Service, Stack, Swarm,
    TakenPort, Volume,
};
pub use moved::VolumeMove;
pub use recipe::{BuildSecret, Context, Recipe, SecretPlace, recipes, unbuildable};
pub use record::is_hidden;
pub use rollout::{OnFailure, Rollout};
pub use spec::{
    Attachment, Blkio, ContainerSpec, DeliveredFile, DeviceNumber, DeviceRequest, FileKind, FileOrigin, Healthcheck,
    Logging, Mount, PullPolicy, Reload, Restart, Tuning, Ulimit,
};
pub use support::unsupported;
pub use wishes::{Bond, By, Spread, Survive, Wishes};
