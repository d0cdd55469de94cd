//! What is no more as it was made: containers that were stopped or edited, networks that they were taken out of, images that
//! were exchanged.
//!
//! Apart from what the files want: a container can have drifted though no file changed, and the other way round.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::labels;
use crate::observed::{MachineState, Observed, Settings};
use crate::stack::{ContainerSpec, Stack};

use super::current::{Own, own};
use super::images::{Pin, id_of};
use super::steps::completes;

/// Something that is not as it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// `container:web:1`.
    pub address: String,
    /// The machine where it is.
    pub machine: String,
    /// What of it: `state`, `image`, `network NAME`, or the name of a setting.
    pub what: String,
    /// As it was made; none where there was none.
    pub made: Option<String>,
    /// As it was found; none where there is none.
    pub found: Option<String>,
}

/// Whatever of the project is not as it was made, in the order of services and numbers.
pub fn drift(stack: &Stack, observed: &Observed) -> Vec<Drift> {
    let mut all = Vec::new();
    for own in own(stack, observed) {
        let machine = &stack.machines[own.machine].name;
        let state = observed.machines.get(machine);
        let mut add = |what: String, made: Option<String>, found: Option<String>| {
            let address = format!("container:{}:{}", own.service, own.number);
            all.push(Drift { address, machine: machine.clone(), what, made, found });
        };
        // One that an interrupted run only made has not drifted from anything.
        let ended = own.state.state != "running" && own.state.state != "created";
        if ended && !(completes(stack, own.service) && own.state.has_completed()) {
            add("state".to_owned(), Some("running".to_owned()), Some(told_state(&own)));
        }
        let made: BTreeMap<String, String> =
            own.state.label(labels::SETTINGS).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        // One that was made by something else does not tell what it was made from.
        if made.is_empty() {
            continue;
        }
        if let Some(state) = state.filter(|state| has_other_image(&own, state)) {
            let now = id_of(&own.state.image, state).map(short);
            add("image".to_owned(), Some(short(&own.state.image_id)), now);
        }
        for (what, made, found) in edited(&made, own.state.settings.as_ref()) {
            add(what, made, found);
        }
        for (what, made, found) in networks(&made, &own) {
            add(what, made, found);
        }
    }
    all
}

/// "exited (137)", "paused".
pub(super) fn told_state(own: &Own<'_>) -> String {
    match own.state.exit_code {
        Some(code) if own.state.state == "exited" => format!("exited ({code})"),
        _ => own.state.state.clone(),
    }
}

/// `sha256:1a2b…` as engines show it.
fn short(id: &str) -> String {
    id.split_once(':').map_or(id, |(_, digits)| digits).chars().take(12).collect()
}

/// A name, what is wanted or was made, and what was found.
pub(super) type Difference = (String, Option<String>, Option<String>);

/// The settings that are not as they were made. A limit that an engine does not tell is one that it does not support: nobody
/// can take one away from a container.
fn edited(made: &BTreeMap<String, String>, now: Option<&Settings>) -> Vec<Difference> {
    let Some(now) = now.map(Settings::told) else { return Vec::new() };
    let every = ["cpus", "mem_limit", "mem_reservation", "pids_limit", "cpuset", "cpu_shares", "restart"];
    let differ = |name: &&str| made.get(*name) != now.get(*name) && (now.contains_key(*name) || *name == "restart");
    let told = |name: &str| (name.to_owned(), made.get(name).cloned(), now.get(name).cloned());
    every.into_iter().filter(differ).map(told).collect()
}

/// The networks that a container was taken out of, or put into.
fn networks(made: &BTreeMap<String, String>, own: &Own<'_>) -> Vec<Difference> {
    let Some(now) = own.state.networks.as_ref() else { return Vec::new() };
    let before: Vec<&str> = made.keys().filter_map(|name| name.strip_prefix("network ")).collect();
    if before.is_empty() {
        return Vec::new(); // It lives in a network of another kind.
    }
    let (joined, none) = (|| Some("joined".to_owned()), None::<String>);
    let left = before.iter().filter(|name| !now.iter().any(|it| it == *name));
    let left = left.map(|name| (format!("network {name}"), joined(), none.clone()));
    let come = now.iter().filter(|name| !before.contains(&name.as_str()));
    let come = come.map(|name| (format!("network {name}"), none.clone(), joined()));
    left.chain(come).collect()
}

/// Whether the reference that a container was made from leads to another image by now, on its machine.
fn has_other_image(own: &Own<'_>, state: &MachineState) -> bool {
    let id = &own.state.image_id;
    !id.is_empty() && id_of(&own.state.image, state).is_some_and(|now| now != id)
}

/// The settings that a container made from this spec is to get back: none where it has them. What the files do not set is
/// only told: whoever limited a container by hand had a reason, and it cannot be undone without a restart.
pub(super) fn settings_to_restore(own: &Own<'_>, spec: &ContainerSpec) -> Option<Settings> {
    let (now, mut wanted) = (own.state.settings.as_ref()?, spec.settings());
    if spec.quota().is_some() {
        // Engines take no limit where a quota was given.
        wanted.cpus = None;
    }
    let differs = put_back(now, &wanted).next().is_some();
    differs.then_some(wanted)
}

/// Why a container that was made from this spec must be made anew all the same; nothing where it can go on.
pub(super) fn beyond_mending(own: &Own<'_>, spec: &ContainerSpec, pin: Option<&Pin>) -> Vec<String> {
    let mut why = Vec::new();
    if own.state.stuck {
        why.push("its engine cannot start it any more: something is left of it".to_owned());
    }
    if pin.is_some_and(|pin| pin.is_other_than(&own.state.image_id, spec.pull)) {
        why.push(format!("{} is another image by now", spec.image));
    }
    if let Some(now) = own.state.networks.as_ref().filter(|_| spec.network_mode.is_none()) {
        let left = spec.networks.iter().filter(|it| !now.contains(&it.network));
        why.extend(left.map(|it| format!("it was taken out of network {}", it.network)));
    }
    why
}

/// Each setting that is put back: its name, as it is to be, and as it was found.
pub(super) fn put_back(now: &Settings, wanted: &Settings) -> impl Iterator<Item = Difference> {
    edited(&wanted.told(), Some(now)).into_iter().filter(|(_, wanted, _)| wanted.is_some())
}

/// "mem_limit is 1 GiB".
pub(super) fn edits(now: &Settings, wanted: &Settings) -> String {
    let told = |(name, _, found): Difference| format!("{name} is {}", found.unwrap_or_else(|| "not set".to_owned()));
    put_back(now, wanted).map(told).collect::<Vec<_>>().join(", ")
}
