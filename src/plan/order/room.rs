//! What is where at one moment of the way, and whether one more fits beside it.

use crate::observed::HostPort;

use super::{Load, Mover, Status};

/// All that changes places, and what the machines have room for.
#[derive(Debug, Default)]
pub(super) struct Scene {
    pub movers: Vec<Mover>,
    /// By machine and resource; none where it is not limited.
    pub rooms: Vec<Vec<Option<u64>>>,
    /// What stays on a machine, by resource.
    pub stays: Vec<Vec<u64>>,
    /// Service and machine of each container that stays.
    pub kept: Vec<(usize, usize)>,
    /// What goes for good, with its service where the files know it: it stops before all else.
    pub gone: Vec<(Option<usize>, Load)>,
    /// By service: the most on one machine.
    pub caps: Vec<Option<u32>>,
    /// Two services of which no domain has both, and the domain of each machine.
    pub apart: Vec<(usize, usize, Vec<Option<String>>)>,
    /// By machine: the movers that are, come or may pass there.
    pub touching: Vec<Vec<usize>>,
}

/// Why something does not fit.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Lack {
    /// Of a resource, so much is needed and so much is free.
    Room { resource: usize, needed: u64, free: u64 },
    /// A port is held by this mover's old container.
    Port { port: HostPort, holder: usize },
    /// There would be more of its service than may be.
    Cap,
    /// This mover's or another's container there is to be apart from it.
    Apart,
}

impl Scene {
    /// Notes which movers touch which machines.
    pub(super) fn index(&mut self) {
        self.touching = vec![Vec::new(); self.rooms.len()];
        for (index, mover) in self.movers.iter().enumerate() {
            let mut machines: Vec<usize> = mover.from.iter().chain(&mover.parks).map(|load| load.machine).collect();
            machines.push(mover.to.machine);
            machines.sort_unstable();
            machines.dedup();
            machines.into_iter().for_each(|machine| self.touching[machine].push(index));
        }
    }

    /// What runs of a mover.
    pub(super) fn running(&self, mover: usize, status: Status) -> &[Load] {
        let mover = &self.movers[mover];
        match status {
            Status::Waits => &mover.from,
            Status::Stopped => &[],
            Status::Parked(park) => std::slice::from_ref(&mover.parks[park]),
            Status::Done => std::slice::from_ref(&mover.to),
        }
    }

    /// Why a load of a mover does not fit now; with `own`, beside what runs of itself.
    pub(super) fn lack(&self, now: &[Status], mover: usize, load: &Load, own: bool) -> Option<Lack> {
        self.lacks_room(now, mover, load, own)
            .or_else(|| self.held_port(now, mover, load, own))
            .or_else(|| self.rule_broken(now, mover, load))
    }

    pub(super) fn fits(&self, now: &[Status], mover: usize, load: &Load, own: bool) -> bool {
        self.lack(now, mover, load, own).is_none()
    }

    fn lacks_room(&self, now: &[Status], mover: usize, load: &Load, own: bool) -> Option<Lack> {
        let machine = load.machine;
        let mut used = self.stays[machine].clone();
        for other in self.touching[machine].iter().filter(|other| own || **other != mover) {
            for held in self.running(*other, now[*other]).iter().filter(|held| held.machine == machine) {
                add(&mut used, &held.amounts);
            }
        }
        let left = self.running(mover, now[mover]).iter().filter(|held| !own && held.machine == machine);
        let mut leaves = vec![0; used.len()];
        left.for_each(|held| add(&mut leaves, &held.leaves));
        (0..used.len()).find_map(|resource| {
            let (needed, room) = (load.amounts[resource], self.rooms[machine][resource]?);
            let free = room.saturating_sub(used[resource]);
            // What needs no more than it leaves makes nothing worse.
            (needed > free && needed > leaves[resource]).then_some(Lack::Room { resource, needed, free })
        })
    }

    /// New containers have each their own ports; what has not left yet may hold them still.
    fn held_port(&self, now: &[Status], mover: usize, load: &Load, own: bool) -> Option<Lack> {
        if load.ports.is_empty() {
            return None;
        }
        let others = self.touching[load.machine].iter().filter(|other| own || **other != mover);
        others.filter(|other| now[**other] == Status::Waits).find_map(|other| {
            let old = self.movers[*other].from.iter().filter(|held| held.machine == load.machine);
            let held = old.flat_map(|held| &held.ports).find(|held| load.wants(held))?;
            Some(Lack::Port { port: held.clone(), holder: *other })
        })
    }

