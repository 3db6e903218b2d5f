//! Rows in and out.

use super::Recon;
use super::store::find_among;
use crate::error::Error;
use crate::row_id::RowId;
use crate::value::EvalError;

/// A row that takes the place of another.
struct Replacement<R> {
    slot: u32,
    row: R,
    amount: i64,
}

impl<R> Recon<R> {
    /// Inserts rows, or replaces those whose id is known. A new row is an unmatched singleton. Where a replaced row has another
    /// amount, the groups that held it break up into singletons.
    ///
    /// Returns the ids of the pinned groups that broke up. Send rows in batches: a batch of new ids among old ones costs a
    /// pass over the workspace.
    ///
    /// # Errors
    /// The whole batch is refused with `duplicate_id` when an id occurs twice in it, and with `amount_overflow` or `bad_amount`
    /// when a row's amount is none.
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
    pub fn upsert_each(
        &mut self,
        batch: impl IntoIterator<Item = Result<(RowId, R), Error>>,
    ) -> Result<Vec<i64>, Error> {
        let known = self.store.len();
        let staged = self
            .stage(batch.into_iter(), known)
            .and_then(|replaced| Ok((self.store.sorting(known)?, replaced)));
        match staged {
            Ok((target, replaced)) => Ok(self.admit(known, target.as_deref(), replaced)),
            Err(error) => {
                self.store.truncate(known);
                Err(error)
            }
        }
    }

    /// Appends new rows to the store and collects replacements, ascending by slot.
    fn stage(
        &mut self,
        batch: impl Iterator<Item = Result<(RowId, R), Error>>,
        known: usize,
    ) -> Result<Vec<Replacement<R>>, Error> {
        let mut replaced: Vec<Replacement<R>> = Vec::new();
        let mut hint = 0;
        if known == 0 {
            self.store.reserve(batch.size_hint().0);
        }
        for entry in batch {
            let (id, row) = entry?;
            let amount = self.amount(&id, &row)?;
            let ids = &self.store.ids[..known];
            // batches often come in id order
            let slot = if ids.get(hint) == Some(&id) {
                Some(hint)
            } else {
                find_among(ids, &id)
            };
            match slot {
                Some(slot) => {
                    hint = slot + 1;
                    let slot = slot as u32;
                    replaced.push(Replacement { slot, row, amount });
                }
                None if self.store.len() >= u32::MAX as usize => {
                    return Err(Error::bad_command("a workspace holds at most 2^32 - 1 rows"));
                }
                None => self.store.push(id, row, amount),
            }
        }
        replaced.sort_by_key(|row| row.slot);
        match replaced.windows(2).find(|pair| pair[0].slot == pair[1].slot) {
            None => Ok(replaced),
            Some(twice) => {
                let id = self.store.ids[twice[0].slot as usize].clone();
                Err(Error::DuplicateId { id })
            }
        }
    }

    fn amount(&self, id: &RowId, row: &R) -> Result<i64, Error> {
        match (self.numeraire)(row) {
            Ok(i64::MIN) => Err(Error::from_eval(EvalError::Overflow, Some(id.clone()))),
            Ok(amount) => Ok(amount),
            Err(error) => Err(Error::from_eval(error, Some(id.clone()))),
        }
    }

    /// Nothing fails from here on.
    fn admit(&mut self, known: usize, target: Option<&[u32]>, replaced: Vec<Replacement<R>>) -> Vec<i64> {
        let mut demoted = Vec::new();
        for Replacement { slot, row, amount } in replaced {
            let at = slot as usize;
            self.store.rows[at] = row;
            if self.store.amounts[at] != amount {
                self.store.amounts[at] = amount;
                demoted.extend(self.break_groups_of(slot));
                let id = match self.ledger.single(slot) {
                    Some((id, _)) => id,
                    None => self.ledger.next_id(),
                };
                self.ledger.set_single(slot, id, amount);
            }
        }
        self.ledger.grow(self.store.len());
        for slot in known..self.store.len() {
            let id = self.ledger.next_id();
            self.ledger.set_single(slot as u32, id, self.store.amounts[slot]);
        }
        if let Some(target) = target {
            self.store.permute(target);
            self.ledger.permute(target);
        }
        demoted.sort_unstable();
        demoted
    }

    /// Breaks up every group that holds a row; returns the ids of the pinned ones.
    fn break_groups_of(&mut self, slot: u32) -> Vec<i64> {
        let mut demoted = Vec::new();
        for index in self.ledger.groups_of(slot) {
            if self.ledger.is_pinned(index) {
                demoted.push(self.ledger.id(index));
            }
            self.ledger.break_up(index);
        }
        demoted
    }

    /// Deletes rows; the groups that held them break up into singletons. An id may be named twice.
    ///
    /// Returns the ids of the pinned groups that broke up.
    ///
    /// # Errors
    /// `unknown_id`; then nothing is deleted.
    pub fn remove(&mut self, ids: &[RowId]) -> Result<Vec<i64>, Error> {
        let slots: Vec<u32> = ids.iter().map(|id| self.store.expect(id)).collect::<Result<_, _>>()?;
        if slots.is_empty() {
            return Ok(Vec::new());
        }
        let mut keep = vec![true; self.store.len()];
        let mut demoted = Vec::new();
        for slot in slots {
            if std::mem::replace(&mut keep[slot as usize], false) {
                demoted.extend(self.break_groups_of(slot));
            }
        }
        self.store.retain(&keep);
        self.ledger.retain(&keep);
        demoted.sort_unstable();
        Ok(demoted)
    }
}
