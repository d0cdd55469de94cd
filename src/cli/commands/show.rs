//! `planner show`: a saved plan, as `plan` showed it, or step by step.

use crate::cli::args::ShowArgs;
use crate::cli::deploy::read_plan;
use crate::cli::{Exit, Io};
use crate::view;

pub(in crate::cli) fn run(args: &ShowArgs, io: &mut Io) -> Exit {
    let plan = match read_plan(io, &args.plan) {
        Ok(plan) => plan,
        Err(exit) => return exit,
    };
    io.print(&view::plan(&plan, io.style));
    if args.steps {
        io.print(&view::steps(&plan, io.style));
    }
    Exit::Fine
}
