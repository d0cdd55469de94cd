//! What `plan` and `apply` have in common: look at the machines, place, plan.

use std::path::Path;

use crate::cluster::{self, DockerCluster, Settings};
use crate::diagnostic::Diagnostic;
use crate::discovery;
use crate::inventory::{Availability, Endpoint, Inventory};
use crate::observed::{FORMAT_VERSION, Observed};
use crate::placement::{self, Limits, Outcome, Policy, Problem, Room, Solution, refusal};
use crate::plan::{self, NoPlan, Plan};
use crate::stack::{self, By, PullPolicy, Stack};
use crate::view;

use super::args::{PlacementArgs, ScopeArgs, ShownArgs, SituationArgs};
use super::building::{Building, settle_images, tell_lacking};
use super::disk::Disk;
use super::project::Project;
use super::sizes::keep_room;
use super::{Exit, Io};
use crate::source::{Files, Sources};

/// The machines that are to be asked, with their endpoints. Those that are down are not.
pub(super) fn machines(inventory: Option<&Inventory>) -> Vec<(String, Endpoint)> {
    let Some(inventory) = inventory else { return vec![(stack::LOCAL.to_owned(), Endpoint::Local)] };
    let asked = inventory.machines.iter().filter(|machine| machine.availability.value != Availability::Down);
    asked.map(|machine| (machine.name.value.clone(), machine.endpoint.value.clone())).collect()
}

/// Connections to the machines, as the user's environment has them.
pub(super) fn connect(io: &Io, machines: &[(String, Endpoint)]) -> DockerCluster {
    DockerCluster::new(machines.iter().cloned(), Settings::from_variables(io.variables.clone()))
}

/// Looks at all machines. One that cannot be seen is told, and ends the run: it is never taken for an empty one.
pub(super) async fn observe(
    io: &mut Io,
    machines: &[(String, Endpoint)],
    cluster: &DockerCluster,
) -> Result<Observed, Exit> {
    let names: Vec<String> = machines.iter().map(|(name, _)| name.clone()).collect();
    let (observed, errors) = cluster::observe_all(cluster, &names).await;
    if errors.is_empty() {
        return distinct(io, observed);
    }
    for error in &errors {
        tell_cluster_error(io, error);
    }
    io.tell("Nothing was changed.\n");
    if machines.iter().any(|(_, endpoint)| *endpoint != Endpoint::Local) {
        io.tell("A machine that is gone for good can be set to `availability: down` in the inventory.\n");
    }
    Err(Exit::Incomplete)
}

/// The snapshot, if one is named; else the machines themselves. Of what goes on without, nothing is seen.
pub(super) fn seen(
    io: &mut Io,
    project: &Project,
    snapshot: Option<&Path>,
    situation: &SituationArgs,
) -> Result<Observed, Exit> {
    seen_with(io, project, snapshot, situation, None)
}

/// The same, with which image each service is to run, where something is planned. From a snapshot alone nothing is built.
pub(super) fn seen_with(
    io: &mut Io,
    project: &Project,
    snapshot: Option<&Path>,
    situation: &SituationArgs,
    building: Option<Building>,
) -> Result<Observed, Exit> {
    let machines = machines(project.inventory.as_ref());
    let Some(path) = snapshot else {
        let cluster = connect(io, &machines);
        return runtime(io)?.block_on(async {
            let mut observed = observe(io, &machines, &cluster).await?;
            if let Some(building) = building {
                settle_images(io, project, &cluster, &mut observed, building).await?;
            }
            Ok(observed)
        });
    };
    let mut observed = read_observed(io, path, &machines)?;
    // What is lost is not seen, whatever a snapshot still tells of it.
    observed.machines.retain(|name, _| !situation.without.contains(name));
    if building.is_some() {
        tell_lacking(io, project, &mut observed);
    }
    Ok(observed)
}

/// Asks registries which image is meant where machines do not know: all of them are to run the same.
pub(super) async fn ask_registries(cluster: &DockerCluster, images: &[(String, PullPolicy)], observed: &mut Observed) {
    let ask = plan::to_ask(images, observed);
    if !ask.is_empty() {
        observed.registry = cluster.resolve(&ask).await;
    }
}

/// Refuses machines of which two are one: its room would count twice, and what one name keeps the other would remove.
fn distinct(io: &mut Io, observed: Observed) -> Result<Observed, Exit> {
    let twice = observed.same_engine();
    if twice.is_empty() {
        return Ok(observed);
    }
    for (first, second) in twice {
        let message = format!("`{first}` and `{second}` are one machine: the same engine answers at both endpoints");
        io.refuse(&message, Some("leave one of them out of the inventory, or correct its endpoint"));
    }
    io.tell("Nothing was changed.\n");
    Err(Exit::Error)
}

