//! An answer in the making, with all sums that rules and costs ask for kept up to date: one container more or less
//! costs time in proportion to the number of resources.

use std::sync::Arc;

use super::instance::{Counts, Instance};
use super::moved::Moved;

/// What follows from an instance alone.
#[derive(Debug)]
struct Facts {
    /// What ran on each machine: group and count.
    was_on: Vec<Vec<(u32, u32)>>,
    /// For each service, those that are to be near it: service and topology.
    wanted_by: Vec<Vec<(usize, usize)>>,
    /// By group: whether it has rules beyond resources and tokens.
    ruled: Vec<bool>,
    transient: bool,
}

impl Facts {
    fn of(instance: &Instance) -> Self {
        let mut was_on = vec![Vec::new(); instance.machines.len()];
        for (index, group) in instance.groups.iter().enumerate() {
            for (machine, count) in &group.current {
                was_on[*machine as usize].push((index as u32, *count));
            }
        }
        let mut wanted_by = vec![Vec::new(); instance.services.len()];
        for (index, service) in instance.services.iter().enumerate() {
            for bond in &service.near {
                wanted_by[bond.service].push((index, bond.topology));
            }
        }
        let rules = |group: &super::instance::Group| {
            let service = &instance.services[group.service];
            let none = service.spreads.is_empty() && service.near.is_empty() && service.apart.is_empty();
            !none || !service.keep.is_empty() || !wanted_by[group.service].is_empty()
        };
        let ruled = instance.groups.iter().map(rules).collect();
        Facts { was_on, wanted_by, ruled, transient: instance.has_transient() }
    }
}

/// Who is where, and the sums.
#[derive(Clone, Debug)]
pub struct State<'a> {
    /// The problem.
    pub instance: &'a Instance,
    facts: Arc<Facts>,
    width: usize,
    load: Vec<i64>,
    /// What containers that leave still use of transient resources.
    leaving: Vec<i64>,
    tokens: Vec<Vec<(u32, u32)>>,
    by_domain: Vec<Vec<u16>>,
    at: Vec<Vec<(u32, u32)>>,
    on: Vec<Vec<(u32, u32)>>,
    left: Vec<u32>,
    moved: Moved,
}

/// One more, or one less, of a key.
pub(super) fn change(list: &mut Vec<(u32, u32)>, key: u32, more: bool) {
    match (list.iter_mut().find(|(it, _)| *it == key), more) {
        (Some((_, count)), true) => *count += 1,
        (Some((_, count)), false) => {
            *count -= 1;
            if *count == 0 {
                list.retain(|(it, _)| *it != key);
            }
        }
        (None, true) => list.push((key, 1)),
        (None, false) => {}
    }
}

impl<'a> State<'a> {
    /// Nothing placed.
    pub fn empty(instance: &'a Instance) -> Self {
        let (machines, width) = (instance.machines.len(), instance.resources.len());
        let facts = Arc::new(Facts::of(instance));
        let running = |group: &super::instance::Group| group.current.iter().map(|(_, count)| *count).sum::<u32>();
        let mut moved = vec![0u32; instance.services.len()];
        let mut leaving = vec![0i64; if facts.transient { machines * width } else { 0 }];
        for group in &instance.groups {
            moved[group.service] += running(group);
            for (machine, count) in group.current.iter().filter(|_| facts.transient) {
                for (resource, demand) in group.demand.iter().enumerate() {
                    leaving[*machine as usize * width + resource] += demand * i64::from(*count);
                }
            }
        }
        let services = instance.services.len();
        State {
            instance,
            facts,
            width,
            load: vec![0; machines * width],
            leaving,
            tokens: vec![Vec::new(); machines],
            by_domain: instance.topologies.iter().map(|it| vec![0; it.domains * services]).collect(),
            at: vec![Vec::new(); instance.groups.len()],
            on: vec![Vec::new(); machines],
            left: instance.groups.iter().map(|group| group.count).collect(),
            moved: Moved::new(moved),
        }
    }

    /// As in `counts`, whether or not that holds.
    pub fn of(instance: &'a Instance, counts: &Counts) -> Self {
        let mut state = State::empty(instance);
        for (group, places) in counts.0.iter().enumerate() {
            for (machine, count) in places {
                (0..*count).for_each(|_| state.put(group, *machine as usize));
            }
        }
        state
    }

    /// Who is where.
    pub fn counts(&self) -> Counts {
        let sorted = |places: &Vec<(u32, u32)>| {
            let mut places = places.clone();
            places.sort_unstable();
            places
        };
        Counts(self.at.iter().map(sorted).collect())
    }

    /// What the machine's containers use, by resource.
    pub fn load(&self, machine: usize) -> &[i64] {
        &self.load[machine * self.width..(machine + 1) * self.width]
    }

