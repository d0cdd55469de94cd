//! Who will not find whom: the networks made here end at the machine.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::stack::{Service, Stack};

use super::model::Plan;

/// One warning for all services that depend on another by name, or whose settings name it as a host, and will be on a machine
/// where none of it is. An overlay network, which others made, does reach across.
pub fn out_of_reach(stack: &Stack, plan: &Plan) -> Option<Diagnostic> {
    if plan.is_empty() {
        return None;
    }
    let machines = |service: &str| -> BTreeSet<&str> {
        plan.placement.iter().filter(|it| it.service == service).map(|it| it.machine.as_str()).collect()
    };
    let mut finding =
        Diagnostic::warning("M309", "names do not reach across machines: some services will not find each other");
    for service in &stack.services {
        let here = machines(&service.name);
        let unreached = |other: &&Service| {
            other.name != service.name
                && share_local_network(stack, service, other)
                && !stack.reaches(&service.name, &other.name)
        };
        for other in asked(service).into_iter().filter_map(|name| stack.service(name)).filter(unreached) {
            let there = machines(&other.name);
            let alone: Vec<&str> = here.difference(&there).copied().collect();
            if !alone.is_empty() && !there.is_empty() {
                let there = there.into_iter().collect::<Vec<_>>().join(", ");
                finding =
                    finding.note(format!("`{}` on {}: `{}` is on {there}", service.name, alone.join(", "), other.name));
            }
        }
    }
    if finding.notes.is_empty() {
        return None;
    }
    Some(finding.help(
        "wire the network: `x-planner: {discovery: proxy}` (`overlay`, where the machines form a Swarm; `hosts` reaches \
         services with one replica alone), and `expose` where a port is not named; or keep them on one machine (a placement \
         constraint)",
    ))
}

/// What the names of variables say that are a host's name and nothing else.
const OF_HOSTS: [&str; 8] = ["HOST", "SERVER", "ADDR", "URL", "URI", "ENDPOINT", "BROKER", "UPSTREAM"];

/// Whom a service depends on, and what its environment or command names as the host that it asks: `DB_HOST=db`, `//db/`, `user@db:5432`,
/// `db:5432`. A bare name may as well be a database's or a user's, unless the variable says what it is.
fn asked(service: &Service) -> BTreeSet<&str> {
    let container = &service.container;
    let mut asked: BTreeSet<&str> = service.depends_on.iter().map(|it| it.service.as_str()).collect();
    for (key, value) in container.environment.iter().filter_map(|it| it.split_once('=')) {
        let key = key.to_ascii_uppercase();
        asked.extend(OF_HOSTS.iter().any(|it| key.contains(it)).then_some(value));
        asked.extend(hosts_in(value));
    }
    asked.extend(container.command.iter().chain(&container.entrypoint).flatten().flat_map(|word| hosts_in(word)));
    asked
}

/// The words of a text that are where only a host is: behind `//` or `@`, or in front of a port.
fn hosts_in(text: &str) -> impl Iterator<Item = &str> {
    let is_between = |it: char| !it.is_ascii_alphanumeric() && !matches!(it, '.' | '_' | '-');
    let mut read = 0;
    text.split_inclusive(is_between).filter_map(move |piece| {
        let (before, word) = (&text[..read], piece.trim_end_matches(is_between));
        let after = &text[read + word.len()..];
        read += piece.len();
        let ends = after.is_empty() || after.starts_with([':', '/', ',', '?', ' ']);
        let has_port = after.strip_prefix(':').is_some_and(|it| it.starts_with(|digit: char| digit.is_ascii_digit()));
        let begins = before.is_empty() || before.ends_with([',', ' ', '=', '"', '\'']);
        let is_host = (ends && (before.ends_with("//") || before.ends_with('@'))) || (begins && has_port);
        (is_host && !word.is_empty()).then_some(word)
    })
}

/// Whether two services meet in a network that we make, which is local to each machine.
fn share_local_network(stack: &Stack, a: &Service, b: &Service) -> bool {
    let local = |name: &str| {
        let network = stack.networks.values().find(|network| network.name == name);
        network.is_some_and(|network| !network.external && network.driver.as_deref() != Some("overlay"))
    };
    a.container.networks.iter().any(|it| b.container.joins(&it.network) && local(&it.network))
}

#[cfg(test)]
mod tests {
    use super::hosts_in;

    #[test]
    fn a_host_is_told_from_other_names() {
        for text in
            ["http://db", "http://db/x", "tcp://db:2375", "postgres://u:p@db:5432/app", "a:1,db:9092", "--host=db:80"]
        {
            assert!(hosts_in(text).any(|it| it == "db"), "{text}");
        }
        for text in
            ["db", "/var/lib/db", "http://db2/", "mydb:5432", "jdbc:db:x", "db:latest", "user@dbs", "root:db@other"]
        {
            assert!(!hosts_in(text).any(|it| it == "db"), "{text}");
        }
    }
}
