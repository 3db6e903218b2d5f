//! Installation of a solve in place: what it proposes again stays, and the rest of the proposals of its rows is replaced.

use super::order::Inserted;
use super::{Ledger, NEW, Place, State, is_label, unmatched_tag};
use crate::plan::arena::{Arena, retag};
use crate::plan::lot::Lot;
use crate::plan::names::{Name, Names};
use crate::recon::history::{History, PastGroups};
use crate::recon::report_order::compare;
use crate::sorting::{by_number, by_order};
use crate::wire::origin::UNMATCHED;

/// The proposals of a solve of some rows.
pub(crate) struct Proposals<'a> {
    pub groups: &'a Arena,
    pub names: &'a Names,
    /// The amount of the unmatched singleton of each row of the scope; none for no singleton.
    pub singles: &'a dyn Fn(usize, u32) -> Option<i64>,
}

impl Ledger {
    /// Replaces the proposals of the rows of a scope, which are ascending, and gives all proposals new ids in the order of the
    /// report. No proposal holds rows both of the scope and of none.
    pub fn splice(&mut self, scope: &[u32], proposals: &Proposals<'_>) {
        self.index();
        let order = proposals.groups.report_order(0, proposals.names);
        let (mut next, mut renamed, mut added) = (0, Vec::new(), Vec::new());
        for (at, &slot) in scope.iter().enumerate() {
            let start = next;
            let starts_here = |&index: &usize| proposals.groups.get(index).rows[0] == slot;
            next += order[start..].iter().take_while(|index| starts_here(index)).count();
            self.replace_groups(slot, proposals, &order[start..next], &mut renamed, &mut added);
            self.replace_single(slot, (proposals.singles)(at, slot), &mut added);
        }
        self.merge_order(&added);
    }

    fn replace_groups(
        &mut self,
        slot: u32,
        proposals: &Proposals<'_>,
        new: &[usize],
        renamed: &mut Vec<Name>,
        added: &mut Vec<(u32, Place)>,
    ) {
        let mut old = self.known_records_of(slot);
        old.retain(|&index| self.states[index] == State::Proposed && self.groups.get(index).rows[0] == slot);
        for &index in new {
            let group = proposals.groups.get(index);
            let tag = retag(group.tag, renamed, proposals.names, &mut self.names);
            let same = old.iter().position(|&index| {
                let known = self.groups.get(index);
                known.tag == tag && known.rows == group.rows && known.amounts == group.amounts
            });
            match same {
                Some(place) => {
                    let index = old.swap_remove(place);
                    self.late.remove(&self.ids[index]);
                    if !is_label(self.ids[index]) {
                        added.push((slot, Place::Group(index)));
                    }
                }
                None => {
                    let index = self.append(NEW, State::Proposed, tag, group.lots());
                    added.push((slot, Place::Group(index)));
                }
            }
        }
        for index in old {
            self.late.remove(&self.ids[index]);
            self.remove(index);
        }
    }

    fn replace_single(&mut self, slot: u32, wanted: Option<i64>, added: &mut Vec<(u32, Place)>) {
        let at = slot as usize;
        if wanted == self.single(slot).map(|(_, amount)| amount) {
            if wanted.is_some() && !is_label(self.single[at]) {
                added.push((slot, Place::Single(slot)));
            }
            return;
        }
        self.renumber_single(slot, if wanted.is_some() { NEW } else { 0 });
        self.loose[at] = wanted.unwrap_or(0);
        if wanted.is_some() {
            added.push((slot, Place::Single(slot)));
        }
    }

    /// Merges new places, by ascending first slot, into the order of the proposals, and numbers these anew.
    fn merge_order(&mut self, added: &[(u32, Place)]) {
        // from now on ids do not ascend with the records
        let pinned = (0..self.ascending).filter(|&index| self.states[index] == State::Pinned);
        self.late.extend(pinned.map(|index| (self.ids[index], index)));
        self.ascending = 0;
        self.order.take_out();
        self.label(false);
        let mut old = self.order.inserted().iter().copied().peekable();
        let mut inserted = Vec::with_capacity(old.len() + added.len());
        for new in added.chunk_by(|one, next| one.0 == next.0) {
            let slot = new[0].0;
            while let Some(known) = old.next_if(|known| self.first_slot(known.place) < slot) {
                inserted.push(known);
            }
            let mut places: Vec<(Option<u32>, Place)> = new.iter().map(|&(_, place)| (None, place)).collect();
            while let Some(known) = old.next_if(|known| self.first_slot(known.place) == slot) {
                places.push((None, known.place));
            }
            let is_before = |place| self.first_slot(place) < slot;
            let (listed, end) = self
                .order
                .listed_from(is_before, |place| self.first_slot(place) == slot);
            places.extend(listed.into_iter().map(|(rank, place)| (Some(rank), place)));
            by_order(&mut places, |(_, a), (_, b)| compare(self, a, b));
            let first = inserted.len();
            let mut before = end;
            for &(listed, place) in places.iter().rev() {
                match listed {
                    Some(rank) => before = rank,
                    None => inserted.push(Inserted { before, place }),
                }
            }
            inserted[first..].reverse();
        }
        inserted.extend(old);
        let is_anew = self.order.insert(inserted, self.last_id + 1);
        self.label(is_anew);
        self.last_id += self.order.len() as i64;
    }

