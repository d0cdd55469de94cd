//! What is known of all fleets before one is tried: one or two machines of each kind, and what is the same on any.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Diagnostic;
use crate::inventory::Availability;
use crate::placement::core::Instance;
use crate::placement::fleet::{Case, Kind, Lost, Purchase};
use crate::placement::{self, Limits, Outcome, Policy, Problem, fit};
use crate::stack::{By, Machine, Replicas, Service, Stack, Wishes};

use super::trial::{self, with_headroom};
use super::{Build, Headroom, Question, Wanted};

/// So many zones are few.
const FEW_ZONES: usize = 6;

/// A stack on machines of which there are some of each kind. Kinds are the machines that there are, one by one, and then the
/// offers.
pub(super) struct Ground<'q> {
    question: &'q Question<'q>,
    /// The stack on one or two machines of each kind, without headroom.
    pub stack: Stack,
    /// By kind: the first of its machines.
    machines: Vec<usize>,
    /// The kind of each machine.
    kinds: Vec<usize>,
    /// Whether services are the same on whatever machines.
    settled: Vec<bool>,
    /// By service: the machines that it is meant for.
    meant: Vec<Vec<usize>>,
}

impl<'q> Ground<'q> {
    pub(super) fn new(build: &Build<'_>, question: &'q Question<'q>) -> Self {
        let own = question.own.machines.len();
        // Two of each tell what one does not: that a loss leaves another.
        let some = |offer: &crate::inventory::Offer| offer.at_most.as_ref().map_or(2, |most| most.value.clamp(1, 2));
        let offers = &question.catalogue.offers;
        let counts: Vec<u32> = std::iter::repeat_n(1, own).chain(offers.iter().map(some)).collect();
        let (inventory, kinds) = trial::inventory(question, &counts);
        let stack = build(&inventory);
        let first = |kind: usize| kinds.iter().position(|it| *it == kind).unwrap_or(0);
        let machines = (0..counts.len()).map(first).collect();
        // What is on few machines is perhaps not what is on many.
        let few: Vec<u32> = (0..counts.len()).map(|kind| u32::from(kind < own.max(1))).collect();
        let other = build(&trial::inventory(question, &few).0);
        let settled = stack.services.iter().map(|it| other.service(&it.name).is_some_and(|other| is_same(it, other)));
        let settled = settled.collect();
        let problem = Problem::new(&stack, Vec::new(), Policy::default());
        let meant = |service| problem.machines().filter(|machine| problem.in_scope(service, *machine)).collect();
        let meant = problem.services().map(meant).collect();
        Ground { question, stack, machines, kinds, settled, meant }
    }

    /// One more of the largest service.
    pub(super) fn largest(&self) -> Option<Headroom> {
        let counted = |it: &&Service| matches!(it.replicas.value, Replicas::Count(1..)) && it.forwards_to.is_empty();
        let size = |it: &&Service| (it.demand.cpu(), it.demand.memory(), std::cmp::Reverse(it.name.clone()));
        let largest = self.stack.services.iter().filter(counted).max_by_key(size)?;
        Some(Headroom { what: Wanted::Service(largest.name.clone()), count: 1 })
    }

    /// Why some service can be on no machine of any kind.
    pub(super) fn impossible(&self) -> Vec<Diagnostic> {
        let problem = Problem::new(&self.stack, Vec::new(), Policy::default());
        let counted = problem.services().filter(|it| !problem.is_global(*it) && problem.replicas[*it] > 0);
        let nowhere: Vec<&str> = counted
            .filter(|service| !problem.allowed[*service].contains(&true))
            .map(|service| self.stack.services[service].name.as_str())
            .collect();
        let speaks_of =
            |finding: &Diagnostic| nowhere.iter().any(|name| finding.message.contains(&format!("`{name}`")));
        let certain = |finding: &Diagnostic| matches!(finding.code, "R402" | "M315" | "M304") && speaks_of(finding);
        if nowhere.is_empty() {
            return Vec::new();
        }
        placement::certificates(&problem).into_iter().filter(certain).collect()
    }

