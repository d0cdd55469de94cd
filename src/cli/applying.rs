//! Doing a plan before the user's eyes: shown, agreed to, done, and what came of it.

use std::cell::Cell;
use std::fs::File;
use std::io::Write;
use std::time::{Duration, SystemTime};

use futures_util::future::{Either, FutureExt, select};
use tokio::sync::oneshot;

use crate::apply::lock::{Holder, Lock, NotLocked};
use crate::apply::{self, Outcome};
use crate::cluster::{self, DockerCluster};
use crate::inventory::Endpoint;
use crate::observed::Observed;
use crate::plan::Plan;
use crate::view::{self, Progress};

use super::args::ActArgs;
use super::deploy::{observe, tell_cluster_error};
use super::disk::append_private;
use super::interrupt::Interrupts;
use super::{Exit, Io};

/// To whom a run is told: people, and programs if they asked.
struct Told<'a> {
    act: &'a ActArgs,
    log: Option<File>,
}

impl<'a> Told<'a> {
    fn new(io: &mut Io, act: &'a ActArgs) -> Result<Self, Exit> {
        let log = act.log_file.as_ref().map(|path| {
            append_private(&io.absolute(path)).map_err(|error| {
                io.refuse(&format!("{} cannot be written: {error}", path.display()), Some("nothing was changed"));
                Exit::Error
            })
        });
        Ok(Told { act, log: log.transpose()? })
    }

    /// Where programs read the results, people read beside them.
    fn people(&self, io: &mut Io, text: &str) {
        if self.act.json { io.tell(text) } else { io.print(text) }
    }

    /// A log that cannot be written any more is no reason to leave a run half done.
    fn programs(&mut self, io: &mut Io, line: &str) {
        if self.act.json {
            io.print(line);
        }
        if let Some(log) = &mut self.log {
            let _ = log.write_all(line.as_bytes());
        }
    }
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64())
}

/// Takes a project's lock on the machines, for as long as the run lasts. Who has it, or left it behind, is told.
async fn lock<'c>(
    io: &mut Io,
    cluster: &'c DockerCluster,
    project: &str,
    machines: &[(String, Endpoint)],
    patience: Duration,
) -> Result<Lock<'c, DockerCluster>, Exit> {
    let user = ["USER", "LOGNAME"].into_iter().find_map(|name| io.variable(name)).unwrap_or("somebody");
    let process = cluster::this_process(user);
    let mut waits = |machine: &str, holder: &Holder| {
        io.tell(&format!("Waiting for {} on {machine}.\n", view::holder(holder)));
    };
    let names: Vec<String> = machines.iter().map(|(name, _)| name.clone()).collect();
    match Lock::take(cluster, project, &names, process, patience, &mut waits).await {
        Ok((lock, left)) => {
            if let Some(holder) = left.first() {
                let what = view::holder(holder);
                io.tell(&format!("An earlier run was left unfinished ({what}): going on from what is there.\n"));
            }
            Ok(lock)
        }
        Err(NotLocked::Held(machine, holder)) => {
            let message = format!("`{project}` is locked on {machine} by {}", view::holder(&holder));
            let help = "let it come to its end: --lock-timeout 300 waits; one that is gone for certain is freed by \
                        `planner lock release`";
            io.refuse(&message, Some(help));
            io.tell("Nothing was changed.\n");
            Err(Exit::Error)
        }
        Err(NotLocked::Failed(error)) => {
            // Looking at all of them tells of each that does not answer.
            observe(io, machines, cluster).await?;
            tell_cluster_error(io, &error);
            io.tell("Nothing was changed.\n");
            Err(Exit::Incomplete)
        }
    }
}

/// Under the project's lock: looks at the machines, makes a plan, shows it, asks unless it was
/// agreed to before, does it, and says what came of it.
pub(super) async fn run_locked(
    io: &mut Io,
    cluster: &DockerCluster,
    project: &str,
    machines: &[(String, Endpoint)],
    act: &ActArgs,
    shown: &dyn Fn(&Plan, &Io) -> String,
    plan: impl AsyncFnOnce(&mut Io, &mut Observed) -> Result<Plan, Exit>,
) -> Result<Exit, Exit> {
    let mut told = Told::new(io, act)?;
    let lock = lock(io, cluster, project, machines, Duration::from_secs(act.lock_timeout)).await?;
    let planned = {
        let planning = std::pin::pin!(async {
            let mut observed = observe(io, machines, cluster).await?;
            plan(io, &mut observed).await
        });
        // What is built before may take long: the lock is kept meanwhile.
        match select(planning, std::pin::pin!(lock.keep())).await {
            Either::Left((planned, _)) => Some(planned),
            Either::Right(_) => None,
        }
    };
    let Some(planned) = planned else {
        io.refuse("not applied: the lock was lost meanwhile", Some("run it again; nothing was changed"));
        return Err(Exit::Error);
    };
    let exit = match planned {
        Ok(plan) => {
            let text = shown(&plan, io);
            told.people(io, &text);
            Ok(confirm_and_apply(io, &plan, cluster, &lock, &mut told).await)
        }
        Err(exit) => Err(exit),
    };
    lock.release().await;
    exit
}

