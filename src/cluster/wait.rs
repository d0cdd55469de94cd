//! Waiting until a container is as its dependents want it.

use std::time::Duration;

use bollard::models::ContainerState;
use bollard::query_parameters::LogsOptions;
use futures_util::StreamExt;
use tokio::time::{Instant, sleep, timeout};

use super::docker::Engine;
use super::fault::{Fault, exit_code, explain};
use crate::plan::Until;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);
/// Between two looks at what is only watched.
const WATCH: Duration = Duration::from_secs(1);
/// So much of a container's log is told.
const LAST_LINES: usize = 5;
/// How long an engine may take to give it.
const LOG_PATIENCE: Duration = Duration::from_secs(3);
/// As long as anything is worth waiting for.
const LIMIT: Duration = Duration::from_secs(600);

/// Waits until the container is healthy, or has ended well.
pub(super) async fn wait(engine: &Engine, name: &str, until: Until, progress: &dyn Fn(&str)) -> Result<(), Fault> {
    let deadline = Instant::now() + LIMIT;
    let mut told = String::new();
    loop {
        let container = engine.docker.inspect_container(name, None).await;
        let container = container.map_err(|error| explain(&error, &format!("waiting for container `{name}`")))?;
        match judge(name, until, &container.state.unwrap_or_default()) {
            Verdict::Reached => return Ok(()),
            Verdict::Never(fault) => return Err(with_log(engine, name, fault).await),
            Verdict::NotYet(what) if what == told => {}
            Verdict::NotYet(what) => {
                progress(&what);
                told = what;
            }
        }
        if Instant::now() >= deadline {
            let wanted = match until {
                Until::Healthy | Until::Ready => "healthy",
                Until::Completed => "finished",
            };
            return Err(Fault::new(format!(
                "container `{name}` is not {wanted} after {} minutes",
                LIMIT.as_secs() / 60
            ))
            .help(format!("`docker logs {name}` there shows what it does")));
        }
        sleep(PAUSE).await;
    }
}

