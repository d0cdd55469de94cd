//! What a loss would lead to, as a plan tells it.

use crate::placement::{self, Limits, Problem, Solution};
use crate::stack::{By, Stack};

use super::told::{Backup, BackupPlace, GivesWay};

/// The losses that services of a stack are to survive, each once.
pub fn asked_losses(stack: &Stack) -> Vec<By> {
    let mut all: Vec<By> = Vec::new();
    for survive in stack.services.iter().flat_map(|service| &service.wishes.survive) {
        if !all.contains(&survive.loss) {
            all.push(survive.loss.clone());
        }
    }
    all
}

/// For whichever one of these is lost after a placement: where everything goes.
pub fn backups(problem: &Problem<'_>, solution: &Solution, by: &By, limits: &Limits) -> Vec<Backup> {
    let all = placement::backups(problem, solution, by, limits);
    all.iter().map(|backup| told(problem.stack, backup)).collect()
}

fn told(stack: &Stack, backup: &placement::Backup) -> Backup {
    let name = |machine: usize| stack.machines[machine].name.clone();
    let lost = backup.machines.iter().map(|machine| name(*machine)).collect::<Vec<_>>().join(", ");
    let places = backup.places.iter().flatten().map(|(replica, from)| {
        let service = &stack.services[replica.service];
        let is_lost = backup.machines.contains(from);
        BackupPlace {
            container: format!("{}.{}", service.name, replica.number),
            machine: name(replica.machine),
            makes_room_on: (!is_lost).then(|| name(*from)),
            without_data: is_lost && !service.local_volumes.is_empty(),
        }
    });
    Backup {
        lost: backup.name.clone().map_or(lost.clone(), |name| format!("{name} ({lost})")),
        alike: backup.alike,
        survived: backup.places.is_some(),
        gives_way: backup
            .homeless
            .iter()
            .map(|it| GivesWay { service: it.service.clone(), containers: it.wanted - it.placed })
            .collect(),
        places: places.collect(),
    }
}
