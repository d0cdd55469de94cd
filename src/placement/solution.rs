//! The answer: every container with its machine and ports, and how good that is known to be.

use super::replicas::Replica;

/// A container, where it shall be, and with which host ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Which, and where.
    pub replica: Replica,
    /// The host port of each of the service's port demands, in their order.
    pub ports: Vec<u16>,
}

/// A placement that [`verify`](super::verify) found no fault with.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// By service and number.
    pub replicas: Vec<Placed>,
    /// What each tier of the objective came to, in their order.
    pub tiers: Vec<TierValue>,
}

/// What one tier of the objective came to.
#[derive(Clone, Debug, PartialEq)]
pub struct TierValue {
    /// The tier's name.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// No solution that is as good in the tiers before has less.
    pub bound: f64,
}

impl TierValue {
    /// How far the value may be from the best, as a fraction of itself; 0 when proven optimal.
    pub fn gap(&self) -> f64 {
        let distance = (self.value - self.bound).max(0.0);
        if distance <= 1e-6 * self.value.abs().max(1.0) { 0.0 } else { (distance / self.value.abs()).min(1.0) }
    }
}

impl Solution {
    /// Whether every tier is proven optimal.
    pub fn is_proven(&self) -> bool {
        self.gap() == 0.0
    }

    /// The largest gap of any tier.
    pub fn gap(&self) -> f64 {
        self.tiers.iter().map(TierValue::gap).fold(0.0, f64::max)
    }
}
