//! The largest number that fits.

use crate::placement::Outcome;

use super::Most;

/// Whether a number more fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fits {
    Yes,
    No,
    Unknown,
}

impl From<&Outcome> for Fits {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Placed(_) => Fits::Yes,
            Outcome::Refused => Fits::No,
            Outcome::Undecided(_) => Fits::Unknown,
        }
    }
}

/// The largest number that fits, by doubling and halving: what one more lacks, two more lack. Where `plenty` fit, no end is
/// looked for.
pub(super) fn search(plenty: u32, mut fits: impl FnMut(u32) -> Fits) -> Most {
    let (mut low, mut step) = (0, 1);
    let mut high = loop {
        if low >= plenty {
            return Most::Plenty(low);
        }
        let next = plenty.min(low + step);
        match fits(next) {
            Fits::Yes => (low, step) = (next, step * 2),
            Fits::No => break (next, true),
            Fits::Unknown => break (next, false),
        }
    };
    while low + 1 < high.0 {
        let middle = u32::midpoint(low, high.0);
        match fits(middle) {
            Fits::Yes => low = middle,
            Fits::No => high = (middle, true),
            Fits::Unknown => high = (middle, false),
        }
    }
    if high.1 { Most::Exactly(low) } else { Most::AtLeast(low) }
}
