//! What `apply` is to reach: what a saved plan does, or what the files say.

use std::collections::BTreeSet;
use std::path::Path;

use crate::inventory::{Endpoint, Inventory};
use crate::observed::Observed;
use crate::plan::{self, Plan};
use crate::source::Sources;
use crate::stack::Contents;

use super::args::ApplyArgs;
use super::deploy::{Wish, machines, place_and_plan, read_plan, worst};
use super::disk::Disk;
use super::project::{Project, inventory_path, load_inventory};
use super::{Exit, Io};

/// What is to be reached.
pub(super) enum Goal {
    /// What this saved plan does, on these machines.
    Saved(Box<Plan>, Option<Inventory>),
    /// What the files say.
    Files(Box<Project>),
}

impl Goal {
    /// Reads it.
    pub(super) fn load(args: &ApplyArgs, io: &mut Io) -> Result<Goal, Exit> {
        if let Some(path) = &args.plan {
            let plan = read_plan(io, path)?;
            return Ok(Goal::Saved(Box::new(plan), inventory_alone(args, io)?));
        }
        let mut project = Project::load_to_deploy(io, &args.project, &args.machines)?;
        project.set_aside(io, &args.situation)?;
        project.narrow(io, &args.scope.target)?;
        Ok(Goal::Files(Box::new(project)))
    }

    /// The project's name.
    pub(super) fn project(&self) -> &str {
        match self {
            Goal::Saved(plan, _) => &plan.project,
            Goal::Files(project) => &project.compose.name,
        }
    }

    /// The machines that are to be asked: a saved plan may have been made without some that the inventory has.
    pub(super) fn machines(&self) -> Vec<(String, Endpoint)> {
        let (plan, inventory) = match self {
            Goal::Files(project) => return machines(project.inventory.as_ref()),
            Goal::Saved(plan, inventory) => (plan, inventory),
        };
        let down = |name: &str| plan.machines.iter().any(|it| it.machine == name && it.availability == "down");
        machines(inventory.as_ref()).into_iter().filter(|(name, _)| !down(name)).collect()
    }

    /// What is in the configs and secrets that it is to deliver.
    pub(super) fn contents(&self, io: &mut Io) -> Result<Contents, Exit> {
        let plan = match self {
            Goal::Files(project) => return Ok(project.contents.clone()),
            Goal::Saved(plan, _) => plan,
        };
        // What is reloaded is in the plan itself.
        let specs = plan.steps.iter().filter_map(|step| step.operation.new_container()).map(|new| &new.spec);
        let variable = |name: &str| io.variable(name).map(str::to_owned);
        Contents::read_again(specs, &Disk, &variable).map_err(|faults| {
            io.refuse(&format!("not applied: {}", faults.join("; ")), Some("plan again; nothing was changed"));
            Exit::Error
        })
    }

    /// Refuses, before any machine is asked, a plan that was made for other ones.
    pub(super) fn fits(&self, io: &mut Io, machines: &[(String, Endpoint)]) -> Result<(), Exit> {
        let Goal::Saved(plan, _) = self else { return Ok(()) };
        let known = |name: &str| machines.iter().any(|(machine, _)| machine == name);
        let meant: BTreeSet<&str> = plan.steps.iter().map(|step| step.machine.as_str()).collect();
        let unknown: Vec<String> = meant.into_iter().filter(|it| !known(it)).map(|it| format!("`{it}`")).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let message = format!("the plan is for machines that are not at hand: {}", unknown.join(", "));
        io.refuse(&message, Some("name the inventory that it was made with: --inventory FILE"));
        Err(Exit::Error)
    }

    /// The plan that leads there from what was seen.
    pub(super) fn plan(self, args: &ApplyArgs, io: &mut Io, observed: &Observed) -> Result<Plan, Exit> {
        match self {
            Goal::Files(mut project) => {
                let wish = Wish::new(&args.placement, &args.scope);
                let (stack, mut plan) = place_and_plan(io, &mut project, observed, &wish)?;
                if args.wait {
                    plan::await_all(&stack, observed, &mut plan);
                }
                Ok(plan)
            }
            Goal::Saved(plan, _) if plan.observed_digest == plan::observed_digest(&plan.project, observed) => Ok(*plan),
            Goal::Saved(..) => {
                io.refuse(
                    "the plan is stale: the machines have changed since it was made",
                    Some("look at a fresh one with `planner plan`; nothing was changed"),
                );
                Err(Exit::Error)
            }
        }
    }
}

/// The inventory, if there is one, without any compose file.
fn inventory_alone(args: &ApplyArgs, io: &mut Io) -> Result<Option<Inventory>, Exit> {
    let file = args.project.files.iter().chain(&args.project.flags.file).next();
    let folder = io.absolute(file.and_then(|file| file.parent()).unwrap_or(Path::new("")));
    let Some(path) = inventory_path(io, &args.machines, &folder) else { return Ok(None) };
    let mut sources = Sources::new();
    let mut loaded = load_inventory(io, &path, &mut sources);
    io.tell_findings(&mut loaded.diagnostics, &sources);
    match worst(&loaded.diagnostics) {
        _ if !loaded.complete => Err(Exit::Incomplete),
        Exit::Fine => Ok(Some(loaded.inventory)),
        exit => Err(exit),
    }
}
