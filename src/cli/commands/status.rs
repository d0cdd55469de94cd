//! `planner status`: what runs, where, and what is missing.

use std::time::Duration;

use crate::cli::args::StatusArgs;
use crate::cli::deploy::{connect, machines, read_observed, runtime, tell_cluster_error};
use crate::cli::interrupt::Interrupts;
use crate::cli::project::Project;
use crate::cli::{Exit, Io};
use crate::cluster::{self, DockerCluster};
use crate::observed::Observed;
use crate::plan::{self, Status, status};
use crate::view;
use crate::{discovery, stack};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(2);

pub(in crate::cli) fn run(args: &StatusArgs, io: &mut Io) -> Exit {
    tell(args, io).unwrap_or_else(|exit| exit)
}

fn tell(args: &StatusArgs, io: &mut Io) -> Result<Exit, Exit> {
    let project = Project::load_to_deploy(io, &args.project, &args.machines)?;
    let machines = machines(project.inventory.as_ref());
    let names: Vec<String> = machines.iter().map(|(name, _)| name.clone()).collect();
    if let Some(path) = &args.observed {
        let observed = read_observed(io, path, &machines)?;
        return Ok(show(args, io, &seen(&project, &observed)));
    }
    let cluster = connect(io, &machines);
    runtime(io)?.block_on(async {
        if args.watch {
            watch(io, &project, &cluster, &names).await;
            return Ok(Exit::Fine);
        }
        let (observed, errors) = cluster::observe_all(&cluster, &names).await;
        errors.iter().for_each(|error| tell_cluster_error(io, error));
        Ok(show(args, io, &seen(&project, &observed)))
    })
}

fn seen(project: &Project, observed: &Observed) -> Status {
    let (mut stack, _) = stack::build(&project.compose, project.inventory.as_ref(), Some(observed));
    project.contents.mark(&mut stack);
    let running = plan::running(&stack, observed);
    status(&discovery::as_running(stack, &running), observed)
}

fn show(args: &StatusArgs, io: &mut Io, status: &Status) -> Exit {
    let text = if args.json { view::status_json(status) } else { view::status(status, io.style) };
    io.print(&text);
    match (status.is_whole(), status.unseen.is_empty()) {
        (true, _) => Exit::Fine,
        (false, true) => Exit::Error,
        (false, false) => Exit::Incomplete,
    }
}

/// Looks again and again, until it is interrupted.
async fn watch(io: &mut Io, project: &Project, cluster: &DockerCluster, names: &[String]) {
    let mut interrupts = Interrupts::new();
    loop {
        let (observed, errors) = cluster::observe_all(cluster, names).await;
        let text = view::status(&seen(project, &observed), io.style);
        // The screen is cleared only when there is something to show in its place.
        let clear = if io.terminal { "\x1b[2J\x1b[H" } else { "" };
        io.print(&format!("{clear}{text}"));
        errors.iter().for_each(|error| tell_cluster_error(io, error));
        tokio::select! {
            () = interrupts.next() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}
