//! The command line: reads what was typed, calls the library, shows what came of it. With `cluster` the only room that
//! touches the outside world.

mod applying;
mod args;
mod building;
mod checking;
mod commands;
mod deploy;
mod disk;
mod goal;
mod interrupt;
mod io;
mod project;
mod sizes;

pub use io::Io;

use clap::Parser;

use args::{Args, Command};

/// How a run ended, as the process's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Fine; nothing to do.
    Fine = 0,
    /// Findings that are errors, bad usage, a failed apply.
    Error = 1,
    /// There are changes (`plan --detailed-exitcode`).
    Changes = 2,
    /// The stack does not fit the machines.
    DoesNotFit = 3,
    /// Could not be checked to the end: something unreadable or unreachable, or the solver undecided.
    Incomplete = 4,
    /// Stopped by the user.
    Cancelled = 130,
}

/// Runs the command that `arguments` (without the program's own name) ask for.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    let words = std::iter::once("planner").chain(arguments.iter().map(String::as_str));
    let args = match Args::try_parse_from(words) {
        Ok(args) => args,
        Err(error) => return io.usage(&error),
    };
    io.choose_color(args.color);
    match args.command {
        Command::Check(args) => commands::check::run(&args, io),
        Command::Config(args) => commands::config::run(&args, io),
        Command::Plan(args) => commands::plan::run(&args, io),
        Command::Apply(args) => commands::apply::run(&args, io),
        Command::Build(args) => commands::build::run(&args, io),
        Command::Show(args) => commands::show::run(&args, io),
        Command::Diff(args) => commands::diff::run(&args, io),
        Command::Status(args) => commands::status::run(&args, io),
        Command::Capacity(args) => commands::capacity::run(&args, io),
        Command::Ports(args) => commands::export::ports(&args, io),
        Command::Export(args) => commands::export::run(&args, io),
        Command::Rollback(args) => commands::rollback::run(&args, io),
        Command::Down(args) => commands::down::run(&args, io),
        Command::Lock(args) => commands::lock::run(&args, io),
        Command::Why(args) => commands::why::run(&args, io),
        Command::Observe(args) => commands::observe::run(&args, io),
        Command::Solve(args) => commands::solve::run(&args, io),
        Command::Inventory(args) => commands::inventory::run(&args, io),
        Command::Explain(args) => commands::explain::run(&args, io),
        Command::Rules(args) => commands::rules::run(&args, io),
    }
}
