//! The rules beyond resources, asked about a change whose counts are made already: what arrives, and what is left behind.

use crate::placement::core::instance::{Instance, Service};

use super::{Flat, Shift};

/// What rules ask of an instance, by service.
#[derive(Debug)]
pub(super) struct Facts {
    /// Those that are to be near it: service and topology.
    wanted_by: Vec<Vec<(usize, usize)>>,
    /// Whether it has rules beyond the number on one machine.
    ruled: Vec<bool>,
    /// The number of its first spread among all.
    first_spread: Vec<usize>,
    /// By class: whether all machines may have any number.
    anywhere: Vec<bool>,
    /// Whether that is so for all.
    all_anywhere: bool,
}

impl Facts {
    pub(super) fn of(instance: &Instance) -> Self {
        let mut wanted_by = vec![Vec::new(); instance.services.len()];
        let (mut first_spread, mut spreads) = (Vec::new(), 0);
        for (index, service) in instance.services.iter().enumerate() {
            for bond in &service.near {
                wanted_by[bond.service].push((index, bond.topology));
            }
            first_spread.push(spreads);
            spreads += service.spreads.len();
        }
        first_spread.push(spreads);
        let ruled = instance.services.iter().zip(&wanted_by).map(|(service, wanted_by)| {
            let none = service.spreads.is_empty() && service.near.is_empty() && service.apart.is_empty();
            !none || !service.keep.is_empty() || !wanted_by.is_empty()
        });
        let ruled = ruled.collect();
        let anywhere = instance.eligibility.iter().map(|it| it.iter().all(|most| *most == u32::MAX));
        let anywhere: Vec<bool> = anywhere.collect();
        let all_anywhere = anywhere.iter().all(|it| *it);
        Facts { wanted_by, ruled, first_spread, anywhere, all_anywhere }
    }

    pub(super) fn spreads(&self) -> usize {
        self.first_spread.last().copied().unwrap_or(0)
    }
}

impl Flat<'_> {
    /// Whether the group may have one container more on the machine, resources and other services apart.
    pub fn is_eligible(&self, group: usize, machine: u32) -> bool {
        if self.facts.rules.all_anywhere {
            return true;
        }
        let class = self.instance.groups[group].eligible;
        if self.facts.rules.anywhere[class] {
            return true;
        }
        match self.instance.eligibility[class][machine as usize] {
            0 => false,
            u32::MAX => true,
            most if self.facts.several[group] => self.count(group, machine) < most,
            _ => true,
        }
    }

    /// Whether a container of the group would break no rule on a machine as it is, what it leaves behind and spreads apart.
    pub fn may_join(&self, group: usize, machine: u32) -> bool {
        let it = &self.instance.groups[group];
        let service = &self.instance.services[it.service];
        self.is_eligible(group, machine)
            && u32::from(self.service_on(it.service, machine)) < service.per_machine
            && self.is_near(service, machine)
            && self.is_apart(service, machine)
    }

    fn is_near(&self, service: &Service, machine: u32) -> bool {
        service.near.iter().all(|bond| self.is_in(bond.service, bond.topology, machine))
    }

    fn is_apart(&self, service: &Service, machine: u32) -> bool {
        !service.apart.iter().any(|bond| self.is_in(bond.service, bond.topology, machine))
    }

    /// Counts a container in, or out of, a machine and its domains.
    pub(super) fn count_in(&mut self, container: u32, machine: u32, more: bool) {
        let (instance, service) = (self.instance, self.service(container));
        for (topology, counts) in instance.topologies.iter().zip(&mut self.counts) {
            let slot = &mut counts[service * topology.domains + topology.of[machine as usize] as usize];
            *slot = if more { *slot + 1 } else { *slot - 1 };
        }
        for (index, spread) in instance.services[service].spreads.iter().enumerate() {
            let topology = &instance.topologies[spread.topology];
            let count =
                self.counts[spread.topology][service * topology.domains + topology.of[machine as usize] as usize];
            let held = &mut self.held[self.facts.rules.first_spread[service] + index];
            match (more, count) {
                (true, 1) => *held += 1,
                (false, 0) => *held -= 1,
                _ => {}
            }
        }
        for (token, times) in &instance.groups[self.group(container)].tokens {
            (0..*times)
                .for_each(|_| crate::placement::core::state::change(&mut self.tokens[machine as usize], *token, more));
        }
    }

    fn is_in(&self, service: usize, topology: usize, machine: u32) -> bool {
        let topologies = &self.instance.topologies[topology];
        self.counts[topology][service * topologies.domains + topologies.of[machine as usize] as usize] > 0
    }

    /// Whether all rules hold where a container arrived and where it left.
    pub(super) fn holds_after(&self, shift: Shift) -> bool {
        let Shift { container, from, to, .. } = shift;
        let group = &self.instance.groups[self.group(container)];
        let service = &self.instance.services[group.service];
        let fits = u32::from(self.service_on(group.service, to)) <= service.per_machine;
        let token =
            |token: u32| self.tokens[to as usize].iter().find(|(it, _)| *it == token).map_or(0, |(_, count)| *count);
        let most = |token: u32| self.instance.tokens[token as usize].most_on(to as usize);
        if !fits || !group.tokens.iter().all(|(it, _)| token(*it) <= most(*it)) {
            return false;
        }
        if !self.facts.rules.ruled[group.service] {
            return true;
        }
        let keeps = || !service.keep.contains(&(from as usize)) || self.service_on(group.service, from) > 0;
        let wanted = || {
            let mut wanted_by = self.facts.rules.wanted_by[group.service].iter();
            wanted_by.all(|(other, topology)| {
                self.is_in(group.service, *topology, from) || !self.is_in(*other, *topology, from)
            })
        };
        self.is_near(service, to)
            && wanted()
            && self.is_apart(service, to)
            && keeps()
            && self.is_spread(group.service, to)
    }

    /// Whether a service lies over its domains as it should.
    fn is_spread(&self, service: usize, to: u32) -> bool {
        let first = self.facts.rules.first_spread[service];
        self.instance.services[service].spreads.iter().enumerate().all(|(index, spread)| {
            let topology = &self.instance.topologies[spread.topology];
            let counts = &self.counts[spread.topology][service * topology.domains..(service + 1) * topology.domains];
            let here = topology.of[to as usize];
            if self.held[first + index] < spread.at_least {
                return false;
            }
            if spread.domains.len() < topology.domains && !spread.domains.contains(&here) {
                return false;
            }
            if spread.most.is_some_and(|most| u32::from(counts[here as usize]) > most) {
                return false;
            }
            let Some(skew) = spread.skew else { return true };
            let of = || spread.domains.iter().map(|domain| counts[*domain as usize]);
            u32::from(of().max().unwrap_or(0) - of().min().unwrap_or(0)) <= skew
        })
    }
}
