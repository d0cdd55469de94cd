//! `planner export` and `planner ports`: where everything is, or will be.

use crate::cli::args::{ExportArgs, PortsArgs, ScopeArgs, WhereArgs};
use crate::cli::deploy::{Wish, place_and_plan, seen};
use crate::cli::project::Project;
use crate::cli::{Exit, Io};
use crate::export::{self, Deployment, FORMATS, Written};
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
    match format.write(&Deployment { stack: &stack, plan: &plan }) {
        Written::Whole(text) => io.give(&text, args.out.as_deref()),
        Written::ForMachine(texts) => give_each(args, io, &texts),
    }
}

/// One text for each machine: that of the machine named, or all of them into a folder.
fn give_each(args: &ExportArgs, io: &mut Io, texts: &[(String, String)]) -> Exit {
    let names: Vec<&str> = texts.iter().map(|(name, _)| name.as_str()).collect();
    match (&args.machine, &args.out, texts) {
        (Some(name), out, _) => match texts.iter().find(|(machine, _)| machine == name) {
            Some((_, text)) => io.give(text, out.as_deref()),
            None => io.unknown("machine with containers", name, &names),
        },
        (None, None, [(_, text)]) => io.give(text, None),
        (None, None, _) => {
            let help = "name one with --machine, or a folder for all of them with -o";
            io.refuse(&format!("`{}` is one file for each machine: {}", args.format, names.join(", ")), Some(help));
            Exit::Error
        }
        (None, Some(folder), _) => {
            let write = |(name, text): &(String, String)| io.give(text, Some(&folder.join(format!("{name}.yaml"))));
            texts.iter().map(write).find(|exit| *exit != Exit::Fine).unwrap_or(Exit::Fine)
        }
    }
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
    place_and_plan(io, &mut project, &observed, &Wish::new(&args.placement, &ScopeArgs::default()))
}
