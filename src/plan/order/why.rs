//! Why a container passes through another machine, or stops before it should, in words.

use std::collections::{BTreeMap, VecDeque};

use crate::placement::listed;
use crate::stack::Stack;
use crate::units::Resource;

use super::super::overlap;
use super::super::work::Work;
use super::made::Order;
use super::room::Lack;
use super::search::after;
use super::{Deed, Status};

impl Order<'_> {
    /// What is to be said of works whose containers do not go the straight way, by index of the work.
    pub fn reasons(&self, stack: &Stack, works: &[Work<'_>]) -> BTreeMap<usize, String> {
        let mut told = BTreeMap::new();
        for (index, work) in works.iter().enumerate() {
            let asked = work.service.update.start_first && !work.service.is_proxy() && work.replaces_running();
            let obstacle = if asked { overlap::obstacle(stack, work) } else { None };
            told.extend(obstacle.map(|obstacle| (index, format!("stops first: {obstacle}"))));
        }
        let words = Words { order: self, stack, works };
        let mut now = vec![Status::Waits; self.scene.movers.len()];
        for step in &self.way {
            let mover = &self.scene.movers[step.mover];
            let breaks = mover.serves_on();
            let head = match step.deed {
                Deed::Park(park) => Some(format!("by way of {}", stack.machines[mover.parks[park].machine].name)),
                Deed::Stop | Deed::Swap if breaks => Some("stops first".to_owned()),
                Deed::Stop => Some("stops before its place is free".to_owned()),
                Deed::Go | Deed::Swap | Deed::Arrive => None,
            };
            if let Some(head) = head {
                told.entry(mover.work).or_insert_with(|| format!("{head}: {}", words.why(&now, step.mover)));
            }
            now = after(&now, *step);
        }
        told
    }
}

/// A longer way round tells people nothing.
const MOST_IN_ROUND: usize = 32;

struct Words<'o, 'a> {
    order: &'o Order<'a>,
    stack: &'o Stack,
    works: &'o [Work<'a>],
}

impl Words<'_, '_> {
    /// Why a mover cannot go to its place as things are: those that wait for each other, or what is short there.
    fn why(&self, now: &[Status], mover: usize) -> String {
        match self.round(now, mover).as_slice() {
            [one, other] => {
                let (one, other) = if self.place(*other) < self.place(*one) { (one, other) } else { (other, one) };
                let (here, there) = (self.machine(self.place(*other)), self.machine(self.place(*one)));
                let (one, other) = (self.name(*one), self.name(*other));
                format!("{here} and {there} exchange {one} and {other}, neither has room for both")
            }
            [] => self.lack(now, mover),
            round => {
                let names: Vec<String> = round.iter().map(|it| self.name(*it)).collect();
                let machines: Vec<String> = round.iter().map(|it| self.machine(self.place(*it)).to_owned()).collect();
                format!("{} follow each other round {}, which are full", listed(&names), listed(&machines))
            }
        }
    }

    /// The shortest round of movers, each of which waits for the next one to leave its place; none where it waits for none.
    fn round(&self, now: &[Status], mover: usize) -> Vec<usize> {
        let scene = &self.order.scene;
        let blocks = |it: usize| {
            let place = scene.movers[it].to.machine;
            let leaves = move |other: &usize| {
                let held = scene.running(*other, now[*other]);
                *other != it
                    && scene.movers[*other].to.machine != place
                    && held.iter().any(|held| held.machine == place)
            };
            let full = !scene.fits(now, it, &scene.movers[it].to, true);
            scene.touching[place].iter().copied().filter(leaves).filter(move |_| full)
        };
        let (mut by, mut open) = (BTreeMap::new(), VecDeque::from([mover]));
        while let Some(at) = open.pop_front().filter(|_| by.len() <= MOST_IN_ROUND) {
            for next in blocks(at) {
                if next == mover {
                    let mut round: Vec<usize> = std::iter::successors(Some(at), |it| by.get(it).copied()).collect();
                    round.reverse();
                    return round;
                }
                by.entry(next).or_insert_with(|| {
                    open.push_back(next);
                    at
                });
            }
        }
        Vec::new()
    }

    fn lack(&self, now: &[Status], mover: usize) -> String {
        let scene = &self.order.scene;
        let to = &scene.movers[mover].to;
        let machine = self.machine(to.machine);
        let here = scene.running(mover, now[mover]).iter().any(|held| held.machine == to.machine);
        let what = if here { "the old one and the new one" } else { "it beside what is still there" };
        match scene.lack(now, mover, to, true) {
            Some(Lack::Room { resource, needed, free }) => {
                let resource: &Resource = &self.order.resources[resource];
                let (needed, free) = (resource.show(needed), resource.show(free));
                format!("{machine} has no room for {what} ({resource}: {needed} more needed, {free} free)")
            }
            Some(Lack::Port { port, holder }) => {
                format!(
                    "host port {}/{} on {machine} is still held by {}",
                    port.host_port,
                    port.protocol,
                    self.name(holder)
                )
            }
            Some(Lack::Cap) => format!("{machine} may hold no more of it at a time"),
            Some(Lack::Apart) => format!("on {machine} is still what it is to be apart from"),
            None => format!("others need the room on {machine} before"),
        }
    }

    fn place(&self, mover: usize) -> usize {
        self.order.scene.movers[mover].to.machine
    }

    fn machine(&self, machine: usize) -> &str {
        &self.stack.machines[machine].name
    }

    fn name(&self, mover: usize) -> String {
        let work = &self.works[self.order.scene.movers[mover].work];
        format!("{}.{}", work.service.name, work.number)
    }
}
