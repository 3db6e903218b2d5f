//! Insertion, replacement and removal of rows.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use rustc_hash::FxBuildHasher;

use super::Recon;
use super::ledger::Place;
use crate::error::Error;
use crate::row_id::RowId;
use crate::sorting;
use crate::sorting::by_number;
use crate::value::EvalError;

/// A row that takes the place of another.
struct Replacement<R> {
    slot: u32,
    row: R,
    amount: i64,
    /// Number of rows before, new ones earlier in the batch included.
    after: usize,
}

impl<R> Recon<R> {
    /// Inserts rows, or replaces those whose id is known. A new row is an unmatched singleton. Where a replaced row
    /// has another amount, the groups that held it break up into singletons.
    ///
    /// Returns the ids of the pinned groups that broke up. Send rows in batches: a batch of new ids among old ones
    /// costs a pass over the workspace.
    ///
    /// # Errors
    /// The whole batch is refused with `duplicate_id` when an id occurs twice in it, and with `amount_overflow` or
    /// `bad_amount` when a row's amount is none.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(identity(), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5)])?;
    /// let pinned = recon.merge(&[(RowId::from(1), 5), (RowId::from(2), -5)], "manual", None)?;
    /// assert_eq!(recon.upsert(vec![(RowId::from(2), -6)])?, [pinned]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn upsert(&mut self, batch: Vec<(RowId, R)>) -> Result<Vec<i64>, Error> {
        self.upsert_each(batch.into_iter().map(Ok))
    }

    /// The same from an iterator, without holding the batch: an error of the iterator refuses all of it.
    ///
    /// # Errors
    /// As for [`upsert`](Self::upsert), or what the iterator gives.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(identity(), |amount: &i64| *amount)?;
    /// let lines = ["7", "9"].iter().enumerate().map(|(at, text)| {
    ///     let amount: i64 = text.parse().map_err(|_| Error::bad_command("no number"))?;
    ///     Ok((RowId::from(at as i64), amount))
    /// });
    /// recon.upsert_each(lines)?;
    /// assert_eq!(recon.len(), 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn upsert_each(
        &mut self,
        batch: impl IntoIterator<Item = Result<(RowId, R), Error>>,
    ) -> Result<Vec<i64>, Error> {
        let known = self.store.len();
        let mut replaced = Vec::new();
        let staged = self.stage(batch.into_iter(), known, &mut replaced);
        // as batches often come in id order, the rows are often in order already
        let is_sorted = self.store.is_sorted(known);
        // a duplicate id is reported before the error that ended the batch
        let target = match self.first_duplicate(known, &replaced, is_sorted) {
            Some((id, places)) => Err(Error::DuplicateId {
                id,
                what: "rows",
                places,
            }),
            None => staged.map(|()| (!is_sorted).then(|| self.store.sorting(known))),
        };
        match target {
            Ok(target) => Ok(self.admit(known, target.as_deref(), replaced)),
            Err(error) => {
                self.store.truncate(known);
                Err(error)
            }
        }
    }

    /// Appends new rows to the store and collects replacements, both in the order of the batch.
    fn stage(
        &mut self,
        batch: impl Iterator<Item = Result<(RowId, R), Error>>,
        known: usize,
        replaced: &mut Vec<Replacement<R>>,
    ) -> Result<(), Error> {
        let mut hint = 0;
        let router = self.plan.router();
        if known == 0 {
            self.store.reserve(batch.size_hint().0);
        }
        for entry in batch {
            let (id, row) = entry?;
            let amount = self.amount(&id, &row)?;
            let ids = &self.store.ids[..known];
            // batches often come in id order
            let slot = if ids.is_empty() {
                None
            } else if ids.get(hint) == Some(&id) {
                Some(hint)
            } else {
                ids.binary_search(&id).ok()
            };
            match slot {
                Some(slot) => {
                    hint = slot + 1;
                    replaced.push(Replacement {
                        slot: slot as u32,
                        row,
                        amount,
                        after: self.store.len(),
                    });
                }
                None if self.store.len() >= u32::MAX as usize => {
                    return Err(Error::bad_command("a workspace holds at most 2^32 - 1 rows"));
                }
                None => {
                    self.store.ids.push(id);
                    self.store.push(row, amount, router);
                }
            }
        }
        Ok(())
    }

    /// The first duplicate id of the batch, and both its positions.
    fn first_duplicate(
        &self,
        known: usize,
        replaced: &[Replacement<R>],
        is_sorted: bool,
    ) -> Option<(RowId, (usize, usize))> {
        let mut slots: Vec<u32> = replaced.iter().map(|row| row.slot).collect();
        sorting::numbers(&mut slots);
        let replaced_once = slots.is_sorted_by(|a, b| a < b);
        if replaced_once && (is_sorted || !self.store.has_duplicates(known)) {
            return None;
        }
        let mut seen = HashMap::with_hasher(FxBuildHasher);
        let (mut new, mut old) = (known, replaced.iter().peekable());
        loop {
            let place = seen.len();
            let id = match old.next_if(|row| row.after <= new) {
                Some(row) => &self.store.ids[row.slot as usize],
                None => {
                    new += 1;
                    self.store.ids.get(new - 1)?
                }
            };
            if let Some(first) = seen.insert(id, place) {
                return Some((id.clone(), (first, place)));
            }
        }
    }

    pub(super) fn amount(&self, id: &RowId, row: &R) -> Result<i64, Error> {
        match (self.numeraire)(row) {
            Ok(i64::MIN) => Err(Error::from_eval(EvalError::Overflow, Some(id.clone()))),
            Ok(amount) => Ok(amount),
            Err(error) => Err(Error::from_eval(error, Some(id.clone()))),
        }
    }

    /// Takes the batch in, in its order. Nothing fails from here on.
    fn admit(&mut self, known: usize, target: Option<&[u32]>, replaced: Vec<Replacement<R>>) -> Vec<i64> {
        self.abandon();
        let touched: Vec<u32> = replaced.iter().map(|row| row.slot).collect();
        self.touch(&touched);
        self.edits.touched += self.store.len() - known;
        let mut demoted = Vec::new();
        let mut admitted = known;
        self.ledger.grow(self.store.len());
        for new in replaced {
            self.admit_new(admitted..new.after);
            admitted = new.after;
            let at = new.slot as usize;
            self.store.replace(at, new.row, new.amount, self.plan.router());
            self.caches.shards.invalidate(new.slot);
            if self.store.amounts[at] != new.amount {
                self.store.amounts[at] = new.amount;
                let places = self.ledger.places_of(new.slot);
                demoted.extend(self.break_up(&places));
                self.ledger.reset_single(new.slot, new.amount);
            }
        }
        self.admit_new(admitted..self.store.len());
        if let Some(retained) = &mut self.retained {
            retained.admit(known as u32..self.store.len() as u32);
        }
        if let Some(target) = target {
            self.renumber(target, None);
            self.store.permute(target);
            self.ledger.permute(target);
            self.caches.shards.renumber(target, None);
        }
        demoted
    }

    /// Gives slots new numbers in what refers to rows by slot, besides ledger and caches; the ids are those before.
    fn renumber(&mut self, target: &[u32], keep: Option<&[bool]>) {
        self.history
            .renumber(&mut self.ledger.log, &self.store.ids, target, keep);
        if let Some(retained) = &mut self.retained {
            retained.renumber(target, keep);
        }
    }

    fn admit_new(&mut self, slots: Range<usize>) {
        self.ledger.add_singles(slots.clone(), &self.store.amounts[slots]);
    }

    /// Breaks up groups; returns the ids of the pinned ones.
    fn break_up(&mut self, places: &[Place]) -> Vec<i64> {
        let mut demoted = Vec::new();
        for &place in places {
            match place {
                Place::Group(index) => {
                    demoted.extend(self.ledger.is_pinned(index).then(|| self.ledger.id(index)));
                    self.ledger.break_up(index);
                }
                Place::Single(slot) => self.ledger.renew_single(slot),
            }
        }
        demoted
    }

    /// Deletes rows; the groups that held them break up into singletons. An id may be named twice.
    ///
    /// Returns the ids of the pinned groups that broke up.
    ///
    /// # Errors
    /// `unknown_id`; then nothing is deleted.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// recon.remove(&[RowId::from(2)])?;
    /// assert_eq!(recon.len(), 2);
    /// assert_eq!(recon.remove(&[RowId::from(2)]).unwrap_err().code(), "unknown_id");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn remove(&mut self, ids: &[RowId]) -> Result<Vec<i64>, Error> {
        let slots: Vec<u32> = ids.iter().map(|id| self.store.expect(id)).collect::<Result<_, _>>()?;
        if slots.is_empty() {
            return Ok(Vec::new());
        }
        self.abandon();
        self.touch(&slots);
        let mut keep = vec![true; self.store.len()];
        let mut places = Vec::new();
        for slot in slots {
            if std::mem::replace(&mut keep[slot as usize], false) {
                places.extend(self.ledger.places_of(slot));
            }
        }
        let mut seen = HashSet::with_hasher(FxBuildHasher);
        places.retain(|&place| seen.insert(place));
        let mut demoted = self.break_up(&places);
        let target = self.ledger.retain(&keep);
        self.renumber(&target, Some(&keep));
        self.store.retain(&keep);
        self.caches.shards.renumber(&target, Some(&keep));
        by_number(&mut demoted, |id| id);
        Ok(demoted)
    }
}