pub(super) fn tell_cluster_error(io: &mut Io, error: &cluster::ClusterError) {
    let detail = error.detail.iter().map(|detail| format!("  it said: {}\n", detail.replace('\n', "\n           ")));
    let help = error.help.iter().map(|help| format!("  mend: {help}\n"));
    let text: String = detail.chain(help).collect();
    io.tell(&format!("error: {error}\n{text}"));
}

/// Reads what `planner observe` wrote. A machine that is not in it was not seen: it is never taken for an empty one.
pub(super) fn read_observed(io: &mut Io, path: &Path, machines: &[(String, Endpoint)]) -> Result<Observed, Exit> {
    let text = read(io, path)?;
    let observed: Observed = parse_versioned(io, path, &text, FORMAT_VERSION, "planner observe")?;
    let unseen = machines.iter().map(|(name, _)| name).filter(|name| !observed.machines.contains_key(*name));
    let unseen: Vec<String> = unseen.map(|name| format!("`{name}`")).collect();
    if unseen.is_empty() {
        return Ok(observed);
    }
    let message = format!("{} tells nothing of {}", path.display(), unseen.join(", "));
    io.refuse(&message, Some("write it anew with `planner observe`, with the same inventory"));
    Err(Exit::Incomplete)
}

/// Reads a saved plan.
pub(super) fn read_plan(io: &mut Io, path: &Path) -> Result<Plan, Exit> {
    let text = read(io, path)?;
    parse_versioned(io, path, &text, plan::FORMAT_VERSION, "planner plan -o")
}

pub(super) fn read(io: &mut Io, path: &Path) -> Result<String, Exit> {
    Disk.read(&io.absolute(path)).map_err(|error| {
        io.refuse(&format!("{} cannot be read: {error}", path.display()), None);
        Exit::Incomplete
    })
}

/// A JSON value with a `format_version` whose major number is ours.
pub(super) fn parse_versioned<T: serde::de::DeserializeOwned>(
    io: &mut Io,
    path: &Path,
    text: &str,
    version: &str,
    writer: &str,
) -> Result<T, Exit> {
    let major = |version: &str| version.split('.').next().map(str::to_owned);
    let value: Result<serde_json::Value, _> = serde_json::from_str(text);
    let found = value.as_ref().ok().and_then(|value| value["format_version"].as_str()).map(str::to_owned);
    let help = format!("write it anew with `{writer}`");
    match (found, serde_json::from_str(text)) {
        (Some(found), _) if major(&found) != major(version) => {
            io.refuse(&format!("{} has the format {found}, this program reads {version}", path.display()), Some(&help));
            Err(Exit::Error)
        }
        (_, Ok(value)) => Ok(value),
        (_, Err(error)) => {
            io.refuse(&format!("{} is not what `{writer}` writes: {error}", path.display()), Some(&help));
            Err(Exit::Error)
        }
    }
}

/// What is wanted beside what the files say.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    pub policy: Policy,
    /// What the policy is to keep room for, as it was said.
    pub headroom: Option<String>,
    /// How many containers may move for the policy's sake.
    pub moves: u32,
    /// Volumes to move: `data:m1:m3`.
    pub volumes: Vec<String>,
    /// Losses to survive.
    pub survive: Vec<By>,
    pub limits: Limits,
}

impl Wish {
    pub(super) fn new(placement: &PlacementArgs, scope: &ScopeArgs) -> Wish {
        Wish {
            policy: placement.policy.into(),
            headroom: placement.headroom.clone(),
            moves: scope.moves(),
            volumes: scope.move_volume.clone(),
            survive: scope.survive.iter().map(|it| By::parse(it)).collect(),
            limits: placement.limits.within(),
        }
    }
}

