//! A database's port open to every network of the machine.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "S607",
    name: "database-port-public",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A database's port open to every network of the machine.",
    why: "Docker's port rules stand before the machine's firewall: what is published without an address is open to whoever reaches the machine. Data stores are searched for by robots all day.",
    ignore: "Where the network itself is closed. Over several machines others may need the port: bind it to the machine's inner address.",
    example: example!("database_port_public"),
    finder: Finder::Rule(check),
};

const STORES: [(u16, &str); 20] = [
    (1433, "SQL Server"),
    (1521, "Oracle"),
    (2375, "the engine's API"),
    (2379, "etcd"),
    (3306, "MySQL"),
    (5432, "PostgreSQL"),
    (5984, "CouchDB"),
    (6379, "Redis"),
    (7474, "Neo4j"),
    (7687, "Neo4j"),
    (8086, "InfluxDB"),
    (8529, "ArangoDB"),
    (9042, "Cassandra"),
    (9200, "Elasticsearch"),
    (9300, "Elasticsearch"),
    (11211, "memcached"),
    (26257, "CockroachDB"),
    (27017, "MongoDB"),
    (27018, "MongoDB"),
    (28015, "RethinkDB"),
];

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services().filter(|service| service.network_mode.is_none()) {
        for port in &service.ports {
            let open = port.host_ip.as_ref().is_none_or(|ip| {
                ip.value == IpAddr::V4(Ipv4Addr::UNSPECIFIED) || ip.value == IpAddr::V6(Ipv6Addr::UNSPECIFIED)
            });
            let store = STORES.iter().find(|(number, _)| *number == port.target.value);
            let Some((_, store)) = store.filter(|_| open && &*port.protocol.value == "tcp") else { continue };
            let host = port.published.as_ref().map(|host| host.value.to_string()).unwrap_or_default();
            findings.push(
                RULE.finding(format!("`{}` opens {store} to every network of the machine", service.name))
                    .label(port.span, "no address: all of them")
                    .help(format!(
                        "\"127.0.0.1:{host}:{}\", or no port at all: services find each other without",
                        port.target.value
                    )),
            );
        }
    }
}
