//! Resumable executor of a plan.
//!
//! [`execute`] runs a node on a bag. In [`Mode::Resumable`] it counts work in units of lots times nodes and, once the budget of the
//! call is spent, returns its state as a [`Suspended`] value, from which a later call continues; with an unbounded budget it
//! never suspends. State stays on the call stack while the executor runs and moves to the heap only when it suspends.
//!
//! The budget is tested between steps. A step is a node without inner steps, or a shard that fits the budget of one call, or a
//! large shard that fits [`LARGE_STEP`]. A lot that is done with a node, and with all below it, has used that many units, whether
//! it was matched early or passed through them all: so the total is known beforehand, and the units depend on the rows and the
//! plan alone.

use super::lot::{Lot, compact, gather, write_back};
use super::operator::{ChildResult, GroupTransform, Operator, Partition, ShardPlan, Shards};
use super::run_state::Run;
use super::shard_cache::Opened;
use super::shard_rows::{LARGE, Renumbering};
use super::tree::Plan;
use crate::error::Error;
use crate::sorting::by_number;

/// Units of a large shard up to which it is one step, so that its rows are looked up once: less than a tenth of a second of work.
const LARGE_STEP: u64 = 1 << 20;

/// Execution mode of a node.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mode {
    /// To the end, whatever the budget; units are counted by the caller.
    Atomic {
        /// Whether shards without a watched row may be skipped, because nothing reads their residual.
        skips: bool,
    },
    /// Until the budget of the run is spent.
    Resumable {
        /// Whether shard results are cached: the bag is no part of a cached shard, and the node runs once.
        caches: bool,
    },
}

/// Outcome of a call of [`execute`].
pub(crate) enum Execution<R> {
    /// The node is done: its residual, of this length, is at the front of the bag in ascending row order.
    Done(usize),
    Suspended(Suspended<R>),
}

/// State of a suspended execution. It resumes with the same node, bag and mode.
pub(crate) struct Suspended<R>(Box<Cursor<R>>);

/// Position in the execution of a node.
struct Cursor<R> {
    /// Number of groups formed before the node.
    mark: usize,
    /// Units of the run when the node is done.
    done_at: u64,
    /// Next child, pass or shard.
    next: usize,
    /// Length of the residual of the children and passes so far.
    left: usize,
    /// Number of groups formed before this pass.
    pass_mark: usize,
    partition: Option<PartitionState<R>>,
    /// The child, pass or shard at hand, if it is suspended.
    child: Option<Suspended<R>>,
}

/// Shards of a bag.
struct PartitionState<R> {
    shards: Box<dyn Shards<R>>,
    /// Lots of the shard at hand.
    lots: Vec<Lot>,
    /// What the shards so far have left, where each lot of the bag is in a shard that runs: then the bag is not written to, lot by
    /// lot, but all at once.
    residual: Option<Vec<Lot>>,
    /// The shard at hand, if it is suspended.
    suspended: Option<ShardState<R>>,
}

impl<R> PartitionState<R> {
    /// Takes what a shard leaves: of the lots at hand the first so many, but for those of amount zero.
    fn leave(&mut self, bag: &mut [Lot], shard: usize, left: usize) {
        let left = &self.lots[..left];
        match &mut self.residual {
            Some(residual) => residual.extend(left.iter().filter(|lot| lot.amount != 0)),
            None => write_back(bag, self.shards.buckets().get(shard), left),
        }
    }
}

/// A shard at hand.
struct ShardState<R> {
    plan: ShardPlan<R>,
    /// The entry of the shard cache to fill.
    opened: Option<Opened>,
    /// The seed of its links.
    seed: u64,
    renumbering: Option<Renumbering>,
}

/// The length of the residual, or none where the child suspended.
type Advance = Result<Option<usize>, Error>;

impl Mode {
    fn must_suspend<R>(self, run: &Run<'_, R>) -> bool {
        matches!(self, Self::Resumable { .. }) && run.is_spent()
    }

    fn caches(self) -> bool {
        matches!(self, Self::Resumable { caches: true })
    }