    /// Whether what holds everything still does so with a machine more. Else a refusal speaks of one fleet alone.
    pub(super) fn grows(&self) -> bool {
        let is_global = |it: &&Service| it.replicas.value == Replicas::Global;
        let plain = |it: &Service| it.wishes == Wishes::default() && it.together_with.is_empty();
        let globals = || self.stack.services.iter().filter(is_global);
        let spoken_of = |it: &Service| {
            let apart = |other: &Service| other.wishes.apart.iter().any(|bond| bond.service.value == it.name);
            self.stack.services.iter().any(apart)
        };
        let skewed = |it: &Service| it.wishes.spread.iter().any(|spread| spread.skew.is_some());
        self.settled.iter().all(|settled| *settled)
            && !self.stack.services.iter().any(skewed)
            && globals().all(|it| plain(it) && !spoken_of(it))
    }

    /// Whether room for so much more is never easier to find than room for less.
    pub(super) fn is_steady(&self, headroom: &[Headroom]) -> bool {
        headroom.iter().all(|it| match &it.what {
            Wanted::Shape(_) => true,
            Wanted::Service(name) => {
                let service = self.stack.services.iter().position(|it| it.name == *name);
                service.is_some_and(|service| crate::capacity::more::is_by_itself(&self.stack, service))
            }
        })
    }

    /// The stack with so many times the headroom, on one or two machines of each kind, in plain numbers.
    pub(super) fn numbers(&self, headroom: &[Headroom], times: u32) -> Instance {
        let stack = with_headroom(&self.stack, headroom, times);
        placement::numbers(&Problem::new(&stack, Vec::new(), Policy::default()))
    }