    /// What of transient resources is used by containers on their way out; empty where nothing is transient.
    pub fn leaving(&self, machine: usize) -> &[i64] {
        if self.facts.transient { &self.leaving[machine * self.width..(machine + 1) * self.width] } else { &[] }
    }

    /// How much of a token is taken on the machine.
    pub fn token(&self, machine: usize, token: u32) -> u32 {
        self.tokens[machine].iter().find(|(it, _)| *it == token).map_or(0, |(_, count)| *count)
    }

    /// The group's containers on the machine.
    pub fn count(&self, group: usize, machine: usize) -> u32 {
        self.at[group].iter().find(|(it, _)| *it == machine as u32).map_or(0, |(_, count)| *count)
    }

    /// The service's containers in a domain.
    pub fn in_domain(&self, service: usize, topology: usize, domain: u32) -> u32 {
        let domains = self.instance.topologies[topology].domains;
        u32::from(self.by_domain[topology][service * domains + domain as usize])
    }

    /// The service's containers on a machine.
    pub fn service_on(&self, service: usize, machine: usize) -> u32 {
        self.in_domain(service, super::instance::MACHINES, machine as u32)
    }

    /// The machines of a group.
    pub fn at(&self, group: usize) -> &[(u32, u32)] {
        &self.at[group]
    }

    /// The groups on a machine.
    pub fn on(&self, machine: usize) -> &[(u32, u32)] {
        &self.on[machine]
    }

    /// The services on a machine, each once.
    pub fn services_on(&self, machine: usize) -> Vec<usize> {
        let mut services: Vec<usize> =
            self.on[machine].iter().map(|(group, _)| self.instance.groups[*group as usize].service).collect();
        services.sort_unstable();
        services.dedup();
        services
    }

    /// The groups that run on a machine now.
    pub fn was_on(&self, machine: usize) -> &[(u32, u32)] {
        &self.facts.was_on[machine]
    }

    /// The services that are to be near this one, each with the topology.
    pub fn wanted_by(&self, service: usize) -> &[(usize, usize)] {
        &self.facts.wanted_by[service]
    }

    /// Whether the group has rules beyond resources and tokens.
    pub fn is_ruled(&self, group: usize) -> bool {
        self.facts.ruled[group]
    }

    /// The group's containers that have no place.
    pub fn left(&self, group: usize) -> u32 {
        self.left[group]
    }

    /// The service's containers that have no place.
    pub fn left_of(&self, service: usize) -> u32 {
        self.instance.services[service].groups.iter().map(|group| self.left[*group]).sum()
    }

    /// Whether everything has a place.
    pub fn is_complete(&self) -> bool {
        self.left.iter().all(|left| *left == 0)
    }

    /// The groups of which something has no place.
    pub fn homeless(&self) -> Vec<usize> {
        (0..self.left.len()).filter(|group| self.left[*group] > 0).collect()
    }

    /// The most containers that one service moves.
    pub fn most_moved(&self) -> u32 {
        self.moved.most()
    }

    /// How many containers of the service leave their machine.
    pub fn moved(&self, service: usize) -> u32 {
        self.moved.of(service)
    }

    /// One container more on the machine, whether or not that is allowed.
    pub fn put(&mut self, group: usize, machine: usize) {
        self.shift_by(group, machine, true);
    }

    /// One container less on the machine.
    pub fn take(&mut self, group: usize, machine: usize) {
        self.shift_by(group, machine, false);
    }

    fn shift_by(&mut self, group: usize, machine: usize, more: bool) {
        let it = &self.instance.groups[group];
        let sign = if more { 1 } else { -1 };
        let load = &mut self.load[machine * self.width..(machine + 1) * self.width];
        for (load, demand) in load.iter_mut().zip(&it.demand) {
            *load += sign * demand;
        }
        let current = self.instance.current(group, machine);
        if current > 0 {
            let count = self.count(group, machine);
            let returns = more && count < current;
            if returns || (!more && count <= current) {
                self.moved.change(it.service, !more);
                if self.facts.transient {
                    let leaving = &mut self.leaving[machine * self.width..(machine + 1) * self.width];
                    for (leaving, demand) in leaving.iter_mut().zip(&it.demand) {
                        *leaving -= sign * demand;
                    }
                }
            }
        }
        for (token, times) in &it.tokens {
            (0..*times).for_each(|_| change(&mut self.tokens[machine], *token, more));
        }
        for (topology, counts) in self.instance.topologies.iter().zip(&mut self.by_domain) {
            let slot = &mut counts[it.service * topology.domains + topology.of[machine] as usize];
            *slot = if more { *slot + 1 } else { *slot - 1 };
        }
        change(&mut self.at[group], machine as u32, more);
        change(&mut self.on[machine], group as u32, more);
        self.left[group] = if more { self.left[group] - 1 } else { self.left[group] + 1 };
    }
}
