//! Shards of rows as numbers, given as the rows come in, so that a solve divides its bag without reading them.
//!
//! Equal keys have equal numbers. They are those of the whole amount of a row; what a key is of a part of it is asked anew.

use std::any::Any;

use super::buckets::{Buckets, NO_KEY};
use super::item::Item;
use super::lot::Lot;
use super::node_id::NodeId;
use super::routing::Router;
use super::run_state::Run;

/// Keys up to which rows have numbers: a strategy with more has small shards, and would keep many keys.
const MOST_KEYS: usize = 1 << 16;

/// The number of a row whose key cannot be computed: the solve says why.
pub(crate) const FAULT: u32 = NO_KEY - 1;

/// The keys that have numbers, of the router's type.
pub(crate) type KnownKeys = Option<Box<dyn Any>>;

/// The shard of each row by slot.
#[derive(Debug, Default)]
pub(crate) struct RowShards {
    numbers: Vec<u32>,
    known: KnownKeys,
    /// Number of different keys.
    count: usize,
}

impl RowShards {
    /// Adds a row under the next slot. Returns a number that the rows of its shard share, and that decides nothing.
    pub fn push<R>(&mut self, router: Option<&dyn Router<R>>, item: Item<'_, R>) -> u64 {
        let Some(router) = router else { return 0 };
        if self.count > MOST_KEYS {
            return router.hash(item);
        }
        let number = self.number(router, item);
        if self.count <= MOST_KEYS {
            self.numbers.push(number);
        }
        u64::from(number)
    }

    /// Replaces the row of a slot.
    pub fn set<R>(&mut self, slot: usize, router: Option<&dyn Router<R>>, item: Item<'_, R>) {
        if let Some(router) = router.filter(|_| !self.numbers.is_empty()) {
            let number = self.number(router, item);
            self.numbers.get_mut(slot).into_iter().for_each(|old| *old = number);
        }
    }

    /// The number of a row; with the first key too many no row has one.
    fn number<R>(&mut self, router: &dyn Router<R>, item: Item<'_, R>) -> u32 {
        let number = router.number(item, &mut self.known);
        if number < FAULT && number as usize >= self.count {
            self.count = number as usize + 1;
            if self.count > MOST_KEYS {
                (self.numbers, self.known) = (Vec::new(), None);
            }
        }
        number
    }

    pub fn truncate(&mut self, len: usize) {
        self.numbers.truncate(len);
    }

    /// The numbers by slot, if rows have any; to be permuted and thinned out with the rows.
    pub fn numbers_mut(&mut self) -> Option<&mut Vec<u32>> {
        (!self.numbers.is_empty()).then_some(&mut self.numbers)
    }

    /// The numbers by slot, and how many different ones there may be.
    pub fn numbers(&self) -> Option<(&[u32], usize)> {
        (!self.numbers.is_empty()).then_some((&self.numbers, self.count))
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

    #[test]
    fn rows_of_too_many_keys_have_no_numbers() {
        let plan: Plan<i64> = partition_by(|item: Item<'_, i64>| Some(*item.row), agg_net(one_bucket, abs_tol(0)));
        let item = |row| Item {
            row,
            amount: 1,
            original: 1,
        };
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
        assert!(shards.numbers().is_none() && shards.numbers_mut().is_none());
    }
}
