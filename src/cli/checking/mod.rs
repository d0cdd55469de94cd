//! What `check` does with what was typed: finds the projects, loads each, and puts their findings together.

pub(in crate::cli) mod baseline;
mod changed;
pub(in crate::cli) mod mending;
mod overlay;
mod settings;
mod targets;

use std::collections::HashMap;
use std::path::PathBuf;

use crate::compose;
use crate::diagnostic::{Diagnostic, Severity};
use crate::inventory;
use crate::lint::{self, Input, Report, Settings};
use crate::placement::{self, Limits, Outcome, Policy, Problem, loss, refusal};
use crate::plan;
use crate::source::Sources;
use crate::stack::{self, By};
use crate::view::{self, Refused};

use super::args::{CheckArgs, FindingsFormat};
use super::project::{inventory_path, load_inventory, options_for};
use super::{Exit, Io};
use overlay::Overlay;
use settings::SettingsFiles;
use targets::Target;

/// A check, ready to run; more than once where texts are mended in between.
pub(in crate::cli) struct Checking<'a> {
    args: &'a CheckArgs,
    targets: Vec<Target>,
    files: Overlay,
}

/// What a run found.
#[derive(Default)]
pub(in crate::cli) struct Run {
    pub sources: Sources,
    pub report: Report,
    /// How many projects and services were checked.
    pub projects: usize,
    pub services: usize,
    /// On how many machines the one project that was checked fits, if that was asked and proven.
    pub fits: Option<usize>,
    /// From which severity on it fails.
    fail_on: Option<Severity>,
    /// Whether something could not be read.
    incomplete: bool,
    /// Of each project that does not fit, what it is told beside its findings.
    pub refused: Vec<Refused>,
    /// Whether a loss is not survived that is to be.
    lost: bool,
    undecided: bool,
}

/// What is kept from one project to the next.
#[derive(Default)]
struct Shared {
    settings: SettingsFiles,
    inventories: HashMap<PathBuf, inventory::Loaded>,
}

impl<'a> Checking<'a> {
    /// Finds out what is to be checked.
    pub(in crate::cli) fn new(args: &'a CheckArgs, io: &mut Io) -> Result<Self, Exit> {
        let files = Overlay::new(args, io)?;
        let targets = targets::find(args, io, &files)?;
        Ok(Checking { args, targets, files })
    }

    /// Checks all projects.
    pub(in crate::cli) fn run(&self, io: &mut Io) -> Result<Run, Exit> {
        let mut run = Run::default();
        let mut shared = Shared::default();
        let changed = self.args.changed.as_ref().map(|reference| changed::files(io, reference)).transpose()?;
        for target in &self.targets {
            let before = run.sources.iter().count();
            let found = self.project(io, target, &mut run, &mut shared)?;
            let touched = changed.as_ref().is_none_or(|changed| {
                run.sources.iter().skip(before).any(|(_, file)| changed.contains(&io.directory.join(&file.name)))
            });
            if touched {
                run.take(found);
            }
        }
        if self.targets.len() > 1 {
            run.fits = None;
        }
        Ok(run)
    }

    fn project(&self, io: &mut Io, target: &Target, run: &mut Run, shared: &mut Shared) -> Result<Found, Exit> {
        let options = options_for(io, target.files.clone(), &self.args.project);
        let mut loaded = compose::load(&self.files, &options, &mut run.sources);
        let mut findings = std::mem::take(&mut loaded.diagnostics);
        let (inventory, told) = self.inventory(io, &loaded.compose, &mut run.sources, shared);
        findings.extend(told);
        loaded.complete &= inventory.as_ref().is_none_or(|inventory| inventory.complete);
        let inventory = inventory.map(|inventory| inventory.inventory);
        let (settings, told) = shared.settings.of(io, self.args, &self.files, &loaded.compose, &mut run.sources)?;
        findings.extend(told);
        let mut found =
            Found { services: loaded.compose.services.len(), complete: loaded.complete, ..Found::default() };
        found.fail_on = settings.fail_on;
        let stack = match &inventory {
            Some(inventory) => {
                let (stack, told) = stack::build(&loaded.compose, Some(inventory), None);
                findings.extend(told);
                Some(stack)
            }
            None => {
                let mut told = stack::faults(&loaded.compose);
                // docker compose passes over what is said about placing: no reason to refuse a file that places nothing.
                told.iter_mut().for_each(|finding| finding.severity = finding.severity.min(Severity::Warning));
                findings.extend(told);
                None
            }
        };
        findings.extend(stack.iter().flat_map(|stack| built_for_others(&loaded.compose, stack)));
        if let Some(stack) = stack.as_ref().filter(|_| loaded.complete && !findings.iter().any(Diagnostic::is_error)) {
            findings.extend(place(io, stack, (self.args, &settings), &run.sources, &mut found));
        }
        let input = Input {
            loaded: &loaded,
            inventory: inventory.as_ref(),
            stack: stack.as_ref(),
            sources: &run.sources,
            files: &self.files,
        };
        found.report = lint::check(input, &settings, findings);
        if self.targets.len() == 1 {
            // The program ends soon: a large project is not given back piece by piece.
            std::mem::forget((loaded, stack));
        }
        Ok(found)
    }

