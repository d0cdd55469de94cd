//! `planner check`: every fault that can be found before anything runs.

use crate::cli::args::{CheckArgs, FindingsFormat};
use crate::cli::checking::{Checking, Run, baseline, mending};
use crate::cli::{Exit, Io};
use crate::diagnostic::Severity;
use crate::view::count;

pub(in crate::cli) fn run(args: &CheckArgs, io: &mut Io) -> Exit {
    match checked(args, io) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn checked(args: &CheckArgs, io: &mut Io) -> Result<Exit, Exit> {
    let checking = Checking::new(args, io)?;
    let mut run = checking.run(io)?;
    if args.mending.diff {
        return Ok(mending::show(io, &run, args.mending.unsafe_fixes));
    }
    if args.mending.fix {
        run = mending::mend(io, &checking, run, args.mending.unsafe_fixes)?;
    }
    baseline::take(io, args, &mut run)?;
    io.print_report(&run.report, &run.sources, args.format);
    let exit = run.exit(args.allow_partial);
    if args.format == FindingsFormat::Human {
        io.tell(&summary(&run));
    }
    Ok(exit)
}

fn summary(run: &Run) -> String {
    let number = |severity, word| match run.report.count(severity) {
        0 => None,
        found => Some(count(found, word)),
    };
    let found = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "note")];
    let found: Vec<String> = found.into_iter().filter_map(|(severity, word)| number(severity, word)).collect();
    let projects = if run.projects == 1 { String::new() } else { format!(" in {} projects", run.projects) };
    let fits = run.fits.map(|machines| format!("; they fit the {}", count(machines, "machine"))).unwrap_or_default();
    let services = count(run.services, "service");
    match run.report.active().next() {
        None => format!("Checked {services}{projects}: no findings{fits}.\n"),
        Some(first) => format!(
            "Checked {services}{projects}: {}{fits}. `planner explain {}` says more.\n",
            found.join(", "),
            first.diagnostic.code
        ),
    }
}
