//! The last things of a kind, by key: so many, and the oldest goes.

use std::collections::{BTreeMap, VecDeque};

/// The last `max` things.
pub(super) struct Last<K, V> {
    max: usize,
    things: BTreeMap<K, V>,
    order: VecDeque<K>,
}

impl<K: Ord + Copy, V> Last<K, V> {
    /// Room for so many.
    pub(super) fn of(max: usize) -> Self {
        Self { max, things: BTreeMap::new(), order: VecDeque::new() }
    }

    /// Keeps one, in the place of another under its key.
    pub(super) fn keep(&mut self, key: K, thing: V) {
        if self.things.insert(key, thing).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > self.max {
            let oldest = self.order.pop_front();
            oldest.and_then(|oldest| self.things.remove(&oldest));
        }
    }

    /// The one under a key, if it is among the last.
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.things.get(key)
    }

    /// Lets go of those that are not `wanted`.
    pub(super) fn retain(&mut self, mut wanted: impl FnMut(&K, &V) -> bool) {
        self.things.retain(|key, thing| wanted(key, thing));
        self.order.retain(|key| self.things.contains_key(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_where_there_is_no_room() {
        let mut last = Last::of(2);
        (1..=3).for_each(|key| last.keep(key, key * 10));
        last.keep(2, 21);
        assert_eq!((last.get(&1), last.get(&2), last.get(&3)), (None, Some(&21), Some(&30)));
        last.retain(|_, thing| *thing != 21);
        last.keep(4, 40);
        assert_eq!((last.get(&2), last.get(&3), last.get(&4)), (None, Some(&30), Some(&40)));
    }
}
