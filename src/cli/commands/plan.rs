//! `planner plan`: what would change, and why. Changes nothing.

use crate::cli::args::PlanArgs;
use crate::cli::building::{Building, is_yet_to_be_built};
use crate::cli::deploy::{Wish, place_and_plan, seen_with, shown};
use crate::cli::interrupt::stop_on_interrupt;
use crate::cli::project::Project;
use crate::cli::{Exit, Io};
use crate::observed::Observed;
use crate::plan::{self, Plan};
use crate::{stack, view};

pub(in crate::cli) fn run(args: &PlanArgs, io: &mut Io) -> Exit {
    tell(args, io).unwrap_or_else(|exit| exit)
}

fn tell(args: &PlanArgs, io: &mut Io) -> Result<Exit, Exit> {
    let mut project = Project::load_to_deploy(io, &args.project, &args.machines)?;
    project.set_aside(io, &args.situation)?;
    project.narrow(io, &args.scope.target)?;
    project.for_programs = args.json;
    // Which image is meant is asked only where something is planned.
    let building = if args.build { Building::All } else { Building::Nothing };
    let building = Some(building).filter(|_| !args.refresh_only);
    let observed = seen_with(io, &project, args.observed.as_deref(), &args.situation, building)?;
    if args.refresh_only {
        return Ok(tell_drift(args, io, &project, &observed));
    }
    let mut wish = Wish::new(&args.placement, &args.scope);
    wish.limits.stop = Some(stop_on_interrupt());
    let (_, plan) = place_and_plan(io, &mut project, &observed, &wish)?;
    if args.out.is_some() && is_yet_to_be_built(&observed) {
        io.refuse("not saved: images are yet to be built", Some("build them first: `planner build`, or --build here"));
        return Err(Exit::Error);
    }
    show(args, io, &project, &plan)?;
    Ok(if args.detailed_exitcode && !plan.is_empty() { Exit::Changes } else { Exit::Fine })
}

/// Tells only what was changed since it was made.
fn tell_drift(args: &PlanArgs, io: &mut Io, project: &Project, observed: &Observed) -> Exit {
    let (stack, _) = stack::build(&project.compose, project.inventory.as_ref(), Some(observed));
    let drift = plan::drift(&stack, observed);
    io.print(&match args.json {
        true => view::drift_json(&stack.project, &drift),
        false => view::drift(&stack.project, &drift, io.style),
    });
    if args.detailed_exitcode && !drift.is_empty() { Exit::Changes } else { Exit::Fine }
}

fn show(args: &PlanArgs, io: &mut Io, project: &Project, plan: &Plan) -> Result<(), Exit> {
    let json = || serde_json::to_string_pretty(plan).unwrap_or_default() + "\n";
    if args.json {
        io.print(&json());
    } else {
        let text = shown(plan, args.shown, args.placement.objective, io);
        io.print(&text);
    }
    if let Some(out) = &args.out {
        io.write_file(out, &json())?;
        let inventory = project.inventory_argument(io);
        io.tell(&format!("Saved. To do it: planner apply --plan {}{inventory}\n", out.display()));
    }
    Ok(())
}
