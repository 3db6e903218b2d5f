//! History of groups: what the groups of the last solve were, of those that have changed since, and what the last solve changed.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::plan::arena::{Arena, GroupRef, Tag};
use crate::plan::lot::Lot;
use crate::plan::names::Names;
use crate::row_id::RowId;
use crate::sorting;
use crate::sorting::by_number;
use crate::wire::origin::UNMATCHED;

/// Groups as they were, with the ids and states that they had.
#[derive(Debug, Clone, Default)]
pub(crate) struct PastGroups {
    groups: Arena,
    heads: Vec<(i64, bool)>,
}

impl PastGroups {
    /// Appends a group.
    pub fn add(&mut self, id: i64, is_pinned: bool, tag: Tag, lots: impl IntoIterator<Item = Lot>) {
        for lot in lots {
            self.groups.push(lot.row, lot.amount);
        }
        self.groups.seal(tag);
        self.heads.push((id, is_pinned));
    }

    pub fn len(&self) -> usize {
        self.heads.len()
    }

    pub fn group(&self, index: usize) -> GroupRef<'_> {
        self.groups.get(index)
    }

    pub fn id(&self, index: usize) -> i64 {
        self.heads[index].0
    }

    pub fn is_pinned(&self, index: usize) -> bool {
        self.heads[index].1
    }

    /// Gives the groups tags with other names.
    pub fn rename(&mut self, mut rename: impl FnMut(Tag) -> Tag) {
        for index in 0..self.len() {
            let tag = self.groups.tag_mut(index);
            *tag = rename(*tag);
        }
    }

    /// The groups that are not among the others, and the others that are not among these, by ascending id.
    pub fn difference(&self, others: &Self) -> (Self, Self) {
        let mut places: Vec<usize> = (0..self.len()).collect();
        by_number(&mut places, |index| self.id(index));
        let mut by_row: FxHashMap<u32, Vec<usize>> = FxHashMap::default();
        for &index in &places {
            by_row.entry(self.groups.first(index)).or_default().push(index);
        }
        let mut shared = vec![false; self.len()];
        let mut added = Self::default();
        for other in 0..others.len() {
            let group = others.group(other);
            let alike = by_row.get_mut(&group.rows[0]).and_then(|candidates| {
                let place = candidates.iter().position(|&index| {
                    let known = self.group(index);
                    self.is_pinned(index) == others.is_pinned(other)
                        && (known.tag, known.rows, known.amounts) == (group.tag, group.rows, group.amounts)
                })?;
                Some(candidates.remove(place))
            });
            match alike {
                Some(index) => shared[index] = true,
                None => added.add(others.id(other), others.is_pinned(other), group.tag, group.lots()),
            }
        }
        let mut removed = Self::default();
        for index in places.into_iter().filter(|&index| !shared[index]) {
            let group = self.group(index);
            removed.add(self.id(index), self.is_pinned(index), group.tag, group.lots());
        }
        (removed, added)
    }

    fn renumber(&mut self, target: &mut dyn FnMut(u32) -> u32) {
        self.groups.renumber_by(target);
    }
}

/// Log of the groups that have changed since the last solve.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChangeLog {
    /// Number of records at the last solve; none before the first.
    pub solved: Option<usize>,
    /// Records of that solve that have changed since.
    pub records: FxHashSet<u32>,
    /// Slots whose unmatched singleton has changed since.
    pub singles: FxHashSet<u32>,
    /// The groups of the last solve that have changed since, as they were.
    pub past: PastGroups,
}

/// The groups that the last solve removed and added, and the ids of rows that are gone.
///
/// A row that is gone has a slot counted from the end.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    /// Whether two solves can be compared; otherwise all groups count as added.
    pub is_known: bool,
    pub removed: PastGroups,
    pub added: PastGroups,
    gone: Vec<RowId>,
}

/// The groups that the last solve removed and added; before the second solve all groups, as added.
pub(crate) struct Changes<'a> {
    pub history: &'a History,
    pub names: &'a Names,
    pub ids: &'a [RowId],
    /// The groups as they are, where no two solves can be compared.
    pub all: PastGroups,
}

