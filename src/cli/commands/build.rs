//! `planner build`: builds the images of services here, for the machines that they go to.

use std::collections::BTreeSet;

use crate::cli::args::{BuildArgs, ProjectArgs};
use crate::cli::building::build;
use crate::cli::deploy::{connect, machines, observe, runtime};
use crate::cli::project::Project;
use crate::cli::{Exit, Io};
use crate::observed::Observed;
use crate::stack::{Recipe, recipes};

pub(in crate::cli) fn run(args: &BuildArgs, io: &mut Io) -> Exit {
    make(args, io).unwrap_or_else(|exit| exit)
}

fn make(args: &BuildArgs, io: &mut Io) -> Result<Exit, Exit> {
    let mut project = Project::load(io, &ProjectArgs::from(&args.project), &args.machines);
    let exit = project.exit();
    io.tell_findings(&mut project.findings, &project.sources);
    if let Some(exit) = exit {
        return Err(exit);
    }
    let recipes = chosen(io, args, recipes(&project.compose))?;
    if recipes.is_empty() {
        io.tell("Nothing is built: no service has `build`.\n");
        return Ok(Exit::Fine);
    }
    let machines = machines(project.inventory.as_ref());
    let cluster = connect(io, &machines);
    runtime(io)?.block_on(async {
        let mut observed = match tells_platforms(&project) {
            true => Observed::default(),
            false => observe(io, &machines, &cluster).await?,
        };
        build(io, &project, &cluster, &mut observed, &recipes, !args.quiet).await?;
        for recipe in &recipes {
            let id = observed.built.get(&recipe.image).map_or("", |built| &built.id);
            io.print(&format!("{} {id}\n", recipe.image));
        }
        Ok(Exit::Fine)
    })
}

/// The images of the services asked for, and those that they copy from; all where none is asked for.
fn chosen(io: &mut Io, args: &BuildArgs, recipes: Vec<Recipe>) -> Result<Vec<Recipe>, Exit> {
    let names: Vec<&str> = recipes.iter().map(|recipe| recipe.service.as_str()).collect();
    if let Some(unknown) = args.services.iter().find(|service| !names.contains(&service.as_str())) {
        return Err(io.unknown("service with `build`", unknown, &names));
    }
    let mut chosen: BTreeSet<String> = args.services.iter().cloned().collect();
    // Whatever is copied from stands before.
    for recipe in recipes.iter().rev().filter(|_| !args.services.is_empty()) {
        if chosen.contains(&recipe.service) {
            chosen.extend(recipe.needs.iter().cloned());
        }
    }
    Ok(recipes.into_iter().filter(|recipe| args.services.is_empty() || chosen.contains(&recipe.service)).collect())
}

/// Whether the machines need not be asked for which platforms they are: the builder's own engine is the only one, or the inventory
/// says it of all.
fn tells_platforms(project: &Project) -> bool {
    project.inventory.as_ref().is_none_or(|inventory| inventory.machines.iter().all(|it| it.platform.is_some()))
}
