//! `agg_net`: buckets that net to zero within a tolerance, as one group each.

use super::accept::{Accept, Always, Condition};
use crate::error::Error;
use crate::explain::event::Limits;
use crate::plan::Answer;
use crate::plan::buckets::{Buckets, Key};
use crate::plan::group::Group;
use crate::plan::item::{Item, ItemFn, item_fn};
use crate::plan::links::by_key;
use crate::plan::lot::{Lot, compact};
use crate::plan::run_state::Run;
use crate::plan::tolerance::{Legs, Tol};
use crate::plan::tree::{Body, Plan};
use crate::wire::{Refusal, kind, reason};

/// Takes each whole bucket that has at least two items, both signs, and a net within `tol` of its amounts.
///
/// ```
/// use florecon::prelude::*;
/// struct Line { account: i64, amount: i64 }
/// let plan: Plan<Line> = agg_net(|i: Item<Line>| Some(i.row.account), rel_tol(10, 100));
/// ```
pub fn agg_net<R, K, A>(key: impl Fn(Item<'_, R>) -> A + 'static, tol: Tol) -> Plan<R>
where
    R: 'static,
    K: Key,
    A: Answer<Value = Option<K>>,
{
    let (key, accept) = (item_fn(key), Always);
    Plan::leaf(kind::AGG_NET, AggNet { key, tol, accept })
}

/// [`agg_net`] of the buckets that satisfy a condition.
///
/// ```
/// use florecon::prelude::*;
/// struct Line { account: i64, amount: i64 }
/// let one_payment = |g: &Group<Line>| g.min_side() == 1;
/// let plan: Plan<Line> = agg_net_accepting(|i: Item<Line>| Some(i.row.account), abs_tol(0), one_payment);
/// ```
pub fn agg_net_accepting<R, K, A, B>(
    key: impl Fn(Item<'_, R>) -> A + 'static,
    tol: Tol,
    accept: impl Fn(&Group<'_, R>) -> B + 'static,
) -> Plan<R>
where
    R: 'static,
    K: Key,
    A: Answer<Value = Option<K>>,
    B: Answer<Value = bool>,
{
    let (key, accept) = (item_fn(key), Condition::new(accept));
    Plan::leaf(kind::AGG_NET, AggNet { key, tol, accept })
}

struct AggNet<R, K, A> {
    key: ItemFn<R, Option<K>>,
    tol: Tol,
    accept: A,
}

impl<R, K: Key, A: Accept<R>> Body<R> for AggNet<R, K, A> {
    fn check(&self) -> Result<(), String> {
        self.tol.check()
    }

    fn links(&self, run: &Run<'_, R>, bag: &[Lot], add: &mut dyn FnMut(usize, u64)) -> Result<(), Error> {
        by_key(run, bag, &self.key, add)
    }

    fn run(&self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot]) -> Result<usize, Error> {
        let buckets = Buckets::form(run, node.id(), bag, &self.key)?;
        for bucket in buckets.iter() {
            let mut legs = Legs::default();
            bucket.iter().for_each(|&at| legs.add(bag[at as usize].amount));
            let mut refuse = |why| run.refuse(node.id(), why, bag, bucket, &|legs| Limits::slack(legs, self.tol));
            if bucket.len() < 2 {
                refuse(Refusal::TooSmall);
            } else if !legs.both_signs() {
                refuse(Refusal::OneSided);
            } else if !legs.within(self.tol) {
                refuse(Refusal::OutOfTolerance);
            } else if self.accept.decide(run, node.id(), bag, bucket)? {
                let tag = run.forced(node.id(), kind::AGG_NET, reason::AGG_NET);
                run.take(bag, bucket, tag);
            }
        }
        Ok(compact(bag))
    }
}
