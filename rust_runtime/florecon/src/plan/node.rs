//! Node traits: how a combinator composes its children, and the execution of a bag in one go.
//!
//! [`executor`](super::executor) runs the same nodes step by step.

use super::buckets::Buckets;
use super::lot::{Lot, compact};
use super::routing::Router;
use super::run_state::Run;
use super::tree::{Body, Plan};
use crate::error::Error;
use crate::explain::recorder::Facts;

/// What a node is made of.
pub(crate) enum Nature<R> {
    /// One piece of work.
    Whole(Box<dyn Body<R>>),
    /// Each child sees the residual of the one before.
    Steps,
    /// The child again and again on its own residual, until a pass forms no group.
    Repeat { max_passes: usize },
    /// Something done to the groups of the child.
    Wrap(Box<dyn Wrap<R>>),
    /// Parts of the bag, each for a plan of its own.
    Split(Box<dyn Split<R>>),
}

/// What the child of a [`Wrap`] has done.
pub(crate) struct Inner {
    /// The first of its groups.
    pub mark: usize,
    /// The length of its residual, at the front of the bag.
    pub left: usize,
}

/// Something done to the groups of one child.
pub(crate) trait Wrap<R> {
    /// Refuses settings that no bag could make sense of.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// What `explain` may say to a row in one of the groups, before they change.
    fn facts(&self, _run: &Run<'_, R>, _done: &Inner, _bag: &[Lot], _row: u32) -> Facts {
        Vec::new()
    }

    /// Changes the groups from the mark on; returns the new length of the residual.
    fn finish(&self, run: &mut Run<'_, R>, node: u32, done: Inner, bag: &mut [Lot]) -> Result<usize, Error>;
}

/// Parts of a bag, each run by itself.
pub(crate) trait Split<R> {
    /// Refuses settings that no bag could make sense of.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// Whether the children only show the shape of what is made at run time.
    fn has_template(&self) -> bool {
        false
    }

    /// What tells shards apart whose rows never meet; `node` is the one this is the nature of.
    fn router<'p>(&'p self, _node: &'p Plan<R>) -> Option<&'p dyn Router<R>> {
        None
    }

    /// The shards of a bag. What is in none of them passes through.
    fn split(&self, run: &mut Run<'_, R>, node: u32, bag: &[Lot]) -> Result<Box<dyn Shards<R>>, Error>;
}

/// The shards of a bag, and the plan of each.
pub(crate) trait Shards<R> {
    /// The positions of each shard, ascending.
    fn buckets(&self) -> &Buckets;

    /// The plan of a shard, whose first row is `first`.
    fn plan(&self, run: &Run<'_, R>, node: &Plan<R>, first: u32, shard: usize) -> Result<Chosen<R>, Error>;
}

/// Shards that all go to the only child.
impl<R> Shards<R> for Buckets {
    fn buckets(&self) -> &Buckets {
        self
    }

    fn plan(&self, _: &Run<'_, R>, _: &Plan<R>, _: u32, _: usize) -> Result<Chosen<R>, Error> {
        Ok(Chosen::Child(0))
    }
}

/// The plan of a shard.
pub(crate) enum Chosen<R> {
    /// A child of the node, by number.
    Child(usize),
    /// One made for the shard.
    Made(Box<Plan<R>>),
}

impl<R> Chosen<R> {
    pub fn of<'p>(&'p self, node: &'p Plan<R>) -> &'p Plan<R> {
        match self {
            Self::Child(child) => &node.children()[*child],
            Self::Made(plan) => plan,
        }
    }
}

impl<R> Nature<R> {
    pub fn check(&self) -> Result<(), String> {
        match self {
            Self::Whole(body) => body.check(),
            Self::Wrap(wrap) => wrap.check(),
            Self::Split(split) => split.check(),
            Self::Steps | Self::Repeat { .. } => Ok(()),
        }
    }

    pub fn has_template(&self) -> bool {
        matches!(self, Self::Split(split) if split.has_template())
    }

