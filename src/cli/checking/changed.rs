//! The files that differ from a commit, as git says.

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::Command;

use crate::cli::{Exit, Io};

/// Absolute paths of the files that differ from `reference`, those that git does not know yet included.
pub(super) fn files(io: &mut Io, reference: &str) -> Result<HashSet<PathBuf>, Exit> {
    if reference.starts_with('-') {
        io.refuse(&format!("`{reference}` is no commit"), None);
        return Err(Exit::Error);
    }
    let mut changed = HashSet::new();
    let asked: [&[&str]; 2] = [
        &["diff", "--name-only", "-z", "--relative", reference, "--"],
        &["ls-files", "--others", "--exclude-standard", "-z"],
    ];
    for arguments in asked {
        match git(io, arguments) {
            Ok(names) => changed.extend(names.split('\0').filter(|it| !it.is_empty()).map(|it| io.directory.join(it))),
            Err(why) => {
                io.refuse(&format!("git cannot say what differs from `{reference}`: {why}"), None);
                return Err(Exit::Incomplete);
            }
        }
    }
    Ok(changed)
}

fn git(io: &Io, arguments: &[&str]) -> Result<String, String> {
    let output =
        Command::new("git").args(arguments).current_dir(&io.directory).output().map_err(|it| it.to_string())?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        Err(said.lines().next().unwrap_or("it failed").to_owned())
    }
}