/// Places the project on the machines as they were seen, and plans the change. Tells what stands in the way.
pub(super) fn place_and_plan(
    io: &mut Io,
    project: &mut Project,
    observed: &Observed,
    wish: &Wish,
) -> Result<(Stack, Plan), Exit> {
    let limits = &wish.limits;
    project.leave_others_alone(observed);
    project.findings.extend(stack::unsupported(&project.compose));
    let (mut stack, findings) = stack::build(&project.compose, project.inventory.as_ref(), Some(observed));
    project.findings.extend(findings);
    project.contents.mark(&mut stack);
    let found_on_load = project.exit();
    io.tell_findings(&mut project.findings, &project.sources);
    if let Some(exit) = found_on_load {
        return Err(exit);
    }
    if let Some(exit) = project.is_torn(io, &stack) {
        return Err(exit);
    }
    move_volumes(io, &mut stack, &wish.volumes)?;
    let survive = to_survive(io, &stack, wish)?;
    let mut problem = Problem::new(&stack, plan::running(&stack, observed), wish.policy);
    problem.rebalance = wish.moves;
    keep_room(io, &mut problem, wish.headroom.as_deref())?;
    let (outcome, room) = placed(&problem, &survive, limits);
    let exit = match outcome {
        Outcome::Placed(solution) => match plan_wired(&problem, &solution, observed, project) {
            Ok((wired, mut plan)) => {
                plan.backups = show_backups(io, project, (&problem, &solution), &survive, limits)?;
                plan.targets.clone_from(&project.targets);
                if wish.moves > 0 {
                    problem.rebalance = 0;
                    tell_unmoved(&mut plan, &problem, &survive, limits);
                }
                let mut told: Vec<Diagnostic> = plan::out_of_reach(&stack, &plan).into_iter().collect();
                told.extend(plan::above_target(&stack, &plan));
                told.extend(plan::unseen_data(&stack, &plan));
                told.extend(placement::others_move(&stack, &room));
                io.tell_findings(&mut told, &project.sources);
                return Ok((wired.unwrap_or(stack), plan));
            }
            Err(why) => no_plan(io, why, &project.sources),
        },
        Outcome::Refused => {
            tell_refused(io, project, &problem, limits);
            Exit::DoesNotFit
        }
        Outcome::Undecided(why) => return Err(undecided(io, &why)),
    };
    io.tell("Nothing was changed.\n");
    project.print_refusal(io);
    Err(exit)
}

/// The losses that are to be survived: named here, or by the files for the whole stack.
fn to_survive(io: &mut Io, stack: &Stack, wish: &Wish) -> Result<Vec<By>, Exit> {
    let survive = stack.losses(wish.survive.clone());
    match survive.iter().find(|by| !stack.has_domains(by)) {
        Some(by) => {
            io.no_such_loss(by);
            Err(Exit::Error)
        }
        None => Ok(survive),
    }
}

/// Where everything is to be, with room for what any of these losses takes along; whether there is such room for all of them.
fn placed(problem: &Problem<'_>, survive: &[By], limits: &Limits) -> (Outcome, Room) {
    match survive {
        [] => (placement::place(problem, limits), Room::Left),
        losses => placement::place_surviving(problem, losses, limits),
    }
}

