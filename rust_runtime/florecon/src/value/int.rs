//! Checked integer arithmetic: overflow of 64 bits is an error.

use super::EvalError;

/// `a + b`.
///
/// # Errors
/// `Overflow` when the sum leaves `i64`.
///
/// ```
/// use florecon::value::{EvalError, int};
/// assert_eq!(int::add(2, 3), Ok(5));
/// assert_eq!(int::add(i64::MAX, 1), Err(EvalError::Overflow));
/// ```
#[inline]
pub fn add(a: i64, b: i64) -> Result<i64, EvalError> {
    a.checked_add(b).ok_or(EvalError::Overflow)
}

/// `a - b`.
///
/// # Errors
/// `Overflow` when the difference leaves `i64`.
///
/// ```
/// assert_eq!(florecon::value::int::sub(2, 3), Ok(-1));
/// ```
#[inline]
pub fn sub(a: i64, b: i64) -> Result<i64, EvalError> {
    a.checked_sub(b).ok_or(EvalError::Overflow)
}

/// `a * b`.
///
/// # Errors
/// `Overflow` when the product leaves `i64`.
///
/// ```
/// assert_eq!(florecon::value::int::mul(-2, 3), Ok(-6));
/// ```
#[inline]
pub fn mul(a: i64, b: i64) -> Result<i64, EvalError> {
    a.checked_mul(b).ok_or(EvalError::Overflow)
}

/// `-a`.
///
/// # Errors
/// `Overflow` for `i64::MIN`.
///
/// ```
/// assert_eq!(florecon::value::int::neg(7), Ok(-7));
/// ```
#[inline]
pub fn neg(a: i64) -> Result<i64, EvalError> {
    a.checked_neg().ok_or(EvalError::Overflow)
}

/// The absolute value of `a`.
///
/// # Errors
/// `Overflow` for `i64::MIN`.
///
/// ```
/// assert_eq!(florecon::value::int::abs(-7), Ok(7));
/// ```
#[inline]
pub fn abs(a: i64) -> Result<i64, EvalError> {
    a.checked_abs().ok_or(EvalError::Overflow)
}

/// The absolute difference of `a` and `b`; of two dates, in days.
///
/// # Errors
/// `Overflow` when the difference leaves `i64`.
///
/// ```
/// use florecon::value::{EvalError, int};
/// assert_eq!(int::gap(3, 10), Ok(7));
/// assert_eq!(int::gap(i64::MIN, 0), Err(EvalError::Overflow));
/// ```
#[inline]
pub fn gap(a: i64, b: i64) -> Result<i64, EvalError> {
    i64::try_from(a.abs_diff(b)).map_err(|_| EvalError::Overflow)
}

/// Money as its integer of minor units.
///
/// # Errors
/// `Overflow` for `i64::MIN`, which is no amount.
///
/// ```
/// assert_eq!(florecon::value::int::to_minor(-105), Ok(-105));
/// ```
#[inline]
pub const fn to_minor(minor: i64) -> Result<i64, EvalError> {
    if minor == i64::MIN {
        Err(EvalError::Overflow)
    } else {
        Ok(minor)
    }
}

/// The quotient rounded toward negative infinity. `divisor` is a positive literal.
///
/// # Panics
/// When `divisor` is zero.
///
/// ```
/// use florecon::value::int;
/// assert_eq!(int::floor_div(-7, 2), -4);
/// assert_eq!(int::floor_div(7, 2), 3);
/// ```
#[inline]
#[must_use]
pub const fn floor_div(a: i64, divisor: i64) -> i64 {
    a.div_euclid(divisor)
}

/// The remainder of [`floor_div`], in `0..divisor`. `divisor` is a positive literal.
///
/// # Panics
/// When `divisor` is zero.
///
/// ```
/// assert_eq!(florecon::value::int::modulo(-7, 2), 1);
/// ```
#[inline]
#[must_use]
pub const fn modulo(a: i64, divisor: i64) -> i64 {
    a.rem_euclid(divisor)
}

/// -1, 0 or 1.
///
/// ```
/// assert_eq!(florecon::value::int::sign(-40), -1);
/// ```
#[inline]
#[must_use]
pub const fn sign(a: i64) -> i64 {
    a.signum()
}

/// The smaller of two.
///
/// ```
/// assert_eq!(florecon::value::int::min(3, -2), -2);
/// ```
#[inline]
#[must_use]
pub fn min(a: i64, b: i64) -> i64 {
    a.min(b)
}

/// The larger of two.
///
/// ```
/// assert_eq!(florecon::value::int::max(3, -2), 3);
/// ```
#[inline]
#[must_use]
pub fn max(a: i64, b: i64) -> i64 {
    a.max(b)
}
