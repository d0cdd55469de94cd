//! The cheapest fleet as far as sums tell: how many machines of each kind, so that everything finds room in what kinds of
//! machines have together, also when some are lost.
//!
//! An integer program over counts of machines and, for each case, over counts of containers by kind: what a single machine
//! cannot hold shows in it only as far as one row for all of a kind tells. So its value is a bound, and its fleet is to be
//! tried by placing. Fleets that were refused there are excluded by cuts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::placement::core::{Instance, MACHINES, Program, Terms, UNLIMITED, Variable};

use super::solver::{self, Answer, Effort};

/// With more numbers of containers than this none of them need be whole.
const MOST_WHOLE: usize = 150;
/// Containers are weighed in parts of a machine down to this one.
const FINEST_PART: i64 = 8;
/// How much of a whole number is taken for the whole.
const ROUNDING: f64 = 1e-6;

/// Machines that are alike.
#[derive(Clone, Debug)]
pub struct Kind {
    /// One of them in the instance.
    pub machine: usize,
    /// What one costs.
    pub cost: f64,
    /// At least so many are there.
    pub least: u32,
    /// At most so many can be.
    pub most: u32,
    /// Groups of which each such machine has a container.
    pub everywhere: Vec<usize>,
}

/// What is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Nothing.
    Nothing,
    /// One machine of a kind, where there is one.
    One(usize),
    /// All machines of some kinds.
    All(Vec<usize>),
}

/// A situation in which everything has to find room.
#[derive(Clone, Debug)]
pub struct Case {
    /// What is lost.
    pub lost: Lost,
    /// How many containers there are, by group of the instance; none of those that are not named.
    pub counts: Vec<u32>,
}

/// What no fleet is.
#[derive(Clone, Debug)]
pub struct Cut {
    /// By kind.
    pub fleet: Vec<u32>,
    /// Whether all that have no more of any kind are excluded as well.
    pub and_smaller: bool,
}

/// The whole question.
#[derive(Clone, Debug)]
pub struct Purchase<'a> {
    /// Groups, and machines of which each kind names one.
    pub instance: &'a Instance,
    /// The kinds.
    pub kinds: Vec<Kind>,
    /// Kinds of which there are at most so many together.
    pub together: Vec<(Vec<usize>, u32)>,
    /// Lists of kinds of which the first costs together no less than the second, and so on: for what can change places.
    pub ordered: Vec<Vec<usize>>,
    /// The situations; the rules of spreading count in the first.
    pub cases: Vec<Case>,
    /// What was tried.
    pub cuts: Vec<Cut>,
    /// Only fleets that cost no more are looked for.
    pub at_most: f64,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Cheapest {
    /// A fleet, by kind, and what no fleet costs less than.
    Fleet(Vec<u32>, f64),
    /// There is none; proven.
    Nothing,
    /// Neither; and what no fleet costs less than.
    Unknown(f64),
}

/// A program in the making.
struct Making<'p, 'a> {
    purchase: &'p Purchase<'a>,
    program: Program,
    /// How many machines, by kind.
    fleet: Vec<Variable>,
    /// Whether there is any of the kind.
    any: HashMap<usize, Variable>,
}

