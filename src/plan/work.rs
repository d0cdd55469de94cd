//! What happens to each container: kept, started, replaced, moved, made, removed; and why.

use crate::inventory::Availability;
use crate::labels;
use crate::observed::{HostPort, Settings};
use crate::placement::{Placed, Problem, Solution};
use crate::stack::{ContainerSpec, Replicas, Service, Stack};

use super::current::Own;
use super::drift::{beyond_mending, settings_to_restore};
use super::images::Pins;
use super::model::{Action, Change};
use super::reasons::{attributes, reasons};

/// A container that shall be, and what is there of it.
#[derive(Debug)]
pub(super) struct Work<'a> {
    /// The service.
    pub service: &'a Service,
    /// Index of the service.
    pub index: usize,
    /// Its number.
    pub number: u32,
    /// Index of the machine where it shall be.
    pub machine: usize,
    /// Its host ports there.
    pub ports: Vec<HostPort>,
    /// The name it shall have.
    pub name: String,
    /// The digest of what it is made from.
    pub hash: String,
    /// The container that is as it shall be, on the right machine.
    pub kept: Option<Own<'a>>,
    /// Containers of the same service and number that go.
    pub old: Vec<Own<'a>>,
    /// Of these, the one that stays, set aside: its id.
    pub aside: Option<&'a str>,
    /// Containers of the same service and number that were set aside before, and go now.
    pub previous: Vec<Own<'a>>,
    /// The settings that the kept one is to get back, where somebody edited them.
    pub restores: Option<Settings>,
    /// Why one that is as the files say must be made anew all the same.
    pub drifted: Vec<String>,
    /// Why it changes; empty when it does not.
    pub reasons: Vec<String>,
}

impl<'a> Work<'a> {
    /// `container:web:1`.
    pub(super) fn address(&self) -> String {
        format!("container:{}:{}", self.service.name, self.number)
    }

    /// A container of which nothing is there yet, and nothing more is known: its service by its index, its number, its machine.
    pub(super) fn bare(stack: &'a Stack, (index, number, machine): (usize, u32, usize)) -> Work<'a> {
        Work {
            service: &stack.services[index],
            index,
            number,
            machine,
            ports: Vec::new(),
            name: String::new(),
            hash: String::new(),
            kept: None,
            old: Vec::new(),
            aside: None,
            previous: Vec::new(),
            restores: None,
            drifted: Vec::new(),
            reasons: Vec::new(),
        }
    }

    /// The same container on another machine, where nothing of it is and nobody knows it by a port.
    pub(super) fn at(&self, stack: &'a Stack, machine: usize) -> Work<'a> {
        Work {
            name: stack.container_name(self.service, self.number, machine),
            hash: self.service.container_on(machine).config_hash(),
            ..Work::bare(stack, (self.index, self.number, machine))
        }
    }

    /// What it is made from.
    pub(super) fn spec(&self) -> &'a ContainerSpec {
        self.service.container_on(self.machine)
    }

    /// Whether a new container is made.
    pub(super) fn creates(&self) -> bool {
        self.kept.is_none()
    }

    /// Whether the container that was set aside is the one that is wanted.
    pub(super) fn comes_back(&self) -> bool {
        self.kept.is_some_and(|own| own.is_set_aside())
    }

    /// Whether a kept container is to take another version of its files.
    pub(super) fn reloads(&self) -> bool {
        self.renames_kept() && self.spec().version().is_some()
    }

    /// Whether another container takes the place of what is there: a new one, or one that comes back.
    pub(super) fn replaces(&self) -> bool {
        self.creates() || self.comes_back()
    }

    /// Whether another container takes the place of one that runs.
    pub(super) fn replaces_running(&self) -> bool {
        self.replaces() && self.old.iter().any(|old| old.state.is_up())
    }

    /// Whether a kept container must be started. One that has run to its end for those who wait for that is done.
    pub(super) fn starts_kept(&self, completes: bool) -> bool {
        let runs = |own: Own<'_>| own.state.is_up() && own.state.state != "paused";
        self.kept.is_some_and(|own| !(runs(own) || completes && own.state.has_completed()))
    }

    /// Whether a kept container has not its proper name (an interrupted run left it so).
    pub(super) fn renames_kept(&self) -> bool {
        self.kept.is_some_and(|own| own.state.name != self.name)
    }
}

/// A container that goes, and why.
#[derive(Debug)]
pub(super) struct Removal<'a> {
    pub own: Own<'a>,
    pub reason: String,
}

