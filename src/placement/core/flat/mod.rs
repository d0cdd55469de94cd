//! An answer container by container, in flat arrays: made for trying very many small changes. What a change costs, and
//! whether it fits, is known before anything is touched; rules are asked only about changes that are wanted.
//!
//! Loads are floating point numbers, since processors compare several of those at once; amounts below 2^53 are exact.
//! A machine has a number for each resource, and one more for each that is transient: with what leaves it.

mod cost;
mod facts;
mod rules;
mod trial;

use std::sync::Arc;

use super::instance::{Counts, Instance};
use super::moved::Moved;

use facts::Facts;

pub use cost::Cost;
pub use trial::{MOST as MOST_SHIFTS, Shift, Trial};

/// No machine at all.
const NOWHERE: u32 = u32::MAX;

/// Numbers of a machine are a multiple of this: whole registers.
const LANES: usize = 4;

/// Who is where, and the sums.
#[derive(Clone, Debug)]
pub struct Flat<'a> {
    /// The problem.
    pub instance: &'a Instance,
    facts: Arc<Facts>,
    /// By container.
    group: Vec<u32>,
    place: Vec<u32>,
    /// By machine: its containers; by container: where in that list it is.
    on: Vec<Vec<u32>>,
    slot: Vec<u32>,
    load: Vec<f64>,
    /// What is left of each machine's room.
    spare: Vec<f64>,
    /// By topology: containers of each service in each domain.
    counts: Vec<Vec<u16>>,
    /// By spread, of all services: how many domains hold a container.
    held: Vec<u32>,
    tokens: Vec<Vec<(u32, u32)>>,
    /// By group of several: its machines.
    at: Vec<Vec<(u32, u32)>>,
    moved: Moved,
}

impl<'a> Flat<'a> {
    /// As in `counts`, whether or not that holds.
    pub fn of(instance: &'a Instance, counts: &Counts) -> Self {
        let facts = Arc::new(Facts::of(instance));
        let machines = instance.machines.len();
        let services = instance.services.len();
        let mut flat = Flat {
            instance,
            group: Vec::new(),
            place: Vec::new(),
            on: vec![Vec::new(); machines],
            slot: Vec::new(),
            load: vec![0.0; machines * facts.width],
            spare: facts.room.clone(),
            counts: instance.topologies.iter().map(|it| vec![0; it.domains * services]).collect(),
            held: vec![0; facts.rules.spreads()],
            tokens: vec![Vec::new(); machines],
            at: vec![Vec::new(); instance.groups.len()],
            moved: Moved::new(Vec::new()),
            facts,
        };
        flat.start(counts);
        flat
    }

    /// Everything that ran leaves; then all comes to its place.
    fn start(&mut self, counts: &Counts) {
        let instance = self.instance;
        let mut moved = vec![0; instance.services.len()];
        for (index, group) in instance.groups.iter().enumerate() {
            for (machine, count) in &group.current {
                moved[group.service] += count;
                self.change_load(index, *machine, false, f64::from(*count));
                self.change_load(index, *machine, true, -f64::from(*count));
            }
        }
        self.moved = Moved::new(moved);
        for (group, places) in counts.0.iter().enumerate() {
            for (machine, count) in places {
                for _ in 0..*count {
                    let container = self.group.len() as u32;
                    self.group.push(group as u32);
                    self.place.push(NOWHERE);
                    self.slot.push(0);
                    self.add(container, *machine);
                }
            }
        }
    }

    /// Who is where.
    pub fn layout(&self) -> Counts {
        let mut counts = vec![Vec::new(); self.instance.groups.len()];
        let mut order: Vec<(u32, u32)> = self.group.iter().copied().zip(self.place.iter().copied()).collect();
        order.sort_unstable();
        for (group, machine) in order {
            let places: &mut Vec<(u32, u32)> = &mut counts[group as usize];
            match places.last_mut() {
                Some((last, count)) if *last == machine => *count += 1,
                _ => places.push((machine, 1)),
            }
        }
        Counts(counts)
    }

    /// The machine of each container.
    pub fn places(&self) -> &[u32] {
        &self.place
    }

    /// Back to where each container was when [`places`](Self::places) said so.
    pub fn restore(&mut self, places: &[u32]) {
        for (container, machine) in (0u32..).zip(places) {
            let now = self.place(container);
            if now != *machine {
                self.count_in(container, now, false);
                self.unsettle(container, now);
                self.add(container, *machine);
            }
        }
    }

