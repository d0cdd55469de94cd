//! Whether a replacement can start while the old container still runs (`update_config.order: start-first`).

use crate::observed::HostPort;
use crate::stack::Stack;
use crate::units::Amounts;

use super::current::Own;
use super::steps::completes;
use super::work::{Removal, Work, host_services};

/// Only where it is asked for, and where nothing stands against it: a local volume that both would write to, a host port
/// that both would want, others that live in the old one's namespaces, or too little room for both.
pub(super) fn is_possible(stack: &Stack, works: &[Work<'_>], removals: &[Removal<'_>], work: &Work<'_>) -> bool {
    let service = work.service;
    let wanted = service.update.start_first && !work.old.is_empty();
    let inherits = work.old.iter().any(|old| old.machine == work.machine && !old.state.anonymous_volumes.is_empty());
    let alone = service.local_volumes.is_empty()
        && !inherits
        && !completes(stack, &service.name)
        && !stack.services.iter().any(|other| host_services(other).contains(&service.name.as_str()));
    wanted && alone && !wants_held_port(works, work) && room_for_both(stack, works, removals, work.machine)
}

/// Whether it wants a port that a container has which stops only later: its own old one, or another's that may wait for it.
fn wants_held_port(works: &[Work<'_>], work: &Work<'_>) -> bool {
    let olds = works.iter().flat_map(|other| &other.old).filter(|old| old.machine == work.machine);
    let mut held = olds.flat_map(|old| &old.state.ports);
    held.any(|held| work.ports.iter().any(|port| clash(port, held)))
}

/// Whether everything that will be on a machine and everything that leaves it would fit there together.
fn room_for_both(stack: &Stack, works: &[Work<'_>], removals: &[Removal<'_>], machine: usize) -> bool {
    let mut sum = Amounts::new();
    for work in works {
        sum.add(&work.service.demand, u64::from(work.machine == machine));
        for old in work.old.iter().filter(|old| old.machine == machine) {
            sum.add(&larger(&work.service.demand, &old.state.reserved), 1);
        }
    }
    let removed = removals.iter().map(|removal| &removal.own).filter(|own: &&Own<'_>| own.machine == machine);
    for own in removed {
        sum.add(&own.state.reserved, 1);
    }
    let room = &stack.machines[machine].room;
    sum.iter().all(|(resource, needs)| room.named(resource).is_none_or(|room| needs <= room))
}

/// What a container counts for: what the files say now, or what it was promised when it was made, if that is more.
fn larger(demand: &Amounts, reserved: &Amounts) -> Amounts {
    let mut larger = demand.clone();
    for (resource, amount) in reserved.iter() {
        larger.set(resource.clone(), amount.max(demand.named(resource).unwrap_or(0)));
    }
    larger
}

/// Whether a replacement needs nothing on its machine but what its own old container leaves there: then it waits for no
/// other one to go.
pub(super) fn needs_no_more(works: &[Work<'_>], removals: &[Removal<'_>], work: &Work<'_>) -> bool {
    let here = |old: &&Own<'_>| old.machine == work.machine && old.state.is_up();
    let mut left = Amounts::new();
    let own: Vec<&Own<'_>> = work.old.iter().filter(here).collect();
    own.iter().for_each(|old| left.add(&old.state.reserved, 1));
    let room = work.service.demand.iter().all(|(resource, needs)| left.named(resource).unwrap_or(0) >= needs);
    let others = works.iter().flat_map(|other| &other.old).chain(removals.iter().map(|removal| &removal.own));
    let others = others.filter(here).filter(|other| !own.iter().any(|it| it.state.id == other.state.id));
    let mut held = others.flat_map(|other| &other.state.ports);
    let wanted = |port: &HostPort| work.ports.iter().any(|it| clash(it, port));
    !own.is_empty() && room && !held.any(wanted)
}

fn clash(a: &HostPort, b: &HostPort) -> bool {
    a.host_port == b.host_port && a.protocol == b.protocol
}
