//! `planner rollback`: back to the containers that were set aside when others took their places.

use crate::cli::applying::run_locked;
use crate::cli::args::RollbackArgs;
use crate::cli::deploy::{connect, machines, no_plan, plainly, runtime};
use crate::cli::project::Project;
use crate::cli::{Exit, Io};
use crate::observed::Observed;
use crate::plan;
use crate::stack::{self, Stack};

pub(in crate::cli) fn run(args: &RollbackArgs, io: &mut Io) -> Exit {
    roll_back(args, io).unwrap_or_else(|exit| exit)
}

fn roll_back(args: &RollbackArgs, io: &mut Io) -> Result<Exit, Exit> {
    let mut project = Project::load(io, &(&args.flags).into(), &args.machines);
    io.tell_findings(&mut project.findings, &project.sources);
    if let Some(exit) = project.exit() {
        return Err(exit);
    }
    let machines = machines(project.inventory.as_ref());
    let cluster = connect(io, &machines);
    let name = &project.compose.name;
    runtime(io)?.block_on(run_locked(io, &cluster, name, &machines, &args.act, &plainly, async |io, observed| {
        let (stack, _) = stack::build(&project.compose, project.inventory.as_ref(), Some(observed));
        let services = services(args, io, &stack, observed)?;
        plan::roll_back(&stack, &services, observed, &project.origin())
            .map_err(|why| no_plan(io, why, &project.sources))
    }))
}

/// The services that are named, or all that can go back.
fn services<'a>(
    args: &'a RollbackArgs,
    io: &mut Io,
    stack: &'a Stack,
    observed: &Observed,
) -> Result<Vec<&'a str>, Exit> {
    let able = plan::can_go_back(stack, observed);
    let help = "containers are set aside when a service with `rollback_config`, or `update_config.failure_action: rollback`, \
                is updated";
    let known: Vec<&str> = stack.services.iter().map(|service| service.name.as_str()).collect();
    for name in &args.services {
        if !known.contains(&name.as_str()) {
            return Err(io.unknown("service", name, &known));
        }
        if !able.contains(&name.as_str()) {
            io.refuse(&format!("`{name}` has no containers to go back to"), Some(help));
            return Err(Exit::Error);
        }
    }
    if able.is_empty() {
        io.refuse("no service has containers to go back to", Some(help));
        return Err(Exit::Error);
    }
    Ok(if args.services.is_empty() { able } else { args.services.iter().map(String::as_str).collect() })
}
