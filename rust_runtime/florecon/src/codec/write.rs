//! Encoder of the snapshot codec.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::Packed;
use crate::value::Text;

/// Texts get numbers as long as there are no more than this: a number is for the few texts that many rows have.
pub(super) const NUMBERED_TEXTS: usize = 1 << 18;

/// Bytes, appended value by value.
///
/// ```
/// use florecon::codec::{Packer, Unpacker};
/// let mut packer = Packer::new();
/// packer.number(300);
/// let bytes = packer.into_bytes();
/// assert_eq!(Unpacker::new(&bytes).number(), Ok(300));
/// ```
#[derive(Debug, Default)]
pub struct Packer {
    bytes: Vec<u8>,
    texts: HashMap<Text, usize, FxBuildHasher>,
}

impl Packer {
    /// Nothing written yet.
    ///
    /// ```
    /// assert!(florecon::codec::Packer::new().into_bytes().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The encoded bytes.
    ///
    /// ```
    /// use florecon::codec::{Packer, Unpacker};
    /// let mut packer = Packer::new();
    /// packer.number(5);
    /// assert_eq!(packer.into_bytes(), [5]);
    /// ```
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Appends a value; the counterpart of [`Unpacker::read`](super::Unpacker::read).
    ///
    /// ```
    /// use florecon::codec::{Packer, Unpacker};
    /// let mut packer = Packer::new();
    /// packer.write(&(7_i64, true));
    /// let bytes = packer.into_bytes();
    /// assert_eq!(Unpacker::new(&bytes).read(), Ok((7_i64, true)));
    /// ```
    pub fn write(&mut self, value: &impl Packed) {
        value.pack(self);
    }

    /// Bytes as they are.
    ///
    /// ```
    /// use florecon::codec::{Packer, Unpacker};
    /// let mut packer = Packer::new();
    /// packer.raw(b"FLOR");
    /// let bytes = packer.into_bytes();
    /// assert_eq!(Unpacker::new(&bytes).raw(4), Ok(&b"FLOR"[..]));
    /// ```
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// A whole number from 0 on: seven bits a byte, the least significant first.
    ///
    /// ```
    /// use florecon::codec::{Packer, Unpacker};
    /// let mut packer = Packer::new();
    /// packer.number(u64::MAX);
    /// let bytes = packer.into_bytes();
    /// assert_eq!(Unpacker::new(&bytes).number(), Ok(u64::MAX));
    /// ```
    #[inline]
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    /// A length or a place.
    ///
    /// ```
    /// use florecon::codec::{Packer, Unpacker};
    /// let mut packer = Packer::new();
    /// packer.count(0);
    /// let bytes = packer.into_bytes();
    /// assert_eq!(Unpacker::new(&bytes).count(), Ok(0));
    /// ```
    #[inline]
    pub fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    /// A whole number of either sign; the sign is the lowest bit, so that small ones stay short.
    ///
    /// ```
    /// use florecon::codec::{Packer, Unpacker};
    /// let mut packer = Packer::new();
    /// packer.integer(i64::MIN);
    /// let bytes = packer.into_bytes();
    /// assert_eq!(Unpacker::new(&bytes).integer(), Ok(i64::MIN));
    /// ```
    #[inline]
    pub fn integer(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)).cast_unsigned());
    }

    /// A text that is not shared.
    ///
    /// ```
    /// use florecon::codec::{Packer, Unpacker};
    /// let mut packer = Packer::new();
    /// packer.letters("EUR");
    /// let bytes = packer.into_bytes();
    /// assert_eq!(Unpacker::new(&bytes).letters(), Ok("EUR"));
    /// ```
    pub fn letters(&mut self, text: &str) {
        self.count(text.len());
        self.raw(text.as_bytes());
    }

    /// A text: twice its length and its letters when it is new, else one more than twice its number.
    ///
    /// ```
    /// use florecon::codec::{Packer, Unpacker};
    /// let mut packer = Packer::new();
    /// packer.text(&florecon::value::Text::from("EUR"));
    /// let bytes = packer.into_bytes();
    /// assert_eq!(Unpacker::new(&bytes).text(), Ok(florecon::value::Text::from("EUR")));
    /// ```
    pub fn text(&mut self, text: &Text) {
        if let Some(number) = self.texts.get(text) {
            let number = 2 * number + 1;
            return self.count(number);
        }
        if self.texts.len() < NUMBERED_TEXTS {
            self.texts.insert(text.clone(), self.texts.len());
        }
        self.count(2 * text.len());
        self.raw(text.as_bytes());
    }
}
