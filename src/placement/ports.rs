//! Concrete host ports for a layout: who gets which number.

use crate::stack::PortDemand;
use crate::units::PortRange;

use super::constraints::{choice, clash, holder};
use super::problem::Problem;
use super::replicas::Replica;

/// The ports of each container on one machine, in the order of `replicas`, each by its service's demands;
/// `None` when they do not suffice.
///
/// A container that stays keeps its ports, as long as that leaves enough for the others. The others, those with the
/// least choice first (earliest end of their range), get the lowest free port: for ranges at one address, that finds
/// an assignment whenever there is one.
pub fn assign(problem: &Problem<'_>, replicas: &[Replica], machine: usize) -> Option<Vec<Vec<u16>>> {
    let here: Vec<&Replica> = replicas.iter().filter(|replica| replica.machine == machine).collect();
    let mut wishes = Vec::new();
    for (index, replica) in here.iter().enumerate() {
        let kept = problem.running.iter().find(|it| it.machine == machine && it.is(replica));
        for (slot, demand) in problem.stack.services[replica.service].ports.iter().enumerate() {
            let keep = kept.and_then(|running| running.ports.get(slot).copied().flatten());
            let range = choice(demand, &problem.stack.machines[machine]);
            wishes.push(Wish { index, slot, demand, range, keep: keep.filter(|port| range.contains(*port)) });
        }
    }
    let assigned = fill(problem, machine, &wishes, true).or_else(|| fill(problem, machine, &wishes, false))?;
    let mut ports: Vec<Vec<u16>> =
        here.iter().map(|replica| vec![0; problem.stack.services[replica.service].ports.len()]).collect();
    for (wish, port) in assigned {
        ports[wish.index][wish.slot] = port;
    }
    Some(ports)
}

struct Wish<'a> {
    /// Which container of the machine.
    index: usize,
    /// Which demand of its service.
    slot: usize,
    demand: &'a PortDemand,
    range: PortRange,
    keep: Option<u16>,
}

/// One pass: first (if `keep`) what containers have already, then the rest.
fn fill<'w, 'a>(
    problem: &Problem<'_>,
    machine: usize,
    wishes: &'w [Wish<'a>],
    keep: bool,
) -> Option<Vec<(&'w Wish<'a>, u16)>> {
    let mut order: Vec<&Wish<'_>> = wishes.iter().collect();
    let kept = |wish: &Wish<'_>| keep && wish.keep.is_some();
    order.sort_by_key(|wish| (!kept(wish), wish.range.last, wish.range.first, wish.index, wish.slot));
    let machine = &problem.stack.machines[machine];
    let mut given: Vec<(&Wish<'_>, u16)> = Vec::new();
    for wish in order {
        let is_free = |port: &u16| {
            let demand = wish.demand;
            let same = |(other, taken): &(&Wish<'_>, u16)| {
                taken == port && other.demand.protocol == demand.protocol && clash(other.demand.host_ip, demand.host_ip)
            };
            !given.iter().any(same) && holder(machine, demand.host_ip, &demand.protocol, *port).is_none()
        };
        let port = match wish.keep.filter(|_| keep) {
            Some(port) => Some(port).filter(is_free),
            None => (wish.range.first..=wish.range.last).find(is_free),
        };
        given.push((wish, port?));
    }
    Some(given)
}
