//! `planner inventory check`: the inventory alone.

use crate::cli::args::{InventoryArgs, InventoryCheckArgs, InventoryCommand};
use crate::cli::deploy::worst;
use crate::cli::project::{inventory_path, load_inventory};
use crate::cli::{Exit, Io};
use crate::lint::Report;
use crate::source::Sources;

pub(in crate::cli) fn run(args: &InventoryArgs, io: &mut Io) -> Exit {
    match &args.command {
        InventoryCommand::Check(args) => check(args, io),
    }
}

fn check(args: &InventoryCheckArgs, io: &mut Io) -> Exit {
    let given = args.file.as_ref().map(|file| io.absolute(file));
    let Some(path) = given.or_else(|| inventory_path(io, &args.machines, &io.directory)) else {
        io.refuse("there is no inventory here", Some("name one: `planner inventory check machines.yaml`"));
        return Exit::Incomplete;
    };
    let mut sources = Sources::new();
    let loaded = load_inventory(io, &path, &mut sources);
    let exit = if loaded.complete { worst(&loaded.diagnostics) } else { Exit::Incomplete };
    let report = Report::of(loaded.diagnostics, &[], &sources);
    io.print_report(&report, &[], &sources, args.format);
    exit
}
