//! `identity`, `seq`, `when` and `fixed_point`.

use crate::error::Error;
use crate::explain::event::Event;
use crate::plan::Answer;
use crate::plan::buckets::Buckets;
use crate::plan::item::{Item, ItemFn, item_fn};
use crate::plan::lot::Lot;
use crate::plan::node_id::NodeId;
use crate::plan::operator::{Operator, Partition, Shards};
use crate::plan::routing::Router;
use crate::plan::run_state::Run;
use crate::plan::tree::{Body, Plan};
use crate::wire::kind;

/// Passes everything through.
///
/// ```
/// use florecon::prelude::*;
/// let plan: Plan<i64> = identity();
/// ```
#[must_use]
pub fn identity<R: 'static>() -> Plan<R> {
    Plan::leaf(kind::IDENTITY, Identity)
}

struct Identity;

impl<R> Body<R> for Identity {
    fn keeps_apart(&self) -> bool {
        true
    }

    fn links(&self, _: &Run<'_, R>, _: &[Lot], _: &mut dyn FnMut(usize, u64)) -> Result<(), Error> {
        Ok(())
    }

    fn run(&self, _: &mut Run<'_, R>, _: &Plan<R>, bag: &mut [Lot]) -> Result<usize, Error> {
        Ok(bag.len())
    }
}

/// Runs the steps one after the other; each sees the previous one's residual.
///
/// ```
/// use florecon::prelude::*;
/// let plan: Plan<i64> = seq(vec![exact_1to1(one_bucket, by_id), agg_net(one_bucket, abs_tol(5))]);
/// ```
#[must_use]
pub fn seq<R: 'static>(steps: Vec<Plan<R>>) -> Plan<R> {
    Plan::of(kind::SEQ, "", steps, Operator::Sequence)
}

/// Sends the items that satisfy `predicate` to `inner`; the others, and its residual, pass on.
///
/// ```
/// use florecon::prelude::*;
/// let plan: Plan<i64> = when(|i: Item<i64>| i.amount.abs() >= 100, exact_1to1(one_bucket, by_id));
/// ```
pub fn when<R, A>(predicate: impl Fn(Item<'_, R>) -> A + 'static, inner: Plan<R>) -> Plan<R>
where
    R: 'static,
    A: Answer<Value = bool>,
{
    let predicate = item_fn(predicate);
    Plan::split(kind::WHEN, vec![inner], When { predicate })
}

struct When<R> {
    predicate: ItemFn<R, bool>,
}

impl<R> Partition<R> for When<R> {
    fn link(&self, _: &Run<'_, R>, _: Lot) -> Result<Option<u64>, Error> {
        Ok(Some(0))
    }

    fn routed<'p>(&'p self, node: &'p Plan<R>) -> Option<(NodeId, &'p dyn Router<R>)> {
        node.inner().routed()
    }

    fn shards(&self, run: &mut Run<'_, R>, node: NodeId, bag: &[Lot]) -> Result<Box<dyn Shards<R>>, Error> {
        let mut chosen = Vec::new();
        for (at, &lot) in bag.iter().enumerate() {
            if run.eval(&self.predicate, lot)? {
                chosen.push(at as u32);
            }
        }
        for at in run.watched_in(bag) {
            let is_chosen = chosen.binary_search(&at).is_ok();
            run.record(node, bag[at as usize].row, Event::Predicate(is_chosen));
        }
        Ok(Box::new(Buckets::one(chosen)))
    }
}

/// Repeats `inner` on its own residual until a pass forms no group, at most `max_passes` times.
///
/// ```
/// use florecon::prelude::*;
/// let plan: Plan<i64> = fixed_point(10, running_zero(by_id, abs_tol(0), one_bucket));
/// ```
#[must_use]
pub fn fixed_point<R: 'static>(max_passes: usize, inner: Plan<R>) -> Plan<R> {
    Plan::of(kind::FIXED_POINT, "", vec![inner], Operator::FixedPoint { max_passes })
}
