//! The search: the cheapest fleet that the sums allow is tried by placing; what is refused there is excluded, and with it
//! all that is smaller, until what is tried holds.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::placement::Limits;
use crate::placement::core::Instance;
use crate::placement::fleet::{Cheapest, Cut, Kind, Lost, Purchase, cheapest};

use super::ground::Ground;
use super::trial::{Held, Trial};
use super::{Answer, Bought, Build, Fleet, Headroom, Question, SAME};

/// A placement has so much of the time, as a divisor.
const SHARE: u32 = 10;
/// To make one refusal speak of more fleets, so many larger ones are tried.
const MOST_LARGER: usize = 24;
/// Exchanges of machines have so much of the time, as a divisor.
const SHARE_OF_EXCHANGES: u32 = 5;
/// A fleet that is too small is made larger so many times.
const MOST_GROWN: u32 = 14;

/// What is known of fleets from searches for less room.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Fleets, each with all that are smaller.
    refused: Vec<Cut>,
    /// No fleet with as much room costs less.
    bound: f64,
}

/// What a search found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The cheapest fleet that holds, by kind, and its cost.
    pub best: Option<(Vec<u32>, f64)>,
    /// No fleet that holds costs less; infinite where none does.
    pub bound: f64,
}

/// One search.
pub(super) struct Search<'q> {
    ground: Ground<'q>,
    trial: Trial<'q>,
    instance: Instance,
    known: &'q mut Known,
    grows: bool,
    steady: bool,
    until: Instant,
    time: Duration,
    limits: Limits,
    tried: HashMap<Vec<u32>, Held>,
    /// The cheapest that holds so far.
    best: Option<(Vec<u32>, f64)>,
    /// No fleet that was not decided costs less than this.
    undecided: f64,
}

impl<'q> Search<'q> {
    pub(super) fn new(
        build: &'q Build<'q>,
        question: &'q Question<'q>,
        headroom: &'q [Headroom],
        times: u32,
        limits: Limits,
        known: &'q mut Known,
    ) -> Self {
        let ground = Ground::new(build, question);
        let instance = ground.numbers(headroom, times);
        let steady = ground.is_steady(headroom);
        let time = limits.time;
        Search {
            trial: Trial { build, question, headroom, times, alone: !steady },
            instance,
            known,
            grows: ground.grows(),
            steady,
            until: Instant::now() + time,
            time,
            limits: Limits { time: (time / SHARE).max(Duration::from_millis(20)), ..limits },
            tried: HashMap::new(),
            best: None,
            undecided: f64::INFINITY,
            ground,
        }
    }

    /// Searches.
    pub(super) fn run(mut self) -> Found {
        let instance = self.instance.clone();
        let mut purchase = self.ground.purchase(&instance, &self.limits);
        let mut bound: f64 = 0.0;
        if self.steady {
            purchase.cuts.extend(self.known.refused.iter().cloned());
            bound = self.known.bound;
        }
        bound = self.search(&mut purchase, bound).min(self.undecided);
        if let Some((_, cost)) = &self.best {
            bound = bound.min(*cost);
        }
        if self.steady && self.grows {
            self.known.refused = purchase.cuts.iter().filter(|cut| cut.and_smaller).cloned().collect();
        }
        if self.steady {
            self.known.bound = bound;
        }
        Found { best: self.best, bound }
    }

    /// Takes a fleet, found for more room, where it is cheaper and holds here as well.
    pub(super) fn consider(&mut self, found: &mut Found, fleet: &[u32]) {
        let instance = self.instance.clone();
        let purchase = self.ground.purchase(&instance, &self.limits);
        let cost = cost(fleet, &purchase);
        let cheaper = found.best.as_ref().is_none_or(|(_, best)| cost < *best - SAME);
        if cheaper && self.holds(fleet, &purchase) == Held::Yes {
            found.best = Some((fleet.to_vec(), cost));
        }
    }

