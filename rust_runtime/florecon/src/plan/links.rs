//! Links of rows: which rows can meet in a solve, so that an edit runs the plan again on what it can reach and on nothing else.
//!
//! A solve that records notes the links of each lot at each node that it comes to: two lots that can meet at a node have a link
//! in common. The rows that can be reached from a row over shared links are closed: a solve of them alone forms the groups,
//! counters and residuals that they have in the solve of all. What is kept are these components, and a row for each link. A link is
//! a hash: a collision joins more than is joined, and never less.

use std::hash::{BuildHasher, Hash};

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::item::Item;
use super::key_numbers::Keys;
use super::lot::Lot;
use super::node_id::NodeId;
use super::run_state::Run;
use crate::error::Error;
use crate::sorting;
use crate::value::EvalError;

/// Number of pairs up to which a recorder keeps them.
const MOST_PAIRS: usize = 1 << 16;

/// Records links during a run.
#[derive(Debug, Default)]
pub(crate) struct LinkRecorder {
    /// Hash of the shards of partitions above the node at hand.
    pub seed: u64,
    /// Pairs of a link and a row, in the order of the run.
    pub pairs: Vec<(u32, u32)>,
    /// Takes the pairs in on the way, so that those of all rows need not be kept.
    graph: Option<LinkGraph>,
}

impl LinkRecorder {
    /// A recorder of the links of all rows.
    pub fn of_all(rows: usize) -> Self {
        let mut graph = LinkGraph::default();
        graph.grow(rows);
        Self {
            graph: Some(graph),
            ..Self::default()
        }
    }

    /// Notes that a row has a link at a node.
    pub fn add(&mut self, node: NodeId, link: u64, row: u32) {
        self.pairs.push((fold(hash(&(self.seed, node, link))), row));
        if self.pairs.len() == MOST_PAIRS && self.graph.is_some() {
            self.take_in();
        }
    }

    fn take_in(&mut self) {
        if let Some(graph) = &mut self.graph {
            graph.join(&self.pairs);
            self.pairs.clear();
        }
    }

    /// The graph of the links of all rows.
    pub fn finish(mut self) -> Option<LinkGraph> {
        self.take_in();
        let mut graph = self.graph?;
        graph.recorded = graph.holders.len();
        Some(graph)
    }

    /// The seed of a shard of a node below the present seed.
    pub fn shard(&self, node: NodeId, link: u64) -> u64 {
        hash(&(self.seed, node, link, "shard"))
    }
}

