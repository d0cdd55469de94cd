//! A placement problem in plain numbers: what strategies work on, whatever it was made from.
//!
//! Everything goes by index. Services are the unit of rules (apart, spread, near), groups the unit of counting: the
//! containers of a group are interchangeable. A stack's service is one service with one group; in other problems a
//! service may have containers of several sizes, each size a group.

use std::collections::BTreeMap;

use super::objective::Tier;

/// So much that nothing is limited by it; sums of such amounts don't overflow.
pub const UNLIMITED: i64 = i64::MAX / 1_000_000;

/// The topology in which each machine is a domain of its own.
pub const MACHINES: usize = 0;

/// Something that containers use up on machines.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// For people.
    pub name: String,
    /// Whether a container that moves needs it on both machines while it moves.
    pub transient: bool,
}

/// A machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// For people.
    pub name: String,
    /// How much containers may use, by resource; [`UNLIMITED`] where there is no limit.
    pub room: Vec<i64>,
}

/// A way to divide the machines into domains, such as zones.
#[derive(Clone, Debug, PartialEq)]
pub struct Topology {
    /// For people.
    pub name: String,
    /// The domain of each machine.
    pub of: Vec<u32>,
    /// How many domains there are.
    pub domains: usize,
}

/// Something that a machine has few of and that few groups want: a host port, mostly.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// For people: `port 80/tcp`.
    pub name: String,
    /// How many of it each machine has.
    pub most: u32,
    /// Machines that have another number.
    pub except: BTreeMap<u32, u32>,
}

impl Token {
    /// How many of it the machine has.
    pub fn most_on(&self, machine: usize) -> u32 {
        if self.except.is_empty() {
            return self.most;
        }
        self.except.get(&(machine as u32)).copied().unwrap_or(self.most)
    }
}

/// How a service lies over the domains of a topology.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// Which topology.
    pub topology: usize,
    /// The domains that count; the service is in no other.
    pub domains: Vec<u32>,
    /// At least so many of them hold a container.
    pub at_least: u32,
    /// The fullest has at most so many containers more than the emptiest.
    pub skew: Option<u32>,
    /// No domain has more containers.
    pub most: Option<u32>,
}

/// A bond between two services over the domains of a topology.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bond {
    /// The other service.
    pub service: usize,
    /// Which domains.
    pub topology: usize,
}

/// What rules are about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Service {
    /// For people.
    pub name: String,
    /// Its groups.
    pub groups: Vec<usize>,
    /// At most so many of its containers on one machine.
    pub per_machine: u32,
    /// How it lies over zones and the like.
    pub spreads: Vec<Spread>,
    /// Each domain that has a container of it has one of these.
    pub near: Vec<Bond>,
    /// No domain that has a container of it has one of these; said on both sides.
    pub apart: Vec<Bond>,
    /// On these machines at least one of its containers stays.
    pub keep: Vec<usize>,
}

/// Containers that are alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The service it is of.
    pub service: usize,
    /// How many containers.
    pub count: u32,
    /// What one uses, by resource.
    pub demand: Vec<i64>,
    /// The tokens that one takes, and how many of each.
    pub tokens: Vec<(u32, u32)>,
    /// Where it may be: an index into [`Instance::eligibility`].
    pub eligible: usize,
    /// What the move of one costs.
    pub move_cost: f64,
    /// How many run where, by machine.
    pub current: Vec<(u32, u32)>,
}

/// A whole problem.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Instance {
    /// What is used up.
    pub resources: Vec<Resource>,
    /// Where containers can be.
    pub machines: Vec<Machine>,
    /// The first is [`MACHINES`].
    pub topologies: Vec<Topology>,
    /// What machines have few of.
    pub tokens: Vec<Token>,
    /// Distinct answers to "how many of it can each machine hold", for reasons that no other field tells.
    pub eligibility: Vec<Vec<u32>>,
    /// What rules are about.
    pub services: Vec<Service>,
    /// What is placed.
    pub groups: Vec<Group>,
    /// What a move costs beside the group's own cost, by machine of origin and of arrival; empty: nothing. Only for
    /// groups of one container.
    pub machine_moves: Vec<Vec<f64>>,
    /// What is to be small, the first tier first.
    pub tiers: Vec<Tier>,
}

impl Instance {
    /// The most containers of the group that the machine can hold alone.
    pub fn most(&self, group: usize, machine: usize) -> u32 {
        let it = &self.groups[group];
        let mut most = self.eligibility[it.eligible][machine].min(it.count);
        if most == 0 {
            return 0;
        }
        most = most.min(self.services[it.service].per_machine);
        for (room, demand) in self.machines[machine].room.iter().zip(&it.demand) {
            if *demand > 0 && i64::from(most) * demand > *room {
                most = (room / demand) as u32;
            }
        }
        for (token, times) in &it.tokens {
            most = most.min(self.tokens[*token as usize].most_on(machine) / times);
        }
        most
    }

    /// The most containers of the group that the machine holds, resources apart: what is cheap to ask.
    pub fn eligible(&self, group: usize, machine: usize) -> u32 {
        self.eligibility[self.groups[group].eligible][machine]
    }

    /// How many containers of the group run on the machine now.
    pub fn current(&self, group: usize, machine: usize) -> u32 {
        let here = self.groups[group].current.iter().find(|(at, _)| *at == machine as u32);
        here.map_or(0, |(_, count)| *count)
    }

    /// Whether any resource is needed on both machines of a move.
    pub fn has_transient(&self) -> bool {
        self.resources.iter().any(|resource| resource.transient)
    }

    /// How many containers there are.
    pub fn containers(&self) -> usize {
        self.groups.iter().map(|group| group.count as usize).sum()
    }

    /// Pairs of group and machine that may go together: the columns of an integer program of counts.
    pub fn columns(&self) -> usize {
        let mut by_class = vec![None; self.eligibility.len()];
        let mut columns = 0;
        for group in &self.groups {
            let count = *by_class[group.eligible]
                .get_or_insert_with(|| self.eligibility[group.eligible].iter().filter(|most| **most > 0).count());
            columns += count;
        }
        columns
    }
}

/// An answer: how many containers of each group are where, by group; machines ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(pub Vec<Vec<(u32, u32)>>);

impl Counts {
    /// From group, machine and count.
    pub fn of(instance: &Instance, layout: &[(usize, usize, u32)]) -> Self {
        let mut counts = vec![Vec::new(); instance.groups.len()];
        for (group, machine, count) in layout {
            counts[*group].push((*machine as u32, *count));
        }
        Counts(counts)
    }
}
