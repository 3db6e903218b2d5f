//! Shard result cache in flat arrays, one entry after the other.
//!
//! An entry holds the input lots, the output groups and the counter deltas of a shard. It is found by node and first row, and used
//! only if all lots are equal.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::arena::{Arena, GroupRef, retag, spare};
use super::counter_delta::CounterDelta;
use super::lot::Lot;
use super::names::{Name, Names};
use super::node_id::NodeId;
use super::shard_cache::{Hit, Opened, ShardCache, ShardOutput, ShardResults};

/// Running a shard of fewer lots is as fast as caching it.
const FEWEST_LOTS: usize = 4;

/// The shard results of a workspace.
#[derive(Debug, Default)]
pub(crate) struct FlatShardCache {
    rows: Vec<u32>,
    amounts: Vec<i64>,
    groups: Arena,
    counters: Vec<u8>,
    entries: Vec<Entry>,
    names: Names,
    /// Valid entries by node and first row, while a solve is under way.
    index: FxHashMap<(NodeId, u32), u32>,
    /// Slots whose rows were replaced since the last solve.
    stale: Vec<u32>,
    /// Whether the solve at hand runs every shard.
    is_bypassed: bool,
    /// Names of the run to names here, filled on demand.
    inward: Vec<Name>,
    /// Names here to names of the run, filled on demand.
    outward: Vec<Name>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    node: NodeId,
    state: State,
    /// Its end in each array; its start is the end of the entry before.
    lots: u32,
    groups: u32,
    counters: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Valid, and not used by the solve at hand.
    Unused,
    /// Valid, and part of the solve at hand.
    Used,
    Invalid,
}

impl FlatShardCache {
    #[inline(never)]
    fn drop_stale(&mut self) {
        let mut stale = std::mem::take(&mut self.stale);
        if !stale.is_empty() {
            crate::sorting::numbers(&mut stale);
            self.invalidate_if(|row| stale.binary_search(&row).is_ok());
        }
    }

    fn invalidate_if(&mut self, is_gone: impl Fn(u32) -> bool) {
        for at in 0..self.entries.len() {
            if self.rows[self.lots(at)].iter().any(|&row| is_gone(row)) {
                self.entries[at].state = State::Invalid;
            }
        }
    }

    fn ends(&self, at: usize) -> (usize, usize, usize) {
        let before = at.checked_sub(1).map(|at| self.entries[at]);
        before.map_or((0, 0, 0), |entry| {
            (entry.lots as usize, entry.groups as usize, entry.counters as usize)
        })
    }

    fn lots(&self, at: usize) -> Range<usize> {
        self.ends(at).0..self.ends(at + 1).0
    }

    /// Drops what belongs to no entry: the lots of a shard whose run was abandoned.
    fn cut_back(&mut self) {
        let (lots, groups, counters) = self.ends(self.entries.len());
        self.rows.truncate(lots);
        self.amounts.truncate(lots);
        self.groups.truncate(groups);
        self.counters.truncate(counters);
    }

    /// Frees the space of invalid entries, when it is more than half.
    #[inline(never)]
    fn compact(&mut self) {
        let gone = (0..self.entries.len()).filter(|&at| self.entries[at].state == State::Invalid);
        if 2 * gone.map(|at| self.lots(at).len()).sum::<usize>() <= self.rows.len() {
            return;
        }
        let old = std::mem::take(self);
        (self.is_bypassed, self.stale) = (old.is_bypassed, Vec::new());
        let mut renamed = Vec::new();
        for (at, entry) in old
            .entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.state != State::Invalid)
        {
            let ((_, groups, counters), lots) = (old.ends(at), old.lots(at));
            self.rows.extend_from_slice(&old.rows[lots.clone()]);
            self.amounts.extend_from_slice(&old.amounts[lots]);
            for group in (groups..entry.groups as usize).map(|index| old.groups.get(index)) {
                let tag = retag(group.tag, &mut renamed, &old.names, &mut self.names);
                self.groups.append(GroupRef { tag, ..group });
            }
            self.counters
                .extend_from_slice(&old.counters[counters..entry.counters as usize]);
            self.push_entry(entry.node, entry.state);
        }
    }

    fn push_entry(&mut self, node: NodeId, state: State) {
        // fewer lots, groups and bytes than a workspace may have rows
        spare(&mut self.entries, 1);
        self.entries.push(Entry {
            node,
            state,
            lots: self.rows.len() as u32,
            groups: self.groups.len() as u32,
            counters: self.counters.len() as u32,
        });
    }
}