    /// What was found, for people.
    pub(super) fn answer(&self, found: Found) -> Answer {
        match found.best {
            Some((fleet, cost)) => {
                let is_met = cost - found.bound <= SAME * cost.max(1.0);
                Answer::Fleet(self.fleet(&fleet, cost, if is_met { cost } else { found.bound.max(0.0) }))
            }
            None if found.bound == f64::INFINITY => Answer::Nothing,
            None => Answer::Unknown(found.bound.max(0.0)),
        }
    }

    /// Searches to the end or until the time is over; no fleet whose trial was decided, and that is not excluded, costs less
    /// than what is returned.
    fn search(&mut self, purchase: &mut Purchase<'_>, mut bound: f64) -> f64 {
        while let Some(seconds) = self.left() {
            let cases = purchase.cases.len();
            let fleet = match cheapest(purchase, if self.best.is_some() { seconds } else { seconds / 3.0 }) {
                Cheapest::Nothing => return f64::INFINITY,
                Cheapest::Unknown(found) => {
                    bound = bound.max(found);
                    if self.best.is_none() {
                        self.first(purchase);
                    }
                    self.no_dearer(purchase);
                    continue;
                }
                Cheapest::Fleet(fleet, found) => {
                    bound = bound.max(found);
                    fleet
                }
            };
            if self.best.as_ref().is_some_and(|(_, cost)| *cost - bound <= SAME * cost.max(1.0)) {
                return bound;
            }
            match self.holds(&fleet, purchase) {
                // Nothing that the sums allow is cheaper, where the program was solved to its end.
                Held::Yes if cost(&fleet, purchase) - bound <= SAME * bound.max(1.0) => return bound,
                Held::Yes => self.improve(fleet, purchase),
                Held::Unknown => {
                    // It may hold: nothing is known of what is cheaper than it but the bound.
                    self.undecided = self.undecided.min(cost(&fleet, purchase));
                    purchase.cuts.push(Cut { fleet, and_smaller: false });
                }
                Held::No(lost) => self.exclude(fleet, lost, bound, purchase),
            }
            // As long as the sums learn of losses, what they say next is the better beginning.
            if self.best.is_none() && (purchase.cases.len() == cases || self.is_late()) {
                self.first(purchase);
            }
            self.no_dearer(purchase);
        }
        bound
    }

    /// Seconds that are left; none when the time is over.
    fn left(&self) -> Option<f64> {
        let left = self.until.saturating_duration_since(Instant::now());
        let stopped = self.limits.stop.as_ref().is_some_and(|it| it.load(std::sync::atomic::Ordering::Relaxed));
        (!left.is_zero() && !stopped).then_some(left.as_secs_f64())
    }

    /// Whether a quarter of the time is over.
    fn is_late(&self) -> bool {
        self.left().is_none_or(|left| left < self.time.as_secs_f64() * 0.75)
    }

    /// Whether a fleet holds; the cheapest that does is kept.
    fn holds(&mut self, fleet: &[u32], purchase: &Purchase<'_>) -> Held {
        if let Some(known) = self.tried.get(fleet) {
            return known.clone();
        }
        let held = self.trial.holds(&self.ground, fleet, &self.limits);
        if held == Held::Yes {
            let cost = cost(fleet, purchase);
            if self.best.as_ref().is_none_or(|(_, best)| cost < *best) {
                self.best = Some((fleet.to_vec(), cost));
            }
        }
        self.tried.insert(fleet.to_vec(), held.clone());
        held
    }

    /// Excludes a fleet that was refused, and what is refused with it.
    fn exclude(&mut self, fleet: Vec<u32>, lost: Option<Lost>, bound: f64, purchase: &mut Purchase<'_>) {
        // Of the cheapest fleet that is not excluded, each that is smaller is cheaper: it is excluded already.
        let near = SAME * bound.max(1.0);
        let is_paid = |(count, kind): (&u32, &Kind)| *count == kind.least || kind.cost > 2.0 * near;
        let is_cheapest = cost(&fleet, purchase) - bound <= near && fleet.iter().zip(&purchase.kinds).all(is_paid);
        let and_smaller = self.grows || is_cheapest;
        let new = lost.filter(|lost| !purchase.cases.iter().any(|case| case.lost == *lost));
        if let Some(lost) = new {
            // What the sums say of this loss excludes far more than this fleet.
            purchase.cases.push(self.ground.case(lost));
            purchase.cuts.push(Cut { fleet, and_smaller });
            return;
        }
        let fleet = if self.grows { self.largest_refused(fleet, purchase) } else { fleet };
        purchase.cuts.push(Cut { fleet, and_smaller });
    }

