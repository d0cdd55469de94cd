//! `planner export` and `planner ports`: where everything is, or will be.

use crate::cli::args::{ExportArgs, PortsArgs, WhereArgs};
use crate::cli::deploy::{place_and_plan, seen};
use crate::cli::project::Project;
use crate::cli::{Exit, Io};
use crate::export::{self, Deployment, FORMATS};
use crate::observed::Observed;
use crate::plan::Plan;
use crate::stack::Stack;
use crate::view;

pub(in crate::cli) fn run(args: &ExportArgs, io: &mut Io) -> Exit {
    let Some(format) = export::find(&args.format) else {
        return io.unknown("format", &args.format, &FORMATS.map(|format| format.name));
    };
    let (stack, plan) = match deployment(&args.place, io) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let text = format.write(&Deployment { stack: &stack, plan: &plan });
    io.give(&text, args.out.as_deref())
}

pub(in crate::cli) fn ports(args: &PortsArgs, io: &mut Io) -> Exit {
    match deployment(&args.place, io) {
        Ok((stack, plan)) => {
            let deployment = Deployment { stack: &stack, plan: &plan };
            io.print(&if args.json { view::ports_json(&deployment) } else { view::ports(&deployment, io.style) });
            Exit::Fine
        }
        Err(exit) => exit,
    }
}

/// The stack, and where it is or will be.
fn deployment(args: &WhereArgs, io: &mut Io) -> Result<(Stack, Plan), Exit> {
    let mut project = Project::load_to_deploy(io, &(&args.flags).into(), &args.machines)?;
    project.set_aside(io, &args.situation)?;
    let observed = match args.fresh {
        true => Observed::default(),
        false => seen(io, &project, args.observed.as_deref(), &args.situation)?,
    };
    place_and_plan(io, &mut project, &observed, args.placement.policy.into(), &args.placement.limits.within())
}
