//! `x-planner: apart`: two services that share no machine, or no zone.

use crate::placement::core;
use crate::placement::lower::Lowering;
use crate::placement::problem::{Layout, Problem};

use super::{Constraint, domains};

/// No domain has containers of both.
pub(super) struct Apart;

impl Constraint for Apart {
    fn name(&self) -> &'static str {
        "apart"
    }

    fn forbids(&self, problem: &Problem<'_>, service: usize, machine: usize) -> Option<String> {
        let apart = &problem.stack.services[service].wishes.apart;
        let lacks = apart.iter().find(|it| domains::domain(problem, &it.by, machine).is_none())?;
        Some(format!("has no {} (it is to be apart from `{}`)", lacks.by.word(), lacks.service.value))
    }

    fn excludes(&self, problem: &Problem<'_>, (a, b): (usize, usize), _machine: usize) -> Option<String> {
        let says = |one: usize, other: usize| {
            let other = &problem.stack.services[other].name;
            problem.stack.services[one].wishes.apart.iter().any(|bond| bond.service.value == *other)
        };
        (says(a, b) || says(b, a)).then(|| "to be apart".to_owned())
    }

    fn broken(&self, problem: &Problem<'_>, layout: &Layout) -> Vec<String> {
        let mut broken = Vec::new();
        for index in problem.services() {
            let service = &problem.stack.services[index];
            for bond in &service.wishes.apart {
                let Some(other) = domains::service(problem, &bond.service.value) else { continue };
                let theirs = domains::counts(problem, &bond.by, layout, other);
                let ours = domains::counts(problem, &bond.by, layout, index);
                for domain in ours.keys().filter(|domain| !domain.is_empty() && theirs.contains_key(*domain)) {
                    let (word, other) = (bond.by.word(), &bond.service.value);
                    broken.push(format!("`{}` is in {word} {domain} beside `{other}`", service.name));
                }
            }
        }
        broken
    }

    fn lower(&self, problem: &Problem<'_>, lowering: &mut Lowering) {
        for index in problem.services() {
            for bond in &problem.stack.services[index].wishes.apart {
                let Some(service) = domains::service(problem, &bond.service.value) else { continue };
                let topology = domains::topology(problem, &bond.by, lowering);
                // Said by one, it holds for both.
                for (one, other) in [(index, service), (service, index)] {
                    let bond = core::Bond { service: other, topology };
                    let apart = &mut lowering.instance.services[one].apart;
                    if !apart.contains(&bond) {
                        apart.push(bond);
                    }
                }
            }
        }
    }
}
