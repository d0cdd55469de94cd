//! Arguments of the commands that look at machines, place and deploy.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::{MachineArgs, ProjectArgs, ProjectFlags};
use crate::placement::{Limits, Policy};

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct WhyArgs {
    /// A service, or one container of it: `web`, `web.3`
    #[arg(value_name = "SERVICE[.N]")]
    pub service: String,
    /// One machine (else all)
    #[arg(value_name = "MACHINE")]
    pub machine: Option<String>,
    #[command(flatten)]
    pub project: ProjectFlags,
    #[command(flatten)]
    pub machines: MachineArgs,
    #[command(flatten)]
    pub placement: PlacementArgs,
    /// Where everything runs now: a file that `planner observe` wrote
    #[arg(long, value_name = "SNAPSHOT")]
    pub observed: Option<PathBuf>,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct PlanArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub machines: MachineArgs,
    #[command(flatten)]
    pub situation: SituationArgs,
    #[command(flatten)]
    pub scope: ScopeArgs,
    #[command(flatten)]
    pub placement: PlacementArgs,
    #[command(flatten)]
    pub shown: ShownArgs,
    /// Only tell what was changed since it was made: stopped, edited, exchanged; nothing is placed
    #[arg(long, conflicts_with_all = ["out", "policy", "rebalance", "drain", "steps", "tree"])]
    pub refresh_only: bool,
    /// Build the images of services with `build:` first, with the docker command here
    #[arg(long, conflicts_with_all = ["observed", "refresh_only"])]
    pub build: bool,
    /// Plan from a file that `planner observe` wrote, without asking the machines
    #[arg(long, value_name = "SNAPSHOT")]
    pub observed: Option<PathBuf>,
    /// Save the plan, for `planner apply --plan`
    #[arg(short = 'o', long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Print the plan as JSON
    #[arg(long)]
    pub json: bool,
    /// Exit with 2 when there are changes
    #[arg(long)]
    pub detailed_exitcode: bool,
}

// What is the matter with machines, beside what the inventory says.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(in crate::cli) struct SituationArgs {
    /// Empty this machine, as `availability: drain` does: nothing new, and everything on it moves (may be repeated)
    #[arg(long, value_name = "MACHINE")]
    pub drain: Vec<String>,
    /// Go on without this machine, as if it were lost: it is not asked, and what ran there is placed elsewhere (may be
    /// repeated)
    #[arg(long, visible_alias = "lost", value_name = "MACHINE")]
    pub without: Vec<String>,
}

// Which changes are wanted, of all that could be.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(in crate::cli) struct ScopeArgs {
    /// Change only this service, and what it depends on; all others stay as they are (may be repeated)
    #[arg(long, value_name = "SERVICE")]
    pub target: Vec<String>,
    /// Leave room for the loss of any one `machine`, or of all with one value of a label such as `zone`; show where everything
    /// would go, and refuse (exit code 3) what would not survive it (may be repeated)
    #[arg(long, value_name = "LABEL")]
    pub survive: Vec<String>,
    /// Move a volume with its data, and whatever uses it: `data:m1:m3` (may be repeated). What is on the first machine stays there
    #[arg(long, value_name = "VOLUME:FROM:TO")]
    pub move_volume: Vec<String>,
    /// Move running containers to where the policy would have them; else what runs well stays
    #[arg(long)]
    pub rebalance: bool,
    /// Move at most so many of them
    #[arg(long, value_name = "N", requires = "rebalance")]
    pub max_moves: Option<u32>,
}

impl ScopeArgs {
    /// How many containers may move for the policy's sake.
    pub(in crate::cli) fn moves(&self) -> u32 {
        if self.rebalance { self.max_moves.unwrap_or(MANY_MOVES) } else { 0 }
    }
}

/// More than there are containers.
const MANY_MOVES: u32 = 1_000_000;

// How a plan is shown.
#[derive(Clone, Copy, Debug, Default, ClapArgs)]
pub(in crate::cli) struct ShownArgs {
    /// Show every detail of every change
    #[arg(short = 'v', long)]
    pub verbose: bool,
    /// Show the steps, each with what it waits for
    #[arg(long)]
    pub steps: bool,
    /// Show the steps as a tree, each below the last one that it waits for
    #[arg(long)]
    pub tree: bool,
}

// How changes are made.
#[derive(Clone, Debug, ClapArgs)]
pub(in crate::cli) struct ActArgs {
    /// Don't ask before acting
    #[arg(short = 'y', long)]
    pub yes: bool,
    /// How long to wait for another run on the same project to end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub lock_timeout: u64,
    /// Print what happens as lines of JSON; what is for people goes to standard error
    #[arg(long)]
    pub json: bool,
    /// Add the same lines to this file
    #[arg(long, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
}

// How to place.
#[derive(Clone, Debug, ClapArgs)]
pub(in crate::cli) struct PlacementArgs {
    /// What to prefer where several placements do
    #[arg(long, value_name = "POLICY", default_value = "spread")]
    pub policy: PolicyChoice,
    /// With `--policy headroom`: what to keep room for on one machine, a container of 4 CPUs (`4`), of 2 CPUs and 8 GiB (`2:8g`), or
    /// one more of a service (`web`); else one more of the largest service
    #[arg(long, value_name = "SIZE|SERVICE")]
    pub headroom: Option<String>,
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Show what each tier of the objective came to, and how good that is known to be
    #[arg(long)]
    pub objective: bool,
}