impl Removal<'_> {
    /// `container:web:1`, or for one that was set aside `previous:web:1@m1`.
    pub(super) fn address(&self, stack: &Stack) -> String {
        match self.own.is_set_aside() {
            true => previous_address(stack, &self.own),
            false => format!("container:{}:{}", self.own.service, self.own.number),
        }
    }
}

/// The address of a container that was set aside: `previous:web:1@m1`.
pub(super) fn previous_address(stack: &Stack, own: &Own<'_>) -> String {
    format!("previous:{}:{}@{}", own.service, own.number, stack.machines[own.machine].name)
}

/// Every container that shall be, and every one that goes for good.
pub(super) fn work<'a>(
    problem: &Problem<'a>,
    solution: &Solution,
    (own, aside): (&[Own<'a>], &[Own<'a>]),
    pins: &Pins,
) -> (Vec<Work<'a>>, Vec<Removal<'a>>) {
    let stack = problem.stack;
    let mut works: Vec<Work<'a>> =
        solution.replicas.iter().map(|placed| continued(stack, placed, (own, aside), pins)).collect();
    recreate_with_their_hosts(&mut works);
    for index in 0..works.len() {
        works[index].restores = works[index].kept.and_then(|kept| settings_to_restore(&kept, works[index].spec()));
        works[index].reasons = reasons(problem, &works, &works[index]);
        works[index].aside = set_aside(stack, &works[index]);
        works[index].previous = previous(&works[index], aside);
    }
    let continues = |it: &Own<'_>| works.iter().any(|work| work.service.name == it.service && work.number == it.number);
    let removals = own.iter().chain(aside).filter(|it| !continues(it)).map(|it| removal(problem, *it)).collect();
    (works, removals)
}

/// The container that stays, stopped, when another takes its place: one that serves, where the files ask for that. Not on
/// a machine that is to be emptied, and not where containers share namespaces: they go together.
fn set_aside<'a>(stack: &Stack, work: &Work<'a>) -> Option<&'a str> {
    let service = work.service;
    let alone = host_services(service).is_empty()
        && !stack.services.iter().any(|other| host_services(other).contains(&service.name.as_str()));
    if !work.replaces() || !service.keeps_previous() || !alone {
        return None;
    }
    let serves = |own: &&Own<'_>| own.state.is_up() && own.state.health.as_deref() != Some("unhealthy");
    let stays = |own: &&Own<'_>| stack.machines[own.machine].availability == Availability::Active;
    work.old.iter().find(|own| serves(own) && stays(own)).map(|own| own.state.id.as_str())
}

/// Those of the containers that were set aside before that go now: another takes their place, or none is wanted any more.
fn previous<'a>(work: &Work<'a>, aside: &[Own<'a>]) -> Vec<Own<'a>> {
    if work.aside.is_none() && work.service.keeps_previous() {
        return Vec::new();
    }
    let same = |it: &Own<'_>| it.service == work.service.name && it.number == work.number;
    let comes_back = |it: &Own<'_>| work.kept.is_some_and(|kept| kept.state.id == it.state.id);
    aside.iter().copied().filter(|it| same(it) && !comes_back(it)).collect()
}

fn continued<'a>(stack: &'a Stack, placed: &Placed, (own, aside): (&[Own<'a>], &[Own<'a>]), pins: &Pins) -> Work<'a> {
    let replica = &placed.replica;
    let service = &stack.services[replica.service];
    let ports = service.ports.iter().zip(&placed.ports).map(|(demand, port)| HostPort {
        host_ip: stack.machines[replica.machine].binding(demand).map(|ip| ip.to_string()).unwrap_or_default(),
        host_port: *port,
        container_port: demand.container,
        protocol: demand.protocol.clone(),
    });
    let ports: Vec<HostPort> = ports.collect();
    let hash = service.container_on(replica.machine).config_hash();
    let name = stack.container_name(service, replica.number, replica.machine);
    let same = |it: &Own<'_>| it.service == service.name && it.number == replica.number;
    let spec = service.container_on(replica.machine);
    let pin = pins.get(&spec.image, replica.machine);
    let is_made_so = |it: &Own<'_>| it.machine == replica.machine && it.is_as_wanted(&hash, &ports);
    // What was set aside is gone back to as it is.
    let fits = |it: &Own<'_>| is_made_so(it) && (it.is_set_aside() || beyond_mending(it, spec, pin).is_empty());
    let (mut good, mut old): (Vec<Own<'a>>, Vec<Own<'a>>) = own.iter().copied().filter(same).partition(fits);
    good.sort_by_key(|it| (!it.state.is_up(), it.state.name != name));
    let kept = good.first().copied().or_else(|| aside.iter().copied().filter(same).find(fits));
    let drifted = old.iter().find(|it| is_made_so(it)).map(|it| beyond_mending(it, spec, pin)).unwrap_or_default();
    old.extend(good.into_iter().skip(1));
    let bare = Work::bare(stack, (replica.service, replica.number, replica.machine));
    Work { ports, name, hash, kept, old, drifted, ..bare }
}

