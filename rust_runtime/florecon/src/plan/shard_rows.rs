//! Rows of a run: those of the workspace by slot, or those of a large shard by their place in it.
//!
//! The nodes of a shard read amounts, ids and rows again and again. In a workspace of many shards these lie mixed, so that each
//! read misses the cache; within the shard they are counted from 0, in the same order, and lie together.

use std::borrow::Cow;

use super::lot::Lot;
use super::row_table::RowTable;
use super::run_state::Run;
use crate::error::Error;
use crate::row_id::RowId;

/// Lots from which on it pays to count the rows of a shard anew.
pub(crate) const LARGE: usize = 1 << 10;

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

    #[inline]
    pub fn row(&self, number: u32) -> &'a R {
        match self {
            Self::All(rows, _) => &rows[number as usize],
            Self::Shard(rows) => rows[number as usize].0,
        }
    }

    #[inline]
    pub fn id(&self, number: u32) -> &'a RowId {
        match self {
            Self::All(_, ids) => &ids[number as usize],
            Self::Shard(rows) => rows[number as usize].1,
        }
    }
}

impl<R> Run<'_, R> {
    /// Runs `work` on the lots of a shard, which returns the length of their residual at the front; a large shard has its rows
    /// counted anew meanwhile. What is recorded, events or links, names rows by their slots, so the count stays.
    pub fn within(
        &mut self,
        lots: &mut [Lot],
        work: impl FnOnce(&mut Self, &mut [Lot]) -> Result<usize, Error>,
    ) -> Result<usize, Error> {
        if lots.len() < LARGE || self.is_recorded() || self.links.is_some() {
            return work(self, lots);
        }
        let outside: Vec<u32> = lots.iter().map(|lot| lot.row).collect();
        let rows = outside.iter().map(|&row| (self.rows.row(row), self.rows.id(row)));
        let rows = Rows::Shard(rows.collect());
        let originals = outside.iter().map(|&row| self.originals[row as usize]).collect();
        (0..).zip(&mut *lots).for_each(|(place, lot)| lot.row = place);
        let mark = self.groups.len();

        let rows = std::mem::replace(&mut self.rows, rows);
        let originals = std::mem::replace(&mut self.originals, Cow::Owned(originals));
        let spare = std::mem::take(&mut self.spare);
        let done = work(self, lots);
        (self.rows, self.originals, self.spare) = (rows, originals, spare);

        self.groups.renumber_from(mark, &outside);
        let left = done?;
        lots[..left]
            .iter_mut()
            .for_each(|lot| lot.row = outside[lot.row as usize]);
        Ok(left)
    }
}
