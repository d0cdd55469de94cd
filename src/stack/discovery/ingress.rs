//! `x-planner: ingress`: a published port is taken by proxies on some machines, which forward to all containers of the
//! service wherever they are. So several containers that publish one port can share a machine.

use std::collections::BTreeSet;

use crate::compose::model::{self as compose, Compose};
use crate::diagnostic::Diagnostic;
use crate::inventory::Availability;
use crate::source::{Span, Spanned};
use crate::units::PortRange;
use crate::yaml::Node;

use super::ports::{open, range_of};
use super::{Discovery, proxy_container, proxy_service};
use crate::stack::model::{Constraint, PortDemand, Replicas, Service, Stack};
use crate::stack::services;
use crate::stack::spec::Attachment;

/// What a service's files say of its ingress.
struct Wanted {
    /// Index of the service.
    service: usize,
    /// The ports that go to the ingress.
    ports: Vec<PortDemand>,
    /// On so many machines, where that is said.
    machines: Option<Spanned<u32>>,
    /// Which of them.
    constraints: Vec<Spanned<Constraint>>,
    span: Span,
}

/// Whether the files ask for an ingress for a service.
pub fn asks_for_ingress(compose: &Compose, service: &compose::Service) -> bool {
    let no = |node: &Node| node.as_scalar().is_some_and(|scalar| scalar.as_bool() == Some(false));
    said(compose, service).is_some_and(|node| !no(node))
}

/// What a service's files say, or else the project's.
fn said<'c>(compose: &'c Compose, service: &'c compose::Service) -> Option<&'c Node> {
    let under = |node: Option<&'c Node>| node.and_then(|node| node.get("ingress"));
    under(service.extensions.get("x-planner")).or_else(|| under(compose.extensions.get("x-planner")))
}

/// Adds for each service that asks for it a service that takes its ports.
pub(in crate::stack) fn ingress(compose: &Compose, stack: &mut Stack, findings: &mut Vec<Diagnostic>) {
    let mut all: Vec<Wanted> = Vec::new();
    for (index, service) in stack.services.iter().enumerate() {
        let Some(written) = compose.services.get(service.name.as_str()) else { continue };
        let Some(node) = said(compose, written) else { continue };
        let own = written.extensions.get("x-planner").and_then(|it| it.get("ingress"));
        let Some(mut wanted) = read(node, index, service, findings) else { continue };
        wanted.ports = goes_through(written, service);
        match joined(stack, service) {
            Some(_) if !wanted.ports.is_empty() => all.push(wanted),
            _ if own.is_some() => findings.push(
                Diagnostic::error("M330", format!("`{}` has no port that an ingress could take", service.name))
                    .label(node.span, "asked for here")
                    .help("an ingress takes fixed TCP ports of services with a network: `ports: [\"80:8080\"]`"),
            ),
            _ => {}
        }
    }
    let numbers: Vec<Replicas> = all.iter().map(|wanted| number(stack, &all, wanted)).collect();
    for (wanted, replicas) in all.into_iter().zip(numbers) {
        add(stack, wanted, replicas);
    }
    stack.services.sort_by(|a, b| a.name.cmp(&b.name));
}

/// `true`, `false`, or `{machines: 2, constraints: ["node.labels.edge == true"]}`.
fn read(node: &Node, index: usize, service: &Service, findings: &mut Vec<Diagnostic>) -> Option<Wanted> {
    let mut wanted =
        Wanted { service: index, ports: Vec::new(), machines: None, constraints: Vec::new(), span: node.span };
    let mut wrong = |span: Span| {
        let message = format!("`{}`: `x-planner`: this ingress is not understood", service.name);
        let help = "`ingress: true`, or `ingress: {machines: 2, constraints: [\"node.labels.edge == true\"]}`";
        findings.push(Diagnostic::error("M326", message).label(span, "here").help(help));
    };
    let Some(mapping) = node.as_mapping() else {
        return match node.as_scalar().and_then(|scalar| scalar.as_bool()) {
            Some(true) => Some(wanted),
            Some(false) => None,
            None => {
                wrong(node.span);
                None
            }
        };
    };
    for (key, entry) in mapping {
        let value = &entry.value;
        let items = value.as_sequence().unwrap_or(std::slice::from_ref(value));
        let number = || value.as_scalar().and_then(|scalar| u32::try_from(scalar.as_int()?).ok()).filter(|it| *it > 0);
        match (&**key, number()) {
            ("machines", Some(count)) => wanted.machines = Some(Spanned::new(count, value.span)),
            ("constraints", _) => {
                for item in items {
                    let text = item.as_scalar().map(|scalar| scalar.text.to_string()).unwrap_or_default();
                    match services::parse_constraint(&text) {
                        Some(constraint) => wanted.constraints.push(Spanned::new(constraint, item.span)),
                        None => wrong(item.span),
                    }
                }
            }
            _ => wrong(value.span),
        }
    }
    Some(wanted)
}

