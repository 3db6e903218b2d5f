//! Buckets: positions of a bag grouped by key, compared exactly, in order of first occurrence.
//!
//! A bag is in ascending id order, so buckets come in the order of their smallest id.

use std::hash::{BuildHasher, Hash};

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use super::item::{Item, ItemFn};
use super::lot::Lot;
use super::node_id::NodeId;
use super::run_state::Run;
use crate::error::Error;
use crate::explain::event::KeyJson;
use crate::value::EvalError;
use crate::value::json::Shown;

/// Requirements on a key. Implemented for every type that meets them.
///
/// ```
/// use florecon::prelude::*;
/// fn bucket_by<K: Key>(key: K) -> Plan<i64> {
///     agg_net(move |_: Item<i64>| Some(key.clone()), abs_tol(0))
/// }
/// let plan = bucket_by((Text::from("AT"), 2025));
/// ```
pub trait Key: Eq + Hash + Clone + Shown + 'static {}

impl<K: Eq + Hash + Clone + Shown + 'static> Key for K {}

/// The number of no key.
pub(crate) const NO_KEY: u32 = u32::MAX;

/// Up to this many keys are compared one by one: most shards are small, and a table would cost more.
const FEW: usize = 8;

/// Keys that are read from their rows at a time: rows are misses of the cache, and a short loop has the processor wait for several.
pub(crate) const BATCH: usize = 64;

/// Gives equal keys one number, counting from 0 in the order of first sight.
pub(crate) struct Numbering<K> {
    pub keys: Vec<K>,
    table: HashTable<(u32, u32)>,
    /// Number of keys that the table starts with room for: growing is most of what filling it takes.
    room: usize,
    /// The number given last: rows of one key often come together.
    last: u32,
}

impl<K> Default for Numbering<K> {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            table: HashTable::new(),
            room: 0,
            last: 0,
        }
    }
}

impl<K> Numbering<K> {
    /// For so many items, of which most have a key in common with another.
    pub fn of_items(items: usize) -> Self {
        Self {
            room: items / 2,
            ..Self::default()
        }
    }
}

impl<K: Eq + Hash> Numbering<K> {
    pub fn number(&mut self, key: K) -> u32 {
        if self.keys.get(self.last as usize).is_some_and(|last| *last == key) {
            return self.last;
        }
        self.last = if self.table.is_empty() {
            self.number_among_few(key)
        } else {
            self.number_among_many(key)
        };
        self.last
    }

    fn number_among_many(&mut self, key: K) -> u32 {
        let hash = short_hash(&key);
        let known = self.table.find(spread(hash), |&(other, at)| {
            other == hash && self.keys[at as usize] == key
        });
        match known {
            Some(&(_, number)) => number,
            None => {
                let number = self.add(key);
                self.enter(hash, number);
                number
            }
        }
    }

    fn number_among_few(&mut self, key: K) -> u32 {
        if let Some(number) = self.keys.iter().position(|known| *known == key) {
            return number as u32;
        }
        let number = self.add(key);
        if self.keys.len() > FEW {
            self.table.reserve(self.room, |&(hash, _)| spread(hash));
            for at in 0..self.keys.len() {
                self.enter(short_hash(&self.keys[at]), at as u32);
            }
        }
        number
    }

    fn add(&mut self, key: K) -> u32 {
        // fewer keys than items, fewer items than rows
        self.keys.push(key);
        (self.keys.len() - 1) as u32
    }

    fn enter(&mut self, hash: u32, number: u32) {
        self.table
            .insert_unique(spread(hash), (hash, number), |&(hash, _)| spread(hash));
    }
}

/// A hash of half the width, which a table keeps beside each key: it grows without hashing keys again.
pub(super) fn short_hash(key: &(impl Hash + ?Sized)) -> u32 {
    let hash = FxBuildHasher.hash_one(key);
    (hash >> 32) as u32 ^ hash as u32
}

/// The table wants entropy in the high bits as well as in the low ones.
pub(super) fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Positions of a bag, bucket after bucket, ascending within each.
pub(crate) struct Buckets {
    /// The positions.
    pub order: Vec<u32>,
    /// End of each bucket in `order`.
    pub ends: Vec<u32>,
}

impl Buckets {
    /// Sorts positions by their bucket numbers, stably and in linear time.
    pub fn from_numbers(numbers: &[u32], count: usize) -> Self {
        Self::from_pairs(
            numbers.len(),
            || numbers.iter().enumerate().map(|(at, &number)| (number, at as u32)),
            count,
        )
    }