    /// The inventory of a project, and what is wrong with it where it is met for the first time.
    fn inventory(
        &self,
        io: &Io,
        compose: &compose::Compose,
        sources: &mut Sources,
        shared: &mut Shared,
    ) -> (Option<inventory::Loaded>, Vec<Diagnostic>) {
        let beside = compose.files.first().and_then(|file| file.parent()).map(|folder| io.absolute(folder));
        let Some(path) = inventory_path(io, &self.args.machines, &beside.unwrap_or_default()) else {
            return (None, Vec::new());
        };
        if let Some(known) = shared.inventories.get(&path) {
            return (Some(known.clone()), Vec::new());
        }
        let mut loaded = load_inventory(io, &path, sources);
        let findings = std::mem::take(&mut loaded.diagnostics);
        shared.inventories.insert(path, loaded.clone());
        (Some(loaded), findings)
    }
}

/// What one project came to.
#[derive(Default)]
struct Found {
    report: Report,
    services: usize,
    complete: bool,
    fail_on: Option<Severity>,
    fits: Option<usize>,
    refused: Option<Refused>,
    /// A loss is not survived.
    lost: bool,
    undecided: bool,
}

/// Images that cannot be built for the machines that they go to.
fn built_for_others(compose: &compose::Compose, stack: &stack::Stack) -> Vec<Diagnostic> {
    let recipes = stack::recipes(compose);
    if recipes.is_empty() {
        return Vec::new();
    }
    plan::built_for_others(&Problem::new(stack, Vec::new(), Policy::default()), &recipes)
}

/// Whether it fits is only asked of a project that is whole, and of machines whose size is known.
fn place(
    io: &mut Io,
    stack: &stack::Stack,
    (args, settings): (&CheckArgs, &Settings),
    sources: &Sources,
    found: &mut Found,
) -> Vec<Diagnostic> {
    let problem = Problem::new(stack, Vec::new(), Policy::default());
    match placement::fit(&problem, &Limits::default()) {
        Outcome::Placed(_) => {
            found.fits = Some(stack.machines.len());
            let survive = stack.losses(args.survive.iter().map(|text| By::parse(text)).collect());
            if !survive.is_empty() {
                return survived(io, &problem, &survive, found);
            }
            // Asked only where the answer is wanted: it is a placement for each kind of machine.
            let is_asked = lint::find(loss::CODE).is_some_and(|rule| settings.is_on(rule));
            is_asked.then(|| loss::without_headroom(&problem)).flatten().into_iter().collect()
        }
        Outcome::Refused => {
            let refusal = refusal::explain(&problem, &Limits::default());
            let for_programs = matches!(args.format, FindingsFormat::Json | FindingsFormat::Sarif);
            let matrices = if for_programs { refusal::matrices(&problem, &refusal) } else { Vec::new() };
            found.refused = Some(view::refused(&refusal, &matrices, stack, sources));
            refusal.findings
        }
        Outcome::Undecided(why) => {
            let homeless = refusal::without_place(&problem, &Limits::default());
            let lacking: Vec<String> = homeless
                .iter()
                .take(8)
                .map(|it| format!("{} of {} of `{}`", it.wanted - it.placed, it.wanted, it.service))
                .collect();
            let help = (!lacking.is_empty())
                .then(|| format!("look at what was given no place: {} (`planner why` says more)", lacking.join(", ")));
            io.refuse(&format!("whether the stack fits is not decided: {why}"), help.as_deref());
            found.undecided = true;
            Vec::new()
        }
    }
}

/// What is not survived of what is to be.
fn survived(io: &mut Io, problem: &Problem<'_>, survive: &[By], found: &mut Found) -> Vec<Diagnostic> {
    let mut all = Vec::new();
    for by in survive {
        if loss::groups(problem, by).is_empty() {
            io.no_such_loss(by);
            found.undecided = true;
        }
        let (findings, unknown) = loss::not_survived(problem, by, &Limits::default());
        if !unknown.is_empty() {
            io.refuse(&format!("whether the loss of {} is survived is not decided", unknown.join(", ")), None);
            found.undecided = true;
        }
        found.lost |= !findings.is_empty();
        all.extend(findings);
    }
    all
}

impl Run {
    fn take(&mut self, found: Found) {
        self.projects += 1;
        self.services += found.services;
        self.incomplete |= !found.complete;
        self.refused.extend(found.refused);
        self.undecided |= found.undecided;
        self.lost |= found.lost;
        self.fits = found.fits;
        // The strictest word counts.
        self.fail_on = self.fail_on.into_iter().chain(found.fail_on).min();
        self.report.extend(found.report);
    }

    /// From which severity on findings are shown: what it fails for always is.
    pub(in crate::cli) fn level(&self, args: &CheckArgs) -> Severity {
        let for_people = matches!(args.format, FindingsFormat::Human | FindingsFormat::Github);
        let level = args.level.map_or(if for_people { Severity::Warning } else { Severity::Info }, Severity::from);
        self.fail_on.map_or(level, |fail_on| level.min(fail_on))
    }

    /// How it ends.
    pub(in crate::cli) fn exit(&self, allow_partial: bool) -> Exit {
        if self.undecided || self.incomplete && !allow_partial {
            return Exit::Incomplete;
        }
        if self.lost || !self.refused.is_empty() {
            return Exit::DoesNotFit;
        }
        let fails = self.report.worst().is_some_and(|worst| worst >= self.fail_on.unwrap_or(Severity::Error));
        if fails { Exit::Error } else { Exit::Fine }
    }
}
