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
    let level = run.level(args);
    io.print_report(&run.report.from(level), &run.refused, &run.sources, args.format);
    let exit = run.exit(args.allow_partial);
    if args.format == FindingsFormat::Human {
        io.tell(&summary(&run, level));
    }
    Ok(exit)
}

fn summary(run: &Run, level: Severity) -> String {
    let number = |severity, word| match run.report.count(severity) {
        0 => None,
        found if severity >= level => Some(count(found, word)),
        1 => Some(format!("1 {word} (`--level info` shows it)")),
        found => Some(format!("{} (`--level info` shows them)", count(found, word))),
    };
    let found = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "note")];
    let found: Vec<String> = found.into_iter().filter_map(|(severity, word)| number(severity, word)).collect();
    let found = if found.is_empty() { "no findings".to_owned() } else { found.join(", ") };
    let projects = if run.projects == 1 { String::new() } else { format!(" in {} projects", run.projects) };
    let fits = run.fits.map(|machines| format!("; they fit the {}", count(machines, "machine"))).unwrap_or_default();
    let shown = run.report.from(level);
    let more = shown.active().next().map(|first| format!(" `planner explain {}` says more.", first.diagnostic.code));
    format!("Checked {}{projects}: {found}{fits}.{}\n", count(run.services, "service"), more.unwrap_or_default())
}
