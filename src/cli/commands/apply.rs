//! `planner apply`: makes the machines what the files say.

use futures_util::future::{Either, select};
use tokio::sync::oneshot;

use crate::apply::{self, Outcome};
use crate::cli::args::ApplyArgs;
use crate::cli::deploy::{connect, machines, observe, runtime};
use crate::cli::goal::Goal;
use crate::cli::interrupt::Interrupts;
use crate::cli::{Exit, Io};
use crate::cluster::DockerCluster;
use crate::plan::Plan;
use crate::view::{self, Progress};

pub(in crate::cli) fn run(args: &ApplyArgs, io: &mut Io) -> Exit {
    Goal::load(args, io).and_then(|goal| reach(args, io, goal)).unwrap_or_else(|exit| exit)
}

fn reach(args: &ApplyArgs, io: &mut Io, goal: Goal) -> Result<Exit, Exit> {
    let machines = machines(goal.inventory());
    goal.fits(io, &machines)?;
    let cluster = connect(io, &machines).with_contents(goal.contents(io)?);
    runtime(io)?.block_on(async {
        let observed = observe(io, &machines, &cluster).await?;
        let plan = goal.plan(args, io, &observed)?;
        Ok(confirm_and_apply(args, io, &plan, &cluster).await)
    })
}

async fn confirm_and_apply(args: &ApplyArgs, io: &mut Io, plan: &Plan, cluster: &DockerCluster) -> Exit {
    io.print(&view::plan(plan, io.style));
    if args.placement.objective {
        io.print(&view::objective(&plan.quality, io.style));
    }
    if plan.is_empty() {
        return Exit::Fine;
    }
    if !args.yes && !confirmed(io) {
        return Exit::Error;
    }
    let Some(outcome) = do_steps(io, plan, cluster).await else {
        io.tell("\nLeft. What was begun may or may not be done; `planner apply` again goes on from there.\n");
        return Exit::Cancelled;
    };
    io.print(&view::outcome(plan, &outcome, io.style));
    match (outcome.is_complete(), outcome.failed.is_empty()) {
        (true, _) => Exit::Fine,
        (false, true) => Exit::Cancelled,
        (false, false) => Exit::Error,
    }
}

/// Interrupted once, it finishes what runs; twice, it leaves: then nobody knows what was done.
async fn do_steps(io: &mut Io, plan: &Plan, cluster: &DockerCluster) -> Option<Outcome> {
    let mut progress = Progress::new(plan, io.style);
    let mut show = |event: apply::Event<'_>| {
        if let Some(line) = progress.line(event) {
            io.tell(&line);
        }
    };
    let mut interrupts = Interrupts::new();
    let (tell, told) = oneshot::channel();
    let twice = std::pin::pin!(async {
        interrupts.next().await;
        // Whoever listens is told only now: what the user sends on reading the answer is the second one.
        let _ = tell.send(());
        interrupts.next().await;
    });
    let until = async { told.await.unwrap_or(()) };
    let applying = std::pin::pin!(apply::apply(plan, cluster, &mut show, until));
    match select(twice, applying).await {
        Either::Left(_) => None,
        Either::Right((outcome, _)) => Some(outcome),
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
