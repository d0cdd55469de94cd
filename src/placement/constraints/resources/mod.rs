//! CPU, memory and whatever else is counted: a machine holds no more than it has room for.

mod certificates;

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::placement::core::UNLIMITED;
use crate::placement::lower::Lowering;
use crate::placement::problem::{Layout, Problem};
use crate::units::{Amounts, Resource};

use super::Constraint;
use certificates::Confined;

/// On each machine, for each resource: the sum of what its containers ask for is at most the machine's room.
pub(super) struct Resources;

/// All resources that any service asks for, or what room is to be kept for.
fn wanted(problem: &Problem<'_>) -> BTreeSet<Resource> {
    let services = problem.stack.services.iter().map(|service| &service.demand);
    let all = services.chain(&problem.headroom);
    all.flat_map(|demand| demand.iter().filter(|(_, n)| *n > 0).map(|(name, _)| name.clone())).collect()
}

/// How much of a resource a machine can give; `None`: it is not limited there.
fn room(problem: &Problem<'_>, machine: usize, resource: &Resource) -> Option<u64> {
    let machine = &problem.stack.machines[machine];
    machine.room.named(resource).or_else(|| (!resource.is_implicit()).then_some(0))
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

impl Constraint for Resources {
    fn name(&self) -> &'static str {
        "resources"
    }

    fn forbids(&self, problem: &Problem<'_>, service: usize, machine: usize) -> Option<String> {
        let short = problem.stack.services[service].demand.iter().filter_map(|(resource, needs)| {
            let room = room(problem, machine, resource).filter(|room| *room < needs)?;
            let missing = resource.show(needs - room);
            Some(format!(
                "{resource}: {} needed, {} there (short of {missing})",
                resource.show(needs),
                resource.show(room)
            ))
        });
        let short: Vec<String> = short.collect();
        (!short.is_empty()).then(|| short.join(", "))
    }

    fn at_most(&self, problem: &Problem<'_>, service: usize, machine: usize) -> u32 {
        let demand = &problem.stack.services[service].demand;
        let fit = demand.iter().filter(|(_, needs)| *needs > 0).filter_map(|(resource, needs)| {
            let times = room(problem, machine, resource)? / needs;
            Some(u32::try_from(times).unwrap_or(u32::MAX))
        });
        fit.min().unwrap_or(u32::MAX)
    }

    fn excludes(&self, problem: &Problem<'_>, (a, b): (usize, usize), machine: usize) -> Option<String> {
        let demand = |service: usize| &problem.stack.services[service].demand;
        demand(a).iter().find_map(|(resource, needs)| {
            let together = needs.saturating_add(demand(b).get(resource));
            let room = room(problem, machine, resource).filter(|room| *room < together && needs > 0)?;
            Some(format!("{resource}: {} needed, {} there", resource.show(together), resource.show(room)))
        })
    }

    fn crowded(&self, problem: &Problem<'_>, layout: &Layout, service: usize, machine: usize) -> Option<String> {
        let mut used = Amounts::new();
        for (service, counts) in problem.stack.services.iter().zip(&layout.counts).filter(|it| it.1[machine] > 0) {
            used.add(&service.demand, u64::from(counts[machine]));
        }
        let short = problem.stack.services[service].demand.iter().filter_map(|(resource, needs)| {
            let free = room(problem, machine, resource)?.saturating_sub(used.get(resource));
            let missing = needs.checked_sub(free).filter(|missing| *missing > 0)?;
            let (needs, free, missing) = (resource.show(needs), resource.show(free), resource.show(missing));
            Some(format!("{resource}: {needs} needed, {free} free (short of {missing})"))
        });
        let short: Vec<String> = short.collect();
        (!short.is_empty()).then(|| short.join(", "))
    }

    fn broken(&self, problem: &Problem<'_>, layout: &Layout) -> Vec<String> {
        let mut broken = Vec::new();
        for machine in problem.machines() {
            let mut used = Amounts::new();
            for (service, counts) in problem.stack.services.iter().zip(&layout.counts) {
                used.add(&service.demand, u64::from(counts[machine]));
            }
            for (resource, used) in used.iter() {
                if let Some(room) = room(problem, machine, resource).filter(|room| *room < used) {
                    let name = &problem.stack.machines[machine].name;
                    let (used, room) = (resource.show(used), resource.show(room));
                    broken.push(format!("{name} has {room} of {resource}, {used} are placed there"));
                }
            }
        }
        broken
    }

    fn lower(&self, problem: &Problem<'_>, lowering: &mut Lowering) {
        for resource in wanted(problem) {
            let needs: Vec<u64> = problem.stack.services.iter().map(|it| it.demand.get(&resource)).collect();
            let kept = problem.headroom.iter().map(|shape| shape.get(&resource));
            let unit = needs.iter().copied().chain(kept).fold(0, greatest_common_divisor).max(1);
            let room = |machine: usize| {
                let room = room(problem, machine, &resource).map_or(u64::MAX, |room| room / unit);
                i64::try_from(room).unwrap_or(UNLIMITED).min(UNLIMITED)
            };
            let demand = |service: usize| (needs[service] / unit).min(UNLIMITED as u64) as i64;
            lowering.resource(&resource.0, demand, room);
            lowering.units.push((resource, unit));
        }
    }

    /// All demand against all room, and what is large against the pieces of room there are: for all machines, and for
    /// each set of machines that some service is confined to.
    fn because(&self, problem: &Problem<'_>) -> Vec<Diagnostic> {
        let mut sets: BTreeSet<Vec<bool>> = problem.allowed.iter().cloned().collect();
        sets.insert(vec![true; problem.machines().len()]);
        let confined: Vec<Confined> = sets.iter().filter_map(|set| Confined::to(problem, set)).collect();
        let mut findings = Vec::new();
        for resource in wanted(problem) {
            // The widest set tells it best; narrower ones within it would say the same thing again.
            let widest = |tell: fn(&Problem<'_>, &Confined, &Resource) -> Option<Diagnostic>| {
                let told = confined.iter().filter_map(|set| Some((set.machines.len(), tell(problem, set, &resource)?)));
                told.max_by_key(|(machines, _)| *machines).map(|(_, finding)| finding)
            };
            findings.extend(widest(certificates::over_demand).or_else(|| widest(certificates::too_few_pieces)));
        }
        findings
    }
}
