//! Unmatched singletons: the part of each row that is in no other group, as an amount and a group id per slot.
//!
//! Groups of one row are in the order of its parts. So a singleton leaves the order of the last solve before its amount changes.

use std::ops::Range;

use super::{Ledger, Place};
use crate::plan::lot::Lot;

impl Ledger {
    /// Takes over the slots of another, with their singletons.
    pub fn take_singles(&mut self, other: &mut Self) {
        self.loose = std::mem::take(&mut other.loose);
        self.single = std::mem::take(&mut other.single);
    }

    /// Logs the unmatched singleton of a slot that is about to change.
    pub(super) fn note_single(&mut self, slot: u32) {
        if self.log.solved.is_some() && self.log.singles.insert(slot) && self.single[slot as usize] != 0 {
            let (id, amount) = (self.order.id(self.single[slot as usize]), self.loose[slot as usize]);
            let tag = self.unmatched();
            self.log.past.add(id, false, tag, [Lot { row: slot, amount }]);
        }
    }

    /// The amount of a slot's unmatched singleton, as a list of one.
    pub fn loose(&self, slot: u32) -> &[i64] {
        &self.loose[slot as usize..=slot as usize]
    }

    /// Whether a slot has an unmatched singleton.
    pub fn has_single(&self, slot: u32) -> bool {
        self.single[slot as usize] != 0
    }

    /// The unmatched singleton of a slot: its group id and amount.
    pub fn single(&self, slot: u32) -> Option<(i64, i64)> {
        let id = self.single[slot as usize];
        (id != 0).then(|| (self.order.id(id), self.loose[slot as usize]))
    }

    /// Appends the unmatched singleton of a slot to the order.
    pub fn propose_single(&mut self, slot: u32) {
        self.last_id += 1;
        self.single[slot as usize] = self.order.push(Place::Single(slot));
    }

    /// Adds to a slot's unmatched singleton.
    pub fn free(&mut self, slot: u32, amount: i64) {
        if self.single[slot as usize] == 0 {
            self.note_single(slot);
            self.single[slot as usize] = self.next_id();
        } else if amount != 0 {
            self.leave_order(slot);
        }
        self.loose[slot as usize] += amount;
    }

    /// Makes the unmatched singleton of a slot, under a given id and with a given amount.
    pub fn set_single(&mut self, slot: u32, id: i64, amount: i64) {
        self.renumber_single(slot, id);
        self.loose[slot as usize] = amount;
    }

    /// Gives the unmatched singleton of a slot a new id.
    pub fn renew_single(&mut self, slot: u32) {
        let id = self.next_id();
        self.renumber_single(slot, id);
    }

    /// Makes the unmatched singletons of new slots, in their order, under the next ids and with these amounts.
    pub fn add_singles(&mut self, slots: Range<usize>, amounts: &[i64]) {
        if self.log.solved.is_some() {
            slots.clone().for_each(|slot| self.note_single(slot as u32));
        }
        self.loose[slots.clone()].copy_from_slice(amounts);
        for single in &mut self.single[slots] {
            self.last_id += 1;
            *single = self.last_id;
        }
    }

    /// Takes the unmatched singleton of a slot out of the order of the last solve; it keeps its id.
    fn leave_order(&mut self, slot: u32) {
        self.renumber_single(slot, self.order.id(self.single[slot as usize]));
    }

    pub(super) fn renumber_single(&mut self, slot: u32, id: i64) {
        self.note_single(slot);
        let old = std::mem::replace(&mut self.single[slot as usize], id);
        self.order.give_up(old);
    }

    /// Gives the unmatched singleton of a slot another amount.
    pub fn reset_single(&mut self, slot: u32, amount: i64) {
        self.leave_order(slot);
        self.loose[slot as usize] = amount;
    }

    /// Takes from a slot's unmatched singleton up to `amount`; one that is used up vanishes. Returns what was taken.
    pub fn take_loose(&mut self, slot: u32, amount: i64) -> i64 {
        let loose = self.loose[slot as usize];
        let taken = if loose.unsigned_abs() <= amount.unsigned_abs() {
            loose
        } else {
            amount
        };
        if taken == 0 {
            return 0;
        }
        if taken == loose {
            self.renumber_single(slot, 0);
        } else {
            self.leave_order(slot);
        }
        self.loose[slot as usize] -= taken;
        taken
    }
}
