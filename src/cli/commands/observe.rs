//! `planner observe`: what is on the machines, as a file.

use crate::cli::args::ObserveArgs;
use crate::cli::deploy::{connect, machines, observe, runtime, worst};
use crate::cli::project::{inventory_path, load_inventory};
use crate::cli::{Exit, Io};
use crate::source::Sources;

pub(in crate::cli) fn run(args: &ObserveArgs, io: &mut Io) -> Exit {
    let mut sources = Sources::new();
    let path = inventory_path(io, &args.machines, &io.directory);
    let mut loaded = path.map(|path| load_inventory(io, &path, &mut sources));
    if let Some(loaded) = &mut loaded {
        io.tell_findings(&mut loaded.diagnostics, &sources);
        let exit = if loaded.complete { worst(&loaded.diagnostics) } else { Exit::Incomplete };
        if exit != Exit::Fine {
            return exit;
        }
    }
    let machines = machines(loaded.as_ref().map(|loaded| &loaded.inventory));
    let runtime = match runtime(io) {
        Ok(runtime) => runtime,
        Err(exit) => return exit,
    };
    let cluster = connect(io, &machines);
    let observed = match runtime.block_on(observe(io, &machines, &cluster)) {
        Ok(observed) => observed,
        Err(exit) => return exit,
    };
    let text = serde_json::to_string_pretty(&observed).unwrap_or_default() + "\n";
    io.give(&text, args.out.as_deref())
}
