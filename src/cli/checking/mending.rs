//! `--fix` and `--diff`.

use std::path::Path;

use similar::TextDiff;

use crate::cli::disk::write_over;
use crate::cli::{Exit, Io};
use crate::lint;
use crate::view::count;

use super::{Checking, Run};

/// What is mended may bring other things to light; after so many rounds the rest is left.
const MAX_ROUNDS: usize = 10;

/// Mends what can be mended, and checks again.
pub(in crate::cli) fn mend(io: &mut Io, checking: &Checking<'_>, mut run: Run, risky: bool) -> Result<Run, Exit> {
    if checking.args.stdin_filename.is_some() || checking.args.paths.iter().any(|path| path == Path::new("-")) {
        io.refuse("standard input cannot be mended in its place", Some("--diff shows what would change"));
        return Err(Exit::Error);
    }
    let mut total = 0;
    for _ in 0..MAX_ROUNDS {
        let mended = lint::mend(&run.report, &run.sources, risky);
        if mended.count == 0 {
            break;
        }
        for (file, text) in &mended.texts {
            let name = &run.sources.get(*file).name;
            if let Err(error) = write_over(&io.absolute(Path::new(name)), text) {
                io.refuse(&format!("{name} cannot be written: {error}"), None);
                return Err(Exit::Error);
            }
        }
        total += mended.count;
        run = checking.run(io)?;
    }
    io.tell(&format!("Mended {}.\n", count(total, "finding")));
    Ok(run)
}

/// Shows what would change, as a patch.
pub(in crate::cli) fn show(io: &mut Io, run: &Run, risky: bool) -> Exit {
    let mended = lint::mend(&run.report, &run.sources, risky);
    for (file, text) in &mended.texts {
        let source = run.sources.get(*file);
        let diff = TextDiff::from_lines(&*source.text, text.as_str());
        let (old, new) = (format!("a/{}", source.name), format!("b/{}", source.name));
        io.print(&diff.unified_diff().header(&old, &new).to_string());
    }
    if mended.texts.is_empty() { Exit::Fine } else { Exit::Error }
}
