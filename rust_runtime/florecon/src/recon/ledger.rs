//! Allocation hypergraph: groups over slots, and the part of each row that is in no group.
//!
//! Invariant: groups never change in place; one that loses members is removed, and the rest of it is added as a new record
//! under the same id. The part of a row that is in no other group is its unmatched singleton, held as two numbers per row.

mod order;
mod singles;
mod splice;

use std::borrow::Cow;
use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::history::ChangeLog;
use super::incidence::Incidence;
use super::row_store;
use crate::plan::arena::{Arena, GroupRef, Tag};
use crate::plan::lot::Lot;
use crate::plan::names::{Name, Names};
use crate::sorting::by_number;
use crate::wire::origin::UNMATCHED;

use order::{Order, is_label};
pub(crate) use splice::Proposals;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Proposed,
    Pinned,
    Gone,
}

/// Location of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// A record of the arena.
    Group(usize),
    /// The unmatched singleton of a slot.
    Single(u32),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    groups: Arena,
    /// Group ids, or labels of the order.
    ids: Vec<i64>,
    states: Vec<State>,
    /// Number of records that are gone.
    gone: usize,
    /// Number of records that are pinned.
    pinned: usize,
    /// Number of records, from the first on, with ascending ids.
    ascending: usize,
    /// The proposals of the last solve in the order of the report, each as it was installed.
    order: Order,
    /// The other records by id.
    late: HashMap<i64, usize, FxBuildHasher>,
    /// Per slot, the amount of its unmatched singleton.
    loose: Vec<i64>,
    /// Per slot, the group id of its unmatched singleton, or its label; 0 for none.
    single: Vec<i64>,
    last_id: i64,
    pub names: Names,
    incidence: Option<Incidence>,
    pub log: ChangeLog,
}

/// The id of a proposal that is about to be numbered.
const NEW: i64 = -1;

/// The largest group id that a snapshot may hold. Ids only grow, by one for each group, so that none can overflow.
pub(crate) const MAX_GROUP_ID: i64 = 1 << 62;

impl Ledger {
    /// An empty hypergraph that continues the numbering of groups.
    pub fn after(last_id: i64, names: Names) -> Self {
        Self {
            last_id,
            names,
            ..Self::default()
        }
    }

    /// A hypergraph of proposed groups with the ids from 1 on, over so many slots.
    pub fn of(groups: Arena, names: Names, slots: usize) -> Self {
        let count = groups.len();
        Self {
            groups,
            ids: (1..=count as i64).collect(),
            states: vec![State::Proposed; count],
            ascending: count,
            loose: vec![0; slots],
            single: vec![0; slots],
            last_id: count as i64,
            names,
            ..Self::default()
        }
    }

    /// Makes room for so many more records and members, so that arrays of millions do not grow by doubling.
    pub fn reserve(&mut self, records: usize, members: usize) {
        self.groups.reserve(records, members);
        self.ids.reserve_exact(records);
        self.states.reserve_exact(records);
    }

    /// Number of records, removed ones included.
    pub fn count(&self) -> usize {
        self.ids.len()
    }

    /// Number of their members.
    pub fn members(&self) -> usize {
        self.groups.start(self.groups.len())
    }

    pub fn last_id(&self) -> i64 {
        self.last_id
    }

    pub fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// Drops the nodes that formed the groups: a plan of other nodes has taken the place of theirs.
    pub fn forget_nodes(&mut self) {
        for index in 0..self.groups.len() {
            if self.groups.tag(index).node.is_some() && self.states[index] != State::Gone {
                self.note(index);
            }
            self.groups.tag_mut(index).node = None;
        }
    }

    /// Logs a record of the last solve that is about to change.
    fn note(&mut self, index: usize) {
        if self.log.solved.is_some_and(|solved| index < solved) && self.log.records.insert(index as u32) {
            let group = self.groups.get(index);
            self.log.past.add(
                self.order.id(self.ids[index]),
                self.states[index] == State::Pinned,
                group.tag,
                group.lots(),
            );
        }
    }

    pub fn slots(&self) -> usize {
        self.single.len()
    }

    // reading

    /// The records that are not gone.
    pub fn alive(&self) -> impl Iterator<Item = usize> {
        (0..self.states.len()).filter(|&index| self.states[index] != State::Gone)
    }

