//! Run state: everything one solve threads through the plan.

use std::borrow::Cow;

use super::Stage;
use super::arena::{Arena, Tag};
use super::flat_shard_cache::FlatShardCache;
use super::group_columns::GroupColumns;
use super::item::{Item, ItemFn};
use super::key_numbers::ShardKeys;
use super::links::LinkRecorder;
use super::lot::Lot;
use super::names::Names;
use super::node_id::NodeId;
use super::row_table::RowTable;
use super::shard_cache::{NoShardCache, ShardCache, ShardResults};
use super::shard_rows::Rows;
use crate::error::Error;
use crate::explain::recorder::Recorder;
use crate::nodes::flow::warm_start_cache::FlowCache;
use crate::row_id::RowId;
use crate::value::EvalError;

/// Rows in ascending id order, the groups formed so far, and the counts per node.
pub(crate) struct Run<'a, R> {
    pub rows: Rows<'a, R>,
    /// The amount of each row when it entered the active numeraire.
    pub originals: Cow<'a, [i64]>,
    /// The node of the strategy's partition, and the shard of each slot with their number, where they are known.
    pub shards: Option<(NodeId, (&'a [u32], usize))>,
    pub groups: Arena,
    pub names: Names,
    pub stages: Vec<Stage>,
    /// Free buffers of one number per row, for `pivot`.
    pub spare: Vec<Vec<i64>>,
    /// Keys that are numbered in the shard at hand, as amounts in the active numeraire have them.
    pub keys: ShardKeys,
    /// The same of values that groups were asked for.
    pub columns: GroupColumns,
    /// Records the events of a few rows, for `explain`.
    pub recorder: Option<Box<Recorder>>,
    /// Records which rows can meet; see [`links`](super::links).
    pub links: Option<Box<LinkRecorder>>,
    pub shard_cache: Box<dyn ShardCache>,
    pub flows: Box<FlowCache>,
    /// Units of work done; see [`executor`](super::executor).
    pub units: u64,
    /// Units of work for this call.
    pub budget: u64,
    until: u64,
}

/// State of a run between two calls.
#[derive(Default)]
pub(crate) struct Paused {
    pub groups: Arena,
    pub names: Names,
    pub stages: Vec<Stage>,
    pub units: u64,
    pub caches: Caches,
    pub links: Option<Box<LinkRecorder>>,
    spare: Vec<Vec<i64>>,
}

/// Caches that one solve leaves to the next.
#[derive(Debug)]
pub(crate) struct Caches {
    pub shards: Box<dyn ShardCache>,
    pub flows: Box<FlowCache>,
}

impl Default for Caches {
    /// No shard cache: a placeholder, or for a run that reads none.
    fn default() -> Self {
        Self {
            shards: Box::new(NoShardCache),
            flows: Box::default(),
        }
    }
}

impl Caches {
    pub fn new() -> Self {
        Self {
            shards: Box::<FlatShardCache>::default(),
            flows: Box::default(),
        }
    }

    /// Called before the first step of a solve; to certify every flow, or to record all links, every shard runs.
    pub fn begin(&mut self, certify: bool, shards: ShardResults, is_first: bool) {
        self.shards.begin(shards);
        self.flows.begin(certify, is_first);
    }

    /// Called after the last step of a solve.
    pub fn end(&mut self) {
        self.shards.end();
        self.flows.end();
    }
}

impl Paused {
    /// A run that has not begun.
    pub fn before(stages: Vec<Stage>, caches: Caches) -> Self {
        Self {
            stages,
            caches,
            ..Self::default()
        }
    }
}

impl<'a, R> Run<'a, R> {
    /// Resumes a paused run for `budget` more units.
    pub fn resume(paused: Paused, budget: u64, rows: &'a RowTable<R>, ids: &'a [RowId], amounts: &'a [i64]) -> Self {
        Self {
            rows: Rows::All(rows, ids),
            originals: Cow::Borrowed(amounts),
            shards: None,
            groups: paused.groups,
            names: paused.names,
            stages: paused.stages,
            spare: paused.spare,
            keys: ShardKeys::default(),
            columns: GroupColumns::default(),
            recorder: None,
            links: paused.links,
            shard_cache: paused.caches.shards,
            flows: paused.caches.flows,
            units: paused.units,
            budget,
            until: paused.units.saturating_add(budget),
        }
    }

    /// The state to keep until the run resumes. A run is never paused within the numeraire of a `pivot`.
    pub fn pause(self) -> Paused {
        Paused {
            groups: self.groups,
            names: self.names,
            stages: self.stages,
            units: self.units,
            spare: self.spare,
            links: self.links,
            caches: Caches {
                shards: self.shard_cache,
                flows: self.flows,
            },
        }
    }

    /// Whether the budget of this call is used up.
    pub fn is_spent(&self) -> bool {
        self.units >= self.until
    }

    /// Counts up to `units`, unless that many are done already.
    pub fn reach(&mut self, units: u64) {
        self.units = self.units.max(units);
    }

    #[inline]
    pub fn item(&self, lot: Lot) -> Item<'a, R> {
        Item {
            row: self.rows.row(lot.row),
            amount: lot.amount,
            original: self.originals[lot.row as usize],
        }
    }

    #[inline]
    pub fn eval<V>(&self, f: &ItemFn<R, V>, lot: Lot) -> Result<V, Error> {
        f(self.item(lot)).map_err(|error| self.fault(lot.row, error))
    }

    pub fn id(&self, row: u32) -> &'a RowId {
        self.rows.id(row)
    }

    pub fn fault(&self, row: u32, error: EvalError) -> Error {
        Error::from_eval(error, Some(self.id(row).clone()))
    }

    /// The error of a pair's expression: about the first row, naming both.
    pub fn fault_of_pair(&self, row: u32, other: u32, error: EvalError) -> Error {
        Error::of_expression(
            error,
            Some(self.id(row).clone()),
            &format!("rows {} and {}: ", self.id(row), self.id(other)),
        )
    }

    pub fn stage(&mut self, node: NodeId) -> &mut Stage {
        &mut self.stages[node.index()]
    }

    /// The tag of a group formed by a leaf.
    pub fn tag(&mut self, node: NodeId, origin: &str, reason: &str) -> Tag {
        Tag {
            origin: self.names.intern(origin),
            reason: self.names.intern(reason),
            node: Some(node),
            unique: None,
        }
    }

    /// The tag of a group that its leaf had no other choice than to form.
    pub fn forced(&mut self, node: NodeId, origin: &str, reason: &str) -> Tag {
        Tag {
            unique: Some(true),
            ..self.tag(node, origin, reason)
        }
    }

    /// Makes one group of whole lots and zeroes them in the bag. `positions` ascend.
    pub fn take(&mut self, bag: &mut [Lot], positions: &[u32], tag: Tag) {
        for &at in positions {
            let lot = &mut bag[at as usize];
            self.groups.push(lot.row, lot.amount);
            lot.amount = 0;
        }
        self.groups.close(tag);
        if self.is_recorded() {
            self.record_taken();
        }
    }

    /// A buffer of one number per row, with arbitrary content; return it to `spare`.
    pub fn number_per_row(&mut self) -> Vec<i64> {
        self.spare.pop().unwrap_or_else(|| vec![0; self.rows.len()])
    }

    pub fn enter(&mut self, node: NodeId, bag: &[Lot]) {
        let stage = self.stage(node);
        stage.items_in += bag.len() as u64;
        stage.value_in += total_size(bag.iter().map(|lot| lot.amount));
        if self.is_recorded() {
            self.record_entered(node, bag);
        }
    }

    pub fn leave(&mut self, node: NodeId, mark: usize) {
        let stage = &mut self.stages[node.index()];
        let amounts = self.groups.amounts_from(mark);
        stage.groups += (self.groups.len() - mark) as u64;
        stage.items_matched += amounts.len() as u64;
        stage.value_matched += total_size(amounts.iter().copied());
    }
}

/// The sum of up to 2^32 absolute amounts: that of their lower halves and that of their upper ones, each within 64 bits.
fn total_size(amounts: impl Iterator<Item = i64>) -> i128 {
    let (mut low, mut high) = (0_u64, 0_u64);
    for size in amounts.map(i64::unsigned_abs) {
        low += size & u64::from(u32::MAX);
        high += size >> u32::BITS;
    }
    (i128::from(high) << u32::BITS) + i128::from(low)
}
