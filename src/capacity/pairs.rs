//! What the loss of two machines at once does.

use std::collections::BTreeMap;

use crate::inventory::Availability;
use crate::placement::loss::{self, Rest};
use crate::placement::{Layout, Policy, Problem, certificates};

use super::losses::{lost, short};
use super::{Lost, Question, Verdict};

/// Whether the rest finds room is looked for so many times: beyond, pairs are not looked at.
const MOST_SEARCHES: usize = 300;

/// The loss of each two machines.
#[derive(Clone, Debug, PartialEq)]
pub struct Pairs {
    /// Pairs alike once, those that take the most containers with them first.
    pub losses: Vec<PairLost>,
    /// So many pairs were not looked at: there are too many kinds, and those with the most containers went first.
    pub not_looked_at: usize,
}

/// The loss of two machines, and what it does.
#[derive(Clone, Debug, PartialEq)]
pub struct PairLost {
    /// Any one of these,
    pub first: Vec<String>,
    /// with any other one of these.
    pub second: Vec<String>,
    /// So many pairs.
    pub pairs: usize,
    /// What the loss of the first such pair does.
    pub lost: Lost,
}

/// Two kinds of machines, or one twice, of which there are so many pairs.
struct Kinds<'a> {
    first: &'a [usize],
    second: &'a [usize],
    pairs: usize,
    lost: [usize; 2],
}

pub(super) fn pairs(problem: &Problem<'_>, layout: &Layout, question: &Question) -> Pairs {
    let active = |kind: &Vec<usize>| problem.stack.machines[kind[0]].availability == Availability::Active;
    let kinds: Vec<Vec<usize>> = problem.kinds().into_iter().filter(active).collect();
    let on = |machine: usize| layout.counts.iter().map(|row| row[machine]).sum::<u32>();
    let mut all = two_each(&kinds);
    all.sort_by_key(|it| std::cmp::Reverse(it.lost.iter().map(|machine| on(*machine)).sum::<u32>()));
    let mut searches = Searches { problem, question, like: like(problem), known: BTreeMap::new() };
    let names = |machines: &[usize]| machines.iter().map(|it| problem.stack.machines[*it].name.clone()).collect();
    let mut found = Pairs { losses: Vec::new(), not_looked_at: 0 };
    for kinds in all {
        let Some(verdict) = searches.verdict(kinds.lost) else {
            found.not_looked_at += kinds.pairs;
            continue;
        };
        found.losses.push(PairLost {
            first: names(kinds.first),
            second: names(kinds.second),
            pairs: kinds.pairs,
            lost: lost(problem, layout, &[kinds.lost.to_vec()], verdict),
        });
    }
    found
}

fn two_each(kinds: &[Vec<usize>]) -> Vec<Kinds<'_>> {
    let mut all = Vec::new();
    for (index, first) in kinds.iter().enumerate() {
        if let [one, another, ..] = first[..] {
            let pairs = first.len() * (first.len() - 1) / 2;
            all.push(Kinds { first, second: first, pairs, lost: [one, another] });
        }
        for second in &kinds[index + 1..] {
            let lost = [first[0], second[0]];
            all.push(Kinds { first, second, pairs: first.len() * second.len(), lost });
        }
    }
    all
}

/// By machine the first of those that are like it as long as nothing runs: whether the rest finds room does not hang on where
/// everything runs now.
fn like(problem: &Problem<'_>) -> Vec<usize> {
    let mut like: Vec<usize> = problem.machines().collect();
    let may = |a: usize, b: usize| problem.allowed.iter().all(|row| row[a] == row[b]);
    for kind in problem.stack.kinds_where(may) {
        kind.iter().for_each(|machine| like[*machine] = kind[0]);
    }
    like
}

/// What was found, by the kinds of the two machines.
struct Searches<'a> {
    problem: &'a Problem<'a>,
    question: &'a Question,
    like: Vec<usize>,
    known: BTreeMap<[usize; 2], Rest>,
}

impl Searches<'_> {
    /// None where it was looked for often enough.
    fn verdict(&mut self, lost: [usize; 2]) -> Option<Verdict> {
        let mut kinds = lost.map(|machine| self.like[machine]);
        kinds.sort_unstable();
        if !self.known.contains_key(&kinds) {
            if self.known.len() == MOST_SEARCHES {
                return None;
            }
            self.known.insert(kinds, loss::rest(self.problem, &lost, &self.question.limits));
        }
        Some(match &self.known[&kinds] {
            Rest::Fits => Verdict::Fits(None),
            Rest::Unknown => Verdict::Unknown,
            // Certificates name machines: they are those of this pair.
            Rest::Short(_, homeless) => {
                let (stack, running) = loss::without(self.problem, &lost);
                let why = certificates(&Problem::new(&stack, running, Policy::default())).into_iter();
                short(why.map(|it| it.message).collect(), homeless.clone())
            }
        })
    }
}
