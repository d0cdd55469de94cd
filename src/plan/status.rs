//! What of what the files say runs, and where.

use serde::Serialize;

use crate::labels;
use crate::observed::Observed;
use crate::placement::{Policy, Problem};
use crate::stack::Stack;

use super::current::{Own, own};
use super::steps::completes;

/// A project as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The project.
    pub project: String,
    /// Its services, and those of which only containers are left; by name.
    pub services: Vec<ServiceStatus>,
    /// Machines that were not seen, by name: what runs there is not known.
    pub unseen: Vec<String>,
}

/// A service as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceStatus {
    /// Its name.
    pub service: String,
    /// How many containers there are to be; 0 for a service that the files don't name any more.
    pub wanted: u32,
    /// How many of them run, or have run to their end where others wait for that.
    pub running: u32,
    /// How many of those are healthy; none where no health is tested.
    pub healthy: Option<u32>,
    /// Every container, by number.
    pub replicas: Vec<ReplicaStatus>,
}

/// A container as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReplicaStatus {
    /// Its number.
    pub number: u32,
    /// Where it is.
    pub machine: String,
    /// The engine's name of it.
    pub container: String,
    /// As the engine tells it: `running`, `exited`, …
    pub state: String,
    /// `starting`, `healthy`, `unhealthy`; none without a health check.
    pub health: Option<String>,
    /// How it ended, if it has.
    pub exit_code: Option<i64>,
    /// Since when it runs, as the engine writes times (RFC 3339); none where it does not run.
    pub since: Option<String>,
    /// Whether it is made from what the files say now.
    pub is_current: bool,
}

impl Status {
    /// Whether everything that is wanted runs, and is healthy where that is tested.
    pub fn is_whole(&self) -> bool {
        let whole =
            |it: &ServiceStatus| it.running >= it.wanted && it.healthy.is_none_or(|healthy| healthy >= it.wanted);
        self.unseen.is_empty() && self.services.iter().all(whole)
    }
}

/// How the project is. The configs and secrets of the stack must have been read, else their containers are not current.
pub fn status(stack: &Stack, observed: &Observed) -> Status {
    let mut own = own(stack, observed);
    // A proxy that no file asks for serves no purpose of its own.
    own.retain(|it| it.state.label(labels::ROLE).is_none() || stack.service(it.service).is_some());
    let problem = Problem::new(stack, Vec::new(), Policy::default());
    let mut names: Vec<&str> = stack.services.iter().map(|service| service.name.as_str()).collect();
    names.extend(own.iter().map(|it| it.service));
    names.sort_unstable();
    names.dedup();
    let of = |name: &&str| of_service(&problem, name, own.iter().filter(|it| it.service == *name));
    let unseen = stack.machines.iter().filter(|machine| !observed.machines.contains_key(&machine.name));
    Status {
        project: stack.project.clone(),
        services: names.iter().map(of).collect(),
        unseen: unseen.map(|machine| machine.name.clone()).collect(),
    }
}

fn of_service<'a>(problem: &Problem<'_>, name: &str, containers: impl Iterator<Item = &'a Own<'a>>) -> ServiceStatus {
    let stack = problem.stack;
    let index = stack.services.iter().position(|service| service.name == name);
    let hash = |machine: usize| index.map(|index| stack.services[index].container_on(machine).config_hash());
    let ends = completes(stack, name);
    let (mut replicas, mut running, mut healthy) = (Vec::new(), 0, None);
    for own in containers {
        let is_there = own.state.state == "running" || ends && own.state.has_completed();
        running += u32::from(is_there);
        if let Some(health) = own.state.health.as_deref().filter(|_| is_there) {
            *healthy.get_or_insert(0) += u32::from(health == "healthy");
        }
        replicas.push(ReplicaStatus {
            number: own.number,
            machine: stack.machines[own.machine].name.clone(),
            container: own.state.name.clone(),
            state: own.state.state.clone(),
            health: own.state.health.clone(),
            exit_code: own.state.exit_code,
            since: own.state.since.clone().filter(|_| own.state.is_up()),
            is_current: own.state.label(labels::CONFIG_HASH) == hash(own.machine).as_deref(),
        });
    }
    let wanted = index.map_or(0, |index| problem.replicas[index]);
    ServiceStatus { service: name.to_owned(), wanted, running, healthy, replicas }
}
