//! Everything is placed: as many containers as asked for; a global service once on each machine it is meant for.

use crate::diagnostic::Diagnostic;
use crate::placement::problem::{Layout, Problem};

use super::{Constraint, names, notes};

/// Each service has all of its containers: in plain numbers that is what a group's count says.
pub(super) struct Replicas;

impl Constraint for Replicas {
    fn name(&self) -> &'static str {
        "replicas"
    }

    /// There being one too many is not what keeps one from a machine.
    fn crowded(&self, _: &Problem<'_>, _: &Layout, _: usize, _: usize) -> Option<String> {
        None
    }

    fn broken(&self, problem: &Problem<'_>, layout: &Layout) -> Vec<String> {
        let mut broken = Vec::new();
        for (index, service) in problem.stack.services.iter().enumerate() {
            let (wanted, placed) = (problem.replicas[index], layout.total(index));
            if wanted != placed {
                broken.push(format!("`{}` has {placed} containers, {wanted} are wanted", service.name));
            }
            for machine in problem.machines().filter(|_| problem.is_global(index)) {
                if problem.in_scope(index, machine) != (layout.counts[index][machine] == 1) {
                    let name = &problem.stack.machines[machine].name;
                    broken.push(format!("global `{}` is not once on {name}", service.name));
                }
            }
        }
        broken
    }

    /// No machine at all for a service: the whole matrix, each machine with its reasons.
    fn because(&self, problem: &Problem<'_>) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        for index in problem.services().filter(|service| problem.replicas[*service] > 0) {
            let service = &problem.stack.services[index];
            let lacking: Vec<usize> = if problem.is_global(index) {
                problem.machines().filter(|m| problem.in_scope(index, *m) && !problem.allowed[index][*m]).collect()
            } else if problem.allowed[index].contains(&true) {
                continue;
            } else {
                problem.machines().collect()
            };
            if lacking.is_empty() {
                continue;
            }
            let message = if problem.is_global(index) {
                format!(
                    "`{}` is to run on every machine, and {} cannot take it",
                    service.name,
                    names(problem, &lacking)
                )
            } else {
                format!("no machine can take `{}`", service.name)
            };
            let mut finding = Diagnostic::error("R402", message).label(service.span, "this service");
            for (resource, span) in &service.demand_spans {
                let amount = resource.show(service.demand.get(resource));
                finding = finding.label(*span, format!("{resource}: {amount} for one container"));
            }
            finding.notes.extend(notes(problem, &lacking, |machine| problem.forbidden(index, machine).join("; ")));
            findings.push(finding.help("lower what one container asks for, free or add a machine that can take it"));
        }
        findings
    }
}
