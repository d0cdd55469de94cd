//! `x-planner: survive`: after the loss of any one machine, or of any one zone, enough of a service is still there.

use crate::diagnostic::Diagnostic;
use crate::placement::core;
use crate::placement::lower::Lowering;
use crate::placement::problem::{Layout, Problem};

use super::{Constraint, domains};

/// No domain holds so many containers that without it too few are left.
pub(super) struct Survive;

impl Constraint for Survive {
    fn name(&self) -> &'static str {
        "survive"
    }

    fn forbids(&self, problem: &Problem<'_>, service: usize, machine: usize) -> Option<String> {
        let survive = &problem.stack.services[service].wishes.survive;
        let lacks = survive.iter().find(|it| domains::domain(problem, &it.loss, machine).is_none())?;
        Some(format!("has no {} (it is to survive the loss of one)", lacks.loss.word()))
    }

    fn broken(&self, problem: &Problem<'_>, layout: &Layout) -> Vec<String> {
        let mut broken = Vec::new();
        for index in problem.services().filter(|index| problem.replicas[*index] > 0) {
            let service = &problem.stack.services[index];
            for survive in &service.wishes.survive {
                let counts = domains::counts(problem, &survive.loss, layout, index);
                let all: u32 = counts.values().sum();
                for (domain, _) in counts.iter().filter(|(_, count)| all - **count < survive.keep) {
                    let word = survive.loss.word();
                    broken.push(format!("`{}` has too few containers without {word} {domain}", service.name));
                }
            }
        }
        broken
    }

    fn lower(&self, problem: &Problem<'_>, lowering: &mut Lowering) {
        for index in problem.services() {
            for survive in &problem.stack.services[index].wishes.survive {
                let topology = domains::topology(problem, &survive.loss, lowering);
                let of = &lowering.instance.topologies[topology].of;
                let may = |machine: &usize| {
                    let named = domains::domain(problem, &survive.loss, *machine).is_some();
                    named && problem.at_most(index, *machine) > 0
                };
                let domains = domains::numbers(of, problem.machines().filter(may));
                let most = Some(problem.replicas[index].saturating_sub(survive.keep));
                let spread = core::Spread { topology, domains, at_least: 0, skew: None, most };
                lowering.instance.services[index].spreads.push(spread);
            }
        }
    }

    /// Too few containers, or all of them can only be in one domain.
    fn because(&self, problem: &Problem<'_>) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        for index in problem.services().filter(|index| problem.replicas[*index] > 0) {
            let (service, replicas) = (&problem.stack.services[index], problem.replicas[index]);
            for survive in &service.wishes.survive {
                let there = domains::eligible(problem, &survive.loss, index);
                let each = u64::from(replicas.saturating_sub(survive.keep));
                if there.is_empty() || there.len() as u64 * each >= u64::from(replicas) {
                    continue;
                }
                let word = survive.loss.word();
                let message = format!(
                    "`{}` cannot keep {} of its {replicas} containers through the loss of any one {word}: {} can take it",
                    service.name,
                    survive.keep,
                    there.len()
                );
                let mut finding = Diagnostic::error("M325", message).label(survive.span, "asked for here");
                if service.replicas.span != service.span {
                    finding = finding.label(service.replicas.span, format!("{replicas} containers"));
                }
                findings.push(finding.help(format!("give it more replicas, or machines in more of {word}")));
            }
        }
        findings
    }
}
