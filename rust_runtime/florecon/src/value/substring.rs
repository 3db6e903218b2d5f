//! Substring search and text building without temporary allocations, for ingest.

use std::borrow::Cow;
use std::cell::RefCell;

use super::Text;

/// Argument of the text functions: any form of text. A [`Text`] that is returned unchanged is not copied.
///
/// ```
/// use florecon::value::{Text, text};
/// let name = Text::from("ACME");
/// assert!(text::upper(&name).is_same(&name));
/// assert_eq!(text::upper("acme"), name);
/// ```
pub trait AnyText {
    /// The characters.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// use florecon::value::AnyText;
    /// assert_eq!(Text::from("INV-7").chars_of(), "INV-7".chars_of());
    /// ```
    fn chars_of(&self) -> &str;

    /// The same as a value.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// use florecon::value::AnyText;
    /// assert_eq!("INV-7".to_value(), Text::from("INV-7"));
    /// ```
    fn to_value(&self) -> Text {
        Text::from(self.chars_of())
    }
}

impl AnyText for str {
    fn chars_of(&self) -> &str {
        self
    }
}

impl AnyText for String {
    fn chars_of(&self) -> &str {
        self
    }
}

impl AnyText for Cow<'_, str> {
    fn chars_of(&self) -> &str {
        self
    }
}

impl AnyText for Text {
    fn chars_of(&self) -> &str {
        self
    }

    fn to_value(&self) -> Text {
        self.clone()
    }
}

impl<T: AnyText + ?Sized> AnyText for &T {
    fn chars_of(&self) -> &str {
        (**self).chars_of()
    }

    fn to_value(&self) -> Text {
        (**self).to_value()
    }
}

thread_local! {
    static SCRATCH: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs `work` with an empty buffer that keeps its room from call to call.
pub(super) fn with_scratch<T>(work: impl FnOnce(&mut String) -> T) -> T {
    let mut buffer = SCRATCH.take();
    buffer.clear();
    let made = work(&mut buffer);
    SCRATCH.set(buffer);
    made
}

/// The text that `write` builds.
pub(super) fn built(write: impl FnOnce(&mut String)) -> Text {
    with_scratch(|out| {
        write(out);
        Text::from(out.as_str())
    })
}

/// First position of `needle` (not empty) in `text`. For the short needles of strategies this beats the searcher of the
/// standard library, which prepares tables at each call.
pub(super) fn find(text: &str, needle: &str) -> Option<usize> {
    let (text, needle) = (text.as_bytes(), needle.as_bytes());
    let (&first, rest) = needle.split_first()?;
    // beyond this start the needle does not fit
    let starts = (text.len() + 1).checked_sub(needle.len())?;
    // two letters occur far more rarely than one
    let Some(&second) = rest.first() else {
        return find_both::<false>(text, text, first, first);
    };
    let mut from = 0;
    while let Some(step) = find_both::<true>(&text[from..starts], &text[from + 1..=starts], first, second) {
        let at = from + step;
        // most are told apart by their next letter
        if text[at + 2..].iter().zip(&rest[1..]).all(|(left, right)| left == right) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// First place that has `one` in the first and, unless there is only one, `other` in the second of two stretches of one
/// length, eight at a time.
fn find_both<const TWO: bool>(ones: &[u8], others: &[u8], one: u8, other: u8) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let flags = |ones: &[u8; 8], others: &[u8; 8]| {
        // the place as zero; of the flags the lowest stands at the first zero
        let mut word = u64::from_le_bytes(*ones) ^ (ONES * u64::from(one));
        if TWO {
            word |= u64::from_le_bytes(*others) ^ (ONES * u64::from(other));
        }
        word.wrapping_sub(ONES) & !word & HIGH
    };
    let place = |flags: u64| flags.trailing_zeros() as usize / 8;
    for (at, (ones, others)) in (0..)
        .step_by(8)
        .zip(ones.as_chunks().0.iter().zip(others.as_chunks().0))
    {
        let flags = flags(ones, others);
        if flags != 0 {
            return Some(at + place(flags));
        }
    }
    if let (Some(last), Some(others)) = (ones.last_chunk(), others.last_chunk()) {
        // the rest and some again that the place is not among
        let flags = flags(last, others);
        return (flags != 0).then(|| ones.len() - 8 + place(flags));
    }
    ones.iter().zip(others).position(|pair| pair == (&one, &other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::text::part;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finding_and_splitting_are_those_of_the_standard_library(
            text in "[abé ]{0,12}|[ab]{0,60}",
            needle in "[abé]{1,3}|[ab]{1,9}",
        ) {
            prop_assert_eq!(find(&text, &needle), text.find(&needle));
            let parts: Vec<&str> = text.split(needle.as_str()).collect();
            for index in 0..=parts.len() {
                prop_assert_eq!(part(&text, &needle, index), parts.get(index).copied());
            }
        }
    }

    proptest! {
        #[test]
        fn two_bytes_are_found_where_they_come_first(bytes in prop::collection::vec(0x7e_u8..=0x82, 1..40), one in 0x7e_u8..=0x82, other in 0x7e_u8..=0x82) {
            let place = |bytes: &[u8], one, other| find_both::<true>(&bytes[..bytes.len() - 1], &bytes[1..], one, other);
            let pair = |bytes: &[u8], one, other| bytes.windows(2).position(|pair| pair == [one, other]);
            prop_assert_eq!(place(&bytes, one, other), pair(&bytes, one, other));
            prop_assert_eq!(find_both::<false>(&bytes, &bytes, one, one), bytes.iter().position(|&byte| byte == one));
            let edges: Vec<u8> = bytes.iter().map(|byte| byte.wrapping_sub(0x80)).collect();
            prop_assert_eq!(place(&edges, 0, 1), pair(&edges, 0, 1));
            prop_assert_eq!(find_both::<false>(&edges, &edges, 0, 0), edges.iter().position(|&byte| byte == 0));
        }
    }

    #[test]
    fn a_needle_longer_than_the_text_is_nowhere() {
        assert_eq!(find("ab", "abc"), None);
        assert_eq!(find("", "a"), None);
        assert_eq!(find("cab", "b"), Some(2));
    }
}
