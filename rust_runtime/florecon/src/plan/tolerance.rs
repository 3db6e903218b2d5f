//! Tolerances: how far from zero a sum still nets.

use super::Item;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Absolute,
    Smallest,
    Largest,
    Side,
    Gross,
}

/// A tolerance: a fixed slack, or one relative to the legs it is applied to.
///
/// The slack is computed in 128 bits and truncated toward zero.
///
/// ```
/// use florecon::prelude::*;
/// assert_eq!(abs_tol(5).slack([10_000, -10_003]), 5);
/// assert_eq!(rel_tol(10, 2).slack([10_000, -30_000]), 10);
/// assert_eq!(rel_max_tol(10, 2).slack([10_000, -30_000]), 30);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tol {
    kind: Kind,
    amount: i64,
    floor: i64,
}

/// A slack of `amount` minor units. A negative one is refused when the plan is installed.
///
/// ```
/// use florecon::prelude::*;
/// assert_eq!(abs_tol(5).slack([10_000, -10_003]), 5);
/// ```
#[must_use]
pub fn abs_tol(amount: i64) -> Tol {
    Tol {
        kind: Kind::Absolute,
        amount,
        floor: 0,
    }
}

/// A slack of `bps` basis points of the smallest non-zero leg, and at least `floor` minor units.
///
/// ```
/// use florecon::prelude::*;
/// assert_eq!(rel_tol(10, 0).slack([10_000, -30_000]), 10);
/// assert_eq!(rel_tol(10, 50).slack([10_000, -30_000]), 50);
/// ```
#[must_use]
pub fn rel_tol(bps: i64, floor: i64) -> Tol {
    Tol {
        kind: Kind::Smallest,
        amount: bps,
        floor,
    }
}

/// A slack of `bps` basis points of the largest leg, and at least `floor` minor units.
///
/// ```
/// use florecon::prelude::*;
/// assert_eq!(rel_max_tol(10, 0).slack([10_000, -30_000]), 30);
/// ```
#[must_use]
pub fn rel_max_tol(bps: i64, floor: i64) -> Tol {
    Tol {
        kind: Kind::Largest,
        amount: bps,
        floor,
    }
}

/// A slack of `bps` basis points of the larger of the two sides' sums, and at least `floor` minor units.
///
/// ```
/// use florecon::prelude::*;
/// assert_eq!(rel_side_tol(300, 0).slack([10_000, 20_000, -29_200]), 900);
/// ```
#[must_use]
pub fn rel_side_tol(bps: i64, floor: i64) -> Tol {
    Tol {
        kind: Kind::Side,
        amount: bps,
        floor,
    }
}

/// A slack of `bps` basis points of the sum of all absolute legs, and at least `floor` minor units.
///
/// ```
/// use florecon::prelude::*;
/// assert_eq!(rel_gross_tol(100, 0).slack([10_000, 20_000, -30_000]), 600);
/// ```
#[must_use]
pub fn rel_gross_tol(bps: i64, floor: i64) -> Tol {
    Tol {
        kind: Kind::Gross,
        amount: bps,
        floor,
    }
}

/// Whether the current amounts of two lots cancel within a tolerance whose legs they are; nothing is within a negative one.
///
/// ```
/// use florecon::prelude::*;
/// let item = |amount| Item { row: &(), amount, original: amount };
/// assert!(nets(item(100), item(-98), abs_tol(2)));
/// assert!(!nets(item(100), item(-98), rel_tol(10, 0)));
/// assert!(!nets(item(100), item(-100), rel_tol(-1, 5)));
/// ```
#[must_use]
pub fn nets<R>(a: Item<'_, R>, b: Item<'_, R>, tol: Tol) -> bool {
    let mut legs = Legs::default();
    legs.add(a.amount);
    legs.add(b.amount);
    tol.check().is_ok() && legs.within(tol)
}

impl Tol {
    /// The slack over `legs`, in minor units.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// assert_eq!(rel_tol(10, 0).slack([]), 0);
    /// assert_eq!(rel_max_tol(10_000, 0).slack([i64::MAX, -i64::MAX]), i128::from(i64::MAX));
    /// ```
    #[must_use]
    pub fn slack(self, legs: impl IntoIterator<Item = i64>) -> i128 {
        let mut seen = Legs::default();
        legs.into_iter().for_each(|leg| seen.add(leg));
        seen.slack(self)
    }

    /// Whether `amount` is within the slack of the one leg `original`.
    pub(crate) fn covers(self, amount: i64, original: i64) -> bool {
        let scale = original.unsigned_abs();
        i128::from(amount.unsigned_abs()) <= self.bound(scale, 1)
    }

    /// The largest slack that `count` legs of at most `largest` can have; of one leg, its slack.
    pub(crate) fn bound(self, largest: u64, count: usize) -> i128 {
        let largest = i128::from(largest);
        match self.kind {
            Kind::Side | Kind::Gross => self.over(largest * count as i128),
            _ => self.over(largest),
        }
    }

