//! `planner plan`: what would change, and why. Changes nothing.

use crate::cli::args::PlanArgs;
use crate::cli::deploy::{place_and_plan, seen};
use crate::cli::interrupt::stop_on_interrupt;
use crate::cli::project::Project;
use crate::cli::{Exit, Io};
use crate::placement::Limits;
use crate::view;

pub(in crate::cli) fn run(args: &PlanArgs, io: &mut Io) -> Exit {
    let project = Project::load_to_deploy(io, &args.project, &args.machines);
    let aside = project.and_then(|mut project| project.set_aside(io, &args.situation).map(|()| project));
    let mut project = match aside {
        Ok(project) => project,
        Err(exit) => return exit,
    };
    project.for_programs = args.json;
    let planned = seen(io, &project, args.observed.as_deref(), &args.situation).and_then(|observed| {
        let limits = Limits { stop: Some(stop_on_interrupt()), ..args.placement.limits.within() };
        place_and_plan(io, &mut project, &observed, args.placement.policy.into(), &limits).map(|(_, plan)| plan)
    });
    let plan = match planned {
        Ok(plan) => plan,
        Err(exit) => return exit,
    };
    let json = || serde_json::to_string_pretty(&plan).unwrap_or_default() + "\n";
    if args.json {
        io.print(&json());
    } else {
        io.print(&view::plan(&plan, io.style));
        if args.placement.objective {
            io.print(&view::objective(&plan.quality, io.style));
        }
    }
    if let Some(out) = &args.out {
        if let Err(exit) = io.write_file(out, &json()) {
            return exit;
        }
        let inventory = project.inventory_argument(io);
        io.tell(&format!("Saved. To do it: planner apply --plan {}{inventory}\n", out.display()));
    }
    if args.detailed_exitcode && !plan.is_empty() { Exit::Changes } else { Exit::Fine }
}