impl ShardCache for FlatShardCache {
    fn begin(&mut self, results: ShardResults) {
        self.is_bypassed = match results {
            ShardResults::Bypassed => true,
            ShardResults::Reused => self.entries.is_empty(),
            ShardResults::Kept => false,
        };
        self.drop_stale();
        self.cut_back();
        (self.inward, self.outward) = (Vec::new(), Vec::new());
        for entry in &mut self.entries {
            if entry.state == State::Used {
                entry.state = State::Unused;
            }
        }
        self.compact();
        self.index = (0..self.entries.len())
            .filter(|&at| self.entries[at].state == State::Unused)
            .map(|at| ((self.entries[at].node, self.rows[self.lots(at).start]), at as u32))
            .collect();
    }

    fn end(&mut self) {
        (self.index, self.inward, self.outward) = (FxHashMap::default(), Vec::new(), Vec::new());
        if self.is_bypassed {
            return;
        }
        for entry in self.entries.iter_mut().filter(|entry| entry.state == State::Unused) {
            entry.state = State::Invalid;
        }
        self.compact();
        if 2 * self.rows.len() < self.rows.capacity() {
            self.rows.shrink_to_fit();
            self.amounts.shrink_to_fit();
            self.groups.shrink();
        }
    }

    fn invalidate(&mut self, slot: u32) {
        if !self.entries.is_empty() {
            self.stale.push(slot);
            if self.stale.len() > self.rows.len() {
                self.drop_stale();
            }
        }
    }

    fn renumber(&mut self, target: &[u32], keep: Option<&[bool]>) {
        if let Some(keep) = keep {
            self.invalidate_if(|row| !keep[row as usize]);
            self.stale.retain(|&slot| keep[slot as usize]);
        }
        let renew = |row: &mut u32| *row = target[*row as usize];
        self.stale.iter_mut().for_each(renew);
        self.cut_back();
        self.rows.iter_mut().for_each(renew);
        self.groups.renumber(target);
    }

    fn accepts(&self, lots: usize) -> bool {
        !self.is_bypassed && lots >= FEWEST_LOTS
    }

    fn find(&self, node: NodeId, lots: &[Lot]) -> Option<Hit> {
        let at = *self.index.get(&(node, lots.first()?.row))? as usize;
        let range = self.lots(at);
        let same = range.len() == lots.len()
            && lots
                .iter()
                .zip(&self.rows[range.clone()])
                .all(|(lot, row)| lot.row == *row)
            && lots
                .iter()
                .zip(&self.amounts[range])
                .all(|(lot, amount)| lot.amount == *amount);
        same.then_some(Hit(at))
    }

    fn replay(&mut self, Hit(at): Hit, lots: &mut [Lot], output: ShardOutput<'_>) {
        let (_, first_group, first_counter) = self.ends(at);
        let entry = &mut self.entries[at];
        entry.state = State::Used;
        for index in first_group..entry.groups as usize {
            let group = self.groups.get(index);
            let mut from = 0;
            for lot in group.lots() {
                from += lots[from..].partition_point(|mine| mine.row < lot.row);
                lots[from].amount -= lot.amount;
            }
            let tag = retag(group.tag, &mut self.outward, &self.names, output.names);
            output.groups.append(GroupRef { tag, ..group });
        }
        let counters = &self.counters[first_counter..entry.counters as usize];
        CounterDelta::add_packed(counters, output.stages);
    }

    fn open(&mut self, lots: &[Lot], rows: usize) {
        if self.entries.is_empty() {
            self.rows.reserve_exact(rows);
            self.amounts.reserve_exact(rows);
            self.groups.reserve(0, rows);
        }
        spare(&mut self.rows, lots.len());
        spare(&mut self.amounts, lots.len());
        self.rows.extend(lots.iter().map(|lot| lot.row));
        self.amounts.extend(lots.iter().map(|lot| lot.amount));
    }

    fn close(&mut self, node: NodeId, opened: &Opened, output: ShardOutput<'_>) {
        let groups = &output.groups;
        let members = groups.start(groups.len()) - groups.start(opened.mark);
        self.groups.spare(groups.len() - opened.mark, members);
        for group in (opened.mark..groups.len()).map(|index| groups.get(index)) {
            let tag = retag(group.tag, &mut self.inward, output.names, &mut self.names);
            self.groups.append(GroupRef { tag, ..group });
        }
        spare(&mut self.counters, 4 + opened.counters.most_bytes());
        opened.counters.pack_since(output.stages, &mut self.counters);
        self.push_entry(node, State::Used);
    }
}
