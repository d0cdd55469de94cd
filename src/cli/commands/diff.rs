//! `planner diff`: what one saved plan does that another does not.

use crate::cli::args::DiffArgs;
use crate::cli::deploy::read_plan;
use crate::cli::{Exit, Io};
use crate::plan::differences;
use crate::view;

pub(in crate::cli) fn run(args: &DiffArgs, io: &mut Io) -> Exit {
    let plans = read_plan(io, &args.before).and_then(|before| Ok((before, read_plan(io, &args.after)?)));
    let (before, after) = match plans {
        Ok(plans) => plans,
        Err(exit) => return exit,
    };
    if before.project != after.project {
        let message = format!("the plans are of two projects: `{}` and `{}`", before.project, after.project);
        io.refuse(&message, Some("compare two plans of one project"));
        return Exit::Error;
    }
    let differences = differences(&before, &after);
    io.print(&view::differences(&differences, io.style));
    if args.detailed_exitcode && !differences.is_empty() { Exit::Changes } else { Exit::Fine }
}
