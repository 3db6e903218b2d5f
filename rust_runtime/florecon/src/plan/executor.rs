//! Resumable execution of a plan on a bag, with all state between two steps held as data.
//!
//! A step is a node without inner steps, or a shard that fits the budget of one call; a [`Task`] walks the nodes above them.
//! Work is counted in units of lots times nodes: a lot that is done with a node, and with all below it, has used that many
//! units, whether it was matched early or passed through them all. So the total is known beforehand, and the counts depend on
//! the rows and the plan alone.

use super::lot::{Lot, compact};
use super::node::{Chosen, Inner, Nature, Shards, Split, Wrap, gather, write_back};
use super::run_state::Run;
use super::shard_cache::Opened;
use super::tree::Plan;
use crate::error::Error;

/// A node at work on one bag. The bag is the caller's, and the same at each call.
pub(crate) struct Task<R> {
    mark: usize,
    /// The units of the run when this is done.
    done_at: u64,
    /// Whether shards of this bag are worth remembering: it is no part of one that is, and the node is run once.
    recalls: bool,
    state: State<R>,
}

enum State<R> {
    New,
    Children(Children<R>),
    Wrap(Box<Task<R>>),
    Split(Box<Shares<R>>),
}

/// Children one after the other, or one child again and again.
struct Children<R> {
    next: usize,
    left: usize,
    mark: usize,
    recalls: bool,
    task: Box<Task<R>>,
}

/// Shards one after the other.
struct Shares<R> {
    shards: Box<dyn Shards<R>>,
    next: usize,
    recalls: bool,
    lots: Vec<Lot>,
    /// The shard that is being remembered.
    opened: Option<Opened>,
    large: Option<Large<R>>,
}

/// A shard that takes more than one piece.
struct Large<R> {
    plan: Chosen<R>,
    task: Task<R>,
}

/// What is left of the bag, or none when the work is not done.
type Advance = Result<Option<usize>, Error>;

impl<R> Task<R> {
    pub fn new(recalls: bool) -> Self {
        Self {
            mark: 0,
            done_at: 0,
            recalls,
            state: State::New,
        }
    }

    /// Does pieces of work until the run has spent its budget or the node is done: then its residual is at the front of
    /// the bag in ascending row order, and its length is returned.
    pub fn advance(&mut self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot]) -> Advance {
        if bag.is_empty() {
            return Ok(Some(0));
        }
        let left = match (node.nature(), &mut self.state) {
            (Nature::Whole(_), _) => {
                self.done_at = run.units + bag.len() as u64 * node.weight();
                let left = node.run(run, bag)?;
                run.reach(self.done_at);
                return Ok(Some(left));
            }
            (_, State::New) => {
                self.start(run, node, bag)?;
                return self.advance(run, node, bag);
            }
            (Nature::Steps, State::Children(children)) => children.steps(run, node, bag)?,
            (Nature::Repeat { max_passes }, State::Children(children)) => {
                children.repeat(run, node, *max_passes, bag)?
            }
            (Nature::Wrap(wrap), State::Wrap(task)) => finish(&**wrap, task, self.mark, run, node, bag)?,
            (_, State::Split(shares)) => shares.advance(run, node, bag)?,
            (_, State::Children(_) | State::Wrap(_)) => None,
        };
        if left.is_some() {
            run.leave(node.id(), self.mark);
            run.reach(self.done_at);
        }
        Ok(left)
    }

    fn start(&mut self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &[Lot]) -> Result<(), Error> {
        node.check_here()?;
        run.enter(node.id(), bag);
        self.mark = run.groups.len();
        self.done_at = run.units + bag.len() as u64 * node.weight();
        self.state = match node.nature() {
            Nature::Wrap(_) => State::Wrap(Box::new(Self::new(self.recalls))),
            Nature::Split(split) => State::Split(Box::new(Shares::new(&**split, run, node, bag, self.recalls)?)),
            nature => {
                let recalls = self.recalls && matches!(nature, Nature::Steps);
                State::Children(Children {
                    next: 0,
                    left: bag.len(),
                    mark: self.mark,
                    recalls,
                    task: Box::new(Self::new(recalls)),
                })
            }
        };
        Ok(())
    }
}

