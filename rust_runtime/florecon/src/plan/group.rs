//! View of a group for predicates.

use std::hash::Hash;

use super::Answer;
use super::buckets::Numbering;
use super::group_columns::GroupColumns;
use super::item::Item;
use super::shard_rows::Rows;
use super::tolerance::{Legs, Tol};
use crate::value::EvalError;

/// A group that a strategy has formed, with what a predicate may ask of it. Amounts are those of the active numeraire.
///
/// ```
/// use florecon::prelude::*;
/// let metrics = |g: &Group<i64>| {
///     assert_eq!((g.size(), g.net(), g.max_abs(), g.min_side(), g.clean(abs_tol(0))), (3, Ok(0), 7, 1, true));
///     assert_eq!((g.span(|i: Item<i64>| *i.row), g.distinct(|i: Item<i64>| Some(*i.row > 0))), (Ok(12), Ok(2)));
///     assert_eq!((g.any(|i: Item<i64>| i.amount == 2), g.count(|i: Item<i64>| i.amount > 0)), (Ok(false), Ok(1)));
///     true
/// };
/// let mut recon = Recon::new(accept_if(metrics, agg_net(one_bucket, abs_tol(0))), |amount: &i64| *amount)?;
/// recon.upsert(vec![(RowId::from(1), 7), (RowId::from(2), -2), (RowId::from(3), -5)])?;
/// recon.solve()?;
/// assert_eq!(recon.report().groups[0].size, 3);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct Group<'a, R> {
    pub(crate) rows: &'a Rows<'a, R>,
    pub(crate) originals: &'a [i64],
    pub(crate) members: &'a [u32],
    pub(crate) amounts: &'a [i64],
    pub(crate) unique: Option<bool>,
    pub(crate) columns: &'a GroupColumns,
}

impl<'a, R> Group<'a, R> {
    /// The members in ascending id order.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let first_is_source = |g: &Group<i64>| g.items().next().is_some_and(|item| item.amount > 0);
    /// let plan: Plan<i64> = accept_if(first_is_source, agg_net(one_bucket, abs_tol(0)));
    /// ```
    pub fn items(&self) -> impl Iterator<Item = Item<'a, R>> + use<'a, R> {
        let (rows, originals) = (self.rows, self.originals);
        self.members.iter().zip(self.amounts).map(move |(&row, &amount)| Item {
            row: rows.row(row),
            amount,
            original: originals[row as usize],
        })
    }

    /// Number of members.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let plan: Plan<i64> = accept_if(|g: &Group<i64>| g.size() <= 12, agg_net(one_bucket, abs_tol(0)));
    /// ```
    #[must_use]
    pub fn size(&self) -> i64 {
        self.members.len() as i64
    }

    /// The sum of the member amounts.
    ///
    /// # Errors
    /// `Overflow` when it leaves `i64` (or is `i64::MIN`, which is no amount).
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let plan: Plan<i64> = accept_if(|g: &Group<i64>| g.net().map(|net| net >= 0), agg_net(one_bucket, abs_tol(5)));
    /// ```
    pub fn net(&self) -> Result<i64, EvalError> {
        narrow(Legs::of(self.amounts).net)
    }

    /// The absolute value of the sum of the member amounts.
    ///
    /// # Errors
    /// `Overflow` when it leaves `i64`.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let plan: Plan<i64> = accept_if(|g: &Group<i64>| g.abs_net().map(|net| net != 1), agg_net(one_bucket, abs_tol(5)));
    /// ```
    pub fn abs_net(&self) -> Result<i64, EvalError> {
        narrow(Legs::of(self.amounts).net.abs())
    }

    /// The largest absolute member amount.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let plan: Plan<i64> = accept_if(|g: &Group<i64>| g.max_abs() >= 100, agg_net(one_bucket, abs_tol(0)));
    /// ```
    #[must_use]
    pub fn max_abs(&self) -> i64 {
        self.amounts
            .iter()
            .map(|amount| amount.saturating_abs())
            .max()
            .unwrap_or(0)
    }

    /// The smallest absolute member amount.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let plan: Plan<i64> = accept_if(|g: &Group<i64>| g.min_abs() >= 100, agg_net(one_bucket, abs_tol(0)));
    /// ```
    #[must_use]
    pub fn min_abs(&self) -> i64 {
        self.amounts
            .iter()
            .map(|amount| amount.saturating_abs())
            .min()
            .unwrap_or(0)
    }

