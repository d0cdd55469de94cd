//! Services over zones: in enough of them, evenly, and not too many in one.

use crate::placement::core::instance::{Counts, Instance, Spread};
use crate::placement::core::model::Model;
use crate::placement::core::program::Terms;
use crate::placement::core::state::State;

use super::{Rule, by_domain};

/// Each spread of each service.
pub(super) struct Spreads;

/// How many containers a service has in all.
fn total(instance: &Instance, service: usize) -> u32 {
    instance.services[service].groups.iter().map(|group| instance.groups[*group].count).sum()
}

/// The fewest containers that any domain can have when the fullest has at most `skew` more than the emptiest.
fn fewest(total: u32, domains: usize, skew: u32) -> u32 {
    let domains = domains as u64;
    u64::from(total).saturating_sub(domains.saturating_sub(1) * u64::from(skew)).div_ceil(domains.max(1)) as u32
}

fn counts_of(state: &State<'_>, service: usize, spread: &Spread) -> Vec<u32> {
    spread.domains.iter().map(|domain| state.in_domain(service, spread.topology, *domain)).collect()
}

fn holds(spread: &Spread, counts: &[u32]) -> bool {
    let (most, least) = (counts.iter().max().copied().unwrap_or(0), counts.iter().min().copied().unwrap_or(0));
    let held = counts.iter().filter(|count| **count > 0).count() as u32;
    held >= spread.at_least
        && spread.skew.is_none_or(|skew| most - least <= skew)
        && spread.most.is_none_or(|cap| most <= cap)
}

impl Rule for Spreads {
    fn may_put(&self, state: &State<'_>, group: usize, machine: usize) -> bool {
        let instance = state.instance;
        let service = instance.groups[group].service;
        instance.services[service].spreads.iter().all(|spread| {
            let domain = instance.topologies[spread.topology].of[machine];
            let Some(here) = spread.domains.iter().position(|it| *it == domain) else { return false };
            let counts = counts_of(state, service, spread);
            // What is left after this one must suffice for the domains that still need one.
            let left = state.left_of(service).saturating_sub(1);
            if spread.most.is_some_and(|most| counts[here] + 1 > most) {
                return false;
            }
            let held = counts.iter().filter(|count| **count > 0).count() as u32 + u32::from(counts[here] == 0);
            if spread.at_least.saturating_sub(held) > left {
                return false;
            }
            let Some(skew) = spread.skew else { return true };
            let fewest = fewest(total(instance, service), counts.len(), skew);
            let least = counts.iter().min().copied().unwrap_or(0).max(fewest);
            let lacks =
                counts.iter().enumerate().map(|(at, count)| fewest.saturating_sub(count + u32::from(at == here)));
            counts[here] < least + skew && lacks.sum::<u32>() <= left
        })
    }

    fn holds(&self, state: &State<'_>, service: usize, _machine: usize) -> bool {
        let spreads = &state.instance.services[service].spreads;
        let is_open = |counts: &[u32], spread: &Spread| {
            let most = counts.iter().max().copied().unwrap_or(0);
            state.left_of(service) > 0 && spread.most.is_none_or(|cap| most <= cap)
        };
        spreads.iter().all(|spread| {
            let counts = counts_of(state, service, spread);
            holds(spread, &counts) || is_open(&counts, spread)
        })
    }

    fn broken(&self, instance: &Instance, counts: &Counts) -> Vec<String> {
        let mut broken = Vec::new();
        for (index, service) in instance.services.iter().enumerate() {
            for spread in &service.spreads {
                let all = by_domain(instance, counts, index, spread.topology);
                let counts: Vec<u32> = spread.domains.iter().map(|domain| all[*domain as usize]).collect();
                let elsewhere = all.iter().sum::<u32>() - counts.iter().sum::<u32>();
                if elsewhere > 0 || !holds(spread, &counts) {
                    let topology = &instance.topologies[spread.topology].name;
                    broken.push(format!("{} lies as {counts:?} over {topology}", service.name));
                }
            }
        }
        broken
    }

    fn rows(&self, model: &mut Model<'_, '_>) {
        let instance = model.instance();
        for service in model.services() {
            for spread in &instance.services[service].spreads {
                rows(model, service, spread);
            }
        }
    }
}

fn rows(model: &mut Model<'_, '_>, service: usize, spread: &Spread) {
    let sums: Vec<(Terms, f64)> = spread
        .domains
        .iter()
        .map(|domain| {
            let outside = model.outside(service, spread.topology, *domain);
            (model.domain_terms(service, spread.topology, *domain), f64::from(outside))
        })
        .collect();
    for domain in model.domains(spread.topology).iter().filter(|it| !spread.domains.contains(it)) {
        let terms = model.domain_terms(service, spread.topology, *domain);
        model.program.at_most(terms, 0.0);
    }
    if let Some(most) = spread.most {
        for (terms, outside) in sums.iter().filter(|(terms, _)| !terms.is_empty()) {
            model.program.at_most(terms.clone(), f64::from(most) - outside);
        }
    }
    // Containers without a place, if there are any, may still go where one lacks.
    let (unplaced, others) = model.unplaced_of(service);
    if let Some(skew) = spread.skew {
        let total = total(model.instance(), service);
        let fewest = f64::from(fewest(total, sums.len(), skew));
        let most = f64::from(total / sums.len().max(1) as u32).max(fewest);
        // How many the emptiest domain has at least; with a skew of one it is known.
        let low = model.program.variable(fewest, most, true);
        for (terms, outside) in &sums {
            let mut row = terms.clone();
            row.push((low, -1.0));
            model.program.at_most(row.clone(), f64::from(skew) - outside);
            row.extend(unplaced.iter().copied());
            model.program.at_least(row, -outside - f64::from(others));
        }
    }
    let held_outside = sums.iter().filter(|(_, outside)| *outside > 0.0).count() as u32;
    if spread.at_least > held_outside {
        let mut held = unplaced;
        for (terms, _) in sums.iter().filter(|(terms, outside)| *outside == 0.0 && !terms.is_empty()) {
            let holds = model.program.variable(0.0, 1.0, true);
            let mut row = terms.clone();
            row.push((holds, -1.0));
            model.program.at_least(row, 0.0);
            held.push((holds, 1.0));
        }
        model.program.at_least(held, f64::from(spread.at_least) - f64::from(held_outside + others));
    }
}