fn finish<R>(
    wrap: &dyn Wrap<R>,
    task: &mut Task<R>,
    mark: usize,
    run: &mut Run<'_, R>,
    node: &Plan<R>,
    bag: &mut [Lot],
) -> Advance {
    match task.advance(run, node.inner(), bag)? {
        Some(left) => wrap.finish(run, node.id(), Inner { mark, left }, bag).map(Some),
        None => Ok(None),
    }
}

impl<R> Children<R> {
    fn steps(&mut self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot]) -> Advance {
        while let Some(step) = node.children().get(self.next) {
            if run.is_spent() || !self.child(run, step, bag)? {
                return Ok(None);
            }
        }
        Ok(Some(self.left))
    }

    fn repeat(&mut self, run: &mut Run<'_, R>, node: &Plan<R>, max_passes: usize, bag: &mut [Lot]) -> Advance {
        while self.next < max_passes {
            if run.is_spent() || !self.child(run, node.inner(), bag)? {
                return Ok(None);
            }
            if run.groups.len() == self.mark {
                break;
            }
            self.mark = run.groups.len();
        }
        Ok(Some(self.left))
    }

    /// Goes on with a child; whether it is done.
    fn child(&mut self, run: &mut Run<'_, R>, child: &Plan<R>, bag: &mut [Lot]) -> Result<bool, Error> {
        let Some(left) = self.task.advance(run, child, &mut bag[..self.left])? else {
            return Ok(false);
        };
        self.left = left;
        self.next += 1;
        *self.task = Task::new(self.recalls);
        Ok(true)
    }
}

impl<R> Shares<R> {
    fn new(
        split: &dyn Split<R>,
        run: &mut Run<'_, R>,
        node: &Plan<R>,
        bag: &[Lot],
        recalls: bool,
    ) -> Result<Self, Error> {
        let shards = split.split(run, node.id(), bag)?;
        run.units += bag.len() as u64;
        Ok(Self {
            shards,
            next: 0,
            recalls,
            lots: Vec::new(),
            opened: None,
            large: None,
        })
    }

    fn advance(&mut self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot]) -> Advance {
        while self.next < self.shards.buckets().len() {
            if run.is_spent() || !self.shard(run, node, bag)? {
                return Ok(None);
            }
        }
        Ok(Some(compact(bag)))
    }

    /// Goes on with a shard; whether it is done.
    fn shard(&mut self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot]) -> Result<bool, Error> {
        let left = match &mut self.large {
            Some(large) => large.task.advance(run, large.plan.of(node), &mut self.lots)?,
            None => self.begin(run, node, bag)?,
        };
        let Some(left) = left else { return Ok(false) };
        write_back(bag, self.shards.buckets().get(self.next), &self.lots[..left]);
        if let Some(opened) = self.opened.take() {
            run.close_shard(node.id(), &opened);
        }
        self.large = None;
        self.next += 1;
        Ok(true)
    }

    /// Begins with a shard, and ends it as well if it is one piece or known.
    fn begin(&mut self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &[Lot]) -> Advance {
        gather(bag, self.shards.buckets().get(self.next), &mut self.lots);
        let units = self.lots.len() as u64 * (node.weight() - 1);
        let done_at = run.units + units;
        // the only shard is left to the splits below
        let passes_on = self.recalls && self.shards.buckets().len() == 1;
        let is_kept = self.recalls && !passes_on && run.recalled.is_worth(self.lots.len());
        if let Some(known) = run.recalled.find(node.id(), &self.lots).filter(|_| is_kept) {
            run.recall(known, &mut self.lots);
            run.reach(done_at);
            return Ok(Some(self.lots.len()));
        }
        let plan = self.shards.plan(run, node, self.lots[0].row, self.next)?;
        if is_kept {
            self.opened = Some(run.open_shard(&self.lots, plan.of(node).nodes()));
        }
        if units <= run.budget && !passes_on {
            let left = plan.of(node).run(run, &mut self.lots)?;
            run.reach(done_at);
            return Ok(Some(left));
        }
        let task = Task::new(passes_on);
        let large = self.large.insert(Large { plan, task });
        large.task.advance(run, large.plan.of(node), &mut self.lots)
    }
}
