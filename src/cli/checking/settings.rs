//! The settings of each project: its `planner.toml`, its own `x-planner`, and the flags, of which the later ones win.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::cli::args::CheckArgs;
use crate::cli::{Exit, Io};
use crate::compose::Compose;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::Settings;
use crate::source::{Files, Sources};

use super::overlay::Overlay;

const NAME: &str = "planner.toml";

/// Settings files that were read.
#[derive(Default)]
pub(super) struct SettingsFiles {
    read: HashMap<PathBuf, Settings>,
}

impl SettingsFiles {
    /// The settings of a project, and what is wrong with them where they are met for the first time.
    pub(super) fn of(
        &mut self,
        io: &mut Io,
        args: &CheckArgs,
        files: &Overlay,
        compose: &Compose,
        sources: &mut Sources,
    ) -> Result<(Settings, Vec<Diagnostic>), Exit> {
        let mut findings = Vec::new();
        let named = args.rules.config.as_ref().map(|path| io.absolute(path));
        let path = named.or_else(|| above(&io.absolute(&compose.directory), files));
        let mut settings = match path {
            None => Settings::default(),
            Some(path) => self
                .read
                .entry(path.clone())
                .or_insert_with(|| {
                    let mut settings = Settings::default();
                    let name = path.strip_prefix(&io.directory).unwrap_or(&path).display().to_string();
                    findings = settings.take_file(files, &path, &name, sources);
                    settings
                })
                .clone(),
        };
        findings.extend(settings.take_extension(compose.extensions.get("x-planner")));
        flags(io, args, &mut settings)?;
        Ok((settings, findings))
    }
}

/// The file in a folder or the nearest above it.
fn above(folder: &Path, files: &Overlay) -> Option<PathBuf> {
    folder.ancestors().map(|folder| folder.join(NAME)).find(|path| files.exists(path))
}

fn flags(io: &mut Io, args: &CheckArgs, settings: &mut Settings) -> Result<(), Exit> {
    let switched = settings.switch(&args.rules.select, true).and_then(|()| settings.switch(&args.rules.ignore, false));
    if let Err((name, like)) = switched {
        let help = like.map_or("`planner rules` lists them".to_owned(), |like| format!("did you mean `{like}`?"));
        io.refuse(&format!("there is no rule or group `{name}`"), Some(&help));
        return Err(Exit::Error);
    }
    if args.allow_partial {
        settings.severities.insert("P904", Severity::Warning);
    }
    settings.fail_on = args.rules.fail_on.map(Severity::from).or(settings.fail_on);
    Ok(())
}