    fn skips(self) -> bool {
        matches!(self, Self::Atomic { skips: true })
    }

    /// The mode of a child in a sequence: a later child reads its residual, so no shard is skipped, unless it is the last.
    fn in_sequence(self, is_last: bool) -> Self {
        match self {
            Self::Atomic { skips } => Self::Atomic {
                skips: skips && is_last,
            },
            resumable @ Self::Resumable { .. } => resumable,
        }
    }

    /// The mode of a child that runs several times.
    fn repeated(self) -> Self {
        match self {
            Self::Atomic { .. } => Self::Atomic { skips: false },
            Self::Resumable { .. } => Self::Resumable { caches: false },
        }
    }
}

impl<R> Plan<R> {
    /// Runs the node on a bag to the end; returns the length of the residual. `skips` as in [`Mode::Atomic`].
    pub(crate) fn run(&self, run: &mut Run<'_, R>, bag: &mut [Lot], skips: bool) -> Result<usize, Error> {
        match execute(run, self, bag, Mode::Atomic { skips }, None)? {
            Execution::Done(left) => Ok(left),
            Execution::Suspended(_) => unreachable!("an atomic execution tests no budget"),
        }
    }

    /// Runs the node on some positions of a bag (ascending) and writes the residual back in place; matched lots become zero
    /// and are the caller's to compact away. `shard` is a buffer.
    pub(crate) fn run_on(
        &self,
        run: &mut Run<'_, R>,
        bag: &mut [Lot],
        positions: &[u32],
        shard: &mut Vec<Lot>,
    ) -> Result<(), Error> {
        gather(bag, positions, shard);
        let left = self.run(run, shard, false)?;
        write_back(bag, positions, &shard[..left]);
        Ok(())
    }
}

/// Runs a node on a bag, from the start or from where it was suspended. Groups go to the run, the residual to the front of the
/// bag in ascending row order. An empty bag yields no groups and is not counted.
pub(crate) fn execute<R>(
    run: &mut Run<'_, R>,
    node: &Plan<R>,
    bag: &mut [Lot],
    mode: Mode,
    suspended: Option<Suspended<R>>,
) -> Result<Execution<R>, Error> {
    if bag.is_empty() {
        return Ok(Execution::Done(0));
    }
    let mut cursor = match suspended {
        Some(Suspended(cursor)) => *cursor,
        None => Cursor::enter(run, node, bag)?,
    };
    let left = match node.operator() {
        Operator::Whole(body) => {
            // what runs within the step meets anyway
            let links = run.links.take();
            let left = body.run(run, node, bag)?;
            run.links = links;
            Some(left)
        }
        Operator::Sequence => cursor.sequence(run, node, bag, mode)?,
        Operator::FixedPoint { max_passes } => cursor.fixed_point(run, node, *max_passes, bag, mode)?,
        Operator::Groups(transform) => cursor.groups(run, node, &**transform, bag, mode)?,
        Operator::Partition(partition) => cursor.partition(run, node, &**partition, bag, mode)?,
    };
    let Some(left) = left else {
        return Ok(Execution::Suspended(Suspended(Box::new(cursor))));
    };
    run.leave(node.id(), cursor.mark);
    if matches!(mode, Mode::Resumable { .. }) {
        run.reach(cursor.done_at);
    }
    Ok(Execution::Done(left))
}

impl<R> Cursor<R> {
    fn enter(run: &mut Run<'_, R>, node: &Plan<R>, bag: &[Lot]) -> Result<Self, Error> {
        // the plan made for the key of a shard was not checked before
        node.check_here()?;
        run.enter(node.id(), bag);
        if run.links.is_some() {
            record_links(run, node, bag)?;
        }
        Ok(Self {
            mark: run.groups.len(),
            done_at: run.units + bag.len() as u64 * node.weight(),
            next: 0,
            left: bag.len(),
            pass_mark: run.groups.len(),
            partition: None,
            child: None,
        })
    }

