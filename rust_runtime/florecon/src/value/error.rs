//! Evaluation errors of expressions.

use std::error::Error;
use std::fmt;

/// Failure of the evaluation of an expression. The caller knows the row and turns this into the error code of the wire.
///
/// ```
/// use florecon::value::{EvalError, int};
/// assert_eq!(int::add(i64::MAX, 1), Err(EvalError::Overflow));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EvalError {
    /// An integer left the 64-bit range (`amount_overflow`).
    Overflow,
    /// A real that is not an amount: NaN, infinite or outside the range of minor units (`bad_amount`).
    BadAmount,
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Overflow => "an integer left the 64-bit range",
            Self::BadAmount => "a real is not representable in minor units",
        })
    }
}

impl Error for EvalError {}
