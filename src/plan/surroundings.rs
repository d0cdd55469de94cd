//! What containers need around them on their machine: images, networks, volumes.

use std::collections::{BTreeMap, BTreeSet};

use crate::labels;
use crate::observed::{ContainerState, MachineState, Observed};
use crate::stack::{ContainerSpec, PullPolicy, Stack};

use super::graph::{Graph, Node};
use super::images::{Pin, Pins, has_image, kind};
use super::model::{Action, Change, NetworkSpec, Operation, VolumeSpec};
use super::order::Order;
use super::work::Work;

/// The driver of networks that reach across the machines of a Swarm.
const OVERLAY: &str = "overlay";

/// The steps that make what is missing, by machine and what it is.
pub(super) struct Surroundings {
    made: BTreeMap<(usize, Thing), Node>,
    makers: Makers,
}

/// At which machines things are made.
struct Makers {
    /// The networks that are made for all machines of the Swarm.
    of_swarm: BTreeSet<String>,
    /// Where these are made.
    manager: Option<usize>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Image(String),
    Network(String),
    Volume(String),
}

impl Surroundings {
    /// What a container's creation waits for.
    pub(super) fn of(&self, work: &Work<'_>) -> Vec<Node> {
        let spec = work.spec();
        let networks = spec.networks.iter().map(|network| Thing::Network(network.network.clone()));
        let volumes = spec.mounts.iter().filter(|it| it.kind == "volume").map(|it| Thing::Volume(it.source.clone()));
        let image = std::iter::once(Thing::Image(spec.image.clone()));
        let things = image.chain(networks).chain(volumes);
        let made = |thing: Thing| self.made.get(&(self.makers.of(&thing, work.machine), thing)).copied();
        things.filter_map(made).collect()
    }
}

