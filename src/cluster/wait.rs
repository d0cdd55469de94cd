//! Waiting until a container is as its dependents want it.

use std::time::Duration;

use bollard::models::ContainerState;
use tokio::time::{Instant, sleep};

use super::docker::Engine;
use super::fault::{Fault, explain};
use crate::plan::Until;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);
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
            Verdict::Never(fault) => return Err(fault),
            Verdict::NotYet(what) if what == told => {}
            Verdict::NotYet(what) => {
                progress(&what);
                told = what;
            }
        }
        if Instant::now() >= deadline {
            let wanted = if until == Until::Healthy { "healthy" } else { "finished" };
            return Err(Fault::new(format!(
                "container `{name}` is not {wanted} after {} minutes",
                LIMIT.as_secs() / 60
            ))
            .help(format!("`docker logs {name}` there shows what it does")));
        }
        sleep(PAUSE).await;
    }
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
        (Until::Healthy, "healthy") => Verdict::Reached,
        (Until::Healthy, "unhealthy") => {
            let log = health.and_then(|health| health.log.as_ref()).and_then(|log| log.last());
            let output = log.and_then(|result| result.output.as_deref()).unwrap_or_default();
            let fault = Fault::new(format!("container `{name}` is unhealthy")).detail(last_line(output));
            Verdict::Never(fault.help(format!("`docker inspect {name}` there shows the last health checks")))
        }
        (Until::Healthy, "" | "none") if status == "running" => Verdict::Never(
            Fault::new(format!("container `{name}` has no health check to wait for"))
                .help("give the service a `healthcheck`, or wait for `service_started`"),
        ),
        (Until::Healthy, _) => Verdict::NotYet(if health_word.is_empty() { status } else { health_word }),
    }
}

fn has_ended(name: &str, state: &ContainerState) -> Fault {
    let code = state.exit_code.map_or_else(|| "no exit code".to_owned(), |code| format!("exit code {code}"));
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
        assert_eq!(completed(r#"{"Status":"exited","ExitCode":0}"#), "reached");
        assert_eq!(completed(r#"{"Status":"running"}"#), "not yet: running");
        assert_eq!(
            completed(r#"{"Status":"exited","ExitCode":137,"OOMKilled":true}"#),
            "container `db` ended with exit code 137, out of memory"
        );
    }
}
