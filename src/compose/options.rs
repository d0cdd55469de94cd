//! What to load: the command line's flags, and which files they mean.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::path::clean;
use crate::source::Files;

/// What to load, as docker compose's flags have it.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// The compose files (`-f`), merged in this order. Empty: `COMPOSE_FILE`, else the default names, in the working
    /// directory or the nearest folder above it that has one. `-` is read as a path of [`Files`] like any other.
    pub files: Vec<PathBuf>,
    /// The project's name (`-p`).
    pub project_name: Option<String>,
    /// The folder for relative paths (`--project-directory`); else that of the first file.
    pub project_directory: Option<PathBuf>,
    /// Active profiles (`--profile`), beside those of `COMPOSE_PROFILES`. `*` stands for all.
    pub profiles: Vec<String>,
    /// Env files (`--env-file`) in place of `.env`.
    pub env_files: Vec<PathBuf>,
    /// Keep the documents as they are written: what looks at the writing itself, and at where values come from, needs them.
    pub keep_written: bool,
    /// Leave variables as they are written.
    pub literal: bool,
    /// The process's variables.
    pub environment: BTreeMap<String, String>,
    /// The working directory; absolute.
    pub working_directory: PathBuf,
}

/// In the order of preference, as docker compose has it.
const NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
const OVERRIDES: [&str; 4] =
    ["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"];

impl LoadOptions {
    /// A path against the working directory.
    pub(super) fn resolve(&self, path: &Path) -> PathBuf {
        if path == Path::new("-") { path.to_owned() } else { clean(&self.working_directory.join(path)) }
    }

    /// A path as messages show it: relative to the working directory where it lies within.
    pub(super) fn display(&self, path: &Path) -> String {
        path.strip_prefix(&self.working_directory).unwrap_or(path).display().to_string()
    }

    /// The compose files, with absolute paths; empty when there are none.
    pub(super) fn compose_files(&self, files: &dyn Files, environment: &Environment) -> Vec<PathBuf> {
        if !self.files.is_empty() {
            return self.files.iter().map(|path| self.resolve(path)).collect();
        }
        if let Some(list) = environment.get("COMPOSE_FILE").filter(|list| !list.is_empty()) {
            let separator = environment.get("COMPOSE_PATH_SEPARATOR").filter(|text| !text.is_empty()).unwrap_or(":");
            return list.split(separator).map(|path| self.resolve(Path::new(path))).collect();
        }
        let start =
            self.project_directory.as_deref().map_or_else(|| self.working_directory.clone(), |dir| self.resolve(dir));
        start.ancestors().map(|folder| default_files(folder, files)).find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// The folder for relative paths.
    pub(super) fn base(&self, compose_files: &[PathBuf]) -> PathBuf {
        let first = || compose_files.first().filter(|path| *path != Path::new("-")).and_then(|path| path.parent());
        match &self.project_directory {
            Some(directory) => self.resolve(directory),
            None => first().map_or_else(|| self.working_directory.clone(), Path::to_owned),
        }
    }

    /// The active profiles.
    pub(super) fn active_profiles(&self, environment: &Environment) -> Vec<String> {
        let listed = environment.get("COMPOSE_PROFILES").unwrap_or_default();
        let from_environment = listed.split(',').map(str::trim).filter(|profile| !profile.is_empty());
        // As docker compose has it, the flags replace the variable.
        if self.profiles.is_empty() { from_environment.map(str::to_owned).collect() } else { self.profiles.clone() }
    }
}

/// The file with a default name in a folder, and its override; empty where there is none.
pub fn default_files(folder: &Path, files: &dyn Files) -> Vec<PathBuf> {
    let first_of = |names: &[&str]| {
        names.iter().map(|name| folder.join(name)).find(|path| files.exists(path) && !files.is_dir(path))
    };
    let main = first_of(&NAMES);
    let overriding = main.as_ref().and_then(|_| first_of(&OVERRIDES));
    main.into_iter().chain(overriding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::MemoryFiles;

    #[test]
    fn default_files_are_looked_for_upwards() {
        let files =
            MemoryFiles::new().with("/a/compose.yaml", "").with("/a/compose.override.yml", "").with("/a/b/x", "");
        let options = LoadOptions { working_directory: "/a/b".into(), ..LoadOptions::default() };
        let found = options.compose_files(&files, &Environment::default());
        assert_eq!(found, [PathBuf::from("/a/compose.yaml"), PathBuf::from("/a/compose.override.yml")]);
        assert_eq!(options.base(&found), Path::new("/a"));
    }
}
