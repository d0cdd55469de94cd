//! Placement + what was seen → [`Plan`].

use std::collections::BTreeSet;

use indexmap::IndexMap;

use crate::diagnostic::Diagnostic;
use crate::inventory::Availability;
use crate::observed::Observed;
use crate::placement::{Ended, Policy, Problem, Solution, TierValue};
use crate::stack::{Discovery, PullPolicy, Stack};
use crate::units::Amounts;

use super::container::Origin;
use super::current::{Own, observed_digest, own, set_aside};
use super::drift::drift;
use super::graph::Graph;
use super::images::{Pins, has_image};
use super::model::{Action, Change, FORMAT_VERSION, PlacedContainer, Plan};
use super::moved;
use super::order::{Order, order};
use super::steps::{Steps, completes};
use super::surroundings::{drop_unused_networks, having, prepare};
use super::told::{MachineUse, NetworkWay, Quality, TierQuality};
use super::work::{Removal, Work, change, previous_address, work};

/// Why there is no plan though there is a placement.
#[derive(Clone, Debug, PartialEq)]
pub enum NoPlan {
    /// Something that only the machines could tell stands in the way.
    Refused(Vec<Diagnostic>),
    /// The steps have no order; a fault of ours.
    NoOrder(String),
}

/// What a plan is made from.
pub(super) struct Parts<'p, 'a> {
    pub stack: &'a Stack,
    pub observed: &'a Observed,
    pub pins: &'p Pins,
    pub origin: &'p Origin,
    pub own: &'p [Own<'a>],
    pub aside: &'p [Own<'a>],
    pub works: &'p [Work<'a>],
    pub removals: &'p [Removal<'a>],
    pub order: &'p Order<'a>,
    /// Whether networks stay that no container is in any more.
    pub keeps_networks: bool,
}

/// The plan that brings the machines from what was seen to the placement.
///
/// # Errors
/// When something outside the project is in the way, such as a name that another project's container has.
pub fn make(problem: &Problem<'_>, solution: &Solution, observed: &Observed, origin: &Origin) -> Result<Plan, NoPlan> {
    let stack = problem.stack;
    let (own, aside) = (own(stack, observed), set_aside(stack, observed));
    let pins = Pins::new(stack, observed);
    let (works, removals) = work(problem, solution, (&own, &aside), &pins);
    let writers = moved::others(stack, observed, &works, &own);
    if !writers.is_empty() {
        let refused = |message: String| Diagnostic::error("M332", message).help("stop it first");
        return Err(NoPlan::Refused(writers.into_iter().map(refused).collect()));
    }
    let obstacles = obstacles(stack, (observed, &pins), &works, &own);
    if !obstacles.is_empty() {
        return Err(NoPlan::Refused(obstacles));
    }
    let quality = Quality {
        policy: problem.policy.word().to_owned(),
        proven: solution.is_proven(),
        gap: solution.gap(),
        ended: solution.ended.word().to_owned(),
        tiers: solution.tiers.iter().map(tier).collect(),
    };
    let order = &order(stack, Some((problem, observed)), &works, &removals);
    let (pins, own, aside, works, removals) = (&pins, &own, &aside, &works, &removals);
    let parts = Parts { stack, observed, pins, origin, own, aside, works, removals, order, keeps_networks: false };
    assemble(&parts, quality)
}

/// Changes and steps of what is to be done to containers.
///
/// # Errors
/// When the steps have no order.
pub(super) fn assemble(parts: &Parts<'_, '_>, quality: Quality) -> Result<Plan, NoPlan> {
    let Parts { stack, observed, pins, origin, own, aside, works, removals, order, keeps_networks } = *parts;
    let mut changes = changes(stack, order, works);
    changes.extend(removals.iter().map(|it| removed(stack, &it.own, it.address(stack), &it.reason)));
    let previous = works.iter().flat_map(|work| &work.previous);
    changes
        .extend(previous.map(|own| removed(stack, own, previous_address(stack, own), "no longer kept to go back to")));
    let mut graph = Graph::default();
    let of_all: Vec<&Work<'_>> = works.iter().chain(order.passing.values()).collect();
    let surroundings = prepare(stack, (observed, pins), &of_all, &mut graph, &mut changes);
    let mut steps = Steps::new(stack, origin, works, removals, order, graph);
    steps.plan(&surroundings, observed);
    moved::tell(stack, &mut changes);
    let (rollouts, downtime) = (steps.rollouts(), steps.downtime());
    let passed = steps.passing.values().map(|passing| passing.gone).collect::<Vec<_>>();
    let (mut graph, gone) = (steps.graph, steps.gone);
    surroundings.drop_passing_networks(stack, (works, order), &passed, &mut graph, &mut changes);
    if !keeps_networks {
        let aside = staying_aside(aside, works, removals);
        drop_unused_networks(stack, observed, works, &aside, &gone, &mut graph, &mut changes);
    }
    changes.sort_by(|a, b| (&a.address, &a.machine).cmp(&(&b.address, &b.machine)));
    Ok(Plan {
        format_version: FORMAT_VERSION.to_owned(),
        project: stack.project.clone(),
        targets: Vec::new(),
        changes,
        steps: graph.into_steps().map_err(NoPlan::NoOrder)?,
        rollouts,
        placement: works.iter().map(|work| placed(stack, work)).collect(),
        machines: (0..stack.machines.len()).map(|machine| machine_use(stack, machine, works, own)).collect(),
        discovery: ways(stack, works),
        backups: Vec::new(),
        downtime,
        drift: drift(stack, observed),
        quality,
        observed_digest: observed_digest(&stack.project, observed),
    })
}

