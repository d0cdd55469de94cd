//! Which way each network is wired: as the files say, else by what the machines offer.

use crate::diagnostic::Diagnostic;
use crate::inventory::Availability;
use crate::observed::Observed;
use crate::source::Spanned;

use super::Discovery;
use crate::stack::model::{Machine, Network, Stack, Swarm};

/// Decides for each network; `said` is what the files say, in the networks' order.
pub(in crate::stack) fn choose(
    stack: &mut Stack,
    said: Vec<Option<Spanned<Discovery>>>,
    observed: Option<&Observed>,
    findings: &mut Vec<Diagnostic>,
) {
    let several = stack.machines.len() > 1;
    let swarm = form_swarm(&stack.machines);
    let addresses = stack.machines.iter().all(|machine| machine.address.is_some());
    for (network, said) in stack.networks.values_mut().zip(said) {
        let local = is_local(network, observed);
        // It stays what it is when no manager can be seen any more.
        let there = drivers(network, observed).any(|driver| driver == "overlay");
        let way = match &said {
            // A network of a Swarm reaches every machine, whatever is said of the others.
            Some(said) if !reaches_by_itself(network, observed) => {
                findings.extend(ends_at_the_machine(network, said));
                if needs_way_out(said.value) && network.internal { Discovery::None } else { said.value }
            }
            _ if !several || network.external => Discovery::None,
            _ if network.driver.as_deref() == Some("overlay") => Discovery::Overlay,
            _ if network.driver.as_deref().is_some_and(|driver| driver != "bridge") => Discovery::None,
            _ if (swarm || there) && !local => because(network, Discovery::Overlay, "the machines form a Swarm"),
            _ if addresses && !network.internal => because(network, Discovery::Proxy, "each machine has an `address`"),
            _ => Discovery::None,
        };
        network.discovery = if several { way } else { Discovery::None };
        if network.discovery == Discovery::Overlay && !network.external {
            network.driver = Some("overlay".to_owned());
            network.attachable = true;
            let span = said.map(|said| said.span).or(network.span);
            let label =
                |finding: Diagnostic| span.into_iter().fold(finding, |it, span| it.label(span, "an overlay network"));
            if observed.is_some() && !swarm && !there {
                findings.push(label(no_swarm(&stack.machines)));
            } else if let Some(finding) = is_there_otherwise(network, observed) {
                findings.push(label(finding));
            }
        }
    }
}

/// Whether what is in the network has to be reached from outside it.
fn needs_way_out(way: Discovery) -> bool {
    matches!(way, Discovery::Proxy | Discovery::Hosts)
}

fn ends_at_the_machine(network: &Network, said: &Spanned<Discovery>) -> Option<Diagnostic> {
    if !network.internal || !needs_way_out(said.value) {
        return None;
    }
    let message = format!("the network `{}` is internal: nothing in it is reached from other machines", network.name);
    let label = format!("`{}` needs a way out of it", said.value.word());
    let finding = Diagnostic::warning("M331", message).label(said.span, label);
    let finding = network.span.into_iter().fold(finding, |it, span| it.label(span, "internal"));
    Some(finding.help("`discovery: overlay` reaches across (the machines form a Swarm then), or leave `internal` out"))
}

fn because(network: &mut Network, way: Discovery, why: &'static str) -> Discovery {
    network.chosen = Some(why);
    way
}

/// Whether every machine that is not down is a node of one Swarm, and the inventory has a manager of it.
fn form_swarm(machines: &[Machine]) -> bool {
    let up = || machines.iter().filter(|machine| machine.availability != Availability::Down);
    up().any(|machine| machine.swarm == Some(Swarm::Manager)) && up().all(|machine| machine.swarm.is_some())
}

/// Whether others made a network that reaches across machines.
fn reaches_by_itself(network: &Network, observed: Option<&Observed>) -> bool {
    network.driver.as_deref() == Some("overlay")
        || network.external && drivers(network, observed).any(|it| it == "overlay")
}

/// Whether it is there, and ends at the machine.
fn is_local(network: &Network, observed: Option<&Observed>) -> bool {
    drivers(network, observed).any(|driver| driver != "overlay")
}

/// The drivers of the networks of this name, wherever there are such.
fn drivers<'a>(network: &'a Network, observed: Option<&'a Observed>) -> impl Iterator<Item = &'a str> {
    let states = observed.into_iter().flat_map(|observed| observed.machines.values());
    states.flat_map(|state| &state.networks).filter(|it| it.name == network.name).map(|it| it.driver.as_str())
}

fn no_swarm(machines: &[Machine]) -> Diagnostic {
    let finding = Diagnostic::error("M328", "an overlay network needs a Swarm, and the machines form none");
    let outside: Vec<&Machine> =
        machines.iter().filter(|it| it.swarm.is_none() && it.availability != Availability::Down).collect();
    let names: Vec<&str> = outside.iter().map(|machine| machine.name.as_str()).collect();
    let finding = match names.is_empty() {
        true => finding.note("all are nodes of one, but none of them is a manager: put a manager into the inventory"),
        false => finding.note(format!("in none, or not in that of the others: {}", names.join(", "))),
    };
    let Some(first) = machines.iter().find(|it| it.swarm == Some(Swarm::Manager)).or(outside.first().copied()) else {
        return finding;
    };
    let begin = match first.swarm {
        Some(_) => String::new(),
        None => format!("`docker swarm init --advertise-addr {}` on {}, then ", first.known_as(), first.name),
    };
    let others: Vec<&str> = names.into_iter().filter(|name| *name != first.name).collect();
    finding.help(format!(
        "to form one: {begin}`docker swarm join-token worker` on {}, and what it prints on {}; ports 2377/tcp, 7946/tcp, \
         7946/udp and 4789/udp must be open between them. Or choose `discovery: proxy`, which needs none",
        first.name,
        if others.is_empty() { "the others".to_owned() } else { others.join(", ") },
    ))
}

/// The same name cannot be a local network and one of the Swarm.
fn is_there_otherwise(network: &Network, observed: Option<&Observed>) -> Option<Diagnostic> {
    if !is_local(network, observed) {
        return None;
    }
    let observed = observed?;
    let has = |state: &crate::observed::MachineState| {
        state.networks.iter().any(|it| it.name == network.name && it.driver != "overlay")
    };
    let on = observed.machines.iter().filter(|(_, state)| has(state)).map(|(name, _)| name.as_str());
    let on = on.collect::<Vec<_>>().join(", ");
    let message = format!("the network `{}` is to be an overlay, and is there already as a local one", network.name);
    Some(Diagnostic::error("M329", message).note(format!("on {on}")).help(
        "`planner down` takes it away with the containers in it (volumes stay); or give the network another `name`",
    ))
}
