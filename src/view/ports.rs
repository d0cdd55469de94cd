//! Who has which port on which machine.

use serde_json::{Value, json};

use crate::export::{Deployment, Listening};
use crate::plan::Plan;
use crate::stack::TakenPort;

use super::style::{Style, cell, lines};

/// The version of the JSON form. Minor numbers add fields.
const FORMAT_VERSION: &str = "1.0";

/// How a container came to its port.
fn how(it: &Listening<'_>) -> &'static str {
    match it.demand.host {
        _ if it.demand.inward => "for other machines",
        Some(range) if range.count() == 1 => "fixed",
        Some(_) => "from a range",
        None => "assigned",
    }
}

fn address(text: &str) -> &str {
    if text.is_empty() { "all" } else { text }
}

/// For people: by machine and port; behind the project's own what others hold.
pub fn ports(deployment: &Deployment<'_>, style: Style) -> String {
    let mut table = style.table();
    table.set_header([" machine", "port", "address", "who", "in it", "how"]);
    for machine in &deployment.stack.machines {
        let mut here: Vec<Listening<'_>> =
            deployment.listening().filter(|it| it.machine.name == machine.name).collect();
        here.sort_by_key(|it| (it.port.host_port, it.port.protocol.clone()));
        for it in &here {
            table.add_row(vec![
                cell(format!(" {}", machine.name)),
                cell(format!("{}/{}", it.port.host_port, it.port.protocol)),
                cell(address(it.port.address())),
                cell(format!("{}.{}", it.container.service, it.container.number)),
                cell(it.port.container_port),
                cell(how(it)),
            ]);
        }
        for taken in &machine.taken_ports {
            table.add_row(vec![
                cell(format!(" {}", machine.name)),
                cell(taken_port(taken)),
                cell(taken.host_ip.map_or("all".to_owned(), |ip| ip.to_string())),
                cell(&taken.holder),
                cell(""),
                cell("not ours"),
            ]);
        }
    }
    lines(&table)
}

/// A plan tells of at most so many ports one by one.
const MOST_PORTS: usize = 40;

/// The host ports of a plan's containers, by machine and port; with the sum alone where they are very many.
pub(super) fn planned_ports(plan: &Plan, style: Style) -> String {
    let mut rows = Vec::new();
    for (order, machine) in plan.machines.iter().enumerate() {
        let here = plan.placement.iter().filter(|it| it.machine == machine.machine);
        for (container, port) in here.flat_map(|it| it.ports.iter().map(move |port| (it, port))) {
            rows.push((order, port.host_port, port.protocol.as_str(), machine, container, port));
        }
    }
    rows.sort_by(|a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)));
    if rows.is_empty() {
        return String::new();
    }
    if rows.len() > MOST_PORTS {
        return format!("\n  {} host ports: `planner ports` lists them\n", rows.len());
    }
    let mut table = style.table();
    table.set_header([" machine", "port", "address", "who", "in it"]);
    for (.., machine, container, port) in rows {
        table.add_row(vec![
            cell(format!(" {}", machine.machine)),
            cell(format!("{}/{}", port.host_port, port.protocol)),
            cell(address(port.address())),
            cell(format!("{}.{}", container.service, container.number)),
            cell(port.container_port),
        ]);
    }
    format!("\n{}", lines(&table))
}

fn taken_port(taken: &TakenPort) -> String {
    match &taken.protocol {
        Some(protocol) => format!("{}/{protocol}", taken.ports),
        None => taken.ports.to_string(),
    }
}

/// For machines; described in `docs/formats.md`.
pub fn ports_json(deployment: &Deployment<'_>) -> String {
    let ours = deployment.listening().map(|it| {
        json!({
            "machine": it.machine.name,
            "port": it.port.host_port,
            "protocol": it.port.protocol,
            "address": Some(it.port.address()).filter(|address| !address.is_empty()),
            "service": it.container.service,
            "number": it.container.number,
            "container_port": it.port.container_port,
            "how": how(&it),
        })
    });
    let ours: Vec<Value> = ours.collect();
    let taken = deployment.stack.machines.iter().flat_map(|machine| {
        machine.taken_ports.iter().map(|taken| {
            json!({
                "machine": machine.name,
                "first": taken.ports.first,
                "last": taken.ports.last,
                "protocol": taken.protocol,
                "address": taken.host_ip.map(|ip| ip.to_string()),
                "holder": taken.holder,
            })
        })
    });
    let taken: Vec<Value> = taken.collect();
    let document = json!({ "format_version": FORMAT_VERSION, "ports": ours, "taken": taken });
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}
