//! The changes that annealing tries: which containers, and where to.

use crate::placement::core::{Flat, Rng, Tier, Trial};

/// What a change is.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// One to another machine.
    Shift,
    /// Two change places.
    Swap,
    /// Two of about one size change places.
    SwapAlike,
    /// One goes back to where it ran.
    Return,
    /// One takes the place of another, which goes elsewhere.
    Eject,
    /// Three change places.
    Rotate,
    /// One changes places with two.
    OneForTwo,
}

/// How often which is drawn, out of 256.
const WEIGHTS: [(Kind, u32); 7] = [
    (Kind::Shift, 78),
    (Kind::Swap, 58),
    (Kind::SwapAlike, 58),
    (Kind::Return, 14),
    (Kind::Eject, 16),
    (Kind::Rotate, 16),
    (Kind::OneForTwo, 16),
];

/// Where what leaves uses transient resources all the same: there are so many places that are not the first one that a
/// walk by chance would have left too much, and no room to go on.
const WEIGHTS_TRANSIENT: [(Kind, u32); 7] = [
    (Kind::Shift, 42),
    (Kind::Swap, 28),
    (Kind::SwapAlike, 28),
    (Kind::Return, 137),
    (Kind::Eject, 7),
    (Kind::Rotate, 7),
    (Kind::OneForTwo, 7),
];

/// So many of one kind are drawn one after the other: processors foresee what comes then.
const IN_A_ROW: u32 = 8;

/// How far apart in the order of sizes those of about one size are, as a fraction of all.
const ALIKE: f64 = 0.02;

/// Draws changes.
#[derive(Clone, Debug)]
pub(super) struct Proposals {
    /// The containers that may move, by size; by container, where in that order it is, if it may.
    movable: Vec<u32>,
    rank: Vec<Option<u32>>,
    reach: usize,
    /// The machines that they may go to.
    open: Vec<u32>,
    is_open: Vec<bool>,
    /// Each kind as often as it is drawn; the one that is drawn now, and how often still.
    kinds: Vec<Kind>,
    next: Kind,
    left: u32,
    /// Whether two containers of one service may move at once.
    twins: bool,
}

impl Proposals {
    /// `returns`: whether containers are often sent back where what leaves still uses transient resources.
    pub(super) fn new(flat: &Flat<'_>, mut movable: Vec<u32>, open: Vec<u32>, tier: &Tier, returns: bool) -> Self {
        let size = sizes(flat);
        movable.sort_by(|a, b| size[flat.group(*a)].total_cmp(&size[flat.group(*b)]).then(a.cmp(b)));
        let mut rank = vec![None; flat.containers()];
        (0u32..).zip(&movable).for_each(|(place, it)| rank[*it as usize] = Some(place));
        let reach = ((movable.len() as f64 * ALIKE) as usize).max(4);
        let weights = if returns && flat.instance.has_transient() { WEIGHTS_TRANSIENT } else { WEIGHTS };
        let mut is_open = vec![false; flat.instance.machines.len()];
        open.iter().for_each(|it| is_open[*it as usize] = true);
        // What doubled replicas cost is known for one of a service at a time.
        let twins = tier.doubled == 0.0;
        let kinds = weights.iter().flat_map(|(kind, weight)| std::iter::repeat_n(*kind, *weight as usize)).collect();
        Proposals { movable, rank, reach, open, is_open, kinds, next: Kind::Shift, left: 0, twins }
    }

    /// Whether there is nothing to change.
    pub(super) fn is_empty(&self) -> bool {
        self.movable.is_empty() || self.open.len() < 2
    }

    /// The containers that may move, by size.
    pub(super) fn movable(&self) -> &[u32] {
        &self.movable
    }

    /// Where among them a container is, if it may move.
    pub(super) fn rank(&self, container: u32) -> Option<u32> {
        self.rank[container as usize]
    }