/// The ports of a service that are published in its own name: fixed ones, over TCP, not `mode: host`.
fn goes_through(written: &compose::Service, service: &Service) -> Vec<PortDemand> {
    let direct = |port: &compose::Port| port.mode.as_ref().is_some_and(|mode| &*mode.value == "host");
    let fixed = |it: &PortDemand| it.protocol == "tcp" && it.host.is_some_and(|host| host.count() == 1);
    let both = service.ports.iter().zip(&written.ports);
    both.filter(|(demand, port)| fixed(demand) && !direct(port)).map(|(demand, _)| demand.clone()).collect()
}

/// The network in which an ingress meets the containers that are on its machine: one with a way out.
fn joined<'s>(stack: &'s Stack, service: &'s Service) -> Option<&'s Attachment> {
    let open = |name: &str| stack.networks.values().any(|network| network.name == name && !network.internal);
    service.container.networks.iter().find(|it| open(&it.network))
}

/// Whether others are told at which address its single container is: then that has its own ports there.
fn is_told(stack: &Stack, service: &Service) -> bool {
    service.is_single() && stack.wired(Discovery::Hosts).any(|(_, it)| service.container.joins(&it.name))
}

/// On how many machines: as said; else on each; else, where services share a port, the machines are divided among them.
fn number(stack: &Stack, all: &[Wanted], wanted: &Wanted) -> Replicas {
    if let Some(machines) = &wanted.machines {
        return Replicas::Count(machines.value);
    }
    let takes = |demands: &[PortDemand]| {
        demands.iter().any(|a| wanted.ports.iter().any(|b| a.host == b.host && a.protocol == b.protocol))
    };
    let mut sharing: Vec<&Wanted> = all.iter().filter(|it| it.machines.is_none() && takes(&it.ports)).collect();
    let count = |service: &Service| match service.replicas.value {
        Replicas::Count(count) => count,
        Replicas::Global => u32::MAX,
    };
    let own = |it: &Wanted| count(&stack.services[it.service]);
    let held = |(index, service): (usize, &Service)| {
        let direct = !all.iter().any(|it| it.service == index) && takes(&service.ports);
        let own = |port: u16| wanted.ports.iter().any(|it| it.host == Some(PortRange::one(port)));
        let told = is_told(stack, service) && service.open_ports("tcp").into_iter().any(own);
        if direct { count(service) } else { u32::from(told) }
    };
    let held = stack.services.iter().enumerate().map(held).fold(0, u32::saturating_add);
    let said = all.iter().filter(|it| takes(&it.ports)).filter_map(|it| it.machines.as_ref()).map(|it| it.value);
    let held = said.fold(held, u32::saturating_add);
    if sharing.len() < 2 && held == 0 {
        return Replicas::Global;
    }
    let active = stack.machines.iter().filter(|machine| machine.availability == Availability::Active).count();
    let left = u32::try_from(active).unwrap_or(u32::MAX).saturating_sub(held);
    // Who has more containers has the machines that are left over.
    sharing.sort_by(|a, b| own(b).cmp(&own(a)).then(a.service.cmp(&b.service)));
    let mine = sharing.iter().position(|it| it.service == wanted.service).unwrap_or(0);
    let (mine, sharing) = (u32::try_from(mine).unwrap_or(0), u32::try_from(sharing.len()).unwrap_or(1).max(1));
    Replicas::Count((left / sharing + u32::from(mine < left % sharing)).max(1))
}

fn add(stack: &mut Stack, wanted: Wanted, replicas: Replicas) {
    let Some(network) = joined(stack, &stack.services[wanted.service]).map(|it| it.network.clone()) else { return };
    let one = stack.wired(Discovery::Overlay).any(|(_, it)| it.name == network) || stack.machines.len() < 2;
    let container = proxy_container(stack, vec![Attachment { network, ..Attachment::default() }]);
    let told = is_told(stack, &stack.services[wanted.service]);
    let service = &mut stack.services[wanted.service];
    service.ports.retain(|demand| !wanted.ports.contains(demand));
    let containers: BTreeSet<u16> = wanted.ports.iter().map(|demand| demand.container).collect();
    for port in containers {
        let exposed = service.container.expose.iter().any(|it| range_of(it, "tcp").any(|it| it == port));
        if !exposed && (one || told) {
            // Its ingress finds it by name, or as all others do.
            service.container.expose.push(format!("{port}/tcp"));
        } else if !(one || told) {
            open(service, port);
        }
    }
    let name = format!("planner-ingress-{}", service.name);
    let ingress = Service {
        replicas: Spanned::new(replicas, wanted.span),
        max_per_machine: Some(Spanned::new(1, wanted.span)),
        ports: wanted.ports,
        constraints: wanted.constraints,
        ..proxy_service(name, wanted.span, &[service], container)
    };
    stack.services.push(ingress);
}
