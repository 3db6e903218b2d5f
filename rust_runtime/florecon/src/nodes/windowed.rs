//! `windowed`: sliding bands over an order; unmatched items are carried forward.

use crate::error::Error;
use crate::explain::event::{Distance, Event};
use crate::plan::Answer;
use crate::plan::item::{Item, ItemFn, item_fn};
use crate::plan::lot::{Lot, compact};
use crate::plan::run_state::Run;
use crate::plan::tree::{Body, Plan};
use crate::wire::kind;

/// Sweeps bands `[bottom, bottom + width)` over `order`, where bottom is the smallest order not yet entered. `inner`
/// sees a band's new items together with earlier ones that are still unmatched and have `order + width >= bottom`.
///
/// ```
/// use florecon::prelude::*;
/// struct Line { day: i64, amount: i64 }
/// let plan: Plan<Line> = windowed(|i: Item<Line>| i.row.day, 31, exact_1to1(one_bucket, by_id));
/// ```
pub fn windowed<R, A>(order: impl Fn(Item<'_, R>) -> A + 'static, width: i64, inner: Plan<R>) -> Plan<R>
where
    R: 'static,
    A: Answer<Value = i64>,
{
    let order = item_fn(order);
    Plan::node(kind::WINDOWED, "", vec![inner], Windowed { order, width })
}

struct Windowed<R> {
    order: ItemFn<R, i64>,
    width: i64,
}

impl<R> Body<R> for Windowed<R> {
    fn check(&self) -> Result<(), String> {
        if self.width >= 1 {
            return Ok(());
        }
        Err(format!("the width is {}; give 1 or more", self.width))
    }

    fn run(&self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot]) -> Result<usize, Error> {
        let mut sweep = Vec::with_capacity(bag.len());
        for (at, &lot) in bag.iter().enumerate() {
            sweep.push((run.eval(&self.order, lot)?, at as u32));
        }
        sweep.sort_unstable();
        let (mut band, mut carried, mut shard) = (Vec::new(), Vec::new(), Vec::new());
        let (mut next, mut met) = (0, false);
        while let Some(&(bottom, _)) = sweep.get(next) {
            // the difference of two orders can exceed i64
            let reach = i128::from(bottom) - i128::from(self.width);
            carried.retain(|&(order, at): &(i64, u32)| i128::from(order) >= reach && bag[at as usize].amount != 0);
            let top = i128::from(bottom) + i128::from(self.width);
            let entered = sweep[next..].iter().take_while(|(order, _)| i128::from(*order) < top);
            carried.extend(entered);
            next = sweep.partition_point(|(order, _)| i128::from(*order) < top);
            band.clear();
            band.extend(carried.iter().map(|&(_, at)| at));
            band.sort_unstable();
            for at in run.watched_among(bag, &band) {
                let event = Event::Band {
                    from: bottom,
                    width: self.width,
                    size: band.len(),
                };
                run.record(node.id(), bag[at as usize].row, event);
            }
            met |= run
                .watched_pair(bag)
                .is_some_and(|(a, b)| band.contains(&a) && band.contains(&b));
            node.inner().run_on(run, bag, &band, &mut shard)?;
        }
        if let Some((a, b)) = run.watched_pair(bag).filter(|_| !met) {
            let order = |at: u32| {
                sweep
                    .iter()
                    .find(|(_, place)| *place == at)
                    .map_or(0, |(order, _)| i128::from(*order))
            };
            let distance = Some(Distance {
                distance: (order(a) - order(b)).abs(),
                width: self.width,
            });
            let rows = (bag[a as usize].row, bag[b as usize].row);
            run.record_pair(node.id(), rows, Event::OutsideWindow { distance });
        }
        Ok(compact(bag))
    }
}
