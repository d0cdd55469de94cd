//! Data has gravity: a service runs where its local volumes are, if they are anywhere yet.

use crate::diagnostic::Diagnostic;
use crate::inventory::Availability;
use crate::placement::problem::{Layout, Problem};
use crate::stack::{Service, Stack};

use super::{Constraint, placed_where_forbidden};

/// A service is only on machines that have every local volume of it that exists.
pub(super) struct VolumesStay;

impl Constraint for VolumesStay {
    fn forbids(&self, problem: &Problem<'_>, service: usize, machine: usize) -> Option<String> {
        let stack = problem.stack;
        if problem.is_global(service) {
            return None; // Each machine has a volume of its own then.
        }
        let machine = &stack.machines[machine];
        existing(stack, &stack.services[service]).find_map(|(name, holders)| {
            let elsewhere = !machine.volumes.contains(&name);
            elsewhere.then(|| format!("does not have the volume `{name}`, which is on {}", holders.join(", ")))
        })
    }

    fn selects(&self) -> bool {
        true
    }

    fn broken(&self, problem: &Problem<'_>, layout: &Layout) -> Vec<String> {
        placed_where_forbidden(self, problem, layout)
    }

    fn because(&self, problem: &Problem<'_>) -> Vec<Diagnostic> {
        let stack = problem.stack;
        let mut findings = Vec::new();
        for service in problem.services().filter(|it| problem.replicas[*it] > 0 && !problem.is_global(*it)) {
            let service = &stack.services[service];
            let (mut active, mut pinned) = (vec![true; stack.machines.len()], Vec::new());
            for (name, holders) in existing(stack, service) {
                for (machine, open) in stack.machines.iter().zip(active.iter_mut()) {
                    *open &= machine.availability == Availability::Active && machine.volumes.contains(&name);
                }
                pinned.push(format!("`{name}` is on {}", holders.join(", ")));
            }
            if pinned.is_empty() || active.contains(&true) {
                continue;
            }
            let message = format!("`{}` cannot run where its data is: {}", service.name, pinned.join("; "));
            let mut finding = Diagnostic::error("M304", message);
            for volume in &service.local_volumes {
                finding = finding.label(volume.span, "mounted here");
            }
            for machine in &stack.machines {
                if machine.availability != Availability::Active && holds_any(stack, service, &machine.volumes) {
                    finding =
                        finding.note(format!("{} takes no containers: it is being drained or down", machine.name));
                }
            }
            findings.push(finding.help("make a machine that has the volumes `active`, or move the data there first"));
        }
        findings
    }
}

/// The engine's names of the service's local volumes that exist somewhere, and on which machines.
fn existing<'a>(stack: &'a Stack, service: &'a Service) -> impl Iterator<Item = (String, Vec<&'a str>)> + 'a {
    service.local_volumes.iter().filter_map(|key| {
        let name = stack.volumes.get(&key.value)?.name.clone();
        let has = |machine: &&crate::stack::Machine| machine.volumes.contains(&name);
        let holders: Vec<&str> = stack.machines.iter().filter(has).map(|machine| machine.name.as_str()).collect();
        (!holders.is_empty()).then_some((name, holders))
    })
}

fn holds_any(stack: &Stack, service: &Service, volumes: &[String]) -> bool {
    existing(stack, service).any(|(name, _)| volumes.contains(&name))
}
