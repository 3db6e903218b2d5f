//! `running_zero`: segments of an ordered bucket whose running balance returns to zero.

use super::accept::{Accept, Always, Condition};
use crate::error::Error;
use crate::explain::event::{Event, Limits, Total};
use crate::plan::Answer;
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

/// Sorts each key's items by (order, id) and closes a segment each time the running balance is within `tol` of the
/// segment's amounts, with at least two items and both signs. The tail stays.
///
/// ```
/// use florecon::prelude::*;
/// struct Line { account: i64, day: i64, amount: i64 }
/// let plan: Plan<Line> = running_zero(|i: Item<Line>| i.row.day, abs_tol(0), |i: Item<Line>| Some(i.row.account));
/// ```
pub fn running_zero<R, K, A, O, B>(
    order: impl Fn(Item<'_, R>) -> B + 'static,
    tol: Tol,
    key: impl Fn(Item<'_, R>) -> A + 'static,
) -> Plan<R>
where
    R: 'static,
    K: Key,
    A: Answer<Value = Option<K>>,
    O: Ord + 'static,
    B: Answer<Value = O>,
{
    Plan::leaf(
        kind::RUNNING_ZERO,
        RunningZero {
            order: item_fn(order),
            tol,
            key: item_fn(key),
            accept: Always,
        },
    )
}

/// [`running_zero`] of the segments that satisfy a condition; one that does not goes on to the next balance of zero.
///
/// ```
/// use florecon::prelude::*;
/// struct Line { day: i64, amount: i64 }
/// let several = |g: &Group<Line>| g.size() > 2;
/// let plan: Plan<Line> = running_zero_accepting(|i: Item<Line>| i.row.day, abs_tol(0), one_bucket, several);
/// ```
pub fn running_zero_accepting<R, K, A, O, B, C>(
    order: impl Fn(Item<'_, R>) -> B + 'static,
    tol: Tol,
    key: impl Fn(Item<'_, R>) -> A + 'static,
    accept: impl Fn(&Group<'_, R>) -> C + 'static,
) -> Plan<R>
where
    R: 'static,
    K: Key,
    A: Answer<Value = Option<K>>,
    O: Ord + 'static,
    B: Answer<Value = O>,
    C: Answer<Value = bool>,
{
    let body = RunningZero {
        order: item_fn(order),
        tol,
        key: item_fn(key),
        accept: Condition::new(accept),
    };
    Plan::leaf(kind::RUNNING_ZERO, body)
}

struct RunningZero<R, K, O, A> {
    order: ItemFn<R, O>,
    tol: Tol,
    key: ItemFn<R, Option<K>>,
    accept: A,
}

impl<R, K: Key, O: Ord, A: Accept<R>> RunningZero<R, K, O, A> {
    /// A bucket's positions in the order of the balance.
    fn in_order(&self, run: &Run<'_, R>, bag: &[Lot], bucket: &[u32]) -> Result<Vec<u32>, Error> {
        let mut ordered = Vec::with_capacity(bucket.len());
        for &at in bucket {
            ordered.push((run.eval(&self.order, bag[at as usize])?, at));
        }
        ordered.sort_unstable();
        Ok(ordered.into_iter().map(|(_, at)| at).collect())
    }

    /// Closes segments; returns how many.
    fn close(&self, run: &mut Run<'_, R>, node: NodeId, bag: &mut [Lot], ordered: &mut [u32]) -> Result<usize, Error> {
        let (mut start, mut closed, mut legs) = (0, 0, Legs::default());
        for end in 1..=ordered.len() {
            legs.add(bag[ordered[end - 1] as usize].amount);
            let is_zero = legs.both_signs() && legs.within(self.tol);
            if is_zero && self.accept.holds(run, bag, &ordered[start..end])? {
                let segment = &mut ordered[start..end];
                segment.sort_unstable();
                if let Some((a, b)) = run
                    .watched_pair(bag)
                    .filter(|(a, b)| segment.contains(a) != segment.contains(b))
                {
                    let rows = (bag[a as usize].row, bag[b as usize].row);
                    run.record_pair(node, rows, Event::DifferentSegment);
                }
                let tag = run.forced(node, kind::RUNNING_ZERO, reason::RUNNING_ZERO);
                run.take(bag, segment, tag);
                (start, closed, legs) = (end, closed + 1, Legs::default());
            }
        }
        let mut tail = run.watched_among(bag, &ordered[start..]);
        if !tail.is_empty() {
            tail.sort_unstable();
            let (total, slack) = (Total::of(bag, &ordered[start..]).0, legs.slack(self.tol));
            for at in tail {
                run.record(node, bag[at as usize].row, Event::Tail { total, slack });
            }
        }
        Ok(closed)
    }
}

impl<R, K: Key, O: Ord, A: Accept<R>> Body<R> for RunningZero<R, K, O, A> {
    fn check(&self) -> Result<(), String> {
        self.tol.check()
    }

    fn links(&self, run: &Run<'_, R>, bag: &[Lot], add: &mut dyn FnMut(usize, u64)) -> Result<(), Error> {
        by_key(run, bag, &self.key, add)
    }

    fn run(&self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot]) -> Result<usize, Error> {
        let buckets = Buckets::form(run, node.id(), bag, &self.key)?;
        for bucket in buckets.iter() {
            if bucket.len() < 2 {
                run.refuse(node.id(), Refusal::TooSmall, bag, bucket, &|_| Limits::None);
                continue;
            }
            let positive = bag[bucket[0] as usize].amount > 0;
            if bucket.iter().all(|&at| (bag[at as usize].amount > 0) == positive) {
                run.refuse(node.id(), Refusal::OneSided, bag, bucket, &|_| Limits::None);
                continue;
            }
            let mut ordered = self.in_order(run, bag, bucket)?;
            if self.close(run, node.id(), bag, &mut ordered)? == 0 {
                run.refuse(node.id(), Refusal::OutOfTolerance, bag, bucket, &|_| Limits::None);
            }
        }
        Ok(compact(bag))
    }
}
