//! Starting a container, and saying why it cannot be: most often its port is taken.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use bollard::query_parameters::{ListContainersOptions, StartContainerOptions};
use tokio::time::sleep;

use super::docker::Engine;
use super::fault::{Fault, explain, refusal};
use super::run::{create, missing_bind_source, remove};
use crate::plan::NewContainer;

/// What an engine says where it has given a port to another container itself, of any state.
const ALLOCATED: &str = "port is already allocated";
/// How long that is waited for, and how long between two looks.
const LETS_GO: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(500);
const OUTSIDE: &str = "a process outside Docker";
/// An engine that was killed takes up what it had begun when it is there again. It holds its ports until that has failed, and in one
/// case for as long as it runs, with no container to show for it (moby/moby#25981, #36591).
const OWN_ENGINE: &str = "its engine, for a container that it was starting when it was ended";
const LET_GO: &str = "restart that engine: `sudo systemctl restart docker` (its containers restart with it, unless it has \
                      `live-restore`); then `planner apply` again";

/// Starts a container, or lets one that is paused go on. One that runs is started. One that its engine cannot start any more is
/// made `anew`, if it is known from what.
pub(super) async fn start(engine: &Engine, name: &str, anew: Option<&NewContainer>) -> Result<(), Fault> {
    let begun = Instant::now();
    let error = loop {
        let options = None::<StartContainerOptions>;
        let Err(error) = engine.docker.start_container(name, options).await else { return Ok(()) };
        if begun.elapsed() > LETS_GO || !is_held_by_engine(engine, &error).await {
            break error;
        }
        sleep(PAUSE).await;
    };
    let failed = |error: &_| explain(error, &format!("starting container `{name}`"));
    if refusal(&error).is_some_and(|(_, message)| message.contains("paused container")) {
        return engine.docker.unpause_container(name).await.map_err(|error| failed(&error));
    }
    let fault = failed(&error);
    let Some((_, message)) = refusal(&error) else { return Err(fault) };
    if let Some((address, port)) = taken_port(message) {
        let (who, help) = match holder(engine, port).await {
            None if message.contains(ALLOCATED) => (OWN_ENGINE.to_owned(), LET_GO.to_owned()),
            who => (who.map_or(OUTSIDE.to_owned(), |it| format!("container `{it}`")), free_it(port)),
        };
        let meaning = format!("container `{name}` cannot start: port {port} ({address}) is taken by {who}");
        return Err(Fault { message: meaning, ..fault }.help(help));
    }
    if let Some(new) = anew.filter(|_| is_left_over(message)) {
        remove(engine, name, name).await?;
        create(engine, new).await?;
        return Box::pin(start(engine, &new.name, None)).await;
    }
    if is_left_over(message) {
        let meaning =
            format!("container `{name}` cannot start: something is left of it from when its engine was killed");
        return Err(Fault { message: meaning, ..fault }.help("`planner apply` again makes it anew"));
    }
    if let Some(path) = missing_bind_source(message) {
        let meaning = format!("container `{name}` cannot start: the bind mount's source {path} is not there");
        return Err(Fault { message: meaning, ..fault }.help("create it on that machine"));
    }
    Err(fault)
}

/// Whether an engine's refusal to start a container says that something with the container's id is there already: what an engine
/// started when it was killed, it does not find again.
pub(super) fn is_left_over(message: &str) -> bool {
    let is_id = |word: &str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    message.contains("exists") && message.split(|c: char| !c.is_ascii_alphanumeric()).any(is_id)
}

/// The address and port of "port is already allocated" and "address already in use".
fn taken_port(message: &str) -> Option<(String, u16)> {
    let taken = message.contains(ALLOCATED) || message.contains("address already in use");
    taken.then(|| message.split_whitespace().find_map(address_and_port)).flatten()
}

/// Reads `0.0.0.0:80`, `[::]:80`, and both with more behind, such as `:`, `/tcp` or the container's side.
fn address_and_port(word: &str) -> Option<(String, u16)> {
    let (address, rest) = match word.strip_prefix('[') {
        Some(rest) => rest.split_once("]:")?,
        None => word.split_once(':')?,
    };
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    let address: IpAddr = address.parse().ok()?;
    let port = digits.parse().ok().filter(|port| *port != 0)?;
    Some((address.to_string(), port))
}

/// Whether a start was refused for a port that no running container has, and yet the engine says that it gave it away.
async fn is_held_by_engine(engine: &Engine, error: &bollard::errors::Error) -> bool {
    let message = refusal(error).map(|(_, message)| message).filter(|message| message.contains(ALLOCATED));
    match message.and_then(taken_port) {
        Some((_, port)) => holder(engine, port).await.is_none(),
        None => false,
    }
}

fn free_it(port: u16) -> String {
    format!(
        "free it (`ss -lnp 'sport = :{port}'` there shows who has it), publish another port, or leave out `published` to have \
         one assigned"
    )
}

/// The running container that has a port, as far as the engine knows.
async fn holder(engine: &Engine, port: u16) -> Option<String> {
    let options = ListContainersOptions { all: false, ..Default::default() };
    let containers = engine.docker.list_containers(Some(options)).await.unwrap_or_default();
    let holds = |ports: &Option<Vec<bollard::models::PortSummary>>| {
        ports.iter().flatten().any(|one| one.public_port == Some(port))
    };
    let holder = containers.into_iter().find(|container| holds(&container.ports));
    let name = holder?.names?.into_iter().next()?;
    Some(name.trim_start_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Docker 20.10 to 28.
    const REFUSALS: [(&str, &str, u16); 4] = [
        (
            "driver failed programming external connectivity on endpoint web (1a2b): Bind for 0.0.0.0:8080 failed: \
             port is already allocated",
            "0.0.0.0",
            8080,
        ),
        (
            "driver failed programming external connectivity on endpoint web (1a): Error starting userland proxy: \
             listen tcp4 0.0.0.0:8080: bind: address already in use",
            "0.0.0.0",
            8080,
        ),
        ("failed to bind host port for [::]:53:172.17.0.2:53/udp: address already in use", "::", 53),
        ("failed to bind host port 127.0.0.1:80/tcp: address already in use", "127.0.0.1", 80),
    ];

    #[test]
    fn what_is_left_of_a_container_is_known_by_its_id() {
        let id = "8f680b13cc8a86bff73702a65c4618c6f7d8eb2c11a4b9a1506e3c29144f17a7";
        assert!(is_left_over(&format!("task {id}: already exists")));
        assert!(is_left_over(&format!(
            "failed to start shim: mkdir /run/io.containerd.runtime.v2.task/moby/{id}: file exists"
        )));
        assert!(!is_left_over("endpoint with name web already exists in network front"));
        assert!(!is_left_over(&format!("no such container {id}")));
    }

    #[test]
    fn the_taken_port_is_found_in_what_engines_say() {
        for (message, address, port) in REFUSALS {
            assert_eq!(taken_port(message), Some((address.to_owned(), port)), "{message}");
        }
        assert_eq!(taken_port("oci runtime error: 0.0.0.0:80 nonsense"), None);
    }
}
