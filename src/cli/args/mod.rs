//! What can be typed. Names and short forms follow docker compose where it has them.

mod deploying;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::diagnostic::Severity;
use crate::view::Format;

pub(in crate::cli) use deploying::{
    ActArgs, ApplyArgs, BuildArgs, BuyingArgs, CapacityArgs, DiffArgs, DownArgs, ExportArgs, LockArgs, LockCommand,
    ObserveArgs, PlacementArgs, PlanArgs, PortsArgs, RollbackArgs, ScopeArgs, ShowArgs, ShownArgs, SituationArgs,
    SolveArgs, StatusArgs, WhereArgs, WhyArgs, WrittenArgs,
};

/// Static analysis and placement planning for Docker Compose over several machines.
#[derive(Debug, Parser)]
#[command(name = "planner", version, max_term_width = 100, after_help = AFTER_HELP)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    pub command: Command,

    /// When to colour: `auto` does on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
}

const AFTER_HELP: &str = "\
Exit codes: 0 fine, nothing to do · 1 error · 2 there are changes (plan --detailed-exitcode)
            3 the stack does not fit the machines · 4 could not be checked to the end · 130 cancelled";

// Only the command that is called is described to clap: the others would be a tenth of what a start costs. What it is
// about is said here, so a group of options that is flattened into it has a plain comment: its own would win.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(in crate::cli) enum Command {
    /// Check compose files, and with an inventory whether the stack fits the machines
    Check(CheckArgs),
    /// Print the project as docker compose reads it, in its canonical form
    Config(ConfigArgs),
    /// Show what would change on the machines, and why; changes nothing
    #[command(visible_alias = "replan")]
    Plan(PlanArgs),
    /// Make the machines what the files say
    Apply(ApplyArgs),
    /// Build the images of services with `build:`, for the machines that they go to; `apply` sends them
    Build(BuildArgs),
    /// Show a saved plan
    Show(ShowArgs),
    /// What one saved plan does that another does not
    Diff(DiffArgs),
    /// What runs, where, and what is missing
    Status(StatusArgs),
    /// What is used and free, what still fits, and what a loss would do
    Capacity(CapacityArgs),
    /// Who has which port on which machine
    Ports(PortsArgs),
    /// Write where everything is for other programs: load balancers, name services, monitoring, pictures
    Export(ExportArgs),
    /// Go back to the containers that ran before the last update, where they were set aside
    Rollback(RollbackArgs),
    /// Take the project away from all machines; volumes stay
    Down(DownArgs),
    /// Which run has a project's lock
    Lock(LockArgs),
    /// Why a service, or one container of it, is not on a machine: every machine against every requirement
    Why(WhyArgs),
    /// Write down what is on the machines, for planning without access to them
    Observe(ObserveArgs),
    /// Solve a placement problem given in plain numbers (docs/formats.md), for benchmarks and research
    Solve(SolveArgs),
    /// Look at the inventory itself
    Inventory(InventoryArgs),
    /// What a finding means, why it matters, and how to mend it
    Explain(ExplainArgs),
    /// List everything that can be found
    Rules(RulesArgs),
}

// Which project, from which files.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(in crate::cli) struct ProjectArgs {
    /// Compose files, merged in this order (else -f, COMPOSE_FILE, or compose.yaml here or above)
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub flags: ProjectFlags,
}

impl From<&ProjectFlags> for ProjectArgs {
    /// A project of which only the flags tell.
    fn from(flags: &ProjectFlags) -> Self {
        ProjectArgs { files: Vec::new(), flags: flags.clone() }
    }
}

// Which project, as docker compose's flags have it.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(in crate::cli) struct ProjectFlags {
    /// Compose file (may be repeated; `-` is standard input)
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    pub file: Vec<PathBuf>,
    /// Project name
    #[arg(short = 'p', long, value_name = "NAME")]
    pub project_name: Option<String>,
    /// Profile to activate (may be repeated)
    #[arg(long, value_name = "NAME")]
    pub profile: Vec<String>,
    /// Env file in place of .env (may be repeated)
    #[arg(long, value_name = "FILE")]
    pub env_file: Vec<PathBuf>,
    /// Folder that relative paths start from (else that of the first file)
    #[arg(long, value_name = "DIR")]
    pub project_directory: Option<PathBuf>,
}

// Which machines.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(in crate::cli) struct MachineArgs {
    /// Inventory of machines (else PLANNER_INVENTORY, else inventory.yaml beside the compose file, else the local
    /// engine alone)
    #[arg(short = 'i', long, value_name = "FILE")]
    pub inventory: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct CheckArgs {
    /// Projects, each checked by itself: a compose file, or a folder that is searched for them; `-` is standard input.
    /// Files that are to be merged are given with -f (else COMPOSE_FILE, or compose.yaml here or above)
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub project: ProjectFlags,
    #[command(flatten)]
    pub machines: MachineArgs,
    /// Fail (exit code 3) unless everything finds room again after the loss of any one `machine`, or of all with one value of
    /// a label such as `zone` (may be repeated)
    #[arg(long, value_name = "LABEL")]
    pub survive: Vec<String>,
    #[command(flatten)]
    pub rules: RuleArgs,
    #[command(flatten)]
    pub mending: MendArgs,
    /// How findings are written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: FindingsFormat,
    /// Show findings from this severity on (default: warning for people, info in forms for machines)
    #[arg(long, value_name = "SEVERITY")]
    pub level: Option<Level>,
    /// The path that standard input stands for
    #[arg(long, value_name = "PATH")]
    pub stdin_filename: Option<PathBuf>,
    /// Only projects of which a file differs from this commit
    #[arg(long, value_name = "REF", num_args = 0..=1, require_equals = true, default_missing_value = "HEAD")]
    pub changed: Option<String>,
    /// Findings of this file don't count; those of it that are gone are an error
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write all findings into the baseline (planner-baseline.json where none is named)
    #[arg(long)]
    pub write_baseline: bool,
    /// Take it as it is that a part could not be checked
    #[arg(long)]
    pub allow_partial: bool,
}

