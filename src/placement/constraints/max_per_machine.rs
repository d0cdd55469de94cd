//! `deploy.placement.max_replicas_per_node`.

use crate::diagnostic::Diagnostic;
use crate::placement::problem::{Layout, Problem};

use super::Constraint;

/// At most so many containers of a service on one machine.
pub(super) struct MaxPerMachine;

impl Constraint for MaxPerMachine {
    fn name(&self) -> &'static str {
        "per machine"
    }

    fn at_most(&self, problem: &Problem<'_>, service: usize, _machine: usize) -> u32 {
        problem.stack.services[service].max_per_machine.as_ref().map_or(u32::MAX, |max| max.value)
    }

    fn broken(&self, problem: &Problem<'_>, layout: &Layout) -> Vec<String> {
        let mut broken = Vec::new();
        for (service, counts) in problem.stack.services.iter().zip(&layout.counts) {
            let Some(max) = &service.max_per_machine else { continue };
            for (machine, count) in problem.stack.machines.iter().zip(counts) {
                if *count > max.value {
                    broken.push(format!("{count} of `{}` on {}, at most {}", service.name, machine.name, max.value));
                }
            }
        }
        broken
    }

    fn because(&self, problem: &Problem<'_>) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        for index in problem.services().filter(|service| !problem.is_global(*service)) {
            let service = &problem.stack.services[index];
            let Some(max) = &service.max_per_machine else { continue };
            let machines = problem.allowed[index].iter().filter(|allowed| **allowed).count() as u64;
            let (wanted, room) = (u64::from(problem.replicas[index]), machines * u64::from(max.value));
            if machines == 0 || wanted <= room {
                continue;
            }
            let message = format!(
                "`{}` is to have {wanted} replicas, at most {} on a machine: {machines} machines hold {room}",
                service.name, max.value
            );
            findings.push(
                Diagnostic::error("M318", message)
                    .label(service.replicas.span, format!("{wanted} asked for"))
                    .label(max.span, format!("at most {} on one machine", max.value))
                    .help(format!("set `replicas: {room}`, or `max_replicas_per_node: {}`", wanted.div_ceil(machines))),
            );
        }
        findings
    }
}
