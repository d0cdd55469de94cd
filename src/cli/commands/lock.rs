//! `planner lock`: which run has a project's lock, and taking it away from one that is gone.

use crate::apply::lock::{free, holder};
use crate::cli::applying::confirmed;
use crate::cli::args::{LockArgs, LockCommand, MachineArgs, ProjectArgs};
use crate::cli::deploy::{connect, machines, runtime, tell_cluster_error};
use crate::cli::project::Project;
use crate::cli::{Exit, Io};
use crate::view;

pub(in crate::cli) fn run(args: &LockArgs, io: &mut Io) -> Exit {
    let done = match &args.command {
        LockCommand::Show(args) => look(io, &args.project, &args.machines, |_, _| false),
        LockCommand::Release(args) => {
            let agree = |io: &mut Io, locked: usize| locked > 0 && (args.yes || confirmed(io, "Take it away?"));
            look(io, &args.project, &args.machines, agree)
        }
    };
    done.unwrap_or_else(|exit| exit)
}

/// Tells who has the lock on each machine; and takes it away, if that is agreed to.
fn look(
    io: &mut Io,
    project: &ProjectArgs,
    machines_file: &MachineArgs,
    agree: impl Fn(&mut Io, usize) -> bool,
) -> Result<Exit, Exit> {
    let mut project = Project::load(io, project, machines_file);
    if let Some(exit) = project.exit() {
        io.tell_findings(&mut project.findings, &project.sources);
        return Err(exit);
    }
    let machines = machines(project.inventory.as_ref());
    let (cluster, name) = (connect(io, &machines), project.compose.name.clone());
    runtime(io)?.block_on(async {
        let (mut locked, mut exit) = (Vec::new(), Exit::Fine);
        for (machine, _) in &machines {
            match holder(&cluster, machine, &name).await {
                Ok(None) => {}
                Ok(Some(holder)) => {
                    io.print(&format!("{machine}: `{name}` is locked by {}\n", view::holder(&holder)));
                    locked.push(machine);
                }
                Err(error) => {
                    tell_cluster_error(io, &error);
                    exit = Exit::Incomplete;
                }
            }
        }
        if locked.is_empty() && exit == Exit::Fine {
            io.print(&format!("`{name}` is not locked.\n"));
        }
        if agree(io, locked.len()) {
            for machine in locked {
                if let Err(error) = free(&cluster, machine, &name).await {
                    tell_cluster_error(io, &error);
                    exit = Exit::Incomplete;
                } else {
                    io.print(&format!("{machine}: released\n"));
                }
            }
        }
        Ok(exit)
    })
}