/// Asks unless it was agreed to before, does the plan, and says what came of it.
async fn confirm_and_apply(
    io: &mut Io,
    plan: &Plan,
    cluster: &DockerCluster,
    lock: &Lock<'_, DockerCluster>,
    told: &mut Told<'_>,
) -> Exit {
    if plan.is_empty() {
        return Exit::Fine;
    }
    let yes = told.act.yes || plan.changes.is_empty();
    if !yes && !confirmed(io, "Apply this?") {
        return Exit::Error;
    }
    lock.progress.set(Some((0, plan.steps.len())));
    // While somebody is asked, nothing is renewed: whoever came meanwhile may have taken it for left behind.
    if !yes && lock.renew().await != Ok(true) {
        io.refuse("not applied: the lock was lost meanwhile", Some("run it again; nothing was changed"));
        return Exit::Error;
    }
    told.programs(io, &view::began_json(plan, now()));
    let (outcome, lost) = do_steps(io, plan, cluster, lock, told).await;
    told.programs(io, &view::ended_json(outcome.as_ref(), now()));
    if lost {
        io.refuse("the lock was lost: another run took it, or somebody released it", None);
    }
    let Some(outcome) = outcome else {
        io.tell("\nLeft. What was begun may or may not be done; `planner apply` again goes on from there.\n");
        return Exit::Cancelled;
    };
    told.people(io, &view::outcome(plan, &outcome, io.style));
    match (outcome.is_complete(), outcome.failed.is_empty()) {
        (true, _) => Exit::Fine,
        (false, true) => Exit::Cancelled,
        (false, false) => Exit::Error,
    }
}

/// Does the steps. Returns what became of them, and whether the lock was lost on the way.
async fn do_steps(
    io: &mut Io,
    plan: &Plan,
    cluster: &DockerCluster,
    lock: &Lock<'_, DockerCluster>,
    told: &mut Told<'_>,
) -> (Option<Outcome>, bool) {
    let lost = Cell::new(false);
    let (tell, is_lost) = oneshot::channel();
    // It is renewed to the end, also while what was begun is being finished.
    let kept = std::pin::pin!(async {
        lock.keep().await;
        lost.set(true);
        let _ = tell.send(());
        std::future::pending::<()>().await;
    });
    let mut progress = Progress::new(plan, io.style);
    let mut done = 0;
    let mut show = |event: apply::Event<'_>| {
        if let apply::Event::Done(..) = event {
            done += 1;
            lock.progress.set(Some((done, plan.steps.len())));
        }
        told.programs(io, &view::event_json(plan, event, now()));
        if let Some(line) = progress.line(event) {
            io.tell(&line);
        }
    };
    let applying = std::pin::pin!(until_interrupted(plan, cluster, is_lost, &mut show));
    let outcome = match select(applying, kept).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(_) => None,
    };
    (outcome, lost.get())
}

/// Interrupted once, or told that the lock is lost, it finishes what runs; interrupted twice, it leaves: then nobody knows
/// what was done.
async fn until_interrupted(
    plan: &Plan,
    cluster: &DockerCluster,
    lost: oneshot::Receiver<()>,
    show: &mut dyn FnMut(apply::Event<'_>),
) -> Option<Outcome> {
    let mut interrupts = Interrupts::new();
    let (tell, told) = oneshot::channel();
    let twice = std::pin::pin!(async {
        interrupts.next().await;
        // Whoever listens is told only now: what the user sends on reading the answer is the second one.
        let _ = tell.send(());
        interrupts.next().await;
    });
    let applying = std::pin::pin!(apply::apply(plan, cluster, show, select(told, lost).map(drop)));
    match select(twice, applying).await {
        Either::Left(_) => None,
        Either::Right((outcome, _)) => Some(outcome),
    }
}

/// Asks, and says so where there is nobody to ask.
pub(super) fn confirmed(io: &mut Io, question: &str) -> bool {
    let Some(mut ask) = io.ask.take() else {
        io.refuse("not done: there is nobody to ask", Some("add --yes to go on without being asked"));
        return false;
    };
    io.tell(&format!("\n{question} Only `yes` will do: "));
    let answer = ask();
    io.ask = Some(ask);
    let yes = answer.is_some_and(|answer| answer.trim() == "yes");
    if !yes {
        io.tell("Nothing was changed.\n");
    }
    yes
}
