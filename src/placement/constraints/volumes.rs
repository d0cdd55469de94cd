//! Data has gravity: no local volume that exists is left without its service.
//!
//! Where a service has at least as many containers as there are machines with volumes of it, each of those machines
//! keeps one, and further ones may begin a volume of their own elsewhere. Where it has fewer, they run only where all of
//! its volumes are. With one replica that means: it is pinned. A global service has a volume of its own everywhere.

use crate::diagnostic::Diagnostic;
use crate::inventory::Availability;
use crate::placement::lower::Lowering;
use crate::placement::problem::{Layout, Problem};
use crate::stack::{Replicas, Service, Stack};

use super::{Constraint, names, notes};

/// Containers stay with their data.
pub(super) struct VolumesStay;

/// Where the data of a service is, and what follows.
struct Gravity {
    /// The engine's names of the service's local volumes that exist, each with the machines (by index) that have it.
    volumes: Vec<(String, Vec<usize>)>,
    /// Machines that must have a container of it.
    keep: Vec<usize>,
    /// Whether it may only be on machines with all of its volumes.
    confined: bool,
}

fn gravity(stack: &Stack, service: &Service) -> Option<Gravity> {
    let Replicas::Count(replicas) = service.replicas.value else { return None };
    let mut volumes: Vec<(String, Vec<usize>)> = Vec::new();
    for key in &service.local_volumes {
        let Some(volume) = stack.volumes.get(&key.value) else { continue };
        let has =
            |(index, machine): (usize, &crate::stack::Machine)| machine.volumes.contains(&volume.name).then_some(index);
        let holders: Vec<usize> = stack.machines.iter().enumerate().filter_map(has).collect();
        if !holders.is_empty() && !volumes.iter().any(|(name, _)| *name == volume.name) {
            volumes.push((volume.name.clone(), holders));
        }
    }
    let mut keep: Vec<usize> = volumes.iter().flat_map(|(_, holders)| holders.iter().copied()).collect();
    keep.sort_unstable();
    keep.dedup();
    let confined = keep.len() > replicas as usize;
    if confined {
        keep.clear();
    }
    (replicas > 0 && !volumes.is_empty()).then_some(Gravity { volumes, keep, confined })
}

impl Gravity {
    /// A volume that the machine lacks, though the service may only be where all of them are.
    fn lacks(&self, machine: usize) -> Option<&(String, Vec<usize>)> {
        self.volumes.iter().filter(|_| self.confined).find(|(_, holders)| !holders.contains(&machine))
    }

    /// "`data` is on m1, m2".
    fn show(&self, problem: &Problem<'_>) -> String {
        let volumes = self.volumes.iter().map(|(name, holders)| format!("`{name}` is on {}", names(problem, holders)));
        volumes.collect::<Vec<_>>().join("; ")
    }
}

impl Constraint for VolumesStay {
    fn name(&self) -> &'static str {
        "volumes"
    }

    fn forbids(&self, problem: &Problem<'_>, service: usize, machine: usize) -> Option<String> {
        let gravity = gravity(problem.stack, &problem.stack.services[service])?;
        let (name, holders) = gravity.lacks(machine)?;
        Some(format!("does not have the volume `{name}`, which is on {}", names(problem, holders)))
    }

    fn broken(&self, problem: &Problem<'_>, layout: &Layout) -> Vec<String> {
        let mut broken = Vec::new();
        for (service, counts) in problem.stack.services.iter().zip(&layout.counts) {
            let Some(gravity) = gravity(problem.stack, service) else { continue };
            for (machine, count) in counts.iter().enumerate() {
                let name = &problem.stack.machines[machine].name;
                if *count > 0 && gravity.lacks(machine).is_some() {
                    broken.push(format!(
                        "`{}` is on {name}, away from its data: {}",
                        service.name,
                        gravity.show(problem)
                    ));
                }
                if *count == 0 && gravity.keep.contains(&machine) {
                    broken.push(format!("`{}` leaves its data on {name} alone", service.name));
                }
            }
        }
        broken
    }

    fn lower(&self, problem: &Problem<'_>, lowering: &mut Lowering) {
        for index in problem.services() {
            if let Some(gravity) = gravity(problem.stack, &problem.stack.services[index]) {
                lowering.instance.services[index].keep.extend(gravity.keep);
            }
        }
    }

    fn because(&self, problem: &Problem<'_>) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        for index in problem.services() {
            let service = &problem.stack.services[index];
            let Some(gravity) = gravity(problem.stack, service) else { continue };
            let unable: Vec<usize> = if gravity.confined {
                if problem.allowed[index].contains(&true) {
                    continue;
                }
                problem.machines().filter(|machine| gravity.lacks(*machine).is_none()).collect()
            } else {
                gravity.keep.iter().copied().filter(|machine| !problem.allowed[index][*machine]).collect()
            };
            if unable.is_empty() && !gravity.confined {
                continue;
            }
            let message = format!("`{}` cannot run where its data is: {}", service.name, gravity.show(problem));
            findings.push(explain(problem, index, Diagnostic::error("M304", message), &unable));
        }
        findings
    }
}

fn explain(problem: &Problem<'_>, index: usize, mut finding: Diagnostic, unable: &[usize]) -> Diagnostic {
    for volume in &problem.stack.services[index].local_volumes {
        finding = finding.label(volume.span, "mounted here");
    }
    finding.notes.extend(notes(problem, unable, |machine| problem.forbidden(index, machine).join("; ")));
    let drained = unable.iter().any(|machine| problem.stack.machines[*machine].availability != Availability::Active);
    finding.help(match (unable.is_empty(), drained) {
        (true, _) => {
            "no machine has all of its volumes: move the data to one of them, or name the volume to start anew"
        }
        (false, true) => "set that machine to `availability: active`, or move the data away first",
        (false, false) => "make room for it there, or move the data away first",
    })
}
