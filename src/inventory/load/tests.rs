//! Tests of reading the inventory.

use super::*;
use crate::inventory::{Availability, Endpoint};
use crate::source::MemoryFiles;
use crate::units::PortRange;
use crate::units::Resource;

fn read(text: &str) -> (Inventory, Vec<String>) {
    let files = MemoryFiles::new().with("/p/inventory.yaml", text);
    let mut sources = Sources::new();
    let loaded = load(&files, Path::new("/p/inventory.yaml"), "inventory.yaml", &mut sources);
    let place = |finding: &Diagnostic| finding.span().map_or_else(String::new, |span| sources.locate(span));
    let findings = loaded.diagnostics.iter().map(|f| format!("{} {} {}", place(f), f.code, f.message)).collect();
    (loaded.inventory, findings)
}

#[test]
fn machines_are_read_with_the_defaults() {
    let (inventory, findings) = read(
        "defaults:\n  memory: 4g\n  endpoint: ssh://root@{name}.lan\n  labels: {zone: a, disk: ssd}\n\
         unsized: {cpus: 0.1, memory: 64m}\n\
         machines:\n  - name: node-{1..2}\n    cpus: 2\n    labels: {zone: b}\n  \
         - {name: gone, availability: down, ports: 30000-30010, reserved_ports: [22, 8000-8010], resources: {licence: 3}}\n",
    );
    assert_eq!(findings, [""; 0]);
    let names: Vec<_> = inventory.machines.iter().map(|machine| &*machine.name.value).collect();
    assert_eq!(names, ["node-1", "node-2", "gone"]);
    let one = &inventory.machines[0];
    assert_eq!(one.endpoint.value, Endpoint::Ssh { user: Some("root".into()), host: "node-1.lan".into(), port: None });
    assert_eq!(one.capacity[&Resource::cpus()].value, 2000);
    assert_eq!(one.capacity[&Resource::memory()].value, 4 << 30);
    assert_eq!((&*one.labels["zone"].value, &*one.labels["disk"].value), ("b", "ssd"));
    let gone = &inventory.machines[2];
    assert_eq!(gone.availability.value, Availability::Down);
    assert_eq!(gone.ports, PortRange { first: 30000, last: 30010 });
    assert_eq!(gone.reserved_ports.len(), 2);
    assert_eq!(gone.capacity[&Resource("licence".into())].value, 3);
    assert_eq!(inventory.unsized_demand.memory().0, 64 << 20);
}

#[test]
fn the_schema_knows_the_same_keys() {
    let schema: serde_json::Value = serde_json::from_str(include_str!("../../../docs/inventory.schema.json")).unwrap();
    let keys = |pointer: &str| {
        let mut keys: Vec<_> = schema.pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys
    };
    let sorted = |keys: &[&str]| {
        let mut keys: Vec<_> = keys.iter().map(|key| (*key).to_owned()).collect();
        keys.sort();
        keys
    };
    assert_eq!(keys("/properties"), sorted(TOP_KEYS));
    assert_eq!(keys("/definitions/machine/properties"), sorted(machine::KEYS));
    assert_eq!(keys("/definitions/amounts/properties"), sorted(machine::AMOUNT_KEYS));
    assert_eq!(keys("/definitions/tls/properties"), sorted(machine::TLS_KEYS));
    let without_name: Vec<_> = machine::KEYS.iter().copied().filter(|key| *key != "name").collect();
    assert_eq!(keys("/definitions/defaults/properties"), sorted(&without_name));
}
