//! What containers need around them on their machine: images, networks, volumes.

use std::collections::{BTreeMap, BTreeSet};

use crate::labels;
use crate::observed::{ContainerState, MachineState, Observed};
use crate::stack::{PullPolicy, Stack};

use super::graph::{Graph, Node};
use super::model::{Action, Change, NetworkSpec, Operation, VolumeSpec};
use super::work::Work;

/// The steps that make what is missing, by machine and what it is.
#[derive(Default)]
pub(super) struct Surroundings {
    made: BTreeMap<(usize, Thing), Node>,
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
        let spec = &work.service.container;
        let networks = spec.networks.iter().map(|network| Thing::Network(network.network.clone()));
        let volumes = spec.mounts.iter().filter(|it| it.kind == "volume").map(|it| Thing::Volume(it.source.clone()));
        let image = std::iter::once(Thing::Image(spec.image.clone()));
        let things = image.chain(networks).chain(volumes);
        things.filter_map(|thing| self.made.get(&(work.machine, thing)).copied()).collect()
    }
}

/// Plans every image, network and volume that containers to be made lack on their machines.
pub(super) fn prepare(
    stack: &Stack,
    observed: &Observed,
    works: &[Work<'_>],
    graph: &mut Graph,
    changes: &mut Vec<Change>,
) -> Surroundings {
    let mut surroundings = Surroundings::default();
    let nothing = MachineState::default();
    for work in works.iter().filter(|work| work.creates()) {
        let machine = &stack.machines[work.machine].name;
        let state = observed.machines.get(machine).unwrap_or(&nothing);
        let spec = &work.service.container;
        let mut make = |thing: Thing, kind: &str, key: &str, operation: Operation| {
            surroundings.made.entry((work.machine, thing)).or_insert_with(|| {
                let address = format!("{kind}:{key}@{machine}");
                if kind != "image" {
                    changes.push(created(&address, machine, work));
                }
                graph.add(&address, machine, operation, &[])
            });
        };
        if needs_pull(spec.pull, &spec.image, state) {
            let (image, platform, policy) = (spec.image.clone(), spec.platform.clone(), spec.pull);
            let pull = Operation::Pull { image, platform, policy };
            make(Thing::Image(spec.image.clone()), "image", &spec.image, pull);
        }
        for (key, network) in stack.networks.iter().filter(|(_, network)| !network.external) {
            let joins = spec.joins(&network.name);
            if joins && !state.networks.iter().any(|there| there.name == network.name) {
                let create = Operation::CreateNetwork(network_spec(stack, key));
                make(Thing::Network(network.name.clone()), "network", key, create);
            }
        }
        for (key, volume) in stack.volumes.iter().filter(|(_, volume)| !volume.external) {
            let mounts = spec.mounts.iter().any(|mount| mount.kind == "volume" && mount.source == volume.name);
            if mounts && !state.volumes.iter().any(|there| there.name == volume.name) {
                let create = Operation::CreateVolume(volume_spec(stack, key));
                make(Thing::Volume(volume.name.clone()), "volume", key, create);
            }
        }
    }
    surroundings
}

fn created(address: &str, machine: &str, work: &Work<'_>) -> Change {
    Change {
        address: address.to_owned(),
        machine: machine.to_owned(),
        moved_from: None,
        actions: vec![Action::Create],
        reasons: vec![format!("{}.{} needs it there", work.service.name, work.number)],
        attributes: Vec::new(),
    }
}

fn needs_pull(policy: PullPolicy, image: &str, state: &MachineState) -> bool {
    match policy {
        PullPolicy::Always => true,
        PullPolicy::Never => false,
        PullPolicy::Missing => !has_image(image, state),
    }
}

/// Whether a machine has an image, however its reference is written.
pub(super) fn has_image(image: &str, state: &MachineState) -> bool {
    let wanted = full_reference(image);
    state.images.iter().any(|there| full_reference(there) == wanted)
}

/// `nginx` → `docker.io/library/nginx:latest`: what the engine makes of a reference.
fn full_reference(image: &str) -> String {
    let (registry, rest) = match image.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest.to_owned()),
        Some(_) => ("docker.io", image.to_owned()),
        None => ("docker.io", format!("library/{image}")),
    };
    let tagged = rest.contains('@') || rest.rsplit('/').next().is_some_and(|name| name.contains(':'));
    format!("{registry}/{rest}{}", if tagged { "" } else { ":latest" })
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

fn volume_spec(stack: &Stack, key: &str) -> VolumeSpec {
    let volume = &stack.volumes[key];
    VolumeSpec {
        name: volume.name.clone(),
        driver: volume.driver.clone(),
        driver_opts: volume.driver_opts.clone(),
        labels: base_labels(stack, labels::VOLUME, key, &volume.labels),
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
    for (index, machine) in stack.machines.iter().enumerate() {
        let Some(state) = observed.machines.get(&machine.name) else { continue };
        let used: BTreeSet<&str> = works
            .iter()
            .filter(|work| work.machine == index)
            .flat_map(|work| work.service.container.networks.iter().map(|network| network.network.as_str()))
            .collect();
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
            if !ours || used.contains(network.name.as_str()) {
                continue;
            }
            let address = format!("network:{key}@{}", machine.name);
            let before = gone.get(&index).map_or(&[][..], Vec::as_slice);
            graph.add(&address, &machine.name, Operation::RemoveNetwork { name: network.name.clone() }, before);
            changes.push(Change {
                address,
                machine: machine.name.clone(),
                moved_from: None,
                actions: vec![Action::Delete],
                reasons: vec![format!("nothing on {} is in it any more", machine.name)],
                attributes: Vec::new(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_compared_as_the_engine_reads_them() {
        let full = |image| full_reference(image);
        assert_eq!(full("nginx"), "docker.io/library/nginx:latest");
        assert_eq!(full("bitnami/redis:7"), "docker.io/bitnami/redis:7");
        assert_eq!(full("localhost:5000/a"), "localhost:5000/a:latest");
        assert_eq!(full("ghcr.io/a/b@sha256:12"), "ghcr.io/a/b@sha256:12");
    }
}