    /// Stores the labels of all places of the order, or of the inserted ones.
    fn label(&mut self, is_all: bool) {
        let order = std::mem::take(&mut self.order);
        let mut store = |place, label| self.store(place, label);
        if is_all {
            order.visit(&mut store);
        } else {
            order.visit_inserted(&mut store);
        }
        self.order = order;
    }

    fn first_slot(&self, place: Place) -> u32 {
        match place {
            Place::Group(index) => self.groups.first(index),
            Place::Single(slot) => slot,
        }
    }

    /// Compares the groups with those of the solve before, which begins a new log, and drops what is no more.
    pub fn settle(&mut self, history: &mut History) {
        let log = std::mem::take(&mut self.log);
        if let Some(solved) = log.solved {
            let records = (solved..self.count()).chain(log.records.iter().map(|&index| index as usize));
            let records = records
                .filter(|&index| self.states[index] != State::Gone)
                .map(Place::Group);
            let singles = log.singles.iter().copied().filter(|&slot| self.single(slot).is_some());
            let places = records.chain(singles.map(Place::Single)).collect();
            history.begin(log.past.difference(&self.copies(places)));
        }
        self.compact(history);
        self.log.solved = Some(self.count());
    }

    /// All groups, by ascending id.
    pub fn all_groups(&self) -> PastGroups {
        let singles = (0..self.slots() as u32).filter(|&slot| self.single(slot).is_some());
        let places = self.alive().map(Place::Group).chain(singles.map(Place::Single));
        self.copies(places.collect())
    }

    /// Copies of groups, by ascending id.
    fn copies(&self, mut places: Vec<Place>) -> PastGroups {
        let unmatched = self.names.find(UNMATCHED);
        let mut copies = PastGroups::default();
        by_number(&mut places, |place| self.id_of(place));
        for place in places {
            let id = self.id_of(place);
            match place {
                Place::Group(index) => {
                    let group = self.groups.get(index);
                    copies.add(id, self.is_pinned(index), group.tag, group.lots());
                }
                Place::Single(slot) => {
                    let amount = self.loose[slot as usize];
                    copies.add(id, false, unmatched_tag(unmatched), [Lot { row: slot, amount }]);
                }
            }
        }
        copies
    }

    fn id_of(&self, place: Place) -> i64 {
        self.order.id(self.stored(place))
    }

    /// Frees removed records, when they are more than half, and the names that nothing has.
    fn compact(&mut self, history: &mut History) {
        if self.gone < 1024 || 2 * self.gone < self.count() {
            return;
        }
        self.order.make_anew();
        self.label(true);
        let old = std::mem::take(self);
        let (mut renamed, mut places) = (Vec::new(), vec![usize::MAX; old.count()]);
        for index in old.alive() {
            let group = old.groups.get(index);
            let tag = retag(group.tag, &mut renamed, &old.names, &mut self.names);
            places[index] = self.append(old.ids[index], old.states[index], tag, group.lots());
        }
        self.late = old
            .late
            .iter()
            .filter(|(_, index)| places[**index] != usize::MAX)
            .map(|(&id, &index)| (id, places[index]))
            .collect();
        self.order = old.order;
        self.order.renumber(|place| match place {
            Place::Group(index) => Place::Group(places[index]),
            Place::Single(_) => place,
        });
        self.last_id = old.last_id;
        (self.loose, self.single) = (old.loose, old.single);
        for past in [&mut history.removed, &mut history.added] {
            past.rename(|tag| retag(tag, &mut renamed, &old.names, &mut self.names));
        }
    }
}
