//! `subset_net`: smallest subsets of a bucket that net within a tolerance.

mod anchored;
mod best_subset;
mod extremes;
mod halves;
mod live_index;
mod search;
mod sums;

use crate::error::Error;
use crate::explain::event::{Event, Limits};
use crate::plan::Answer;
use crate::plan::arena::Tag;
use crate::plan::buckets::{Buckets, Key};
use crate::plan::item::{Item, ItemFn, item_fn};
use crate::plan::links::by_key;
use crate::plan::lot::{Lot, compact};
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
    let key = item_fn(key);
    Plan::leaf(
        kind::SUBSET_NET,
        SubsetNet {
            key,
            tol,
            max_size,
            budget,
        },
    )
}

struct SubsetNet<R, K> {
    key: ItemFn<R, Option<K>>,
    tol: Tol,
    max_size: usize,
    budget: u64,
}

impl<R, K: Key> Body<R> for SubsetNet<R, K> {
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
            let mut refuse = |why| {
                run.refuse(node.id(), why, bag, bucket, &|_| Limits::Subset {
                    max_size: self.max_size,
                    budget: self.budget,
                });
            };
            if bucket.len() < 2 {
                refuse(Refusal::TooSmall);
            } else if !legs.both_signs() {
                refuse(Refusal::OneSided);
            } else {
                match subsets(&amounts, self.tol, self.max_size, self.budget) {
                    None => refuse(Refusal::OutOfBudget),
                    Some(found) if found.is_empty() => refuse(Refusal::OutOfTolerance),
                    Some(found) => {
                        let tag = run.tag(node.id(), kind::SUBSET_NET, reason::SUBSET_NET);
                        for subset in found {
                            let members: Vec<u32> = subset.places.iter().map(|&at| bucket[at as usize]).collect();
                            let unique = Some(subset.is_unique);
                            run.take(bag, &members, Tag { unique, ..tag });
                        }
                        for at in run.watched_among(bag, bucket) {
                            if bag[at as usize].amount != 0 {
                                let max_size = self.max_size;
                                run.record(node.id(), bag[at as usize].row, Event::NoSubset { max_size });
                            }
                        }
                    }
                }
            }
        }
        Ok(compact(bag))
    }
}
