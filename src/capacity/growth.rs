//! How far the stack can grow, what ends that, and what would carry it further.

use std::cmp::Ordering;
use std::fmt;

use crate::inventory::Availability;
use crate::placement::{Limits, Policy, Problem, certificates, fit, refusal};
use crate::stack::{Replicas, Service, Stack};
use crate::units::Resource;

use super::Most;
use super::gains::{self, Gain};
use super::search::{Fits, search};

/// Growth is not looked at beyond so many times as much, nor beyond so many containers.
const MOST_TIMES: u64 = 64;
const MOST_CONTAINERS: u64 = 20_000;
/// So many points are told between the beginning and the end.
const POINTS: usize = 6;

/// How many times as much, as an exact fraction.
#[derive(Clone, Copy, Debug)]
pub struct Factor {
    over: u64,
    under: u64,
}

impl Factor {
    /// As it is.
    pub const ONE: Factor = Factor { over: 1, under: 1 };

    /// A decimal number such as `1.5`: more than nothing, at most a thousand, with at most six places.
    pub fn parse(text: &str) -> Option<Factor> {
        let (whole, places) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(places) || places.len() > 6 || whole.len() > 4 {
            return None;
        }
        let under = 10_u64.pow(places.len() as u32);
        let over = format!("{whole}{places}").parse::<u64>().ok()?;
        (over > 0 && over <= 1000 * under).then_some(Factor { over, under })
    }

    /// So many replicas times this, rounded up.
    pub fn times(self, replicas: u32) -> u32 {
        let grown = (u64::from(replicas) * self.over).div_ceil(self.under);
        u32::try_from(grown).unwrap_or(u32::MAX)
    }

    /// As a number.
    pub fn number(self) -> f64 {
        self.over as f64 / self.under as f64
    }
}

impl PartialEq for Factor {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Factor {}

impl PartialOrd for Factor {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Factor {
    fn cmp(&self, other: &Self) -> Ordering {
        (u128::from(self.over) * u128::from(other.under)).cmp(&(u128::from(other.over) * u128::from(self.under)))
    }
}

/// `1.5`; `1.333…` where three places are not all of it.
impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thousandths = self.over * 1000 / self.under;
        let more = if (self.over * 1000).is_multiple_of(self.under) { "" } else { "…" };
        let text = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
        let text = if more.is_empty() { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        write!(f, "{text}{more}")
    }
}

/// How far the stack can grow: every service that grows so many times as large, rounded up to whole containers.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// From what there is to the largest that fits.
    pub points: Vec<Point>,
    /// The largest that fits: so many times what there is.
    pub most: Factor,
    /// What becomes of the next container.
    pub end: End,
    /// What would carry it further; nothing where the end is not proven.
    pub gains: Vec<Gain>,
    /// Services that do not grow: one that is to be on every machine, one whose name is given, one that is held.
    pub held: Vec<String>,
}

/// The stack when it has grown.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// So many times what there is.
    pub factor: Factor,
    /// So many containers.
    pub containers: u64,
    /// What they count for, and the room of all machines that take containers, by resource.
    pub used: Vec<(Resource, u64, u64)>,
    /// Whether it fits; none where that was not found out in time.
    pub fits: Option<bool>,
}

/// Why growth ends.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// The next step does not fit, which is proven.
    Proven {
        /// What the next step adds: services, each with how many containers.
        adds: Vec<(String, u32)>,
        /// Why it does not fit.
        why: Vec<String>,
        /// Services of which so many containers find no place then.
        homeless: Vec<(String, u32)>,
    },
    /// Whether more fits was not found out in time.
    Unknown,
    /// No end was looked for beyond this.
    Plenty,
}

/// The stack, grown: services that are held, are on every machine, or have one name for all their containers stay as they are.
pub fn grown(stack: &Stack, factor: Factor, held: &[usize]) -> Stack {
    let mut grown = stack.clone();
    for (index, service) in grown.services.iter_mut().enumerate() {
        if let Some(replicas) = grows(service).filter(|_| !held.contains(&index)) {
            service.replicas.value = Replicas::Count(factor.times(replicas));
        }
    }
    grown
}

fn grows(service: &Service) -> Option<u32> {
    match service.replicas.value {
        Replicas::Count(replicas)
            if replicas > 0 && service.container.container_name.is_none() && service.forwards_to.is_empty() =>
        {
            Some(replicas)
        }
        Replicas::Count(_) | Replicas::Global => None,
    }
}

/// A stack that grows step by step.
pub(super) struct Growing<'a> {
    pub stack: &'a Stack,
    held: &'a [usize],
    limits: &'a Limits,
    /// Each step is the least growth that adds something to the one before; the first is what there is.
    pub steps: Vec<Factor>,
}

impl Growing<'_> {
    fn at(&self, step: usize) -> Stack {
        grown(self.stack, self.steps[step], self.held)
    }

    /// Whether a step fits on the machines of another stack.
    pub(super) fn fits(&self, step: usize, machines: &Stack) -> Fits {
        let mut stack = self.at(step);
        stack.machines.clone_from(&machines.machines);
        Fits::from(&fit(&Problem::new(&stack, Vec::new(), Policy::default()), self.limits))
    }

    /// How many steps from one that fits on also fit on machines.
    pub(super) fn further(&self, from: usize, machines: &Stack) -> Most {
        let last = self.steps.len() - 1;
        search((last - from) as u32, |more| self.fits(from + more as usize, machines))
    }
}

