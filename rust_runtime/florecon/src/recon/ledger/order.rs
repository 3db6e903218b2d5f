//! Order of the proposals of the last solve. A proposal has no id of its own: its id is the first one and its rank.
//!
//! A solve of few rows changes few places of the order, and the ids of all proposals after them. So records keep a label, which
//! stays, and the rank follows from the changes before it: labels of the array that are no more, and places that were inserted.
//! Once there are many changes the array is made anew.

use super::Place;
use crate::recon::row_store::retain;
use crate::sorting;

/// Changes that are kept before the array is made anew, at most one to so many of its places.
const MOST_CHANGES: usize = 1024;
const MOST_PART: usize = 4;

/// Labels are the smallest numbers of 64 bits: no ids.
const LISTED: i64 = i64::MIN;
const INSERTED: i64 = LISTED + (1 << 32);
const END: i64 = INSERTED + (1 << 32);

#[derive(Debug, Clone, Default)]
pub(super) struct Order {
    /// Whether it was begun by a solve of all rows, and so has all proposals; a restored one has not.
    is_begun: bool,
    /// The id of the first proposal.
    base: i64,
    listed: Vec<Place>,
    /// Ranks of `listed` that are no more, ascending.
    gone: Vec<u32>,
    inserted: Vec<Inserted>,
    /// Labels that were given up since the last solve, which still count.
    given_up: Vec<i64>,
}

/// A place before one of the listed ones, after those that were inserted there before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inserted {
    pub before: u32,
    pub place: Place,
}

fn below(ranks: &[u32], rank: u32) -> i64 {
    ranks.partition_point(|&gone| gone < rank) as i64
}

/// Whether a record or singleton is one of the order.
pub(super) fn is_label(stored: i64) -> bool {
    stored < END
}

impl Order {
    /// An order without places, with room for so many.
    pub fn with_capacity(base: i64, places: usize) -> Self {
        Self {
            is_begun: true,
            base,
            listed: Vec::with_capacity(places),
            ..Self::default()
        }
    }

    /// Whether it has all proposals of a solve, and none was given up since.
    pub fn is_whole(&self) -> bool {
        self.is_begun && self.given_up.is_empty()
    }

    /// Appends a place; returns its label.
    pub fn push(&mut self, place: Place) -> i64 {
        self.listed.push(place);
        LISTED + (self.listed.len() - 1) as i64
    }

    /// The id of the first place.
    pub fn base(&self) -> i64 {
        self.base
    }

    /// Number of places, those that were given up included.
    pub fn len(&self) -> usize {
        self.listed.len() - self.gone.len() + self.inserted.len()
    }

    /// The id of what is stored under a label or an id.
    pub fn id(&self, stored: i64) -> i64 {
        if !is_label(stored) {
            return stored;
        }
        if stored < INSERTED {
            let rank = (stored - LISTED) as u32;
            let before = self.inserted.partition_point(|inserted| inserted.before <= rank);
            return self.base + i64::from(rank) - below(&self.gone, rank) + before as i64;
        }
        self.inserted_id((stored - INSERTED) as usize)
    }

    fn inserted_id(&self, at: usize) -> i64 {
        let before = self.inserted[at].before;
        self.base + i64::from(before) - below(&self.gone, before) + at as i64
    }

    /// The place with an id, and its label.
    pub fn find(&self, id: i64) -> Option<(Place, i64)> {
        let rank = usize::try_from(id.checked_sub(self.base)?).ok()?;
        let (mut from, mut to) = (0, self.inserted.len());
        while from < to {
            let at = usize::midpoint(from, to);
            if self.inserted_id(at) < id {
                from = at + 1;
            } else {
                to = at;
            }
        }
        if from < self.inserted.len() && self.inserted_id(from) == id {
            return Some((self.inserted[from].place, INSERTED + from as i64));
        }
        // the listed one that has so many others before it
        let wanted = rank.checked_sub(from)?;
        let (mut from, mut to) = (0, self.gone.len());
        while from < to {
            let at = usize::midpoint(from, to);
            if self.gone[at] as usize - at <= wanted {
                from = at + 1;
            } else {
                to = at;
            }
        }
        let rank = wanted + from;
        self.listed.get(rank).map(|&place| (place, LISTED + rank as i64))
    }

    /// Visits all places in order, with their labels.
    pub fn visit(&self, visit: &mut dyn FnMut(Place, i64)) {
        let (mut at, mut gone) = (0, 0);
        for rank in 0..=self.listed.len() {
            while self
                .inserted
                .get(at)
                .is_some_and(|inserted| inserted.before as usize <= rank)
            {
                visit(self.inserted[at].place, INSERTED + at as i64);
                at += 1;
            }
            if self.gone.get(gone).is_some_and(|&gone| gone as usize == rank) {
                gone += 1;
            } else if let Some(&place) = self.listed.get(rank) {
                visit(place, LISTED + rank as i64);
            }
        }
    }

    /// Visits the inserted places, with their labels.
    pub fn visit_inserted(&self, visit: &mut dyn FnMut(Place, i64)) {
        for (label, inserted) in (INSERTED..).zip(&self.inserted) {
            visit(inserted.place, label);
        }
    }

    /// The places as an array, where they are one.
    pub fn as_slice(&self) -> Option<&[Place]> {
        (self.gone.is_empty() && self.inserted.is_empty()).then_some(&self.listed)
    }

