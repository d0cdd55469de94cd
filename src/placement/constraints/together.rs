//! Services that use another's namespaces or local volumes run only where that one does.

use crate::placement::problem::{Layout, Problem};
use crate::placement::program::Program;

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

    fn rows(&self, problem: &Problem<'_>, program: &mut Program) {
        for (service, other) in pairs(problem) {
            for (machine, count) in program.counts_of(service).collect::<Vec<_>>() {
                let most = program.variables[count.0].upper;
                let mut terms = vec![(count, 1.0)];
                terms.extend(program.count(other, machine).map(|other| (other, -most)));
                program.at_most(terms, 0.0);
            }
        }
    }
}