    /// The same for any pairs of a bucket number and a position; `NO_KEY` is left out.
    pub fn from_pairs<I: Iterator<Item = (u32, u32)>>(at_most: usize, pairs: impl Fn() -> I, count: usize) -> Self {
        let mut ends = vec![0_u32; count];
        if count == 1 {
            let mut order = Vec::with_capacity(at_most);
            order.extend(pairs().filter(|pair| pair.0 != NO_KEY).map(|pair| pair.1));
            ends[0] = order.len() as u32;
            return Self { order, ends };
        }
        for (number, _) in pairs().filter(|pair| pair.0 != NO_KEY) {
            ends[number as usize] += 1;
        }
        let mut total = 0;
        for end in &mut ends {
            // the start for now; the fill below moves it to the end
            total += std::mem::replace(end, total);
        }
        let mut order = vec![0_u32; total as usize];
        for (number, at) in pairs().filter(|pair| pair.0 != NO_KEY) {
            let next = &mut ends[number as usize];
            order[*next as usize] = at;
            *next += 1;
        }
        Self { order, ends }
    }

    /// The items of `bag` by `key`; items with a null key are counted and left out.
    pub fn form<R, K: Eq + Hash + Shown>(
        run: &mut Run<'_, R>,
        node: NodeId,
        bag: &[Lot],
        key: impl Fn(Item<'_, R>) -> Result<Option<K>, EvalError>,
    ) -> Result<Self, Error> {
        Ok(Self::form_keyed(run, node, bag, key)?.0)
    }

    /// The same, with the key of each bucket.
    pub fn form_keyed<R, K: Eq + Hash + Shown>(
        run: &mut Run<'_, R>,
        node: NodeId,
        bag: &[Lot],
        key: impl Fn(Item<'_, R>) -> Result<Option<K>, EvalError>,
    ) -> Result<(Self, Vec<K>), Error> {
        let mut numbering = Numbering::of_items(bag.len());
        let mut numbers = Vec::with_capacity(bag.len());
        let mut nulls = 0;
        let mut keys = Vec::with_capacity(BATCH.min(bag.len()));
        for lots in bag.chunks(BATCH) {
            for &lot in lots {
                keys.push(key(run.item(lot)).map_err(|error| run.fault(lot.row, error))?);
            }
            for key in keys.drain(..) {
                nulls += u64::from(key.is_none());
                numbers.push(key.map_or(NO_KEY, |key| numbering.number(key)));
            }
        }
        run.stage(node).null_key += nulls;
        if run.is_recorded() {
            run.record_keys(node, bag, &numbers, &|number| {
                KeyJson::of(&numbering.keys[number as usize])
            });
        }
        let buckets = Self::from_numbers(&numbers, numbering.keys.len());
        Ok((buckets, numbering.keys))
    }

    /// The same of a node that may be the strategy's partition, whose shards may be known.
    pub fn of_shards<R, K: Key>(
        run: &mut Run<'_, R>,
        node: NodeId,
        bag: &[Lot],
        key: &ItemFn<R, Option<K>>,
    ) -> Result<(Self, Vec<K>), Error> {
        let Some(buckets) = run.known_shards(node, bag) else {
            return Self::form_keyed(run, node, bag, key);
        };
        let firsts = buckets.iter().filter_map(|bucket| bucket.first());
        let keys = firsts.map(|&at| run.eval(key, bag[at as usize]));
        let keys: Vec<Option<K>> = keys.collect::<Result<_, _>>()?;
        Ok((buckets, keys.into_iter().flatten().collect()))
    }

    /// One bucket of these positions, or none of no positions.
    pub fn one(order: Vec<u32>) -> Self {
        let ends = if order.is_empty() {
            Vec::new()
        } else {
            vec![order.len() as u32]
        };
        Self { order, ends }
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn get(&self, index: usize) -> &[u32] {
        &self.order[self.range(index)]
    }

    pub fn range(&self, index: usize) -> std::ops::Range<usize> {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        start as usize..self.ends[index] as usize
    }

    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.len()).map(|index| self.get(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(PartialEq, Eq, Clone)]
    struct Colliding(u32);

    impl Hash for Colliding {
        fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
            0_u8.hash(state);
        }
    }

    #[test]
    fn keys_that_collide_keep_their_own_numbers() {
        let mut numbering = Numbering::default();
        for round in 0..2 {
            for key in 0..100 {
                assert_eq!(numbering.number(Colliding(key)), key, "round {round}");
            }
        }
    }

    #[test]
    fn buckets_come_in_the_order_of_first_sight() {
        let mut numbering = Numbering::default();
        let numbers: Vec<u32> = ["b", "a", "b", "c", "a"].map(|key| numbering.number(key)).to_vec();
        let buckets = Buckets::from_numbers(&numbers, numbering.keys.len());
        let found: Vec<&[u32]> = buckets.iter().collect();
        assert_eq!(found, [&[0, 2][..], &[1, 4], &[3]]);
    }
}