/// Where everything would go after each loss that is to be survived. Refuses what would not survive a loss that was named here.
fn show_backups(
    io: &mut Io,
    project: &Project,
    (problem, solution): (&Problem<'_>, &Solution),
    survive: &[By],
    limits: &Limits,
) -> Result<Vec<plan::Backup>, Exit> {
    let limits = Limits { time: limits.time / 5, ..limits.clone() };
    let mut all = Vec::new();
    for by in survive {
        let backups = plan::backups(problem, solution, by, &limits);
        if !backups.iter().all(|backup| backup.survived) {
            is_survived(io, project, problem, by, &limits)?;
        }
        all.extend(backups);
    }
    let asked = plan::asked_losses(problem.stack).into_iter().filter(|by| !survive.contains(by));
    all.extend(asked.flat_map(|by| plan::backups(problem, solution, &by, &limits)));
    Ok(all)
}

/// Refuses a loss that is proven not to be survived, or of which neither is found in time.
fn is_survived(io: &mut Io, project: &Project, problem: &Problem<'_>, by: &By, limits: &Limits) -> Result<(), Exit> {
    let (mut findings, unknown) = placement::loss::not_survived(problem, by, limits);
    if !findings.is_empty() {
        io.tell_findings(&mut findings, &project.sources);
        io.tell("Nothing was changed.\n");
        return Err(Exit::DoesNotFit);
    }
    if !unknown.is_empty() {
        let message = format!("whether the loss of {} is survived was not found out in time", unknown.join(", "));
        io.refuse(&message, Some("give it more time: --time-limit 60"));
        return Err(Exit::Incomplete);
    }
    Ok(())
}

/// Reads `data:m1:m3`, and plans as if the volume were there already.
fn move_volumes(io: &mut Io, stack: &mut Stack, volumes: &[String]) -> Result<(), Exit> {
    for text in volumes {
        let [key, from, to] = text.split(':').collect::<Vec<_>>()[..] else {
            let help = "its key in the compose file and two machines: --move-volume data:m1:m3";
            io.refuse(&format!("`{text}` is no volume and two machines"), Some(help));
            return Err(Exit::Error);
        };
        let names: Vec<&str> = stack.machines.iter().map(|machine| machine.name.as_str()).collect();
        let place = |name: &str| names.iter().position(|known| *known == name);
        let (Some(at), Some(goes)) = (place(from), place(to)) else {
            let unknown = if place(from).is_none() { from } else { to };
            return Err(io.unknown("machine", unknown, &names));
        };
        if let Err(why) = stack.move_volume(key, at, goes) {
            io.refuse(&format!("`{key}` cannot be moved: {why}"), Some("nothing was changed"));
            return Err(Exit::Error);
        }
    }
    Ok(())
}

/// Notes beside each tier what it came to if nothing moved that need not.
fn tell_unmoved(plan: &mut Plan, problem: &Problem<'_>, survive: &[By], limits: &Limits) {
    let (Outcome::Placed(unmoved), _) = placed(problem, survive, limits) else { return };
    for tier in &mut plan.quality.tiers {
        tier.unmoved = unmoved.tiers.iter().find(|it| it.name == tier.name).map(|it| it.value);
    }
}

/// The plan of a placement, with what its services need to find each other; with the stack that has it, where that is another.
fn plan_wired(
    problem: &Problem<'_>,
    solution: &Solution,
    observed: &Observed,
    project: &Project,
) -> Result<(Option<Stack>, Plan), NoPlan> {
    let mut solution = solution.clone();
    plan::fresh_ports(problem, &mut solution, observed);
    let Some((stack, solution)) = discovery::wire(problem, &solution) else {
        return plan::make(problem, &solution, observed, &project.origin()).map(|plan| (None, plan));
    };
    let wired = Problem::new(&stack, plan::running(&stack, observed), problem.policy);
    let plan = plan::make(&wired, &solution, observed, &project.origin())?;
    Ok((Some(stack), plan))
}

/// Tells why a stack does not fit, and the ways out. Both stay with the project, for [`Project::print_refusal`].
pub(super) fn tell_refused(io: &mut Io, project: &mut Project, problem: &Problem<'_>, limits: &Limits) {
    let mut refusal = refusal::explain(problem, limits);
    let matrices = if project.for_programs { refusal::matrices(problem, &refusal) } else { Vec::new() };
    let refused = view::refused(&refusal, &matrices, problem.stack, &project.sources);
    io.tell_findings(&mut refusal.findings, &project.sources);
    io.tell_refusal(&refused);
    project.findings.append(&mut refusal.findings);
    project.refused = Some(refused);
}

/// Tells why there is no plan though everything has its place.
pub(super) fn no_plan(io: &mut Io, why: NoPlan, sources: &Sources) -> Exit {
    match why {
        NoPlan::Refused(mut findings) => {
            io.tell_findings(&mut findings, sources);
            Exit::Error
        }
        NoPlan::NoOrder(why) => undecided(io, &why),
    }
}

fn undecided(io: &mut Io, why: &str) -> Exit {
    io.refuse(&format!("no plan: {why}"), None);
    Exit::Incomplete
}

/// Whether `findings` let a run go on.
pub(super) fn worst(findings: &[Diagnostic]) -> Exit {
    if findings.iter().any(Diagnostic::is_error) { Exit::Error } else { Exit::Fine }
}

/// A plan as it is to be shown; with what the tiers of its objective came to.
pub(super) fn shown(plan: &Plan, how: ShownArgs, objective: bool, io: &Io) -> String {
    let mut text = view::plan(plan, how.verbose, io.style);
    if how.steps {
        text.push_str(&view::steps(plan, io.style));
    }
    if how.tree {
        text.push_str(&view::tree(plan, io.style));
    }
    if objective {
        text.push_str(&view::objective(&plan.quality, io.style));
    }
    text
}

/// A plan as it is shown where nothing else is asked for.
pub(super) fn plainly(plan: &Plan, io: &Io) -> String {
    shown(plan, ShownArgs::default(), false, io)
}

/// A runtime for talking to machines.
pub(super) fn runtime(io: &mut Io) -> Result<tokio::runtime::Runtime, Exit> {
    tokio::runtime::Runtime::new().map_err(|error| {
        io.refuse(&format!("cannot start: {error}"), None);
        Exit::Error
    })
}