    /// Called where a label is stored no longer: its place counts until the next solve.
    pub fn give_up(&mut self, stored: i64) {
        if is_label(stored) {
            self.given_up.push(stored);
        }
    }

    /// Takes out the places that were given up. The inserted ones that are left have new labels.
    pub fn take_out(&mut self) {
        let mut is_left = vec![true; self.inserted.len()];
        for label in std::mem::take(&mut self.given_up) {
            match usize::try_from(label - INSERTED) {
                Ok(at) => is_left[at] = false,
                Err(_) => self.gone.push((label - LISTED) as u32),
            }
        }
        sorting::numbers(&mut self.gone);
        self.gone.dedup();
        retain(&mut self.inserted, &is_left);
    }

    pub fn inserted(&self) -> &[Inserted] {
        &self.inserted
    }

    /// The listed places for which `is_same` holds, with their ranks, without those that are no more; and the rank after them.
    /// They come after all for which `is_before` holds.
    pub fn listed_from(
        &self,
        is_before: impl Fn(Place) -> bool,
        is_same: impl Fn(Place) -> bool,
    ) -> (Vec<(u32, Place)>, u32) {
        let first = self.listed.partition_point(|&place| is_before(place));
        let same = self.listed[first..].iter().take_while(|&&place| is_same(place));
        let same: Vec<(u32, Place)> = (first as u32..).zip(same.copied()).collect();
        let end = first as u32 + same.len() as u32;
        let is_there = |(rank, _): &(u32, Place)| self.gone.binary_search(rank).is_err();
        (same.into_iter().filter(is_there).collect(), end)
    }

    /// Puts these in the place of all inserted ones, in order, and gives all places ids from `base` on. The inserted ones have new
    /// labels; or all, where the array was made anew, which is returned.
    pub fn insert(&mut self, inserted: Vec<Inserted>, base: i64) -> bool {
        (self.inserted, self.base) = (inserted, base);
        let most = MOST_CHANGES.min(self.listed.len() / MOST_PART);
        let is_anew = self.inserted.len() + self.gone.len() > most;
        if is_anew {
            self.make_anew();
        }
        is_anew
    }

    /// Makes the array anew: all places have new labels.
    pub fn make_anew(&mut self) {
        debug_assert!(self.given_up.is_empty(), "a place that was given up counts");
        let mut listed = Vec::with_capacity(self.len());
        self.visit(&mut |place, _| listed.push(place));
        (self.listed, self.gone, self.inserted) = (listed, Vec::new(), Vec::new());
    }

    /// Gives the places of records, or of slots, other numbers.
    pub fn renumber(&mut self, number: impl Fn(Place) -> Place) {
        let inserted = self.inserted.iter_mut().map(|inserted| &mut inserted.place);
        self.listed
            .iter_mut()
            .chain(inserted)
            .for_each(|place| *place = number(*place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Slots stand for places, in the order of their numbers; each round gives some up and inserts others.
        #[test]
        fn ids_are_ranks_in_order(
            first in prop::collection::btree_set(0..4000_u32, 0..60),
            rounds in prop::collection::vec((prop::collection::btree_set(0..4000_u32, 0..900), 1..9_usize), 1..6),
        ) {
            let slot = |place| match place { Place::Single(slot) => slot, Place::Group(_) => u32::MAX };
            let mut order = Order::with_capacity(7, first.len());
            let mut labels = std::collections::BTreeMap::new();
            for &slot in &first {
                labels.insert(slot, order.push(Place::Single(slot)));
            }
            let mut base = 7;
            for (added, step) in rounds {
                let given_up: Vec<u32> = labels.keys().copied().step_by(step).collect();
                given_up.iter().for_each(|slot| order.give_up(labels[slot]));
                prop_assert!(labels.values().map(|&label| order.id(label)).eq(base..base + labels.len() as i64));
                given_up.iter().for_each(|slot| { labels.remove(slot); });
                order.take_out();
                let mut all: Vec<u32> = order.inserted().iter().map(|inserted| slot(inserted.place)).collect();
                all.extend(added.iter().filter(|slot| !labels.contains_key(slot)));
                all.sort_unstable();
                let inserted = all.iter().map(|&new| Inserted {
                    before: order.listed_from(|place| slot(place) < new, |_| false).1,
                    place: Place::Single(new),
                });
                let inserted = inserted.collect();
                base += 10_000;
                let is_anew = order.insert(inserted, base);
                let mut store = |place, label| labels.extend([(slot(place), label)]);
                if is_anew {
                    order.visit(&mut store);
                } else {
                    order.visit_inserted(&mut store);
                }
                prop_assert_eq!(order.len(), labels.len());
                let mut places = Vec::new();
                order.visit(&mut |place, label| places.push((slot(place), label)));
                prop_assert!(places.into_iter().eq(labels.clone()));
                for (rank, (&slot, &label)) in labels.iter().enumerate() {
                    let id = base + rank as i64;
                    prop_assert_eq!(order.id(label), id);
                    prop_assert_eq!(order.find(id), Some((Place::Single(slot), label)));
                }
                prop_assert_eq!(order.find(base - 1), None);
                prop_assert_eq!(order.find(base + labels.len() as i64), None);
            }
        }
    }
}
