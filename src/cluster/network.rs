//! Networks and volumes: made when missing, never changed, volumes never removed.

use std::collections::BTreeMap;

use bollard::models::{Ipam, IpamConfig, NetworkCreateRequest, VolumeCreateRequest};

use super::body::map;
use super::docker::Engine;
use super::fault::{Fault, explain, is_missing, refusal};
use crate::labels;
use crate::plan::{NetworkSpec, VolumeSpec};
use crate::stack::AddressPool;

/// Makes a network. One of the project's own that is there already is as good.
pub(super) async fn create_network(engine: &Engine, spec: &NetworkSpec) -> Result<(), Fault> {
    let name = &spec.name;
    let failed = |error| explain(&error, &format!("creating network `{name}`"));
    // Older engines would make a second network of the same name: so look first.
    if is_ours_already(engine, spec).await? {
        return Ok(());
    }
    let request = NetworkCreateRequest {
        name: name.clone(),
        driver: spec.driver.clone(),
        options: map(&spec.driver_opts),
        internal: Some(spec.internal),
        attachable: Some(spec.attachable),
        enable_ipv6: spec.enable_ipv6,
        ipam: (!spec.pools.is_empty())
            .then(|| Ipam { config: Some(spec.pools.iter().map(pool).collect()), ..Default::default() }),
        labels: map(&spec.labels),
        ..Default::default()
    };
    match engine.docker.create_network(request).await {
        Ok(_) => Ok(()),
        Err(error) if refusal(&error).is_some_and(|(status, _)| status == 409) => {
            if is_ours_already(engine, spec).await? { Ok(()) } else { Err(failed(error)) }
        }
        Err(error) => match refusal(&error) {
            Some((_, message)) if message.contains("overlaps with other one") || message.contains("Pool overlaps") => {
                Err(failed(error).help("another network on that machine has these addresses: choose another `subnet`"))
            }
            _ => Err(failed(error)),
        },
    }
}

/// Whether the network is there and the project's own; another's is a fault.
async fn is_ours_already(engine: &Engine, spec: &NetworkSpec) -> Result<bool, Fault> {
    let name = &spec.name;
    match engine.docker.inspect_network(name, None).await {
        // Engines also find networks by a piece of their id.
        Ok(network) if network.name.as_ref() == Some(name) => {
            if owner(&spec.labels) == network.labels.as_ref().and_then(|labels| labels.get(labels::PROJECT)) {
                Ok(true)
            } else {
                Err(Fault::new(format!("a network `{name}` that is not this project's is there already")).help(
                    format!("give it another `name:`, declare it `external: true`, or `docker network rm {name}`"),
                ))
            }
        }
        Ok(_) => Ok(false),
        Err(error) if is_missing(&error) => Ok(false),
        Err(error) => Err(explain(&error, &format!("looking for network `{name}`"))),
    }
}

fn owner(labels: &BTreeMap<String, String>) -> Option<&String> {
    labels.get(labels::PROJECT)
}

fn pool(pool: &AddressPool) -> IpamConfig {
    IpamConfig {
        subnet: pool.subnet.clone(),
        ip_range: pool.ip_range.clone(),
        gateway: pool.gateway.clone(),
        auxiliary_addresses: None,
    }
}

/// Removes a network. One that is gone is gone.
pub(super) async fn remove_network(engine: &Engine, name: &str) -> Result<(), Fault> {
    match engine.docker.remove_network(name).await {
        Ok(()) => Ok(()),
        Err(error) if is_missing(&error) => Ok(()),
        Err(error) => {
            let in_use = refusal(&error).is_some_and(|(_, message)| message.contains("active endpoints"));
            let fault = explain(&error, &format!("removing network `{name}`"));
            Err(if in_use {
                Fault { message: format!("network `{name}` is still in use"), ..fault }
                    .help(format!("`docker network inspect {name}` names the containers that are in it"))
            } else {
                fault
            })
        }
    }
}

/// Makes a volume. One of this name that is there already is taken as it is, with its data.
pub(super) async fn create_volume(engine: &Engine, spec: &VolumeSpec) -> Result<(), Fault> {
    let request = VolumeCreateRequest {
        name: Some(spec.name.clone()),
        driver: spec.driver.clone(),
        driver_opts: map(&spec.driver_opts),
        labels: map(&spec.labels),
        ..Default::default()
    };
    let created = engine.docker.create_volume(request).await;
    created.map(drop).map_err(|error| explain(&error, &format!("creating volume `{}`", spec.name)))
}