    /// The sum of the absolute member amounts.
    ///
    /// # Errors
    /// `Overflow` when it leaves `i64`.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let plan: Plan<i64> = accept_if(|g: &Group<i64>| g.gross().map(|gross| gross < 1_000), agg_net(one_bucket, abs_tol(5)));
    /// ```
    pub fn gross(&self) -> Result<i64, EvalError> {
        narrow(Legs::of(self.amounts).gross)
    }

    /// The sum of the positive member amounts.
    ///
    /// # Errors
    /// `Overflow` when it leaves `i64`.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let plan: Plan<i64> = accept_if(|g: &Group<i64>| g.positive().map(|sum| sum < 1_000), agg_net(one_bucket, abs_tol(5)));
    /// ```
    pub fn positive(&self) -> Result<i64, EvalError> {
        let legs = Legs::of(self.amounts);
        narrow((legs.gross + legs.net) / 2)
    }

    /// The sum of the negative member amounts: zero or less, so that it and `positive` add up to the net.
    ///
    /// # Errors
    /// `Overflow` when it leaves `i64`.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let plan: Plan<i64> = accept_if(|g: &Group<i64>| g.negative().map(|sum| sum > -1_000), agg_net(one_bucket, abs_tol(5)));
    /// ```
    pub fn negative(&self) -> Result<i64, EvalError> {
        let legs = Legs::of(self.amounts);
        narrow((legs.net - legs.gross) / 2)
    }

    /// The sum of the absolute originals of the members: what their rows carried when they entered the numeraire.
    ///
    /// # Errors
    /// `Overflow` when it leaves `i64`.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let whole = |g: &Group<i64>| Ok::<_, EvalError>(g.originals()? == g.gross()?);
    /// let plan: Plan<i64> = accept_if(whole, agg_net(one_bucket, abs_tol(5)));
    /// ```
    pub fn originals(&self) -> Result<i64, EvalError> {
        narrow(self.items().map(|item| i128::from(item.original).abs()).sum())
    }

    /// Whether the leaf that formed the group had no other group as good that shares a member; false where nothing
    /// says so.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let plan: Plan<i64> = accept_if(|g: &Group<i64>| g.unique(), exact_1to1(one_bucket, by_id));
    /// ```
    #[must_use]
    pub fn unique(&self) -> bool {
        self.unique == Some(true)
    }

