//! Giving a container other versions of its files while it runs.

use bollard::query_parameters::KillContainerOptions;

use super::deliver::deliver;
use super::docker::Engine;
use super::exec::exec;
use super::fault::{Fault, explain};
use crate::stack::{DeliveredFile, Hook};

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
            let options = KillContainerOptions { signal: reload.signal.clone() };
            engine.docker.kill_container(name, Some(options)).await.map_err(failed)?;
        }
    }
    Ok(())
}
