//! Proxies that stand for what is elsewhere, in networks that are wired by them.

use crate::placement::{Placed, Replica, Solution};
use crate::source::Spanned;
use crate::stack::{
    Attachment, Condition, Constraint, Dependency, Discovery, Service, Stack, proxy_container, proxy_service,
};

use super::backends::{Target, target};
use super::haproxy;

/// Adds the proxies that a placement needs.
pub(super) fn add(stack: &Stack, solution: &Solution, wired: &mut Stack, placement: &mut Solution) {
    for (key, network) in stack.wired(Discovery::Proxy) {
        for machine in 0..stack.machines.len() {
            let targets = told_apart(targets(stack, solution, &network.name, machine));
            for (number, targets) in targets.into_iter().enumerate() {
                let proxy = proxy(stack, key, machine, number, &targets);
                depend_on(wired, solution, machine, &proxy);
                wired.services.push(proxy);
                let replica = Replica { service: wired.services.len() - 1, number: 1, machine, from: None };
                placement.replicas.push(Placed { replica, ports: Vec::new() });
            }
        }
    }
}

/// The services of a network, where somebody on the machine may ask for one that is not, or not only, there. All of them, by
/// name: as long as the services are the same, a proxy has the same names, and only learns of other addresses.
fn targets(stack: &Stack, solution: &Solution, network: &str, machine: usize) -> Vec<Target> {
    let joins = |index: usize| stack.services[index].container.joins(network) && !stack.services[index].is_ingress();
    let members = || solution.replicas.iter().map(|placed| &placed.replica).filter(|replica| joins(replica.service));
    let asked = |replica: &Replica| members().any(|it| it.machine == machine && it.service != replica.service);
    if !members().any(|replica| replica.machine != machine && asked(replica)) {
        return Vec::new();
    }
    let all = (0..stack.services.len()).filter(|index| joins(*index));
    all.filter_map(|index| target(stack, solution, network, machine, index)).collect()
}

/// A proxy has one address, so no two of its services may have the same port.
fn told_apart(targets: Vec<Target>) -> Vec<Vec<Target>> {
    let mut proxies: Vec<Vec<Target>> = Vec::new();
    for target in targets {
        let meets = |other: &Target| other.ports.keys().any(|port| target.ports.contains_key(port));
        match proxies.iter_mut().find(|proxy| !proxy.iter().any(meets)) {
            Some(proxy) => proxy.push(target),
            None => proxies.push(vec![target]),
        }
    }
    proxies
}

/// The service that a proxy is for planning: one container, on its machine.
fn proxy(stack: &Stack, network: &str, machine: usize, number: usize, targets: &[Target]) -> Service {
    let (machine, attached) = (&stack.machines[machine], &stack.networks[network]);
    let more = if number == 0 { String::new() } else { format!("-{}", number + 1) };
    let name = format!("planner-proxy-{network}-{}{more}", machine.name);
    let joined = Attachment {
        network: attached.name.clone(),
        aliases: targets.iter().flat_map(|target| target.names.clone()).collect(),
        ..Attachment::default()
    };
    let mut container = proxy_container(stack, vec![joined]);
    haproxy::configure(&mut container, targets, &format!("the network `{network}`"), &machine.name);
    let span = stack.services.first().map_or(crate::source::Span::default(), |service| service.span);
    let hostname = machine.attributes.get("node.hostname").cloned().unwrap_or_default();
    let here = Constraint { key: "node.hostname".to_owned(), equal: true, value: hostname };
    let stands_for: Vec<&Service> = targets.iter().filter_map(|target| stack.service(&target.service)).collect();
    Service { constraints: vec![Spanned::new(here, span)], ..proxy_service(name, span, &stands_for, container) }
}

/// Who waits for a service that is elsewhere waits for the proxy that stands for it.
fn depend_on(wired: &mut Stack, solution: &Solution, machine: usize, proxy: &Service) {
    let here = |index: usize| {
        solution.replicas.iter().any(|placed| placed.replica.service == index && placed.replica.machine == machine)
    };
    for (_, service) in wired.services.iter_mut().enumerate().filter(|(index, _)| here(*index)) {
        if !service.is_ingress() && service.depends_on.iter().any(|it| proxy.forwards_to.contains(&it.service)) {
            let (service_name, condition) = (proxy.name.clone(), Condition::Started);
            service.depends_on.push(Dependency { service: service_name, condition, restart: false });
        }
    }
}