pub(super) fn growth(problem: &Problem<'_>, held: &[usize], limits: &Limits) -> Option<Growth> {
    let stack = problem.stack;
    let growing = Growing { stack, held, limits, steps: steps(stack, held) };
    if growing.steps.len() < 2 {
        return None;
    }
    let found = growing.further(0, stack);
    let most = found.number() as usize;
    let end = match found {
        Most::Plenty(_) => End::Plenty,
        Most::AtLeast(_) => End::Unknown,
        Most::Exactly(_) => end(&growing, most, limits),
    };
    let gains = if matches!(end, End::Proven { .. }) { gains::gains(&growing, most) } else { Vec::new() };
    let stays = |(index, service): (usize, &Service)| {
        (held.contains(&index) || grows(service).is_none()).then(|| service.name.clone())
    };
    Some(Growth {
        points: points(&growing, most),
        most: growing.steps[most],
        end,
        gains,
        held: stack.services.iter().enumerate().filter_map(stays).collect(),
    })
}

/// Every factor at which some service has one container more than at any smaller one, and one to begin with.
fn steps(stack: &Stack, held: &[usize]) -> Vec<Factor> {
    let growing = stack.services.iter().enumerate().filter(|(index, _)| !held.contains(index));
    let replicas: Vec<u64> = growing.filter_map(|(_, service)| grows(service)).map(u64::from).collect();
    let all: u64 = replicas.iter().sum();
    let times = (MOST_CONTAINERS / all.max(1)).clamp(1, MOST_TIMES);
    let mut kinds = replicas;
    kinds.sort_unstable();
    kinds.dedup();
    let of_kind = |under: &u64| {
        let under = *under;
        (under + 1..=under * times).map(move |over| Factor { over, under })
    };
    let mut steps: Vec<Factor> = std::iter::once(Factor::ONE).chain(kinds.iter().flat_map(of_kind)).collect();
    steps.sort_unstable();
    steps.dedup();
    steps
}

fn points(growing: &Growing<'_>, most: usize) -> Vec<Point> {
    let mut chosen: Vec<usize> = (0..=POINTS).map(|point| point * most / POINTS).collect();
    chosen.dedup();
    let point = |step: usize| {
        let fits = match step {
            // The first is what was placed, the last what was found.
            step if step == 0 || step == most => Some(true),
            step => match growing.fits(step, growing.stack) {
                Fits::Yes => Some(true),
                Fits::No => Some(false),
                Fits::Unknown => None,
            },
        };
        let stack = growing.at(step);
        let replicas = Problem::new(&stack, Vec::new(), Policy::default()).replicas;
        let containers = replicas.iter().map(|count| u64::from(*count)).sum();
        Point { factor: growing.steps[step], containers, used: used(&stack, &replicas), fits }
    };
    chosen.into_iter().map(point).collect()
}

fn used(stack: &Stack, replicas: &[u32]) -> Vec<(Resource, u64, u64)> {
    let active = || stack.machines.iter().filter(|machine| machine.availability == Availability::Active);
    let all = |resource: &Resource| {
        let demands = stack.services.iter().zip(replicas);
        demands.map(|(service, count)| service.demand.get(resource) * u64::from(*count)).sum()
    };
    // Where a machine has no bound there is no sum.
    let room = |resource: &Resource| -> Option<u64> {
        active().map(|machine| machine.room.named(resource).or((!resource.is_implicit()).then_some(0))).sum()
    };
    let mut resources: Vec<&Resource> = active().flat_map(|machine| machine.room.iter().map(|it| it.0)).collect();
    resources.sort_unstable();
    resources.dedup();
    resources.into_iter().filter_map(|it| Some((it.clone(), all(it), room(it)?))).collect()
}

fn end(growing: &Growing<'_>, most: usize, limits: &Limits) -> End {
    let (before, next) = (growing.at(most), growing.at(most + 1));
    let count = |service: &Service| match service.replicas.value {
        Replicas::Count(count) => count,
        Replicas::Global => 0,
    };
    let adds = before.services.iter().zip(&next.services).filter_map(|(before, next)| {
        let more = count(next) - count(before);
        (more > 0).then(|| (next.name.clone(), more))
    });
    let problem = Problem::new(&next, Vec::new(), Policy::default());
    let homeless = refusal::without_place(&problem, limits);
    End::Proven {
        adds: adds.collect(),
        why: certificates(&problem).into_iter().map(|it| it.message).collect(),
        homeless: homeless.into_iter().map(|it| (it.service, it.wanted - it.placed)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_exact() {
        let shown = |text: &str| Factor::parse(text).map(|it| it.to_string());
        assert_eq!(shown("1.50"), Some("1.5".to_owned()));
        assert_eq!(shown("2"), Some("2".to_owned()));
        assert_eq!(shown("0.0001"), Some("0.000…".to_owned()));
        for wrong in ["", ".5", "-1", "1e3", "0", "0.0", "1.1234567", "1001", "99999", "1.5x", "٣"] {
            assert_eq!(shown(wrong), None, "{wrong}");
        }
        // In floating point 1.1 times 10 is more than 11.
        assert_eq!(Factor::parse("1.1").unwrap().times(10), 11);
        assert_eq!(Factor { over: 4, under: 3 }.to_string(), "1.333…");
        assert_eq!(Factor { over: 2, under: 2 }, Factor::ONE);
    }
}
