//! Giving a container other versions of its files while it runs.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bollard::query_parameters::KillContainerOptions;
use tokio::time::sleep;

use super::deliver::deliver;
use super::docker::Engine;
use super::exec::exec;
use super::fault::{Fault, explain};
use crate::stack::{DeliveredFile, Hook};

/// Between two looks at whether a container has taken up what it was told.
const PAUSE: Duration = Duration::from_millis(200);

/// From when another worker is there alone until what the one before had asked for is answered everywhere.
const SETTLES: Duration = Duration::from_secs(1);

/// How long that is waited for.
const LONGEST: Duration = Duration::from_secs(10);

/// Puts the files into the container; one that runs checks them first, and is told of them.
pub(super) async fn reload(engine: &Engine, name: &str, files: &[DeliveredFile]) -> Result<(), Fault> {
    let failed = |error| explain(&error, &format!("telling `{name}` of a new configuration"));
    let container = engine.docker.inspect_container(name, None).await.map_err(failed)?;
    let runs = container.state.and_then(|state| state.running) == Some(true);
    for (file, reload) in files.iter().filter_map(|file| Some((file, file.reload.as_ref()?))) {
        if runs && !reload.check.is_empty() {
            let new = DeliveredFile { target: format!("{}.new", file.target), ..file.clone() };
            deliver(engine, name, std::slice::from_ref(&new)).await?;
            let check = Hook { command: reload.check.clone(), ..Hook::default() };
            exec(engine, name, &check).await.map_err(|fault| fault.help("the container goes on with what it had"))?;
        }
        deliver(engine, name, std::slice::from_ref(file)).await?;
        if runs {
            let before = processes(engine, name).await;
            let options = KillContainerOptions { signal: reload.signal.clone() };
            engine.docker.kill_container(name, Some(options)).await.map_err(failed)?;
            taken_up(engine, name, &before).await;
        }
    }
    Ok(())
}

/// A signal is only a word: what was told goes on with what it had until it has read its files, and what it still knows of is
/// not to be stopped before. HAProxy has then begun another worker, and the one before has ended, but for the master: that one may
/// be slow to hear of it. Connections that last keep it for longer than is waited.
async fn taken_up(engine: &Engine, name: &str, before: &BTreeSet<String>) {
    let begun = Instant::now();
    while begun.elapsed() < LONGEST {
        sleep(PAUSE).await;
        let now = processes(engine, name).await;
        if now.difference(before).next().is_some() && now.intersection(before).count() <= 1 {
            break;
        }
    }
    sleep(SETTLES).await;
}

/// The processes of a container; none where the engine does not tell.
async fn processes(engine: &Engine, name: &str) -> BTreeSet<String> {
    let Ok(top) = engine.docker.top_processes(name, None).await else { return BTreeSet::new() };
    let titles = top.titles.unwrap_or_default();
    let Some(column) = titles.iter().position(|title| title == "PID") else { return BTreeSet::new() };
    top.processes
        .unwrap_or_default()
        .into_iter()
        .filter_map(|mut row| row.get_mut(column).map(std::mem::take))
        .collect()
}
