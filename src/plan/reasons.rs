//! Why a container changes, and what of it, in words.

use std::collections::{BTreeMap, BTreeSet};

use crate::inventory::Availability;
use crate::labels;
use crate::observed::HostPort;
use crate::placement::Problem;
use crate::stack::{ContainerSpec, Replicas, Stack, is_hidden};

use super::current::Own;
use super::drift::{edits, put_back, told_state};
use super::model::AttributeChange;
use super::work::{Work, host_services};

/// Why a container changes that was set aside.
pub(super) const COMES_BACK: &str = "back to the container that was set aside";

pub(super) fn reasons(problem: &Problem<'_>, works: &[Work<'_>], work: &Work<'_>) -> Vec<String> {
    let (stack, service) = (problem.stack, work.service);
    if work.comes_back() {
        return vec![COMES_BACK.to_owned()];
    }
    if let Some(kept) = &work.kept {
        let mut reasons = Vec::new();
        if work.starts_kept(false) {
            reasons.push(format!("it is {}", told_state(kept)));
        }
        if let (Some(wanted), Some(now)) = (&work.restores, &kept.state.settings) {
            reasons.push(format!("edited since it was made: {}", edits(now, wanted)));
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
    let mut reasons = work.drifted.clone();
    let hosts = host_services(work.service);
    let host = works.iter().find(|it| hosts.contains(&it.service.name.as_str()) && it.machine == work.machine);
    let spec = work.spec();
    let hash_differs = old.state.label(labels::CONFIG_HASH) != Some(&work.hash);
    let changed: Vec<String> = differences(old, spec).into_iter().map(|it| it.name).collect();
    if old.state.image != spec.image {
        reasons.push("image changed".to_owned());
    } else if hash_differs && changed.is_empty() {
        reasons.push("configuration changed".to_owned());
    } else if hash_differs {
        reasons.push(format!("{} changed", several(&changed)));
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
    let goes = problem
        .stack
        .moves
        .iter()
        .find(|moved| moved.from == from && work.spec().mounts.iter().any(|mount| mount.source == moved.volume));
    if let Some(moved) = goes {
        return format!("its data (`{}`) moves", moved.key);
    }
    if let Some(why) = problem.forbidden(work.index, from).first() {
        return format!("{} {why}", machine.name);
    }
    let arrives = |it: &&Work<'_>| it.machine == from && !it.old.iter().any(|old| old.machine == from) && it.replaces();
    let arriving: Vec<String> =
        works.iter().filter(arrives).map(|it| format!("{}.{}", it.service.name, it.number)).collect();
    if problem.rebalance > 0 && arriving.is_empty() {
        return format!("rebalanced for `{}`", problem.policy.word());
    }
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

/// "cpus, environment DEBUG and 3 more".
fn several(names: &[String]) -> String {
    const MOST: usize = 4;
    match names.len() {
        0..=MOST => names.join(", "),
        all => format!("{} and {} more", names[..MOST - 1].join(", "), all - (MOST - 1)),
    }
}

/// Every setting that a container was made with otherwise; nothing where it does not tell what it was made from.
fn differences(old: &Own<'_>, spec: &ContainerSpec) -> Vec<AttributeChange> {
    let made = old.state.label(labels::SETTINGS).and_then(|text| serde_json::from_str(text).ok());
    let before: BTreeMap<String, String> = made.unwrap_or_default();
    if before.is_empty() {
        return Vec::new();
    }
    let after = spec.record();
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).filter(|it| it.as_str() != "image").collect();
    let change = |name: &String| AttributeChange {
        name: name.clone(),
        before: before.get(name).map(|it| readable(it)),
        after: after.get(name).map(|it| readable(it)),
    };
    names.into_iter().filter(|name| before.get(*name) != after.get(*name)).map(change).collect()
}

fn readable(value: &str) -> String {
    if is_hidden(value) { AttributeChange::WITHHELD.to_owned() } else { value.to_owned() }
}

/// What changes of it: image and host ports, as they can be seen from outside; then what it was made from otherwise.
pub(super) fn attributes(work: &Work<'_>) -> Vec<AttributeChange> {
    let now = work.kept.as_ref().and_then(|kept| kept.state.settings.as_ref());
    if let (Some(now), Some(wanted)) = (now, &work.restores) {
        let change = |(name, after, before)| AttributeChange { name, before, after };
        return put_back(now, wanted).map(change).collect();
    }
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
    let mut all: Vec<AttributeChange> = named.filter(|it| it.before != it.after).collect();
    all.extend(old.into_iter().filter(|_| work.creates()).flat_map(|old| differences(old, work.spec())));
    all
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
