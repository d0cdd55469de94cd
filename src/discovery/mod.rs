//! How services find each other when they are on different machines (`docs/discovery.md`).
//!
//! A proxy joins a network on one machine under the names of the network's services. It forwards to the containers that are
//! there, and to those on other machines at the host ports that the placement gave them. Clients need not know of it. An
//! ingress does the same for those who ask from outside. Where a network is wired by `hosts`, containers are told at which
//! address the others are.

mod backends;
mod haproxy;
mod hosts;
mod ingress;
mod proxies;

use crate::placement::{Ended, Placed, Problem, Replica, Running, Solution};
use crate::stack::{Discovery, Service, Stack};

/// The stack and the placement with what is needed for their services to find each other; none where nothing is.
pub fn wire(problem: &Problem<'_>, solution: &Solution) -> Option<(Stack, Solution)> {
    let stack = problem.stack;
    let wired = [Discovery::Proxy, Discovery::Hosts].into_iter().any(|way| stack.wired(way).next().is_some());
    if !wired && !stack.services.iter().any(Service::is_ingress) {
        return None;
    }
    let (mut wired, mut placement) = (stack.clone(), solution.clone());
    tell(&mut wired, solution);
    proxies::add(stack, solution, &mut wired, &mut placement);
    let differs = wired.services.iter().any(|service| !service.on.is_empty() || service.is_proxy());
    differs.then_some((wired, placement))
}

/// What the containers of a stack are made from where they are now: some of it says where others are.
pub fn as_running(mut stack: Stack, running: &[Running]) -> Stack {
    let placed = |it: &Running| Placed {
        replica: Replica { service: it.service, number: it.number, machine: it.machine, from: Some(it.machine) },
        ports: it.ports.iter().map(|port| port.unwrap_or_default()).collect(),
    };
    let now = Solution { replicas: running.iter().map(placed).collect(), tiers: Vec::new(), ended: Ended::Proof };
    tell(&mut stack, &now);
    stack
}

/// Tells the stack's own containers where the others are.
fn tell(stack: &mut Stack, solution: &Solution) {
    ingress::configure(stack, solution);
    hosts::tell(stack, solution);
}