/// A container that lives in another's namespaces goes on only as long as that one does.
fn recreate_with_their_hosts(works: &mut [Work<'_>]) {
    loop {
        let lost = |work: &Work<'_>, others: &[Work<'_>]| {
            let hosts = host_services(work.service);
            work.kept.is_some()
                && others.iter().any(|other| {
                    hosts.contains(&other.service.name.as_str()) && other.machine == work.machine && other.replaces()
                })
        };
        let Some(index) = (0..works.len()).find(|index| lost(&works[*index], works)) else { return };
        let work = &mut works[index];
        work.old.extend(work.kept.take());
    }
}

/// The services in whose namespaces this one's containers live.
pub(super) fn host_services(service: &Service) -> Vec<&str> {
    let spec = &service.container;
    let modes = [&spec.network_mode, &spec.pid, &spec.ipc];
    modes.into_iter().flatten().filter_map(|mode| mode.strip_prefix("service:")).collect()
}

/// The services whose containers this one's name when they are made: for their namespaces, or for their volumes.
pub(super) fn hosts_named(service: &Service) -> Vec<&str> {
    let volumes = service.container.volumes_from.iter().map(|from| from.split(':').next().unwrap_or(from));
    host_services(service).into_iter().chain(volumes).collect()
}

fn removal<'a>(problem: &Problem<'_>, own: Own<'a>) -> Removal<'a> {
    let service = problem.stack.services.iter().position(|service| service.name == own.service);
    let reason = match service {
        None if own.state.label(labels::ROLE).is_some() => "nothing there needs it any more".to_owned(),
        None => format!("`{}` is not in the file any more", own.service),
        Some(index) => {
            let before = problem.running.iter().filter(|running| running.service == index).count();
            match problem.stack.services[index].replicas.value {
                Replicas::Count(wanted) => format!("scaled from {before} to {wanted}"),
                Replicas::Global => {
                    let machine = &problem.stack.machines[own.machine];
                    let why = problem.forbidden(index, own.machine).join("; ");
                    format!("`{}` is not meant for {} any more: it {why}", own.service, machine.name)
                }
            }
        }
    };
    Removal { own, reason }
}

/// The change that people read of a container's work; none when nothing is done.
pub(super) fn change(stack: &Stack, work: &Work<'_>, completes: bool) -> Option<Change> {
    let machine = |index: usize| stack.machines[index].name.clone();
    let here = work.old.iter().any(|old| old.machine == work.machine);
    let mut actions = Vec::new();
    let mut moved_from = None;
    if work.replaces() {
        let arrives = if work.creates() { Action::Create } else { Action::Restore };
        let leaves = if work.aside.is_some() { Action::SetAside } else { Action::Delete };
        match (here, work.old.first()) {
            (true, _) => actions.extend([leaves, arrives]),
            (false, Some(old)) => {
                moved_from = Some(machine(old.machine));
                actions.extend([arrives, leaves]);
            }
            (false, None) => actions.push(arrives),
        }
    } else {
        if !work.old.is_empty() {
            actions.push(Action::Delete);
        }
        if work.reloads() {
            actions.push(Action::Reload);
        } else if work.renames_kept() {
            actions.push(Action::Rename);
        }
        if work.restores.is_some() {
            actions.push(Action::Update);
        }
        if work.starts_kept(completes) {
            actions.push(Action::Start);
        }
    }
    (!actions.is_empty()).then(|| Change {
        address: work.address(),
        machine: machine(work.machine),
        moved_from,
        by_way_of: None,
        actions,
        reasons: work.reasons.clone(),
        attributes: attributes(work),
    })
}
