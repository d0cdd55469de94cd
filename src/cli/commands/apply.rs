//! `planner apply`: makes the machines what the files say.

use crate::apply;
use crate::cli::args::ApplyArgs;
use crate::cli::deploy::{connect, machines, make_plan, observe, read_plan, runtime};
use crate::cli::project::Project;
use crate::cli::{Exit, Io};
use crate::cluster::DockerCluster;
use crate::observed::Observed;
use crate::plan::{self, Plan};
use crate::view::{self, Progress};

pub(in crate::cli) fn run(args: &ApplyArgs, io: &mut Io) -> Exit {
    let mut project = Project::load(io, &args.project, &args.machines);
    if let Some(exit) = project.exit() {
        io.tell_findings(&mut project.findings, &project.sources);
        return exit;
    }
    let runtime = match runtime(io) {
        Ok(runtime) => runtime,
        Err(exit) => return exit,
    };
    let machines = machines(project.inventory.as_ref());
    let cluster = connect(io, &machines);
    runtime.block_on(async {
        let planned = match observe(io, &machines, &cluster).await {
            Ok(observed) => the_plan(args, io, &mut project, &observed),
            Err(exit) => Err(exit),
        };
        match planned {
            Err(exit) => exit,
            Ok(plan) => confirm_and_apply(args, io, &plan, &cluster).await,
        }
    })
}

/// The saved plan, if one is named and the machines are still as it found them; else a fresh one.
fn the_plan(args: &ApplyArgs, io: &mut Io, project: &mut Project, observed: &Observed) -> Result<Plan, Exit> {
    let Some(path) = &args.plan else {
        return make_plan(io, project, observed, args.placement.policy.into());
    };
    let plan = read_plan(io, path)?;
    if plan.observed_digest == plan::observed_digest(&plan.project, observed) {
        return Ok(plan);
    }
    io.refuse(
        "the plan is stale: the machines have changed since it was made",
        Some("look at a fresh one with `planner plan`; nothing was changed"),
    );
    Err(Exit::Error)
}

async fn confirm_and_apply(args: &ApplyArgs, io: &mut Io, plan: &Plan, cluster: &DockerCluster) -> Exit {
    io.print(&view::plan(plan, io.style));
    if plan.is_empty() {
        return Exit::Fine;
    }
    if !args.yes && !confirmed(io) {
        return Exit::Error;
    }
    let mut progress = Progress::new(plan, io.style);
    let stop = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let mut show = |event: apply::Event<'_>| {
        if let Some(line) = progress.line(event) {
            io.tell(&line);
        }
    };
    let outcome = apply::apply(plan, cluster, &mut show, stop).await;
    io.print(&view::outcome(plan, &outcome, io.style));
    match (outcome.is_complete(), outcome.failed.is_empty()) {
        (true, _) => Exit::Fine,
        (false, true) => Exit::Cancelled,
        (false, false) => Exit::Error,
    }
}

fn confirmed(io: &mut Io) -> bool {
    let Some(mut ask) = io.ask.take() else {
        io.refuse("not applied: there is nobody to ask", Some("add --yes to apply without being asked"));
        return false;
    };
    io.tell("\nApply this? Only `yes` will do: ");
    let answer = ask();
    io.ask = Some(ask);
    let yes = answer.is_some_and(|answer| answer.trim() == "yes");
    if !yes {
        io.tell("Nothing was changed.\n");
    }
    yes
}
