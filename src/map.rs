//! Mappings in the order of the file, made for what compose files are made of: very many of very few entries.
//!
//! Up to `MOST_SCANNED` entries a key is found by looking at them one after the other, which is quicker than hashing it,
//! and there is nothing but the entries to be kept. Larger mappings have an index, so that one of 20,000 services is no
//! slower.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::ops::Index;
use std::sync::Arc;

/// Larger mappings have an index.
const MOST_SCANNED: usize = 24;

/// A mapping from texts, which are shared, to values; in the order in which they were put in.
#[derive(Clone, Debug)]
pub struct Map<V> {
    entries: Vec<(Arc<str>, V)>,
    /// There for large mappings only.
    index: Option<Box<Places>>,
}

/// By key, the entry's place.
#[derive(Clone, Debug)]
struct Places(HashMap<Arc<str>, usize>);

impl<V> Map<V> {
    /// An empty one.
    pub const fn new() -> Self {
        Map { entries: Vec::new(), index: None }
    }

    /// An empty one, with room.
    pub fn with_capacity(capacity: usize) -> Self {
        Map { entries: Vec::with_capacity(capacity), index: None }
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The place of a key's entry.
    pub fn place(&self, key: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.0.get(key).copied(),
            None => self.entries.iter().position(|(known, _)| **known == *key),
        }
    }

    /// The entry at a place.
    pub fn at(&self, place: usize) -> Option<(&Arc<str>, &V)> {
        self.entries.get(place).map(|(key, value)| (key, value))
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&V> {
        Some(&self.entries[self.place(key)?].1)
    }

    /// The key as it is kept, and its value.
    pub fn get_key_value(&self, key: &str) -> Option<(&Arc<str>, &V)> {
        let (key, value) = &self.entries[self.place(key)?];
        Some((key, value))
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        let place = self.place(key)?;
        Some(&mut self.entries[place].1)
    }

    /// The value of a key, which is put at the end if it is not there.
    pub fn get_or_insert_with(&mut self, key: Arc<str>, value: impl FnOnce() -> V) -> &mut V {
        let place = self.place(&key).unwrap_or_else(|| self.push(key, value()));
        &mut self.entries[place].1
    }

    /// Whether the key is there.
    pub fn contains_key(&self, key: &str) -> bool {
        self.place(key).is_some()
    }

    /// Puts a value where the key is, else at the end; returns the one that was there.
    pub fn insert(&mut self, key: Arc<str>, value: V) -> Option<V> {
        match self.place(&key) {
            Some(place) => Some(std::mem::replace(&mut self.entries[place].1, value)),
            None => {
                self.push(key, value);
                None
            }
        }
    }

    fn push(&mut self, key: Arc<str>, value: V) -> usize {
        let place = self.entries.len();
        if let Some(index) = &mut self.index {
            index.0.insert(key.clone(), place);
        }
        self.entries.push((key, value));
        if self.index.is_none() && place >= MOST_SCANNED {
            self.index_anew();
        }
        place
    }

    fn index_anew(&mut self) {
        let places = || self.entries.iter().enumerate().map(|(at, (key, _))| (key.clone(), at)).collect();
        self.index = (self.entries.len() > MOST_SCANNED).then(|| Box::new(Places(places())));
    }

    /// Takes an entry out; those after it move up.
    pub fn remove(&mut self, key: &str) -> Option<V> {
        let place = self.place(key)?;
        let (_, value) = self.entries.remove(place);
        if let Some(index) = &mut self.index {
            index.0.remove(key);
            index.0.values_mut().filter(|at| **at > place).for_each(|at| *at -= 1);
        }
        Some(value)
    }

    /// Keeps the entries of which that is true.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &mut V) -> bool) {
        self.entries.retain_mut(|(key, value)| keep(key, value));
        self.index_anew();
    }

    /// Puts the entries into the order of their keys.
    pub fn sort_keys(&mut self) {
        self.entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.index_anew();
    }

    /// Gives back room that is not needed.
    pub fn shrink_to_fit(&mut self) {
        self.entries.shrink_to_fit();
    }

