//! `planner down`: takes a project away from all machines. Volumes stay.

use crate::cli::applying::run_locked;
use crate::cli::args::DownArgs;
use crate::cli::deploy::{connect, machines, no_plan, plainly, runtime};
use crate::cli::project::Project;
use crate::cli::{Exit, Io};
use crate::plan;
use crate::stack;

pub(in crate::cli) fn run(args: &DownArgs, io: &mut Io) -> Exit {
    take_down(args, io).unwrap_or_else(|exit| exit)
}

fn take_down(args: &DownArgs, io: &mut Io) -> Result<Exit, Exit> {
    let mut project = Project::load(io, &args.project, &args.machines);
    io.tell_findings(&mut project.findings, &project.sources);
    if let Some(exit) = project.exit() {
        return Err(exit);
    }
    let machines = machines(project.inventory.as_ref());
    let name = &project.compose.name;
    let cluster = connect(io, &machines).taking_away(name);
    let runtime = runtime(io)?;
    runtime.block_on(run_locked(io, &cluster, name, &machines, &args.act, &plainly, async |io, observed| {
        let (stack, _) = stack::build(&project.compose, project.inventory.as_ref(), Some(observed));
        plan::take_down(&stack, observed, &project.origin()).map_err(|why| no_plan(io, why, &project.sources))
    }))
}
