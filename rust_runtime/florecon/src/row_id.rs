//! Row id: the caller's name for a row.

use std::fmt;

use crate::value::Text;

/// A stable, caller-owned row id. Integers come before texts; integers compare numerically, texts by their UTF-8 bytes.
///
/// ```
/// use florecon::row_id::RowId;
/// assert!(RowId::from(9) < RowId::from(10));
/// assert!(RowId::from("10") < RowId::from("9"));
/// assert_eq!(RowId::from("INV-7").to_string(), "INV-7");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowId {
    /// A 64-bit integer.
    Int(i64),
    /// A text.
    Text(Text),
}

impl RowId {
    /// The 64-bit key by which the flow engine breaks ties: an integer's two's complement bits, a text's FNV-1a over
    /// its UTF-8 bytes.
    ///
    /// ```
    /// use florecon::row_id::RowId;
    /// assert_eq!(RowId::from(-1).tie_key(), u64::MAX);
    /// assert_eq!(RowId::from("").tie_key(), 0xcbf2_9ce4_8422_2325);
    /// ```
    #[must_use]
    pub fn tie_key(&self) -> u64 {
        match self {
            Self::Int(id) => id.cast_unsigned(),
            Self::Text(id) => id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            }),
        }
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(id) => write!(f, "{id}"),
            Self::Text(id) => write!(f, "{id}"),
        }
    }
}

impl From<i64> for RowId {
    fn from(id: i64) -> Self {
        Self::Int(id)
    }
}

impl From<&str> for RowId {
    fn from(id: &str) -> Self {
        Self::Text(Text::from(id))
    }
}

impl From<Text> for RowId {
    fn from(id: Text) -> Self {
        Self::Text(id)
    }
}
