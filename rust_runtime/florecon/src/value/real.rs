//! Reals: a key wrapper with a total order, and the operations whose IEEE corner cases are defined here.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// A real that may stand in a key: never NaN, with one zero, so that it is comparable and hashable.
///
/// ```
/// use florecon::value::Real;
/// assert_eq!(Real::key(-0.0), Real::key(0.0));
/// assert_eq!(Real::key(f64::NAN), None);
/// assert!(Real::key(1.0) < Real::key(2.0));
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Real(f64);

impl Real {
    /// The key of a real; `None`, a null key, for NaN.
    ///
    /// ```
    /// use florecon::value::Real;
    /// assert_eq!((Real::key(-0.0), Real::key(f64::NAN)), (Real::key(0.0), None));
    /// ```
    #[inline]
    #[must_use]
    pub fn key(value: f64) -> Option<Self> {
        // adding zero turns -0.0 into 0.0 and leaves everything else as it is
        (!value.is_nan()).then_some(Self(value + 0.0))
    }

    /// The real itself.
    ///
    /// ```
    /// assert_eq!(florecon::value::Real::key(2.5).map(|key| key.get()), Some(2.5));
    /// ```
    #[inline]
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl PartialEq for Real {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Real {}

impl PartialOrd for Real {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Real {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Hash for Real {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// The real nearest to an integer.
///
/// ```
/// assert_eq!(florecon::value::real::from_int(3), 3.0);
/// ```
#[inline]
#[must_use]
pub const fn from_int(value: i64) -> f64 {
    value as f64
}

/// `b` where `b < a`, else `a`: a NaN on the right is ignored, one on the left stays.
///
/// ```
/// assert_eq!(florecon::value::real::min(2.0, 1.0), 1.0);
/// assert_eq!(florecon::value::real::min(2.0, f64::NAN), 2.0);
/// ```
#[inline]
#[must_use]
pub fn min(a: f64, b: f64) -> f64 {
    if b < a { b } else { a }
}

/// `b` where `b > a`, else `a`: a NaN on the right is ignored, one on the left stays.
///
/// ```
/// assert_eq!(florecon::value::real::max(2.0, 1.0), 2.0);
/// ```
#[inline]
#[must_use]
pub fn max(a: f64, b: f64) -> f64 {
    if b > a { b } else { a }
}

/// -1, 0 or 1 as an integer; 0 for NaN and both zeros.
///
/// ```
/// assert_eq!(florecon::value::real::sign(-0.5), -1);
/// assert_eq!(florecon::value::real::sign(f64::NAN), 0);
/// ```
#[inline]
#[must_use]
pub fn sign(value: f64) -> i64 {
    i64::from(value > 0.0) - i64::from(value < 0.0)
}

/// The nearest whole number, halves away from zero. The subtraction is exact, so no double rounding can occur.
///
/// ```
/// use florecon::value::real::round_half_away;
/// assert_eq!(round_half_away(2.5), 3.0);
/// assert_eq!(round_half_away(-2.5), -3.0);
/// assert_eq!(round_half_away(0.499_999_999_999_999_94), 0.0);
/// ```
#[inline]
#[must_use]
pub fn round_half_away(value: f64) -> f64 {
    let whole = value.trunc();
    if (value - whole).abs() >= 0.5 {
        whole + value.signum()
    } else {
        whole
    }
}

/// Shortest decimal form of a real that reads back as the same number, for messages.
///
/// ```
/// use florecon::value::real;
/// assert_eq!(real::text(-2.50), "-2.5");
/// assert_eq!(real::text(7.0), "7");
/// assert_eq!(real::text(f64::NEG_INFINITY), "-inf");
/// ```
#[must_use]
pub fn text(value: f64) -> String {
    // the formatter of JSON is there anyway; the standard one would weigh more than all messages
    match serde_json::Number::from_f64(value) {
        Some(number) => {
            let text = number.to_string();
            text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
        }
        None if value.is_nan() => "NaN".to_owned(),
        None if value > 0.0 => "inf".to_owned(),
        None => "-inf".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_one_zero_and_no_nan() {
        assert_eq!(Real::key(-0.0).map(|key| key.get().to_bits()), Some(0));
        assert_eq!(Real::key(f64::NAN), None);
        assert!(Real::key(f64::NEG_INFINITY) < Real::key(-1.0));
        assert!(Real::key(f64::MAX) < Real::key(f64::INFINITY));
    }

    #[test]
    fn halves_go_away_from_zero_and_only_halves() {
        let below_half = 0.5_f64.next_down();
        assert_eq!(round_half_away(below_half), 0.0);
        assert_eq!(round_half_away(-below_half).to_bits(), (-0.0_f64).to_bits());
        assert_eq!(round_half_away(4_503_599_627_370_495.5), 4_503_599_627_370_496.0);
        assert!(round_half_away(f64::NAN).is_nan());
        assert_eq!(round_half_away(f64::NEG_INFINITY), f64::NEG_INFINITY);
    }
}
