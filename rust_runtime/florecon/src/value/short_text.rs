//! Text of up to 15 bytes, in place: copied, compared and hashed as two numbers.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// The most bytes of a text in place.
const MOST: usize = 15;

/// A number of bytes; an enumeration, so that the values it never has stand for other forms of a text.
#[derive(Clone, Copy)]
enum Length {
    Of0,
    Of1,
    Of2,
    Of3,
    Of4,
    Of5,
    Of6,
    Of7,
    Of8,
    Of9,
    Of10,
    Of11,
    Of12,
    Of13,
    Of14,
    Of15,
}

const LENGTHS: [Length; MOST + 1] = [
    Length::Of0,
    Length::Of1,
    Length::Of2,
    Length::Of3,
    Length::Of4,
    Length::Of5,
    Length::Of6,
    Length::Of7,
    Length::Of8,
    Length::Of9,
    Length::Of10,
    Length::Of11,
    Length::Of12,
    Length::Of13,
    Length::Of14,
    Length::Of15,
];

/// Letters in UTF-8, filled up with zeros.
#[derive(Clone, Copy)]
pub(super) struct ShortText {
    length: Length,
    letters: [u8; MOST],
}

impl Default for ShortText {
    fn default() -> Self {
        Self {
            length: Length::Of0,
            letters: [0; MOST],
        }
    }
}

/// Up to 15 bytes as two numbers, the first byte lowest, zeros for what there is not. Two reads of a fixed size that may overlap:
/// a copy of a variable size is a call, as is a shift of 128 bits.
#[inline]
fn numbers(bytes: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let rest = u64::from_le_bytes(*last).checked_shr(8 * (16 - bytes.len() as u32));
        return (u64::from_le_bytes(*first), rest.unwrap_or_default());
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return (u64::from(first) | (u64::from(last) << (8 * (bytes.len() - 4))), 0);
    }
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else {
        return (0, 0);
    };
    let middle = bytes.len() / 2;
    let places = [(0, first), (middle, bytes[middle]), (bytes.len() - 1, last)];
    (
        places
            .into_iter()
            .fold(0, |number, (at, byte)| number | (u64::from(byte) << (8 * at))),
        0,
    )
}

impl ShortText {
    /// None for a text that is too long.
    #[inline]
    pub fn new(text: &str) -> Option<Self> {
        let length = *LENGTHS.get(text.len())?;
        let (first, rest) = numbers(text.as_bytes());
        let mut letters = [0; MOST];
        letters[..8].copy_from_slice(&first.to_le_bytes());
        letters[7..].copy_from_slice(&((rest << 8) | (first >> 56)).to_le_bytes());
        Some(Self { length, letters })
    }

    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.letters[..self.length as usize]
    }

    /// The letters came from a text, so they are one.
    #[inline]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The first eight letters, and the other seven with the length.
    #[inline]
    fn words(&self) -> (u64, u64) {
        let (mut first, mut last) = ([0; 8], [0; 8]);
        first.copy_from_slice(&self.letters[..8]);
        last.copy_from_slice(&self.letters[7..]);
        last[0] = self.length as u8;
        (u64::from_le_bytes(first), u64::from_le_bytes(last))
    }
}

impl PartialEq for ShortText {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.words() == other.words()
    }
}

impl Eq for ShortText {}

impl PartialOrd for ShortText {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ShortText {
    /// Of two texts that differ only in how many zeros end them, the shorter one comes first.
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        let (mine, theirs) = (self.words(), other.words());
        let (mine, theirs) = if mine.0 == theirs.0 {
            // the length, which stands before the letters, decides last
            (mine.1.rotate_right(8), theirs.1.rotate_right(8))
        } else {
            (mine.0, theirs.0)
        };
        // wasm cannot swap the bytes of a word: the lowest byte that differs decides
        let place = ((mine ^ theirs).trailing_zeros() & !7) % 64;
        ((mine >> place) as u8).cmp(&((theirs >> place) as u8))
    }
}

impl Hash for ShortText {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
        let (first, last) = self.words();
        let mixed = (first.wrapping_mul(ODD).rotate_left(29) ^ last).wrapping_mul(ODD);
        state.write_u32((mixed >> 32) as u32);
    }
}
