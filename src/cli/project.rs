//! From what was typed to what is meant: the project and the machines, loaded, with every finding on the way.

use std::path::{Path, PathBuf};

use crate::compose::{self, Compose, Environment, LoadOptions};
use crate::diagnostic::Diagnostic;
use crate::inventory::{self, Availability, Inventory};
use crate::lint::Report;
use crate::observed::Observed;
use crate::plan::{self, Origin};
use crate::source::{Files, Sources};
use crate::stack::{self, Contents, Discovery, PullPolicy, Service, Stack};
use crate::view::Refused;
use crate::yaml::Node;

use super::args::{FindingsFormat, MachineArgs, ProjectArgs, ProjectFlags, SituationArgs};
use super::disk::Disk;
use super::{Exit, Io};

/// The inventory's name where none is given.
const INVENTORY: &str = "inventory.yaml";

/// Everything that was read.
pub(super) struct Project {
    pub sources: Sources,
    pub compose: Compose,
    /// None: the local engine alone.
    pub inventory: Option<Inventory>,
    /// Where the inventory was read from.
    pub inventory_path: Option<PathBuf>,
    pub findings: Vec<Diagnostic>,
    /// Whether programs read why it does not fit: then all of it is told.
    pub for_programs: bool,
    /// Why it does not fit the machines, once that was found.
    pub refused: Option<Refused>,
    /// The documents of the compose files, as written.
    written: Vec<Node>,
    /// The variables that the files were read with.
    environment: Environment,
    /// What is in configs and secrets, once it was read.
    pub contents: Contents,
    /// Whether all of it could be read.
    pub complete: bool,
    /// The services that alone are to be changed, with what they need; empty for all.
    pub targets: Vec<String>,
}

impl Project {
    /// Loads the project, and the inventory if there is one.
    pub(super) fn load(io: &Io, project: &ProjectArgs, machines: &MachineArgs) -> Project {
        let mut sources = Sources::new();
        let loaded = compose::load(&Disk, &load_options(io, project), &mut sources);
        let (mut findings, mut complete) = (loaded.diagnostics, loaded.complete);
        let beside = loaded.compose.files.first().and_then(|file| file.parent()).unwrap_or(Path::new(""));
        let inventory_path = inventory_path(io, machines, &io.absolute(beside));
        let inventory = inventory_path.as_ref().map(|path| {
            let loaded = load_inventory(io, path, &mut sources);
            findings.extend(loaded.diagnostics);
            complete &= loaded.complete;
            loaded.inventory
        });
        let (compose, environment) = (loaded.compose, loaded.environment);
        Project {
            sources,
            compose,
            inventory,
            inventory_path,
            findings,
            for_programs: false,
            refused: None,
            written: loaded.written,
            environment,
            contents: Contents::default(),
            complete,
            targets: Vec::new(),
        }
    }

    /// [`load`](Self::load), and what is in configs and secrets. What would stop a deployment is told, and ends the run.
    pub(super) fn load_to_deploy(io: &mut Io, args: &ProjectArgs, machines: &MachineArgs) -> Result<Project, Exit> {
        let mut project = Project::load(io, args, machines);
        if project.exit().is_none() {
            let (contents, findings) = Contents::read(&project.compose, &Disk, &|name| project.variable(name));
            project.contents = contents;
            project.findings.extend(findings);
        }
        let Some(exit) = project.exit() else { return Ok(project) };
        io.tell_findings(&mut project.findings, &project.sources);
        Err(exit)
    }

    /// Sets machines aside, as the inventory could say it.
    pub(super) fn set_aside(&mut self, io: &mut Io, situation: &SituationArgs) -> Result<(), Exit> {
        let drained = situation.drain.iter().map(|name| (name, Availability::Drain));
        for (name, availability) in drained.chain(situation.without.iter().map(|name| (name, Availability::Down))) {
            let machines = self.inventory.iter_mut().flat_map(|inventory| &mut inventory.machines);
            if let Some(machine) = machines.into_iter().find(|machine| machine.name.value == *name) {
                machine.availability.value = availability;
                continue;
            }
            let Some(inventory) = &self.inventory else {
                let help = "there is no inventory: name it with --inventory FILE";
                io.refuse(&format!("there is no machine `{name}`"), Some(help));
                return Err(Exit::Error);
            };
            let names: Vec<&str> = inventory.machines.iter().map(|machine| machine.name.value.as_str()).collect();
            return Err(io.unknown("machine", name, &names));
        }
        Ok(())
    }

