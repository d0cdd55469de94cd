//! Looks for an order: first in which all that should serve without a break does, then with few ways round.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use super::room::Scene;
use super::{Deed, Move, Status};

/// Up to so many containers every order is tried that could matter.
const EXACT: usize = 8;

/// Where more are left that are in each other's way, they are ordered as it comes.
const MOST_SEARCHED: usize = 32;

/// So many times it is looked whether something fits; then the rest is ordered as it comes.
const MOST_LOOKS: usize = 200_000;

/// What an order costs: containers that stop before another serves though they should not; ways round; others that stop
/// longer than they need to.
type Cost = (usize, usize, usize);

/// A state that was reached.
struct Reached {
    now: Vec<Status>,
    cost: Cost,
    /// The state before, and what was done.
    by: Option<(usize, Move)>,
}

/// An order in which everything can be done, and what it costs.
pub(super) fn search(scene: &Scene) -> (Vec<Move>, Cost) {
    let count = scene.movers.len();
    let no_parks = scene.movers.iter().all(|mover| mover.parks.is_empty());
    let reduces = no_parks || count > EXACT;
    let (mut first, start) = if reduces { all_harmless(scene) } else { (Vec::new(), vec![Status::Waits; count]) };
    let left = count - first.len();
    let mut states = vec![Reached { now: start, cost: (0, 0, 0), by: None }];
    let mut open = BinaryHeap::from([Reverse(((0, 0, 0), left, 0))]);
    let (mut closed, mut looks, mut furthest) = (HashSet::new(), 0, (left, 0));
    while let Some(Reverse((cost, left, at))) = open.pop() {
        if !closed.insert(states[at].now.clone()) {
            continue;
        }
        if left < furthest.0 {
            furthest = (left, at);
        }
        if left == 0 {
            first.extend(way_to(&states, at));
            return (first, cost);
        }
        looks += count;
        if looks > MOST_LOOKS || left > MOST_SEARCHED {
            break;
        }
        let now = states[at].now.clone();
        let clear = if reduces { harmless(scene, &now) } else { None };
        for step in clear.map_or_else(|| possible(scene, &now), |step| vec![step]) {
            let (now, cost) = (after(&now, step), dearer(scene, cost, &now, step));
            if !closed.contains(&now) {
                let left = now.iter().filter(|status| **status != Status::Done).count();
                open.push(Reverse((cost, left, states.len())));
                states.push(Reached { now, cost, by: Some((at, step)) });
            }
        }
    }
    let Reached { now, cost, .. } = &states[furthest.1];
    let (rest, cost) = as_it_comes(scene, now.clone(), *cost);
    first.extend(way_to(&states, furthest.1));
    first.extend(rest);
    (first, cost)
}

/// All that is in nobody's way from the start, and the state after it.
fn all_harmless(scene: &Scene) -> (Vec<Move>, Vec<Status>) {
    let mut now = vec![Status::Waits; scene.movers.len()];
    let mut way = Vec::new();
    loop {
        let before = way.len();
        for index in 0..now.len() {
            if let Some(step) = proper(scene, &now, index).filter(|step| is_harmless(scene, &now, *step)) {
                now[index] = Status::Done;
                way.push(step);
            }
        }
        if way.len() == before {
            return (way, now);
        }
    }
}

fn way_to(states: &[Reached], at: usize) -> Vec<Move> {
    let mut way: Vec<Move> =
        std::iter::successors(states[at].by, |(before, _)| states[*before].by).map(|(_, step)| step).collect();
    way.reverse();
    way
}

pub(super) fn after(now: &[Status], step: Move) -> Vec<Status> {
    let mut then = now.to_vec();
    then[step.mover] = step.deed.leads_to();
    then
}

fn dearer(scene: &Scene, (stops, ways, long): Cost, now: &[Status], step: Move) -> Cost {
    let mover = &scene.movers[step.mover];
    let breaks = mover.serves_on();
    match step.deed {
        Deed::Park(_) => (stops, ways + 1, long),
        Deed::Swap if breaks => (stops + 1, ways, long),
        Deed::Stop if breaks || now[step.mover] != Status::Waits => (stops + 1, ways, long + 1),
        Deed::Stop => (stops, ways, long + 1),
        Deed::Go | Deed::Swap | Deed::Arrive => (stops, ways, long),
    }
}

