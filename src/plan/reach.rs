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
        let asks_for = |other: &&Service| {
            let depends = service.depends_on.iter().any(|it| it.service == other.name);
            other.name != service.name
                && (depends || names_as_host(service, &other.name))
                && share_local_network(stack, service, other)
                && !stack.reaches(&service.name, &other.name)
        };
        for other in stack.services.iter().filter(asks_for) {
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

/// Whether a service's environment or command names another as the host that it asks: `DB_HOST=db`, `//db/`, `user@db:5432`, `db:5432`.
/// A bare name may as well be a database's or a user's, unless the variable says what it is.
fn names_as_host(service: &Service, other: &str) -> bool {
    let container = &service.container;
    let mut variables = container.environment.iter().filter_map(|it| it.split_once('='));
    let mut words = container.command.iter().chain(&container.entrypoint).flatten();
    let is_hosts = |key: &str| OF_HOSTS.iter().any(|it| key.to_ascii_uppercase().contains(it));
    variables.any(|(key, value)| (value == other && is_hosts(key)) || is_asked_in(value, other))
        || words.any(|word| is_asked_in(word, other))
}

/// Whether a text has the name where only a host is: behind `//` or `@`, or in front of a port.
fn is_asked_in(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        let ends = after.is_empty() || after.starts_with([':', '/', ',', '?', ' ']);
        let has_port = after.strip_prefix(':').is_some_and(|it| it.starts_with(|digit: char| digit.is_ascii_digit()));
        let begins = before.is_empty() || before.ends_with([',', ' ', '=', '"', '\'']);
        (ends && (before.ends_with("//") || before.ends_with('@'))) || (begins && has_port)
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
    use super::is_asked_in;

    #[test]
    fn a_host_is_told_from_other_names() {
        for text in
            ["http://db", "http://db/x", "tcp://db:2375", "postgres://u:p@db:5432/app", "a:1,db:9092", "--host=db:80"]
        {
            assert!(is_asked_in(text, "db"), "{text}");
        }
        for text in
            ["db", "/var/lib/db", "http://db2/", "mydb:5432", "jdbc:db:x", "db:latest", "user@dbs", "root:db@other"]
        {
            assert!(!is_asked_in(text, "db"), "{text}");
        }
    }
}