    /// The sum of a value over the members, in 128 bits.
    ///
    /// # Errors
    /// The error of `value`, or `Overflow` when the sum leaves `i64`.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let even = |g: &Group<i64>| g.sum(|i: Item<i64>| *i.row).map(|sum| sum == 0);
    /// let plan: Plan<i64> = accept_if(even, agg_net(one_bucket, abs_tol(5)));
    /// ```
    pub fn sum<A: Answer<Value = i64>>(&self, value: impl Fn(Item<'_, R>) -> A) -> Result<i64, EvalError> {
        let mut sum = 0;
        for item in self.items() {
            sum += i128::from(value(item).answer()?);
        }
        i64::try_from(sum).map_err(|_| EvalError::Overflow)
    }

    /// The smallest value over the members.
    ///
    /// # Errors
    /// The error of `value`.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let late = |g: &Group<i64>| g.min(|i: Item<i64>| *i.row).map(|day| day > 31);
    /// let plan: Plan<i64> = accept_if(late, agg_net(one_bucket, abs_tol(5)));
    /// ```
    pub fn min<A: Answer<Value = i64>>(&self, value: impl Fn(Item<'_, R>) -> A) -> Result<i64, EvalError> {
        self.range(value).map(|(low, _)| low)
    }

    /// The largest value over the members.
    ///
    /// # Errors
    /// The error of `value`.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let early = |g: &Group<i64>| g.max(|i: Item<i64>| *i.row).map(|day| day < 31);
    /// let plan: Plan<i64> = accept_if(early, agg_net(one_bucket, abs_tol(5)));
    /// ```
    pub fn max<A: Answer<Value = i64>>(&self, value: impl Fn(Item<'_, R>) -> A) -> Result<i64, EvalError> {
        self.range(value).map(|(_, high)| high)
    }

    /// The smallest and the largest value over the members; zeros without members.
    fn range<A: Answer<Value = i64>>(&self, value: impl Fn(Item<'_, R>) -> A) -> Result<(i64, i64), EvalError> {
        let mut range: Option<(i64, i64)> = None;
        for item in self.items() {
            let at = value(item).answer()?;
            let (low, high) = range.unwrap_or((at, at));
            range = Some((low.min(at), high.max(at)));
        }
        Ok(range.unwrap_or((0, 0)))
    }

    /// The smaller of the counts of positive and of negative members.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let plan: Plan<i64> = accept_if(|g: &Group<i64>| g.min_side() == 1, agg_net(one_bucket, abs_tol(0)));
    /// ```
    #[must_use]
    pub fn min_side(&self) -> i64 {
        let legs = Legs::of(self.amounts);
        legs.positive.min(legs.negative) as i64
    }

    /// Whether the net is within a tolerance whose legs are the member amounts; nothing is within a negative one.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let plan: Plan<i64> = accept_if(|g: &Group<i64>| g.clean(rel_tol(10, 0)), agg_net(one_bucket, abs_tol(5)));
    /// ```
    #[must_use]
    pub fn clean(&self, tol: Tol) -> bool {
        tol.check().is_ok() && Legs::of(self.amounts).within(tol)
    }

    /// The largest minus the smallest value over the members.
    ///
    /// # Errors
    /// The error of `value`, or `Overflow` when the difference leaves `i64`.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let near = |g: &Group<i64>| g.span(|i: Item<i64>| *i.row).map(|span| span <= 31);
    /// let plan: Plan<i64> = accept_if(near, agg_net(one_bucket, abs_tol(0)));
    /// ```
    pub fn span<A: Answer<Value = i64>>(&self, value: impl Fn(Item<'_, R>) -> A) -> Result<i64, EvalError> {
        let (low, high) = self.range(value)?;
        high.checked_sub(low).ok_or(EvalError::Overflow)
    }

    /// Number of different non-null values over the members.
    ///
    /// # Errors
    /// The error of `value`.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let two = |g: &Group<i64>| g.distinct(|i: Item<i64>| Some(*i.row)).map(|days| days == 2);
    /// let plan: Plan<i64> = accept_if(two, agg_net(one_bucket, abs_tol(0)));
    /// ```
    pub fn distinct<K, A>(&self, value: impl Fn(Item<'_, R>) -> A) -> Result<i64, EvalError>
    where
        K: Eq + Hash,
        A: Answer<Value = Option<K>>,
    {
        if let Some(count) = self.distinct_numbers(&value) {
            return Ok(count);
        }
        // most groups have one or two, which take no memory
        let (mut one, mut other, mut more) = (None, None, Numbering::default());
        for item in self.items() {
            let Some(key) = value(item).answer()? else { continue };
            match (&one, &other) {
                (None, _) => one = Some(key),
                (Some(known), _) if *known == key => {}
                (_, None) => other = Some(key),
                (_, Some(known)) if *known == key => {}
                _ => {
                    more.number(key);
                }
            }
        }
        Ok(i64::from(one.is_some()) + i64::from(other.is_some()) + more.keys.len() as i64)
    }

    /// Whether any member satisfies `predicate`; evaluation stops at the first that does.
    ///
    /// # Errors
    /// The error of `predicate`.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let large = |g: &Group<i64>| g.any(|i: Item<i64>| i.amount > 1_000);
    /// let plan: Plan<i64> = accept_if(large, agg_net(one_bucket, abs_tol(0)));
    /// ```
    pub fn any<A: Answer<Value = bool>>(&self, predicate: impl Fn(Item<'_, R>) -> A) -> Result<bool, EvalError> {
        for item in self.items() {
            if predicate(item).answer()? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether all members satisfy `predicate`; evaluation stops at the first that does not.
    ///
    /// # Errors
    /// The error of `predicate`.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let whole = |g: &Group<i64>| g.all(|i: Item<i64>| i.amount == i.original);
    /// let plan: Plan<i64> = accept_if(whole, agg_net(one_bucket, abs_tol(0)));
    /// ```
    pub fn all<A: Answer<Value = bool>>(&self, predicate: impl Fn(Item<'_, R>) -> A) -> Result<bool, EvalError> {
        for item in self.items() {
            if !predicate(item).answer()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Number of members that satisfy `predicate`.
    ///
    /// # Errors
    /// The error of `predicate`.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let one_source = |g: &Group<i64>| g.count(|i: Item<i64>| i.amount > 0).map(|sources| sources == 1);
    /// let plan: Plan<i64> = accept_if(one_source, agg_net(one_bucket, abs_tol(0)));
    /// ```
    pub fn count<A: Answer<Value = bool>>(&self, predicate: impl Fn(Item<'_, R>) -> A) -> Result<i64, EvalError> {
        let mut found = 0;
        for item in self.items() {
            found += i64::from(predicate(item).answer()?);
        }
        Ok(found)
    }
}

/// A sum as an amount; `i64::MIN` is none.
pub(crate) fn narrow(sum: i128) -> Result<i64, EvalError> {
    match i64::try_from(sum) {
        Ok(i64::MIN) | Err(_) => Err(EvalError::Overflow),
        Ok(net) => Ok(net),
    }
}
