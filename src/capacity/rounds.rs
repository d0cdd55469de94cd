//! Machines that can be emptied at once: rounds of a maintenance.

use crate::placement::{Limits, Outcome, Policy, Problem, place};

use super::drains::{Emptied, Fleet, loosened};
use super::search::{Fits, search};

/// With more kinds of machines than this, rounds are not looked for: each is some placements' work in every round.
const MOST_KINDS: usize = 24;

/// Machines in rounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rounds {
    /// Those of one round can be emptied at once, and are given back before the next.
    pub rounds: Vec<Emptied>,
    /// Whether it is proven that fewer rounds do not do.
    pub are_fewest: bool,
}

/// Machines each of which can be emptied, in as few rounds as are found: each round takes what it can.
pub(super) fn rounds(
    fleet: &Fleet,
    able: &[usize],
    all: &[usize],
    with_moves: bool,
    problem: &Problem<'_>,
    limits: &Limits,
) -> Option<Rounds> {
    if fleet.kinds(able).len() > MOST_KINDS {
        return None;
    }
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut left = able.to_vec();
    while let Some(first) = left.first() {
        let group = at_once(fleet, *first, &left);
        left.retain(|machine| !group.contains(machine));
        groups.push(group);
    }
    let are_fewest = groups.len() <= fewest(fleet, able, all, limits);
    let mut fleet = Fleet::new(problem, limits);
    let emptied = |group: &Vec<usize>| Emptied {
        machines: fleet.names(group),
        moves: if with_moves { fleet.empty(group) } else { None },
    };
    Some(Rounds { rounds: groups.iter().map(emptied).collect(), are_fewest })
}

/// Machines that can be emptied at once with the first: of each kind as many as are found. Each group was placed without.
fn at_once(fleet: &Fleet, first: usize, left: &[usize]) -> Vec<usize> {
    let mut group = vec![first];
    for mut kind in fleet.kinds(left) {
        kind.retain(|machine| *machine != first);
        let with = |more: u32| [&group[..], &kind[..more as usize]].concat();
        let most = search(kind.len() as u32, |more| Fits::from(&fleet.can_be_emptied(&with(more))));
        group = with(most.number());
    }
    group.sort_unstable();
    group
}

/// So many rounds are needed: two where not all can be emptied at once; and where so many machines have to be in use, only the
/// others can be empty.
fn fewest(fleet: &Fleet, able: &[usize], all: &[usize], limits: &Limits) -> usize {
    if able.is_empty() {
        return 0;
    }
    let at_once = matches!(fleet.can_be_emptied(able), Outcome::Refused);
    let loose = loosened(&fleet.stack);
    let in_use = match place(&Problem::new(&loose, Vec::new(), Policy::Pack), limits) {
        Outcome::Placed(solution) => {
            let tier = solution.tiers.iter().find(|tier| tier.name == "machines in use");
            tier.map_or(0.0, |tier| (tier.bound - 1e-6).ceil().max(0.0)) as usize
        }
        Outcome::Refused | Outcome::Undecided(_) => 0,
    };
    let by_use = match all.len().saturating_sub(in_use) {
        0 => 1,
        at_most => able.len().div_ceil(at_most),
    };
    by_use.max(if at_once { 2 } else { 1 })
}
