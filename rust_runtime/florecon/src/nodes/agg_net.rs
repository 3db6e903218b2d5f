//! `agg_net`: buckets that net to zero within a tolerance, as one group each.

use crate::error::Error;
use crate::explain::event::Limits;
use crate::plan::Answer;
use crate::plan::buckets::{Buckets, Key};
use crate::plan::item::{Item, ItemFn, item_fn};
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
    Plan::leaf(kind::AGG_NET, AggNet { key: item_fn(key), tol })
}

struct AggNet<R, K> {
    key: ItemFn<R, Option<K>>,
    tol: Tol,
}

impl<R, K: Key> Body<R> for AggNet<R, K> {
    fn check(&self) -> Result<(), String> {
        self.tol.check()
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
            } else {
                let tag = run.forced(node.id(), kind::AGG_NET, reason::AGG_NET);
                run.take(bag, bucket, tag);
            }
        }
        Ok(compact(bag))
    }
}