    /// The machines that they may go to.
    pub(super) fn open(&self) -> &[u32] {
        &self.open
    }

    fn kind(&mut self, rng: &mut Rng) -> Kind {
        if self.left == 0 {
            self.left = IN_A_ROW;
            self.next = self.kinds[rng.below(self.kinds.len())];
        }
        self.left -= 1;
        self.next
    }

    /// A container of about the same size.
    fn alike(&self, container: u32, rng: &mut Rng) -> u32 {
        let rank = self.rank[container as usize].unwrap_or(0) as usize;
        let low = rank.saturating_sub(self.reach);
        let high = (rank + self.reach + 1).min(self.movable.len());
        self.movable[low + rng.below(high - low)]
    }

    /// A change to try, of a container that may move and maybe others; false where what was drawn makes none.
    pub(super) fn draw(&mut self, flat: &Flat<'_>, container: u32, rng: &mut Rng, trial: &mut Trial) -> bool {
        trial.clear();
        let kind = self.kind(rng);
        let from = flat.place(container);
        let makes_one = match kind {
            Kind::Shift => {
                let to = rng.pick(&self.open);
                trial.push(flat.shift(container, to));
                to != from
            }
            Kind::Swap | Kind::SwapAlike => {
                let is_any = matches!(kind, Kind::Swap);
                let other = if is_any { rng.pick(&self.movable) } else { self.alike(container, rng) };
                let to = flat.place(other);
                trial.push(flat.shift(container, to));
                trial.push(flat.shift(other, from));
                to != from
            }
            Kind::Return => {
                let origin = flat.origin(flat.group(container)).unwrap_or(from);
                trial.push(flat.shift(container, origin));
                origin != from && self.is_open[origin as usize]
            }
            Kind::Eject => {
                let other = rng.pick(&self.movable);
                let (to, last) = (flat.place(other), rng.pick(&self.open));
                trial.push(flat.shift(container, to));
                trial.push(flat.shift(other, last));
                to != from && last != to && last != from
            }
            Kind::Rotate => {
                let (second, third) = (rng.pick(&self.movable), rng.pick(&self.movable));
                let (to, last) = (flat.place(second), flat.place(third));
                trial.push(flat.shift(container, to));
                trial.push(flat.shift(second, last));
                trial.push(flat.shift(third, from));
                to != from && last != from && to != last
            }
            Kind::OneForTwo => {
                let second = rng.pick(&self.movable);
                let to = flat.place(second);
                let third = rng.pick(flat.on(to));
                trial.push(flat.shift(container, to));
                trial.push(flat.shift(second, from));
                trial.push(flat.shift(third, from));
                to != from && third != second && self.rank[third as usize].is_some()
            }
        };
        makes_one && self.may_be(flat, trial)
    }

    /// Whether all may be where they go, and no two are alike.
    pub(super) fn may_be(&self, flat: &Flat<'_>, trial: &Trial) -> bool {
        let shifts = trial.shifts();
        let differ = |a: usize, b: usize| a != b && (self.twins || flat.service_of(a) != flat.service_of(b));
        shifts.iter().enumerate().all(|(index, shift)| {
            flat.is_eligible(shift.group as usize, shift.to)
                && shifts[..index].iter().all(|other| differ(shift.group as usize, other.group as usize))
        })
    }
}

/// How large the containers of each group are, as a share of all of each resource.
fn sizes(flat: &Flat<'_>) -> Vec<f64> {
    let groups = &flat.instance.groups;
    let all = |resource: usize| groups.iter().map(|it| it.demand[resource] as f64 * f64::from(it.count)).sum::<f64>();
    let all: Vec<f64> = (0..flat.instance.resources.len()).map(all).collect();
    let size = |demand: &[i64]| demand.iter().zip(&all).map(|(it, all)| *it as f64 / all.max(1.0)).sum();
    groups.iter().map(|it| size(&it.demand)).collect()
}
