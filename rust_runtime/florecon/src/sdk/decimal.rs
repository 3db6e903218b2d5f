//! Exact conversion of decimals and floats to minor units.

/// Reason why a number of major units is not an amount of minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inexact {
    /// Not a whole number of minor units.
    Fraction,
    /// NaN or infinite.
    NotFinite,
    /// Beyond the range of amounts.
    Overflow,
}

/// The power `10^exponent`, exact; `None` beyond the range of `i128`.
fn power_of_ten(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

/// Amounts are symmetric: `i64::MIN` is none.
fn amount(minor: i128) -> Result<i64, Inexact> {
    match i64::try_from(minor) {
        Ok(value) if value != i64::MIN => Ok(value),
        _ => Err(Inexact::Overflow),
    }
}

/// The minor units of `unscaled * 10^-from`, for money of `scale` decimal places.
pub(crate) fn from_decimal(unscaled: i128, from: i32, scale: u32) -> Result<i64, Inexact> {
    if unscaled == 0 {
        return Ok(0);
    }
    let shift = i64::from(scale) - i64::from(from);
    if shift == 0 {
        return amount(unscaled);
    }
    // a shift beyond u32 is far beyond 10^38 and so beyond every i128, as is whatever the power does not hold
    let power = u32::try_from(shift.unsigned_abs()).ok().and_then(power_of_ten);
    match (shift >= 0, power) {
        (true, Some(power)) => amount(unscaled.checked_mul(power).ok_or(Inexact::Overflow)?),
        (true, None) => Err(Inexact::Overflow),
        (false, Some(power)) if unscaled % power == 0 => amount(unscaled / power),
        (false, _) => Err(Inexact::Fraction),
    }
}

/// A binary floating-point number taken apart: `mantissa * 2^exponent` with the unit in the last place `2^exponent`.
struct Parts {
    negative: bool,
    mantissa: u64,
    exponent: i32,
}

/// `fraction_bits` is the number of mantissa bits stored: 52 for a double, 23 for a single.
fn take_apart(value: f64, fraction_bits: u32) -> Parts {
    let bits = value.to_bits();
    let field = ((bits >> 52) & 0x7ff) as i32;
    let stored = bits & ((1 << 52) - 1);
    let (mantissa, exponent) = if field == 0 {
        (stored, -1074)
    } else {
        (stored | (1 << 52), field - 1075)
    };
    // a single widened to a double has zeros in the bits it never had
    let spare = 52 - fraction_bits;
    Parts {
        negative: value.is_sign_negative(),
        mantissa: mantissa >> spare,
        exponent: exponent + spare as i32,
    }
}

/// The minor units of a float of major units, judged on its exact value. It counts as whole
///
/// - within 1e-6 of a minor unit,
/// - within two units in its last place, while these are below half a minor unit,
/// - where it is the float nearest to a whole number of minor units, while no two of them share one.
///
/// A larger float counts only where it is exactly a whole number of minor units.
fn from_float(value: f64, fraction_bits: u32, scale: u32) -> Result<i64, Inexact> {
    if !value.is_finite() {
        return Err(Inexact::NotFinite);
    }
    let parts = take_apart(value, fraction_bits);
    let power = power_of_ten(scale).ok_or(Inexact::Overflow)?;
    // below 2^53 * 10^18 < 2^113
    let scaled = i128::from(parts.mantissa) * power;
    let minor = if parts.exponent >= 0 {
        shift_up(scaled, parts.exponent)?
    } else {
        nearest(
            scaled.unsigned_abs(),
            parts.exponent.unsigned_abs(),
            power.unsigned_abs(),
        )?
    };
    amount(if parts.negative { -minor } else { minor })
}

fn shift_up(scaled: i128, exponent: i32) -> Result<i128, Inexact> {
    if scaled == 0 {
        return Ok(0);
    }
    if exponent >= 64 {
        return Err(Inexact::Overflow);
    }
    scaled.checked_mul(1 << exponent).ok_or(Inexact::Overflow)
}

/// The whole number nearest to `scaled / 2^down`, if it is near enough; `ulp` is in the units of `scaled`.
fn nearest(scaled: u128, down: u32, ulp: u128) -> Result<i128, Inexact> {
    // what is shifted beyond 2^127 is below 2^-14 of a minor unit, and dropping its last bits cannot carry it over 1e-6
    let (scaled, ulp, down) = if down > 127 {
        let drop = (down - 127).min(127);
        (scaled >> drop, ulp >> drop, 127)
    } else {
        (scaled, ulp, down)
    };
    let one = 1_u128 << down;
    let (floor, below) = (scaled >> down, scaled & (one - 1));
    let (whole, off) = if below >= one - below {
        (floor + 1, one - below)
    } else {
        (floor, below)
    };
    let slack = if 2 * ulp < one / 2 {
        2 * ulp
    } else if ulp <= one {
        ulp / 2
    } else {
        0
    };
    if off <= slack.max(one / 1_000_000) {
        i128::try_from(whole).map_err(|_| Inexact::Overflow)
    } else {
        Err(Inexact::Fraction)
    }
}

/// The minor units of a double of major units.
pub(crate) fn from_double(value: f64, scale: u32) -> Result<i64, Inexact> {
    from_float(value, 52, scale)
}

/// The minor units of a single of major units; its units in the last place are those of a single.
pub(crate) fn from_single(value: f32, scale: u32) -> Result<i64, Inexact> {
    // a subnormal single is a normal double with a finer last place; it is below every minor unit either way
    from_float(f64::from(value), 23, scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_of_any_scale() {
        assert_eq!(from_decimal(105, 2, 2), Ok(105));
        assert_eq!(from_decimal(105, 0, 2), Ok(10_500));
        assert_eq!(from_decimal(1050, 3, 2), Ok(105));
        assert_eq!(from_decimal(1051, 3, 2), Err(Inexact::Fraction));
        assert_eq!(from_decimal(-3, -2, 2), Ok(-30_000));
        assert_eq!(from_decimal(0, 38, 0), Ok(0));
        assert_eq!(from_decimal(1, -40, 0), Err(Inexact::Overflow));
        assert_eq!(from_decimal(1, 90, 0), Err(Inexact::Fraction));
        assert_eq!(from_decimal(i128::from(i64::MIN), 0, 0), Err(Inexact::Overflow));
        assert_eq!(from_decimal(i128::from(i64::MAX), 0, 0), Ok(i64::MAX));
        assert_eq!(from_decimal(i128::MAX, -38, 18), Err(Inexact::Overflow));
    }

    #[test]
    fn floats_near_a_whole_minor_unit() {
        assert_eq!(from_double(1.05, 2), Ok(105));
        assert_eq!(from_double(-0.1, 2), Ok(-10));
        assert_eq!(from_double(-0.0, 2), Ok(0));
        assert_eq!(from_double(1.005, 2), Err(Inexact::Fraction));
        assert_eq!(from_double(1.050_000_009, 2), Ok(105));
        assert_eq!(from_double(1.050_000_02, 2), Err(Inexact::Fraction));
        assert_eq!(from_double(f64::NAN, 2), Err(Inexact::NotFinite));
        assert_eq!(from_double(f64::NEG_INFINITY, 2), Err(Inexact::NotFinite));
        assert_eq!(from_double(1e300, 2), Err(Inexact::Overflow));
        assert_eq!(from_double(9.3e16, 2), Err(Inexact::Overflow));
        assert_eq!(from_double(f64::MIN_POSITIVE / 4.0, 18), Ok(0));
        assert_eq!(from_double(0.5, 0), Err(Inexact::Fraction));
        // neighbouring floats at 4.6e13 are less than a minor unit apart, so each amount has its own
        assert_eq!(from_double(46_116_860_184_273.88, 2), Ok(4_611_686_018_427_388));
        // at 1e15 they are 12.5 minor units apart: only those that are amounts exactly
        assert_eq!(from_double(1e15 + 0.125, 2), Err(Inexact::Fraction));
        assert_eq!(from_double(1e15 + 0.25, 2), Ok(100_000_000_000_000_025));
    }

    #[test]
    fn singles_are_judged_by_their_own_last_place() {
        assert_eq!(from_single(1234.56, 2), Ok(123_456));
        assert_eq!(from_double(f64::from(1234.56_f32), 2), Err(Inexact::Fraction));
        assert_eq!(from_single(1234.565, 2), Err(Inexact::Fraction));
        assert_eq!(from_single(f32::MIN_POSITIVE / 2.0, 2), Ok(0));
    }

    proptest! {
        #[test]
        fn every_amount_survives_its_decimal_float(minor in -(1_i64 << 52)..(1_i64 << 52), scale in 0_u32..6) {
            let text = crate::value::money::text(minor, scale);
            prop_assert_eq!(from_double(text.parse().unwrap(), scale), Ok(minor));
        }

        #[test]
        fn a_float_that_counts_is_the_nearest_of_its_amount(bits in any::<u64>(), scale in 0_u32..=6) {
            let value = f64::from_bits(bits);
            if let (Ok(minor), true) = (from_double(value, scale), value.abs() > 1e12) {
                let text = crate::value::money::text(minor, scale);
                let nearest: f64 = text.parse().unwrap();
                let apart = (nearest.to_bits() as i64 - value.to_bits() as i64).abs();
                prop_assert!(apart <= 2, "{value} counts as {text}");
            }
        }

        #[test]
        fn no_float_panics(bits in any::<u64>(), scale in 0_u32..=18) {
            let value = f64::from_bits(bits);
            let _ = from_single(value as f32, scale);
            if let Ok(minor) = from_double(value, scale) {
                prop_assert!((minor as f64 - value * 10_f64.powi(scale as i32)).abs() <= 1e-6 + value.abs() * 1e-15 * 10_f64.powi(scale as i32));
            }
        }
    }
}
