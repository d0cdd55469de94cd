//! Reading of compose files, and of what they refer to, into one merged tree.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::dotenv::{self, Assignment};
use super::environment::{Environment, Variable};
use super::interpolate::{Done, Interpolation};
use super::merge::{merge, nothing, take};
use super::normalise::{Base, default_contexts, normalise};
use super::options::LoadOptions;
use super::origins::Origins;
use super::schema;
use super::template;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Files, Sources, Span, Spanned};
use crate::yaml::{self, Node};

/// A project that includes more than this is refused.
const MAX_INCLUDES: usize = 1000;

/// What reading shares: where texts come from and go to, and what was found.
pub(super) struct Loader<'a> {
    pub files: &'a dyn Files,
    pub options: &'a LoadOptions,
    pub sources: &'a mut Sources,
    pub diagnostics: Vec<Diagnostic>,
    /// The documents of the compose files, as written.
    pub written: Vec<Node>,
    /// The places in env files where variables of the project are set.
    pub assigned: Vec<Spanned<String>>,
    /// Whether everything could be read and followed.
    pub complete: bool,
    /// Whether a part of the project is missing, so that what refers to it cannot be judged.
    pub partial: bool,
    /// How many more includes are followed: files that include each other twice would double with every level.
    pub includes_left: usize,
    /// The trees of files that `extends` named, by their path and by how they were come to.
    pub extended: HashMap<(PathBuf, Vec<PathBuf>), Option<Node>>,
    /// Whether any document has a tag.
    pub tagged: bool,
    /// Where aliases stand, and what they stand for.
    pub aliases: Vec<(Span, Span)>,
    /// Which file each `include` and `extends` led to.
    pub links: Vec<(Span, FileId)>,
    /// The files that no other one led to.
    pub roots: Vec<FileId>,
    /// The variables in every value.
    pub origins: Origins,
    /// How many more bytes variables may make of the project's texts.
    room: usize,
    texts: HashMap<PathBuf, FileId>,
}

/// A set of files that are merged, and what they are read with.
pub(super) struct Unit<'a> {
    pub environment: &'a Environment,
    pub base: Base,
    /// The files that led here by `include`, with the places of those includes.
    pub trail: Vec<PathBuf>,
}

impl<'a> Loader<'a> {
    pub(super) fn new(files: &'a dyn Files, options: &'a LoadOptions, sources: &'a mut Sources) -> Self {
        Loader {
            files,
            options,
            sources,
            diagnostics: Vec::new(),
            written: Vec::new(),
            assigned: Vec::new(),
            complete: true,
            partial: false,
            includes_left: MAX_INCLUDES,
            extended: HashMap::new(),
            aliases: Vec::new(),
            tagged: false,
            links: Vec::new(),
            roots: Vec::new(),
            origins: Origins::default(),
            room: template::MAX_GROWTH,
            texts: HashMap::new(),
        }
    }

    /// The text at `path`, read once; a finding that names `what` is made when it cannot be read.
    pub(super) fn text(&mut self, path: &Path, what: &str, place: Option<Span>) -> Option<(FileId, Arc<str>)> {
        if let Some(file) = self.texts.get(path) {
            return Some((*file, self.sources.get(*file).text.clone()));
        }
        match self.files.read(path) {
            Ok(text) => {
                let file = self.sources.add(self.options.display(path), text);
                self.texts.insert(path.to_owned(), file);
                Some((file, self.sources.get(file).text.clone()))
            }
            Err(error) => {
                self.unreadable(path, what, place, &error);
                None
            }
        }
    }

