//! View of a lot for author closures.

use super::Answer;
use crate::value::EvalError;

/// One lot of a bag: a row, and what of it is still unmatched in the active numeraire.
///
/// ```
/// use florecon::prelude::*;
/// let item = Item { row: &"INV-7", amount: 40, original: 100 };
/// assert!(item.amount < item.original && item.row.starts_with("INV"));
/// ```
#[derive(Debug)]
pub struct Item<'a, R> {
    /// The row.
    pub row: &'a R,
    /// Unmatched amount, in minor units of the active numeraire; never zero in a bag.
    pub amount: i64,
    /// Amount of the row when it entered the active numeraire.
    pub original: i64,
}

impl<R> Clone for Item<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Item<'_, R> {}

pub(crate) type ItemFn<R, V> = Box<dyn Fn(Item<'_, R>) -> Result<V, EvalError>>;
pub(crate) type PairFn<R, V> = Box<dyn Fn(Item<'_, R>, Item<'_, R>) -> Result<V, EvalError>>;

pub(crate) fn item_fn<R, A: Answer>(f: impl Fn(Item<'_, R>) -> A + 'static) -> ItemFn<R, A::Value> {
    Box::new(move |item| f(item).answer())
}

/// A key that puts every item in one bucket.
///
/// ```
/// use florecon::prelude::*;
/// let plan: Plan<i64> = agg_net(one_bucket, abs_tol(0));
/// ```
#[must_use]
pub fn one_bucket<R>(_: Item<'_, R>) -> Option<()> {
    Some(())
}

/// An order that leaves items in the order of their ids.
///
/// ```
/// use florecon::prelude::*;
/// let plan: Plan<i64> = exact_1to1(one_bucket, by_id);
/// ```
pub fn by_id<R>(_: Item<'_, R>) {}

/// A penalty that is the same for every item, in cost units.
///
/// ```
/// use florecon::prelude::*;
/// let arbiter = Flow::<i64>::new(constant(1000.0), |_, _| Some(1.0)).window(|i| *i.row, 3);
/// ```
pub fn constant<R>(value: f64) -> impl Fn(Item<'_, R>) -> f64 {
    move |_| value
}
