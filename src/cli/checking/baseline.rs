//! `--baseline` and `--write-baseline`.

use std::path::{Path, PathBuf};

use crate::cli::args::CheckArgs;
use crate::cli::disk::{Disk, write_over};
use crate::cli::{Exit, Io};
use crate::lint::{BASELINE_VERSION, Baseline, Report};
use crate::source::Files;
use crate::view::count;

use super::Run;

const NAME: &str = "planner-baseline.json";

/// Marks what the baseline knows, or writes it.
pub(in crate::cli) fn take(io: &mut Io, args: &CheckArgs, run: &mut Run) -> Result<(), Exit> {
    let path = args.baseline.clone().unwrap_or_else(|| PathBuf::from(NAME));
    if args.write_baseline {
        let baseline = Baseline::of(&run.report, &run.sources);
        write(io, &path, &baseline)?;
        baseline.apply(&mut run.report, &path.display().to_string());
        return Ok(());
    }
    if args.baseline.is_none() {
        return Ok(());
    }
    let baseline = read(io, &path)?;
    // Of projects that were not looked at nothing can be said to be gone.
    let gone = baseline.apply(&mut run.report, &path.display().to_string()).filter(|_| args.changed.is_none());
    run.report.extend(Report::of(gone.into_iter().collect(), &[], &run.sources));
    Ok(())
}

fn write(io: &mut Io, path: &Path, baseline: &Baseline) -> Result<(), Exit> {
    let text = serde_json::to_string_pretty(baseline).unwrap_or_default() + "\n";
    if let Err(error) = write_over(&io.absolute(path), &text) {
        io.refuse(&format!("{} cannot be written: {error}", path.display()), None);
        return Err(Exit::Error);
    }
    io.tell(&format!("Wrote {} to {}.\n", count(baseline.findings.len(), "finding"), path.display()));
    Ok(())
}

fn read(io: &mut Io, path: &Path) -> Result<Baseline, Exit> {
    let text = match Disk.read(&io.absolute(path)) {
        Ok(text) => text,
        Err(error) => {
            io.refuse(&format!("{} cannot be read: {error}", path.display()), Some("write one: `--write-baseline`"));
            return Err(Exit::Incomplete);
        }
    };
    let major = |version: &str| version.split('.').next().map(str::to_owned);
    match serde_json::from_str::<Baseline>(&text) {
        Ok(baseline) if major(&baseline.format_version) == major(BASELINE_VERSION) => Ok(baseline),
        Ok(baseline) => {
            let message = format!("{} has the format {}", path.display(), baseline.format_version);
            io.refuse(&message, Some("write it anew: `--write-baseline`"));
            Err(Exit::Error)
        }
        Err(error) => {
            io.refuse(
                &format!("{} is no baseline: {error}", path.display()),
                Some("write it anew: `--write-baseline`"),
            );
            Err(Exit::Error)
        }
    }
}
