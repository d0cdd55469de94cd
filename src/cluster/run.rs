//! Doing one [`Operation`] on an engine.

use std::time::Duration;

use bollard::ClientVersion;
use bollard::errors::Error;
use bollard::models::{ContainerUpdateBody, NetworkConnectRequest, RestartPolicy};
use bollard::query_parameters::{
    CreateContainerOptions, RemoveContainerOptions, RenameContainerOptions, StopContainerOptions,
};

use tokio::time::timeout;

use super::docker::Engine;
use super::fault::{Fault, explain, is_missing, refusal};
use super::{body, deliver, exec, network, pull, reload, start, wait};
use crate::observed::Settings;
use crate::plan::{NewContainer, Operation, When};

/// How long the engine waits before it kills, in seconds, where the container does not say.
const DEFAULT_GRACE: u64 = 10;
/// How long after that a stop may take.
const STOP_SLACK: Duration = Duration::from_secs(30);
/// As long as a call lasts whose end is decided here and not by the client.
const NO_LIMIT: Duration = Duration::from_secs(u32::MAX as u64);
/// From this version on, a container can be created in several networks at once.
const SEVERAL_NETWORKS: ClientVersion = ClientVersion { major_version: 1, minor_version: 44 };

/// Does `operation`.
pub(super) async fn run(engine: &Engine, operation: &Operation, progress: &dyn Fn(&str)) -> Result<(), Fault> {
    match operation {
        Operation::Pull { image, platform, policy, digest, id, .. } => {
            let (platform, digest, id) = (platform.as_deref(), digest.as_deref(), id.as_deref());
            pull::pull(engine, pull::Wanted { image, digest, id, platform, policy: *policy }, progress).await
        }
        Operation::CreateNetwork(spec) => network::create_network(engine, spec).await,
        Operation::CreateVolume(spec) => network::create_volume(engine, spec).await,
        Operation::CopyVolume(what) => {
            Err(Fault::new(format!("volume `{}` is not on this machine alone", what.volume)))
        }
        Operation::CreateContainer(new) => create(engine, new).await,
        Operation::Start { name, anew } => start::start(engine, checked(name)?, anew.as_deref()).await,
        Operation::Await { name, until } => wait::wait(engine, checked(name)?, *until, progress).await,
        Operation::Exec { name, hook, at: When::Started } => exec::exec(engine, checked(name)?, hook).await,
        Operation::Exec { name, hook, at: When::Stopping } => exec::before_stop(engine, checked(name)?, hook).await,
        Operation::Reload { name, files } => reload::reload(engine, checked(name)?, files).await,
        Operation::Update { name, settings } => update(engine, checked(name)?, settings).await,
        Operation::Watch { name, milliseconds } => {
            wait::watch(engine, checked(name)?, Duration::from_millis(*milliseconds)).await
        }
        Operation::Pause { milliseconds } => {
            tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
            Ok(())
        }
        Operation::Stop { id, name } => stop(engine, checked(id)?, name).await,
        Operation::Remove { id, name } => remove(engine, checked(id)?, name).await,
        Operation::Rename { from, to } => rename(engine, checked(from)?, checked(to)?).await,
        Operation::RemoveNetwork { name } => network::remove_network(engine, checked(name)?).await,
    }
}

/// A name or id that is safe as a part of a URL's path: plans come from files, too.
fn checked(name: &str) -> Result<&str, Fault> {
    let safe = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if !name.is_empty() && !name.starts_with('.') && name.chars().all(safe) {
        Ok(name)
    } else {
        Err(Fault::new(format!("`{}` is no name that an engine takes", name.escape_debug())))
    }
}

/// Gives a container its limits and its restart policy.
async fn update(engine: &Engine, name: &str, settings: &Settings) -> Result<(), Fault> {
    let number = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    let policy = settings.restart.as_deref().map(|restart| {
        let (name, retries) = restart.split_once(':').unwrap_or((restart, ""));
        RestartPolicy { name: name.parse().ok(), maximum_retry_count: retries.parse().ok() }
    });
    let update = ContainerUpdateBody {
        nano_cpus: settings.cpus.map(|thousandths| number(thousandths.saturating_mul(1_000_000))),
        memory: settings.memory.map(number),
        // Swap is bounded with memory; engines refuse a limit of memory above it.
        memory_swap: settings.memory.map(|memory| number(memory.saturating_mul(2))),
        memory_reservation: settings.memory_reservation.map(number),
        pids_limit: settings.pids,
        cpuset_cpus: settings.cpuset.clone(),
        cpu_shares: settings.cpu_shares,
        restart_policy: policy,
        ..Default::default()
    };
    let updated = engine.docker.update_container(name, update).await;
    updated.map_err(|error| explain(&error, &format!("giving container `{name}` its limits back")))
}

pub(super) async fn create(engine: &Engine, new: &NewContainer) -> Result<(), Fault> {
    let name = checked(&new.name)?;
    let networks = new.spec.networks.as_slice();
    let at_once =
        if engine.docker.client_version() < SEVERAL_NETWORKS { networks.len().min(1) } else { networks.len() };
    let (at_once, later) = networks.split_at(at_once);
    let options =
        CreateContainerOptions { name: Some(name.to_owned()), platform: new.spec.platform.clone().unwrap_or_default() };
    let created = engine.docker.create_container(Some(options), body::body(new, at_once)).await;
    created.map_err(|error| creating(&error, new))?;
    // What lacks a network or a file must not be taken for a whole container by the next plan.
    let whole = async {
        for network in later {
            let request = NetworkConnectRequest {
                container: name.to_owned(),
                endpoint_config: Some(body::endpoint(network, &new.spec.links)),
            };
            let joined = engine.docker.connect_network(checked(&network.network)?, request).await;
            joined.map_err(|error| explain(&error, &format!("joining `{name}` to network `{}`", network.network)))?;
        }
        deliver::deliver(engine, name, &new.spec.files).await
    };
    if let Err(fault) = whole.await {
        let options = RemoveContainerOptions { v: true, force: true, link: false };
        let _ = engine.docker.remove_container(name, Some(options)).await;
        return Err(fault);
    }
    Ok(())
}

