//! The disk, with standard input in the place of one file.

use std::io;
use std::path::{Path, PathBuf};

use crate::cli::args::CheckArgs;
use crate::cli::disk::Disk;
use crate::cli::{Exit, Io};
use crate::source::Files;

/// Files on disk, one of which is given otherwise.
pub(super) struct Overlay {
    given: Option<(PathBuf, String)>,
}

impl Overlay {
    /// Reads standard input, where it stands for a file.
    pub(super) fn new(args: &CheckArgs, io: &mut Io) -> Result<Self, Exit> {
        let Some(name) = &args.stdin_filename else { return Ok(Overlay { given: None }) };
        match Disk.read(Path::new("-")) {
            Ok(text) => Ok(Overlay { given: Some((io.absolute(name), text)) }),
            Err(error) => {
                io.refuse(&format!("standard input cannot be read: {error}"), None);
                Err(Exit::Incomplete)
            }
        }
    }
}

impl Files for Overlay {
    fn read(&self, path: &Path) -> io::Result<String> {
        match &self.given {
            Some((given, text)) if given == path => Ok(text.clone()),
            _ => Disk.read(path),
        }
    }

    fn exists(&self, path: &Path) -> bool {
        self.given.as_ref().is_some_and(|(given, _)| given == path) || Disk.exists(path)
    }

    fn is_dir(&self, path: &Path) -> bool {
        Disk.is_dir(path)
    }
}
