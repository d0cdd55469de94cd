//! `planner check`: every fault that can be found before anything runs.

use crate::cli::args::{CheckArgs, FindingsFormat};
use crate::cli::deploy::worst;
use crate::cli::project::Project;
use crate::cli::{Exit, Io};
use crate::placement::{self, Limits, Outcome, Policy, Problem};
use crate::stack;
use crate::view::count;

pub(in crate::cli) fn run(args: &CheckArgs, io: &mut Io) -> Exit {
    let mut project = Project::load(io, &args.project, &args.machines);
    let mut exit = project.exit().unwrap_or(Exit::Fine);
    let (stack, findings) = stack::build(&project.compose, project.inventory.as_ref(), None);
    exit = exit.max(worst(&findings));
    project.findings.extend(findings);
    // Whether it fits is only asked of a project that is whole, and of machines whose size is known.
    if exit == Exit::Fine && project.inventory.is_some() {
        let problem = Problem::new(&stack, Vec::new(), Policy::default());
        match placement::place(&problem, Limits::default()) {
            Outcome::Placed(_) => {}
            Outcome::Refused(refusal) => {
                project.findings.extend(refusal);
                exit = Exit::DoesNotFit;
            }
            Outcome::Undecided(why) => {
                io.refuse(&format!("whether the stack fits is not decided: {why}"), None);
                exit = Exit::Incomplete;
            }
        }
    }
    io.print_findings(&mut project.findings, &project.sources, args.format);
    if exit == Exit::Fine && args.format == FindingsFormat::Human {
        let fits =
            project.inventory.as_ref().map(|it| format!("; they fit the {}", count(it.machines.len(), "machine")));
        let services = count(stack.services.len(), "service");
        io.tell(&format!("Checked {services}: no errors{}.\n", fits.unwrap_or_default()));
    }
    exit
}