// How long to search.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub(in crate::cli) struct LimitArgs {
    /// Most time to search for a better placement; what is found until then is used, and how good it is is said
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    pub time_limit: f64,
}

impl LimitArgs {
    /// The search's limits.
    pub(in crate::cli) fn within(self) -> Limits {
        Limits { time: std::time::Duration::from_secs_f64(self.time_limit.clamp(0.01, 1e7)), ..Limits::default() }
    }
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct SolveArgs {
    /// The problem (`-` is standard input)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Units of work to search for, in place of as many as fit the time limit on an ordinary machine
    #[arg(long, value_name = "UNITS")]
    pub work: Option<u64>,
    /// Threads to search with; the result is the same for any number of them
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ApplyArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub machines: MachineArgs,
    #[command(flatten)]
    pub situation: SituationArgs,
    #[command(flatten)]
    pub scope: ScopeArgs,
    #[command(flatten)]
    pub placement: PlacementArgs,
    #[command(flatten)]
    pub shown: ShownArgs,
    /// Apply this saved plan, if the machines are still as it found them; the compose files are not read
    #[arg(
        long, value_name = "FILE",
        conflicts_with_all = ["policy", "headroom", "time_limit", "drain", "without", "wait", "target", "rebalance", "survive", "move_volume", "build"]
    )]
    pub plan: Option<PathBuf>,
    /// Build the images of all services with `build:` first, not only those that are nowhere yet
    #[arg(long)]
    pub build: bool,
    /// End only when every container is healthy, or runs where its health is not tested
    #[arg(long)]
    pub wait: bool,
    #[command(flatten)]
    pub act: ActArgs,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct BuildArgs {
    /// Services whose images are built, with those that they copy from (else all that have `build:`)
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
    #[command(flatten)]
    pub project: ProjectFlags,
    #[command(flatten)]
    pub machines: MachineArgs,
    /// Don't show what the builder says
    #[arg(short = 'q', long)]
    pub quiet: bool,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ShowArgs {
    /// The plan, as `planner plan -o` wrote it
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    #[command(flatten)]
    pub shown: ShownArgs,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct DiffArgs {
    /// A plan, as `planner plan -o` wrote it
    #[arg(value_name = "PLAN")]
    pub before: PathBuf,
    /// Another
    #[arg(value_name = "PLAN")]
    pub after: PathBuf,
    /// Exit with 2 when they differ
    #[arg(long)]
    pub detailed_exitcode: bool,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct StatusArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub machines: MachineArgs,
    /// Look at a file that `planner observe` wrote, without asking the machines
    #[arg(long, value_name = "SNAPSHOT", conflicts_with = "watch")]
    pub observed: Option<PathBuf>,
    /// Print the answer as JSON
    #[arg(long, conflicts_with = "watch")]
    pub json: bool,
    /// Look again every few seconds, until interrupted
    #[arg(long)]
    pub watch: bool,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct CapacityArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub machines: MachineArgs,
    #[command(flatten)]
    pub situation: SituationArgs,
    /// What to prefer where several placements do
    #[arg(long, value_name = "POLICY", default_value = "spread")]
    pub policy: PolicyChoice,
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Where everything runs now: a file that `planner observe` wrote (else as if nothing ran yet)
    #[arg(long, value_name = "SNAPSHOT", conflicts_with = "live")]
    pub observed: Option<PathBuf>,
    /// Ask the machines where everything runs now
    #[arg(long)]
    pub live: bool,
    /// As if a service had so many replicas: `web=12` (may be repeated)
    #[arg(long, value_name = "SERVICE=N")]
    pub scale: Vec<String>,
    /// As if every service had so many times its replicas, rounded up: `1.5` (not those of `--scale` and `--hold`)
    #[arg(long, value_name = "FACTOR")]
    pub factor: Option<String>,
    /// Tell how far the stack can grow, what ends that, and what would carry it further
    #[arg(long)]
    pub growth: bool,
    /// This service does not grow (may be repeated)
    #[arg(long, value_name = "SERVICE")]
    pub hold: Vec<String>,
    /// Tell of this service how many more fit (may be repeated; else of all, in large stacks of the largest)
    #[arg(long, value_name = "SERVICE")]
    pub service: Vec<String>,
    /// What may be lost as one: `machine`, or a label such as `zone`
    #[arg(long, value_name = "LABEL", default_value = "machine")]
    pub loss: String,
    /// Tell what the loss of each two machines at once does as well
    #[arg(long)]
    pub pairs: bool,
    /// What containers used, from a monitor: CSV with a head (service or container, cpu, memory) or a JSON list of such
    /// objects; shown beside what is reserved, with what might be
    #[arg(long, value_name = "FILE")]
    pub samples: Option<PathBuf>,
    /// Ask the engines as well what running containers use now
    #[arg(long, requires = "live")]
    pub usage: bool,
    /// Show each loss against each service
    #[arg(long, conflicts_with = "json")]
    pub matrix: bool,
    /// Tell how machines can be emptied for maintenance: in what order, which cannot, and which at once
    #[arg(long)]
    pub drains: bool,
    #[command(flatten)]
    pub buying: BuyingArgs,
    /// Print the answer as JSON
    #[arg(long, conflicts_with = "markdown")]
    pub json: bool,
    /// Print the answer as Markdown, for a pull request's comment
    #[arg(long)]
    pub markdown: bool,
    #[command(flatten)]
    pub written: WrittenArgs,
}

// What is written as well as printed.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct WrittenArgs {
    /// Write the answer as a page as well: one HTML file with all that it needs, to open, to send or to print
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write the answer as tables for spreadsheets as well: CSV files in this folder, which is made where it is missing
    #[arg(long, value_name = "FOLDER")]
    pub csv: Option<PathBuf>,
}

// What is to be bought.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct BuyingArgs {
    /// Tell instead the cheapest machines to buy from this catalogue (docs/capacity.md), beside those of the inventory where
    /// there is one
    #[arg(long, visible_alias = "catalog", value_name = "FILE", conflicts_with_all = ["service", "loss", "policy"])]
    pub catalogue: Option<PathBuf>,
    /// Buy all machines: those of the inventory don't count
    #[arg(long, requires = "catalogue", conflicts_with_all = ["live", "observed", "drain", "without"])]
    pub from_nothing: bool,
    /// Whichever one `machine` is lost, or all with one value of a label such as `zone`, everything is to find room again (may
    /// be repeated)
    #[arg(long, value_name = "LABEL", requires = "catalogue")]
    pub survive: Vec<String>,
    /// There is to be room for more beside the stack: for a container of 4 CPUs (`4`), of 2 CPUs and 8 GiB (`2:8g`), for one more
    /// container of a service (`web`); `=3` after it: for three (may be repeated)
    #[arg(long, value_name = "SIZE|SERVICE[=N]", requires = "catalogue")]
    pub headroom: Vec<String>,
    /// Tell the costs of up to so many times the headroom (else one more of the largest service)
    #[arg(long, value_name = "N", requires = "catalogue", default_value_t = 3)]
    pub steps: u32,
}