    /// The entries.
    pub fn iter(&self) -> Iter<'_, V> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// The entries, their values to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Arc<str>, &mut V)> {
        self.entries.iter_mut().map(|(key, value)| (&*key, value))
    }

    /// The keys.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Arc<str>> + ExactSizeIterator + Clone {
        self.entries.iter().map(|(key, _)| key)
    }

    /// The values.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> + ExactSizeIterator + Clone {
        self.entries.iter().map(|(_, value)| value)
    }

    /// The values, to be changed.
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut V> + ExactSizeIterator {
        self.entries.iter_mut().map(|(_, value)| value)
    }

    /// The values alone.
    pub fn into_values(self) -> impl DoubleEndedIterator<Item = V> + ExactSizeIterator {
        self.entries.into_iter().map(|(_, value)| value)
    }
}

/// The entries of a [`Map`].
pub type Iter<'a, V> = std::iter::Map<std::slice::Iter<'a, (Arc<str>, V)>, Pair<'a, V>>;

type Pair<'a, V> = fn(&'a (Arc<str>, V)) -> (&'a Arc<str>, &'a V);

impl<V> Default for Map<V> {
    fn default() -> Self {
        Map::new()
    }
}

/// Two mappings with the same entries are equal, whatever their order.
impl<V: PartialEq> PartialEq for Map<V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(key, value)| other.get(key) == Some(value))
    }
}

impl<V: Eq> Eq for Map<V> {}

impl<Q: Borrow<str> + ?Sized, V> Index<&Q> for Map<V> {
    type Output = V;

    /// # Panics
    /// Where the key is not there.
    fn index(&self, key: &Q) -> &V {
        let place = self.place(key.borrow());
        &self.entries[place.unwrap_or(usize::MAX)].1
    }
}

impl<K: Into<Arc<str>>, V> Extend<(K, V)> for Map<V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key.into(), value);
        }
    }
}

impl<K: Into<Arc<str>>, V> FromIterator<(K, V)> for Map<V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let entries = entries.into_iter();
        let mut map = Map::with_capacity(entries.size_hint().0);
        map.extend(entries);
        // How many there are was a guess, and small mappings are many.
        map.shrink_to_fit();
        map
    }
}

impl<K: Into<Arc<str>>, V, const N: usize> From<[(K, V); N]> for Map<V> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<V> IntoIterator for Map<V> {
    type Item = (Arc<str>, V);
    type IntoIter = std::vec::IntoIter<(Arc<str>, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'a, V> IntoIterator for &'a Map<V> {
    type Item = (&'a Arc<str>, &'a V);
    type IntoIter = Iter<'a, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever is done to it, it is what an `IndexMap` would be, with an index and without.
        #[test]
        fn behaves_as_an_index_map(steps in prop::collection::vec((0u8..6, 0u32..60, 0u32..9), 0..200)) {
            let (mut map, mut model) = (Map::new(), IndexMap::<Arc<str>, u32>::new());
            for (step, key, value) in steps {
                let key: Arc<str> = key.to_string().into();
                match step {
                    0..=2 => prop_assert_eq!(map.insert(key.clone(), value), model.insert(key.clone(), value)),
                    3 => prop_assert_eq!(map.remove(&key), model.shift_remove(&key)),
                    4 if value == 0 => {
                        map.retain(|key, value| key.len() as u32 != *value);
                        model.retain(|key, value| key.len() as u32 != *value);
                    }
                    5 if value == 0 => {
                        map.sort_keys();
                        model.sort_keys();
                    }
                    _ => {
                        let there = *model.entry(key.clone()).or_insert(value);
                        prop_assert_eq!(*map.get_or_insert_with(key.clone(), || value), there);
                    }
                }
                prop_assert_eq!(map.get(&key), model.get(&key));
                prop_assert!(map.iter().eq(model.iter()));
            }
            prop_assert!(model.iter().all(|(key, value)| map[&**key] == *value));
        }
    }
}
