//! The project: compose files and their environment, read into [`Compose`].
//!
//! A file's way: text → tree ([`crate::yaml`]) → `interpolate` → `schema` (is its form right?) → `normalise` (short
//! forms become long, paths absolute) → `include` → `extends` → `merge` with the files before. The merged tree is then
//! decoded into [`model`], and `check` looks at what refers to what.

mod canonical;
mod check;
mod decode;
pub mod dotenv;
mod duration;
mod environment;
mod extends;
mod include;
mod interpolate;
mod loader;
mod merge;
pub mod model;
mod name;
mod normalise;
mod options;
mod origins;
mod path;
mod provenance;
mod schema;
mod shell;
mod short_volume;
mod target;
mod template;

pub use canonical::{Model, Section};
pub use environment::{Environment, Variable};
pub use model::Compose;
pub use options::{LoadOptions, default_files};
pub use origins::{Origins, Substituted, VariableUse};
pub use provenance::{NoValue, Part, Provenance, Step};
pub use schema::service_keys;

use std::path::Path;

use crate::diagnostic::{self, Diagnostic};
use crate::source::{FileId, Files, Sources, Span, Spanned};
use crate::yaml::Node;
use decode::Decoder;
use loader::{Loader, Unit};
use normalise::Base;

/// The code of findings about what docker compose takes as it is, and no engine does.
pub const ENGINE_REFUSES: &str = "C132";

/// What loading gives: the project, as far as it could be read, and everything that is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The project.
    pub compose: Compose,
    /// What was found, sorted.
    pub diagnostics: Vec<Diagnostic>,
    /// The documents of all compose files that were read, included and extended ones as well, before variables were put
    /// in: what findings about the writing itself look at.
    pub written: Vec<Node>,
    /// Where env files set variables of the project, in the order of reading.
    pub assigned: Vec<Spanned<String>>,
    /// Whether everything was read and followed; where not, a finding says what was not.
    pub complete: bool,
    /// The variables that values were made with.
    pub origins: Origins,
    /// Where aliases stand, and what they stand for.
    aliases: Vec<(Span, Span)>,
    /// The files that the project begins with.
    roots: Vec<FileId>,
    /// Which file each `include` and `extends` led to.
    links: Vec<(Span, FileId)>,
    /// The merged tree that the project was decoded from.
    tree: Option<Node>,
    /// The variables that it was interpolated with.
    pub environment: Environment,
}

impl Loaded {
    /// The project in docker compose's canonical form, as `docker compose config` prints it.
    pub fn model(&self) -> Option<Model<'_>> {
        Some(Model { root: self.tree.as_ref()?, compose: &self.compose, environment: &self.environment })
    }

    /// [`Loaded::model`] as one tree.
    pub fn canonical(&self) -> Option<Node> {
        Some(self.model()?.tree())
    }

    /// The files that the `include` or `extends` at a place led to.
    fn led_to(&self, place: Span) -> Vec<FileId> {
        self.links.iter().filter(|(from, _)| *from == place).map(|(_, file)| *file).collect()
    }
}

/// Loads the project that `options` name. The texts that are read are kept in `sources`.
///
/// Loading reports, it does not fail: one bad service does not hide the faults of the others.
pub fn load(files: &dyn Files, options: &LoadOptions, sources: &mut Sources) -> Loaded {
    let mut environment = Environment::new(options.environment.clone());
    let mut loader = Loader::new(files, options, sources);
    let start = options.project_directory.as_deref().map_or_else(
        || options.files.first().and_then(|path| options.resolve(path).parent().map(Path::to_owned)),
        |directory| Some(options.resolve(directory)),
    );
    loader.project_environment(&mut environment, start.as_deref().unwrap_or(&options.working_directory));
    let paths = options.compose_files(files, &environment);
    if paths.is_empty() {
        let finding = Diagnostic::error("C123", "no compose file was found here or in a folder above");
        loader.diagnostics.push(finding.help("name one: `planner check stack.yml`"));
        loader.complete = false;
    }
    let directory = options.base(&paths);
    if start.is_none() && directory != options.working_directory {
        loader.project_environment(&mut environment, &directory);
    }
    let mut documents = Vec::new();
    for path in &paths {
        let found = loader.documents(path, None);
        documents.extend(found.into_iter().map(|root| (path.clone(), root)));
    }
    if documents.is_empty() && !paths.is_empty() && !loader.partial {
        let finding = Diagnostic::error("C104", format!("`{}` is empty", options.display(&paths[0])));
        loader.diagnostics.push(finding.help("services:\n  web:\n    image: nginx"));
        loader.partial = true;
    }
    let roots = documents.iter().map(|(_, root)| root);
    let (name, name_span) = name::project_name(options, &environment, roots, &directory, &mut loader.diagnostics);
    environment.set("COMPOSE_PROJECT_NAME", &name);
    let home = options.environment.get("HOME").cloned();
    let base = Base { directory: directory.clone(), home };
    let mut root = loader.merged(documents, &Unit { environment: &environment, base, trail: Vec::new() });
    if loader.tagged {
        merge::strip_resets(&mut root);
    }
    merge::unify(&mut root);
    schema::check_required(&root, &mut loader.diagnostics);
    let profiles = options.active_profiles(&environment);
    let compose = Decoder::new(&mut loader, &environment).project(&root, &profiles);
    let compose = Compose { name, name_span, directory, files: paths, ..compose };
    let Loader { aliases, links, roots, mut diagnostics, written, assigned, complete, partial, origins, .. } = loader;
    check::check(&compose, partial, &mut diagnostics);
    origins.annotate(&mut diagnostics);
    diagnostic::sort(&mut diagnostics);
    Loaded {
        aliases,
        links,
        roots,
        compose,
        diagnostics,
        written,
        assigned,
        complete,
        origins,
        tree: Some(root),
        environment,
    }
}