/// The cheapest fleet that the sums allow, in at most so many seconds.
pub fn cheapest(purchase: &Purchase<'_>, seconds: f64) -> Cheapest {
    let mut making = Making { purchase, program: Program::default(), fleet: Vec::new(), any: HashMap::new() };
    let mut objective = Terms::new();
    for kind in &purchase.kinds {
        if kind.least > kind.most {
            return Cheapest::Nothing;
        }
        let count = making.program.variable(f64::from(kind.least), f64::from(kind.most), true);
        making.fleet.push(count);
        objective.push((count, kind.cost));
    }
    for (kinds, most) in &purchase.together {
        let terms = kinds.iter().map(|kind| (making.fleet[*kind], 1.0)).collect();
        making.program.at_most(terms, f64::from(*most));
    }
    for pair in purchase.ordered.windows(2) {
        let cost = |kind: &usize, sign: f64| (making.fleet[*kind], sign * purchase.kinds[*kind].cost);
        let first = pair[0].iter().map(|kind| cost(kind, 1.0));
        let terms = first.chain(pair[1].iter().map(|kind| cost(kind, -1.0))).collect();
        making.program.at_least(terms, 0.0);
    }
    // After losses the numbers of containers need not be whole: a bound hardly weaker, and far sooner found.
    let groups = purchase.cases.first().map_or(0, |case| case.counts.iter().filter(|count| **count > 0).count());
    let kinds = purchase.kinds.iter().filter(|kind| kind.most > 0).count();
    let first_is_whole = groups * kinds <= MOST_WHOLE;
    for (index, case) in purchase.cases.iter().enumerate() {
        making.case(case, index == 0, index == 0 && first_is_whole);
    }
    purchase.cuts.iter().for_each(|cut| making.cut(cut));
    if purchase.at_most.is_finite() {
        making.program.at_most(objective.clone(), purchase.at_most);
    }
    let effort = Effort::of(200_000, seconds);
    match solver::solve(&making.program, &objective, &[], effort).answer {
        Answer::Found { values, bound, .. } => {
            let counts = making.fleet.iter().map(|it| values[it.0].round().max(0.0) as u32).collect();
            Cheapest::Fleet(counts, bound - ROUNDING * bound.abs().max(1.0) * 1e-3)
        }
        Answer::Infeasible => Cheapest::Nothing,
        Answer::Undecided(_, bound) => Cheapest::Unknown(bound.max(0.0)),
    }
}

impl Making<'_, '_> {
    /// One if there is a machine of the kind, else it may be zero.
    fn any(&mut self, kind: usize) -> Variable {
        if let Some(known) = self.any.get(&kind) {
            return *known;
        }
        let any = self.program.variable(0.0, 1.0, true);
        let most = f64::from(self.purchase.kinds[kind].most);
        self.program.at_most(vec![(self.fleet[kind], 1.0), (any, -most)], 0.0);
        self.program.at_least(vec![(self.fleet[kind], 1.0), (any, -1.0)], 0.0);
        self.any.insert(kind, any);
        any
    }

    /// The machines of a kind that are left.
    fn left(&mut self, lost: &Lost, kind: usize) -> Terms {
        match lost {
            Lost::All(kinds) if kinds.contains(&kind) => Terms::new(),
            Lost::One(one) if *one == kind => vec![(self.fleet[kind], 1.0), (self.any(kind), -1.0)],
            _ => vec![(self.fleet[kind], 1.0)],
        }
    }

    /// Everything finds room, as far as sums tell.
    fn case(&mut self, case: &Case, is_first: bool, whole: bool) {
        let instance = self.purchase.instance;
        let mut placed: Vec<Vec<Option<Variable>>> = vec![Vec::new(); instance.groups.len()];
        let wanted = |group: &usize| case.counts[*group] > 0;
        let groups: Vec<usize> = (0..case.counts.len()).filter(wanted).collect();
        let left: Vec<Terms> = (0..self.purchase.kinds.len()).map(|kind| self.left(&case.lost, kind)).collect();
        for group in &groups {
            let count = case.counts[*group];
            for (kind, left) in left.iter().enumerate() {
                let most = instance.most(*group, self.purchase.kinds[kind].machine).min(count);
                if most == 0 || left.is_empty() || self.purchase.kinds[kind].most == 0 {
                    placed[*group].push(None);
                    continue;
                }
                let here = self.program.variable(0.0, f64::from(count), whole);
                self.at_most_on(vec![(here, 1.0)], f64::from(most), left);
                placed[*group].push(Some(here));
            }
            let terms = placed[*group].iter().flatten().map(|it| (*it, 1.0)).collect();
            self.program.equal(terms, f64::from(count));
        }
        for (kind, left) in left.iter().enumerate().filter(|(_, left)| !left.is_empty()) {
            let here = |group: &usize| placed[*group][kind].map(|it| (*group, it));
            let here: Vec<(usize, Variable)> = groups.iter().filter_map(here).collect();
            self.resources(kind, &here, left);
            self.tokens(kind, &here, left);
        }
        if is_first {
            self.spreads(&groups, &placed);
        }
    }

