//! Row store in ascending id order: the slot of a row is its rank.

use std::cmp::Ordering;
use std::collections::HashSet;

use rustc_hash::FxBuildHasher;

use crate::error::Error;
use crate::plan::item::Item;
use crate::plan::routing::Router;
use crate::plan::row_shards::RowShards;
use crate::plan::row_table::RowTable;
use crate::row_id::RowId;
use crate::sorting::by_order;

/// Columns of equal length, ascending by id between commands.
#[derive(Debug)]
pub(crate) struct Store<R> {
    pub ids: Vec<RowId>,
    pub rows: RowTable<R>,
    pub amounts: Vec<i64>,
    pub shards: RowShards,
}

impl<R> Default for Store<R> {
    fn default() -> Self {
        Self {
            ids: Vec::new(),
            rows: RowTable::default(),
            amounts: Vec::new(),
            shards: RowShards::default(),
        }
    }
}

impl<R> Store<R> {
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn find(&self, id: &RowId) -> Option<u32> {
        self.ids.binary_search(id).ok().map(|slot| slot as u32)
    }

    pub fn expect(&self, id: &RowId) -> Result<u32, Error> {
        self.find(id).ok_or_else(|| Error::UnknownId { id: id.clone() })
    }

    pub fn reserve(&mut self, more: usize) {
        self.ids.reserve_exact(more);
        self.rows.reserve(more);
        self.amounts.reserve_exact(more);
    }

    /// Adds a row, but for its id; those of one shard are read together.
    pub fn push(&mut self, row: R, amount: i64, router: Option<&dyn Router<R>>) {
        let neighbourhood = self.shards.push(router, whole(&row, amount));
        self.rows.push(row, neighbourhood);
        self.amounts.push(amount);
    }

    /// Replaces the row of a slot, but for its amount.
    pub fn replace(&mut self, slot: usize, row: R, amount: i64, router: Option<&dyn Router<R>>) {
        self.shards.set(slot, router, whole(&row, amount));
        self.rows[slot] = row;
    }

    /// Numbers the shards of all rows anew, by another key.
    pub fn number_shards(&mut self, router: Option<&dyn Router<R>>) {
        self.shards = RowShards::default();
        for (row, &amount) in self.rows.iter().zip(&self.amounts) {
            self.shards.push(router, whole(row, amount));
        }
    }

    pub fn truncate(&mut self, len: usize) {
        self.ids.truncate(len);
        self.rows.truncate(len);
        self.amounts.truncate(len);
        self.shards.truncate(len);
    }

    /// Whether the rows from `known` on are in order, after those before them, and so have ids that differ.
    pub fn is_sorted(&self, known: usize) -> bool {
        self.ids[known.saturating_sub(1)..].is_sorted_by(|a, b| a < b)
    }

    /// Whether two of the rows from `known` on have one id.
    pub fn has_duplicates(&self, known: usize) -> bool {
        let new = &self.ids[known..];
        if new.is_sorted_by(|a, b| a < b) {
            return false;
        }
        let mut seen = HashSet::with_capacity_and_hasher(new.len(), FxBuildHasher);
        !new.iter().all(|id| seen.insert(id))
    }

    /// The new slot of each old one when the rows from `sorted` on, whose ids are new and distinct, are brought into order.
    pub fn sorting(&self, sorted: usize) -> Vec<u32> {
        let ids = &self.ids;
        let mut tail: Vec<u32> = (sorted as u32..ids.len() as u32).collect();
        by_order(&mut tail, |a, b| ids[a as usize].cmp(&ids[b as usize]));
        let mut target = vec![0; ids.len()];
        let (mut old, mut new) = (0_u32, tail.into_iter().peekable());
        for rank in 0..ids.len() as u32 {
            let is_old = (old as usize) < sorted
                && new
                    .peek()
                    .is_none_or(|&slot| ids[old as usize].cmp(&ids[slot as usize]) == Ordering::Less);
            let slot = if is_old {
                old += 1;
                old - 1
            } else {
                new.next().unwrap_or(rank)
            };
            target[slot as usize] = rank;
        }
        target
    }

    /// Moves each row to its target slot.
    pub fn permute(&mut self, target: &[u32]) {
        permute(&mut self.ids, target);
        self.rows.permute(target);
        permute(&mut self.amounts, target);
        if let Some(numbers) = self.shards.numbers_mut() {
            permute(numbers, target);
        }
    }

    /// Keeps the rows that `keep` names, one answer per slot.
    pub fn retain(&mut self, keep: &[bool]) {
        retain(&mut self.ids, keep);
        self.rows.retain(keep);
        retain(&mut self.amounts, keep);
        self.shards.retain(keep);
    }
}

/// A row with its whole amount.
fn whole<R>(row: &R, amount: i64) -> Item<'_, R> {
    Item {
        row,
        amount,
        original: amount,
    }
}

/// Moves each element to its target place, in place and in linear time.
pub(crate) fn permute<T>(items: &mut [T], target: &[u32]) {
    let mut target = target.to_vec();
    for at in 0..items.len() {
        while target[at] as usize != at {
            let to = target[at] as usize;
            items.swap(at, to);
            target.swap(at, to);
        }
    }
}

/// Keeps the elements that `keep` names.
pub(crate) fn retain<T>(items: &mut Vec<T>, keep: &[bool]) {
    let mut at = 0;
    items.retain(|_| {
        at += 1;
        keep[at - 1]
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(ids: &[i64]) -> Store<i64> {
        let mut store = Store::default();
        for &id in ids {
            store.ids.push(RowId::from(id));
            store.push(id, id, None);
        }
        store
    }

    #[test]
    fn new_rows_are_merged_into_the_order() {
        let mut rows = store(&[2, 4, 9, 7, 1, 12]);
        let target = rows.sorting(3);
        assert_eq!(target, [1, 2, 4, 3, 0, 5]);
        rows.permute(&target);
        assert!(rows.rows.iter().eq(&[1, 2, 4, 7, 9, 12]));
        assert_eq!(rows.find(&RowId::from(9)), Some(4));
    }

    #[test]
    fn rows_in_order_stay_where_they_are() {
        assert!(store(&[1, 2, 3, 8]).is_sorted(2) && !store(&[1, 2, 8, 3]).is_sorted(3));
        assert!(store(&[]).is_sorted(0));
    }

    #[test]
    fn a_new_id_twice_is_seen() {
        assert!(store(&[1, 2, 5, 3, 5]).has_duplicates(2));
        assert!(!store(&[1, 2, 5, 3, 4]).has_duplicates(2));
    }
}
