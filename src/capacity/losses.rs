//! What the loss of a machine, or of a zone, does.

use crate::placement::loss::{self, Rest};
use crate::placement::refusal::Homeless;
use crate::placement::{Layout, Outcome, Policy, Problem, fewest_leave, place};

use super::Question;

/// With more losses than this, what would move is not told: it is a whole placement for each.
const MOST_WITH_MOVES: usize = 24;

/// Fewer containers than this have no use of a majority.
const LEAST_FOR_MAJORITY: u32 = 3;

/// A loss, and what it does.
#[derive(Clone, Debug, PartialEq)]
pub struct Lost {
    /// The machines that are lost together.
    pub machines: Vec<String>,
    /// Other losses that do just the same: each by its machines.
    pub alike: Vec<Vec<String>>,
    /// What they are called together, such as `zone a`; none for single machines.
    pub name: Option<String>,
    /// How many containers go down with it.
    pub containers: u32,
    /// Which services lose containers with it, and how many.
    pub hit: Vec<(String, u32)>,
    /// Whether everything that can be elsewhere finds room again.
    pub verdict: Verdict,
    /// Services that have no container left until they are placed again.
    pub silenced: Vec<String>,
    /// Services with data of their own in each of at least three containers of which no majority is left: what decides by
    /// majority stands still until they are placed again.
    pub without_majority: Vec<String>,
    /// Services whose data goes with it, each with the volume.
    pub data: Vec<(String, String)>,
}

/// Whether what is lost finds room on what is left.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It does; so many others have to move for it, where that was looked at.
    Fits(Option<u32>),
    /// It does not, which is proven: why, and how many containers of which services find no place.
    Short(Vec<String>, Vec<(String, u32)>),
    /// Neither was found in time.
    Unknown,
}

pub(super) fn losses(problem: &Problem<'_>, layout: &Layout, question: &Question) -> Vec<Lost> {
    let groups = loss::groups(problem, &question.losses);
    let with_moves = groups.len() <= MOST_WITH_MOVES;
    let lose = |(name, alike): (Option<String>, Vec<Vec<usize>>)| {
        let verdict = verdict(problem, &alike[0], with_moves, question);
        Lost { name, ..lost(problem, layout, &alike, verdict) }
    };
    groups.into_iter().map(lose).collect()
}

/// A loss: the first of those that are alike, of which it is known what becomes of the rest.
pub(super) fn lost(problem: &Problem<'_>, layout: &Layout, alike: &[Vec<usize>], verdict: Verdict) -> Lost {
    let names = |machines: &Vec<usize>| -> Vec<String> {
        machines.iter().map(|machine| problem.stack.machines[*machine].name.clone()).collect()
    };
    let lost = &alike[0];
    let there = |service: usize| lost.iter().map(|machine| layout.counts[service][*machine]).sum::<u32>();
    let hit: Vec<usize> = problem.services().filter(|service| there(*service) > 0).collect();
    let named = |service: &usize| problem.stack.services[*service].name.clone();
    let silenced = hit.iter().filter(|service| there(**service) == layout.total(**service));
    let minority = hit.iter().filter(|service| {
        let (all, left) = (layout.total(**service), layout.total(**service) - there(**service));
        all >= LEAST_FOR_MAJORITY
            && left > 0
            && left * 2 <= all
            && !problem.stack.services[**service].local_volumes.is_empty()
    });
    let data = hit.iter().flat_map(|service| {
        let volumes = problem.stack.services[*service].local_volumes.iter();
        volumes.map(|volume| (named(service), volume.value.clone()))
    });
    Lost {
        machines: names(lost),
        alike: alike[1..].iter().map(names).collect(),
        name: None,
        containers: hit.iter().map(|service| there(*service)).sum(),
        verdict,
        hit: hit.iter().map(|service| (named(service), there(*service))).collect(),
        silenced: silenced.map(named).collect(),
        without_majority: minority.map(named).collect(),
        data: data.collect(),
    }
}

fn verdict(problem: &Problem<'_>, lost: &[usize], with_moves: bool, question: &Question) -> Verdict {
    match loss::rest(problem, lost, &question.limits) {
        Rest::Unknown => Verdict::Unknown,
        Rest::Short(why, homeless) => short(why.into_iter().map(|it| it.message).collect(), homeless),
        Rest::Fits => Verdict::Fits(with_moves.then(|| moved(problem, lost, question)).flatten()),
    }
}

pub(super) fn short(why: Vec<String>, homeless: Vec<Homeless>) -> Verdict {
    Verdict::Short(why, homeless.into_iter().map(|it| (it.service, it.wanted - it.placed)).collect())
}

/// How many of what is not lost have to move at the least.
fn moved(problem: &Problem<'_>, lost: &[usize], question: &Question) -> Option<u32> {
    let (stack, running) = loss::without(problem, lost);
    let problem = Problem::new(&stack, running, Policy::Pack);
    let Outcome::Placed(solution) = place(&problem, &question.limits) else { return None };
    let moves = solution.leaving(&problem.running).count() as u32;
    // Only a proven number is told.
    (moves <= fewest_leave(&problem, &solution)).then_some(moves)
}
