//! `planner down`: takes a project away from all machines. Volumes stay.

use std::time::Duration;

use crate::apply::lock::Lock;
use crate::cli::applying::{confirm_and_apply, lock};
use crate::cli::args::DownArgs;
use crate::cli::deploy::{connect, machines, observe, runtime};
use crate::cli::project::Project;
use crate::cli::{Exit, Io};
use crate::cluster::DockerCluster;
use crate::inventory::Endpoint;
use crate::plan::{self, NoPlan};
use crate::stack;

pub(in crate::cli) fn run(args: &DownArgs, io: &mut Io) -> Exit {
    take_down(args, io).unwrap_or_else(|exit| exit)
}

fn take_down(args: &DownArgs, io: &mut Io) -> Result<Exit, Exit> {
    let mut project = Project::load(io, &args.project, &args.machines);
    io.tell_findings(&mut project.findings.clone(), &project.sources);
    if let Some(exit) = project.exit() {
        return Err(exit);
    }
    let machines = machines(project.inventory.as_ref());
    let cluster = connect(io, &machines);
    let patience = Duration::from_secs(args.lock_timeout);
    runtime(io)?.block_on(async {
        let lock = lock(io, &cluster, &project.compose.name, &machines, patience).await?;
        let exit = locked(args, io, &mut project, &machines, &lock, &cluster).await;
        lock.release().await;
        exit
    })
}

async fn locked(
    args: &DownArgs,
    io: &mut Io,
    project: &mut Project,
    machines: &[(String, Endpoint)],
    lock: &Lock<'_, DockerCluster>,
    cluster: &DockerCluster,
) -> Result<Exit, Exit> {
    let observed = observe(io, machines, cluster).await?;
    let (stack, _) = stack::build(&project.compose, project.inventory.as_ref(), Some(&observed));
    let plan = plan::take_down(&stack, &observed, &project.origin()).map_err(|no_plan| {
        if let NoPlan::Refused(findings) = no_plan {
            project.findings.extend(findings);
        }
        io.tell_findings(&mut project.findings, &project.sources);
        Exit::Error
    })?;
    Ok(confirm_and_apply(io, &plan, cluster, lock, (args.yes, false)).await)
}
