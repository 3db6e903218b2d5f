//! Shard result cache, as the executor and the workspace see it: reuses a shard's groups and counters when its lots are unchanged
//! since the last solve.
//!
//! The result of a shard is a function of the node, its lots and their rows, so a result is valid until one of the rows is
//! replaced or removed.

use std::ops::Range;

use super::Stage;
use super::arena::Arena;
use super::counter_delta::CounterDelta;
use super::lot::Lot;
use super::names::Names;
use super::node_id::NodeId;
use super::run_state::Run;

/// What a solve does with the results of shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShardResults {
    /// It runs every shard, and leaves the cache as it is.
    Bypassed,
    /// It uses those that there are, and stores the others only where there are some.
    Reused,
    /// It uses those that there are, and stores the others.
    Kept,
}

/// Cache of shard results. Rows are named by slot.
pub(crate) trait ShardCache: std::fmt::Debug {
    /// Called before the first step of a solve.
    fn begin(&mut self, results: ShardResults);

    /// Called after the last step of a solve; drops the results that it did not use.
    fn end(&mut self);

    /// Drops the results of shards that hold a row, because it is replaced.
    fn invalidate(&mut self, slot: u32);

    /// Gives slots new numbers: `target` by old number. Results that hold a slot which `keep` does not name are dropped.
    fn renumber(&mut self, target: &[u32], keep: Option<&[bool]>);

    /// Whether a shard of so many lots is worth an entry.
    fn accepts(&self, lots: usize) -> bool;

    /// The result of a shard of the node with exactly these lots.
    fn find(&self, node: NodeId, lots: &[Lot]) -> Option<Hit>;

    /// Adds a result to the run, and leaves the residual in `lots`: zero where nothing is left.
    fn replay(&mut self, hit: Hit, lots: &mut [Lot], output: ShardOutput<'_>);

    /// Notes the lots of a shard that is about to run; `rows` is the number of rows of the workspace.
    fn open(&mut self, lots: &[Lot], rows: usize);

    /// Stores the result of the shard opened last.
    fn close(&mut self, node: NodeId, opened: &Opened, output: ShardOutput<'_>);
}

/// A result that was found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hit(pub usize);

/// A shard that is running, and what the run held before it.
pub(crate) struct Opened {
    pub counters: CounterDelta,
    /// Number of groups formed before.
    pub mark: usize,
}

/// The parts of a run that the result of a shard consists of.
pub(crate) struct ShardOutput<'a> {
    pub groups: &'a mut Arena,
    pub names: &'a mut Names,
    pub stages: &'a mut [Stage],
}

/// Cache that holds nothing.
#[derive(Debug)]
pub(crate) struct NoShardCache;

impl ShardCache for NoShardCache {
    fn begin(&mut self, _: ShardResults) {}

    fn end(&mut self) {}

    fn invalidate(&mut self, _: u32) {}

    fn renumber(&mut self, _: &[u32], _: Option<&[bool]>) {}

    fn accepts(&self, _: usize) -> bool {
        false
    }

    fn find(&self, _: NodeId, _: &[Lot]) -> Option<Hit> {
        None
    }

    fn replay(&mut self, _: Hit, _: &mut [Lot], _: ShardOutput<'_>) {}

    fn open(&mut self, _: &[Lot], _: usize) {}

    fn close(&mut self, _: NodeId, _: &Opened, _: ShardOutput<'_>) {}
}

impl<R> Run<'_, R> {
    /// Adds the cached result of a shard to the run.
    pub fn replay_shard(&mut self, hit: Hit, lots: &mut [Lot]) {
        self.flows.spare(lots.iter().map(|lot| self.rows.id(lot.row)));
        let output = ShardOutput {
            groups: &mut self.groups,
            names: &mut self.names,
            stages: &mut self.stages,
        };
        self.shard_cache.replay(hit, lots, output);
    }

    /// Begins to cache a shard that runs the nodes `nodes`.
    pub fn open_shard(&mut self, lots: &[Lot], nodes: Range<usize>) -> Opened {
        self.shard_cache.open(lots, self.rows.len());
        Opened {
            counters: CounterDelta::of(&self.stages, nodes),
            mark: self.groups.len(),
        }
    }

    /// Caches the result of a shard.
    pub fn close_shard(&mut self, node: NodeId, opened: &Opened) {
        let output = ShardOutput {
            groups: &mut self.groups,
            names: &mut self.names,
            stages: &mut self.stages,
        };
        self.shard_cache.close(node, opened, output);
    }
}