    /// How many containers there are.
    pub fn containers(&self) -> usize {
        self.group.len()
    }

    /// The group of a container.
    pub fn group(&self, container: u32) -> usize {
        self.group[container as usize] as usize
    }

    /// The machine of a container.
    pub fn place(&self, container: u32) -> u32 {
        self.place[container as usize]
    }

    /// The containers on a machine, in no order.
    pub fn on(&self, machine: u32) -> &[u32] {
        &self.on[machine as usize]
    }

    /// What is used on a machine: resources, then transient ones with what leaves.
    pub fn load(&self, machine: u32) -> &[f64] {
        &self.load[self.block(machine)]
    }

    /// Nothing, in the same order.
    pub fn nothing(&self) -> &[f64] {
        &self.facts.zero
    }

    /// Where its one container ran, if the group has one only.
    pub fn origin(&self, group: usize) -> Option<u32> {
        Some(self.facts.origin[group]).filter(|it| *it != NOWHERE)
    }

    /// The most containers that one service moves.
    pub fn most_moved(&self) -> u32 {
        self.moved.most()
    }

    #[inline]
    fn block(&self, machine: u32) -> std::ops::Range<usize> {
        let from = machine as usize * self.facts.width;
        from..from + self.facts.width
    }

    /// The service of a group.
    pub fn service_of(&self, group: usize) -> usize {
        self.facts.service[group] as usize
    }

    fn service(&self, container: u32) -> usize {
        self.service_of(self.group(container))
    }

    fn service_on(&self, service: usize, machine: u32) -> u16 {
        self.counts[super::instance::MACHINES][service * self.instance.machines.len() + machine as usize]
    }

    /// The group's containers on a machine, where there are several in all.
    fn count(&self, group: usize, machine: u32) -> u32 {
        self.at[group].iter().find(|(it, _)| *it == machine).map_or(0, |(_, count)| *count)
    }

    /// Whether one more of the group on the machine undoes a move.
    #[inline]
    fn returns(&self, group: usize, machine: u32) -> bool {
        if self.facts.several[group] {
            return self.count(group, machine) < self.instance.current(group, machine as usize);
        }
        self.facts.origin[group] == machine
    }

    /// Whether one less of the group on the machine is a move.
    #[inline]
    fn leaves(&self, group: usize, machine: u32) -> bool {
        if self.facts.several[group] {
            return self.count(group, machine) <= self.instance.current(group, machine as usize);
        }
        self.facts.origin[group] == machine
    }

    /// What one more, or one less, of the group uses on the machine.
    #[inline]
    fn uses(&self, group: usize, at_home: bool) -> &[f64] {
        if at_home { self.facts.home(group) } else { self.facts.away(group) }
    }

    fn add(&mut self, container: u32, machine: u32) {
        self.count_in(container, machine, true);
        self.settle(container, machine);
    }

    /// Loads and lists: all that rules do not ask for.
    fn settle(&mut self, container: u32, machine: u32) {
        let group = self.group(container);
        let returns = self.returns(group, machine);
        self.change_load(group, machine, returns, 1.0);
        if returns {
            self.moved.change(self.service(container), false);
        }
        if self.facts.several[group] {
            super::state::change(&mut self.at[group], machine, true);
        }
        self.slot[container as usize] = self.on[machine as usize].len() as u32;
        self.on[machine as usize].push(container);
        self.place[container as usize] = machine;
    }

    fn unsettle(&mut self, container: u32, machine: u32) {
        let group = self.group(container);
        let leaves = self.leaves(group, machine);
        self.change_load(group, machine, leaves, -1.0);
        if leaves {
            self.moved.change(self.service(container), true);
        }
        if self.facts.several[group] {
            super::state::change(&mut self.at[group], machine, false);
        }
        let slot = self.slot[container as usize] as usize;
        self.on[machine as usize].swap_remove(slot);
        if let Some(other) = self.on[machine as usize].get(slot) {
            self.slot[*other as usize] = slot as u32;
        }
    }

    fn change_load(&mut self, group: usize, machine: u32, at_home: bool, sign: f64) {
        let block = self.block(machine);
        let uses = if at_home { self.facts.home(group) } else { self.facts.away(group) };
        for ((load, spare), uses) in self.load[block.clone()].iter_mut().zip(&mut self.spare[block]).zip(uses) {
            *load += sign * uses;
            *spare -= sign * uses;
        }
    }
}
