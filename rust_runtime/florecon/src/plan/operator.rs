//! Operators: the behaviour of a node, as the [executor](super::executor) sees it.

use super::buckets::Buckets;
use super::lot::Lot;
use super::node_id::NodeId;
use super::routing::Router;
use super::run_state::Run;
use super::tree::{Body, Plan};
use crate::error::Error;
use crate::explain::event::Cause;
use crate::explain::recorder::Held;

/// Behaviour of a node.
pub(crate) enum Operator<R> {
    /// One step.
    Whole(Box<dyn Body<R>>),
    /// Each child runs on the residual of the one before.
    Sequence,
    /// The child runs on its own residual until a pass forms no group.
    FixedPoint { max_passes: usize },
    /// A transformation of the groups of the child.
    Groups(Box<dyn GroupTransform<R>>),
    /// Disjoint parts of the bag, each with a plan.
    Partition(Box<dyn Partition<R>>),
}

/// Result of the child of a [`GroupTransform`].
pub(crate) struct ChildResult {
    /// Number of groups formed before it.
    pub mark: usize,
    /// Length of its residual, at the front of the bag.
    pub left: usize,
}

/// Transformation of the groups of one child.
pub(crate) trait GroupTransform<R> {
    /// Refuses settings that are invalid for every bag.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// Whether it treats each connected component of groups and rows by itself.
    fn is_local(&self) -> bool {
        false
    }

    /// The cause of a change of the groups that hold a row, for `explain`; called before the change.
    fn cause(&self, _run: &Run<'_, R>, _done: &ChildResult, _bag: &[Lot], _held: &Held) -> Cause {
        Cause::Unknown
    }

    /// Transforms the groups from the mark on; returns the new length of the residual.
    fn apply(&self, run: &mut Run<'_, R>, node: NodeId, done: ChildResult, bag: &mut [Lot]) -> Result<usize, Error>;
}

/// Partition of a bag into shards.
pub(crate) trait Partition<R> {
    /// Refuses settings that are invalid for every bag.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// Whether the children only show the shape of plans made at run time.
    fn has_template(&self) -> bool {
        false
    }

    /// The node and the router of shards whose rows never meet; `node` is the node of this operator.
    fn routed<'p>(&'p self, _node: &'p Plan<R>) -> Option<(NodeId, &'p dyn Router<R>)> {
        None
    }

    /// A hash of the shard of a lot, or of no shard; none where that depends on more than the lot.
    fn link(&self, _run: &Run<'_, R>, _lot: Lot) -> Result<Option<u64>, Error> {
        Ok(None)
    }

    /// The shards of a bag. Lots in no shard pass through.
    fn shards(&self, run: &mut Run<'_, R>, node: NodeId, bag: &[Lot]) -> Result<Box<dyn Shards<R>>, Error>;
}

/// Shards of a bag, and the plan of each.
pub(crate) trait Shards<R> {
    /// The positions of each shard, ascending.
    fn buckets(&self) -> &Buckets;

    /// The plan of a shard, whose first row is `first`.
    fn plan(&self, run: &Run<'_, R>, node: &Plan<R>, first: u32, shard: usize) -> Result<ShardPlan<R>, Error>;
}

/// Shards that all run the only child.
impl<R> Shards<R> for Buckets {
    fn buckets(&self) -> &Buckets {
        self
    }

    fn plan(&self, _: &Run<'_, R>, _: &Plan<R>, _: u32, _: usize) -> Result<ShardPlan<R>, Error> {
        Ok(ShardPlan::Child(0))
    }
}

/// Plan of a shard.
pub(crate) enum ShardPlan<R> {
    /// A child of the node, by number.
    Child(usize),
    /// A plan made for the shard.
    Made(Box<Plan<R>>),
}

impl<R> ShardPlan<R> {
    pub fn of<'p>(&'p self, node: &'p Plan<R>) -> &'p Plan<R> {
        match self {
            Self::Child(child) => &node.children()[*child],
            Self::Made(plan) => plan,
        }
    }
}

impl<R> Operator<R> {
    pub fn check(&self) -> Result<(), String> {
        match self {
            Self::Whole(body) => body.check(),
            Self::Groups(transform) => transform.check(),
            Self::Partition(partition) => partition.check(),
            Self::Sequence | Self::FixedPoint { .. } => Ok(()),
        }
    }

    pub fn has_template(&self) -> bool {
        matches!(self, Self::Partition(partition) if partition.has_template())
    }
}
