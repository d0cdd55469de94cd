//! Running a command in a container.

use bollard::errors::Error;
use bollard::exec::{CreateExecOptions, StartExecResults};
use futures_util::StreamExt;

use super::docker::Engine;
use super::fault::{Fault, exit_code, explain, is_missing};
use crate::stack::Hook;

/// Runs a command to its end. One that does not end with 0 is a fault, with what it said.
pub(super) async fn exec(engine: &Engine, name: &str, hook: &Hook) -> Result<(), Fault> {
    let doing = format!("running `{}` in `{name}`", hook.command.join(" "));
    let failed = |error: Error| explain(&error, &doing);
    let options = CreateExecOptions {
        cmd: Some(hook.command.clone()),
        env: Some(hook.environment.clone()).filter(|environment| !environment.is_empty()),
        user: hook.user.clone(),
        working_dir: hook.working_dir.clone(),
        privileged: Some(hook.privileged).filter(|it| *it),
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
            // What is told is its end.
            if said.len() > MOST {
                said = said.chars().skip(said.chars().count() / 2).collect();
            }
        }
    }
    match engine.docker.inspect_exec(&exec).await.map_err(failed)?.exit_code {
        Some(0) => Ok(()),
        code => Err(Fault::new(format!("{doing}: {}", exit_code(code))).detail(said.trim_end())),
    }
}

/// So much of what a command says is kept, in bytes.
const MOST: usize = 4096;

/// [`exec`], before a container stops: one that does not run (any more) has nothing to prepare.
pub(super) async fn before_stop(engine: &Engine, name: &str, hook: &Hook) -> Result<(), Fault> {
    let runs = match engine.docker.inspect_container(name, None).await {
        Ok(container) => container.state.and_then(|state| state.running) == Some(true),
        Err(error) if is_missing(&error) => false,
        Err(error) => return Err(explain(&error, &format!("looking at container `{name}`"))),
    };
    if runs { exec(engine, name, hook).await } else { Ok(()) }
}
