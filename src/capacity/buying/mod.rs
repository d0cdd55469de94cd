//! The cheapest machines of a catalogue that hold a stack, by themselves or beside the machines that there are; with room
//! for more, and so that losses are survived.
//!
//! An integer program over sums (`placement::fleet`) gives a bound and a fleet to try; placing decides whether that holds.
//! What is refused is excluded, until what is tried holds: then nothing is cheaper.

mod ground;
mod search;
mod trial;

use crate::diagnostic::Diagnostic;
use crate::inventory::{Catalogue, Inventory};
use crate::placement::Limits;
use crate::stack::{By, Replicas, Stack};
use crate::units::Amounts;

use super::{Container, MachineRoom};
use ground::Ground;
use search::Search;

/// The stack as it would be on the machines of an inventory: what services need to find each other hangs on them.
pub type Build<'a> = dyn Fn(&Inventory) -> Stack + 'a;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// What can be bought.
    pub catalogue: &'a Catalogue,
    /// The machines that there are; none for a fleet from nothing.
    pub own: Inventory,
    /// Whichever one of these is lost, everything that can be elsewhere is to find room again.
    pub survive: Vec<By>,
    /// For what there is to be room beside the stack, while nothing is lost.
    pub headroom: Vec<Headroom>,
    /// Up to how many times the headroom (else one more of the largest service) costs are told.
    pub steps: u32,
    /// For each answer.
    pub limits: Limits,
}

/// Room for more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headroom {
    /// For what.
    pub what: Wanted,
    /// For so many of it.
    pub count: u32,
}

/// What there is to be room for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A container of this size, anywhere.
    Shape(Amounts),
    /// One more container of a service, with all that it asks for.
    Service(String),
}

impl Wanted {
    /// A container of a size as people write it: `4` CPUs, `2:8g` with memory; none for what is no size, or nothing.
    pub fn size(text: &str) -> Option<Wanted> {
        Amounts::parse(text).map(Wanted::Shape)
    }
}

/// The answers.
#[derive(Clone, Debug)]
pub struct Report {
    /// How many machines there are already.
    pub own: usize,
    /// How many types can be bought.
    pub types: usize,
    /// What the costs below are counted in.
    pub unit: Option<String>,
    /// One step of room for more.
    pub headroom: Vec<Headroom>,
    /// What can be lost.
    pub survive: Vec<By>,
    /// The answer to the question: its index among the steps.
    pub asked: usize,
    /// The answer for so many times the headroom, from none.
    pub steps: Vec<Answer>,
    /// Services that no machine can take, of whatever type: findings.
    pub impossible: Vec<Diagnostic>,
    /// Services that state no size: what they need is not counted.
    pub without_size: Vec<String>,
}

/// What came of one search.
#[derive(Clone, Debug)]
pub enum Answer {
    /// This fleet.
    Fleet(Fleet),
    /// No fleet of these types holds it; proven.
    Nothing,
    /// No fleet was found in time; none costs less than this.
    Unknown(f64),
}

/// A fleet that holds.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// What is bought, in the catalogue's order.
    pub bought: Vec<Bought>,
    /// What it costs together.
    pub cost: f64,
    /// No fleet that holds costs less.
    pub bound: f64,
    /// How everything would lie on the machines, those that there are first.
    pub machines: Vec<MachineRoom>,
    /// Every container where it would be, by service and number.
    pub containers: Vec<Container>,
    /// How many losses were tried, those that are alike once.
    pub losses: usize,
}

/// Machines of one type.
#[derive(Clone, Debug, PartialEq)]
pub struct Bought {
    /// The type's name.
    pub name: String,
    /// Its labels, as far as anything asks for them.
    pub labels: Vec<(String, String)>,
    /// How many.
    pub count: u32,
    /// What one costs.
    pub cost: f64,
}

/// So much of the time, as a divisor, is for each answer that was not asked for.
const SHARE_OF_OTHERS: u32 = 4;
/// Costs this near to each other are the same: rounding.
const SAME: f64 = 1e-6;

impl Fleet {
    /// Whether no fleet that holds is cheaper.
    pub fn is_proven(&self) -> bool {
        self.cost - self.bound <= SAME * self.cost.abs().max(1.0)
    }

    /// How much of its cost a cheaper fleet could save at most, as a fraction.
    pub fn gap(&self) -> f64 {
        if self.is_proven() { 0.0 } else { ((self.cost - self.bound) / self.cost).min(1.0) }
    }
}

/// The cheapest fleets for a stack.
pub fn buy(build: &Build<'_>, question: &Question<'_>) -> Report {
    let ground = Ground::new(build, question);
    let (headroom, asked) = match question.headroom.is_empty() {
        true => (ground.largest().into_iter().collect(), 0),
        false => (question.headroom.clone(), 1),
    };
    let impossible = ground.impossible();
    let last = if headroom.is_empty() { 0 } else { question.steps.max(asked) };
    let steps = if impossible.is_empty() { steps(build, question, &headroom, asked, last) } else { Vec::new() };
    let entries: std::collections::BTreeSet<usize> = question.catalogue.offers.iter().map(|it| it.entry).collect();
    Report {
        own: question.own.machines.len(),
        types: entries.len(),
        unit: question.catalogue.unit.clone(),
        headroom,
        survive: question.survive.clone(),
        asked: asked as usize,
        steps,
        impossible,
        without_size: without_size(&ground.stack),
    }
}

/// The answers for up to so many times the headroom. That which is asked for has the time; each of the others a part of it.
fn steps(build: &Build<'_>, question: &Question<'_>, headroom: &[Headroom], asked: u32, last: u32) -> Vec<Answer> {
    let mut known = search::Known::default();
    let mut found: Vec<search::Found> = Vec::new();
    for times in 0..=last {
        let time = if times == asked { question.limits.time } else { question.limits.time / SHARE_OF_OTHERS };
        let limits = Limits { time, ..question.limits.clone() };
        found.push(Search::new(build, question, headroom, times, limits, &mut known).run());
    }
    // What holds with more room may be cheaper than what was found in time for less.
    for times in (0..last).rev() {
        let (less, more) = found.split_at_mut(times as usize + 1);
        let limits = Limits { time: question.limits.time / SHARE_OF_OTHERS, ..question.limits.clone() };
        if let (Some(less), Some((fleet, _))) = (less.last_mut(), &more[0].best) {
            Search::new(build, question, headroom, times, limits, &mut known).consider(less, fleet);
        }
    }
    let answer = |(times, found)| {
        let limits = question.limits.clone();
        Search::new(build, question, headroom, times, limits, &mut known).answer(found)
    };
    (0..=last).zip(found).map(answer).collect()
}

fn without_size(stack: &Stack) -> Vec<String> {
    let is_silent = |it: &&crate::stack::Service| {
        it.replicas.value != Replicas::Count(0) && it.demand.iter().all(|(_, amount)| amount == 0)
    };
    stack.services.iter().filter(is_silent).map(|it| it.name.clone()).collect()
}