/// What changes of containers, and how each gets to its place.
fn changes(stack: &Stack, order: &Order<'_>, works: &[Work<'_>]) -> Vec<Change> {
    let mut ways = order.reasons(stack, works);
    let mut changes = Vec::new();
    for (index, work) in works.iter().enumerate() {
        let Some(mut change) = change(stack, work, completes(stack, &work.service.name)) else { continue };
        change.reasons.extend(ways.remove(&index));
        change.by_way_of = order.passing.get(&index).map(|there| stack.machines[there.machine].name.clone());
        changes.push(change);
    }
    changes
}

/// The plan that takes the project away: its containers, whatever their services, and its networks. Volumes stay.
///
/// # Errors
/// As [`make`].
pub fn take_down(stack: &Stack, observed: &Observed, origin: &Origin) -> Result<Plan, NoPlan> {
    let nothing = Stack {
        services: Vec::new(),
        networks: IndexMap::new(),
        volumes: IndexMap::new(),
        moves: Vec::new(),
        inactive: BTreeSet::new(),
        ..stack.clone()
    };
    let problem = Problem::new(&nothing, Vec::new(), Policy::default());
    let solution = Solution { replicas: Vec::new(), tiers: Vec::new(), ended: Ended::Proof };
    let mut plan = make(&problem, &solution, observed, origin)?;
    plan.quality = Quality::default();
    // Whatever became of what goes.
    plan.drift = Vec::new();
    let reasons = plan.changes.iter_mut().map(|change| &mut change.reasons);
    reasons.for_each(|reasons| *reasons = vec!["the project is taken away".to_owned()]);
    Ok(plan)
}

