//! Whether a replacement can start while the old container still runs (`update_config.order: start-first`).

use crate::stack::Stack;
use crate::units::Amounts;

use super::current::Own;
use super::steps::completes;
use super::work::{Removal, Work, host_services};

/// Only where it is asked for, and where nothing stands against it: a local volume that both would write to, a host port
/// that both would want, others that live in the old one's namespaces, or too little room for both.
pub(super) fn is_possible(stack: &Stack, works: &[Work<'_>], removals: &[Removal<'_>], work: &Work<'_>) -> bool {
    let service = work.service;
    let wanted = service.start_first && !work.old.is_empty();
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
    let held: Vec<(u16, &str)> =
        olds.flat_map(|old| &old.state.ports).map(|port| (port.host_port, port.protocol.as_str())).collect();
    work.ports.iter().any(|port| held.contains(&(port.host_port, port.protocol.as_str())))
}

/// Whether everything that will be on a machine and everything that leaves it would fit there together.
fn room_for_both(stack: &Stack, works: &[Work<'_>], removals: &[Removal<'_>], machine: usize) -> bool {
    let mut sum = Amounts::new();
    for work in works {
        let there = usize::from(work.machine == machine);
        let leaving = work.old.iter().filter(|old| old.machine == machine).count();
        sum.add(&work.service.demand, (there + leaving) as u64);
    }
    let removed = removals.iter().map(|removal| &removal.own).filter(|own: &&Own<'_>| own.machine == machine);
    for own in removed {
        sum.add(&own.state.reserved, 1);
    }
    let room = &stack.machines[machine].room;
    sum.iter().all(|(resource, needs)| room.named(resource).is_none_or(|room| needs <= room))
}
