//! `planner rules`: everything that can be found.

use crate::cli::args::RulesArgs;
use crate::cli::{Exit, Io};
use crate::{lint, view};

pub(in crate::cli) fn run(args: &RulesArgs, io: &mut Io) -> Exit {
    let text = if args.markdown { lint::book() } else { view::rules(io.style) };
    io.print(&text);
    Exit::Fine
}
