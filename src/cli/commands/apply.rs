//! `planner apply`: makes the machines what the files say.

use crate::cli::applying::run_locked;
use crate::cli::args::ApplyArgs;
use crate::cli::building::{Building, settle_images};
use crate::cli::deploy::{connect, runtime, shown};
use crate::cli::goal::Goal;
use crate::cli::{Exit, Io};
use crate::observed::Observed;
use crate::plan::Plan;

pub(in crate::cli) fn run(args: &ApplyArgs, io: &mut Io) -> Exit {
    Goal::load(args, io).and_then(|goal| reach(args, io, goal)).unwrap_or_else(|exit| exit)
}

fn reach(args: &ApplyArgs, io: &mut Io, goal: Goal) -> Result<Exit, Exit> {
    let machines = goal.machines();
    goal.fits(io, &machines)?;
    let cluster = connect(io, &machines).with_contents(goal.contents(io)?);
    let project = goal.project().to_owned();
    let show = |plan: &Plan, io: &Io| shown(plan, args.shown, args.placement.objective, io);
    let plan = async |io: &mut Io, observed: &mut Observed| {
        // What a saved plan runs was settled when it was made.
        if let Goal::Files(project) = &goal {
            let building = if args.build { Building::All } else { Building::Missing };
            settle_images(io, project, &cluster, observed, building).await?;
        }
        goal.plan(args, io, observed)
    };
    runtime(io)?.block_on(run_locked(io, &cluster, &project, &machines, &args.act, &show, plan))
}
