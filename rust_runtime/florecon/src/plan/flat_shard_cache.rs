//! Shard result cache: reuses a shard's groups and counters when its lots are unchanged since the last solve.
//!
//! The result of a shard is a function of the node, its lots and their rows. An entry holds the input lots, the output groups
//! and the counter deltas; it is found by node and first row, used only if all lots are equal, and dropped when one of its rows
//! is replaced or removed. Entries lie in flat arrays, one after the other.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::arena::{Arena, GroupRef, Tag, spare};
use super::counter_delta::CounterDelta;
use super::lot::Lot;
use super::names::{Name, Names};
use super::run_state::Run;

/// Shards of fewer lots are run as fast as they are remembered.
const FEWEST: usize = 4;

/// The shards of a workspace. Rows are held by slot.
#[derive(Debug, Default)]
pub(crate) struct ShardCache {
    rows: Vec<u32>,
    amounts: Vec<i64>,
    groups: Arena,
    tallies: Vec<u8>,
    entries: Vec<Entry>,
    names: Names,
    /// Live entries by node and first row, while a solve is under way.
    index: FxHashMap<(u32, u32), u32>,
    /// Slots whose rows were replaced since the last solve.
    stale: Vec<u32>,
    /// Whether every shard is to be run, whatever is known.
    is_off: bool,
    /// The names of the run as names here, and the other way round, as far as they are known.
    inward: Vec<Name>,
    outward: Vec<Name>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    node: u32,
    state: State,
    /// Where it ends in each array; the entry before tells where it starts.
    lots: u32,
    groups: u32,
    tallies: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// True, not asked for in the solve at hand.
    Known,
    /// True, and part of the solve at hand.
    Used,
    Gone,
}

/// An entry that is found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found(usize);

/// A shard that is being run: its lots are written down, its outcome is not.
pub(crate) struct Opened {
    tally: CounterDelta,
    mark: usize,
}

impl ShardCache {
    /// Whether a shard of so many lots is worth it.
    pub fn is_worth(&self, lots: usize) -> bool {
        !self.is_off && lots >= FEWEST
    }

    /// Before the first step of a solve, which runs every shard when `is_off`.
    #[inline(never)]
    pub fn begin(&mut self, is_off: bool) {
        self.is_off = is_off;
        self.forget_stale();
        self.cut_back();
        (self.inward, self.outward) = (Vec::new(), Vec::new());
        for entry in &mut self.entries {
            if entry.state == State::Used {
                entry.state = State::Known;
            }
        }
        self.compact();
        self.index = (0..self.entries.len())
            .filter(|&at| self.entries[at].state == State::Known)
            .map(|at| ((self.entries[at].node, self.rows[self.lots(at).start]), at as u32))
            .collect();
    }

    /// After the last step: what was no part of the solve is of no use to the next one.
    #[inline(never)]
    pub fn end(&mut self) {
        (self.index, self.inward, self.outward) = (FxHashMap::default(), Vec::new(), Vec::new());
        if self.is_off {
            return;
        }
        for entry in self.entries.iter_mut().filter(|entry| entry.state == State::Known) {
            entry.state = State::Gone;
        }
        self.compact();
        if 2 * self.rows.len() < self.rows.capacity() {
            self.rows.shrink_to_fit();
            self.amounts.shrink_to_fit();
            self.groups.shrink();
        }
    }

    /// A row is replaced: what its shards came to is true no more.
    pub fn replace(&mut self, slot: u32) {
        if !self.entries.is_empty() {
            self.stale.push(slot);
        }
    }

    /// Slots get new numbers; those that `keep` does not name are gone.
    #[inline(never)]
    pub fn renumber(&mut self, target: &[u32], keep: Option<&[bool]>) {
        if let Some(keep) = keep {
            self.forget(|row| !keep[row as usize]);
            self.stale.retain(|&slot| keep[slot as usize]);
        }
        let renew = |row: &mut u32| *row = target[*row as usize];
        self.stale.iter_mut().for_each(renew);
        self.cut_back();
        self.rows.iter_mut().for_each(renew);
        self.groups.renumber(target);
    }

    #[inline(never)]
    fn forget_stale(&mut self) {
        let mut stale = std::mem::take(&mut self.stale);
        if !stale.is_empty() {
            stale.sort_unstable();
            self.forget(|row| stale.binary_search(&row).is_ok());
        }
    }

    fn forget(&mut self, is_gone: impl Fn(u32) -> bool) {
        for at in 0..self.entries.len() {
            if self.rows[self.lots(at)].iter().any(|&row| is_gone(row)) {
                self.entries[at].state = State::Gone;
            }
        }
    }

    fn ends(&self, at: usize) -> (usize, usize, usize) {
        let before = at.checked_sub(1).map(|at| self.entries[at]);
        before.map_or((0, 0, 0), |entry| {
            (entry.lots as usize, entry.groups as usize, entry.tallies as usize)
        })
    }

    fn lots(&self, at: usize) -> Range<usize> {
        self.ends(at).0..self.ends(at + 1).0
    }

