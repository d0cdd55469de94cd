//! Where texts come from. The library reads through [`Files`] alone, so that tests and `--stdin` need no disk.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// A place to read files from.
pub trait Files {
    /// The text of the file at `path`.
    ///
    /// # Errors
    /// As reading a file does; `InvalidData` when it is not UTF-8.
    fn read(&self, path: &Path) -> io::Result<String>;

    /// What is in the file at `path`, whatever it is.
    ///
    /// # Errors
    /// As reading a file does.
    fn bytes(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.read(path).map(String::into_bytes)
    }

    /// Whether something is at `path`.
    fn exists(&self, path: &Path) -> bool;

    /// Whether a folder is at `path`.
    fn is_dir(&self, path: &Path) -> bool;
}

/// Files held in memory, by path.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles {
    files: BTreeMap<PathBuf, String>,
}

impl MemoryFiles {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// With `text` at `path` as well.
    #[must_use]
    pub fn with(mut self, path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        self.files.insert(path.into(), text.into());
        self
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.files.get(path).cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    fn exists(&self, path: &Path) -> bool {
        self.files.contains_key(path) || self.is_dir(path)
    }

    fn is_dir(&self, path: &Path) -> bool {
        self.files.keys().any(|file| file != path && file.starts_with(path))
    }
}
