//! The order of a plan's work: from containers and machines to a [`Scene`], and from what was found there to what each
//! step waits for.

use std::collections::{BTreeMap, BTreeSet};

use crate::inventory::Availability;
use crate::observed::{HostPort, Observed};
use crate::placement::Problem;
use crate::stack::{By, Discovery, Machine, Replicas, Stack};
use crate::units::{Amounts, Resource};

use super::super::current::Own;
use super::super::overlap;
use super::super::work::{Removal, Work};
use super::room::Scene;
use super::search::search;
use super::{Deed, Load, Move, Mover, Status};

/// So many machines are looked at as places to pass through.
const MOST_PARKS: usize = 8;

/// Of more containers that change places, none is looked for that could pass through another machine.
const MOST_FOR_PASSING: usize = 64;

/// In which order containers change places, and how each does.
#[derive(Debug, Default)]
pub(in crate::plan) struct Order<'a> {
    pub(super) scene: Scene,
    pub(super) way: Vec<Move>,
    /// What loads are counted in.
    pub(super) resources: Vec<Resource>,
    /// By index of the work: its mover.
    pub(super) movers: BTreeMap<usize, usize>,
    /// When the containers of each work start and stop, by its index.
    pub moments: BTreeMap<usize, Moments>,
    /// Those that pass through another machine: what they are there, by index of the work.
    pub passing: BTreeMap<usize, Work<'a>>,
}

/// When something is done on the way: what is before has a smaller one.
pub(in crate::plan) type Moment = usize;

