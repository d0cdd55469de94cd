//! Another port for a container that replaces one which serves at its port, where a proxy tells clients of it.

use std::collections::BTreeSet;

use crate::observed::Observed;
use crate::placement::{Problem, Solution};
use crate::stack::{Discovery, PortDemand, Service};

use super::current::own;

/// Lets containers that are to serve before their old ones stop (`update_config.order: start-first`) have other ports than
/// these, on the machines where both will be for a while. Only ports of the machine's range, which nobody knows but proxies.
pub fn fresh_ports(problem: &Problem<'_>, solution: &mut Solution, observed: &Observed) {
    let stack = problem.stack;
    let hosts: BTreeSet<&str> = stack.wired(Discovery::Hosts).map(|(_, network)| network.name.as_str()).collect();
    let may = |service: &Service| {
        // What it is made from is known only when it is known where the others are.
        let told_of_others = service.container.networks.iter().any(|it| hosts.contains(it.network.as_str()));
        let free_to = !service.ports.is_empty() && service.ports.iter().all(PortDemand::is_for_proxies);
        service.update.start_first && free_to && !told_of_others
    };
    let may: Vec<bool> = stack.services.iter().map(may).collect();
    if !may.contains(&true) {
        return;
    }
    let own = own(stack, observed);
    for index in 0..solution.replicas.len() {
        let placed = &solution.replicas[index];
        let (service, machine) = (&stack.services[placed.replica.service], placed.replica.machine);
        if !may[placed.replica.service] {
            continue;
        }
        let hash = service.container_on(machine).config_hash();
        let here = own.iter().find(|it| {
            it.service == service.name
                && it.number == placed.replica.number
                && it.machine == machine
                && it.state.is_up()
        });
        if here.is_none_or(|it| it.state.label(crate::labels::CONFIG_HASH) == Some(&hash)) {
            continue;
        }
        let known = &stack.machines[machine];
        let mut held: BTreeSet<u16> = solution
            .replicas
            .iter()
            .filter(|it| it.replica.machine == machine)
            .flat_map(|it| it.ports.clone())
            .collect();
        let state = observed.machines.get(&known.name);
        held.extend(state.into_iter().flat_map(|it| &it.containers).flat_map(|it| &it.ports).map(|it| it.host_port));
        let taken = |port: &u16| known.taken_ports.iter().any(|it| it.ports.contains(*port));
        let free = (known.ports.first..=known.ports.last).filter(|port| !held.contains(port) && !taken(port));
        let fresh: Vec<u16> = free.take(service.ports.len()).collect();
        if fresh.len() == service.ports.len() {
            solution.replicas[index].ports = fresh;
        }
    }
}
