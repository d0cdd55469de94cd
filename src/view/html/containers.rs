//! All containers, to sort and to search in.

use crate::capacity::{Container, HostPort};
use crate::units::{Amounts, Resource};

use super::page::paragraph;
use super::table::{Cell, Table};

pub(super) fn containers(containers: &[Container]) -> String {
    if containers.is_empty() {
        return paragraph("There are none.");
    }
    let others = containers.iter().any(|it| others(&it.demand).is_some());
    let heads = ["service", "#number", "machine", "#CPUs", "#memory"].into_iter();
    let heads = heads.chain(others.then_some("other resources")).chain(["host ports"]);
    let mut table =
        Table::new("Every container: where it is, and what is reserved for it", heads).class("sortable long");
    for it in containers {
        let amount = |resource: Resource| {
            let amount = it.demand.get(&resource);
            Cell::amount(resource.show(amount), amount)
        };
        let number = Cell::amount(it.number, u64::from(it.number));
        let mut row = vec![Cell::text(&it.service), number, Cell::text(&it.machine)];
        row.extend([amount(Resource::cpus()), amount(Resource::memory())]);
        row.extend(others.then(|| Cell::text(self::others(&it.demand).unwrap_or_default())));
        row.push(Cell::text(it.ports.iter().map(port).collect::<Vec<_>>().join(", ")));
        table.row(row);
    }
    table.html()
}

/// "gpus 1".
fn others(demand: &Amounts) -> Option<String> {
    let told: Vec<String> = demand
        .iter()
        .filter(|(resource, amount)| *amount > 0 && **resource != Resource::cpus() && **resource != Resource::memory())
        .map(|(resource, amount)| format!("{resource} {}", resource.show(amount)))
        .collect();
    (!told.is_empty()).then(|| told.join(", "))
}

/// "127.0.0.1:8000 → 80/tcp".
fn port(port: &HostPort) -> String {
    let address = port.address.as_ref().map_or(String::new(), |it| format!("{it}:"));
    format!("{address}{} → {}/{}", port.host, port.container, port.protocol)
}