/// The machines on which a container is or stays set aside.
fn staying_aside(aside: &[Own<'_>], works: &[Work<'_>], removals: &[Removal<'_>]) -> BTreeSet<usize> {
    let newly = works.iter().flat_map(|work| work.old.iter().filter(|old| work.aside == Some(&old.state.id)));
    let leaves = works.iter().flat_map(|work| work.previous.iter().chain(&work.kept));
    let leaves: BTreeSet<&str> =
        leaves.chain(removals.iter().map(|it| &it.own)).map(|own| own.state.id.as_str()).collect();
    let before = aside.iter().filter(|own| !leaves.contains(own.state.id.as_str()));
    newly.map(|own| own.machine).chain(before.map(|own| own.machine)).collect()
}

fn tier(tier: &TierValue) -> TierQuality {
    TierQuality { name: tier.name.clone(), value: tier.value, bound: tier.bound, gap: tier.gap(), unmoved: None }
}

fn placed(stack: &Stack, work: &Work<'_>) -> PlacedContainer {
    PlacedContainer {
        service: work.service.name.clone(),
        number: work.number,
        machine: stack.machines[work.machine].name.clone(),
        ports: work.ports.clone(),
    }
}

fn removed(stack: &Stack, own: &Own<'_>, address: String, reason: &str) -> Change {
    Change {
        address,
        machine: stack.machines[own.machine].name.clone(),
        moved_from: None,
        by_way_of: None,
        actions: vec![Action::Delete],
        reasons: vec![reason.to_owned()],
        attributes: Vec::new(),
    }
}

fn machine_use(stack: &Stack, index: usize, works: &[Work<'_>], own: &[Own<'_>]) -> MachineUse {
    let machine = &stack.machines[index];
    // What the reserve and other projects hold is in both sums.
    let others = machine.capacity.minus(&machine.room);
    let (mut before, mut after): (Amounts, Amounts) = (others.clone(), others);
    let here = own.iter().filter(|own| own.machine == index);
    let there = works.iter().filter(|work| work.machine == index);
    for own in here.clone().filter(|own| own.state.is_up()) {
        let service = stack.service(own.service);
        before.add(service.map_or(&own.state.reserved, |service| &service.demand), 1);
    }
    for work in there.clone() {
        after.add(&work.service.demand, 1);
    }
    MachineUse {
        machine: machine.name.clone(),
        capacity: machine.capacity.clone(),
        before,
        after,
        containers_before: here.map(|own| format!("{}.{}", own.service, own.number)).collect(),
        containers_after: there.map(|work| format!("{}.{}", work.service.name, work.number)).collect(),
        availability: match machine.availability {
            Availability::Active => "active",
            Availability::Drain => "drain",
            Availability::Down => "down",
        }
        .to_owned(),
    }
}

/// What would make `apply` fail, as far as it can be seen beforehand.
fn obstacles(
    stack: &Stack,
    (observed, pins): (&Observed, &Pins),
    works: &[Work<'_>],
    own: &[Own<'_>],
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for work in works.iter().filter(|work| work.creates()) {
        let machine = &stack.machines[work.machine];
        let Some(state) = observed.machines.get(&machine.name) else { continue };
        let (service, spec) = (work.service, work.spec());
        let at = |code, message: String, text: &str| Diagnostic::error(code, message).label(service.span, text);
        let foreign = |name: &str| !own.iter().any(|own| own.machine == work.machine && own.state.name == name);
        if state.containers.iter().any(|it| it.name == work.name) && foreign(&work.name) {
            let message =
                format!("{} has a container `{}` already that is not of this project", machine.name, work.name);
            found.push(
                at("M317", message, "its container is to bear that name")
                    .help("rename or remove that container, or choose another project name with -p"),
            );
        }
        let nowhere = || having(stack, (observed, pins), &spec.image, work.machine).is_empty();
        if spec.pull == PullPolicy::Never && !has_image(&spec.image, state) && nowhere() {
            let message = format!(
                "`{}`: the image {} is not on {}, nor on another machine of its kind, and may not be fetched",
                service.name, spec.image, machine.name
            );
            found.push(
                at("M320", message, "`pull_policy: never`")
                    .help("load the image on one of the machines, or let it be pulled"),
            );
        }
        for name in spec.linked_outside().filter(|name| !state.containers.iter().any(|it| it.name == *name)) {
            let message =
                format!("`{}` is linked with the container `{name}`, which {} lacks", service.name, machine.name);
            found
                .push(at("M335", message, "`external_links`").help("start it there, or place the service where it is"));
        }
        for network in stack.networks.values().filter(|network| network.external) {
            let joins = spec.joins(&network.name);
            if joins && !has_network(stack, observed, work.machine, &network.name) {
                let message = format!(
                    "`{}` joins the external network `{}`, which {} lacks",
                    service.name, network.name, machine.name
                );
                let help = format!("docker network create {} (on {})", network.name, machine.name);
                found.push(at("M321", message, "joins it").help(help));
            }
        }
        for volume in stack.volumes.values().filter(|volume| volume.external) {
            let mounts = spec.mounts.iter().any(|it| it.kind == "volume" && it.source == volume.name);
            if mounts && !state.volumes.iter().any(|it| it.name == volume.name) {
                let message = format!(
                    "`{}` mounts the external volume `{}`, which {} lacks",
                    service.name, volume.name, machine.name
                );
                let help = format!(
                    "docker volume create {} (on {}), or place the service where it is",
                    volume.name, machine.name
                );
                found.push(at("M322", message, "mounts it").help(help));
            }
        }
    }
    crate::diagnostic::sort(&mut found);
    found
}

/// How the networks are wired in which services will be on several machines.
fn ways(stack: &Stack, works: &[Work<'_>]) -> Vec<NetworkWay> {
    let mut ways = Vec::new();
    for (key, network) in &stack.networks {
        let members = || works.iter().filter(|work| work.spec().joins(&network.name) && !work.service.is_proxy());
        let machines: BTreeSet<usize> = members().map(|work| work.machine).collect();
        let services: BTreeSet<usize> = members().map(|work| work.index).collect();
        if machines.len() > 1 && services.len() > 1 && network.discovery != Discovery::None {
            let (way, why) = (network.discovery.word().to_owned(), network.chosen.map(str::to_owned));
            ways.push(NetworkWay { network: key.clone(), way, why });
        }
    }
    ways
}

/// Whether a machine has a network. A worker of a Swarm tells of the Swarm's networks only while it is in them; managers
/// know them all.
fn has_network(stack: &Stack, observed: &Observed, machine: usize, name: &str) -> bool {
    let state = |index: usize| observed.machines.get(&stack.machines[index].name);
    let knows = |index: usize, of_swarm: bool| {
        let networks = state(index).map_or(&[][..], |state| &state.networks);
        networks.iter().any(|it| it.name == name && (!of_swarm || it.driver == "overlay"))
    };
    let worker = stack.machines[machine].swarm.is_some();
    knows(machine, false) || worker && stack.manager().is_some_and(|manager| knows(manager, true))
}
