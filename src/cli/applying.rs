//! Doing a plan before the user's eyes: shown, agreed to, done, and what came of it.

use futures_util::future::{Either, select};
use tokio::sync::oneshot;

use crate::apply::{self, Outcome};
use crate::cluster::DockerCluster;
use crate::plan::Plan;
use crate::view::{self, Progress};

use super::interrupt::Interrupts;
use super::{Exit, Io};

/// Shows a plan, asks unless `yes`, does it, and says what came of it.
pub(super) async fn confirm_and_apply(
    io: &mut Io,
    plan: &Plan,
    cluster: &DockerCluster,
    yes: bool,
    objective: bool,
) -> Exit {
    io.print(&view::plan(plan, io.style));
    if objective {
        io.print(&view::objective(&plan.quality, io.style));
    }
    if plan.is_empty() {
        return Exit::Fine;
    }
    if !yes && !confirmed(io) {
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