    pub fn group(&self, index: usize) -> GroupRef<'_> {
        self.groups.get(index)
    }

    /// The smallest slot of a record.
    pub fn first(&self, index: usize) -> u32 {
        self.groups.first(index)
    }

    pub fn id(&self, index: usize) -> i64 {
        self.order.id(self.ids[index])
    }

    pub fn is_pinned(&self, index: usize) -> bool {
        self.states[index] == State::Pinned
    }

    /// The part of a slot in proposed groups.
    pub fn proposed(&mut self, slot: u32) -> i64 {
        let groups = self.groups_of(slot);
        let parts = groups.into_iter().filter(|&index| !self.is_pinned(index));
        self.loose[slot as usize] + parts.map(|index| self.part(index, slot)).sum::<i64>()
    }

    /// The part of a slot in a record.
    pub fn part(&self, index: usize, slot: u32) -> i64 {
        let group = self.groups.get(index);
        group.rows.binary_search(&slot).map_or(0, |at| group.amounts[at])
    }

    /// The records that hold a slot, in the order of their group ids.
    pub fn groups_of(&mut self, slot: u32) -> Vec<usize> {
        self.index();
        self.known_groups_of(slot)
    }

    /// Builds the index from slot to records.
    pub fn index(&mut self) {
        if self.incidence.is_none() {
            let alive: Vec<usize> = self.alive().collect();
            let members = || {
                let groups = alive.iter().map(|&index| (index, self.groups.get(index).rows));
                groups.flat_map(|(index, rows)| rows.iter().map(move |&row| (row, index as u32)))
            };
            self.incidence = Some(Incidence::new(self.slots(), members));
        }
    }

    /// The same, of a slot that was queried before.
    pub fn known_groups_of(&self, slot: u32) -> Vec<usize> {
        let mut found = self.known_records_of(slot);
        by_number(&mut found, |index| self.id(index));
        found
    }

    fn known_records_of(&self, slot: u32) -> Vec<usize> {
        let incidence = self.incidence.as_ref();
        let mut found: Vec<usize> = incidence.map_or_else(Vec::new, |incidence| incidence.of(slot));
        found.retain(|&index| self.states[index] != State::Gone);
        found
    }

    /// The part of a slot in pinned groups, of a slot that is indexed.
    pub fn pinned_part(&self, slot: u32) -> i64 {
        let records = self.known_records_of(slot).into_iter();
        let pinned = records.filter(|&index| self.is_pinned(index));
        pinned.map(|index| self.part(index, slot)).sum()
    }

    /// Whether a pinned group holds a slot, which is indexed, with an amount of zero.
    pub fn has_pinned_zero(&self, slot: u32) -> bool {
        let records = self.known_records_of(slot);
        records
            .iter()
            .any(|&index| self.is_pinned(index) && self.part(index, slot) == 0)
    }

    /// Whether nothing has changed since the last solve, whose proposals are all there is.
    fn is_as_solved(&self) -> bool {
        let is_changed = !self.log.records.is_empty() || !self.log.singles.is_empty();
        self.order.is_whole() && self.pinned == 0 && self.log.solved == Some(self.count()) && !is_changed
    }

    /// The order of the last solve, if its proposals are all there is and each is as it was installed; with the id of the first
    /// one, which those of the others follow.
    pub fn solved_order(&self) -> Option<(Cow<'_, [Place]>, i64)> {
        let base = self.order.base();
        if let Some(listed) = self.order.as_slice().filter(|_| self.is_as_solved()) {
            return Some((Cow::Borrowed(listed), base));
        }
        let singles = self.single.iter().filter(|id| **id != 0).count();
        let is_all = self.alive().count() + singles == self.order.len();
        if !is_all {
            return None;
        }
        let (mut is_kept, slice, mut places) = (true, self.order.as_slice(), Vec::new());
        self.order.visit(&mut |place, label| {
            is_kept &= self.stored(place) == label;
            if slice.is_none() {
                places.push(place);
            }
        });
        is_kept.then(|| (slice.map_or(Cow::Owned(places), Cow::Borrowed), base))
    }

    /// What a record that is not gone, or the singleton of a slot, is stored under.
    fn stored(&self, place: Place) -> i64 {
        match place {
            Place::Group(index) if self.states[index] == State::Gone => 0,
            Place::Group(index) => self.ids[index],
            Place::Single(slot) => self.single.get(slot as usize).copied().unwrap_or(0),
        }
    }

    fn store(&mut self, place: Place, label: i64) {
        match place {
            Place::Group(index) => self.ids[index] = label,
            Place::Single(slot) => self.single[slot as usize] = label,
        }
    }

    /// All that holds a slot, its unmatched singleton included, in the order of group ids.
    pub fn places_of(&mut self, slot: u32) -> Vec<Place> {
        let groups = self.groups_of(slot);
        let mut places: Vec<(i64, Place)> = groups
            .into_iter()
            .map(|index| (self.id(index), Place::Group(index)))
            .collect();
        places.extend(self.single(slot).map(|(id, _)| (id, Place::Single(slot))));
        by_number(&mut places, |(id, _)| id);
        places.into_iter().map(|(_, place)| place).collect()
    }

    pub fn locate(&self, id: i64) -> Option<Place> {
        self.locate_group(id).or_else(|| {
            let slot = self.single.iter().position(|&single| single == id && id > 0)?;
            Some(Place::Single(slot as u32))
        })
    }

    /// The same for many ids, passing over the singletons once.
    pub fn locate_all(&self, ids: &[i64]) -> Vec<Option<Place>> {
        let mut places: Vec<Option<Place>> = ids.iter().map(|&id| self.locate_group(id)).collect();
        let mut missing: HashMap<i64, Place, FxBuildHasher> = HashMap::default();
        if places.iter().any(Option::is_none) {
            let wanted = ids.iter().zip(&places).filter(|(_, place)| place.is_none());
            missing.extend(wanted.map(|(&id, _)| (id, Place::Group(usize::MAX))));
            for (slot, single) in self.single.iter().enumerate().filter(|(_, single)| **single > 0) {
                if let Some(place) = missing.get_mut(single) {
                    *place = Place::Single(slot as u32);
                }
            }
        }
        for (id, place) in ids.iter().zip(&mut places) {
            let found = missing.get(id).filter(|place| **place != Place::Group(usize::MAX));
            *place = place.or(found.copied());
        }
        places
    }

    fn locate_group(&self, id: i64) -> Option<Place> {
        let solved = self.order.find(id);
        if let Some((place, _)) = solved.filter(|&(place, label)| self.stored(place) == label) {
            return Some(place);
        }
        let late = self.late.get(&id).copied();
        late.or_else(|| self.ids[..self.ascending].binary_search(&id).ok())
            .filter(|&index| self.states[index] != State::Gone)
            .map(Place::Group)
    }

    // writing

    /// Appends a record. Members come in ascending slot order.
    pub fn add(&mut self, id: i64, state: State, tag: Tag, members: impl IntoIterator<Item = Lot>) -> usize {
        let index = self.append(id, state, tag, members);
        if index == self.ascending && (index == 0 || self.ids[index - 1] < id) {
            self.ascending += 1;
        } else {
            self.late.insert(id, index);
        }
        index
    }

    /// Begins the order of the proposals of a solve, with room for so many; they get the next ids.
    pub fn begin_order(&mut self, places: usize) {
        self.order = Order::with_capacity(self.last_id + 1, places);
    }

    /// Appends a proposal to the records and to the order.
    pub fn propose(&mut self, tag: Tag, members: impl IntoIterator<Item = Lot>) {
        self.last_id += 1;
        let label = self.order.push(Place::Group(self.ids.len()));
        self.append(label, State::Proposed, tag, members);
    }

    /// Appends a record that is found by its place in the order.
    fn append(&mut self, id: i64, state: State, tag: Tag, members: impl IntoIterator<Item = Lot>) -> usize {
        let index = self.ids.len();
        for lot in members {
            self.groups.push(lot.row, lot.amount);
        }
        self.groups.close(tag);
        self.ids.push(id);
        self.states.push(state);
        self.pinned += usize::from(state == State::Pinned);
        if let Some(incidence) = &mut self.incidence {
            incidence.add(index, self.groups.get(index).rows);
        }
        index
    }

    pub fn remove(&mut self, index: usize) {
        self.note(index);
        self.order.give_up(self.ids[index]);
        self.pinned -= usize::from(self.is_pinned(index));
        self.states[index] = State::Gone;
        self.gone += 1;
    }

    /// Dissolves a record into the unmatched singletons of its rows.
    pub fn break_up(&mut self, index: usize) {
        self.remove(index);
        for at in 0..self.groups.get(index).len() {
            let group = self.groups.get(index);
            let (slot, amount) = (group.rows[at], group.amounts[at]);
            self.free(slot, amount);
        }
    }

    /// A pinned group of these amounts, taken from proposed groups; returns its id. There is enough, of the same sign.
    pub fn merge(&mut self, mut lots: Vec<Lot>, label: &str, reason: Option<&str>) -> i64 {
        for &lot in &lots {
            self.take_proposed(lot);
        }
        let id = self.next_id();
        let tag = Tag {
            origin: self.names.intern(label),
            reason: reason.map_or(Name::NONE, |reason| self.names.intern(reason)),
            node: None,
            unique: None,
        };
        by_number(&mut lots, |lot| i64::from(lot.row));
        self.add(id, State::Pinned, tag, lots);
        id
    }

    /// Takes an amount that is proposed: from the row's singleton, then from its other groups in the order of their
    /// ids.
    fn take_proposed(&mut self, lot: Lot) {
        let mut wanted = lot.amount;
        wanted -= self.take_loose(lot.row, wanted);
        for index in self.groups_of(lot.row) {
            if wanted == 0 {
                return;
            }
            if !self.is_pinned(index) {
                self.break_up(index);
                wanted -= self.take_loose(lot.row, wanted);
            }
        }
    }

    pub fn pin(&mut self, place: Place) -> bool {
        match place {
            Place::Group(index) if self.is_pinned(index) => return false,
            Place::Group(index) => {
                self.note(index);
                self.states[index] = State::Pinned;
                self.pinned += 1;
                let id = self.id(index);
                self.order.give_up(self.ids[index]);
                self.ids[index] = id;
                self.late.insert(id, index);
            }
            Place::Single(slot) => {
                let (id, amount) = self.single(slot).unwrap_or_default();
                self.renumber_single(slot, 0);
                self.loose[slot as usize] = 0;
                let tag = self.unmatched();
                self.add(id, State::Pinned, tag, [Lot { row: slot, amount }]);
            }
        }
        true
    }

    pub fn unpin(&mut self, place: Place) {
        let Place::Group(index) = place else { return };
        if !self.is_pinned(index) {
            return;
        }
        let group = self.groups.get(index);
        if !self.is_unmatched(group) {
            self.note(index);
            self.states[index] = State::Proposed;
            self.pinned -= 1;
            return;
        }
        // what is unmatched of a row is one singleton
        let (slot, amount, id) = (group.rows[0], group.amounts[0], self.id(index));
        self.remove(index);
        if self.single[slot as usize] == 0 {
            self.set_single(slot, id, amount);
        } else {
            self.free(slot, amount);
        }
    }

    fn is_unmatched(&self, group: GroupRef<'_>) -> bool {
        group.len() == 1 && group.tag.node.is_none() && self.names.text(group.tag.origin) == UNMATCHED
    }

    pub fn unmatched(&mut self) -> Tag {
        unmatched_tag(self.names.intern(UNMATCHED))
    }

    // slots

    /// Appends slots without a singleton.
    pub fn grow(&mut self, slots: usize) {
        self.loose.resize(slots, 0);
        self.single.resize(slots, 0);
        if let Some(incidence) = &mut self.incidence {
            incidence.grow(slots);
        }
    }

    /// Gives each slot a new number. The members of a group keep their order among each other.
    pub fn permute(&mut self, target: &[u32]) {
        row_store::permute(&mut self.loose, target);
        row_store::permute(&mut self.single, target);
        self.groups.renumber(target);
        self.renumber_order(target);
        self.incidence = None;
    }

    /// Places that were given up keep their place among the others, also where their slots are no more.
    fn renumber_order(&mut self, target: &[u32]) {
        self.order.renumber(|place| match place {
            Place::Single(slot) => Place::Single(target.get(slot as usize).copied().unwrap_or(slot)),
            Place::Group(_) => place,
        });
    }

    /// Keeps the slots that `keep` names; no group holds any of the others. Returns their new numbers.
    pub fn retain(&mut self, keep: &[bool]) -> Vec<u32> {
        let mut next = 0;
        let target: Vec<u32> = keep
            .iter()
            .map(|&keep| {
                next += u32::from(keep);
                next.saturating_sub(1)
            })
            .collect();
        row_store::retain(&mut self.loose, keep);
        row_store::retain(&mut self.single, keep);
        self.groups.renumber(&target);
        self.renumber_order(&target);
        self.incidence = None;
        target
    }
}

fn unmatched_tag(origin: Name) -> Tag {
    Tag {
        origin,
        reason: Name::NONE,
        node: None,
        unique: None,
    }
}