    /// Leaves everything but these services, and what they need, as it is.
    pub(super) fn narrow(&mut self, io: &mut Io, targets: &[String]) -> Result<(), Exit> {
        if let Some(target) = targets.iter().find(|target| !self.compose.services.contains_key(target)) {
            let names: Vec<&str> = self.compose.services.keys().map(|name| &**name).collect();
            return Err(io.unknown("service", target, &names));
        }
        if !targets.is_empty() {
            self.compose.narrow(targets);
        }
        self.targets = targets.to_vec();
        Ok(())
    }

    /// Of a part of the project nothing goes that the files don't name any more.
    pub(super) fn leave_others_alone(&mut self, observed: &Observed) {
        if !self.targets.is_empty() {
            let services = plan::services_seen(&self.compose.name, observed);
            services.iter().for_each(|service| self.compose.leave_alone(service));
        }
    }

    /// How a run ends that would tear services apart which find each other by proxies or addresses: those tell of all.
    pub(super) fn is_torn(&self, io: &mut Io, stack: &Stack) -> Option<Exit> {
        let tells = |it: &stack::Network| matches!(it.discovery, Discovery::Proxy | Discovery::Hosts);
        let ingress = stack.services.iter().any(Service::is_ingress);
        if self.targets.is_empty() || !ingress && !stack.networks.values().any(tells) {
            return None;
        }
        let message = "no part of this project can be changed by itself: its services find each other by proxies or \
                       addresses, and those tell of all services";
        io.refuse(message, Some("leave out --target; what is as the files say stays as it is"));
        Some(Exit::Error)
    }

    /// What is to be added to `planner apply --plan` here for it to find the same inventory.
    pub(super) fn inventory_argument(&self, io: &Io) -> String {
        let by_itself = inventory_path(io, &MachineArgs::default(), &io.directory);
        match &self.inventory_path {
            Some(path) if by_itself.as_ref() != Some(path) => {
                format!(" -i {}", path.strip_prefix(&io.directory).unwrap_or(path).display())
            }
            _ => String::new(),
        }
    }

    /// The images of its services, and when each is fetched.
    pub(super) fn images(&self) -> Vec<(String, PullPolicy)> {
        self.compose.services.values().filter_map(|service| stack::image(&self.compose, service)).collect()
    }

    /// A variable of the project's environment.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        self.environment.get(name).map(str::to_owned)
    }

    /// Where the project's files are, for the labels of containers.
    pub(super) fn origin(&self) -> Origin {
        let path = |path: &PathBuf| path.display().to_string();
        Origin {
            working_dir: path(&self.compose.directory),
            config_files: self.compose.files.iter().map(path).collect(),
        }
    }

    /// Prints for programs, where they read it, why it does not fit, if that was found: the document of `check --format json`.
    pub(super) fn print_refusal(&self, io: &mut Io) {
        if let Some(refused) = self.refused.as_ref().filter(|_| self.for_programs) {
            let report = Report::of(self.findings.clone(), &self.written, &self.sources);
            io.print_report(&report, std::slice::from_ref(refused), &self.sources, FindingsFormat::Json);
        }
    }

    /// How a run ends that stops at the findings of loading; none when there is no error.
    pub(super) fn exit(&self) -> Option<Exit> {
        if !self.complete {
            return Some(Exit::Incomplete);
        }
        self.findings.iter().any(Diagnostic::is_error).then_some(Exit::Error)
    }
}

/// What the files and flags ask for.
pub(super) fn load_options(io: &Io, project: &ProjectArgs) -> LoadOptions {
    let files = project.files.iter().chain(&project.flags.file).cloned().collect();
    options_for(io, files, &project.flags)
}

/// The options for these files, and the flags beside them.
pub(super) fn options_for(io: &Io, files: Vec<PathBuf>, flags: &ProjectFlags) -> LoadOptions {
    LoadOptions {
        files,
        project_name: flags.project_name.clone(),
        project_directory: flags.project_directory.clone(),
        profiles: flags.profile.clone(),
        env_files: flags.env_file.clone(),
        keep_written: true,
        literal: false,
        environment: io.variables.clone(),
        working_directory: io.directory.clone(),
    }
}

/// `--inventory`, `PLANNER_INVENTORY`, or `inventory.yaml` in the folder, if it is there.
pub(super) fn inventory_path(io: &Io, machines: &MachineArgs, folder: &Path) -> Option<PathBuf> {
    let named = machines.inventory.clone().or_else(|| io.variable("PLANNER_INVENTORY").map(PathBuf::from));
    named.map(|path| io.absolute(&path)).or_else(|| Some(folder.join(INVENTORY)).filter(|path| Disk.exists(path)))
}

/// Loads the inventory at an absolute path; messages name it as seen from the working directory.
pub(super) fn load_inventory(io: &Io, path: &Path, sources: &mut Sources) -> inventory::Loaded {
    let name = path.strip_prefix(&io.directory).unwrap_or(path).display().to_string();
    inventory::load(&Disk, path, &name, sources)
}
