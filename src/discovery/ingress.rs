//! What the ingresses of services forward to.

use crate::placement::Solution;
use crate::stack::{Service, Stack};

use super::backends::{Target, target};
use super::haproxy;

/// Gives each ingress, on each machine that it is on, its configuration.
pub(super) fn configure(wired: &mut Stack, solution: &Solution) {
    for placed in &solution.replicas {
        let (index, machine) = (placed.replica.service, placed.replica.machine);
        let ingress = &wired.services[index];
        if !ingress.is_ingress() {
            continue;
        }
        let targets: Vec<Target> =
            ingress.forwards_to.iter().filter_map(|it| entered(wired, solution, ingress, it, machine)).collect();
        let what = format!("the ingress of {}", ingress.forwards_to.join(", "));
        let mut spec = ingress.container.clone();
        haproxy::configure(&mut spec, &targets, &what, &wired.machines[machine].name);
        wired.services[index].on.insert(machine, spec);
    }
}

/// A service as its ingress on a machine sees it: with those of its ports that the ingress takes.
fn entered(stack: &Stack, solution: &Solution, ingress: &Service, service: &str, machine: usize) -> Option<Target> {
    let index = stack.services.iter().position(|it| it.name == service)?;
    let network = ingress.container.networks.first()?;
    let mut target = target(stack, solution, &network.network, machine, index)?;
    target.ports.retain(|port, _| ingress.ports.iter().any(|demand| demand.container == *port));
    Some(target)
}
