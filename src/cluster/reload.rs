//! Giving a container other versions of its files while it runs.

use bollard::exec::{CreateExecOptions, StartExecResults};
use bollard::query_parameters::KillContainerOptions;
use futures_util::StreamExt;

use super::deliver::deliver;
use super::docker::Engine;
use super::fault::{Fault, explain};
use crate::stack::DeliveredFile;

/// Puts the files into the container; one that runs checks them first, and is told of them.
pub(super) async fn reload(engine: &Engine, name: &str, files: &[DeliveredFile]) -> Result<(), Fault> {
    let failed = |error| explain(&error, &format!("telling `{name}` of a new configuration"));
    let container = engine.docker.inspect_container(name, None).await.map_err(failed)?;
    let runs = container.state.and_then(|state| state.running) == Some(true);
    for (file, reload) in files.iter().filter_map(|file| Some((file, file.reload.as_ref()?))) {
        if runs && !reload.check.is_empty() {
            let new = DeliveredFile { target: format!("{}.new", file.target), ..file.clone() };
            deliver(engine, name, std::slice::from_ref(&new)).await?;
            check(engine, name, &reload.check).await?;
        }
        deliver(engine, name, std::slice::from_ref(file)).await?;
        if runs {
            let options = KillContainerOptions { signal: reload.signal.clone() };
            engine.docker.kill_container(name, Some(options)).await.map_err(failed)?;
        }
    }
    Ok(())
}

/// Runs a command in a container; one that does not end with 0 is a fault, with what it said.
async fn check(engine: &Engine, name: &str, command: &[String]) -> Result<(), Fault> {
    let doing = format!("running `{}` in `{name}`", command.join(" "));
    let failed = |error| explain(&error, &doing);
    let options = CreateExecOptions {
        cmd: Some(command.to_vec()),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        ..Default::default()
    };
    let exec = engine.docker.create_exec(name, options).await.map_err(failed)?.id;
    let mut said = String::new();
    if let StartExecResults::Attached { mut output, .. } =
        engine.docker.start_exec(&exec, None).await.map_err(failed)?
    {
        while let Some(part) = output.next().await {
            said.push_str(&part.map_err(failed)?.to_string());
        }
    }
    match engine.docker.inspect_exec(&exec).await.map_err(failed)?.exit_code {
        Some(0) => Ok(()),
        code => {
            let code = code.map_or_else(|| "no exit code".to_owned(), |code| format!("exit code {code}"));
            let fault = Fault::new(format!("{doing}: {code}")).detail(said.trim_end());
            Err(fault.help("the container goes on with what it had"))
        }
    }
}