    /// `terms` are at most `each` for each machine that is left.
    fn at_most_on(&mut self, mut terms: Terms, each: f64, left: &Terms) {
        terms.extend(left.iter().map(|(it, factor)| (*it, -each * factor)));
        self.program.at_most(terms, 0.0);
    }

    /// What containers use, in sum; and how many large ones a machine holds at most.
    fn resources(&mut self, kind: usize, here: &[(usize, Variable)], left: &Terms) {
        let instance = self.purchase.instance;
        let Kind { machine, everywhere, .. } = &self.purchase.kinds[kind];
        for (resource, room) in instance.machines[*machine].room.iter().enumerate() {
            if *room >= UNLIMITED {
                continue;
            }
            let demand = |group: usize| instance.groups[group].demand[resource];
            let room = room - everywhere.iter().map(|group| demand(*group)).sum::<i64>();
            let sizes: Vec<(i64, Variable)> = here.iter().map(|(group, it)| (demand(*group), *it)).collect();
            let sizes: Vec<(i64, Variable)> = sizes.into_iter().filter(|(size, _)| *size > 0).collect();
            if sizes.is_empty() {
                continue;
            }
            let terms = sizes.iter().map(|(size, it)| (*it, *size as f64)).collect();
            self.at_most_on(terms, room.max(0) as f64, left);
            let mut told: BTreeSet<Vec<i64>> = BTreeSet::new();
            for parts in 1..=FINEST_PART {
                let weights: Vec<i64> = sizes.iter().map(|(size, _)| weight(*size, room, parts)).collect();
                if weights.iter().all(|weight| *weight == 0) || !told.insert(weights.clone()) {
                    continue;
                }
                let terms = sizes.iter().zip(&weights).filter(|(_, weight)| **weight > 0);
                let terms = terms.map(|((_, it), weight)| (*it, *weight as f64)).collect();
                self.at_most_on(terms, parts as f64, left);
            }
        }
    }

    fn tokens(&mut self, kind: usize, here: &[(usize, Variable)], left: &Terms) {
        let instance = self.purchase.instance;
        let Kind { machine, everywhere, .. } = &self.purchase.kinds[kind];
        let mut users: BTreeMap<u32, Terms> = BTreeMap::new();
        for (group, it) in here {
            for (token, times) in &instance.groups[*group].tokens {
                users.entry(*token).or_default().push((*it, f64::from(*times)));
            }
        }
        for (token, terms) in users {
            let taken = everywhere.iter().flat_map(|group| &instance.groups[*group].tokens);
            let taken: u32 = taken.filter(|(it, _)| *it == token).map(|(_, times)| *times).sum();
            let free = instance.tokens[token as usize].most_on(*machine).saturating_sub(taken);
            self.at_most_on(terms, f64::from(free), left);
        }
    }

