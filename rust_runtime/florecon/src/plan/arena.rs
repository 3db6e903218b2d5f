//! Group arena: the groups of a run in three flat arrays.

use std::cmp::Ordering;

use super::lot::Lot;
use super::names::{Name, Names};
use super::node_id::NodeId;
use crate::sorting::{by_number, by_order};

/// Provenance of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag {
    pub origin: Name,
    pub reason: Name,
    /// None for a group that was made by hand.
    pub node: Option<NodeId>,
    /// Whether the optimum that formed the group is the only one; unknown outside `flow`.
    pub unique: Option<bool>,
}

#[derive(Debug, Clone, Copy)]
struct Head {
    end: usize,
    tag: Tag,
}

/// One group: members in ascending row order, each row once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GroupRef<'a> {
    pub rows: &'a [u32],
    pub amounts: &'a [i64],
    pub tag: Tag,
}

impl<'a> GroupRef<'a> {
    pub fn lots(self) -> impl Iterator<Item = Lot> + 'a {
        self.rows
            .iter()
            .zip(self.amounts)
            .map(|(&row, &amount)| Lot { row, amount })
    }

    pub fn len(self) -> usize {
        self.rows.len()
    }

    /// The order of the report: smallest row, members, origin, reason, node.
    pub fn compare(self, other: Self, names: &Names) -> Ordering {
        let members = |group: Self| group.lots().map(|lot| (lot.row, lot.amount));
        members(self)
            .cmp(members(other))
            .then_with(|| names.text(self.tag.origin).cmp(names.text(other.tag.origin)))
            .then_with(|| names.text(self.tag.reason).cmp(names.text(other.tag.reason)))
            .then_with(|| self.tag.node.cmp(&other.tag.node))
    }
}

/// Reserves capacity by a quarter instead of doubling, for arrays that live long.
pub(crate) fn spare<T>(items: &mut Vec<T>, more: usize) {
    if items.capacity() - items.len() < more {
        items.reserve_exact(more.max(items.len() / 4));
    }
}

/// Groups, appended one after the other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arena {
    rows: Vec<u32>,
    amounts: Vec<i64>,
    heads: Vec<Head>,
}

impl Arena {
    /// Number of groups.
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// Adds a member to the group that is being built. Members come in ascending row order.
    #[inline]
    pub fn push(&mut self, row: u32, amount: i64) {
        self.rows.push(row);
        self.amounts.push(amount);
    }

    /// Ends the group that is being built.
    pub fn close(&mut self, tag: Tag) {
        debug_assert!(self.rows[self.start(self.len())..].is_sorted_by(|a, b| a < b));
        self.seal(tag);
    }

    /// The same where numbers of rows may not ascend, because rows are gone.
    pub fn seal(&mut self, tag: Tag) {
        self.heads.push(Head {
            end: self.rows.len(),
            tag,
        });
    }

    /// Discards the group that is being built.
    pub fn abandon(&mut self) {
        let start = self.start(self.len());
        self.rows.truncate(start);
        self.amounts.truncate(start);
    }

    /// Number of members of the group that is being built.
    pub fn open_len(&self) -> usize {
        self.rows.len() - self.start(self.len())
    }

    /// Start of group `index` in the flat arrays; for the number of groups, the start of the next one.
    pub fn start(&self, index: usize) -> usize {
        index.checked_sub(1).map_or(0, |before| self.heads[before].end)
    }

    pub fn tag(&self, index: usize) -> Tag {
        self.heads[index].tag
    }

