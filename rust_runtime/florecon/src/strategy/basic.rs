//! `identity`, `seq`, `when` and `fixed_point`.

use super::Answer;
use super::item::{Item, ItemFn, item_fn};
use super::lot::{Lot, compact};
use super::plan::{Body, Plan};
use super::run::Run;
use crate::error::Error;

/// Passes everything through.
///
/// ```
/// use florecon::prelude::*;
/// let plan: Plan<i64> = identity();
/// ```
#[must_use]
pub fn identity<R: 'static>() -> Plan<R> {
    Plan::leaf("identity", Identity)
}

struct Identity;

impl<R> Body<R> for Identity {
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
    Plan::node("seq", "", steps, Seq)
}

struct Seq;

impl<R> Body<R> for Seq {
    fn run(&self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot]) -> Result<usize, Error> {
        node.children()
            .iter()
            .try_fold(bag.len(), |left, step| step.run(run, &mut bag[..left]))
    }
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
    Plan::node("when", "", vec![inner], When { predicate })
}

struct When<R> {
    predicate: ItemFn<R, bool>,
}

impl<R> Body<R> for When<R> {
    fn run(&self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot]) -> Result<usize, Error> {
        let mut chosen = Vec::new();
        for (at, &lot) in bag.iter().enumerate() {
            if run.eval(&self.predicate, lot)? {
                chosen.push(at as u32);
            }
        }
        if chosen.len() == bag.len() {
            return node.inner().run(run, bag);
        }
        run_on(run, node.inner(), bag, &chosen, &mut Vec::new())?;
        Ok(compact(bag))
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
    shard.clear();
    shard.extend(positions.iter().map(|&at| bag[at as usize]));
    let left = plan.run(run, shard)?;
    let mut rest = shard[..left].iter().peekable();
    for &at in positions {
        let lot = &mut bag[at as usize];
        lot.amount = rest.next_if(|kept| kept.row == lot.row).map_or(0, |kept| kept.amount);
    }
    Ok(())
}

/// Repeats `inner` on its own residual until a pass forms no group, at most `max_passes` times.
///
/// ```
/// use florecon::prelude::*;
/// let plan: Plan<i64> = fixed_point(10, running_zero(by_id, abs_tol(0), one_bucket));
/// ```
#[must_use]
pub fn fixed_point<R: 'static>(max_passes: usize, inner: Plan<R>) -> Plan<R> {
    Plan::node("fixed_point", "", vec![inner], FixedPoint { max_passes })
}

struct FixedPoint {
    max_passes: usize,
}

impl<R> Body<R> for FixedPoint {
    fn run(&self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot]) -> Result<usize, Error> {
        let mut left = bag.len();
        for _ in 0..self.max_passes {
            let mark = run.groups.len();
            left = node.inner().run(run, &mut bag[..left])?;
            if run.groups.len() == mark {
                break;
            }
        }
        Ok(left)
    }
}
