//! Services that use another's namespaces or local volumes run only where that one does.

use crate::placement::core::{Bond, MACHINES};
use crate::placement::lower::Lowering;
use crate::placement::problem::{Layout, Problem};

use super::Constraint;

/// A container of the service is only on machines that hold each service it belongs together with.
pub(super) struct Together;

/// Pairs (service, the one it needs beside it).
fn pairs<'a>(problem: &'a Problem<'_>) -> impl Iterator<Item = (usize, usize)> + 'a {
    let services = &problem.stack.services;
    let index_of = |name: &str| services.iter().position(|service| service.name == name);
    let needs = move |service: &'a crate::stack::Service| {
        service.together_with.iter().filter_map(move |other| index_of(&other.value))
    };
    services.iter().enumerate().flat_map(move |(index, service)| needs(service).map(move |other| (index, other)))
}

impl Constraint for Together {
    fn name(&self) -> &'static str {
        "together"
    }

    fn broken(&self, problem: &Problem<'_>, layout: &Layout) -> Vec<String> {
        let mut broken = Vec::new();
        for (service, other) in pairs(problem) {
            for machine in problem.machines() {
                if layout.counts[service][machine] > 0 && layout.counts[other][machine] == 0 {
                    let name = |index: usize| &problem.stack.services[index].name;
                    let at = &problem.stack.machines[machine].name;
                    broken.push(format!("`{}` is on {at} without `{}`", name(service), name(other)));
                }
            }
        }
        broken
    }

    fn lower(&self, problem: &Problem<'_>, lowering: &mut Lowering) {
        for (service, other) in pairs(problem).filter(|(service, other)| service != other) {
            let bond = Bond { service: other, topology: MACHINES };
            let near = &mut lowering.instance.services[service].near;
            if !near.contains(&bond) {
                near.push(bond);
            }
        }
    }
}
