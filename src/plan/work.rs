//! What happens to each container: kept, started, replaced, moved, made, removed; and why.

use crate::inventory::Availability;
use crate::labels;
use crate::observed::HostPort;
use crate::placement::{Placed, Problem, Solution};
use crate::stack::{ContainerSpec, Replicas, Service, Stack};

use super::current::Own;
use super::model::{Action, AttributeChange, Change};

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
    /// Why it changes; empty when it does not.
    pub reasons: Vec<String>,
}

impl<'a> Work<'a> {
    /// `container:web:1`.
    pub(super) fn address(&self) -> String {
        format!("container:{}:{}", self.service.name, self.number)
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
        self.kept.is_some_and(|own| !(own.state.is_up() || completes && own.state.has_completed()))
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
    own: &[Own<'a>],
    aside: &[Own<'a>],
) -> (Vec<Work<'a>>, Vec<Removal<'a>>) {
    let stack = problem.stack;
    let mut works: Vec<Work<'a>> =
        solution.replicas.iter().map(|placed| continued(stack, placed, own, aside)).collect();
    recreate_with_their_hosts(&mut works);
    for index in 0..works.len() {
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

fn continued<'a>(stack: &'a Stack, placed: &Placed, own: &[Own<'a>], aside: &[Own<'a>]) -> Work<'a> {
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
    let fits = |it: &Own<'_>| it.machine == replica.machine && it.is_as_wanted(&hash, &ports);
    let (mut good, mut old): (Vec<Own<'a>>, Vec<Own<'a>>) = own.iter().copied().filter(same).partition(fits);
    good.sort_by_key(|it| (!it.state.is_up(), it.state.name != name));
    let kept = good.first().copied().or_else(|| aside.iter().copied().filter(same).find(fits));
    old.extend(good.into_iter().skip(1));
    Work {
        service,
        index: replica.service,
        number: replica.number,
        machine: replica.machine,
        ports,
        name,
        hash,
        kept,
        old,
        aside: None,
        previous: Vec::new(),
        reasons: Vec::new(),
    }
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

/// Why a container changes that was set aside.
pub(super) const COMES_BACK: &str = "back to the container that was set aside";

fn reasons(problem: &Problem<'_>, works: &[Work<'_>], work: &Work<'_>) -> Vec<String> {
    let (stack, service) = (problem.stack, work.service);
    if work.comes_back() {
        return vec![COMES_BACK.to_owned()];
    }
    if let Some(kept) = &work.kept {
        let mut reasons = Vec::new();
        if !kept.state.is_up() {
            reasons.push(format!("it is {}", kept.state.state));
        }
        if work.reloads() {
            reasons.push("other addresses to forward to".to_owned());
        } else if work.renames_kept() || !work.old.is_empty() {
            reasons.push("an interrupted run left it half replaced".to_owned());
        }
        return reasons;
    }
    if work.old.is_empty() {
        let before = problem.running.iter().filter(|running| running.service == work.index).count();
        let lost = down(stack);
        return vec![match (service.replicas.value, before) {
            (Replicas::Count(wanted), 1..) if !lost.is_empty() => {
                format!("{before} of {wanted} can be seen, {lost} is down")
            }
            (_, 0) if !lost.is_empty() => format!("none can be seen, {lost} is down"),
            (Replicas::Count(wanted), 1..) => format!("scaled from {before} to {wanted}"),
            (Replicas::Global, 1..) => {
                format!("one runs on each machine, {} had none", stack.machines[work.machine].name)
            }
            (_, 0) => "new service".to_owned(),
        }];
    }
    let here: Vec<&Own<'_>> = work.old.iter().filter(|old| old.machine == work.machine).collect();
    match (here.first(), work.old.first()) {
        (Some(old), _) => why_replaced(work, old, works),
        (None, Some(old)) => {
            let mut reasons = vec![why_moved(problem, works, work, old.machine)];
            reasons.extend(left_behind(work, old, &stack.machines[old.machine].name));
            reasons
        }
        (None, None) => Vec::new(),
    }
}

/// The machines that are down, and so not looked at: "m2, m3".
fn down(stack: &Stack) -> String {
    let down = stack.machines.iter().filter(|machine| machine.availability == Availability::Down);
    down.map(|machine| machine.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn why_replaced(work: &Work<'_>, old: &Own<'_>, works: &[Work<'_>]) -> Vec<String> {
    let mut reasons = Vec::new();
    let hosts = host_services(work.service);
    let host = works.iter().find(|it| hosts.contains(&it.service.name.as_str()) && it.machine == work.machine);
    let spec = work.spec();
    let hash_differs = old.state.label(labels::CONFIG_HASH) != Some(&work.hash);
    if old.state.image != spec.image {
        reasons.push("image changed".to_owned());
    } else if hash_differs && work.service.on.contains_key(&work.machine) {
        reasons.push("configuration, or where others are, changed".to_owned());
    } else if hash_differs {
        reasons.push("configuration changed".to_owned());
    }
    if !old.has_ports(&work.ports) {
        reasons.push("host ports changed".to_owned());
    }
    if let Some(host) = host.filter(|host| reasons.is_empty() && host.creates()) {
        reasons.push(format!("it lives in the namespaces of `{}`, which is replaced", host.service.name));
    }
    reasons
}

/// Why a container cannot stay where it is, or for whom it makes room.
fn why_moved(problem: &Problem<'_>, works: &[Work<'_>], work: &Work<'_>, from: usize) -> String {
    let machine = &problem.stack.machines[from];
    match machine.availability {
        Availability::Drain => return format!("{} is being drained", machine.name),
        Availability::Down => return format!("{} is down", machine.name),
        Availability::Active => {}
    }
    if let Some(why) = problem.forbidden(work.index, from).first() {
        return format!("{} {why}", machine.name);
    }
    let arrives = |it: &&Work<'_>| it.machine == from && !it.old.iter().any(|old| old.machine == from) && it.replaces();
    let arriving: Vec<String> =
        works.iter().filter(arrives).map(|it| format!("{}.{}", it.service.name, it.number)).collect();
    if arriving.is_empty() {
        return format!("{} has no room for it with what is wanted there", machine.name);
    }
    let lacks = works.iter().find(arrives).and_then(|it| short(problem, works, it, from));
    let lacks = lacks.map(|lacks| format!(" ({lacks})")).unwrap_or_default();
    format!("makes room on {} for {}{lacks}", machine.name, arriving.join(", "))
}

/// What a container that moves keeps on its old machine, and will not have on the new one.
fn left_behind(work: &Work<'_>, old: &Own<'_>, machine: &str) -> Option<String> {
    let unnamed = old.state.anonymous_volumes.iter().map(|volume| volume.target.as_str());
    let mounts = work.spec().mounts.iter().filter(|mount| mount.kind == "bind" && !mount.read_only);
    // Sockets and the like are the machine's own: there is one on the other machine as well.
    let files = mounts.filter(|mount| !mount.source.starts_with("/var/run/") && !mount.source.starts_with("/run/"));
    let mut targets: Vec<&str> = unnamed.chain(files.map(|mount| mount.target.as_str())).collect();
    targets.sort_unstable();
    targets.dedup();
    (!targets.is_empty()).then(|| format!("what it keeps in {} stays on {machine}", targets.join(", ")))
}

/// What a newcomer would lack on a machine if everything there stayed: "cpus: 3 needed, 2 free".
fn short(problem: &Problem<'_>, works: &[Work<'_>], newcomer: &Work<'_>, machine: usize) -> Option<String> {
    let mut used = crate::units::Amounts::new();
    for work in works.iter().filter(|work| work.old.iter().chain(&work.kept).any(|own| own.machine == machine)) {
        used.add(&work.service.demand, 1);
    }
    let free = problem.stack.machines[machine].room.minus(&used);
    newcomer.service.demand.iter().find_map(|(resource, needs)| {
        let free = free.named(resource).filter(|free| *free < needs)?;
        Some(format!("{resource}: {} needed, {} free", resource.show(needs), resource.show(free)))
    })
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
        if work.starts_kept(completes) {
            actions.push(Action::Start);
        }
    }
    (!actions.is_empty()).then(|| Change {
        address: work.address(),
        machine: machine(work.machine),
        moved_from,
        actions,
        reasons: work.reasons.clone(),
        attributes: attributes(work),
    })
}

/// Details that can be seen from outside: image and host ports, before and after.
fn attributes(work: &Work<'_>) -> Vec<AttributeChange> {
    if !work.replaces() {
        return Vec::new();
    }
    let old = work.old.first();
    let image = work.kept.map_or(&work.spec().image, |kept| &kept.state.image);
    let show = |ports: &[HostPort]| {
        let mut shown: Vec<String> = ports.iter().filter(|port| port.host_port > 0).map(show_port).collect();
        shown.sort();
        shown.dedup();
        (!shown.is_empty()).then(|| shown.join(", "))
    };
    let pairs = [
        ("image", old.map(|old| old.state.image.clone()), Some(image.clone())),
        ("ports", old.and_then(|old| show(&old.state.ports)), show(&work.ports)),
    ];
    let named = pairs.into_iter().map(|(name, before, after)| AttributeChange { name: name.to_owned(), before, after });
    named.filter(|it| it.before != it.after).collect()
}

/// `8000→80/tcp`, `127.0.0.1:8000→80/tcp`.
pub(super) fn show_port(port: &HostPort) -> String {
    let address = match port.address() {
        "" => String::new(),
        address if address.contains(':') => format!("[{address}]:"),
        address => format!("{address}:"),
    };
    format!("{address}{}→{}/{}", port.host_port, port.container_port, port.protocol)
}