    pub fn get(&self, index: usize) -> GroupRef<'_> {
        let range = self.start(index)..self.heads[index].end;
        GroupRef {
            rows: &self.rows[range.clone()],
            amounts: &self.amounts[range],
            tag: self.heads[index].tag,
        }
    }

    /// The amounts of all members of the groups from `mark` on.
    pub fn amounts_from(&self, mark: usize) -> &[i64] {
        &self.amounts[self.start(mark)..]
    }

    /// The members of all groups.
    pub fn lots(&self) -> impl Iterator<Item = Lot> {
        let members = self.rows.iter().zip(&self.amounts);
        members.map(|(&row, &amount)| Lot { row, amount })
    }

    /// The smallest row of a group.
    pub fn first(&self, index: usize) -> u32 {
        self.rows[self.start(index)]
    }

    pub fn tag_mut(&mut self, index: usize) -> &mut Tag {
        &mut self.heads[index].tag
    }

    pub fn iter(&self) -> impl Iterator<Item = GroupRef<'_>> {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Gives each row a new number: `target` by old number. Members keep their order.
    pub fn renumber(&mut self, target: &[u32]) {
        self.renumber_from(0, target);
    }

    /// The same for the groups from `mark` on.
    pub fn renumber_from(&mut self, mark: usize, target: &[u32]) {
        let start = self.start(mark);
        self.rows[start..]
            .iter_mut()
            .for_each(|row| *row = target[*row as usize]);
    }

    /// The same by a function.
    pub fn renumber_by(&mut self, target: &mut dyn FnMut(u32) -> u32) {
        self.rows.iter_mut().for_each(|row| *row = target(*row));
    }

    /// Reserves exactly so many more groups and members.
    pub fn reserve(&mut self, groups: usize, members: usize) {
        self.heads.reserve_exact(groups);
        self.rows.reserve_exact(members);
        self.amounts.reserve_exact(members);
    }

    /// Reserves so many more groups and members, and a quarter more.
    pub fn spare(&mut self, groups: usize, members: usize) {
        spare(&mut self.heads, groups);
        spare(&mut self.rows, members);
        spare(&mut self.amounts, members);
    }

    /// Frees unused capacity.
    pub fn shrink(&mut self) {
        self.heads.shrink_to_fit();
        self.rows.shrink_to_fit();
        self.amounts.shrink_to_fit();
    }

    /// Keeps the first groups.
    pub fn truncate(&mut self, groups: usize) {
        let members = self.start(groups);
        self.heads.truncate(groups);
        self.rows.truncate(members);
        self.amounts.truncate(members);
    }

    /// Copies a group to the end.
    pub fn append(&mut self, group: GroupRef<'_>) {
        self.rows.extend_from_slice(group.rows);
        self.amounts.extend_from_slice(group.amounts);
        self.close(group.tag);
    }

    /// Removes the groups from `mark` on, and returns them.
    pub fn split_off(&mut self, mark: usize) -> Self {
        let start = self.start(mark);
        let mut heads = self.heads.split_off(mark);
        heads.iter_mut().for_each(|head| head.end -= start);
        Self {
            rows: self.rows.split_off(start),
            amounts: self.amounts.split_off(start),
            heads,
        }
    }

    /// The groups from `mark` on, in the order of the report.
    pub fn report_order(&self, mark: usize, names: &Names) -> Vec<usize> {
        let mut order: Vec<usize> = (mark..self.len()).collect();
        let first = |index: usize| i64::from(self.rows[self.start(index)]);
        if !order.is_sorted_by_key(|&index| first(index)) {
            by_number(&mut order, first);
        }
        let mut rest = &mut order[..];
        while let Some(&head) = rest.first() {
            let shared = rest.iter().take_while(|index| first(**index) == first(head)).count();
            let (same, others) = rest.split_at_mut(shared);
            if shared > 1 {
                by_order(same, |a, b| self.get(a).compare(self.get(b), names));
            }
            rest = others;
        }
        order
    }

    /// Gives the members of the groups from `mark` on new amounts: `amount(at, lot)`, where `at` counts the members
    /// from the first of these groups, zero to leave. A group that so falls from several members to one is dissolved.
    /// Returns what the dissolved groups held; what a smaller amount frees is the caller's to return.
    pub fn rewrite(&mut self, mark: usize, mut amount: impl FnMut(usize, Lot) -> i64) -> Vec<Lot> {
        let old = self.split_off(mark);
        let mut freed = Vec::new();
        let mut at = 0;
        for group in old.iter() {
            for lot in group.lots() {
                let changed = amount(at, lot);
                if changed != 0 {
                    self.push(lot.row, changed);
                }
                at += 1;
            }
            match self.open_len() {
                0 => {}
                1 if group.len() > 1 => {
                    freed.extend(
                        self.rows
                            .last()
                            .zip(self.amounts.last())
                            .map(|(&row, &amount)| Lot { row, amount }),
                    );
                    self.abandon();
                }
                _ => self.close(group.tag),
            }
        }
        freed
    }
}

/// The same tag with the names of another table; `renamed` keeps the translations.
#[inline(never)]
pub(crate) fn retag(tag: Tag, renamed: &mut Vec<Name>, from: &Names, to: &mut Names) -> Tag {
    let mut rename = |name: Name| {
        let (Some(place), Some(text)) = (name.place(), from.get(name)) else {
            return Name::NONE;
        };
        if renamed.len() <= place {
            renamed.resize(place + 1, Name::NONE);
        }
        if renamed[place] == Name::NONE {
            renamed[place] = to.adopt(text);
        }
        renamed[place]
    };
    Tag {
        origin: rename(tag.origin),
        reason: rename(tag.reason),
        ..tag
    }
}
