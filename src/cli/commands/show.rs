//! `planner show`: a saved plan, as `plan` showed it, or step by step.

use crate::cli::args::ShowArgs;
use crate::cli::deploy::{read_plan, shown};
use crate::cli::{Exit, Io};

pub(in crate::cli) fn run(args: &ShowArgs, io: &mut Io) -> Exit {
    let plan = match read_plan(io, &args.plan) {
        Ok(plan) => plan,
        Err(exit) => return exit,
    };
    let text = shown(&plan, args.shown, false, io);
    io.print(&text);
    Exit::Fine
}