    /// The fleet with more machines as long as it is refused still, and not dearer than what holds.
    fn largest_refused(&mut self, mut fleet: Vec<u32>, purchase: &Purchase<'_>) -> Vec<u32> {
        let mut kinds: Vec<usize> = (0..fleet.len()).filter(|kind| purchase.kinds[*kind].most > 0).collect();
        kinds.sort_by(|a, b| purchase.kinds[*a].cost.total_cmp(&purchase.kinds[*b].cost).then(a.cmp(b)));
        let mut trials = 0;
        for kind in kinds {
            loop {
                let mut larger = fleet.clone();
                larger[kind] += 1;
                let best = self.best.as_ref().map_or(f64::INFINITY, |(_, cost)| *cost);
                if !may_be(&larger, purchase) || cost(&larger, purchase) >= best || self.left().is_none() {
                    break;
                }
                trials += 1;
                if trials > MOST_LARGER {
                    return fleet;
                }
                match self.holds(&larger, purchase) {
                    Held::No(_) => fleet = larger,
                    Held::Yes | Held::Unknown => break,
                }
            }
        }
        fleet
    }

    /// A first fleet that holds: the cheapest by sums, made larger until it does, and then as small as it can be.
    fn first(&mut self, purchase: &Purchase<'_>) {
        let Some(seconds) = self.left() else { return };
        let Cheapest::Fleet(mut fleet, _) = cheapest(purchase, seconds / 4.0) else { return };
        for round in 0..MOST_GROWN {
            if self.left().is_none() {
                return;
            }
            if self.holds(&fleet, purchase) == Held::Yes {
                break;
            }
            for kind in 0..fleet.len() {
                let more = if round % 2 == 1 { 1 } else { fleet[kind].div_ceil(4) };
                for _ in 0..more {
                    fleet[kind] += 1;
                    if !may_be(&fleet, purchase) {
                        fleet[kind] -= 1;
                        break;
                    }
                }
            }
        }
        if self.best.is_some() {
            self.improve(fleet, purchase);
        }
    }

    /// Cheaper fleets near one that holds.
    fn improve(&mut self, fleet: Vec<u32>, purchase: &Purchase<'_>) {
        self.reduce(fleet, purchase);
        self.alike(purchase);
        self.exchange(purchase);
    }

    /// Fleets of one kind that are cheaper than what holds.
    fn alike(&mut self, purchase: &Purchase<'_>) {
        for (index, kind) in purchase.kinds.iter().enumerate().filter(|(_, kind)| kind.cost > 0.0 && kind.most > 0) {
            let Some(best) = self.best.as_ref().map(|(_, cost)| *cost) else { return };
            let mut fleet: Vec<u32> = purchase.kinds.iter().map(|kind| kind.least).collect();
            let left = (best - SAME - cost(&fleet, purchase)).max(0.0);
            fleet[index] = kind.most.min((left / kind.cost) as u32).max(kind.least);
            if self.left().is_some() && may_be(&fleet, purchase) && self.holds(&fleet, purchase) == Held::Yes {
                self.reduce(fleet, purchase);
            }
        }
    }

    /// One or two machines of what holds give way to others that cost less together, as long as that holds.
    fn exchange(&mut self, purchase: &Purchase<'_>) {
        let until = Instant::now() + self.until.saturating_duration_since(Instant::now()) / SHARE_OF_EXCHANGES;
        while let Some((fleet, best)) = self.best.clone() {
            for candidate in exchanged(&fleet, purchase) {
                if Instant::now() > until {
                    return;
                }
                if self.holds(&candidate, purchase) == Held::Yes {
                    self.reduce(candidate, purchase);
                    break;
                }
            }
            if self.best.as_ref().is_none_or(|(_, cost)| *cost > best - SAME) {
                return;
            }
        }
    }

