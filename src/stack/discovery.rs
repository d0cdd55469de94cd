//! `x-planner: discovery`: how services of a network find each other when they are on different machines
//! (`docs/discovery.md`).

use crate::compose::Compose;
use crate::diagnostic::Diagnostic;
use crate::yaml::Node;

use super::model::{PortDemand, Stack};

/// How names of a network reach other machines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Discovery {
    /// They do not, or others see to it.
    #[default]
    None,
    /// A proxy on each machine stands for what is elsewhere, under its names.
    Proxy,
}

/// The image of proxies where none is named.
const PROXY_IMAGE: &str = "haproxy:3.2-alpine";

/// What the files say of it: for the project as a whole, and by network.
pub(super) struct Said<'f> {
    way: Discovery,
    /// The image of proxies.
    pub image: String,
    findings: &'f mut Vec<Diagnostic>,
}

impl<'f> Said<'f> {
    /// For the project as a whole.
    pub(super) fn of_project(compose: &Compose, findings: &'f mut Vec<Diagnostic>) -> Self {
        let mut said = Said { way: Discovery::None, image: PROXY_IMAGE.to_owned(), findings };
        let node = compose.extensions.get("x-planner").and_then(|node| node.get("discovery"));
        match node.and_then(Node::as_mapping) {
            Some(mapping) => {
                for (key, entry) in mapping {
                    match (&**key, entry.value.as_scalar()) {
                        ("way", _) => said.way = said.read(&entry.value),
                        ("image", Some(image)) => said.image = image.text.to_string(),
                        _ => said.not_understood(&entry.value, "`discovery` has `way` and `image`"),
                    }
                }
            }
            None => said.way = node.map_or(Discovery::None, |node| said.read(node)),
        }
        said
    }

    /// For one network.
    pub(super) fn of_network(&mut self, extensions: Option<&crate::map::Map<Node>>) -> Discovery {
        let node = extensions.and_then(|it| it.get("x-planner")).and_then(|node| node.get("discovery"));
        node.map_or(self.way, |node| self.read(node))
    }

    fn read(&mut self, node: &Node) -> Discovery {
        match node.as_scalar().map(|scalar| &*scalar.text) {
            Some("proxy") => Discovery::Proxy,
            Some("none") => Discovery::None,
            _ => {
                self.not_understood(node, "`proxy`, or `none`");
                Discovery::None
            }
        }
    }

    fn not_understood(&mut self, node: &Node, help: &str) {
        let message = "`x-planner`: this way of discovery is not understood";
        self.findings.push(Diagnostic::error("M326", message).label(node.span, "here").help(help));
    }
}

/// Gives services of networks with proxies the host ports at which proxies elsewhere reach them.
pub(super) fn publish(stack: &mut Stack, findings: &mut Vec<Diagnostic>) {
    if stack.machines.len() < 2 {
        return;
    }
    let networks: Vec<String> = stack.proxied().map(|(_, network)| network.name.clone()).collect();
    let members = |network: &String| -> Vec<usize> {
        (0..stack.services.len()).filter(|index| stack.services[*index].container.joins(network)).collect()
    };
    let met: Vec<Vec<usize>> = networks.iter().map(members).collect();
    for index in met.into_iter().filter(|members| members.len() > 1).flatten() {
        let service = &mut stack.services[index];
        let span = service.span;
        for container in service.open_ports() {
            let is_open = |it: &PortDemand| it.container == container && it.protocol == "tcp" && it.is_everywhere();
            if !service.ports.iter().any(is_open) {
                let protocol = "tcp".to_owned();
                service.ports.push(PortDemand { host_ip: None, host: None, container, protocol, span, inward: true });
            }
        }
    }
    findings.extend(without_address(stack, &networks));
}

/// Machines of which nobody knows where they are.
fn without_address(stack: &Stack, networks: &[String]) -> Option<Diagnostic> {
    let without = stack.machines.iter().filter(|machine| machine.address().is_none());
    let spans: Vec<_> = without.filter_map(|machine| machine.span).collect();
    if networks.is_empty() || spans.is_empty() {
        return None;
    }
    let message = "proxies do not know at which address other machines are";
    let finding = Diagnostic::error("M327", message);
    let finding = spans.into_iter().fold(finding, |finding, span| finding.label(span, "no `address`"));
    Some(finding.help("give each machine an `address`, best a private one: ports for proxies are open there alone"))
}

/// `80/tcp`, `80`, `8000-8002/tcp`: the TCP ports that are meant.
pub(super) fn tcp_ports(text: &str) -> impl Iterator<Item = u16> {
    let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    let range = first.parse::<u16>().ok().zip(last.parse::<u16>().ok()).filter(|_| protocol == "tcp");
    range.into_iter().flat_map(|(first, last)| first..=last)
}
