//! `x-planner: spread`: a service over zones and the like, evenly, or in so many of them.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::placement::core;
use crate::placement::lower::Lowering;
use crate::placement::problem::{Layout, Problem};
use crate::stack;

use super::{Constraint, domains};

/// Each spread of each service.
pub(super) struct Spread;

impl Constraint for Spread {
    fn name(&self) -> &'static str {
        "spread"
    }

    fn forbids(&self, problem: &Problem<'_>, service: usize, machine: usize) -> Option<String> {
        let spreads = &problem.stack.services[service].wishes.spread;
        let lacks = spreads.iter().find(|it| domains::domain(problem, &it.over, machine).is_none())?;
        Some(format!("has no {} (it is to be spread over them)", lacks.over.word()))
    }

    fn broken(&self, problem: &Problem<'_>, layout: &Layout) -> Vec<String> {
        let mut broken = Vec::new();
        for index in problem.services().filter(|index| problem.replicas[*index] > 0) {
            let service = &problem.stack.services[index];
            for spread in &service.wishes.spread {
                let counts = domains::counts(problem, &spread.over, layout, index);
                let among = among(problem, spread, index);
                let count = |domain: &&str| counts.get(domain).copied().unwrap_or(0);
                let most = among.iter().map(count).max().unwrap_or(0);
                let least = among.iter().map(count).min().unwrap_or(0);
                let word = spread.over.word();
                if spread.skew.is_some_and(|skew| most - least > skew) {
                    broken.push(format!("`{}` is spread unevenly over {word}: {counts:?}", service.name));
                }
                if spread
                    .at_least
                    .is_some_and(|wanted| (among.iter().filter(|it| count(it) > 0).count() as u32) < wanted)
                {
                    broken.push(format!("`{}` is in too few of {word}: {counts:?}", service.name));
                }
            }
        }
        broken
    }

    fn lower(&self, problem: &Problem<'_>, lowering: &mut Lowering) {
        // Of what has no containers none is missing anywhere.
        for index in problem.services().filter(|index| problem.replicas[*index] > 0) {
            for spread in &problem.stack.services[index].wishes.spread {
                let topology = domains::topology(problem, &spread.over, lowering);
                let of = &lowering.instance.topologies[topology].of;
                let among = among(problem, spread, index);
                let counts = |machine: &usize| {
                    domains::domain(problem, &spread.over, *machine).is_some_and(|it| among.contains(it))
                };
                let domains = domains::numbers(of, problem.machines().filter(counts));
                let at_least = spread.at_least.unwrap_or(0);
                let spread = core::Spread { topology, domains, at_least, skew: spread.skew, most: None };
                lowering.instance.services[index].spreads.push(spread);
            }
        }
    }

    /// More domains are asked for than there are, or than there are containers.
    fn because(&self, problem: &Problem<'_>) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        for index in problem.services().filter(|index| problem.replicas[*index] > 0) {
            let service = &problem.stack.services[index];
            for spread in &service.wishes.spread {
                let there = among(problem, spread, index).len() as u32;
                let Some(wanted) = spread.at_least.filter(|wanted| *wanted > there.min(problem.replicas[index])) else {
                    continue;
                };
                let word = spread.over.word();
                let message = format!(
                    "`{}` is to be in {wanted} of {word}: {there} can take it, and it has {} containers",
                    service.name, problem.replicas[index]
                );
                let help = format!("ask for at most {}, or add machines elsewhere", there.min(problem.replicas[index]));
                findings.push(Diagnostic::error("M323", message).label(spread.span, "asked for here").help(help));
            }
        }
        findings
    }
}

/// The domains that a spread counts.
pub fn among<'p>(problem: &'p Problem<'_>, spread: &'p stack::Spread, service: usize) -> BTreeSet<&'p str> {
    match &spread.among {
        Some(among) => among.iter().map(String::as_str).collect(),
        None => domains::eligible(problem, &spread.over, service).into_keys().collect(),
    }
}
