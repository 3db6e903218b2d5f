//! `soak_all`, `soak_small` and `soak_if`: classification of the residual.

use crate::error::Error;
use crate::explain::event::Event;
use crate::plan::Answer;
use crate::plan::buckets::{Buckets, Key};
use crate::plan::item::{Item, ItemFn, item_fn};
use crate::plan::links::by_key;
use crate::plan::lot::{Lot, compact};
use crate::plan::node_id::NodeId;
use crate::plan::run_state::Run;
use crate::plan::tolerance::Tol;
use crate::plan::tree::{Body, Plan};
use crate::wire::{kind, reason};

const REASON: &str = reason::SOAK_ALL;

/// Grouping of a soaker: one group per item, or one per key.
///
/// ```
/// use florecon::prelude::*;
/// let by_hundreds: Mode<i64> = bucket(|i: Item<i64>| Some(i.amount / 100), |key: &i64| key.to_string());
/// let mut recon = Recon::new(soak_all("open", by_hundreds), |amount: &i64| *amount)?;
/// recon.upsert(vec![(RowId::from(1), 120), (RowId::from(2), 150), (RowId::from(3), 7)])?;
/// recon.solve()?;
/// let origins: Vec<String> = recon.report().groups.iter().map(|group| group.origin.to_string()).collect();
/// assert_eq!(origins, ["open:1", "open:0"]);
/// # Ok::<(), Error>(())
/// ```
pub struct Mode<R>(Box<dyn Soak<R>>);

impl<R> std::fmt::Debug for Mode<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mode")
    }
}

/// One group per item.
///
/// ```
/// use florecon::prelude::*;
/// let plan: Plan<i64> = soak_all("open", singleton());
/// ```
#[must_use]
pub fn singleton<R>() -> Mode<R> {
    Mode(Box::new(Singleton))
}

