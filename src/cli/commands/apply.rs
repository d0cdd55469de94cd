//! `planner apply`: makes the machines what the files say.

use crate::cli::applying::confirm_and_apply;
use crate::cli::args::ApplyArgs;
use crate::cli::deploy::{connect, observe, runtime};
use crate::cli::goal::Goal;
use crate::cli::{Exit, Io};

pub(in crate::cli) fn run(args: &ApplyArgs, io: &mut Io) -> Exit {
    Goal::load(args, io).and_then(|goal| reach(args, io, goal)).unwrap_or_else(|exit| exit)
}

fn reach(args: &ApplyArgs, io: &mut Io, goal: Goal) -> Result<Exit, Exit> {
    let machines = goal.machines();
    goal.fits(io, &machines)?;
    let cluster = connect(io, &machines).with_contents(goal.contents(io)?);
    runtime(io)?.block_on(async {
        let observed = observe(io, &machines, &cluster).await?;
        let plan = goal.plan(args, io, &observed)?;
        Ok(confirm_and_apply(io, &plan, &cluster, args.yes, args.placement.objective).await)
    })
}
