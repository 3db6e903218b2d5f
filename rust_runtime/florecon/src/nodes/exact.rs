//! `exact_1to1`: pairs of equal and opposite amounts.

use crate::error::Error;
use crate::explain::event::{Event, Limits};
use crate::plan::Answer;
use crate::plan::arena::Tag;
use crate::plan::buckets::{Buckets, Key};
use crate::plan::item::{Item, ItemFn, item_fn};
use crate::plan::links::by_key;
use crate::plan::lot::{Lot, compact};
use crate::plan::node_id::NodeId;
use crate::plan::run_state::Run;
use crate::plan::tree::{Body, Plan};
use crate::sorting::by_number;
use crate::wire::{Refusal, kind, reason};

/// Pairs equal and opposite amounts: within each key and absolute amount, positives and negatives are each sorted by
/// (order, id) and paired first with first. The surplus stays, and so do items with a null key.
///
/// ```
/// use florecon::prelude::*;
/// struct Line { day: i64, amount: i64 }
/// let plan: Plan<Line> = exact_1to1(one_bucket, |i: Item<Line>| i.row.day);
/// ```
pub fn exact_1to1<R, K, A, O, B>(
    key: impl Fn(Item<'_, R>) -> A + 'static,
    order: impl Fn(Item<'_, R>) -> B + 'static,
) -> Plan<R>
where
    R: 'static,
    K: Key,
    A: Answer<Value = Option<K>>,
    O: Ord + 'static,
    B: Answer<Value = O>,
{
    Plan::leaf(
        kind::EXACT_1TO1,
        Exact1to1 {
            key: item_fn(key),
            order: item_fn(order),
            order_can_fail: B::CAN_FAIL,
        },
    )
}

struct Exact1to1<R, K, O> {
    key: ItemFn<R, Option<K>>,
    order: ItemFn<R, O>,
    order_can_fail: bool,
}

impl<R, K: Key, O: Ord> Body<R> for Exact1to1<R, K, O> {
    fn links(&self, run: &Run<'_, R>, bag: &[Lot], add: &mut dyn FnMut(usize, u64)) -> Result<(), Error> {
        let key = |item: Item<'_, R>| Ok((self.key)(item)?.map(|key| (key, item.amount.unsigned_abs())));
        by_key(run, bag, key, add)
    }

    fn run(&self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot]) -> Result<usize, Error> {
        let buckets = Buckets::form(run, node.id(), bag, |item| {
            Ok((self.key)(item)?.map(|key| (key, item.amount.unsigned_abs())))
        })?;
        let (mut plus, mut minus) = (Vec::<(O, u32)>::new(), Vec::<(O, u32)>::new());
        let mut leaf_tag = None;
        for bucket in buckets.iter() {
            if bucket.len() < 2 {
                run.refuse(node.id(), Refusal::TooSmall, bag, bucket, &|_| Limits::None);
                continue;
            }
            let positive = |at: &u32| bag[*at as usize].amount > 0;
            if bucket.iter().all(positive) || !bucket.iter().any(positive) {
                run.refuse(node.id(), Refusal::OneSided, bag, bucket, &|_| Limits::None);
                continue;
            }
            let leaf_tag = *leaf_tag.get_or_insert_with(|| run.tag(node.id(), kind::EXACT_1TO1, reason::EXACT_1TO1));
            if bucket.len() == 2 && !self.order_can_fail && !run.is_recorded() {
                let unique = Some(true);
                run.take(bag, bucket, Tag { unique, ..leaf_tag });
                continue;
            }
            for &at in bucket {
                let lot = bag[at as usize];
                let side = if lot.amount > 0 { &mut plus } else { &mut minus };
                side.push((run.eval(&self.order, lot)?, at));
            }
            plus.sort_unstable();
            minus.sort_unstable();
            let size = bag[plus[0].1 as usize].amount;
            let unique = Some(plus.len() == 1 && minus.len() == 1);
            let tag = Tag { unique, ..leaf_tag };
            for ((_, a), (_, b)) in plus.iter().zip(&minus) {
                run.take(bag, &[*a.min(b), *a.max(b)], tag);
            }
            if run.is_recorded() {
                record_rivals(run, node.id(), bag, &[places(&plus), places(&minus)], size);
                record_surplus(run, node.id(), bag, [plus.len(), minus.len()], bucket);
            }
            plus.clear();
            minus.clear();
        }
        Ok(compact(bag))
    }
}

fn places<O>(side: &[(O, u32)]) -> Vec<u32> {
    side.iter().map(|(_, at)| *at).collect()
}

/// Records for each watched row of a bucket the first other pair that it, or its partner, could have been in. `sides` are
/// the positive and the negative positions in their order, `size` is the absolute amount of all.
fn record_rivals<R>(run: &mut Run<'_, R>, node: NodeId, bag: &[Lot], sides: &[Vec<u32>; 2], size: i64) {
    let mut watched: Vec<(u32, usize)> = Vec::new();
    for (place, &at) in (0..).zip(sides[0].iter().chain(&sides[1])) {
        if run.is_watched(bag[at as usize].row) {
            watched.push((at, place));
        }
    }
    by_number(&mut watched, |(at, _)| i64::from(at));
    for (watched, place) in watched {
        let own = usize::from(place >= sides[0].len());
        let place = place - own * sides[0].len();
        let sign = if own == 0 { 1 } else { -1 };
        let (mine, theirs) = (&sides[own], &sides[1 - own]);
        let other = |side: &[u32]| side.iter().enumerate().find(|(at, _)| *at != place).map(|(_, &at)| at);
        let pair = match (other(theirs), other(mine)) {
            (Some(partner), _) => [(watched, sign), (partner, -sign)],
            (None, Some(twin)) => [(twin, sign), (theirs[0], -sign)],
            (None, None) => continue,
        };
        let mut lots = pair.map(|(at, sign)| Lot {
            row: bag[at as usize].row,
            amount: sign * size,
        });
        lots.sort_unstable_by_key(|lot| lot.row);
        run.record_rival(node, bag[watched as usize].row, &lots, None);
    }
}

/// Records the watched rows of a bucket that were not paired, and two that were not paired with each other.
fn record_surplus<R>(run: &mut Run<'_, R>, node: NodeId, bag: &[Lot], sides: [usize; 2], bucket: &[u32]) {
    for at in run.watched_among(bag, bucket) {
        let lot = bag[at as usize];
        if lot.amount != 0 {
            let (same, opposite) = if lot.amount > 0 { (0, 1) } else { (1, 0) };
            let event = Event::Surplus {
                same: sides[same],
                opposite: sides[opposite],
            };
            run.record(node, lot.row, event);
        }
    }
    let pair = run
        .watched_pair(bag)
        .filter(|(a, b)| bucket.contains(a) && bucket.contains(b));
    if let Some((a, b)) = pair.map(|(a, b)| (bag[a as usize].row, bag[b as usize].row)) {
        let is_together = (0..run.groups.len())
            .rev()
            .map(|index| run.groups.get(index))
            .take_while(|group| group.tag.node == Some(node))
            .any(|group| *group.rows == [a, b]);
        let sign = |row: u32| run.originals[row as usize] > 0;
        if !is_together {
            let event = if sign(a) == sign(b) {
                Event::SameSign
            } else {
                Event::PairedElsewhere
            };
            run.record_pair(node, (a, b), event);
        }
    }
}
