//! ASCII text, eight bytes at a time.

const ONES: u64 = u64::from_ne_bytes([1; 8]);
const HIGH: u64 = ONES << 7;

/// Bytes of which one mask has a bit each.
const BLOCK: usize = 64;

/// The highest bit of each byte that is from `low` to `high`, of a word of ASCII bytes.
fn within(word: u64, low: u8, high: u8) -> u64 {
    // no byte is above 0x7f, so no sum carries into the next
    let reaches = word + ONES * u64::from(0x80 - low);
    let passes = word + ONES * u64::from(0x7f - high);
    reaches & !passes & HIGH
}

/// Up to eight bytes as a word, the first one lowest, zeros for what there is not.
fn word(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte))
}

/// Whether all bytes are ASCII and none is a small letter.
#[inline(never)]
pub(super) fn is_upper(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_upper = |word: u64| word & HIGH == 0 && within(word, b'a', b'z') == 0;
    let (words, rest) = bytes.as_chunks();
    words.iter().all(|word| is_upper(u64::from_le_bytes(*word)))
        // the rest and some again, which changes nothing
        && is_upper(bytes.last_chunk().map_or_else(|| word(rest), |last| u64::from_le_bytes(*last)))
}

/// Puts capital letters in place of small ASCII ones; whether all bytes are ASCII.
pub(super) fn make_upper(bytes: &mut [u8]) -> bool {
    let mut any = 0;
    let (words, rest) = bytes.as_chunks_mut();
    for bytes in words {
        let word = u64::from_le_bytes(*bytes);
        any |= word;
        // a byte above 0x7f is no letter, whatever its low bits are; the flag of a letter moves to the bit that makes it small
        let is_small = within(word & !HIGH, b'a', b'z') & !word;
        *bytes = (word ^ (is_small >> 2)).to_le_bytes();
    }
    rest.make_ascii_uppercase();
    any & HIGH == 0 && rest.is_ascii()
}

/// Which bytes of a word are letters or digits, one bit each, and in the next eight bits which are digits.
#[inline(never)]
fn classes(word: u64) -> u64 {
    let is_digit = within(word, b'0', b'9');
    // the bit that a small letter has, and a capital one has not
    let is_letter = within(word | (ONES << 5), b'a', b'z');
    // eight flags, one a byte, side by side
    let bits = |flags: u64| (flags >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    bits(is_digit | is_letter) | (bits(is_digit) << 8)
}

/// The letters and digits of a text, one bit each, and the digits among them; of its first 64 bytes.
#[inline(never)]
fn masks(text: &str) -> (u64, u64) {
    let bytes = &text.as_bytes()[..text.len().min(BLOCK)];
    let (mut all, mut digits) = (0, 0);
    let (words, rest) = bytes.as_chunks();
    let words = words.iter().map(|word| u64::from_le_bytes(*word));
    for (at, word) in words.chain([word(rest)]).enumerate().take(BLOCK / 8) {
        let classes = classes(word);
        all |= (classes & 0xff) << (8 * at);
        digits |= (classes >> 8) << (8 * at);
    }
    (all, digits)
}

/// The runs of letters and digits of an ASCII text, each with whether it has a digit.
pub(super) struct Words<'t> {
    rest: &'t str,
    /// The masks of the next block of the rest, without what was handed out.
    left: u64,
    digits: u64,
}

impl<'t> Words<'t> {
    pub fn of(text: &'t str) -> Self {
        let (left, digits) = masks(text);
        Self {
            rest: text,
            left,
            digits,
        }
    }

    /// Drops so many bytes of the rest.
    fn drop_first(&mut self, bytes: usize) -> Option<()> {
        *self = Self::of(self.rest.get(bytes..)?);
        Some(())
    }
}

impl<'t> Iterator for Words<'t> {
    type Item = (&'t str, bool);

    /// Not inlined: a collector calls it in several places.
    #[inline(never)]
    fn next(&mut self) -> Option<(&'t str, bool)> {
        while self.left == 0 {
            self.drop_first(BLOCK)?;
        }
        let start = self.left.trailing_zeros() as usize;
        let end = start + (self.left >> start).trailing_ones() as usize;
        if end < BLOCK || self.rest.len() == BLOCK {
            let after = u64::MAX.checked_shl(end as u32).unwrap_or_default();
            let has_digit = self.digits & self.left & !after != 0;
            self.left &= after;
            return Some((&self.rest[start..end], has_digit));
        }
        // it may go on in the next block
        let run = &self.rest[start..];
        let run = &run[..run.bytes().take_while(u8::is_ascii_alphanumeric).count()];
        self.drop_first(start + run.len())?;
        Some((run, run.bytes().any(|byte| byte.is_ascii_digit())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn words_are_those_of_splitting(text in "[aZ09@\\[`{/: ]{0,20}|[az09 \\x00\\x7f]{50,80}|[a-z]{60,140}( [a-z0-9]{0,70}){0,3}") {
            let split = text.split(|char: char| !char.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
            let expected = split.map(|word| (word, word.bytes().any(|byte| byte.is_ascii_digit())));
            prop_assert!(Words::of(&text).eq(expected));
        }

        #[test]
        fn capital_letters_are_those_of_the_standard_library(text in "[\\x00-\\x7f]{0,30}|[aZ@`{é\u{7fa}]{0,20}") {
            let mut bytes = text.clone().into_bytes();
            prop_assert_eq!(make_upper(&mut bytes), text.is_ascii());
            prop_assert_eq!(bytes, text.to_ascii_uppercase().into_bytes());
        }

        #[test]
        fn what_is_upper_has_no_small_letter(text in "[\\x00-\\x7f]{0,30}", other in "[A-Z`{é]{0,20}") {
            for text in [text.to_ascii_uppercase(), text, other] {
                let expected = text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_lowercase());
                prop_assert_eq!(is_upper(&text), expected);
            }
        }
    }
}