    /// Drops what belongs to no entry: a shard whose run was given up.
    fn cut_back(&mut self) {
        let (lots, groups, tallies) = self.ends(self.entries.len());
        self.rows.truncate(lots);
        self.amounts.truncate(lots);
        self.groups.truncate(groups);
        self.tallies.truncate(tallies);
    }

    /// Gives back the room of entries that are gone, when it is more than half.
    #[inline(never)]
    fn compact(&mut self) {
        let gone = (0..self.entries.len()).filter(|&at| self.entries[at].state == State::Gone);
        if 2 * gone.map(|at| self.lots(at).len()).sum::<usize>() <= self.rows.len() {
            return;
        }
        let old = std::mem::take(self);
        (self.is_off, self.stale) = (old.is_off, Vec::new());
        let mut renamed = Vec::new();
        for (at, entry) in old
            .entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.state != State::Gone)
        {
            let ((_, groups, tallies), lots) = (old.ends(at), old.lots(at));
            self.rows.extend_from_slice(&old.rows[lots.clone()]);
            self.amounts.extend_from_slice(&old.amounts[lots]);
            for group in (groups..entry.groups as usize).map(|index| old.groups.get(index)) {
                let tag = retag(group.tag, &mut renamed, &old.names, &mut self.names);
                self.groups.append(GroupRef { tag, ..group });
            }
            self.tallies
                .extend_from_slice(&old.tallies[tallies..entry.tallies as usize]);
            self.close(entry.node, entry.state);
        }
    }

    fn close(&mut self, node: u32, state: State) {
        // fewer lots, groups and bytes than a workspace may have rows
        spare(&mut self.entries, 1);
        self.entries.push(Entry {
            node,
            state,
            lots: self.rows.len() as u32,
            groups: self.groups.len() as u32,
            tallies: self.tallies.len() as u32,
        });
    }

    /// What a shard of the node came to, if it was run on just these lots.
    #[inline(never)]
    pub fn find(&self, node: u32, lots: &[Lot]) -> Option<Found> {
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
        same.then_some(Found(at))
    }
}

/// The same tag among other names; what each name became is kept in `renamed`.
#[inline(never)]
fn retag(tag: Tag, renamed: &mut Vec<Name>, from: &Names, to: &mut Names) -> Tag {
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

impl<R> Run<'_, R> {
    /// Puts what a shard came to into the run, and what it left into its lots: zero where nothing is.
    #[inline(never)]
    pub fn recall(&mut self, Found(at): Found, lots: &mut [Lot]) {
        self.flows.spare(lots.iter().map(|lot| &self.ids[lot.row as usize]));
        let ShardCache {
            entries,
            groups,
            tallies,
            names,
            outward,
            ..
        } = &mut *self.recalled;
        let before = at.checked_sub(1).map(|at| entries[at]);
        let entry = &mut entries[at];
        entry.state = State::Used;
        for index in before.map_or(0, |before| before.groups)..entry.groups {
            let group = groups.get(index as usize);
            let mut from = 0;
            for lot in group.lots() {
                from += lots[from..].partition_point(|mine| mine.row < lot.row);
                lots[from].amount -= lot.amount;
            }
            let tag = retag(group.tag, outward, names, &mut self.names);
            self.groups.append(GroupRef { tag, ..group });
        }
        let bytes = &tallies[before.map_or(0, |before| before.tallies) as usize..entry.tallies as usize];
        CounterDelta::add_packed(bytes, &mut self.stages);
    }

    /// Writes down the lots of a shard that is to be run with the nodes `nodes`.
    #[inline(never)]
    pub fn open_shard(&mut self, lots: &[Lot], nodes: Range<usize>) -> Opened {
        let recalled = &mut self.recalled;
        if recalled.entries.is_empty() {
            recalled.rows.reserve_exact(self.rows.len());
            recalled.amounts.reserve_exact(self.rows.len());
            recalled.groups.reserve(0, self.rows.len());
        }
        spare(&mut recalled.rows, lots.len());
        spare(&mut recalled.amounts, lots.len());
        recalled.rows.extend(lots.iter().map(|lot| lot.row));
        recalled.amounts.extend(lots.iter().map(|lot| lot.amount));
        Opened {
            tally: CounterDelta::of(&self.stages, nodes),
            mark: self.groups.len(),
        }
    }

    /// Writes down what the shard came to.
    #[inline(never)]
    pub fn close_shard(&mut self, node: u32, opened: &Opened) {
        let recalled = &mut self.recalled;
        let members = self.groups.start(self.groups.len()) - self.groups.start(opened.mark);
        recalled.groups.spare(self.groups.len() - opened.mark, members);
        for group in (opened.mark..self.groups.len()).map(|index| self.groups.get(index)) {
            let tag = retag(group.tag, &mut recalled.inward, &self.names, &mut recalled.names);
            recalled.groups.append(GroupRef { tag, ..group });
        }
        spare(&mut recalled.tallies, 4 + opened.tally.most_bytes());
        opened.tally.pack_since(&self.stages, &mut recalled.tallies);
        recalled.close(node, State::Used);
    }
}