    /// A service is in so many domains, and no domain has too many of it.
    fn spreads(&mut self, groups: &[usize], placed: &[Vec<Option<Variable>>]) {
        let instance = self.purchase.instance;
        for service in &instance.services {
            let of_service: Vec<usize> = service.groups.iter().copied().filter(|it| groups.contains(it)).collect();
            if of_service.is_empty() {
                continue;
            }
            for spread in &service.spreads {
                // Kinds by domain; machines of one kind are in one, or are each one of its own.
                let mut domains: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
                for (kind, it) in self.purchase.kinds.iter().enumerate() {
                    if of_service.iter().any(|group| placed[*group][kind].is_some()) {
                        let domain = instance.topologies[spread.topology].of[it.machine];
                        domains.entry(domain).or_default().push(kind);
                    }
                }
                let there = |kinds: &Vec<usize>| -> Terms {
                    let pairs = kinds.iter().flat_map(|kind| of_service.iter().map(move |group| (*group, *kind)));
                    pairs.filter_map(|(group, kind)| Some((placed[group][kind]?, 1.0))).collect()
                };
                let by_machine = spread.topology == MACHINES;
                for kinds in domains.values() {
                    match spread.most {
                        Some(most) if by_machine => {
                            let machines = kinds.iter().map(|kind| (self.fleet[*kind], 1.0)).collect();
                            self.at_most_on(there(kinds), f64::from(most), &machines);
                        }
                        Some(most) => self.program.at_most(there(kinds), f64::from(most)),
                        None => {}
                    }
                }
                if spread.at_least > 1 {
                    self.in_domains(by_machine, spread.at_least, domains.values().map(|it| (it, there(it))).collect());
                }
            }
        }
    }

    /// So many domains have containers, each of which is in one; `domains` are kinds, with the containers there.
    fn in_domains(&mut self, by_machine: bool, at_least: u32, domains: Vec<(&Vec<usize>, Terms)>) {
        let mut sum = Terms::new();
        let containers: Terms = domains.iter().flat_map(|(_, there)| there.clone()).collect();
        for (kinds, there) in domains {
            if by_machine {
                sum.extend(kinds.iter().map(|kind| (self.fleet[*kind], 1.0)));
                continue;
            }
            let held = self.program.variable(0.0, 1.0, true);
            let mut terms = vec![(held, -1.0)];
            terms.extend(there);
            self.program.at_least(terms, 0.0);
            sum.push((held, 1.0));
        }
        self.program.at_least(sum, f64::from(at_least));
        self.program.at_least(containers, f64::from(at_least));
    }

    /// Of some kind there is more, or, where the fleet alone is excluded, less.
    fn cut(&mut self, cut: &Cut) {
        let mut differs = Terms::new();
        for (kind, count) in cut.fleet.iter().enumerate() {
            let Kind { least, most, .. } = self.purchase.kinds[kind];
            if *count < most {
                let more = self.program.variable(0.0, 1.0, true);
                let from = f64::from((*count + 1).saturating_sub(least));
                self.program.at_least(vec![(self.fleet[kind], 1.0), (more, -from)], f64::from(least));
                differs.push((more, 1.0));
            }
            if !cut.and_smaller && *count > least {
                let less = self.program.variable(0.0, 1.0, true);
                let (until, most) = (f64::from(*count - 1), f64::from(most));
                self.program.at_most(vec![(self.fleet[kind], 1.0), (less, most - until)], most);
                differs.push((less, 1.0));
            }
        }
        self.program.at_least(differs, 1.0);
    }
}

/// How many of so many equal parts of the room a container exceeds: of what exceeds them a machine holds no more than there
/// are parts, where the room is divided into one part more.
fn weight(size: i64, room: i64, parts: i64) -> i64 {
    if size > room { parts + 1 } else { ((size * (parts + 1) - 1) / room.max(1)).min(parts) }
}

#[cfg(test)]
mod tests {
    use super::weight;

    /// Whatever fits a machine weighs no more than its parts.
    #[test]
    fn what_fits_weighs_no_more_than_the_parts() {
        for room in 1..=14_i64 {
            for parts in 1..=6 {
                // The heaviest that fits: a knapsack.
                let mut heaviest = vec![0; room as usize + 1];
                for at in 1..=room {
                    for size in 1..=at {
                        let with = heaviest[(at - size) as usize] + weight(size, room, parts);
                        heaviest[at as usize] = heaviest[at as usize].max(with);
                    }
                }
                assert!(heaviest[room as usize] <= parts, "room {room}, {parts} parts: {heaviest:?}");
            }
        }
        assert_eq!(weight(6, 10, 1), 1);
        assert_eq!(weight(5, 10, 1), 0);
    }
}
