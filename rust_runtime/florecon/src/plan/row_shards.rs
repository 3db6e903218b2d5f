//! Shards of rows as numbers, given as the rows come in, so that a solve divides its bag without reading them.
//!
//! Equal keys have equal numbers. They are those of the whole amount of a row; what a key is of a part of it is asked anew.
//! Keys that no row has any more are forgotten once they are more than a few, and more than half.

use std::any::Any;

use super::buckets::{Buckets, NO_KEY};
use super::item::Item;
use super::lot::Lot;
use super::node_id::NodeId;
use super::routing::Router;
use super::run_state::Run;

/// Keys up to which rows have numbers: a strategy with more has small shards, and would keep many keys.
const MOST_KEYS: usize = 1 << 16;

/// Keys without a row up to which none is forgotten: forgetting passes over the numbers of all rows.
const MOST_UNUSED: usize = 16;

/// The number of a row whose key cannot be computed: the solve says why.
pub(crate) const FAULT: u32 = NO_KEY - 1;

/// The keys that have numbers, of the router's type.
pub(crate) type KnownKeys = Option<Box<dyn Any>>;

/// The shard of each row by slot.
#[derive(Debug, Default)]
pub(crate) struct RowShards {
    numbers: Vec<u32>,
    known: KnownKeys,
    /// Number of rows of each key.
    uses: Vec<u32>,
    /// Number of keys without a row.
    unused: usize,
    /// Whether there were too many keys.
    is_given_up: bool,
}

impl RowShards {
    /// Adds a row under the next slot. Returns a number that the rows of its shard share, and that decides nothing.
    pub fn push<R>(&mut self, router: Option<&dyn Router<R>>, item: Item<'_, R>) -> u64 {
        let Some(router) = router else { return 0 };
        if self.is_given_up {
            return router.hash(item);
        }
        let number = self.number(router, item);
        if !self.is_given_up {
            self.numbers.push(number);
        }
        u64::from(number)
    }

    /// Replaces the row of a slot.
    pub fn set<R>(&mut self, slot: usize, router: Option<&dyn Router<R>>, item: Item<'_, R>) {
        let Some(router) = router.filter(|_| slot < self.numbers.len()) else {
            return;
        };
        self.leave(self.numbers[slot]);
        let number = self.number(router, item);
        self.numbers.get_mut(slot).into_iter().for_each(|old| *old = number);
    }

    /// The number of a further row; with the first key too many no row has one.
    fn number<R>(&mut self, router: &dyn Router<R>, item: Item<'_, R>) -> u32 {
        if self.unused > MOST_UNUSED.max(self.uses.len() / 2) {
            self.forget_unused(router);
        }
        let number = router.number(item, &mut self.known);
        if number >= FAULT {
            return number;
        }
        if let Some(uses) = self.uses.get_mut(number as usize) {
            self.unused -= usize::from(*uses == 0);
            *uses += 1;
        } else if self.uses.len() < MOST_KEYS {
            self.uses.push(1);
        } else {
            *self = Self {
                is_given_up: true,
                ..Self::default()
            };
        }
        number
    }

    /// Notes that a row of this number is no more.
    fn leave(&mut self, number: u32) {
        if let Some(uses) = self.uses.get_mut(number as usize) {
            *uses -= 1;
            self.unused += usize::from(*uses == 0);
        }
    }

    fn forget_unused<R>(&mut self, router: &dyn Router<R>) {
        let target = router.retain(&mut self.known, &self.uses);
        for number in &mut self.numbers {
            *number = target.get(*number as usize).copied().unwrap_or(*number);
        }
        self.uses.retain(|&uses| uses > 0);
        self.unused = 0;
    }

    pub fn truncate(&mut self, len: usize) {
        while self.numbers.len() > len {
            let number = self.numbers.pop().unwrap_or(NO_KEY);
            self.leave(number);
        }
    }

    /// Keeps the rows that `keep` names, one answer per slot.
    pub fn retain(&mut self, keep: &[bool]) {
        let mut numbers = std::mem::take(&mut self.numbers);
        let mut kept = keep.iter();
        numbers.retain(|&number| {
            let is_kept = kept.next().is_none_or(|&keep| keep);
            if !is_kept {
                self.leave(number);
            }
            is_kept
        });
        self.numbers = numbers;
    }

    /// The numbers by slot, if rows have any; to be permuted with the rows.
    pub fn numbers_mut(&mut self) -> Option<&mut Vec<u32>> {
        (!self.numbers.is_empty()).then_some(&mut self.numbers)
    }

    /// The numbers by slot, and how many different ones there may be.
    pub fn numbers(&self) -> Option<(&[u32], usize)> {
        (!self.numbers.is_empty()).then_some((&self.numbers, self.uses.len()))
    }
}

