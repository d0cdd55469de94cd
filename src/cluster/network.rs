//! Networks and volumes: made when missing, never changed, volumes never removed.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bollard::errors::Error;
use bollard::models::{Ipam, IpamConfig, NetworkCreateRequest, NetworkInspect, VolumeCreateRequest};
use bollard::query_parameters::ListNetworksOptions;
use tokio::time::{Instant, sleep};

use super::body::map;
use super::docker::Engine;
use super::fault::{Fault, explain, is_missing, refusal};
use crate::labels;
use crate::plan::{NetworkSpec, VolumeSpec};
use crate::stack::AddressPool;

/// How long a Swarm may take to hear that nothing is in a network any more, and how often it is asked.
const SWARM_HEARS: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(500);

/// Makes a network. One of the project's own that is there already is as good.
pub(super) async fn create_network(engine: &Engine, spec: &NetworkSpec) -> Result<(), Fault> {
    let name = &spec.name;
    let failed = |error| explain(&error, &format!("creating network `{name}`"));
    // Older engines would make a second network of the same name: so look first, and afterwards.
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
        Ok(_) => is_ours_already(engine, spec).await.map(drop),
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

/// Whether the network is there and the project's own; another's is a fault. Of several (a call that was sent again on its
/// way makes a second one) all go but one: by their name the engine would find none.
async fn is_ours_already(engine: &Engine, spec: &NetworkSpec) -> Result<bool, Fault> {
    let name = &spec.name;
    let found = named(engine, name).await?;
    let ours =
        |it: &&NetworkInspect| owner(&spec.labels) == it.labels.as_ref().and_then(|labels| labels.get(labels::PROJECT));
    if !found.iter().all(|it| ours(&it)) {
        return Err(Fault::new(format!("a network `{name}` that is not this project's is there already"))
            .help(format!("give it another `name:`, declare it `external: true`, or `docker network rm {name}`")));
    }
    for more in found.iter().skip(1).filter(|it| is_unused(it)) {
        remove(engine, name, more.id.as_deref().unwrap_or_default()).await?;
    }
    Ok(!found.is_empty())
}

/// The networks of exactly this name; those that containers are in first, then by age.
async fn named(engine: &Engine, name: &str) -> Result<Vec<NetworkInspect>, Fault> {
    let failed = |error| explain(&error, &format!("looking for network `{name}`"));
    let filters = HashMap::from([("name".to_owned(), vec![name.to_owned()])]);
    let options = ListNetworksOptions { filters: Some(filters) };
    let listed = engine.docker.list_networks(Some(options)).await.map_err(failed)?;
    let mut found = Vec::new();
    for network in listed.into_iter().filter(|network| network.name.as_deref() == Some(name)) {
        match engine.docker.inspect_network(network.id.as_deref().unwrap_or(name), None).await {
            Ok(network) => found.push(network),
            Err(error) if is_missing(&error) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    found.sort_by(|a, b| (is_unused(a), &a.created, &a.id).cmp(&(is_unused(b), &b.created, &b.id)));
    Ok(found)
}

fn is_unused(network: &NetworkInspect) -> bool {
    network.containers.as_ref().is_none_or(HashMap::is_empty)
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

/// Removes a network, or all of its name if there are several. One that is gone is gone.
pub(super) async fn remove_network(engine: &Engine, name: &str) -> Result<(), Fault> {
    // Engines take the beginning of an id for a name as well: what could be one is looked up.
    if !is_like_an_id(name) && remove(engine, name, name).await? == Removed::Gone {
        return Ok(());
    }
    for network in named(engine, name).await? {
        remove(engine, name, network.id.as_deref().unwrap_or(name)).await?;
    }
    Ok(())
}

fn is_like_an_id(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[derive(PartialEq, Eq)]
enum Removed {
    /// It is not there any more.
    Gone,
    /// There are several of this name.
    Several,
}

async fn remove(engine: &Engine, name: &str, id: &str) -> Result<Removed, Fault> {
    let began = Instant::now();
    loop {
        let error = match engine.docker.remove_network(id).await {
            Ok(()) => return Ok(Removed::Gone),
            Err(error) if is_missing(&error) => return Ok(Removed::Gone),
            Err(error) => error,
        };
        let says = |words: &str| refusal(&error).is_some_and(|(_, message)| message.contains(words));
        if says("is ambiguous") {
            return Ok(Removed::Several);
        }
        // A Swarm hears a little later that a container on another machine is gone.
        if !says("is in use by task") || began.elapsed() > SWARM_HEARS {
            return Err(not_removed(&error, name));
        }
        sleep(PAUSE).await;
    }
}

fn not_removed(error: &Error, name: &str) -> Fault {
    let in_use = refusal(error).is_some_and(|(_, message)| message.contains("active endpoints"));
    let fault = explain(error, &format!("removing network `{name}`"));
    if !in_use {
        return fault;
    }
    Fault { message: format!("network `{name}` is still in use"), ..fault }
        .help(format!("`docker network inspect {name}` names the containers that are in it"))
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