    /// Leaves out machines, the dearest first, as long as the fleet holds.
    fn reduce(&mut self, mut fleet: Vec<u32>, purchase: &Purchase<'_>) {
        let mut kinds: Vec<usize> = (0..fleet.len()).collect();
        kinds.sort_by(|a, b| purchase.kinds[*b].cost.total_cmp(&purchase.kinds[*a].cost).then(a.cmp(b)));
        for kind in kinds {
            let least = purchase.kinds[kind].least;
            let mut step = fleet[kind].saturating_sub(least);
            while step > 0 && self.left().is_some() {
                let mut smaller = fleet.clone();
                smaller[kind] -= step;
                if self.holds(&smaller, purchase) == Held::Yes {
                    fleet = smaller;
                    step = step.min(fleet[kind] - least);
                } else {
                    step /= 2;
                }
            }
        }
    }

    /// Only what costs less than what holds is looked for, and no such fleet has more of a kind than that money buys.
    fn no_dearer(&self, purchase: &mut Purchase<'_>) {
        let Some((_, best)) = &self.best else { return };
        purchase.at_most = best - SAME * best.max(1.0);
        for kind in purchase.kinds.iter_mut().filter(|kind| kind.cost > 0.0) {
            kind.most = kind.most.min((best / kind.cost + SAME) as u32).max(kind.least);
        }
    }

    fn fleet(&self, fleet: &[u32], cost: f64, bound: f64) -> Fleet {
        let question = self.trial.question;
        let own = question.own.machines.len();
        let offers = question.catalogue.offers.iter().enumerate().filter(|(index, _)| fleet[own + index] > 0);
        let asked = self.ground.asked();
        let counts = |label: &str| !self.grows || asked.contains(format!("node.labels.{label}").as_str());
        let bought = offers.map(|(index, offer)| Bought {
            name: offer.name.value.clone(),
            labels: offer
                .labels
                .iter()
                .filter(|(key, _)| counts(key))
                .map(|(key, value)| (key.clone(), value.value.clone()))
                .collect(),
            count: fleet[own + index],
            cost: offer.cost.value,
        });
        let shown = self.trial.shown(&self.ground, fleet, &self.limits);
        let (machines, containers, losses) = (shown.machines, shown.containers, shown.losses);
        Fleet { bought: bought.collect(), cost, bound, machines, containers, losses }
    }
}

/// A fleet with one or two machines of a kind less, and as many of another as cost less than these.
fn exchanged(fleet: &[u32], purchase: &Purchase<'_>) -> Vec<Vec<u32>> {
    let mut all = Vec::new();
    for (out, kind) in purchase.kinds.iter().enumerate() {
        for gone in (1..=2).filter(|gone| fleet[out] >= kind.least + gone) {
            for (into, other) in purchase.kinds.iter().enumerate().filter(|(into, _)| *into != out) {
                let paid = kind.cost * f64::from(gone) - SAME;
                let more = if other.cost > 0.0 { (paid / other.cost).max(0.0) as u32 } else { other.most };
                let mut candidate = fleet.to_vec();
                candidate[out] -= gone;
                candidate[into] = candidate[into].saturating_add(more);
                if more > 0 && may_be(&candidate, purchase) {
                    all.push(candidate);
                }
            }
        }
    }
    all
}

fn cost(fleet: &[u32], purchase: &Purchase<'_>) -> f64 {
    fleet.iter().zip(&purchase.kinds).map(|(count, kind)| f64::from(*count) * kind.cost).sum()
}

/// Whether there are so many of each kind to be bought.
fn may_be(fleet: &[u32], purchase: &Purchase<'_>) -> bool {
    let each = fleet.iter().zip(&purchase.kinds).all(|(count, kind)| *count <= kind.most);
    each && purchase.together.iter().all(|(kinds, most)| kinds.iter().map(|kind| fleet[*kind]).sum::<u32>() <= *most)
}
