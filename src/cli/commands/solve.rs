//! `planner solve`: a placement problem in plain numbers, for benchmarks and research.

use std::io::Read as _;
use std::time::Instant;

use crate::cli::args::SolveArgs;
use crate::cli::deploy::{parse_versioned, read};
use crate::cli::interrupt::stop_on_interrupt;
use crate::cli::{Exit, Io};
use crate::placement::plain::{self, Plain};
use crate::placement::strategies::{self, Limits, Solved};

pub(in crate::cli) fn run(args: &SolveArgs, io: &mut Io) -> Exit {
    let problem: Plain = match problem(args, io) {
        Ok(problem) => problem,
        Err(exit) => return exit,
    };
    let instance = match plain::instance(&problem) {
        Ok(instance) => instance,
        Err(why) => {
            io.refuse(&why, Some("docs/formats.md describes the plain problem"));
            return Exit::Error;
        }
    };
    drop(problem);
    let stop = Some(stop_on_interrupt());
    let threads = args.threads.unwrap_or(2);
    let limits = Limits { work: args.work, threads, stop, ..args.limits.within() };
    let started = Instant::now();
    let solved = strategies::solve(&instance, &limits);
    let seconds = started.elapsed().as_secs_f64();
    let solution = plain::solution(&instance, &solved);
    for tier in &solution.tiers {
        let gap = if tier.gap == 0.0 { "proven".to_owned() } else { format!("within {:.3} %", tier.gap * 100.0) };
        io.tell(&format!("{}: {:.6} (bound {:.6}, {gap})\n", tier.name, tier.value, tier.bound));
    }
    io.tell(&format!("{} after {seconds:.2} s (ended by {})\n", solution.status, solution.ended));
    io.print(&(serde_json::to_string(&solution).unwrap_or_default() + "\n"));
    match solved {
        Solved::Found(_) => Exit::Fine,
        Solved::Infeasible => Exit::DoesNotFit,
        Solved::Undecided(..) => Exit::Incomplete,
    }
}

fn problem(args: &SolveArgs, io: &mut Io) -> Result<Plain, Exit> {
    let text = if args.file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(|error| {
            io.refuse(&format!("standard input cannot be read: {error}"), None);
            Exit::Incomplete
        })?;
        text
    } else {
        read(io, &args.file)?
    };
    parse_versioned(io, &args.file, &text, plain::FORMAT_VERSION, "a converter")
}