impl<R> Run<'_, R> {
    /// The shards of a bag at a node, in the order of first sight, where they are known. Rows without a key are counted.
    pub fn known_shards(&mut self, node: NodeId, bag: &[Lot]) -> Option<Buckets> {
        let (routed, (numbers, count)) = self.shards?;
        if routed != node || self.is_recorded() || !self.rows.are_all() {
            return None;
        }
        let mut inside = vec![NO_KEY; count];
        let (mut found, mut nulls, mut shards) = (Vec::with_capacity(bag.len()), 0, 0);
        for &lot in bag {
            let number = numbers[lot.row as usize];
            if number == FAULT || !self.is_whole(lot) {
                return None;
            }
            let Some(inside) = inside.get_mut(number as usize) else {
                nulls += 1;
                found.push(NO_KEY);
                continue;
            };
            if *inside == NO_KEY {
                *inside = shards;
                shards += 1;
            }
            found.push(*inside);
        }
        self.stage(node).null_key += nulls;
        Some(Buckets::from_numbers(&found, shards as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    fn item(row: &i64) -> Item<'_, i64> {
        Item {
            row,
            amount: 1,
            original: 1,
        }
    }

    #[test]
    fn rows_of_too_many_keys_have_no_numbers() {
        let plan: Plan<i64> = partition_by(|item: Item<'_, i64>| Some(*item.row), agg_net(one_bucket, abs_tol(0)));
        let mut shards = RowShards::default();
        let keys: Vec<i64> = (0..MOST_KEYS as i64).collect();
        for key in &keys {
            assert_eq!(shards.push(plan.router(), item(key)), key.unsigned_abs());
        }
        shards.set(2, plan.router(), item(&1));
        assert_eq!(
            shards.numbers().map(|(numbers, count)| (numbers[2], count)),
            Some((1, MOST_KEYS))
        );
        shards.set(2, plan.router(), item(&-1));
        assert!(shards.numbers().is_none());
        shards.set(2, plan.router(), item(&1));
        assert_eq!(
            shards.push(plan.router(), item(&7)),
            shards.push(plan.router(), item(&7))
        );
        assert!(shards.numbers().is_none());
    }

    #[test]
    fn keys_of_no_row_are_forgotten() {
        let plan: Plan<i64> = partition_by(
            |item: Item<'_, i64>| {
                if *item.row < 0 {
                    Err(EvalError::Overflow)
                } else {
                    Ok((*item.row > 0).then_some(*item.row))
                }
            },
            agg_net(one_bucket, abs_tol(0)),
        );
        let mut shards = RowShards::default();
        let mut keys: Vec<i64> = (0..40).collect();
        for key in &keys {
            shards.push(plan.router(), item(key));
        }
        let (mut state, mut most) = (5_u64, 0);
        for edit in 0..4000_i64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (at, draw) = ((state >> 33) as usize % keys.len(), (state >> 40) % 8);
            match draw {
                0 => {
                    let refused: Vec<i64> = (0..30).map(|key| edit + key).collect();
                    for key in &refused {
                        shards.push(plan.router(), item(key));
                    }
                    shards.truncate(keys.len());
                }
                1 if keys.len() > 9 => {
                    let keep: Vec<bool> = (0..keys.len()).map(|slot| slot % 7 != at % 7).collect();
                    shards.retain(&keep);
                    let mut keep = keep.iter();
                    keys.retain(|_| *keep.next().unwrap());
                }
                2 => {
                    shards.numbers_mut().unwrap().reverse();
                    keys.reverse();
                }
                3 => {
                    keys.extend([edit % 5 - 1, edit]);
                    for key in &keys[keys.len() - 2..] {
                        shards.push(plan.router(), item(key));
                    }
                }
                _ => {
                    keys[at] = edit % 400 - 1;
                    shards.set(at, plan.router(), item(&keys[at]));
                }
            }
            let (numbers, count) = shards.numbers().unwrap();
            let mut key_of = vec![None; count];
            for (&number, &key) in numbers.iter().zip(&keys) {
                match key {
                    ..0 => assert_eq!(number, FAULT),
                    0 => assert_eq!(number, NO_KEY),
                    _ => assert_eq!(*key_of[number as usize].get_or_insert(key), key),
                }
            }
            assert_eq!(numbers.len(), keys.len());
            let used = key_of.iter().flatten().count();
            assert_eq!(used, count - shards.unused);
            let different: std::collections::HashSet<&i64> = keys.iter().filter(|key| **key > 0).collect();
            assert_eq!(used, different.len(), "a key has one number");
            most = most.max(count - used);
        }
        assert!((17..120).contains(&most), "{most} unused keys");
    }
}
