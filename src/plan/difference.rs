//! What one plan does that another does not.

use std::collections::BTreeMap;

use super::model::{Change, PlacedContainer, Plan};

/// What two plans of one project have in different ways.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Differences<'p> {
    /// Whether they were made from machines in the same state.
    pub same_state: bool,
    /// Changes that are in one of them, or are other ones in each: by address and machine, in the first and in the second.
    pub changes: Vec<(Option<&'p Change>, Option<&'p Change>)>,
    /// Containers that end elsewhere: their machines, in the first and in the second.
    pub places: Vec<(String, Option<&'p str>, Option<&'p str>)>,
    /// Tiers of the objective that come to other values: the name, and both.
    pub tiers: Vec<(&'p str, f64, f64)>,
}

impl Differences<'_> {
    /// Whether both do the same and end the same.
    pub fn is_empty(&self) -> bool {
        self.same_state && self.changes.is_empty() && self.places.is_empty()
    }
}

/// Compares two plans.
pub fn differences<'p>(before: &'p Plan, after: &'p Plan) -> Differences<'p> {
    let key = |change: &'p Change| ((change.address.as_str(), change.machine.as_str()), change);
    let changes = pairs(before.changes.iter().map(key), after.changes.iter().map(key));
    let changes = changes.into_values().filter(|(before, after)| before != after).collect();
    let place = |it: &'p PlacedContainer| (format!("{}.{}", it.service, it.number), it.machine.as_str());
    let places = pairs(before.placement.iter().map(place), after.placement.iter().map(place));
    let places = places.into_iter().filter(|(_, (before, after))| before != after);
    let value = |name: &str| before.quality.tiers.iter().find(|tier| tier.name == name).map(|tier| tier.value);
    let tiers =
        after.quality.tiers.iter().filter_map(|tier| Some((tier.name.as_str(), value(&tier.name)?, tier.value)));
    Differences {
        same_state: before.observed_digest == after.observed_digest,
        changes,
        places: places.map(|(name, (before, after))| (name, before, after)).collect(),
        tiers: tiers.filter(|(_, before, after)| before != after).collect(),
    }
}

/// What each side has under a key.
fn pairs<K: Ord, V>(
    before: impl Iterator<Item = (K, V)>,
    after: impl Iterator<Item = (K, V)>,
) -> BTreeMap<K, (Option<V>, Option<V>)> {
    let mut all: BTreeMap<K, (Option<V>, Option<V>)> = BTreeMap::new();
    before.for_each(|(key, value)| all.entry(key).or_insert((None, None)).0 = Some(value));
    after.for_each(|(key, value)| all.entry(key).or_insert((None, None)).1 = Some(value));
    all
}