/// The order of all work. Without a problem nothing passes through other machines.
pub(in crate::plan) fn order<'a>(
    stack: &'a Stack,
    problem: Option<(&Problem<'_>, &Observed)>,
    works: &[Work<'a>],
    removals: &[Removal<'a>],
) -> Order<'a> {
    let resources = resources(stack, works, removals);
    let amounts = |all: &Amounts| resources.iter().map(|resource| all.get(resource)).collect::<Vec<u64>>();
    let mut scene = Scene {
        rooms: stack.machines.iter().map(|it| rooms(it, &resources)).collect(),
        stays: vec![vec![0; resources.len()]; stack.machines.len()],
        caps: stack.services.iter().map(|service| service.max_per_machine.as_ref().map(|max| max.value)).collect(),
        apart: apart(stack),
        ..Scene::default()
    };
    let mut movers = BTreeMap::new();
    let load = |machine: usize, all: &Amounts, leaves: &Amounts, ports: &[HostPort]| Load {
        machine,
        amounts: amounts(all),
        leaves: amounts(leaves),
        ports: ports.to_vec(),
    };
    let held = |own: &Own<'_>, all: &Amounts| load(own.machine, all, &own.state.reserved, &own.state.ports);
    for (index, work) in works.iter().enumerate() {
        let running = work.old.iter().filter(|old| old.state.is_up());
        let from: Vec<Load> =
            running.map(|old| held(old, &overlap::larger(&work.service.demand, &old.state.reserved))).collect();
        let to = load(work.machine, overlap::counts_for(work), overlap::counts_for(work), &work.ports);
        if work.replaces() {
            movers.insert(index, scene.movers.len());
            let start_first =
                work.service.update.start_first && !work.old.is_empty() && overlap::obstacle(stack, work).is_none();
            scene.movers.push(Mover { work: index, service: work.index, to, from, start_first, parks: Vec::new() });
            continue;
        }
        scene.gone.extend(from.into_iter().map(|load| (Some(work.index), load)));
        if work.starts_kept(super::super::steps::completes(stack, &work.service.name)) {
            movers.insert(index, scene.movers.len());
            let (service, from, parks) = (work.index, Vec::new(), Vec::new());
            scene.movers.push(Mover { work: index, service, to, from, start_first: false, parks });
        } else {
            let sum = &mut scene.stays[work.machine];
            sum.iter_mut().zip(&to.amounts).for_each(|(sum, amount)| *sum = sum.saturating_add(*amount));
            scene.kept.push((work.index, work.machine));
        }
    }
    for Removal { own, .. } in removals.iter().filter(|removal| removal.own.state.is_up()) {
        let service = stack.services.iter().position(|service| service.name == own.service);
        scene.gone.push((service, held(own, &own.state.reserved)));
    }
    scene.index();
    let (mut way, cost) = search(&scene);
    if let Some((problem, observed)) = problem.filter(|_| cost.0 > 0 && scene.movers.len() <= MOST_FOR_PASSING) {
        for mover in &mut scene.movers {
            let work = &works[mover.work];
            let park = |machine: usize| Load { machine, ports: Vec::new(), ..mover.to.clone() };
            let places = if mover.start_first { places((problem, observed), works, work) } else { Vec::new() };
            mover.parks = places.into_iter().take(MOST_PARKS).map(park).collect();
        }
        scene.index();
        let (found, less) = search(&scene);
        if less < cost {
            way = found;
        }
    }
    let mut passing = BTreeMap::new();
    for Move { mover, deed } in &way {
        if let Deed::Park(park) = deed {
            let mover = &scene.movers[*mover];
            passing.insert(mover.work, works[mover.work].at(stack, mover.parks[*park].machine));
        }
    }
    let moments = moments(&scene, &way);
    Order { scene, way, resources, movers, moments, passing }
}

fn moments(scene: &Scene, way: &[Move]) -> BTreeMap<usize, Moments> {
    let mut all: BTreeMap<usize, Moments> = BTreeMap::new();
    for (at, step) in way.iter().enumerate() {
        let of_it = all.entry(scene.movers[step.mover].work).or_default();
        let (early, late) = (2 * at + 1, 2 * at + 2);
        let parked = of_it.parked.is_some();
        match step.deed {
            Deed::Park(_) => (of_it.parked, of_it.stop) = (Some(early), late),
            Deed::Go if parked => (of_it.start, of_it.unparked) = (early, late),
            Deed::Stop if parked => of_it.unparked = early,
            Deed::Go => (of_it.start, of_it.stop) = (early, late),
            Deed::Swap => (of_it.stop, of_it.start) = (early, late),
            Deed::Stop => of_it.stop = early,
            Deed::Arrive => of_it.start = late,
        }
    }
    all
}

fn resources(stack: &Stack, works: &[Work<'_>], removals: &[Removal<'_>]) -> Vec<Resource> {
    let olds = works.iter().flat_map(|work| work.old.iter().chain(&work.kept));
    let seen = olds.chain(removals.iter().map(|removal| &removal.own)).map(|own| &own.state.reserved);
    let all = stack.services.iter().map(|service| &service.demand).chain(seen);
    let all: BTreeSet<&Resource> = all.flat_map(Amounts::iter).map(|(resource, _)| resource).collect();
    all.into_iter().cloned().collect()
}

fn rooms(machine: &Machine, resources: &[Resource]) -> Vec<Option<u64>> {
    resources.iter().map(|resource| machine.room.named(resource)).collect()
}

fn apart(stack: &Stack) -> Vec<(usize, usize, Vec<Option<String>>)> {
    let mut all = Vec::new();
    for (index, service) in stack.services.iter().enumerate() {
        for bond in &service.wishes.apart {
            let Some(other) = stack.services.iter().position(|it| it.name == bond.service.value) else { continue };
            let domain = |machine: &Machine| match &bond.by {
                By::Machine => Some(machine.name.clone()),
                By::Attribute(key) => machine.attributes.get(key).filter(|value| !value.is_empty()).cloned(),
            };
            all.push((index, other, stack.machines.iter().map(domain).collect()));
        }
    }
    all
}

/// The machines that a container can pass through: where it may be, with nothing of its own that it would lack there.
fn places((problem, observed): (&Problem<'_>, &Observed), works: &[Work<'_>], work: &Work<'_>) -> Vec<usize> {
    let (stack, service) = (problem.stack, work.service);
    if !can_pass(stack, works, work) {
        return Vec::new();
    }
    let may = |machine: &usize| {
        let at = &stack.machines[*machine];
        let name = stack.container_name(service, work.number, *machine);
        let free = |name: &str| {
            observed.machines.get(&at.name).is_some_and(|state| !state.containers.iter().any(|it| it.name == name))
        };
        let elsewhere = *machine != work.machine && !work.old.iter().any(|old| old.machine == *machine);
        elsewhere
            && at.availability == Availability::Active
            && free(&name)
            && problem.forbidden(work.index, *machine).is_empty()
    };
    (0..stack.machines.len()).filter(may).collect()
}

/// Whether nothing ties a container to its machine: no data, no host port by which others know it, no neighbour.
fn can_pass(stack: &Stack, works: &[Work<'_>], work: &Work<'_>) -> bool {
    let service = work.service;
    let spec = &service.container;
    let wishes = &service.wishes;
    let others = || stack.services.iter().filter(|other| other.name != service.name);
    let is_known = others().any(|other| {
        other.forwards_to.contains(&service.name)
            || other.wishes.near.iter().any(|bond| bond.service.value == service.name)
            || other.together_with.iter().any(|with| with.value == service.name)
    });
    let here: Vec<usize> = work.old.iter().map(|old| old.machine).chain([work.machine]).collect();
    let reaches = |name: &str| match stack.networks.values().find(|network| network.name == name) {
        Some(network) if network.external => false,
        Some(network) if network.discovery == Discovery::Overlay => true,
        // Neighbours on its machine would be without it, and it without them.
        _ => !works.iter().any(|it| it.index != work.index && here.contains(&it.machine) && it.spec().joins(name)),
    };
    work.creates()
        && work.replaces_running()
        && service.replicas.value != Replicas::Global
        && service.update.on_failure != crate::stack::OnFailure::Rollback
        && service.ports.is_empty()
        && service.on.is_empty()
        && service.together_with.is_empty()
        && wishes.near.is_empty()
        && !is_known
        && spec.network_mode.is_none()
        && spec.mounts.iter().all(|mount| mount.kind == "tmpfs")
        && work.old.iter().all(|old| old.state.anonymous_volumes.is_empty())
        && spec.networks.iter().all(|network| reaches(&network.network))
}

impl Order<'_> {
    /// When a work's containers begin to change places.
    pub fn begin(&self, work: usize) -> Moment {
        let moments = self.moments.get(&work).copied().unwrap_or_default();
        moments.parked.unwrap_or(moments.start.min(moments.stop))
    }

    /// Whether a work's container serves at its place before what ran of it stops.
    pub fn is_start_first(&self, work: usize) -> bool {
        let (Some(mover), Some(moments)) = (self.movers.get(&work), self.moments.get(&work)) else { return false };
        let mover = &self.scene.movers[*mover];
        mover.start_first && (mover.from.is_empty() || moments.start < moments.stop)
    }

    /// Whether a work's container can start at any time, whatever else happens on its machine.
    pub fn is_free(&self, work: usize) -> bool {
        let Some(mover) = self.movers.get(&work).copied() else { return true };
        let to = &self.scene.movers[mover].to;
        // What it leaves is its own only if nobody else is to use it meanwhile.
        let swaps = self.moments.get(&work).is_some_and(|moments| moments.start == moments.stop + 1);
        let parked = self.parked().any(|load| load.machine == to.machine);
        let all = vec![Status::Waits; self.scene.movers.len()];
        swaps && self.scene.needs_no_more(mover) || !parked && self.scene.is_roomy(mover, to, &all)
    }

    fn parked(&self) -> impl Iterator<Item = &Load> {
        self.way.iter().filter_map(|step| match step.deed {
            Deed::Park(park) => Some(&self.scene.movers[step.mover].parks[park]),
            _ => None,
        })
    }

    /// Whether any two services are to be apart: then what is on other machines counts as well.
    pub fn has_apart(&self) -> bool {
        !self.scene.apart.is_empty()
    }

    /// Whether containers of two services on these machines are in each other's way.
    pub fn conflict(&self, a: (usize, usize), b: (usize, usize)) -> bool {
        a.1 == b.1 || self.scene.conflict(a, b)
    }
}

/// When what is of a work starts and stops; 0 is before all else.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::plan) struct Moments {
    pub start: Moment,
    pub stop: Moment,
    /// Where it passes through another machine: it starts there, and stops there.
    pub parked: Option<Moment>,
    pub unparked: Moment,
}