/// A hash of a key as a link.
pub(crate) fn hash(key: &impl Hash) -> u64 {
    FxBuildHasher.hash_one(key).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Links of lots that meet where their keys are equal; one without a key meets none.
pub(crate) fn by_key<R, K: Hash>(
    run: &Run<'_, R>,
    bag: &[Lot],
    key: impl Fn(Item<'_, R>) -> Result<Option<K>, EvalError>,
    add: &mut dyn FnMut(usize, u64),
) -> Result<(), Error> {
    for (at, &lot) in bag.iter().enumerate() {
        if let Some(key) = key(run.item(lot)).map_err(|error| run.fault(lot.row, error))? {
            add(at, hash(&key));
        }
    }
    Ok(())
}

/// Links of lots that meet where they share one of their keys.
pub(crate) fn by_keys<R, K: Hash>(
    run: &Run<'_, R>,
    bag: &[Lot],
    keys: &Keys<R, K>,
    add: &mut dyn FnMut(usize, u64),
) -> Result<(), Error> {
    let mut own = Vec::new();
    for (at, &lot) in bag.iter().enumerate() {
        keys.append(run.item(lot), &mut own)
            .map_err(|error| run.fault(lot.row, error))?;
        own.drain(..).for_each(|key| add(at, hash(&key)));
    }
    Ok(())
}

fn fold(hash: u64) -> u32 {
    (hash >> 32) as u32 ^ hash as u32
}

/// Which rows can be reached from each other over links, as components.
#[derive(Debug, Default)]
pub(crate) struct LinkGraph {
    /// By link, a row of the component that all rows with this link are in; a row that is free may have lost the link.
    holders: FxHashMap<u32, u32>,
    /// By row, another one of its component, up to the one that is its own.
    parents: Vec<u32>,
    /// By row, the next one of its component, in a circle.
    next: Vec<u32>,
    /// Number of links once those of all rows were recorded.
    recorded: usize,
}

impl LinkGraph {
    /// Appends rows without links.
    pub fn grow(&mut self, rows: usize) {
        let more = self.next.len() as u32..rows as u32;
        self.parents.extend(more.clone());
        self.next.extend(more);
    }

    fn root(&mut self, mut row: u32) -> u32 {
        while self.parents[row as usize] != row {
            let above = self.parents[self.parents[row as usize] as usize];
            self.parents[row as usize] = above;
            row = above;
        }
        row
    }

    fn join(&mut self, pairs: &[(u32, u32)]) {
        for &(link, row) in pairs {
            let holder = *self.holders.entry(link).or_insert(row);
            let (one, other) = (self.root(holder), self.root(row));
            if one != other {
                self.parents[one.max(other) as usize] = one.min(other);
                self.next.swap(one as usize, other as usize);
            }
        }
    }

    /// A row of the component of those that have a link; it may be a free one that had it.
    pub fn holder(&self, link: u32) -> Option<u32> {
        self.holders.get(&link).copied()
    }

    /// The rows that are reached from these, themselves included, without those that `known` has, ascending; none where there
    /// are more than `most`. `known` is closed.
    pub fn closure(&self, rows: impl Iterator<Item = u32>, known: &FxHashSet<u32>, most: usize) -> Option<Vec<u32>> {
        let mut found: FxHashSet<u32> = FxHashSet::default();
        for mut row in rows.filter(|row| !known.contains(row)) {
            while found.insert(row) {
                if found.len() > most {
                    return None;
                }
                row = self.next[row as usize];
            }
        }
        let mut found: Vec<u32> = found.into_iter().collect();
        sorting::numbers(&mut found);
        Some(found)
    }

    /// Takes the links off rows that are closed.
    pub fn free(&mut self, rows: &[u32]) {
        for &row in rows {
            (self.parents[row as usize], self.next[row as usize]) = (row, row);
        }
    }

    /// Gives free rows, to which no others are linked, the links of a further run of them.
    pub fn relink(&mut self, pairs: &[(u32, u32)]) {
        self.holders.extend(pairs.iter().copied());
        self.join(pairs);
    }

    /// Whether most links may be of no row any more.
    pub fn is_outworn(&self) -> bool {
        self.holders.len() > 2 * self.recorded + 4096
    }

    /// Gives rows new numbers: `target` by old number. Rows that `keep` does not name, which are free, are dropped.
    pub fn renumber(&mut self, target: &[u32], keep: Option<&[bool]>) {
        let is_kept = |row: u32| keep.is_none_or(|keep| keep[row as usize]);
        self.holders.retain(|_, row| {
            let old = std::mem::replace(row, target[*row as usize]);
            is_kept(old)
        });
        let kept = (0..self.next.len() as u32).filter(|&row| is_kept(row));
        let count = kept.clone().count();
        for rows in [&mut self.parents, &mut self.next] {
            let old = std::mem::replace(rows, vec![0; count]);
            for row in kept.clone() {
                rows[target[row as usize] as usize] = target[old[row as usize] as usize];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closure(graph: &LinkGraph, row: u32) -> Vec<u32> {
        graph.closure([row].into_iter(), &FxHashSet::default(), 100).unwrap()
    }

    #[test]
    fn rows_are_reached_over_shared_links() {
        let mut graph = LinkGraph::default();
        graph.grow(7);
        graph.join(&[(7, 1), (7, 2), (8, 2), (8, 5), (9, 3), (9, 4)]);
        assert_eq!(closure(&graph, 1), [1, 2, 5]);
        assert_eq!(closure(&graph, 4), [3, 4]);
        assert_eq!(closure(&graph, 6), [6]);
        // row 2 takes the link of 3 and 4 in the place of its own
        graph.free(&[1, 2, 3, 4, 5, 6]);
        graph.relink(&[(7, 1), (8, 5), (9, 2), (9, 3), (9, 4), (7, 6)]);
        assert_eq!(closure(&graph, 1), [1, 6]);
        assert_eq!(closure(&graph, 2), [2, 3, 4]);
        assert_eq!(closure(&graph, 5), [5]);
        assert_eq!(graph.holder(8), Some(5));
        graph.free(&[2, 3, 4]);
        graph.renumber(
            &[0, 1, 1, 2, 3, 4, 5],
            Some(&[true, true, false, true, true, true, true]),
        );
        assert_eq!(closure(&graph, 1), [1, 5]);
        assert_eq!(closure(&graph, 2), [2]);
        assert_eq!(graph.holder(8), Some(4));
        graph.relink(&[(9, 2), (9, 3)]);
        assert_eq!(closure(&graph, 3), [2, 3]);
    }

    #[test]
    fn a_closure_has_a_limit_and_knows_what_is_closed_already() {
        let mut graph = LinkGraph::default();
        graph.grow(6);
        graph.join(&[(7, 1), (7, 2), (8, 2), (8, 5)]);
        assert_eq!(graph.closure([1].into_iter(), &FxHashSet::default(), 2), None);
        let known: FxHashSet<u32> = [1, 2, 5].into_iter().collect();
        assert_eq!(graph.closure([1, 3].into_iter(), &known, 2), Some(vec![3]));
    }

    #[test]
    fn a_recorder_of_all_rows_takes_pairs_in_on_the_way() {
        let rows = MOST_PAIRS as u32 + 5;
        let mut recorder = LinkRecorder::of_all(rows as usize);
        (0..rows).for_each(|row| recorder.add(NodeId::new(0), u64::from(row / 2), row));
        assert_eq!(recorder.pairs.len(), 5);
        let graph = recorder.finish().unwrap();
        assert_eq!(closure(&graph, 6), [6, 7]);
        assert_eq!(closure(&graph, rows - 2), [rows - 3, rows - 2]);
    }
}