    /// The program without a loss and without a cut.
    pub(super) fn purchase<'i>(&self, instance: &'i Instance, limits: &Limits) -> Purchase<'i> {
        let problem = Problem::new(&self.stack, Vec::new(), Policy::default());
        let counts = self.counts(instance);
        // A machine more than there are containers of one kind is never missed.
        let global = |group: usize| group < problem.services().len() && problem.is_global(group);
        let all = instance.groups.iter().enumerate().filter(|(group, _)| !global(*group)).map(|(_, it)| it.count);
        let enough = all.fold(1, u32::saturating_add);
        let own = self.question.own.machines.len();
        let kinds = self.machines.iter().enumerate().map(|(kind, machine)| {
            let everywhere = problem.services().filter(|it| self.settled[*it] && problem.is_global(*it));
            let everywhere = everywhere.filter(|it| problem.in_scope(*it, *machine)).collect();
            let (cost, least, most) = match kind.checked_sub(own).map(|offer| &self.question.catalogue.offers[offer]) {
                None => (0.0, 1, 1),
                Some(offer) => {
                    let most = offer.at_most.as_ref().map_or(enough, |most| most.value.min(enough));
                    (offer.cost.value, 0, most)
                }
            };
            Kind { machine: *machine, cost, least, most, everywhere }
        });
        let mut kinds: Vec<Kind> = kinds.collect();
        if self.grows() {
            self.leave_out(&mut kinds, enough, limits);
        }
        let together = self.together(own, enough);
        let mut cases = vec![Case { lost: Lost::Nothing, counts }];
        cases.extend(self.zones().into_iter().map(|kinds| self.case(Lost::All(kinds))));
        let ordered = self.ordered();
        Purchase { instance, kinds, together, ordered, cases, cuts: Vec::new(), at_most: f64::INFINITY }
    }

    /// The offers of an entry have one end together.
    fn together(&self, own: usize, enough: u32) -> Vec<(Vec<usize>, u32)> {
        let mut together: Vec<(usize, Vec<usize>, u32)> = Vec::new();
        for (index, offer) in self.question.catalogue.offers.iter().enumerate() {
            let Some(most) = offer.at_most.as_ref().filter(|most| most.value < enough) else { continue };
            match together.last_mut().filter(|(entry, ..)| *entry == offer.entry) {
                Some((_, kinds, _)) => kinds.push(own + index),
                None => together.push((offer.entry, vec![own + index], most.value)),
            }
        }
        together.into_iter().filter(|(_, kinds, _)| kinds.len() > 1).map(|(_, kinds, most)| (kinds, most)).collect()
    }

    /// The kinds by zone, where zones can change places: the same is to be had in each, and nothing asks for one by name. What
    /// is tried of fleets that differ in nothing but that is one of them.
    fn ordered(&self) -> Vec<Vec<usize>> {
        let asked = self.asked();
        let named = |key: &str| self.stack.services.iter().flat_map(|it| &it.constraints).any(|it| it.value.key == key);
        let (Some(key), 1) = (asked.first(), asked.len()) else { return Vec::new() };
        let Some(label) = key.strip_prefix("node.labels.").filter(|_| !named(key)) else { return Vec::new() };
        if !self.question.own.machines.is_empty() {
            return Vec::new();
        }
        // By zone: its offers, and the entries that they are of.
        let mut zones: BTreeMap<&str, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for (index, offer) in self.question.catalogue.offers.iter().enumerate() {
            if let Some(value) = offer.labels.get(label) {
                let zone = zones.entry(&value.value).or_default();
                zone.0.push(index);
                zone.1.push(offer.entry);
            }
        }
        let mut alike: BTreeMap<Vec<usize>, Vec<Vec<usize>>> = BTreeMap::new();
        zones.into_values().for_each(|(kinds, entries)| alike.entry(entries).or_default().push(kinds));
        alike.into_values().max_by_key(Vec::len).filter(|zones| zones.len() > 1).unwrap_or_default()
    }

    /// Kinds that no fleet needs: those that cannot hold what is on every machine, and those to which another is preferred
    /// that has as much, for no more.
    fn leave_out(&self, kinds: &mut [Kind], enough: u32, limits: &Limits) {
        let own = self.question.own.machines.len();
        for kind in kinds.iter_mut().skip(own) {
            if !self.holds_globals(kind, limits) {
                kind.most = 0;
            }
        }
        let asked = self.asked();
        let is_better = |a: usize, b: usize, kinds: &[Kind]| {
            let (at, than) = (&self.stack.machines[kinds[a].machine], &self.stack.machines[kinds[b].machine]);
            kinds[a].most >= enough && kinds[a].cost <= kinds[b].cost && has_all_of(at, than, &asked)
        };
        for kind in own..kinds.len() {
            let better = (own..kinds.len()).any(|other| {
                let among_equals = |it: usize, than: usize| is_better(it, than, kinds);
                other != kind && among_equals(other, kind) && (other < kind || !among_equals(kind, other))
            });
            if better {
                kinds[kind].most = 0;
            }
        }
    }

    /// The attributes of machines that anything hangs on.
    pub(super) fn asked(&self) -> BTreeSet<&str> {
        let services = || self.stack.services.iter();
        let constraints = services().flat_map(|it| &it.constraints).map(|it| it.value.key.as_str());
        let wishes = services().map(|it| &it.wishes).flat_map(|it| {
            let bonds = it.near.iter().chain(&it.apart).map(|bond| &bond.by);
            bonds.chain(it.spread.iter().map(|it| &it.over)).chain(it.survive.iter().map(|it| &it.loss))
        });
        let domains = wishes.chain(&self.question.survive).filter_map(|by| match by {
            By::Machine => None,
            By::Attribute(key) => Some(key.as_str()),
        });
        constraints.chain(domains).filter(|key| *key != "node.hostname").collect()
    }

    fn holds_globals(&self, kind: &Kind, limits: &Limits) -> bool {
        if kind.everywhere.is_empty() {
            return true;
        }
        let globals = kind.everywhere.iter().map(|service| self.stack.services[*service].clone()).collect();
        let mut stack = self.stack.with_services(globals);
        stack.machines = vec![self.stack.machines[kind.machine].clone()];
        fit(&Problem::new(&stack, Vec::new(), Policy::default()), limits) != Outcome::Refused
    }

    /// How many containers there are certainly, by group.
    fn counts(&self, instance: &Instance) -> Vec<u32> {
        let count = |(group, it): (usize, &placement::core::Group)| {
            let Some(service) = self.stack.services.get(group) else { return it.count };
            let counts = service.replicas.value != Replicas::Global && self.settled[group];
            if counts { it.count } else { 0 }
        };
        instance.groups.iter().enumerate().map(count).collect()
    }

    /// The situation after a loss: the stack alone, without what is meant for nothing else.
    pub(super) fn case(&self, lost: Lost) -> Case {
        let problem = Problem::new(&self.stack, Vec::new(), Policy::default());
        let dropped = self.dropped(&lost);
        let mut counts: Vec<u32> = problem.services().map(|it| problem.replicas[it]).collect();
        for (service, count) in counts.iter_mut().enumerate() {
            if problem.is_global(service) || !self.settled[service] || dropped.contains(&service) {
                *count = 0;
            }
        }
        Case { lost, counts }
    }

    /// The services that are meant for nothing but what is lost, even if all kinds were there.
    pub(super) fn dropped(&self, lost: &Lost) -> Vec<usize> {
        let is_lost = |machine: &usize| match lost {
            Lost::Nothing => false,
            Lost::One(kind) => self.machines[*kind] == *machine,
            Lost::All(kinds) => kinds.contains(&self.kinds[*machine]),
        };
        let meant = self.meant.iter().enumerate();
        meant.filter(|(_, meant)| !meant.is_empty() && meant.iter().all(is_lost)).map(|(service, _)| service).collect()
    }

    /// The kinds of each zone that can be lost, of a few: those are asked about from the beginning.
    fn zones(&self) -> Vec<Vec<usize>> {
        let mut zones = Vec::new();
        for by in &self.question.survive {
            let By::Attribute(key) = by else { continue };
            let machines = self.stack.machines.iter();
            let values: BTreeSet<&str> = machines.filter_map(|it| it.attributes.get(key)).map(String::as_str).collect();
            if values.len() <= FEW_ZONES {
                zones.extend(values.into_iter().map(|value| self.kinds_of(by, value)));
            }
        }
        zones
    }

    /// The kinds that are lost together with a value of an attribute.
    pub(super) fn kinds_of(&self, by: &By, value: &str) -> Vec<usize> {
        let By::Attribute(key) = by else { return Vec::new() };
        let has =
            |kind: &usize| self.stack.machines[self.machines[*kind]].attributes.get(key).is_some_and(|it| it == value);
        (0..self.machines.len()).filter(has).collect()
    }
}

/// Whether a machine does for everything for which the other does, where only some attributes are asked for.
fn has_all_of(machine: &Machine, other: &Machine, asked: &BTreeSet<&str>) -> bool {
    let limits =
        |a: &Machine, b: &Machine| a.room.iter().all(|(it, _)| !it.is_implicit() || b.room.named(it).is_some());
    asked.iter().all(|key| machine.attributes.get(*key) == other.attributes.get(*key))
        && other.room.iter().all(|(it, amount)| {
            let has = machine.room.named(it);
            has.map_or(it.is_implicit(), |has| has >= amount)
        })
        && limits(machine, other)
        && machine.availability == Availability::Active
}

/// Whether a service is the same on other machines, as far as placing is concerned.
fn is_same(service: &Service, other: &Service) -> bool {
    service.replicas.value == other.replicas.value
        && service.demand == other.demand
        && service.ports == other.ports
        && service.constraints == other.constraints
        && service.wishes == other.wishes
        && service.together_with == other.together_with
        && service.max_per_machine.as_ref().map(|it| it.value) == other.max_per_machine.as_ref().map(|it| it.value)
}