    /// How many a machine may hold of a service, and beside whom.
    fn rule_broken(&self, now: &[Status], mover: usize, load: &Load) -> Option<Lack> {
        let service = self.movers[mover].service;
        let here = |held: &[Load]| held.iter().any(|held| held.machine == load.machine);
        if let Some(cap) = self.caps[service].filter(|_| !here(self.running(mover, now[mover]))) {
            let kept = self.kept.iter().filter(|kept| **kept == (service, load.machine)).count();
            let others = self.touching[load.machine].iter().filter(|other| {
                **other != mover && self.movers[**other].service == service && here(self.running(**other, now[**other]))
            });
            if kept + others.count() >= cap as usize {
                return Some(Lack::Cap);
            }
        }
        let beside = |machine: usize, other: usize| self.conflict((service, load.machine), (other, machine));
        let in_domain = |it: usize| {
            let held = self.running(it, now[it]);
            held.iter().any(|held| beside(held.machine, self.movers[it].service))
        };
        let broken = self.is_apart(service)
            && (self.kept.iter().any(|(other, machine)| beside(*machine, *other))
                || (0..now.len()).any(|it| it != mover && in_domain(it)));
        broken.then_some(Lack::Apart)
    }

    /// Whether a service is to be apart from any other.
    fn is_apart(&self, service: usize) -> bool {
        self.apart.iter().any(|(a, b, _)| *a == service || *b == service)
    }

    /// Whether two services' containers on these machines are to be apart and are not.
    pub(super) fn conflict(&self, a: (usize, usize), b: (usize, usize)) -> bool {
        self.apart.iter().any(|(one, other, domains)| {
            let same = domains[a.1].is_some() && domains[a.1] == domains[b.1];
            same && ((a.0, b.0) == (*one, *other) || (b.0, a.0) == (*one, *other))
        })
    }

    /// Whether everything that is, comes and leaves at a load's machine would be well there together.
    pub(super) fn is_roomy(&self, mover: usize, load: &Load, now: &[Status]) -> bool {
        let machine = load.machine;
        let mut used = self.stays[machine].clone();
        let gone = || self.gone.iter().filter(|(_, held)| held.machine == machine);
        gone().for_each(|(_, held)| add(&mut used, &held.amounts));
        for other in &self.touching[machine] {
            let to = std::slice::from_ref(&self.movers[*other].to);
            let yet = if now[*other] == Status::Done { &[] } else { to };
            let all = self.running(*other, now[*other]).iter().chain(yet);
            all.filter(|held| held.machine == machine).for_each(|held| add(&mut used, &held.amounts));
        }
        let mut pairs = used.iter().zip(&self.rooms[machine]);
        let room = pairs.all(|(used, room)| room.is_none_or(|room| *used <= room));
        let service = self.movers[mover].service;
        let ruled = self.caps[service].is_some() || self.is_apart(service);
        let wanted = |held: &Load| held.ports.iter().any(|held| load.wants(held));
        room && !ruled && !gone().any(|(_, held)| wanted(held)) && self.held_port(now, mover, load, false).is_none()
    }

    /// Whether a mover's new container needs nothing on its machine but what its own old one leaves there.
    pub(super) fn needs_no_more(&self, mover: usize) -> bool {
        let Mover { to, from, .. } = &self.movers[mover];
        let mut left = vec![0; to.amounts.len()];
        let own = from.iter().filter(|held| held.machine == to.machine);
        own.clone().for_each(|held| add(&mut left, &held.leaves));
        let all = vec![Status::Waits; self.movers.len()];
        let gone = self.gone.iter().filter(|(_, held)| held.machine == to.machine).flat_map(|(_, held)| &held.ports);
        own.count() > 0
            && to.amounts.iter().zip(&left).all(|(needs, left)| needs <= left)
            && self.held_port(&all, mover, to, false).is_none()
            && !gone.into_iter().any(|held| to.wants(held))
    }
}

impl Load {
    /// Whether a port that is held is one of its own.
    fn wants(&self, held: &HostPort) -> bool {
        self.ports.iter().any(|port| clash(port, held))
    }
}

fn add(sum: &mut [u64], amounts: &[u64]) {
    sum.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum = sum.saturating_add(*amount));
}

pub(in crate::plan) fn clash(a: &HostPort, b: &HostPort) -> bool {
    a.host_port == b.host_port && a.protocol == b.protocol && b.host_port > 0
}
