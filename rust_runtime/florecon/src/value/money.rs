//! Money: whole minor units in an `i64`.

use super::EvalError;
use super::real::round_half_away;

/// 2^63, the first magnitude that is not an amount; exact as a real.
const LIMIT: f64 = 9_223_372_036_854_775_808.0;

/// The minor units of a real amount of major units, rounded half away from zero after the multiplication by `10^scale`.
///
/// # Errors
/// `BadAmount` for NaN, infinities and what lies outside the range of amounts.
///
/// ```
/// use florecon::value::{EvalError, money};
/// assert_eq!(money::minor_units(-1.05, 2), Ok(-105));
/// assert_eq!(money::minor_units(0.125, 2), Ok(13));
/// assert_eq!(money::minor_units(f64::NAN, 2), Err(EvalError::BadAmount));
/// ```
pub fn minor_units(major: f64, scale: u32) -> Result<i64, EvalError> {
    // multiplied up rather than `powi`, whose precision is not promised; exact up to 10^22
    let units = (0..scale).fold(1.0, |power: f64, _| power * 10.0);
    let minor = round_half_away(major * units);
    if minor.abs() < LIMIT {
        Ok(minor as i64)
    } else {
        Err(EvalError::BadAmount)
    }
}

/// An amount of minor units as decimal text with `scale` decimals, the way it stands in an origin.
///
/// ```
/// use florecon::value::money;
/// assert_eq!(money::text(-105, 2), "-1.05");
/// assert_eq!(money::text(7, 0), "7");
/// assert_eq!(money::text(5, 3), "0.005");
/// ```
#[must_use]
pub fn text(minor: i64, scale: u32) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let digits = minor.unsigned_abs().to_string();
    let scale = scale as usize;
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, part) = padded.split_at(padded.len() - scale);
    format!("{sign}{whole}.{part}")
}