    fn run(&self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot]) -> Result<usize, Error> {
        let skips = run.may_skip();
        let left = self.run_kind(run, node, bag, skips);
        run.set_skips(skips);
        left
    }

    fn run_kind(&self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot], skips: bool) -> Result<usize, Error> {
        // what a shard leaves is looked at by whatever comes after it
        run.set_skips(skips && matches!(self, Self::Wrap(_) | Self::Split(_)));
        match self {
            Self::Whole(body) => body.run(run, node, bag),
            Self::Steps => {
                let mut left = bag.len();
                for (at, step) in (1..).zip(node.children()) {
                    run.set_skips(skips && at == node.children().len());
                    left = step.run(run, &mut bag[..left])?;
                }
                Ok(left)
            }
            Self::Repeat { max_passes } => {
                let mut left = bag.len();
                for _ in 0..*max_passes {
                    let mark = run.groups.len();
                    left = node.inner().run(run, &mut bag[..left])?;
                    if run.groups.len() == mark {
                        break;
                    }
                }
                Ok(left)
            }
            Self::Wrap(wrap) => {
                let mark = run.groups.len();
                let left = node.inner().run(run, bag)?;
                let done = Inner { mark, left };
                if !run.is_probed() {
                    return wrap.finish(run, node.id(), done, bag);
                }
                let held = run.held_from(mark);
                let facts = held.iter().map(|(row, _)| wrap.facts(run, &done, bag, *row)).collect();
                let left = wrap.finish(run, node.id(), done, bag)?;
                run.tell_regrouped(node.id(), mark, held, facts);
                Ok(left)
            }
            Self::Split(split) => {
                let shards = split.split(run, node.id(), bag)?;
                let mut lots = Vec::new();
                for (shard, positions) in shards.buckets().iter().enumerate() {
                    if skips && !positions.iter().any(|&at| run.is_asked(bag[at as usize].row)) {
                        continue;
                    }
                    let plan = shards.plan(run, node, bag[positions[0] as usize].row, shard)?;
                    run_on(run, plan.of(node), bag, positions, &mut lots)?;
                }
                Ok(compact(bag))
            }
        }
    }
}

impl<R> Plan<R> {
    /// Runs the node on a bag in one go and counts: groups go to the run, the residual to the front of the bag in
    /// ascending row order; returns its length.
    pub(crate) fn run(&self, run: &mut Run<'_, R>, bag: &mut [Lot]) -> Result<usize, Error> {
        if bag.is_empty() {
            return Ok(0);
        }
        // what a shard's key made was not checked before
        self.check_here()?;
        let mark = run.groups.len();
        run.enter(self.id(), bag);
        let left = self.nature().run(run, self, bag)?;
        run.leave(self.id(), mark);
        Ok(left)
    }
}

/// Runs a plan on some positions of a bag (ascending) and writes what is left back in place; lots that are used up
/// become zero and are the caller's to compact away.
pub(crate) fn run_on<R>(
    run: &mut Run<'_, R>,
    plan: &Plan<R>,
    bag: &mut [Lot],
    positions: &[u32],
    shard: &mut Vec<Lot>,
) -> Result<(), Error> {
    gather(bag, positions, shard);
    let left = plan.run(run, shard)?;
    write_back(bag, positions, &shard[..left]);
    Ok(())
}

/// Copies some positions of a bag.
pub(crate) fn gather(bag: &[Lot], positions: &[u32], shard: &mut Vec<Lot>) {
    shard.clear();
    shard.extend(positions.iter().map(|&at| bag[at as usize]));
}

/// Writes what is left of a shard back in place: zero where nothing is.
pub(crate) fn write_back(bag: &mut [Lot], positions: &[u32], rest: &[Lot]) {
    let mut rest = rest.iter().peekable();
    for &at in positions {
        let lot = &mut bag[at as usize];
        lot.amount = rest.next_if(|kept| kept.row == lot.row).map_or(0, |kept| kept.amount);
    }
}
