//! Return types of author closures: a value, or a `Result` of one.

use super::Plan;
use crate::value::{EvalError, Real, Text, Tokens};

/// A value, or a `Result` of one: closures that cannot fail return the value itself.
///
/// ```
/// use florecon::plan::Answer;
/// use florecon::value::{EvalError, int};
/// assert_eq!(7_i64.answer(), Ok(7));
/// assert_eq!(int::add(i64::MAX, 1).answer(), Err(EvalError::Overflow));
/// ```
pub trait Answer {
    /// The type of the value.
    type Value;

    /// Whether there may be no value; a closure that always has one need not be called where the value decides nothing.
    const CAN_FAIL: bool = true;

    /// The value, or why there is none.
    ///
    /// # Errors
    /// The error of the closure.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// assert_eq!(Some(7_i64).answer(), Ok(Some(7)));
    /// ```
    fn answer(self) -> Result<Self::Value, EvalError>;
}

impl<T> Answer for Result<T, EvalError> {
    type Value = T;

    #[inline]
    fn answer(self) -> Self {
        self
    }
}

macro_rules! plain {
    ($([$($generic:ident),*] $type:ty;)*) => {
        $(impl<$($generic),*> Answer for $type {
            type Value = Self;

            const CAN_FAIL: bool = false;

            #[inline]
            fn answer(self) -> Result<Self, EvalError> {
                Ok(self)
            }
        })*
    };
}

plain! {
    [] ();
    [] bool;
    [] i64;
    [] f64;
    [] String;
    [] Text;
    [] Tokens;
    [] Real;
    [T] Option<T>;
    [T] Vec<T>;
    [R] Plan<R>;
    [A] (A,);
    [A, B] (A, B);
    [A, B, C] (A, B, C);
    [A, B, C, D] (A, B, C, D);
    [A, B, C, D, E] (A, B, C, D, E);
    [A, B, C, D, E, F] (A, B, C, D, E, F);
    [A, B, C, D, E, F, G] (A, B, C, D, E, F, G);
    [A, B, C, D, E, F, G, H] (A, B, C, D, E, F, G, H);
}
