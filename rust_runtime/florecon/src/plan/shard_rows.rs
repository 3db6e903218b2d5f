//! Rows of a run: those of the workspace by slot, or those of a large shard by their place in it.
//!
//! The nodes of a shard read amounts, ids and rows again and again. In a workspace of many shards these lie mixed, so that each
//! read misses the cache; within the shard they are counted from 0, in the same order, and lie together.

use std::borrow::Cow;

use super::group_columns::GroupColumns;
use super::key_numbers::ShardKeys;
use super::lot::Lot;
use super::row_table::RowTable;
use super::run_state::Run;
use crate::row_id::RowId;

/// Lots from which on it pays to count the rows of a shard anew.
pub(crate) const LARGE: usize = 1 << 10;

/// Lots up to which it pays: each part of the work on a suspended shard looks up all its rows.
const LARGEST: usize = 1 << 20;

/// Rows and their ids by number.
#[derive(Debug)]
pub(crate) enum Rows<'a, R> {
    /// All rows, by slot.
    All(&'a RowTable<R>, &'a [RowId]),
    /// Some rows, by place.
    Shard(Vec<(&'a R, &'a RowId)>),
}

impl<'a, R> Rows<'a, R> {
    pub fn len(&self) -> usize {
        match self {
            Self::All(rows, _) => rows.len(),
            Self::Shard(rows) => rows.len(),
        }
    }

    /// Whether numbers of rows are slots.
    pub fn are_all(&self) -> bool {
        matches!(self, Self::All(..))
    }

    #[inline]
    pub fn row(&self, number: u32) -> &'a R {
        match self {
            Self::All(rows, _) => &rows[number as usize],
            Self::Shard(rows) => rows[number as usize].0,
        }
    }

    /// The rows of these numbers, counted from 0.
    fn part(&self, numbers: &[u32]) -> Self {
        let numbers = numbers.iter().map(|&number| number as usize);
        Self::Shard(match self {
            Self::All(rows, ids) => numbers.map(|slot| (&rows[slot], &ids[slot])).collect(),
            Self::Shard(rows) => numbers.map(|place| rows[place]).collect(),
        })
    }

    #[inline]
    pub fn id(&self, number: u32) -> &'a RowId {
        match self {
            Self::All(_, ids) => &ids[number as usize],
            Self::Shard(rows) => rows[number as usize].1,
        }
    }
}

/// The numbers that the rows of a shard have outside, where they are counted anew. A suspended shard keeps it.
pub(crate) struct Renumbering {
    /// By place in the shard.
    outside: Vec<u32>,
    /// Number of groups formed before the shard.
    mark: usize,
}

impl<R> Run<'_, R> {
    /// Counts the rows of a shard anew in its lots, if it is large. What is recorded, events or links, names rows by their slots, so
    /// the count stays then.
    pub fn renumber(&self, lots: &mut [Lot]) -> Option<Renumbering> {
        if !(LARGE..=LARGEST).contains(&lots.len()) || self.is_recorded() || self.links.is_some() {
            return None;
        }
        let outside = lots.iter().map(|lot| lot.row).collect();
        (0..).zip(lots).for_each(|(place, lot)| lot.row = place);
        let mark = self.groups.len();
        Some(Renumbering { outside, mark })
    }

    /// Does a part of the work on a shard with its rows as they are counted there.
    pub fn within<T>(&mut self, shard: Option<&Renumbering>, work: impl FnOnce(&mut Self) -> T) -> T {
        let Some(Renumbering { outside, .. }) = shard else {
            return work(self);
        };
        let rows = self.rows.part(outside);
        let originals: &[i64] = &self.originals;
        let originals = outside.iter().map(|&row| originals[row as usize]).collect();

        let rows = std::mem::replace(&mut self.rows, rows);
        let originals = std::mem::replace(&mut self.originals, Cow::Owned(originals));
        let spare = std::mem::take(&mut self.spare);
        let keys = std::mem::replace(&mut self.keys, ShardKeys::of_shard(outside.len()));
        let columns = std::mem::replace(&mut self.columns, GroupColumns::of_shard(outside.len()));
        let done = work(self);
        (self.rows, self.originals, self.spare) = (rows, originals, spare);
        (self.keys, self.columns) = (keys, columns);
        done
    }

    /// Gives the rows of a shard that is done their numbers outside again, in its groups and in its residual.
    pub fn restore(&mut self, shard: Option<Renumbering>, residual: &mut [Lot]) {
        let Some(Renumbering { outside, mark }) = shard else {
            return;
        };
        self.groups.renumber_from(mark, &outside);
        residual.iter_mut().for_each(|lot| lot.row = outside[lot.row as usize]);
    }
}