impl Surroundings {
    /// Networks that were made only for what passes through a machine go when it has gone, after these steps.
    pub(super) fn drop_passing_networks(
        &self,
        stack: &Stack,
        (works, order): (&[Work<'_>], &Order<'_>),
        gone: &[Node],
        graph: &mut Graph,
        changes: &mut [Change],
    ) {
        for (machine, thing) in self.made.keys() {
            let Thing::Network(name) = thing else { continue };
            let of_swarm = self.makers.of_swarm.contains(name);
            let used = |work: &Work<'_>| (of_swarm || work.machine == *machine) && work.spec().joins(name);
            let key = stack.networks.iter().find(|(_, network)| network.name == *name).map(|(key, _)| key);
            let (Some(key), false) = (key, works.iter().any(used)) else { continue };
            let at = &stack.machines[*machine].name;
            let address = format!("network:{key}@{at}");
            graph.add(&address, at, Operation::RemoveNetwork { name: name.clone() }, gone);
            let passes = order.passing.values().find(|work| used(work));
            for change in changes.iter_mut().filter(|change| change.address == address) {
                change.actions.push(Action::Delete);
                let passes = passes.map(|work| format!("only while {}.{} is there", work.service.name, work.number));
                change.reasons.extend(passes);
            }
        }
    }

    /// The step that makes a volume on a machine, if one does.
    pub(super) fn volume(&self, machine: usize, volume: &str) -> Option<Node> {
        self.made.get(&(machine, Thing::Volume(volume.to_owned()))).copied()
    }
}

impl Makers {
    /// The machine at which a thing is made that one is to have: a network of the Swarm is made at a manager, for all.
    fn of(&self, thing: &Thing, machine: usize) -> usize {
        match thing {
            Thing::Network(name) if self.of_swarm.contains(name) => self.manager.unwrap_or(machine),
            _ => machine,
        }
    }
}

/// Plans every image, network and volume that containers to be made lack on their machines.
pub(super) fn prepare(
    stack: &Stack,
    (observed, pins): (&Observed, &Pins),
    works: &[&Work<'_>],
    graph: &mut Graph,
    changes: &mut Vec<Change>,
) -> Surroundings {
    let of_swarm = stack.networks.values().filter(|network| network.driver.as_deref() == Some(OVERLAY));
    let of_swarm = of_swarm.map(|network| network.name.clone()).collect();
    let makers = Makers { of_swarm, manager: stack.manager() };
    let mut made = BTreeMap::new();
    let nothing = MachineState::default();
    for work in works.iter().filter(|work| work.creates()) {
        let state = |machine: usize| observed.machines.get(&stack.machines[machine].name).unwrap_or(&nothing);
        let spec = work.spec();
        let mut make = |thing: Thing, kind: &str, key: &str, operation: Operation| {
            let at = makers.of(&thing, work.machine);
            let machine = &stack.machines[at].name;
            made.entry((at, thing)).or_insert_with(|| {
                let address = format!("{kind}:{key}@{machine}");
                if kind != "image" {
                    changes.push(created(&address, machine, work));
                }
                graph.add(&address, machine, operation, &[])
            });
        };
        if lacks_image(spec, pins.get(&spec.image, work.machine), state(work.machine)) {
            make(Thing::Image(spec.image.clone()), "image", &spec.image, pull(stack, observed, work, pins));
        }
        for (key, network) in stack.networks.iter().filter(|(_, network)| !network.external) {
            let thing = Thing::Network(network.name.clone());
            let there = &state(makers.of(&thing, work.machine)).networks;
            // Of two of one name, which an interrupted run can leave, the engine finds none: one goes.
            let is_there = there.iter().filter(|there| there.name == network.name).count() == 1;
            if spec.joins(&network.name) && !is_there {
                make(thing, "network", key, Operation::CreateNetwork(network_spec(stack, key)));
            }
        }
        for (key, volume) in stack.volumes.iter().filter(|(_, volume)| !volume.external) {
            let mounts = spec.mounts.iter().any(|mount| mount.kind == "volume" && mount.source == volume.name);
            if mounts && !state(work.machine).volumes.iter().any(|there| there.name == volume.name) {
                let create = Operation::CreateVolume(volume_spec(stack, key, work.machine));
                make(Thing::Volume(volume.name.clone()), "volume", key, create);
            }
        }
    }
    Surroundings { made, makers }
}

fn created(address: &str, machine: &str, work: &Work<'_>) -> Change {
    Change {
        address: address.to_owned(),
        machine: machine.to_owned(),
        moved_from: None,
        by_way_of: None,
        actions: vec![Action::Create],
        reasons: vec![format!("{}.{} needs it there", work.service.name, work.number)],
        attributes: Vec::new(),
    }
}

/// Whether an image is to be fetched.
fn lacks_image(spec: &ContainerSpec, pin: Option<&Pin>, state: &MachineState) -> bool {
    match pin {
        Some(pin) => !pin.is_on(&spec.image, state),
        None => spec.pull == PullPolicy::Always || !has_image(&spec.image, state),
    }
}

fn pull(stack: &Stack, observed: &Observed, work: &Work<'_>, pins: &Pins) -> Operation {
    let spec = work.spec();
    let pin = pins.get(&spec.image, work.machine).cloned().unwrap_or_default();
    let built = observed.built.get(&spec.image);
    let here = built.filter(|built| pin.ids.contains(&built.id));
    // Of one from a registry each kind of machine has another.
    let id = here.map(|built| &built.id).or(pin.ids.first()).filter(|_| pin.digest.is_none()).cloned();
    let (image, platform) = (spec.image.clone(), spec.platform.clone());
    let from = having(stack, (observed, pins), &spec.image, work.machine);
    let here = here.is_some();
    // Of what is yet to be built, no registry has anything either.
    let policy = if built.is_some_and(|built| built.id.is_empty()) { PullPolicy::Built } else { spec.pull };
    Operation::Pull { image, platform, policy, digest: pin.digest, id, bytes: pin.bytes, from, here }
}

/// The machines of the same kind of processor that have an image, other than this one: of several under its reference, the one
/// that is meant.
pub(super) fn having(stack: &Stack, (observed, pins): (&Observed, &Pins), image: &str, machine: usize) -> Vec<String> {
    let state = |index: usize| observed.machines.get(&stack.machines[index].name);
    let Some(own) = state(machine).map(kind) else { return Vec::new() };
    let is_it = |state: &MachineState| match pins.get(image, machine) {
        Some(pin) => pin.is_on(image, state),
        None => has_image(image, state),
    };
    let has =
        |other: &usize| *other != machine && state(*other).is_some_and(|state| kind(state) == own && is_it(state));
    (0..stack.machines.len()).filter(has).map(|other| stack.machines[other].name.clone()).collect()
}

fn base_labels(stack: &Stack, kind: &str, key: &str, users: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut all = users.clone();
    all.insert(labels::PROJECT.to_owned(), stack.project.clone());
    all.insert(kind.to_owned(), key.to_owned());
    all.insert(labels::VERSION.to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    all
}

fn network_spec(stack: &Stack, key: &str) -> NetworkSpec {
    let network = &stack.networks[key];
    NetworkSpec {
        name: network.name.clone(),
        driver: network.driver.clone(),
        driver_opts: network.driver_opts.clone(),
        internal: network.internal,
        attachable: network.attachable,
        enable_ipv6: network.enable_ipv6,
        pools: network.pools.clone(),
        labels: base_labels(stack, labels::NETWORK, key, &network.labels),
    }
}

fn volume_spec(stack: &Stack, key: &str, machine: usize) -> VolumeSpec {
    let volume = &stack.volumes[key];
    let mut labels = base_labels(stack, labels::VOLUME, key, &volume.labels);
    // Until its data is there it is only a copy in the making.
    let moved = stack.moves.iter().find(|it| it.key == key && it.to == machine);
    labels.extend(moved.map(|it| (labels::MOVED_FROM.to_owned(), stack.machines[it.from].name.clone())));
    VolumeSpec {
        name: volume.name.clone(),
        driver: volume.driver.clone(),
        driver_opts: volume.driver_opts.clone(),
        labels,
    }
}

/// The project's networks that no container will be in: they go when the last of theirs has gone; not where containers are
/// set `aside`. Volumes never go.
pub(super) fn drop_unused_networks(
    stack: &Stack,
    observed: &Observed,
    works: &[Work<'_>],
    aside: &BTreeSet<usize>,
    gone: &BTreeMap<usize, Vec<Node>>,
    graph: &mut Graph,
    changes: &mut Vec<Change>,
) {
    let (used_anywhere, manager) = (networks_of(works.iter()), stack.manager());
    for (index, machine) in stack.machines.iter().enumerate() {
        let Some(state) = observed.machines.get(&machine.name) else { continue };
        let used: BTreeSet<&str> = networks_of(works.iter().filter(|work| work.machine == index));
        let inactive = |it: &ContainerState| {
            it.label(labels::PROJECT) == Some(&stack.project)
                && it.label(labels::SERVICE).is_some_and(|service| stack.inactive.contains(service))
        };
        if state.containers.iter().any(inactive) || aside.contains(&index) {
            continue; // They may be in any of the networks.
        }
        for network in &state.networks {
            let ours = network.labels.get(labels::PROJECT) == Some(&stack.project);
            let key = network.labels.get(labels::NETWORK).unwrap_or(&network.name);
            let of_swarm = network.driver == OVERLAY;
            let needed = if of_swarm { &used_anywhere } else { &used };
            // One of the Swarm goes at a manager, for all.
            if !ours || needed.contains(network.name.as_str()) || of_swarm && manager != Some(index) {
                continue;
            }
            let address = format!("network:{key}@{}", machine.name);
            let here = |it: &usize| of_swarm || *it == index;
            let before: Vec<Node> = gone.iter().filter(|(it, _)| here(it)).flat_map(|(_, it)| it).copied().collect();
            graph.add(&address, &machine.name, Operation::RemoveNetwork { name: network.name.clone() }, &before);
            changes.push(Change {
                address,
                machine: machine.name.clone(),
                moved_from: None,
                by_way_of: None,
                actions: vec![Action::Delete],
                reasons: vec![format!("nothing on {} is in it any more", machine.name)],
                attributes: Vec::new(),
            });
        }
    }
}

/// The networks that containers will be in.
fn networks_of<'w, 'a: 'w>(works: impl Iterator<Item = &'w Work<'a>>) -> BTreeSet<&'a str> {
    works.flat_map(|work| work.spec().networks.iter().map(|network| network.network.as_str())).collect()
}