    /// Runs or resumes the child at hand.
    fn child(&mut self, run: &mut Run<'_, R>, child: &Plan<R>, bag: &mut [Lot], mode: Mode) -> Advance {
        match execute(run, child, bag, mode, self.child.take())? {
            Execution::Done(left) => Ok(Some(left)),
            Execution::Suspended(suspended) => {
                self.child = Some(suspended);
                Ok(None)
            }
        }
    }

    fn sequence(&mut self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot], mode: Mode) -> Advance {
        while let Some(step) = node.children().get(self.next) {
            if mode.must_suspend(run) {
                return Ok(None);
            }
            let step_mode = mode.in_sequence(self.next + 1 == node.children().len());
            let Some(left) = self.child(run, step, &mut bag[..self.left], step_mode)? else {
                return Ok(None);
            };
            (self.left, self.next) = (left, self.next + 1);
        }
        Ok(Some(self.left))
    }

    fn fixed_point(
        &mut self,
        run: &mut Run<'_, R>,
        node: &Plan<R>,
        max_passes: usize,
        bag: &mut [Lot],
        mode: Mode,
    ) -> Advance {
        while self.next < max_passes {
            if mode.must_suspend(run) {
                return Ok(None);
            }
            let Some(left) = self.child(run, node.inner(), &mut bag[..self.left], mode.repeated())? else {
                return Ok(None);
            };
            (self.left, self.next) = (left, self.next + 1);
            let formed = run.groups.len() - self.pass_mark;
            if formed == 0 {
                break;
            }
            self.pass_mark += formed;
        }
        Ok(Some(self.left))
    }

    fn groups(
        &mut self,
        run: &mut Run<'_, R>,
        node: &Plan<R>,
        transform: &dyn GroupTransform<R>,
        bag: &mut [Lot],
        mode: Mode,
    ) -> Advance {
        let Some(left) = self.child(run, node.inner(), bag, mode)? else {
            return Ok(None);
        };
        let done = ChildResult { mark: self.mark, left };
        if !run.is_recorded() {
            return transform.apply(run, node.id(), done, bag).map(Some);
        }
        let held = run.held_from(self.mark);
        let causes = held.iter().map(|held| transform.cause(run, &done, bag, held)).collect();
        let left = transform.apply(run, node.id(), done, bag)?;
        run.record_regrouped(node.id(), self.mark, held, causes);
        Ok(Some(left))
    }

    fn partition(
        &mut self,
        run: &mut Run<'_, R>,
        node: &Plan<R>,
        partition: &dyn Partition<R>,
        bag: &mut [Lot],
        mode: Mode,
    ) -> Advance {
        let mut state = match self.partition.take() {
            Some(state) => state,
            None => {
                let shards = partition.shards(run, node.id(), bag)?;
                if matches!(mode, Mode::Resumable { .. }) {
                    run.units += bag.len() as u64;
                }
                let is_whole = shards.buckets().order.len() == bag.len() && !mode.skips();
                PartitionState {
                    shards,
                    lots: Vec::new(),
                    residual: is_whole.then(Vec::new),
                    suspended: None,
                }
            }
        };
        while self.next < state.shards.buckets().len() {
            let positions = state.shards.buckets().get(self.next);
            let is_skipped = mode.skips() && !positions.iter().any(|&at| run.is_watched(bag[at as usize].row));
            if !is_skipped && (mode.must_suspend(run) || !self.shard(run, node, bag, &mut state, mode)?) {
                self.partition = Some(state);
                return Ok(None);
            }
            self.next += 1;
        }
        let Some(mut residual) = state.residual else {
            return Ok(Some(compact(bag)));
        };
        by_number(&mut residual, |lot| i64::from(lot.row));
        bag[..residual.len()].copy_from_slice(&residual);
        Ok(Some(residual.len()))
    }

    /// Runs or resumes the shard at hand; whether it is done.
    fn shard(
        &mut self,
        run: &mut Run<'_, R>,
        node: &Plan<R>,
        bag: &mut [Lot],
        state: &mut PartitionState<R>,
        mode: Mode,
    ) -> Result<bool, Error> {
        // a bag of one shard leaves caching to the partitions below
        let is_sole = mode.caches() && state.shards.buckets().len() == 1;
        let resumed = Mode::Resumable { caches: is_sole };
        let outer = run.links.as_ref().map_or(0, |links| links.seed);
        let lots = &mut state.lots;
        let (shard, step_to) = if let Some(shard) = state.suspended.take() {
            (shard, None)
        } else {
            gather(bag, state.shards.buckets().get(self.next), lots);
            let units = lots.len() as u64 * (node.weight() - 1);
            let done_at = run.units + units;
            let is_cached = mode.caches() && !is_sole && run.shard_cache.accepts(lots.len());
            if is_cached && let Some(hit) = run.shard_cache.find(node.id(), lots) {
                run.replay_shard(hit, lots);
                run.reach(done_at);
                let left = lots.len();
                state.leave(bag, self.next, left);
                return Ok(true);
            }
            let plan = state.shards.plan(run, node, lots[0].row, self.next)?;
            let seed = shard_seed(run, node, lots[0])?;
            let opened = is_cached.then(|| run.open_shard(lots, plan.of(node).nodes()));
            let most = if lots.len() < LARGE {
                run.budget
            } else {
                run.budget.max(LARGE_STEP)
            };
            let is_step = units <= most && !is_sole;
            // the cache of shards knows rows by their slots
            let is_renumbered = matches!(mode, Mode::Resumable { .. }) && !is_sole;
            let renumbering = is_renumbered.then(|| run.renumber(lots)).flatten();
            let shard = ShardState {
                plan,
                opened,
                seed,
                renumbering,
            };
            (shard, is_step.then_some(done_at))
        };
        set_seed(run, shard.seed);
        let plan = shard.plan.of(node);
        let left = match (mode, step_to) {
            (Mode::Atomic { skips }, _) => plan.run(run, lots, skips)?,
            (Mode::Resumable { .. }, Some(done_at)) => {
                let left = run.within(shard.renumbering.as_ref(), |run| plan.run(run, lots, false))?;
                run.reach(done_at);
                left
            }
            (Mode::Resumable { .. }, None) => {
                let advance = run.within(shard.renumbering.as_ref(), |run| self.child(run, plan, lots, resumed));
                let Some(left) = advance? else {
                    state.suspended = Some(shard);
                    set_seed(run, outer);
                    return Ok(false);
                };
                left
            }
        };
        run.restore(shard.renumbering, &mut lots[..left]);
        set_seed(run, outer);
        state.leave(bag, self.next, left);
        if let Some(opened) = shard.opened {
            run.close_shard(node.id(), &opened);
        }
        Ok(true)
    }
}

