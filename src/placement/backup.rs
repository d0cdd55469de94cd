//! Where everything goes when a machine, or a zone, is lost: what proves that the loss is survived.

use crate::stack::By;

use super::loss::{groups, without};
use super::problem::{Policy, Problem, Running};
use super::refusal::{Homeless, without_place};
use super::replicas::Replica;
use super::{Limits, Outcome, Placed, Solution, place};

/// Of more losses than this, machines that are alike are looked at once.
const MOST: usize = 24;

/// A loss, and where what it takes along goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Backup {
    /// The machines that are lost together.
    pub machines: Vec<usize>,
    /// What they are called together, such as `zone a`; none for single machines.
    pub name: Option<String>,
    /// How many other losses are just the same.
    pub alike: usize,
    /// Each container that goes elsewhere then: from where, and to where; none where no placement was found.
    pub places: Option<Vec<(Replica, usize)>>,
    /// Where none was found: what finds no place, those of the lowest priority first among it.
    pub homeless: Vec<Homeless>,
}

/// For whichever one of these is lost: the fewest containers move that make all of the stack run again. `limits` are for each.
pub fn backups(problem: &Problem<'_>, solution: &Solution, by: &By, limits: &Limits) -> Vec<Backup> {
    let problem = Problem::new(problem.stack, solution.as_running().collect(), Policy::default());
    let groups = groups(&problem, by);
    let each = groups.iter().map(|(_, alike)| alike.len()).sum::<usize>() <= MOST;
    let mut all = Vec::new();
    for (name, alike) in groups {
        let taken = if each { alike.len() } else { 1 };
        for machines in alike.iter().take(taken) {
            let (places, homeless) = after(&problem, machines, limits);
            let (machines, name) = (machines.clone(), name.clone());
            all.push(Backup { machines, name, alike: alike.len() - taken, places, homeless });
        }
    }
    all.sort_by(|a, b| a.machines.cmp(&b.machines));
    all
}

/// What goes where when machines are lost; or else what finds no place.
fn after(problem: &Problem<'_>, lost: &[usize], limits: &Limits) -> (Option<Vec<(Replica, usize)>>, Vec<Homeless>) {
    let (stack, running) = without(problem, lost);
    let rest = Problem::new(&stack, running, Policy::Pack);
    let Outcome::Placed(solution) = place(&rest, limits) else {
        return (None, without_place(&rest, limits));
    };
    let ran = |it: &Running, replica: &Replica| it.service == replica.service && it.number == replica.number;
    let mut goes = Vec::new();
    // What takes a lost one's place may bear another number, if lower ones are free.
    let mut left: Vec<&Running> = problem.running.iter().filter(|it| lost.contains(&it.machine)).collect();
    for Placed { replica, .. } in solution.replicas {
        if let Some(stays) = rest.running.iter().find(|it| ran(it, &replica)) {
            goes.extend((stays.machine != replica.machine).then_some((replica, stays.machine)));
        } else if let Some(at) = left.iter().position(|it| it.service == replica.service) {
            let gone = left.remove(at);
            goes.push((Replica { number: gone.number, ..replica }, gone.machine));
        }
    }
    goes.sort_by_key(|(replica, _)| (replica.service, replica.number));
    (Some(goes), Vec::new())
}
