//! Compose project + inventory + what was seen → [`Stack`].

use indexmap::IndexMap;

use crate::compose::model::Compose;
use crate::diagnostic::Diagnostic;
use crate::inventory::Inventory;
use crate::observed::Observed;
use crate::source::{Spanned, Text};

use super::discovery::{self, Discovery, Said};
use super::model::{Network, Stack, Volume};
use super::{machines, services, wishes};

/// Brings everything together. Without an inventory there is one machine, the local engine. Without observations,
/// machines are as the inventory says, empty, and no volume exists yet.
///
/// The findings are about meaning: constraints that cannot be read, services of unknown size.
pub fn build(
    compose: &Compose,
    inventory: Option<&Inventory>,
    observed: Option<&Observed>,
) -> (Stack, Vec<Diagnostic>) {
    let mut findings = Vec::new();
    let mut said = Said::of_project(compose, &mut findings);
    let (networks, ways) = networks(compose, &mut said);
    let proxy_image = said.image;
    let survive = wishes::losses(compose, &mut findings);
    let mut stack = Stack {
        project: compose.name.clone(),
        services: Vec::new(),
        networks,
        proxy_image,
        pre_stop: compose.services.values().filter_map(pre_stop).collect(),
        volumes: volumes(compose),
        moves: Vec::new(),
        machines: machines::machines(compose, inventory, observed),
        inactive: compose.inactive.keys().map(ToString::to_string).collect(),
        survive,
    };
    let unsized_demand = inventory.map(|inventory| &inventory.unsized_demand);
    for service in compose.services.values().filter(|service| service.provider.is_none()) {
        stack.services.push(services::service(compose, &stack, service, unsized_demand, &mut findings));
    }
    stack.services.sort_by(|a, b| a.name.cmp(&b.name));
    services::share_volumes(&mut stack);
    discovery::choose(&mut stack, ways, observed, &mut findings);
    discovery::ingress(compose, &mut stack, &mut findings);
    discovery::publish(&mut stack, &mut findings);
    if inventory.is_some() {
        findings.extend(services::unsized_summary(&stack));
    }
    (stack, findings)
}

/// What [`build`] finds wrong with the services, without an inventory: for those who need no stack.
pub fn faults(compose: &Compose) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for service in compose.services.values().filter(|service| service.provider.is_none()) {
        services::faults(compose, service, &mut findings);
    }
    findings
}

fn pre_stop(written: &crate::compose::model::Service) -> Option<(String, Vec<super::Hook>)> {
    let hooks = written.hooks.as_ref().filter(|hooks| !hooks.pre_stop.is_empty())?;
    Some((written.name.to_string(), super::hooks::hooks(&hooks.pre_stop)))
}

/// The networks in use, with their engine names. `default` is one of them where a service names none.
/// With each, the way that the files say it is wired.
fn networks(compose: &Compose, said: &mut Said<'_>) -> (IndexMap<String, Network>, Vec<Option<Spanned<Discovery>>>) {
    let (mut networks, mut ways) = (IndexMap::new(), Vec::new());
    let services = || compose.services.values();
    let needs_default = services().any(|it| it.network_mode.is_none() && it.networks.is_empty());
    let mut keys: Vec<&str> = services().flat_map(|it| it.networks.keys().map(|key| &**key)).collect();
    if needs_default {
        keys.push("default");
    }
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        let declared = compose.networks.get(key);
        let external = declared.is_some_and(|network| network.external.is_some());
        let given = declared.and_then(|network| network.name.as_ref()).map(|name| name.value.to_string());
        let name = given.unwrap_or_else(|| engine_name(compose, key, external));
        ways.push(said.of_network(declared.map(|network| &network.extensions)));
        let network = declared.map_or_else(
            || Network { name: name.clone(), ..Network::default() },
            |declared| Network {
                name: name.clone(),
                external,
                driver: declared.driver.as_ref().map(|driver| driver.value.to_string()),
                driver_opts: services::texts(&declared.driver_opts),
                internal: declared.internal.as_ref().is_some_and(|it| it.value),
                attachable: declared.attachable.as_ref().is_some_and(|it| it.value),
                enable_ipv6: declared.enable_ipv6.as_ref().map(|it| it.value),
                pools: declared.pools.iter().map(pool).collect(),
                labels: services::texts(&declared.labels),
                discovery: Discovery::default(),
                chosen: None,
                span: Some(declared.span),
            },
        );
        networks.insert(key.to_owned(), network);
    }
    (networks, ways)
}

fn pool(pool: &crate::compose::model::AddressPool) -> super::AddressPool {
    let text = |field: &Option<Spanned<Text>>| field.as_ref().map(|it| it.value.to_string());
    super::AddressPool { subnet: text(&pool.subnet), ip_range: text(&pool.ip_range), gateway: text(&pool.gateway) }
}

/// `<project>_<key>`; the key itself for what others made.
fn engine_name(compose: &Compose, key: &str, external: bool) -> String {
    if external { key.to_owned() } else { format!("{}_{key}", compose.name) }
}

/// The declared volumes, with their engine names.
fn volumes(compose: &Compose) -> IndexMap<String, Volume> {
    let mut volumes = IndexMap::new();
    for (key, declared) in &compose.volumes {
        let external = declared.external.is_some();
        let given = declared.name.as_ref().map(|name| name.value.to_string());
        let driver = declared.driver.as_ref().map(|driver| driver.value.to_string());
        let driver_opts = services::texts(&declared.driver_opts);
        volumes.insert(
            key.to_string(),
            Volume {
                name: given.unwrap_or_else(|| engine_name(compose, key, external)),
                external,
                shared: is_shared(driver.as_deref(), &driver_opts),
                driver,
                driver_opts,
                labels: services::texts(&declared.labels),
            },
        );
    }
    volumes
}

/// Whether a volume is the same from every machine: the driver is a plugin, or the options mount a network file system.
fn is_shared(driver: Option<&str>, options: &std::collections::BTreeMap<String, String>) -> bool {
    const NETWORK_FILE_SYSTEMS: [&str; 6] = ["nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs"];
    let kind = options.get("type").map(String::as_str);
    driver.is_some_and(|driver| driver != "local") || kind.is_some_and(|kind| NETWORK_FILE_SYSTEMS.contains(&kind))
}
