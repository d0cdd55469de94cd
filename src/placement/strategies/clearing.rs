//! A change for what fits nowhere as things are: a container goes to a machine all the same, as many of those there as must,
//! drawn by chance, make room for it, and each of them goes to wherever it costs least. What is large is found its place so;
//! small changes alone would have to pass through much worse answers.
//!
//! After the "big process rearrangement" of H. Gavranović and M. Buljubašić, "An efficient local search with noising strategy
//! for Google Machine Reassignment problem", Annals of Operations Research 242 (2016).

use crate::placement::core::{Cost, Flat, MOST_SHIFTS, Rng, Trial};

use super::proposals::Proposals;

/// Machines that are looked at for each container that makes room; of more, so many drawn by chance.
const LOOKS: usize = 128;

/// Looks that take about as long as one ordinary trial.
const LOOKS_PER_TRIAL: u64 = 3;

/// Draws such changes.
#[derive(Clone, Debug, Default)]
pub(super) struct Clearing {
    there: Vec<u32>,
    leave: Vec<u32>,
    drawn: Vec<u32>,
}

impl Clearing {
    /// A change to try, if what was drawn makes one; and how many ordinary trials it stands for.
    pub(super) fn draw(
        &mut self,
        (flat, cost, loads): (&Flat<'_>, &Cost<'_>, &[f64]),
        proposals: &Proposals,
        rng: &mut Rng,
        trial: &mut Trial,
    ) -> (bool, u64) {
        trial.clear();
        let Some(container) = choose(flat, loads, proposals, rng) else { return (false, 1) };
        let to = rng.pick(proposals.open());
        if to == flat.place(container) || !flat.may_join(flat.group(container), to) {
            return (false, 1);
        }
        flat.take_off(trial, container);
        flat.put_on(trial, container, to);
        let lightly = (rng.below(2) == 0).then_some((cost, container));
        self.leave.clear();
        self.there.clear();
        self.there.extend(flat.on(to).iter().filter(|it| proposals.rank(**it).is_some()));
        while !flat.holds(trial, to, lightly) {
            if self.there.is_empty() || self.leave.len() + 1 == MOST_SHIFTS {
                return (false, 2);
            }
            let one = self.there.swap_remove(rng.below(self.there.len()));
            flat.take_off(trial, one);
            self.leave.push(one);
        }
        // The largest first.
        self.leave.sort_unstable_by_key(|it| std::cmp::Reverse(proposals.rank(*it)));
        let mut looks = 0;
        for index in 0..self.leave.len() {
            let one = self.leave[index];
            let machines = drawn(&mut self.drawn, proposals.open(), rng);
            looks += machines.len() as u64;
            let mut best: Option<(f64, u32)> = None;
            for machine in machines.iter().copied().filter(|it| *it != to) {
                let costs = costs_on(flat, trial, one, machine, (cost, loads));
                if let Some(costs) = costs.filter(|costs| best.is_none_or(|(least, _)| *costs < least)) {
                    best = Some((costs, machine));
                }
            }
            let Some((_, machine)) = best else { return (false, 2 + looks / LOOKS_PER_TRIAL) };
            flat.put_on(trial, one, machine);
        }
        (proposals.may_be(flat, trial), 2 + looks / LOOKS_PER_TRIAL)
    }
}

/// The machines to look at: all, where they are few.
fn drawn<'a>(drawn: &'a mut Vec<u32>, open: &'a [u32], rng: &mut Rng) -> &'a [u32] {
    if open.len() <= LOOKS {
        return open;
    }
    drawn.clear();
    drawn.extend((0..LOOKS).map(|_| rng.pick(open)));
    drawn
}

/// Any container, or one of a machine whose load costs much.
fn choose(flat: &Flat<'_>, loads: &[f64], proposals: &Proposals, rng: &mut Rng) -> Option<u32> {
    if rng.below(2) == 0 {
        return Some(rng.pick(proposals.movable()));
    }
    let mut dearest = rng.pick(proposals.open());
    for _ in 0..3 {
        let other = rng.pick(proposals.open());
        if loads[other as usize] > loads[dearest as usize] {
            dearest = other;
        }
    }
    let there = flat.on(dearest);
    let container = (!there.is_empty()).then(|| rng.pick(there))?;
    proposals.rank(container).map(|_| container)
}

/// What it costs to put a container that was taken off on a machine; nothing where it cannot be there.
fn costs_on(
    flat: &Flat<'_>,
    trial: &mut Trial,
    container: u32,
    machine: u32,
    (cost, loads): (&Cost<'_>, &[f64]),
) -> Option<f64> {
    let group = flat.group(container);
    let of_load = flat.cost_on(trial, group, machine, cost, loads)?;
    flat.may_join(group, machine).then(|| of_load + cost.of_shift(flat, flat.shift(container, machine)))
}