/// A member of a changed group.
pub(crate) struct ChangeLine<'a> {
    pub is_added: bool,
    pub group_id: i64,
    pub is_pinned: bool,
    pub origin: &'a str,
    pub reason: Option<&'a str>,
    pub tag: Tag,
    pub id: &'a RowId,
    pub amount: i64,
}

impl Changes<'_> {
    /// The members, those of removed groups first.
    pub fn lines(&self) -> Vec<ChangeLine<'_>> {
        let added = if self.history.is_known {
            &self.history.added
        } else {
            &self.all
        };
        let mut lines = Vec::new();
        for (groups, is_added) in [(&self.history.removed, false), (added, true)] {
            for index in 0..groups.len() {
                let group = groups.group(index);
                for lot in group.lots() {
                    lines.push(ChangeLine {
                        is_added,
                        group_id: groups.id(index),
                        is_pinned: groups.is_pinned(index),
                        origin: self.names.get(group.tag.origin).map_or(UNMATCHED, |origin| origin),
                        reason: self.names.get(group.tag.reason).map(|reason| &**reason),
                        tag: group.tag,
                        id: self.history.id(self.ids, lot.row),
                        amount: lot.amount,
                    });
                }
            }
        }
        lines
    }
}

impl History {
    /// The id of a row of a past group.
    pub fn id<'a>(&'a self, ids: &'a [RowId], slot: u32) -> &'a RowId {
        ids.get(slot as usize)
            .unwrap_or_else(|| &self.gone[(u32::MAX - slot) as usize])
    }

    /// Gives rows of past groups that were removed, and came again, their slots; `ids` are those of all slots.
    pub fn revive(&self, log: &mut ChangeLog, ids: &[RowId]) {
        log.past.renumber(&mut |row| {
            let gone = self.gone.get((u32::MAX - row) as usize);
            let found = gone.and_then(|id| ids.binary_search(id).ok());
            found.map_or(row, |slot| slot as u32)
        });
    }

    /// Takes over what a solve removed and added; of the rows that are gone, those of removed groups are kept.
    pub fn begin(&mut self, (removed, added): (PastGroups, PastGroups)) {
        let old = std::mem::take(&mut self.gone);
        (self.removed, self.added, self.is_known) = (removed, added, true);
        let gone = &mut self.gone;
        self.removed
            .renumber(&mut |row| match old.get((u32::MAX - row) as usize) {
                Some(id) => {
                    gone.push(id.clone());
                    u32::MAX - (gone.len() - 1) as u32
                }
                None => row,
            });
    }

    /// Gives slots new numbers. `ids` are those before; slots that `keep` does not name are gone.
    pub fn renumber(&mut self, log: &mut ChangeLog, ids: &[RowId], target: &[u32], keep: Option<&[bool]>) {
        let used = [&self.removed, &self.added, &log.past];
        let mut gone: Vec<u32> = Vec::new();
        if let Some(keep) = keep {
            let rows = used
                .iter()
                .flat_map(|past| past.groups.iter())
                .flat_map(|group| group.rows);
            gone.extend(rows.copied().filter(|&row| keep.get(row as usize) == Some(&false)));
            sorting::numbers(&mut gone);
            gone.dedup();
        }
        let first = self.gone.len();
        self.gone.extend(gone.iter().map(|&row| ids[row as usize].clone()));
        let number = |row: u32| match gone.binary_search(&row) {
            Ok(place) => u32::MAX - (first + place) as u32,
            Err(_) => target.get(row as usize).copied().unwrap_or(row),
        };
        for past in [&mut self.removed, &mut self.added, &mut log.past] {
            past.renumber(&mut |row| number(row));
        }
        let is_kept = |slot: &u32| keep.is_none_or(|keep| keep[*slot as usize]);
        log.singles = log
            .singles
            .iter()
            .filter(|slot| is_kept(slot))
            .map(|&slot| number(slot))
            .collect();
    }
}
