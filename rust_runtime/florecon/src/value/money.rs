//! Money: whole minor units in an `i64`.

use super::EvalError;
use super::real::round_half_away;
use super::text::is_space;

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

/// The minor units of an amount as text, without regard to white space at both ends; `None` where it is none, or has other
/// digits than zeros beyond `scale` decimals.
///
/// ```
/// use florecon::value::money::parse;
/// assert_eq!(parse("1.234,50-", 2, ","), Some(-123_450));
/// assert_eq!(parse("1,234.5", 2, "."), Some(123_450));
/// assert_eq!(parse("1.23", 2, ","), None);
/// ```
#[must_use]
pub fn parse(text: &str, scale: usize, decimal: &str) -> Option<i64> {
    let is_sign = |char: char| matches!(char, '+' | '-' | '\u{2212}');
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.trim_matches(is_space);
    let unsigned = text.strip_prefix(is_sign).or_else(|| text.strip_suffix(is_sign));
    let number = unsigned.unwrap_or(text);
    let (whole, part) = match number.split_once(decimal) {
        Some((whole, part)) if !part.is_empty() && is_digits(part) => (whole, part),
        Some(_) => return None,
        None => (number, ""),
    };
    if let Some(separator) = whole.chars().find(|char| !char.is_ascii_digit()) {
        let is_separator = matches!(separator, '.' | ',' | ' ' | '\'' | '\u{a0}' | '\u{202f}' | '\u{2019}');
        let mut groups = whole.split(separator);
        let first = groups.next().is_some_and(|first| matches!(first.len(), 1..=3));
        if !is_separator || !first || !groups.all(|group| group.len() == 3 && is_digits(group)) {
            return None;
        }
    } else if whole.is_empty() {
        return None;
    }
    let kept = part.bytes().chain(std::iter::repeat(b'0')).take(scale);
    if part.bytes().skip(scale).any(|digit| digit != b'0') {
        return None;
    }
    let digits = whole.bytes().filter(u8::is_ascii_digit).chain(kept);
    let minor = digits.into_iter().try_fold(0_i64, |minor, digit| {
        minor.checked_mul(10)?.checked_add(i64::from(digit - b'0'))
    })?;
    let is_negative = unsigned.is_some() && !text.contains('+');
    Some(if is_negative { -minor } else { minor })
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