/// Looks on for some time: the container must go on without being started anew, and not become unhealthy.
pub(super) async fn watch(engine: &Engine, name: &str, time: Duration) -> Result<(), Fault> {
    let end = Instant::now() + time;
    let mut restarts = None;
    loop {
        let container = engine.docker.inspect_container(name, None).await;
        let container = container.map_err(|error| explain(&error, &format!("watching container `{name}`")))?;
        let (state, count) = (container.state.unwrap_or_default(), container.restart_count.unwrap_or_default());
        let fault = match judge(name, Until::Ready, &state) {
            Verdict::Never(fault) => Some(fault),
            Verdict::Reached | Verdict::NotYet(_) => {
                let before = *restarts.get_or_insert(count);
                (count > before).then(|| {
                    let code = state.exit_code.filter(|code| *code != 0);
                    let code = code.map(|code| format!(" after exit code {code}")).unwrap_or_default();
                    Fault::new(format!("container `{name}` did not go on: it was started anew{code}"))
                        .help(format!("`docker logs {name}` there shows why"))
                })
            }
        };
        if let Some(fault) = fault {
            return Err(with_log(engine, name, fault).await);
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        sleep(left.min(WATCH)).await;
    }
}

/// What a container said last, where nothing else tells why it failed: it may be gone soon.
async fn with_log(engine: &Engine, name: &str, fault: Fault) -> Fault {
    if fault.detail.is_some() {
        return fault;
    }
    let options = LogsOptions { stdout: true, stderr: true, tail: LAST_LINES.to_string(), ..LogsOptions::default() };
    let said = engine.docker.logs(name, Some(options)).take(LAST_LINES);
    let said = said.filter_map(|line| async { line.ok() }).map(|line| line.to_string());
    let lines = timeout(LOG_PATIENCE, said.collect::<String>()).await.unwrap_or_default();
    fault.detail(lines.trim_end())
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Reached,
    NotYet(String),
    Never(Fault),
}

fn judge(name: &str, until: Until, state: &ContainerState) -> Verdict {
    let status = state.status.map(|status| status.to_string()).unwrap_or_default();
    let health = state.health.as_ref();
    let health_word = health.and_then(|health| health.status).map(|status| status.to_string()).unwrap_or_default();
    let ended = matches!(status.as_str(), "exited" | "dead");
    match (until, health_word.as_str()) {
        (Until::Completed, _) if ended && state.exit_code == Some(0) => Verdict::Reached,
        (_, _) if ended => Verdict::Never(has_ended(name, state)),
        (Until::Completed, _) => Verdict::NotYet(status),
        (Until::Healthy | Until::Ready, "healthy") => Verdict::Reached,
        (Until::Ready, "" | "none") if status == "running" => Verdict::Reached,
        (Until::Healthy | Until::Ready, "unhealthy") => {
            let log = health.and_then(|health| health.log.as_ref()).and_then(|log| log.last());
            let output = log.and_then(|result| result.output.as_deref()).unwrap_or_default();
            let fault = Fault::new(format!("container `{name}` is unhealthy")).detail(last_line(output));
            Verdict::Never(fault.help(format!("`docker inspect {name}` there shows the last health checks")))
        }
        (Until::Healthy, "" | "none") if status == "running" => Verdict::Never(
            Fault::new(format!("container `{name}` has no health check to wait for"))
                .help("give the service a `healthcheck`, or wait for `service_started`"),
        ),
        (Until::Healthy | Until::Ready, _) => {
            Verdict::NotYet(if health_word.is_empty() { status } else { health_word })
        }
    }
}

fn has_ended(name: &str, state: &ContainerState) -> Fault {
    let code = exit_code(state.exit_code);
    let killed = if state.oom_killed == Some(true) { ", out of memory" } else { "" };
    Fault::new(format!("container `{name}` ended with {code}{killed}"))
        .detail(state.error.as_deref().unwrap_or_default())
        .help(format!("`docker logs {name}` there shows why"))
}

fn last_line(text: &str) -> &str {
    text.trim_end().rsplit('\n').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(until: Until, state: &str) -> String {
        match judge("db", until, &serde_json::from_str(state).unwrap()) {
            Verdict::Reached => "reached".to_owned(),
            Verdict::NotYet(what) => format!("not yet: {what}"),
            Verdict::Never(fault) => {
                [Some(fault.message), fault.detail].into_iter().flatten().collect::<Vec<_>>().join("; ")
            }
        }
    }

    #[test]
    fn a_state_is_judged_by_what_is_waited_for() {
        let healthy = |state| verdict(Until::Healthy, state);
        let completed = |state| verdict(Until::Completed, state);
        assert_eq!(healthy(r#"{"Status":"running","Health":{"Status":"healthy"}}"#), "reached");
        assert_eq!(healthy(r#"{"Status":"running","Health":{"Status":"starting"}}"#), "not yet: starting");
        assert_eq!(healthy(r#"{"Status":"restarting","ExitCode":1}"#), "not yet: restarting");
        assert_eq!(
            healthy(r#"{"Status":"running","Health":{"Status":"unhealthy","Log":[{"Output":"a\nno route\n"}]}}"#),
            "container `db` is unhealthy; no route"
        );
        assert_eq!(healthy(r#"{"Status":"exited","ExitCode":3}"#), "container `db` ended with exit code 3");
        assert_eq!(healthy(r#"{"Status":"running"}"#), "container `db` has no health check to wait for");
        let ready = |state| verdict(Until::Ready, state);
        assert_eq!(ready(r#"{"Status":"running"}"#), "reached");
        assert_eq!(ready(r#"{"Status":"restarting","ExitCode":1}"#), "not yet: restarting");
        assert_eq!(ready(r#"{"Status":"running","Health":{"Status":"starting"}}"#), "not yet: starting");
        assert_eq!(ready(r#"{"Status":"running","Health":{"Status":"healthy"}}"#), "reached");
        assert_eq!(ready(r#"{"Status":"exited","ExitCode":3}"#), "container `db` ended with exit code 3");
        assert_eq!(completed(r#"{"Status":"exited","ExitCode":0}"#), "reached");
        assert_eq!(completed(r#"{"Status":"running"}"#), "not yet: running");
        assert_eq!(
            completed(r#"{"Status":"exited","ExitCode":137,"OOMKilled":true}"#),
            "container `db` ended with exit code 137, out of memory"
        );
    }
}
