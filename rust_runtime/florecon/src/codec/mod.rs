//! Binary codec of snapshots: [`Packed`] values to bytes and back.
//!
//! Integers are variable-length (LEB128). A text is written once and referred to by number afterwards, so texts that were
//! shared are shared again after decoding. The decoder trusts nothing: a length is checked against the bytes left before memory
//! is allocated for it.

mod checksum;
mod read;
mod values;
mod write;

pub use read::{Damaged, Unpacker};
pub use write::Packer;

pub(crate) use checksum::{is_sealed, seal, without_seal};

/// A value that can be written to a snapshot and read back. A plugin's row is one; [`packed!`](crate::packed) makes a struct
/// one.
///
/// ```
/// use florecon::codec::{Packed, Packer, Unpacker};
/// use florecon::prelude::*;
///
/// let row = (Text::from("ACME"), Some(-250_i64));
/// let mut packer = Packer::new();
/// row.pack(&mut packer);
/// let bytes = packer.into_bytes();
/// assert_eq!(Unpacker::new(&bytes).read::<(Text, Option<i64>)>(), Ok(row));
/// ```
pub trait Packed: Sized {
    /// Stands for the type in a snapshot's header, so that rows of another shape are not taken for these.
    ///
    /// ```
    /// use florecon::codec::Packed;
    /// assert_ne!(i64::shape(), bool::shape());
    /// ```
    fn shape() -> u64;

    /// Appends the value.
    ///
    /// ```
    /// use florecon::codec::{Packed, Packer};
    /// let mut packer = Packer::new();
    /// true.pack(&mut packer);
    /// assert_eq!(packer.into_bytes(), [1]);
    /// ```
    fn pack(&self, packer: &mut Packer);

    /// Reads a value.
    ///
    /// # Errors
    /// [`Damaged`] where the bytes are none of this type.
    ///
    /// ```
    /// use florecon::codec::{Packed, Unpacker};
    /// assert_eq!(bool::unpack(&mut Unpacker::new(&[1])), Ok(true));
    /// ```
    fn unpack(unpacker: &mut Unpacker<'_>) -> Result<Self, Damaged>;
}

/// Brings a part's shape into that of the whole.
///
/// ```
/// use florecon::codec::join_shapes;
/// assert_ne!(join_shapes(join_shapes(0, 1), 2), join_shapes(join_shapes(0, 2), 1));
/// ```
#[must_use]
pub fn join_shapes(whole: u64, part: u64) -> u64 {
    (whole.rotate_left(7) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The shape of a field, named by a function that reaches it.
///
/// ```
/// use florecon::codec::{Packed, shape_of};
/// assert_eq!(shape_of(|row: &(i64, bool)| &row.1), bool::shape());
/// ```
#[must_use]
pub fn shape_of<R, T: Packed>(_: fn(&R) -> &T) -> u64 {
    T::shape()
}

/// Makes a struct [`Packed`](crate::codec::Packed): its name, then all of its fields.
///
/// ```
/// use florecon::prelude::*;
///
/// struct Line { account: Text, amount: i64, tokens: Tokens }
/// packed!(Line, account, amount, tokens);
/// ```
#[macro_export]
macro_rules! packed {
    ($row:ident $(, $field:ident)* $(,)?) => {
        impl $crate::codec::Packed for $row {
            fn shape() -> u64 {
                let shape = 0;
                $(let shape = $crate::codec::join_shapes(shape, $crate::codec::shape_of(|row: &$row| &row.$field));)*
                shape
            }

            fn pack(&self, _packer: &mut $crate::codec::Packer) {
                $($crate::codec::Packed::pack(&self.$field, _packer);)*
            }

            fn unpack(_unpacker: &mut $crate::codec::Unpacker<'_>) -> Result<Self, $crate::codec::Damaged> {
                Ok(Self { $($field: _unpacker.read()?),* })
            }
        }
    };
}