/// A severity, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Level {
    /// The file is refused, or it cannot work
    Error,
    /// It is worth a look
    #[value(alias = "warn")]
    Warning,
    /// It is worth knowing
    Info,
}

impl From<Level> for Severity {
    fn from(level: Level) -> Self {
        match level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
            Level::Info => Severity::Info,
        }
    }
}

// Which rules are on. What names a rule most closely decides: a code before a prefix, before a group, before `all`.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(in crate::cli) struct RuleArgs {
    /// Switch rules on: codes, names, prefixes (`S`), groups (`hardening`, `style`, `capacity`) or `all`
    #[arg(long, value_name = "RULES")]
    pub select: Vec<String>,
    /// Switch rules off
    #[arg(long, value_name = "RULES")]
    pub ignore: Vec<String>,
    /// Fail from this severity on (default: error)
    #[arg(long, value_name = "SEVERITY")]
    pub fail_on: Option<Level>,
    /// Settings (else planner.toml in the project's folder or above)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

// Whether to mend.
#[derive(Clone, Copy, Debug, Default, ClapArgs)]
pub(in crate::cli) struct MendArgs {
    /// Mend what can be mended without changing what is run
    #[arg(long)]
    pub fix: bool,
    /// With --fix or --diff: also what may change what is run
    #[arg(long)]
    pub unsafe_fixes: bool,
    /// Show what --fix would change, and exit with 1 if that is anything
    #[arg(long, conflicts_with = "fix")]
    pub diff: bool,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ExplainArgs {
    /// The code or name of a rule, such as M302
    #[arg(value_name = "CODE")]
    pub code: String,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct RulesArgs {
    /// Write them all as one page of Markdown, as docs/rules.md
    #[arg(long)]
    pub markdown: bool,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ConfigArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub what: ConfigPart,
    /// Where the value at a path comes from, such as services.web.image
    #[arg(long, value_name = "PATH", conflicts_with = "no_interpolate")]
    pub origin: Option<String>,
    /// How the model is written
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    pub format: ConfigFormat,
    /// Leave variables as they are written
    #[arg(long)]
    pub no_interpolate: bool,
    /// Print nothing: the exit code says whether the files are right
    #[arg(short = 'q', long)]
    pub quiet: bool,
    /// Where to write (else standard output)
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

// What to print in place of the whole model.
#[derive(Clone, Debug, Default, ClapArgs)]
#[group(multiple = false)]
pub(in crate::cli) struct ConfigPart {
    /// The names of the active services, one a line
    #[arg(long)]
    pub services: bool,
    /// The images of the active services, one a line
    #[arg(long)]
    pub images: bool,
    /// The keys of the volumes in use, one a line
    #[arg(long)]
    pub volumes: bool,
    /// The keys of the networks in use, one a line
    #[arg(long)]
    pub networks: bool,
    /// The keys of the models in use, one a line
    #[arg(long)]
    pub models: bool,
    /// The profiles that services belong to, one a line
    #[arg(long)]
    pub profiles: bool,
    /// The variables that the files name, with their defaults
    #[arg(long)]
    pub variables: bool,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct InventoryArgs {
    #[command(subcommand)]
    pub command: InventoryCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum InventoryCommand {
    /// Check an inventory file
    Check(InventoryCheckArgs),
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct InventoryCheckArgs {
    /// The inventory (else PLANNER_INVENTORY, else inventory.yaml here)
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub machines: MachineArgs,
    /// How findings are written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: FindingsFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ColorChoice {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FindingsFormat {
    /// For people
    Human,
    /// A line for each finding
    Concise,
    /// Versioned JSON
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// GitLab's code quality report
    Gitlab,
    /// JUnit's XML
    Junit,
}

impl From<FindingsFormat> for Format {
    fn from(format: FindingsFormat) -> Self {
        match format {
            FindingsFormat::Human => Format::Human,
            FindingsFormat::Concise => Format::Concise,
            FindingsFormat::Json => Format::Json,
            FindingsFormat::Sarif => Format::Sarif,
            FindingsFormat::Github => Format::Github,
            FindingsFormat::Gitlab => Format::Gitlab,
            FindingsFormat::Junit => Format::Junit,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ConfigFormat {
    Yaml,
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Args;

    #[test]
    fn a_commands_help_begins_with_what_the_list_says_of_it() {
        fn first_lines(listed: &clap::Command, built: &mut clap::Command) {
            for command in listed.get_subcommands() {
                let built = built.find_subcommand_mut(command.get_name()).unwrap();
                assert_eq!(built.get_about(), command.get_about(), "{}", command.get_name());
                assert!(built.get_about().is_some(), "{}", command.get_name());
                first_lines(command, built);
            }
        }
        let mut built = Args::command();
        built.build();
        first_lines(&Args::command(), &mut built);
    }
}
