//! Why resources cannot be enough: sums that are too large, and large containers for which too few machines are large.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::placement::constraints::{more_machines, notes};
use crate::placement::problem::Problem;
use crate::units::Resource;

use super::room;

/// Machines, and the services that can be on no other ones.
pub(super) struct Confined {
    pub machines: Vec<usize>,
    services: Vec<usize>,
}

impl Confined {
    /// None where nothing has to be on these machines, or nothing could be.
    pub(super) fn to(problem: &Problem<'_>, set: &[bool]) -> Option<Self> {
        let within = |service: &usize| {
            let allowed = &problem.allowed[*service];
            problem.replicas[*service] > 0 && allowed.iter().zip(set).all(|(allowed, member)| !allowed || *member)
        };
        let services: Vec<usize> = problem.services().filter(within).collect();
        let machines = problem.machines().filter(|machine| set[*machine]).collect();
        services.iter().any(|it| problem.allowed[*it].contains(&true)).then_some(Confined { machines, services })
    }

    fn is_all(&self, problem: &Problem<'_>) -> bool {
        self.machines.len() == problem.machines().len()
    }

    /// The room of each machine; none where one of them has no bound.
    fn rooms(&self, problem: &Problem<'_>, resource: &Resource) -> Option<Vec<u64>> {
        self.machines.iter().map(|machine| room(problem, *machine, resource)).collect()
    }

    /// "the 3 machines have".
    fn have(&self, problem: &Problem<'_>) -> String {
        match self.machines.as_slice() {
            [one] => format!("{} has", problem.stack.machines[*one].name),
            all if self.is_all(problem) => format!("the {} machines have", all.len()),
            some => format!("the {} machines that may take them have", some.len()),
        }
    }

    /// Labels of what the services ask for, and of what confines them to these machines.
    fn label(
        &self,
        problem: &Problem<'_>,
        services: &[usize],
        resource: &Resource,
        mut finding: Diagnostic,
    ) -> Diagnostic {
        for index in services {
            let service = &problem.stack.services[*index];
            let span = service.demand_spans.get(resource).copied().unwrap_or(service.span);
            let each = resource.show(service.demand.get(resource));
            finding = finding.label(span, format!("`{}`: {} × {each}", service.name, problem.replicas[*index]));
            for constraint in service.constraints.iter().filter(|_| !self.is_all(problem)) {
                finding = finding.label(constraint.span, format!("`{}` only where this is so", service.name));
            }
        }
        finding
    }
}

/// When the services together ask for more of a resource than the machines have.
pub(super) fn over_demand(problem: &Problem<'_>, set: &Confined, resource: &Resource) -> Option<Diagnostic> {
    let room = set.rooms(problem, resource)?.into_iter().fold(0, u64::saturating_add);
    let asks = |service: &usize| {
        let each = problem.stack.services[*service].demand.get(resource);
        each.saturating_mul(u64::from(problem.replicas[*service]))
    };
    let services: Vec<usize> = set.services.iter().copied().filter(|service| asks(service) > 0).collect();
    let demand = services.iter().map(asks).fold(0, u64::saturating_add);
    if demand <= room || !services.iter().any(|service| problem.allowed[*service].contains(&true)) {
        return None;
    }
    let show = |amount| resource.show(amount);
    let (wanted, there, short) = (show(demand), show(room), show(demand - room));
    let have = set.have(problem);
    let message = format!("{wanted} of {resource} are wanted, {have} {there} (short of {short})");
    let mut finding = set.label(problem, &services, resource, Diagnostic::error("R403", message));
    finding.notes.extend(notes(problem, &set.machines, |machine| {
        let machine = &problem.stack.machines[machine];
        let (room, all) = (machine.room.get(resource), machine.capacity.get(resource));
        let held = if room < all {
            format!(" of {}, the rest is kept back or held by others", show(all))
        } else {
            String::new()
        };
        format!("room for {}{held}", show(room))
    }));
    Some(finding.help(format!("add a machine with at least {short} of {resource}, or lower replicas or reservations")))
}

/// When there are more large containers than the machines can hold of that size, though the sums would do: whatever is
/// placed, a machine holds no more pieces of a size than its room has. (The first of the dual feasible functions of
/// Fekete and Schepers, "New classes of fast lower bounds for bin packing problems", 2001.)
pub(super) fn too_few_pieces(problem: &Problem<'_>, set: &Confined, resource: &Resource) -> Option<Diagnostic> {
    let rooms = set.rooms(problem, resource)?;
    let each = |service: usize| problem.stack.services[service].demand.get(resource);
    let placeable = |service: &&usize| problem.allowed[**service].contains(&true) && each(**service) > 0;
    let services: Vec<usize> = set.services.iter().filter(placeable).copied().collect();
    let sizes: BTreeSet<u64> = services.iter().map(|service| each(*service)).collect();
    let pieces = |size: u64| {
        let wanted = services.iter().map(|it| u64::from(problem.replicas[*it]).saturating_mul(each(*it) / size));
        let held = rooms.iter().map(|room| room / size);
        (wanted.fold(0, u64::saturating_add), held.fold(0, u64::saturating_add))
    };
    // Where more than one size proves it, the one of which most is missing.
    let proven = sizes.into_iter().map(|size| (size, pieces(size))).filter(|(_, (wanted, held))| wanted > held);
    let (size, (wanted, held)) = proven.max_by_key(|(_, (wanted, held))| wanted - held)?;
    let large: Vec<usize> = services.into_iter().filter(|service| each(*service) >= size).collect();
    let show = resource.show(size);
    let containers: u64 = large.iter().map(|service| u64::from(problem.replicas[*service])).sum();
    let what = if containers == wanted {
        format!("{wanted} containers want {show} of {resource} or more")
    } else {
        format!("{resource} for {wanted} pieces of {show} is wanted")
    };
    let message = format!("{what}, {} room for {held} of that size", set.have(problem));
    let mut finding = set.label(problem, &large, resource, Diagnostic::error("R403", message));
    finding.notes.extend(notes(problem, &set.machines, |machine| {
        let room = room(problem, machine, resource).unwrap_or_default();
        format!("room for {}: {} of that size", resource.show(room), room / size)
    }));
    let more = more_machines(wanted - held);
    Some(finding.help(format!(
        "add {more} with at least {show} of {resource}, or lower replicas or reservations; smaller containers would fit"
    )))
}