    fn unreadable(&mut self, path: &Path, what: &str, place: Option<Span>, error: &std::io::Error) {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "it does not exist".to_owned(),
            std::io::ErrorKind::InvalidData => "it is not a text in UTF-8".to_owned(),
            _ if self.files.is_dir(path) => "it is a folder".to_owned(),
            _ => error.to_string(),
        };
        let message = format!("{what} `{}` cannot be read: {why}", self.options.display(path));
        let finding = Diagnostic::error("C123", message);
        self.diagnostics.push(match place {
            Some(place) => finding.label(place, ""),
            None => finding,
        });
    }

    /// The documents of the compose file at `path`, as written.
    pub(super) fn documents(&mut self, path: &Path, place: Option<Span>) -> Vec<Node> {
        let Some((file, text)) = self.text(path, "the compose file", place) else {
            self.complete = false;
            self.partial = true;
            return Vec::new();
        };
        match place {
            Some(place) => self.links.push((place, file)),
            None => self.roots.push(file),
        }
        let parsed = yaml::parse(file, &text);
        self.aliases.extend(parsed.aliases);
        self.tagged |= parsed.tagged;
        self.diagnostics.extend(parsed.diagnostics);
        match parsed.documents {
            None => {
                self.partial = true;
                Vec::new()
            }
            Some(documents) => {
                if self.options.keep_written {
                    self.written.extend(documents.iter().cloned());
                }
                documents
            }
        }
    }

    /// Puts variables into a document, unless they are to be left as they are written.
    pub(super) fn interpolate(&mut self, root: &mut Node, environment: &Environment) {
        let (sources, diagnostics, origins) = (&*self.sources, &mut self.diagnostics, &mut self.origins);
        let (room, done) = (&mut self.room, Done::default());
        if self.options.literal {
            origins.all_named(root);
        } else {
            Interpolation { environment, sources, diagnostics, origins, room, done }.run(root);
        }
    }

    /// Merges documents, with what they include and extend.
    pub(super) fn merged(&mut self, documents: Vec<(PathBuf, Node)>, unit: &Unit) -> Node {
        let mut merged = nothing(Span::new(FileId(0), 0..0));
        for (path, mut root) in documents {
            self.interpolate(&mut root, unit.environment);
            schema::check(&root, self.options.literal, &mut self.diagnostics);
            if root.as_mapping().is_none() {
                self.partial = true;
                continue;
            }
            normalise(&mut root, &unit.base, &mut self.diagnostics);
            if let Some(entry) = take(&mut root, "include") {
                self.include(&entry.value, &mut root, &path, unit);
            }
            self.extend_services(&mut root, &merged, &path, unit);
            merge(&mut merged, root, &mut Vec::new());
        }
        default_contexts(&mut merged, &unit.base);
        merged
    }

    /// The assignments of an env file.
    pub(super) fn env_file(
        &mut self,
        path: &Path,
        raw: bool,
        place: Option<Span>,
        outer: &dyn Fn(&str) -> Option<String>,
    ) -> Vec<Assignment> {
        match self.text(path, "the env file", place) {
            Some((file, text)) if raw => dotenv::parse_raw(file, &text, &mut self.diagnostics),
            Some((file, text)) => dotenv::parse_within(file, &text, outer, &mut self.room, &mut self.diagnostics),
            None => Vec::new(),
        }
    }

    /// Adds the variables of an env file to those that interpolation knows.
    pub(super) fn add_env_file(&mut self, environment: &mut Environment, path: &Path, place: Option<Span>) {
        let known = environment.clone();
        let outer = |name: &str| known.get(name).map(str::to_owned);
        for Assignment { name, value, span } in self.env_file(path, false, place, &outer) {
            self.assigned.push(Spanned::new(name.clone(), span));
            if let Some(value) = value {
                environment.add(name, Variable { value, span });
            }
        }
    }

    /// Adds the variables of the files that the options name, else of the `.env` in `directory`.
    pub(super) fn project_environment(&mut self, environment: &mut Environment, directory: &Path) {
        let listed = environment.get("COMPOSE_ENV_FILES").unwrap_or_default().to_owned();
        let disabled = environment.get("COMPOSE_DISABLE_ENV_FILE").is_some_and(|value| matches!(value, "1" | "true"));
        let named: Vec<PathBuf> = match &*self.options.env_files {
            [] => listed.split(',').filter(|path| !path.is_empty()).map(PathBuf::from).collect(),
            files => files.to_vec(),
        };
        for path in &named {
            self.add_env_file(environment, &self.options.resolve(path), None);
        }
        let default = directory.join(".env");
        if named.is_empty() && !disabled && self.files.exists(&default) && !self.files.is_dir(&default) {
            self.add_env_file(environment, &default, None);
        }
    }

    /// Reports a reference to something that is not on this disk.
    pub(super) fn not_followed(&mut self, what: &str, target: &str, place: Span) {
        self.complete = false;
        self.partial = true;
        let finding = Diagnostic::warning("C128", format!("{what} `{target}` is remote and was not followed"));
        self.diagnostics.push(finding.label(place, "what it brings in was not checked"));
    }
}