/// One group per key, with the origin `origin:<text of the key>`; items with a null key stay.
///
/// ```
/// use florecon::prelude::*;
/// struct Line { account: i64, amount: i64 }
/// let plan: Plan<Line> = soak_all("open", bucket(|i: Item<Line>| Some(i.row.account), |key: &i64| key.to_string()));
/// ```
pub fn bucket<R, K, A>(key: impl Fn(Item<'_, R>) -> A + 'static, text: impl Fn(&K) -> String + 'static) -> Mode<R>
where
    R: 'static,
    K: Key,
    A: Answer<Value = Option<K>>,
{
    Mode(Box::new(ByKey {
        key: item_fn(key),
        text: Box::new(text),
    }))
}

/// Groups chosen lots.
trait Soak<R> {
    /// Whether all its groups are of one row.
    fn keeps_apart(&self) -> bool {
        false
    }

    /// See [`Body::links`].
    fn links(&self, run: &Run<'_, R>, bag: &[Lot], add: &mut dyn FnMut(usize, u64)) -> Result<(), Error>;

    /// Takes the lots of `bag`, which were chosen, into groups; those it leaves keep their amount.
    fn soak(&self, run: &mut Run<'_, R>, node: NodeId, origin: &str, bag: &mut [Lot]) -> Result<(), Error>;
}

struct Singleton;

impl<R> Soak<R> for Singleton {
    fn keeps_apart(&self) -> bool {
        true
    }

    fn links(&self, _: &Run<'_, R>, _: &[Lot], _: &mut dyn FnMut(usize, u64)) -> Result<(), Error> {
        Ok(())
    }

    fn soak(&self, run: &mut Run<'_, R>, node: NodeId, origin: &str, bag: &mut [Lot]) -> Result<(), Error> {
        let tag = run.forced(node, origin, REASON);
        for lot in bag {
            run.groups.push(lot.row, std::mem::take(&mut lot.amount));
            run.groups.close(tag);
            if run.is_recorded() {
                run.record_taken();
            }
        }
        Ok(())
    }
}

struct ByKey<R, K> {
    key: ItemFn<R, Option<K>>,
    text: Box<dyn Fn(&K) -> String>,
}

impl<R, K: Key> Soak<R> for ByKey<R, K> {
    fn links(&self, run: &Run<'_, R>, bag: &[Lot], add: &mut dyn FnMut(usize, u64)) -> Result<(), Error> {
        by_key(run, bag, &self.key, add)
    }

    fn soak(&self, run: &mut Run<'_, R>, node: NodeId, origin: &str, bag: &mut [Lot]) -> Result<(), Error> {
        let (buckets, keys) = Buckets::form_keyed(run, node, bag, &self.key)?;
        for (bucket, key) in buckets.iter().zip(&keys) {
            let tag = run.forced(node, &format!("{origin}:{}", (self.text)(key)), REASON);
            run.take(bag, bucket, tag);
        }
        Ok(())
    }
}

/// Takes everything that is left.
///
/// ```
/// use florecon::prelude::*;
/// let plan: Plan<i64> = soak_all("open", singleton());
/// ```
#[must_use]
pub fn soak_all<R: 'static>(origin: &str, mode: Mode<R>) -> Plan<R> {
    soaker(kind::SOAK_ALL, origin, mode, Choice::All)
}

/// Takes what is within `tol` of its row's original amount.
///
/// ```
/// use florecon::prelude::*;
/// let plan: Plan<i64> = soak_small(rel_tol(10, 5), "rounding", singleton());
/// ```
#[must_use]
pub fn soak_small<R: 'static>(tol: Tol, origin: &str, mode: Mode<R>) -> Plan<R> {
    soaker(kind::SOAK_SMALL, origin, mode, Choice::Small(tol))
}

/// Takes the items that satisfy `predicate`.
///
/// ```
/// use florecon::prelude::*;
/// let plan: Plan<i64> = soak_if(|i: Item<i64>| *i.row > 0, "timing", singleton());
/// ```
pub fn soak_if<R, A>(predicate: impl Fn(Item<'_, R>) -> A + 'static, origin: &str, mode: Mode<R>) -> Plan<R>
where
    R: 'static,
    A: Answer<Value = bool>,
{
    soaker(kind::SOAK_IF, origin, mode, Choice::If(item_fn(predicate)))
}

fn soaker<R: 'static>(kind: &'static str, origin: &str, mode: Mode<R>, choice: Choice<R>) -> Plan<R> {
    let body = Soaker {
        origin: origin.to_owned(),
        mode,
        choice,
    };
    Plan::node(kind, origin, Vec::new(), body)
}

enum Choice<R> {
    All,
    Small(Tol),
    If(ItemFn<R, bool>),
}

struct Soaker<R> {
    origin: String,
    mode: Mode<R>,
    choice: Choice<R>,
}

impl<R> Soaker<R> {
    fn record_left(&self, run: &mut Run<'_, R>, node: NodeId, lot: Lot) {
        let original = run.originals[lot.row as usize];
        let event = match &self.choice {
            Choice::Small(tol) => Event::TooLarge {
                amount: lot.amount,
                slack: tol.slack([original]),
            },
            Choice::All | Choice::If(_) => Event::Predicate(false),
        };
        run.record(node, lot.row, event);
    }

    fn chooses(&self, item: Item<'_, R>, run: &Run<'_, R>, lot: Lot) -> Result<bool, Error> {
        match &self.choice {
            Choice::All => Ok(true),
            Choice::Small(tol) => Ok(tol.covers(item.amount, item.original)),
            Choice::If(predicate) => run.eval(predicate, lot),
        }
    }
}

impl<R> Body<R> for Soaker<R> {
    fn keeps_apart(&self) -> bool {
        self.mode.0.keeps_apart()
    }

    fn check(&self) -> Result<(), String> {
        match self.choice {
            Choice::Small(tol) => tol.check(),
            _ => Ok(()),
        }
    }

    fn links(&self, run: &Run<'_, R>, bag: &[Lot], add: &mut dyn FnMut(usize, u64)) -> Result<(), Error> {
        self.mode.0.links(run, bag, add)
    }

    fn run(&self, run: &mut Run<'_, R>, node: &Plan<R>, bag: &mut [Lot]) -> Result<usize, Error> {
        let (mut chosen, mut lots) = (Vec::new(), Vec::new());
        for (at, &lot) in bag.iter().enumerate() {
            if self.chooses(run.item(lot), run, lot)? {
                chosen.push(at);
                lots.push(lot);
            } else if run.is_watched(lot.row) {
                self.record_left(run, node.id(), lot);
            }
        }
        if chosen.is_empty() {
            return Ok(bag.len());
        }
        self.mode.0.soak(run, node.id(), &self.origin, &mut lots)?;
        for (at, lot) in chosen.into_iter().zip(lots) {
            bag[at] = lot;
        }
        Ok(compact(bag))
    }
}
