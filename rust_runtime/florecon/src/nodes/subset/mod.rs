//! `subset_net`: smallest subsets of a bucket that net within a tolerance.

mod anchored;
mod best_subset;
mod extremes;
mod halves;
mod live_index;
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
use search::subsets;

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
    /// Records for the watched rows of a bucket that are in no group that a subset with them was refused, or `is_said`, that
    /// none nets.
    fn record_open(
        &self,
        run: &mut Run<'_, R>,
        node: NodeId,
        bag: &[Lot],
        bucket: &[u32],
        refused: &[u32],
        is_said: bool,
    ) {
        for at in run.watched_among(bag, bucket) {
            let lot = bag[at as usize];
            let max_size = self.max_size;
            let event = match refused.contains(&at) {
                true => Event::Predicate(false),
                false => Event::NoSubset { max_size },
            };
            if lot.amount != 0 && (is_said || refused.contains(&at)) {
                run.record(node, lot.row, event);
            }
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
            let amounts: Vec<i64> = bucket.iter().map(|&at| bag[at as usize].amount).collect();
            let legs = Legs::of(&amounts);
            let limits = |_: &Legs| Limits::Subset {
                max_size: self.max_size,
                budget: self.budget,
            };
            let mut refuse = |why| run.refuse(node.id(), why, bag, bucket, &limits);
            if bucket.len() < 2 {
                refuse(Refusal::TooSmall);
            } else if !legs.both_signs() {
                refuse(Refusal::OneSided);
            } else {
                let refused = RefCell::new(Vec::new());
                let accepts = |places: &[u32]| {
                    let holds = self.accept.holds_at(run, bag, bucket, places)?;
                    if !holds && run.is_recorded() {
                        let positions: Vec<u32> = places.iter().map(|&place| bucket[place as usize]).collect();
                        refused.borrow_mut().extend(run.watched_among(bag, &positions));
                    }
                    Ok(holds)
                };
                match subsets(&amounts, self.tol, self.max_size, self.budget, accepts)? {
                    None => run.refuse(node.id(), Refusal::OutOfBudget, bag, bucket, &limits),
                    Some(found) if found.is_empty() => {
                        run.refuse(node.id(), Refusal::OutOfTolerance, bag, bucket, &limits);
                        self.record_open(run, node.id(), bag, bucket, &refused.into_inner(), false);
                    }
                    Some(found) => {
                        let tag = run.tag(node.id(), kind::SUBSET_NET, reason::SUBSET_NET);
                        for subset in found {
                            let members: Vec<u32> = subset.places.iter().map(|&at| bucket[at as usize]).collect();
                            let unique = Some(subset.is_unique);
                            let rival: Vec<Lot> = subset
                                .rival
                                .iter()
                                .map(|&place| bag[bucket[place as usize] as usize])
                                .collect();
                            run.take(bag, &members, Tag { unique, ..tag });
                            if !rival.is_empty() {
                                for at in run.watched_among(bag, &members) {
                                    run.record_rival(node.id(), bag[at as usize].row, &rival, None);
                                }
                            }
                        }
                        self.record_open(run, node.id(), bag, bucket, &refused.into_inner(), true);
                    }
                }
            }
        }
        Ok(compact(bag))
    }
}