    /// Whether the slack follows from the sums of the two sides alone.
    pub(crate) fn is_of_sides(self) -> bool {
        !matches!(self.kind, Kind::Smallest | Kind::Largest)
    }

    /// The smallest and the largest sum of one side that is within the slack of the other; a difference is within money.
    pub(crate) fn sums(self, other: u64) -> (u64, u64) {
        let is_near = |sum: u64| {
            let (sum, other) = (i128::from(sum), i128::from(other));
            let slack = match self.kind {
                Kind::Side => self.over(sum.max(other)),
                Kind::Gross => self.over(sum + other),
                _ => self.over(0),
            };
            (sum - other).abs() <= slack.min(i64::MAX.into())
        };
        let (mut low, mut high) = (other, other);
        for bit in (0..64).rev().map(|bit| 1 << bit) {
            if low >= bit && is_near(low - bit) {
                low -= bit;
            }
            if high.checked_add(bit).is_some_and(is_near) {
                high += bit;
            }
        }
        (low, high)
    }

    /// The slack for a scale. A net is below 2^95, so a product near 128 bits, which only an absurd rate reaches, is as
    /// good as no limit.
    fn over(self, scale: i128) -> i128 {
        if self.kind == Kind::Absolute {
            return i128::from(self.amount);
        }
        let rate = i128::from(self.amount);
        if scale.leading_zeros() + rate.leading_zeros() < 130 {
            return i128::MAX;
        }
        i128::from(self.floor).max(scale * rate / 10_000)
    }

    /// Refuses a negative amount, rate or floor.
    pub(crate) fn check(self) -> Result<(), String> {
        if self.amount >= 0 && self.floor >= 0 {
            return Ok(());
        }
        let (what, value) = if self.amount >= 0 {
            ("floor", self.floor)
        } else if self.kind == Kind::Absolute {
            ("amount", self.amount)
        } else {
            ("rate in basis points", self.amount)
        };
        Err(format!(
            "the {what} of a tolerance is {value}; give zero or a positive number"
        ))
    }
}

/// Sum, signs and extremes of a set of amounts.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Legs {
    pub net: i128,
    pub positive: usize,
    pub negative: usize,
    smallest: u64,
    largest: u64,
    /// Sum of the absolute legs.
    pub gross: i128,
}

impl Legs {
    pub fn of(amounts: &[i64]) -> Self {
        let mut legs = Self::default();
        amounts.iter().for_each(|&amount| legs.add(amount));
        legs
    }

    #[inline]
    pub fn add(&mut self, amount: i64) {
        let size = amount.unsigned_abs();
        if size == 0 {
            return;
        }
        self.net += i128::from(amount);
        self.gross += i128::from(size);
        self.positive += usize::from(amount > 0);
        self.negative += usize::from(amount < 0);
        self.smallest = if self.smallest == 0 {
            size
        } else {
            self.smallest.min(size)
        };
        self.largest = self.largest.max(size);
    }

    pub fn both_signs(&self) -> bool {
        self.positive > 0 && self.negative > 0
    }

    pub fn slack(&self, tol: Tol) -> i128 {
        tol.over(match tol.kind {
            Kind::Absolute => 0,
            Kind::Smallest => i128::from(self.smallest),
            Kind::Largest => i128::from(self.largest),
            // the sum of a side is half of the gross and the net
            Kind::Side => (self.gross + self.net.abs()) / 2,
            Kind::Gross => self.gross,
        })
    }

    pub fn within(&self, tol: Tol) -> bool {
        self.net.abs() <= self.slack(tol)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_never_overflows() {
        let legs = [i64::MAX, -i64::MAX];
        let expected = i128::from(i64::MAX) * i128::from(i64::MAX) / 10_000;
        assert_eq!(rel_max_tol(i64::MAX, 0).slack(legs), expected);
    }

    #[test]
    fn sides_and_gross_are_sums_of_all_legs() {
        let legs = [100, 250, 0, -40, -300];
        assert_eq!(rel_side_tol(1_000, 0).slack(legs), 35);
        assert_eq!(rel_side_tol(1_000, 0).slack(legs.map(|leg: i64| -leg)), 35);
        assert_eq!(rel_gross_tol(1_000, 0).slack(legs), 69);
        assert_eq!(rel_gross_tol(1_000, 70).slack(legs), 70);
        let absurd = rel_gross_tol(i64::MAX, 0).slack((0..4).map(|_| i64::MAX));
        assert_eq!(absurd, i128::MAX);
    }

    #[test]
    fn zero_legs_do_not_count_as_smallest() {
        assert_eq!(rel_tol(10_000, 0).slack([0, 7, -9]), 7);
        assert_eq!(rel_tol(10_000, 3).slack([]), 3);
    }

    #[test]
    fn negative_settings_are_refused() {
        assert!(abs_tol(-1).check().unwrap_err().contains("amount"));
        assert!(rel_tol(-1, 0).check().unwrap_err().contains("basis points"));
        assert!(rel_max_tol(1, -1).check().unwrap_err().contains("floor"));
        assert!(abs_tol(0).check().is_ok());
    }
}
