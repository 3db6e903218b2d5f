//! `subset_net`: smallest subsets of a bucket that net within a tolerance.

mod anchored;
mod best_subset;
mod extremes;
mod halves;
mod live_index;
mod nearest;
mod search;
mod sums;

use std::cell::RefCell;

use super::accept::{Accept, Always, Condition};
use crate::error::Error;
use crate::explain::event::{Event, Limits};
use crate::plan::Answer;
use crate::plan::arena::Tag;
use crate::plan::buckets::{Buckets, Key};
use crate::plan::group::Group;
use crate::plan::item::{Item, ItemFn, item_fn};
use crate::plan::links::by_key;
use crate::plan::lot::{Lot, compact};
use crate::plan::node_id::NodeId;
use crate::plan::run_state::Run;
use crate::plan::tolerance::{Legs, Tol};
use crate::plan::tree::{Body, Plan};
use crate::wire::{Refusal, kind, reason};
pub use anchored::{Preference, anchored_subset, closest, fewest};
use nearest::nearest;
use search::{Subset, subsets};

/// In each bucket, takes the smallest subsets (2 to `max_size` items, then lowest ids) with both signs and a net within
/// `tol`. The search is exact and counts its steps: a bucket that needs more than `budget` of them stays whole in the
/// residual, and the stage says so. A group is marked unique if no other subset of its size shares an item.
///
/// ```
/// use florecon::prelude::*;
/// struct Line { account: i64, amount: i64 }
/// let plan: Plan<Line> = subset_net(|i: Item<Line>| Some(i.row.account), abs_tol(0), 8, 100_000);
/// ```
pub fn subset_net<R, K, A>(key: impl Fn(Item<'_, R>) -> A + 'static, tol: Tol, max_size: usize, budget: u64) -> Plan<R>
where
    R: 'static,
    K: Key,
    A: Answer<Value = Option<K>>,
{
    Plan::leaf(
        kind::SUBSET_NET,
        SubsetNet {
            key: item_fn(key),
            tol,
            max_size,
            budget,
            accept: Always,
        },
    )
}

/// [`subset_net`] of the subsets that satisfy a condition; after one that does not the next is tried, and that is one step.
///
/// ```
/// use florecon::prelude::*;
/// struct Line { account: i64, amount: i64 }
/// let one_payment = |g: &Group<Line>| g.min_side() == 1;
/// let plan: Plan<Line> = subset_net_accepting(|i: Item<Line>| Some(i.row.account), abs_tol(0), 8, 100_000, one_payment);
/// ```
pub fn subset_net_accepting<R, K, A, B>(
    key: impl Fn(Item<'_, R>) -> A + 'static,
    tol: Tol,
    max_size: usize,
    budget: u64,
    accept: impl Fn(&Group<'_, R>) -> B + 'static,
) -> Plan<R>
where
    R: 'static,
    K: Key,
    A: Answer<Value = Option<K>>,
    B: Answer<Value = bool>,
{
    Plan::leaf(
        kind::SUBSET_NET,
        SubsetNet {
            key: item_fn(key),
            tol,
            max_size,
            budget,
            accept: Condition::new(accept),
        },
    )
}

struct SubsetNet<R, K, A> {
    key: ItemFn<R, Option<K>>,
    tol: Tol,
    max_size: usize,
    budget: u64,
    accept: A,
}

impl<R, K, A> SubsetNet<R, K, A> {
    /// Records for the watched rows of a bucket that are in no group that a subset with them was refused, or how near those with
    /// them come to netting. `is_nothing`: the bucket was refused, which was said.
    fn record_open(
        &self,
        run: &mut Run<'_, R>,
        node: NodeId,
        bag: &[Lot],
        bucket: &[u32],
        refused: &[u32],
        is_nothing: bool,
    ) {
        let is_left = |at: &&u32| bag[**at as usize].amount != 0;
        for &at in run.watched_among(bag, bucket).iter().filter(is_left) {
            let lot = bag[at as usize];
            let max_size = self.max_size;
            if refused.contains(&at) {
                run.record(node, lot.row, Event::Predicate(false));
                continue;
            }
            if !is_nothing {
                run.record(node, lot.row, Event::NoSubset { max_size });
            }
            let others: Vec<u32> = bucket
                .iter()
                .filter(is_left)
                .copied()
                .filter(|&other| other != at)
                .collect();
            let amounts: Vec<i64> = others.iter().map(|&other| bag[other as usize].amount).collect();
            // what is within the least slack was looked for
            let least = self.tol.bound(0, 1) + 1;
            let nearest = nearest(&amounts, lot.amount, max_size, least);
            nearest.record(run, node, bag, at, &|place| others[place as usize]);
        }
    }
}

/// The amounts of a bucket that has two lots and both signs; any other is refused.
fn searchable<R>(
    run: &mut Run<'_, R>,
    node: NodeId,
    bag: &[Lot],
    bucket: &[u32],
    limits: &dyn Fn(&Legs) -> Limits,
) -> Option<Vec<i64>> {
    let amounts: Vec<i64> = bucket.iter().map(|&at| bag[at as usize].amount).collect();
    let refusal = match () {
        () if amounts.len() < 2 => Refusal::TooSmall,
        () if !Legs::of(&amounts).both_signs() => Refusal::OneSided,
        () => return Some(amounts),
    };
    run.refuse(node, refusal, bag, bucket, limits);
    None
}

/// Forms a group of places of a bucket, and records the rival.
fn take<R>(run: &mut Run<'_, R>, bag: &mut [Lot], bucket: &[u32], subset: &Subset, tag: Tag) {
    let at = |place: &u32| bucket[*place as usize];
    let members: Vec<u32> = subset.places.iter().map(at).collect();
    let rival: Vec<Lot> = subset.rival.iter().map(|place| bag[at(place) as usize]).collect();
    run.take(
        bag,
        &members,
        Tag {
            unique: Some(subset.is_unique),
            ..tag
        },
    );
    if rival.is_empty() {
        return;
    }
    for at in run.watched_among(bag, &members) {
        if let Some(node) = tag.node {
            run.record_rival(node, bag[at as usize].row, &rival, None);
        }
    }
}

impl<R, K: Key, A: Accept<R>> Body<R> for SubsetNet<R, K, A> {
    fn check(&self) -> Result<(), String> {
        self.tol.check()
    }

    fn links(&self, run: &Run<'_, R>, bag: &[Lot], add: &mut dyn FnMut(usize, u64)) -> Result<(), Error> {
        by_key(run, bag, &self.key, add)
    }

    fn run(&self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot]) -> Result<usize, Error> {
        let buckets = Buckets::form(run, node.id(), bag, &self.key)?;
        for bucket in buckets.iter() {
            let limits = |_: &Legs| Limits::Subset {
                max_size: self.max_size,
                budget: self.budget,
            };
            let Some(amounts) = searchable(run, node.id(), bag, bucket, &limits) else {
                continue;
            };
            let refused = RefCell::new(Vec::new());
            let accepts = |places: &[u32]| {
                let holds = self.accept.holds_at(run, bag, bucket, places)?;
                if !holds && run.is_recorded() {
                    let positions: Vec<u32> = places.iter().map(|&place| bucket[place as usize]).collect();
                    refused.borrow_mut().extend(run.watched_among(bag, &positions));
                }
                Ok(holds)
            };
            let Some(found) = subsets(&amounts, self.tol, self.max_size, self.budget, accepts)? else {
                run.refuse(node.id(), Refusal::OutOfBudget, bag, bucket, &limits);
                continue;
            };
            let is_nothing = found.is_empty();
            if is_nothing {
                run.refuse(node.id(), Refusal::OutOfTolerance, bag, bucket, &limits);
            }
            let tag = run.tag(node.id(), kind::SUBSET_NET, reason::SUBSET_NET);
            for subset in found {
                take(run, bag, bucket, &subset, tag);
            }
            self.record_open(run, node.id(), bag, bucket, &refused.into_inner(), is_nothing);
        }
        Ok(compact(bag))
    }
}
