//! Decoder of the snapshot codec.

use super::Packed;
use super::write::NUMBERED_TEXTS;
use crate::value::Text;

/// Bytes that are not what they should be.
///
/// ```
/// use florecon::codec::{Damaged, Unpacker};
/// assert_eq!(Unpacker::new(&[0x80]).number(), Err(Damaged));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged;

/// Bytes, read value by value.
///
/// ```
/// use florecon::codec::Unpacker;
/// let mut unpacker = Unpacker::new(&[5, 6]);
/// assert_eq!((unpacker.number(), unpacker.integer()), (Ok(5), Ok(3)));
/// ```
#[derive(Debug)]
pub struct Unpacker<'a> {
    rest: &'a [u8],
    texts: Vec<Text>,
}

impl<'a> Unpacker<'a> {
    /// From the first byte on.
    ///
    /// ```
    /// assert!(florecon::codec::Unpacker::new(&[]).is_empty());
    /// ```
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            texts: Vec::new(),
        }
    }

    /// A value; the counterpart of [`Packer::write`](super::Packer::write).
    ///
    /// # Errors
    /// [`Damaged`] where the bytes are none of this type.
    ///
    /// ```
    /// use florecon::codec::{Packer, Unpacker};
    /// let mut packer = Packer::new();
    /// packer.write(&Some(7_i64));
    /// let bytes = packer.into_bytes();
    /// assert_eq!(Unpacker::new(&bytes).read(), Ok(Some(7_i64)));
    /// ```
    pub fn read<T: Packed>(&mut self) -> Result<T, Damaged> {
        T::unpack(self)
    }

    /// So many bytes as they are.
    ///
    /// # Errors
    /// [`Damaged`] where there are fewer.
    ///
    /// ```
    /// use florecon::codec::{Damaged, Unpacker};
    /// assert_eq!(Unpacker::new(&[1, 2]).raw(3), Err(Damaged));
    /// ```
    pub fn raw(&mut self, count: usize) -> Result<&'a [u8], Damaged> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Damaged)?;
        self.rest = rest;
        Ok(taken)
    }

    /// One byte.
    ///
    /// # Errors
    /// [`Damaged`] at the end.
    ///
    /// ```
    /// assert_eq!(florecon::codec::Unpacker::new(&[200]).byte(), Ok(200));
    /// ```
    #[inline]
    pub fn byte(&mut self) -> Result<u8, Damaged> {
        let (&byte, rest) = self.rest.split_first().ok_or(Damaged)?;
        self.rest = rest;
        Ok(byte)
    }

    /// A whole number from 0 on.
    ///
    /// # Errors
    /// [`Damaged`] for one that ends early or has more than 64 bits.
    ///
    /// ```
    /// assert_eq!(florecon::codec::Unpacker::new(&[0xac, 2]).number(), Ok(300));
    /// ```
    #[inline]
    pub fn number(&mut self) -> Result<u64, Damaged> {
        let byte = self.byte()?;
        if byte < 0x80 {
            return Ok(u64::from(byte));
        }
        self.long_number(u64::from(byte & 0x7f))
    }

    fn long_number(&mut self, mut number: u64) -> Result<u64, Damaged> {
        for shift in (7..64).step_by(7) {
            let byte = self.byte()?;
            if shift == 63 && byte > 1 {
                return Err(Damaged);
            }
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Damaged)
    }

    /// A whole number of either sign.
    ///
    /// # Errors
    /// As for [`number`](Self::number).
    ///
    /// ```
    /// assert_eq!(florecon::codec::Unpacker::new(&[3]).integer(), Ok(-2));
    /// ```
    #[inline]
    pub fn integer(&mut self) -> Result<i64, Damaged> {
        let number = self.number()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// A place among `places`.
    ///
    /// # Errors
    /// [`Damaged`] for one beyond them.
    ///
    /// ```
    /// use florecon::codec::{Damaged, Unpacker};
    /// assert_eq!((Unpacker::new(&[2]).place(3), Unpacker::new(&[3]).place(3)), (Ok(2), Err(Damaged)));
    /// ```
    #[inline]
    pub fn place(&mut self, places: usize) -> Result<usize, Damaged> {
        let number = self.number()?;
        if number < places as u64 {
            Ok(number as usize)
        } else {
            Err(Damaged)
        }
    }

    /// Number of values that follow, each of which takes at least one byte.
    ///
    /// # Errors
    /// [`Damaged`] for more than can follow.
    ///
    /// ```
    /// use florecon::codec::{Damaged, Unpacker};
    /// assert_eq!((Unpacker::new(&[1, 9]).count(), Unpacker::new(&[2, 9]).count()), (Ok(1), Err(Damaged)));
    /// ```
    pub fn count(&mut self) -> Result<usize, Damaged> {
        let count = self.number()?;
        if count <= self.rest.len() as u64 {
            Ok(count as usize)
        } else {
            Err(Damaged)
        }
    }

    /// A vector with room for so many.
    ///
    /// # Errors
    /// [`Damaged`] where there is no memory for them: a true snapshot's would have been there before.
    ///
    /// ```
    /// use florecon::codec::{Damaged, Unpacker};
    /// assert_eq!(Unpacker::new(&[]).room::<u64>(usize::MAX), Err(Damaged));
    /// ```
    pub fn room<T>(&self, count: usize) -> Result<Vec<T>, Damaged> {
        let mut values = Vec::new();
        values.try_reserve_exact(count).map_err(|_| Damaged)?;
        Ok(values)
    }

    /// A text that is not shared.
    ///
    /// # Errors
    /// [`Damaged`] for what is not UTF-8, or longer than what is left.
    ///
    /// ```
    /// assert_eq!(florecon::codec::Unpacker::new(b"\x02ab").letters(), Ok("ab"));
    /// ```
    pub fn letters(&mut self) -> Result<&'a str, Damaged> {
        let length = self.count()?;
        self.letters_of(length)
    }

    fn letters_of(&mut self, length: usize) -> Result<&'a str, Damaged> {
        std::str::from_utf8(self.raw(length)?).map_err(|_| Damaged)
    }

    /// A text.
    ///
    /// # Errors
    /// As for [`letters`](Self::letters), or for a number that no text has.
    ///
    /// ```
    /// use florecon::value::Text;
    /// assert_eq!(florecon::codec::Unpacker::new(b"\x04ab").text(), Ok(Text::from("ab")));
    /// ```
    pub fn text(&mut self) -> Result<Text, Damaged> {
        let head = self.number()?;
        let half = usize::try_from(head / 2).map_err(|_| Damaged)?;
        if head % 2 == 1 {
            return self.texts.get(half).cloned().ok_or(Damaged);
        }
        let text = Text::from(self.letters_of(half)?);
        if self.texts.len() < NUMBERED_TEXTS {
            self.texts.push(text.clone());
        }
        Ok(text)
    }

    /// Whether everything was read.
    ///
    /// ```
    /// assert!(!florecon::codec::Unpacker::new(&[0]).is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}