fn creating(error: &Error, new: &NewContainer) -> Fault {
    let name = &new.name;
    let fault = explain(error, &format!("creating container `{name}`"));
    let Some((status, message)) = refusal(error) else { return fault };
    let (meaning, help) = if status == 409 && message.contains("is already in use") {
        let help = format!("plan again, or `docker rm {name}` there when it is no longer needed");
        (format!("a container named `{name}` is there already"), help)
    } else if status == 404 && message.contains("No such image") {
        let help = "with `pull_policy: never` an image must be put there first, by `docker load` or a build";
        (format!("image `{}` is not there", new.spec.image), help.to_owned())
    } else if let Some(path) = missing_bind_source(message) {
        let help = "create it there, or let the engine do it with `create_host_path: true`";
        (format!("the bind mount's source {path} is not there"), help.to_owned())
    } else {
        return fault;
    };
    Fault { message: meaning, ..fault }.help(help)
}

/// The path of "bind source path does not exist: /path".
pub(super) fn missing_bind_source(message: &str) -> Option<String> {
    let path = message.split("bind source path does not exist:").nth(1)?;
    Some(super::fault::clean(path))
}

/// Stops a container with the time that it asks for. One that is stopped, or gone, is stopped.
async fn stop(engine: &Engine, id: &str, name: &str) -> Result<(), Fault> {
    let failed = |error| explain(&error, &format!("stopping container `{name}`"));
    let patient = engine.docker.clone().with_timeout(NO_LIMIT);
    let mut stopping = std::pin::pin!(patient.stop_container(id, None::<StopContainerOptions>));
    let usual = Duration::from_secs(DEFAULT_GRACE);
    let stopped = match timeout(usual + STOP_SLACK, &mut stopping).await {
        Ok(stopped) => stopped,
        // Most ask for no more than that: only now is it worth a call to see.
        Err(_) => {
            let grace = grace(engine, id).await.map_err(failed)?;
            let stopped = timeout(grace.saturating_sub(usual), stopping).await;
            stopped.unwrap_or(Err(Error::RequestTimeoutError))
        }
    };
    match stopped {
        Err(error) if !is_missing(&error) => Err(failed(error)),
        _ => Ok(()),
    }
}

/// How long a container may take to stop before it is killed.
async fn grace(engine: &Engine, id: &str) -> Result<Duration, Error> {
    let asked = match engine.docker.inspect_container(id, None).await {
        Ok(container) => container.config.and_then(|config| config.stop_timeout),
        Err(error) if is_missing(&error) => None,
        Err(error) => return Err(error),
    };
    Ok(Duration::from_secs(asked.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(DEFAULT_GRACE)))
}

/// Removes a stopped container; anonymous volumes stay, as with docker compose. One that is gone is gone.
pub(super) async fn remove(engine: &Engine, id: &str, name: &str) -> Result<(), Fault> {
    let options = RemoveContainerOptions { v: false, force: false, link: false };
    match engine.docker.remove_container(id, Some(options)).await {
        Ok(()) => Ok(()),
        Err(error) if is_missing(&error) => Ok(()),
        Err(error) => match refusal(&error) {
            Some((409, message)) if message.contains("already in progress") => Ok(()),
            _ => Err(explain(&error, &format!("removing container `{name}`"))),
        },
    }
}

/// Gives a container another name. If there is none of the old name and one of the new, it was done before.
async fn rename(engine: &Engine, from: &str, to: &str) -> Result<(), Fault> {
    let options = RenameContainerOptions { name: to.to_owned() };
    let Err(error) = engine.docker.rename_container(from, options).await else { return Ok(()) };
    if is_missing(&error) && engine.docker.inspect_container(to, None).await.is_ok() {
        return Ok(());
    }
    Err(explain(&error, &format!("renaming container `{from}` to `{to}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_engines_take_get_into_a_path() {
        assert!(checked("shop-web-1").is_ok() && checked("a1b2").is_ok());
        for name in ["", "..", "a/b", "a?force=1", "a b", "ä"] {
            assert!(checked(name).is_err(), "{name}");
        }
    }

    #[test]
    fn refusals_to_create_get_a_cause_and_a_remedy() {
        let said = |status_code, message: &str| {
            let error = Error::DockerResponseServerError { status_code, message: message.to_owned() };
            creating(&error, &NewContainer { name: "web".to_owned(), ..Default::default() })
        };
        let conflict = said(409, r#"Conflict. The container name "/web" is already in use by container "1a""#);
        assert_eq!(conflict.message, "a container named `web` is there already");
        let bind = said(400, "invalid mount config for type \"bind\": bind source path does not exist: /srv/x");
        assert_eq!(bind.message, "the bind mount's source /srv/x is not there");
        assert!(bind.help.is_some() && conflict.help.is_some());
        assert_eq!(said(500, "boom").message, "creating container `web` failed");
    }
}
