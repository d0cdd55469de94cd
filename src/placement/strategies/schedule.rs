//! How annealing cools: phases, and how far the work or the clock has come in them.

/// Chains, on as many threads.
pub(super) const CHAINS: usize = 2;

/// How far the clock may be ahead of the work before it rules.
const CLOCK_LEAD: f64 = 0.05;

/// What holding too much costs at first, and by how much it has risen when the phase has cooled; see [`Cost::excess`](crate::placement::core::Cost::excess).
const PRICE: f64 = 1.0;
const RISE: f64 = 200.0;

/// From here on, as a part of a loose phase, the price rises until nothing is too much.
const TURN: f64 = 0.85;
const LAST_RISE: f64 = 200.0;

/// How often it is warmed up again where something is too much even then, and how warm.
const WARMINGS: f64 = 4.0;
const WARM: f64 = 0.1;

/// A part of the work: how hot it begins and ends, as a part of the hottest.
#[derive(Clone, Copy)]
pub(super) struct Phase {
    pub share: f64,
    pub hot: f64,
    pub cold: f64,
    /// Whether machines may hold too much.
    pub loose: bool,
}

impl Phase {
    const fn loose(share: f64, hot: f64, cold: f64) -> Self {
        Phase { share, hot, cold, loose: true }
    }

    const fn strict(share: f64, hot: f64, cold: f64) -> Self {
        Phase { share, hot, cold, loose: false }
    }
}

/// A way to cool.
pub(super) struct Cooling {
    /// By chain: the hottest, in steps up of which nine of ten are larger.
    pub hottest: [f64; CHAINS],
    /// How often, of 1024 trials, a container is [made room for](super::clearing).
    pub clears: usize,
    pub phases: &'static [Phase],
}

/// Where room is scarce. What is large finds its machine while it is hot, and the rest depends on that: most of the time goes there.
pub(super) const SCARCE: Cooling = Cooling {
    hottest: [100.0; CHAINS],
    clears: 8,
    phases: &[Phase::loose(0.85, 1.0, 1e-2), Phase::strict(0.1, 1e-2, 1e-7), Phase::strict(0.05, 1e-2, 1e-7)],
};

/// The same where what leaves uses transient resources all the same: first a quick walk, by which the way to walk is chosen.
pub(super) const TRANSIENT: Cooling = Cooling {
    phases: &[
        Phase::loose(0.1, 1.0, 1e-2),
        Phase::loose(0.76, 1.0, 1e-2),
        Phase::strict(0.09, 1e-2, 1e-7),
        Phase::strict(0.05, 1e-2, 1e-7),
    ],
    ..SCARCE
};

/// The same where there is little work for each container.
pub(super) const HURRIED: Cooling = Cooling {
    hottest: [100.0, 10.0],
    phases: &[Phase::loose(0.75, 1.0, 1e-3), Phase::strict(0.15, 1e-2, 1e-7), Phase::strict(0.1, 1e-2, 1e-7)],
    ..SCARCE
};

/// The same where near the bound is enough: a quick walk often is, so two of them come first.
pub(super) const NEAR: Cooling = Cooling {
    hottest: [100.0, 10.0],
    clears: 0,
    phases: &[
        Phase::loose(0.02, 1.0, 1e-4),
        Phase::loose(0.1, 1.0, 1e-4),
        Phase::loose(0.58, 1.0, 1e-4),
        Phase::strict(0.3, 1e-4, 1e-7),
    ],
};

/// Where there is no limit, and it is only a matter of what lies too much on a machine: hot enough for most of the large to
/// change places, then down to where the small ones settle.
pub(super) const FREE: Cooling = Cooling {
    hottest: [100.0; CHAINS],
    clears: 0,
    phases: &[Phase::strict(0.5, 1e-1, 1e-5), Phase::strict(0.5, 1e-3, 1e-6)],
};

/// How a phase lies in the whole.
#[derive(Clone, Copy)]
pub(super) struct Schedule {
    pub from: f64,
    pub to: f64,
    /// The fraction of the time that had passed when it all began, and that may have when it ends.
    pub begun: f64,
    pub until: f64,
    /// Where chains take turns within each phase: whose turn it is.
    pub turn: Option<usize>,
    pub phase: Phase,
}

impl Schedule {
    /// How far the phase is, from 0 to 1 and beyond, and whether the clock rules because the work falls behind it.
    pub(super) fn progress(&self, done: f64, clock: f64) -> (f64, bool) {
        let share = self.to - self.from;
        let of_all = (clock - self.begun) / (self.until - self.begun).max(1e-9);
        let of_phase = (of_all - self.from) / share;
        let turns = if self.turn.is_some() { CHAINS as f64 } else { 1.0 };
        let passed = of_phase * turns - self.turn.unwrap_or(0) as f64;
        // A small lead of the clock, as at the very beginning, is none: it would not be the same in another run.
        let late = passed > done + CLOCK_LEAD / share * turns;
        (if late { passed } else { done }, late)
    }

    /// The heat so far into the phase, as a part of the hottest, and the price of what is too much, if that is allowed.
    pub(super) fn climate(&self, progress: f64) -> (f64, Option<f64>) {
        let Phase { hot, cold, loose, .. } = self.phase;
        let cooled = if loose { (progress / TURN).min(1.0) } else { progress };
        let late = ((progress - TURN) / (1.0 - TURN)).max(0.0);
        let price = PRICE * RISE.powf(cooled) * LAST_RISE.powf(late);
        (hot * (cold / hot).powf(cooled), loose.then_some(price))
    }

    /// Several times warm and cold again after a loose phase, the price rising each time as it did at the end of the phase.
    pub(super) fn warm(&self, progress: f64) -> (f64, f64) {
        let cooled = (progress * WARMINGS).fract();
        let cold = self.phase.cold;
        (WARM * (cold / WARM).powf(cooled), PRICE * RISE * LAST_RISE.powf(cooled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last half of all, of which a quarter is done.
    fn progress(turn: Option<usize>, clock: f64) -> (f64, bool) {
        let phase = Phase::strict(0.5, 1.0, 0.1);
        Schedule { from: 0.5, to: 1.0, begun: 0.0, until: 1.0, turn, phase }.progress(0.25, clock)
    }

    #[test]
    fn the_clock_rules_where_the_work_falls_behind_it() {
        assert_eq!(progress(None, 0.5), (0.25, false));
        assert_eq!(progress(None, 0.65), (0.25, false));
        assert_eq!(progress(None, 0.75), (0.5, true));
    }

    #[test]
    fn of_chains_that_take_turns_each_has_its_part_of_the_time() {
        assert_eq!(progress(Some(0), 0.55), (0.25, false));
        assert_eq!(progress(Some(0), 0.75), (1.0, true));
        assert_eq!(progress(Some(1), 0.75), (0.25, false));
        assert_eq!(progress(Some(1), 0.875), (0.5, true));
    }
}
