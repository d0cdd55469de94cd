//! Networks that are wired by `hosts`: containers are told at which machine's address the single container of a service is.

use std::collections::BTreeSet;

use crate::placement::Solution;
use crate::stack::{Discovery, Stack};

/// Gives each container the addresses of those that are on other machines.
pub(super) fn tell(wired: &mut Stack, solution: &Solution) {
    let networks: Vec<String> = wired.wired(Discovery::Hosts).map(|(_, network)| network.name.clone()).collect();
    let replicas = solution.replicas.iter().map(|placed| (placed.replica.service, placed.replica.machine));
    let placed: BTreeSet<(usize, usize)> =
        replicas.filter(|(service, _)| !wired.services[*service].is_ingress()).collect();
    for (service, machine) in &placed {
        let mut told = Vec::new();
        for (other, there) in placed.iter().filter(|(other, there)| other != service && there != machine) {
            told.extend(entries(wired, &networks, (*service, *other), *there));
        }
        told.sort();
        told.dedup();
        if told.is_empty() {
            continue;
        }
        let service = &mut wired.services[*service];
        let mut spec = service.container_on(*machine).clone();
        // What the files say of a name is meant.
        let said: BTreeSet<String> = spec.extra_hosts.iter().filter_map(|it| name_of(it)).collect();
        spec.extra_hosts.extend(told.into_iter().filter(|it| name_of(it).is_none_or(|name| !said.contains(&name))));
        service.on.insert(*machine, spec);
    }
}

/// `name:address` for each name of a service, on another machine, by which one knows it.
fn entries(stack: &Stack, networks: &[String], (from, to): (usize, usize), there: usize) -> Vec<String> {
    let (from, to) = (&stack.services[from], &stack.services[to]);
    let Some(address) = stack.machines[there].address() else { return Vec::new() };
    if !to.can_be_told() {
        return Vec::new();
    }
    let shared = networks.iter().filter(|network| from.container.joins(network));
    let names: BTreeSet<String> = shared.flat_map(|network| to.names_in(network)).collect();
    names.into_iter().map(|name| format!("{name}:{address}")).collect()
}

fn name_of(entry: &str) -> Option<String> {
    entry.split_once(':').map(|(name, _)| name.to_owned())
}
