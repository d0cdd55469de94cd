//! The host ports at which services are reached from other machines.

use crate::diagnostic::Diagnostic;
use crate::units::PortRange;

use super::Discovery;
use crate::stack::model::{Network, PortDemand, Service, Stack};

/// Gives services the host ports that the ways of their networks need.
pub(in crate::stack) fn publish(stack: &mut Stack, findings: &mut Vec<Diagnostic>) {
    if stack.machines.len() < 2 {
        return;
    }
    let mut needed = false;
    let networks: Vec<Network> = stack.networks.values().cloned().collect();
    for network in &networks {
        let joins = |service: &Service| service.container.joins(&network.name) && !service.is_ingress();
        let members: Vec<usize> = (0..stack.services.len()).filter(|index| joins(&stack.services[*index])).collect();
        if members.len() < 2 {
            continue;
        }
        for index in members {
            let service = &mut stack.services[index];
            match network.discovery {
                Discovery::Proxy => service.open_ports("tcp").into_iter().for_each(|port| open(service, port)),
                Discovery::Hosts if service.is_single() => open_as_they_are(service),
                _ => continue,
            }
            needed = true;
        }
    }
    if needed || stack.services.iter().any(Service::is_ingress) {
        findings.extend(without_address(stack));
    }
}

/// Opens a port of its containers at any port of the machine, for proxies; unless it is open to all already.
pub(super) fn open(service: &mut Service, container: u16) {
    let is_open = |it: &PortDemand| it.container == container && it.protocol == "tcp" && it.is_everywhere();
    if !service.ports.iter().any(is_open) {
        service.ports.push(inward(service, container, "tcp", None));
    }
}

/// Opens its ports as they are, since whoever asks for it knows no others.
fn open_as_they_are(service: &mut Service) {
    for protocol in ["tcp", "udp"] {
        for port in service.open_ports(protocol) {
            let same = PortRange::one(port);
            let is_open = |it: &PortDemand| {
                it.container == port && it.protocol == protocol && it.is_everywhere() && it.host == Some(same)
            };
            if !service.ports.iter().any(is_open) {
                service.ports.push(inward(service, port, protocol, Some(same)));
            }
        }
    }
}

fn inward(service: &Service, container: u16, protocol: &str, host: Option<PortRange>) -> PortDemand {
    PortDemand { host_ip: None, host, container, protocol: protocol.to_owned(), span: service.span, inward: true }
}

/// Machines of which nobody knows where they are.
fn without_address(stack: &Stack) -> Option<Diagnostic> {
    let without = stack.machines.iter().filter(|machine| machine.address().is_none());
    let spans: Vec<_> = without.filter_map(|machine| machine.span).collect();
    if spans.is_empty() {
        return None;
    }
    let message = "containers on other machines do not know at which address this one is";
    let finding = Diagnostic::error("M327", message);
    let finding = spans.into_iter().fold(finding, |finding, span| finding.label(span, "no `address`"));
    Some(
        finding
            .help("give each machine an `address`, best a private one: ports for other machines are open there alone"),
    )
}

/// `80/tcp`, `80`, `8000-8002/udp`: the ports that are meant, of one protocol.
pub(in crate::stack) fn range_of<'a>(text: &'a str, wanted: &str) -> impl Iterator<Item = u16> + use<'a> {
    let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    let range = first.parse::<u16>().ok().zip(last.parse::<u16>().ok()).filter(|_| protocol == wanted);
    range.into_iter().flat_map(|(first, last)| first..=last)
}