/// How a mover can be done now without a break that it should not have.
fn proper(scene: &Scene, now: &[Status], index: usize) -> Option<Move> {
    let mover = &scene.movers[index];
    let own = mover.start_first || matches!(now[index], Status::Parked(_));
    let deed = match now[index] {
        Status::Done => return None,
        Status::Stopped => Deed::Arrive,
        Status::Waits if mover.from.is_empty() => Deed::Arrive,
        Status::Waits | Status::Parked(_) if own => Deed::Go,
        Status::Waits | Status::Parked(_) => Deed::Swap,
    };
    scene.fits(now, index, &mover.to, deed == Deed::Go).then_some(Move { mover: index, deed })
}

/// What can be done now and is in nobody's way.
fn harmless(scene: &Scene, now: &[Status]) -> Option<Move> {
    (0..now.len()).filter_map(|index| proper(scene, now, index)).find(|step| is_harmless(scene, now, *step))
}

/// Where all fits together, nothing that comes is in the way. In a large stack, nor is what needs no more than it leaves: that
/// its room could be lent to others meanwhile is looked at in small ones alone.
fn is_harmless(scene: &Scene, now: &[Status], step: Move) -> bool {
    scene.is_roomy(step.mover, &scene.movers[step.mover].to, now)
        || now.len() > EXACT && step.deed == Deed::Swap && scene.needs_no_more(step.mover)
}

/// All that can be done now. What has run nowhere comes last: it makes no room.
fn possible(scene: &Scene, now: &[Status]) -> Vec<Move> {
    let (mut steps, mut arrivals) = (Vec::new(), Vec::new());
    for index in 0..now.len() {
        let mover = &scene.movers[index];
        match proper(scene, now, index) {
            Some(step) if step.deed == Deed::Arrive => arrivals.push(step),
            step => steps.extend(step),
        }
        if now[index] != Status::Waits || mover.from.is_empty() {
            continue;
        }
        let step = |deed| Move { mover: index, deed };
        if mover.start_first {
            let fits = |park: &usize| scene.fits(now, index, &mover.parks[*park], true);
            steps.extend((0..mover.parks.len()).filter(fits).map(|park| step(Deed::Park(park))));
            if scene.fits(now, index, &mover.to, false) {
                steps.push(step(Deed::Swap));
            }
        }
        steps.push(step(Deed::Stop));
    }
    steps.extend(arrivals);
    steps
}

/// The rest without looking back: what fits is done; else one makes way.
fn as_it_comes(scene: &Scene, mut now: Vec<Status>, mut cost: Cost) -> (Vec<Move>, Cost) {
    let mut way = Vec::new();
    while now.iter().any(|status| *status != Status::Done) {
        let before = way.len();
        for index in 0..now.len() {
            if let Some(step) = proper(scene, &now, index).filter(|step| step.deed != Deed::Arrive) {
                now[index] = Status::Done;
                way.push(step);
            }
        }
        if way.len() > before {
            continue;
        }
        let step = passes(scene, &now)
            .or_else(|| makes_way(scene, &now, false))
            .or_else(|| makes_way(scene, &now, true))
            .or_else(|| (0..now.len()).find_map(|index| proper(scene, &now, index)));
        // What is parked in the way of what is parked there: one of them stops.
        let parked = || now.iter().position(|status| matches!(status, Status::Parked(_)));
        let Some(step) = step.or_else(|| Some(Move { mover: parked()?, deed: Deed::Stop })) else { break };
        cost = dearer(scene, cost, &now, step);
        now = after(&now, step);
        way.push(step);
    }
    (way, cost)
}

/// A way round after which another can be done.
fn passes(scene: &Scene, now: &[Status]) -> Option<Move> {
    if scene.movers.iter().all(|mover| mover.parks.is_empty()) {
        return None;
    }
    let all = possible(scene, now).into_iter().filter(|step| matches!(step.deed, Deed::Park(_)));
    let helps = |step: &Move| {
        let then = after(now, *step);
        let here = &scene.movers[step.mover].from;
        let freed = here.iter().flat_map(|load| &scene.touching[load.machine]);
        let mut others = freed.filter(|other| **other != step.mover);
        others.any(|other| proper(scene, &then, *other).is_some_and(|it| it.deed != Deed::Arrive))
    };
    all.into_iter().find(helps)
}

/// The first that stops before its place is free; with `all`, of those too that should not.
fn makes_way(scene: &Scene, now: &[Status], all: bool) -> Option<Move> {
    let waits = |index: &usize| {
        let mover = &scene.movers[*index];
        now[*index] == Status::Waits && !mover.from.is_empty() && (all || !mover.start_first)
    };
    let index = (0..now.len()).find(waits)?;
    let swaps = scene.fits(now, index, &scene.movers[index].to, false);
    Some(Move { mover: index, deed: if swaps { Deed::Swap } else { Deed::Stop } })
}
