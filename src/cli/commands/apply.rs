//! `planner apply`: makes the machines what the files say.

use std::time::Duration;

use crate::apply::lock::Lock;
use crate::cli::applying::{confirm_and_apply, lock};
use crate::cli::args::ApplyArgs;
use crate::cli::deploy::{connect, observe, runtime};
use crate::cli::goal::Goal;
use crate::cli::{Exit, Io};
use crate::cluster::DockerCluster;
use crate::inventory::Endpoint;

pub(in crate::cli) fn run(args: &ApplyArgs, io: &mut Io) -> Exit {
    Goal::load(args, io).and_then(|goal| reach(args, io, goal)).unwrap_or_else(|exit| exit)
}

fn reach(args: &ApplyArgs, io: &mut Io, goal: Goal) -> Result<Exit, Exit> {
    let machines = goal.machines();
    goal.fits(io, &machines)?;
    let cluster = connect(io, &machines).with_contents(goal.contents(io)?);
    let patience = Duration::from_secs(args.lock_timeout);
    runtime(io)?.block_on(async {
        let lock = lock(io, &cluster, goal.project(), &machines, patience).await?;
        let exit = locked(args, io, goal, &machines, &lock, &cluster).await;
        lock.release().await;
        exit
    })
}

async fn locked(
    args: &ApplyArgs,
    io: &mut Io,
    goal: Goal,
    machines: &[(String, Endpoint)],
    lock: &Lock<'_, DockerCluster>,
    cluster: &DockerCluster,
) -> Result<Exit, Exit> {
    let observed = observe(io, machines, cluster).await?;
    let plan = goal.plan(args, io, &observed)?;
    Ok(confirm_and_apply(io, &plan, cluster, lock, (args.yes, args.placement.objective)).await)
}