/// Records the links of the lots of a bag at a node.
#[inline(never)]
fn record_links<R>(run: &mut Run<'_, R>, node: &Plan<R>, bag: &[Lot]) -> Result<(), Error> {
    let is_whole = match node.operator() {
        Operator::Whole(_) => false,
        Operator::Sequence => return Ok(()),
        // a pass ends the passes of all
        Operator::FixedPoint { .. } => true,
        Operator::Groups(transform) => !transform.is_local(),
        Operator::Partition(partition) => partition.link(run, bag[0])?.is_none(),
    };
    let Some(mut links) = run.links.take() else {
        return Ok(());
    };
    let mut add = |at: usize, link: u64| links.add(node.id(), link, bag[at].row);
    if is_whole {
        (0..bag.len()).for_each(|at| add(at, 0));
    } else if let Operator::Whole(body) = node.operator() {
        body.links(run, bag, &mut add)?;
    }
    run.links = Some(links);
    Ok(())
}

/// The seed of the links within the shard of a lot.
fn shard_seed<R>(run: &Run<'_, R>, node: &Plan<R>, lot: Lot) -> Result<u64, Error> {
    match (node.operator(), &run.links) {
        (Operator::Partition(partition), Some(links)) => {
            Ok(links.shard(node.id(), partition.link(run, lot)?.unwrap_or(0)))
        }
        _ => Ok(0),
    }
}

fn set_seed<R>(run: &mut Run<'_, R>, seed: u64) {
    if let Some(links) = &mut run.links {
        links.seed = seed;
    }
}
