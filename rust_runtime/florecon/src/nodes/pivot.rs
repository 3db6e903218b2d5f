//! `pivot`: runs a plan in another numeraire and translates its groups back exactly.

use std::borrow::Cow;

use crate::error::Error;
use crate::explain::event::Event;
use crate::plan::Answer;
use crate::plan::item::{Item, ItemFn, item_fn};
use crate::plan::lot::{Lot, compact};
use crate::plan::run_state::Run;
use crate::plan::tree::{Body, Plan};
use crate::value::EvalError;
use crate::wire::kind;

/// Runs `inner` in another numeraire. A lot enters with `amount(row) * lot amount / lot original`, toward zero; one
/// for which `amount` is null or this is zero does not enter.
///
/// On the way out the parts of a lot (its group shares in the order of the report, then its residual) are converted
/// back by the same ratio, and the last takes the remainder. A lot whose whole matched share would convert to zero
/// leaves its groups.
///
/// ```
/// use florecon::prelude::*;
/// struct Line { amount: i64, in_eur: Option<i64> }
/// let plan: Plan<Line> = pivot(|i: Item<Line>| i.row.in_eur, agg_net(one_bucket, abs_tol(1)));
/// ```
pub fn pivot<R, A>(amount: impl Fn(Item<'_, R>) -> A + 'static, inner: Plan<R>) -> Plan<R>
where
    R: 'static,
    A: Answer<Value = Option<i64>>,
{
    let amount = item_fn(amount);
    Plan::node(kind::PIVOT, "", vec![inner], Pivot { amount })
}

struct Pivot<R> {
    amount: ItemFn<R, Option<i64>>,
}

/// A lot inside the other numeraire.
struct Inside {
    /// Its place in the outer bag.
    at: usize,
    /// Its row.
    row: u32,
    /// Its amount outside, at entry.
    outer: i64,
    /// Its amount inside, at entry.
    alt: i64,
    /// The part of `alt` in groups.
    matched: i128,
    /// Group shares not yet converted.
    shares: u32,
    /// The part of `outer` that is allocated.
    given: i64,
}

impl Inside {
    fn convert(&self, alt: i128) -> i64 {
        // no larger than `outer`, since `alt` is a part of `self.alt`
        (i128::from(self.outer) * alt / i128::from(self.alt)) as i64
    }

    /// The next share, in outer units.
    fn share(&mut self, alt: i64) -> i64 {
        self.shares -= 1;
        if self.convert(self.matched) == 0 {
            return 0;
        }
        let is_last_part = self.shares == 0 && self.matched == i128::from(self.alt);
        let share = if is_last_part {
            self.outer - self.given
        } else {
            self.convert(i128::from(alt))
        };
        self.given += share;
        share
    }
}

impl<R> Pivot<R> {
    fn enter(&self, run: &Run<'_, R>, bag: &[Lot]) -> Result<Vec<Inside>, Error> {
        let mut inside = Vec::new();
        for (at, &lot) in bag.iter().enumerate() {
            let Some(whole) = run.eval(&self.amount, lot)? else {
                continue;
            };
            if whole == i64::MIN {
                return Err(run.fault(lot.row, EvalError::Overflow));
            }
            let original = i128::from(run.originals[lot.row as usize]);
            let alt = i128::from(whole) * i128::from(lot.amount) / original;
            let alt = i64::try_from(alt).map_err(|_| run.fault(lot.row, EvalError::Overflow))?;
            if alt != 0 {
                inside.push(Inside {
                    at,
                    row: lot.row,
                    outer: lot.amount,
                    alt,
                    matched: 0,
                    shares: 0,
                    given: 0,
                });
            }
        }
        Ok(inside)
    }
}

impl<R> Body<R> for Pivot<R> {
    fn run(&self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot]) -> Result<usize, Error> {
        let mut inside = self.enter(run, bag)?;
        for at in run.watched_in(bag) {
            let lot = inside.binary_search_by_key(&(at as usize), |lot| lot.at);
            let event = lot
                .ok()
                .map(|place| &inside[place])
                .map_or(Event::NotPivoted, |lot| Event::Pivoted { amount: lot.alt });
            run.record(node.id(), bag[at as usize].row, event);
        }
        if inside.is_empty() {
            return Ok(bag.len());
        }
        let mark = run.groups.len();
        run_inside(run, node.inner(), &inside)?;
        translate(run, mark, &mut inside);
        for lot in &inside {
            bag[lot.at].amount = lot.outer - lot.given;
            if run.is_watched(lot.row) && lot.matched != 0 {
                let event = Event::Translated {
                    inside: lot.matched,
                    amount: lot.given,
                };
                run.record(node.id(), lot.row, event);
            }
        }
        Ok(compact(bag))
    }
}

/// Runs the inner plan with the other originals. Its residual needs no reading: it is what is not in groups.
fn run_inside<R>(run: &mut Run<'_, R>, plan: &Plan<R>, inside: &[Inside]) -> Result<(), Error> {
    let mut lots: Vec<Lot> = inside
        .iter()
        .map(|lot| Lot {
            row: lot.row,
            amount: lot.alt,
        })
        .collect();
    let mut originals = run.number_per_row();
    lots.iter().for_each(|lot| originals[lot.row as usize] = lot.amount);
    let outer = std::mem::replace(&mut run.originals, Cow::Owned(originals));
    let known = (std::mem::take(&mut run.keys), std::mem::take(&mut run.columns));
    let result = plan.run(run, &mut lots, false);
    (run.keys, run.columns) = known;
    let originals = std::mem::replace(&mut run.originals, outer);
    run.spare.push(originals.into_owned());
    result.map(|_| ())
}

/// Converts the groups from `mark` on back to the outer numeraire.
fn translate<R>(run: &mut Run<'_, R>, mark: usize, inside: &mut [Inside]) {
    if run.groups.len() == mark {
        return;
    }
    // where the lot of each row is in `inside`
    let mut entries = run.number_per_row();
    for (entry, lot) in inside.iter().enumerate() {
        entries[lot.row as usize] = entry as i64;
    }
    let entry = |row: u32| entries[row as usize] as usize;
    for index in mark..run.groups.len() {
        for lot in run.groups.get(index).lots() {
            let inside = &mut inside[entry(lot.row)];
            inside.matched += i128::from(lot.amount);
            inside.shares += 1;
        }
    }
    let base = run.groups.start(mark);
    let mut shares = vec![0; run.groups.start(run.groups.len()) - base];
    for index in run.groups.report_order(mark, &run.names) {
        let first = run.groups.start(index) - base;
        for (at, lot) in run.groups.get(index).lots().enumerate() {
            shares[first + at] = inside[entry(lot.row)].share(lot.amount);
        }
    }
    for lot in run.groups.rewrite(mark, |at, _| shares[at]) {
        inside[entry(lot.row)].given -= lot.amount;
    }
    run.spare.push(entries);
}