// Where a project is, or would be.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct WhereArgs {
    #[command(flatten)]
    pub flags: ProjectFlags,
    #[command(flatten)]
    pub machines: MachineArgs,
    #[command(flatten)]
    pub situation: SituationArgs,
    #[command(flatten)]
    pub placement: PlacementArgs,
    /// Look at a file that `planner observe` wrote, without asking the machines
    #[arg(long, value_name = "SNAPSHOT", conflicts_with = "fresh")]
    pub observed: Option<PathBuf>,
    /// As if nothing ran yet, without asking the machines
    #[arg(long)]
    pub fresh: bool,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ExportArgs {
    /// compose, dot, haproxy, hosts, mermaid, prometheus or traefik
    #[arg(value_name = "FORMAT")]
    pub format: String,
    /// Where to write (else standard output); for all machines at once, a folder
    #[arg(short = 'o', long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The machine whose file is wanted, where there is one for each (compose)
    #[arg(long, value_name = "NAME")]
    pub machine: Option<String>,
    #[command(flatten)]
    pub place: WhereArgs,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct PortsArgs {
    #[command(flatten)]
    pub place: WhereArgs,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct RollbackArgs {
    /// Services (else all that have containers to go back to)
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
    #[command(flatten)]
    pub flags: ProjectFlags,
    #[command(flatten)]
    pub machines: MachineArgs,
    #[command(flatten)]
    pub act: ActArgs,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct DownArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub machines: MachineArgs,
    #[command(flatten)]
    pub act: ActArgs,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct LockArgs {
    #[command(subcommand)]
    pub command: LockCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum LockCommand {
    /// Show which run has the project's lock, machine by machine
    Show(LockShowArgs),
    /// Take the lock away from a run that is gone for certain
    Release(LockReleaseArgs),
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct LockShowArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub machines: MachineArgs,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct LockReleaseArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub machines: MachineArgs,
    /// Don't ask before acting
    #[arg(short = 'y', long)]
    pub yes: bool,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ObserveArgs {
    #[command(flatten)]
    pub machines: MachineArgs,
    /// Where to write (else standard output)
    #[arg(short = 'o', long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum PolicyChoice {
    /// Replicas apart, machines evenly used
    Spread,
    /// Few machines, the first ones full
    Pack,
    /// Room for another container as large as the largest
    Headroom,
    /// The least cost of machines in use
    Cheapest,
}

impl From<PolicyChoice> for Policy {
    fn from(choice: PolicyChoice) -> Self {
        match choice {
            PolicyChoice::Spread => Policy::Spread,
            PolicyChoice::Pack => Policy::Pack,
            PolicyChoice::Headroom => Policy::Headroom,
            PolicyChoice::Cheapest => Policy::Cheapest,
        }
    }
}
