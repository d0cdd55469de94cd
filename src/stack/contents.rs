//! What is in configs and secrets: read once, held in memory alone, found by its digest.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use super::container::references;
use super::model::Stack;
use super::spec::{ContainerSpec, DeliveredFile, FileKind, FileOrigin};
use crate::compose::model::{Compose, FileSource};
use crate::diagnostic::Diagnostic;
use crate::digest::sha256;
use crate::source::Files;

/// The largest that is delivered, in bytes; the engines of a Swarm take no larger secret either, and configs of 1000 KiB.
const MOST: usize = 4 << 20;

/// The contents of configs and secrets. They show in no output: not even in that of `Debug`.
#[derive(Clone, Default)]
pub struct Contents {
    by_digest: BTreeMap<String, Vec<u8>>,
    digests: BTreeMap<(FileKind, String), String>,
}

impl fmt::Debug for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Contents of {} files", self.by_digest.len())
    }
}

impl Contents {
    /// Reads every config and secret that an active service uses. `variable` gives variables of the project's environment.
    ///
    /// The findings say what could not be read.
    pub fn read(
        compose: &Compose,
        files: &dyn Files,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> (Contents, Vec<Diagnostic>) {
        let mut contents = Contents::default();
        let mut findings = Vec::new();
        for (kind, declared) in [(FileKind::Config, &compose.configs), (FileKind::Secret, &compose.secrets)] {
            for (key, source) in declared.iter().filter(|(key, _)| is_used(compose, kind, key)) {
                match bytes(source, files, variable) {
                    Ok(bytes) => {
                        let digest = contents.add(bytes);
                        contents.digests.insert((kind, key.to_string()), digest);
                    }
                    Err((why, help)) => {
                        let place = source.file.as_ref().map(|file| file.span);
                        let place = place.or(source.environment.as_ref().map(|it| it.span)).unwrap_or(source.span);
                        let message = format!("the {} `{key}` cannot be delivered: {why}", kind.word());
                        findings.push(Diagnostic::error("M310", message).label(place, "declared here").help(help));
                    }
                }
            }
        }
        (contents, findings)
    }

    /// Reads what the files of a saved plan's containers are, from where it was read for the plan.
    ///
    /// # Errors
    /// In words, for each that is not there any more, or is not what it was.
    pub fn read_again<'a>(
        specs: impl Iterator<Item = &'a ContainerSpec>,
        files: &dyn Files,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Contents, Vec<String>> {
        let mut contents = Contents::default();
        let mut faults = Vec::new();
        for file in specs.flat_map(|spec| &spec.files) {
            if contents.get(&file.digest).is_some() {
                continue;
            }
            let read = match &file.origin {
                FileOrigin::Text(text) => Ok(text.clone().into_bytes()),
                FileOrigin::File(path) => files.bytes(path).map_err(|error| told(&error, path)),
                FileOrigin::Environment(name) => {
                    variable(name).map(String::into_bytes).ok_or_else(|| format!("the variable {name} is not set"))
                }
                FileOrigin::Withheld => Err("the compose file says what is in it, and no plan repeats that".to_owned()),
            };
            let name = || format!("the {} `{}`", file.kind.word(), file.key);
            match read {
                Ok(bytes) => {
                    if contents.add(bytes) != file.digest {
                        faults.push(format!("{} has changed since the plan was made", name()));
                    }
                }
                Err(why) => faults.push(format!("{}: {why}", name())),
            }
        }
        faults.dedup();
        if faults.is_empty() { Ok(contents) } else { Err(faults) }
    }

    /// Notes in the specs of a stack what is in their files, so that a change is seen.
    pub fn mark(&self, stack: &mut Stack) {
        for file in stack.services.iter_mut().flat_map(|service| &mut service.container.files) {
            if let Some(digest) = self.digests.get(&(file.kind, file.key.clone())) {
                file.digest.clone_from(digest);
            }
        }
    }

    /// What is in a file.
    pub fn of<'a>(&'a self, file: &'a DeliveredFile) -> Option<&'a [u8]> {
        let told = || match &file.origin {
            FileOrigin::Text(text) if sha256(text) == file.digest => Some(text.as_bytes()),
            _ => None,
        };
        self.get(&file.digest).or_else(told)
    }

    fn get(&self, digest: &str) -> Option<&[u8]> {
        self.by_digest.get(digest).map(Vec::as_slice)
    }

    fn add(&mut self, bytes: Vec<u8>) -> String {
        let digest = sha256(&bytes);
        self.by_digest.insert(digest.clone(), bytes);
        digest
    }
}

fn is_used(compose: &Compose, kind: FileKind, key: &str) -> bool {
    let mut used = compose.services.values().flat_map(references);
    used.any(|(of, it)| of == kind && &*it.source.value == key)
}

/// What is in it, or why not and what would help.
fn bytes(
    source: &FileSource,
    files: &dyn Files,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<u8>, (String, &'static str)> {
    if source.external.is_some() || source.stored {
        let why = "it is kept by a Swarm or a driver, and engines by themselves have none".to_owned();
        return Err((why, "give it by `file`, `environment` or `content`"));
    }
    let bytes = match (&source.file, &source.environment, &source.content) {
        (Some(file), ..) if files.is_dir(&file.value) => {
            let why = format!("{} is a folder", file.value.display());
            return Err((why, "name each file by itself, or mount the folder where it is on the machines"));
        }
        (Some(file), ..) => files.bytes(&file.value).map_err(|error| {
            (told(&error, &file.value), "put the file there, or correct the path; here is where it is read")
        })?,
        (None, Some(name), _) => {
            let value = variable(&name.value).ok_or_else(|| {
                (format!("the variable {} is not set", &*name.value), "set it in the environment or in `.env`")
            })?;
            value.into_bytes()
        }
        (None, None, Some(content)) => content.value.as_bytes().to_vec(),
        (None, None, None) => return Err(("nothing says what is in it".to_owned(), "give it by `file`")),
    };
    if bytes.len() > MOST {
        return Err((format!("it has {} bytes", bytes.len()), "what is larger than 4 MiB belongs in a volume"));
    }
    Ok(bytes)
}

fn told(error: &io::Error, path: &std::path::Path) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("{} is not there", path.display()),
        _ => format!("{} cannot be read: {error}", path.display()),
    }
}
