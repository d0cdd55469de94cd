//! `x-planner: near`: a service goes where another is, by machine or by zone.

use crate::diagnostic::Diagnostic;
use crate::placement::core;
use crate::placement::lower::Lowering;
use crate::placement::problem::{Layout, Problem};

use super::{Constraint, domains};

/// Each domain that has a container of the service has one of the other.
pub(super) struct Near;

impl Constraint for Near {
    fn name(&self) -> &'static str {
        "near"
    }

    fn forbids(&self, problem: &Problem<'_>, service: usize, machine: usize) -> Option<String> {
        let near = &problem.stack.services[service].wishes.near;
        let lacks = near.iter().find(|it| domains::domain(problem, &it.by, machine).is_none())?;
        Some(format!("has no {} (it is to be near `{}`)", lacks.by.word(), lacks.service.value))
    }

    fn broken(&self, problem: &Problem<'_>, layout: &Layout) -> Vec<String> {
        let mut broken = Vec::new();
        for index in problem.services() {
            let service = &problem.stack.services[index];
            for bond in &service.wishes.near {
                let Some(other) = domains::service(problem, &bond.service.value) else { continue };
                let theirs = domains::counts(problem, &bond.by, layout, other);
                let ours = domains::counts(problem, &bond.by, layout, index);
                for domain in ours.keys().filter(|domain| !theirs.contains_key(*domain)) {
                    let (word, other) = (bond.by.word(), &bond.service.value);
                    broken.push(format!("`{}` is in {word} {domain} without `{other}`", service.name));
                }
            }
        }
        broken
    }

    fn lower(&self, problem: &Problem<'_>, lowering: &mut Lowering) {
        for index in problem.services() {
            for bond in &problem.stack.services[index].wishes.near {
                let Some(service) = domains::service(problem, &bond.service.value) else { continue };
                let topology = domains::topology(problem, &bond.by, lowering);
                lowering.instance.services[index].near.push(core::Bond { service, topology });
            }
        }
    }

    /// No domain can hold both.
    fn because(&self, problem: &Problem<'_>) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        for index in problem.services().filter(|index| problem.replicas[*index] > 0) {
            let service = &problem.stack.services[index];
            for bond in &service.wishes.near {
                let Some(other) = domains::service(problem, &bond.service.value) else { continue };
                let ours = domains::eligible(problem, &bond.by, index);
                let theirs = domains::eligible(problem, &bond.by, other);
                if ours.is_empty() || theirs.is_empty() || ours.keys().any(|domain| theirs.contains_key(domain)) {
                    continue;
                }
                let show =
                    |of: &std::collections::BTreeMap<&str, usize>| of.keys().copied().collect::<Vec<_>>().join(", ");
                let (name, other, word) = (&service.name, &bond.service.value, bond.by.word());
                let message = format!("`{name}` is to be near `{other}`, and no {word} can hold both");
                findings.push(
                    Diagnostic::error("M324", message)
                        .label(bond.service.span, "asked for here")
                        .note(format!("`{name}` can be in: {}", show(&ours)))
                        .note(format!("`{other}` can be in: {}", show(&theirs)))
                        .help("loosen what confines one of them, or leave this wish out"),
                );
            }
        }
        findings
    }
}
