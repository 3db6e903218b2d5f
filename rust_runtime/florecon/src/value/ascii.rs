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

/// The letters and digits of a text, one bit each, and the digits among them; of its first 64 bytes.
#[inline(never)]
fn masks(text: &str) -> (u64, u64) {
    let bytes = &text.as_bytes()[..text.len().min(BLOCK)];
    let (words, rest) = bytes.as_chunks();
    // the rest and some before it, which are shifted out
    let before = 8 * (8 - rest.len()) as u32;
    let last = bytes.last_chunk().map_or_else(
        || word(rest),
        |last| u64::from_le_bytes(*last).checked_shr(before).unwrap_or_default(),
    );
    // eight flags, one a byte, side by side
    let bits = |flags: u64| (flags >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    let (mut all, mut digits) = (0, 0);
    let mut add = |word: u64, at: usize| {
        let is_digit = within(word, b'0', b'9');
        // the bit that a small letter has, and a capital one has not
        let is_letter = within(word | (ONES << 5), b'a', b'z');
        all |= bits(is_digit | is_letter) << at;
        digits |= bits(is_digit) << at;
    };
    for (word, at) in words.iter().zip((0..).step_by(8)) {
        add(u64::from_le_bytes(*word), at);
    }
    if !rest.is_empty() {
        add(last, 8 * words.len());
    }
    (all, digits)
}

/// The runs of letters and digits of an ASCII text, or those of them that have a digit.
pub(super) struct Words<'t> {
    rest: &'t str,
    with_digit: bool,
    /// The letters and digits of the next block of the rest.
    all: u64,
    /// Those that a run has to have one of, without the runs that were handed out.
    left: u64,
}

impl<'t> Words<'t> {
    pub fn of(text: &'t str, with_digit: bool) -> Self {
        let (all, digits) = masks(text);
        Self {
            rest: text,
            with_digit,
            all,
            left: if with_digit { digits } else { all },
        }
    }

    /// Drops so many bytes of the rest.
    fn drop_first(&mut self, bytes: usize) -> Option<()> {
        *self = Self::of(self.rest.get(bytes..)?, self.with_digit);
        Some(())
    }

    /// Drops a run that starts so many bytes into the rest and may go on after the block, and what is before it.
    fn long_run(&mut self, start: usize) -> Option<&'t str> {
        let run = &self.rest[start..];
        let run = &run[..run.bytes().take_while(u8::is_ascii_alphanumeric).count()];
        self.drop_first(start + run.len())?;
        Some(run)
    }
}

impl<'t> Iterator for Words<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        loop {
            if self.left == 0 {
                if self.rest.len() <= BLOCK {
                    return None;
                }
                // what the run at the end of the block, or right after it, has to have may come after the block
                let run = self.long_run(BLOCK - self.all.leading_ones() as usize)?;
                let is_wanted = !self.with_digit || run.bytes().any(|byte| byte.is_ascii_digit());
                if is_wanted && !run.is_empty() {
                    return Some(run);
                }
                continue;
            }
            let place = self.left.trailing_zeros();
            let start = (place + 1 - (self.all << (63 - place)).leading_ones()) as usize;
            let end = (place + (self.all >> place).trailing_ones()) as usize;
            if end == BLOCK && self.rest.len() > BLOCK {
                return self.long_run(start);
            }
            self.left &= u64::MAX.checked_shl(end as u32).unwrap_or_default();
            return Some(&self.rest[start..end]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn words_are_those_of_splitting(text in "[aZ09@\\[`{/: ]{0,20}|[az09 \\x00\\x7f]{50,80}|[a-z]{60,140}( [a-z0-9]{0,70}){0,3}|[a-z ]{50,66}[0-9]?[a-z]{0,3}[0-9 ]{0,3}") {
            let split = text.split(|char: char| !char.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
            prop_assert!(Words::of(&text, false).eq(split.clone()));
            let has_digit = |word: &&str| word.bytes().any(|byte| byte.is_ascii_digit());
            prop_assert!(Words::of(&text, true).eq(split.filter(has_digit)));
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
