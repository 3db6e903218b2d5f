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
    let mut from = 0;
    while let Some(step) = find_byte(&text[from..starts], first) {
        let at = from + step;
        if text[at + 1..].starts_with(rest) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// First position of a byte, eight at a time.
fn find_byte(bytes: &[u8], byte: u8) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let flags = |word: &[u8; 8]| {
        // the byte as zero; of the flags the lowest stands at the first zero
        let word = u64::from_le_bytes(*word) ^ (ONES * u64::from(byte));
        word.wrapping_sub(ONES) & !word & HIGH
    };
    let place = |flags: u64| flags.trailing_zeros() as usize / 8;
    let (words, rest) = bytes.as_chunks();
    for (at, word) in (0..).step_by(8).zip(words) {
        let flags = flags(word);
        if flags != 0 {
            return Some(at + place(flags));
        }
    }
    if let Some(last) = bytes.last_chunk() {
        // the rest and some again that the byte is not among
        let flags = flags(last);
        return (flags != 0).then(|| bytes.len() - 8 + place(flags));
    }
    rest.iter().position(|&other| other == byte)
}

/// The parts of `text` between the separators (not empty), as `str::split` gives them.
pub(super) fn parts<'t>(text: &'t str, separator: &str) -> impl Iterator<Item = &'t str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(at) = find(text, separator) else {
            rest = None;
            return Some(text);
        };
        rest = Some(&text[at + separator.len()..]);
        Some(&text[..at])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finding_and_splitting_are_those_of_the_standard_library(
            text in "[abé ]{0,12}",
            needle in "[abé]{1,3}",
        ) {
            prop_assert_eq!(find(&text, &needle), text.find(&needle));
            prop_assert!(parts(&text, &needle).eq(text.split(needle.as_str())));
        }
    }

    proptest! {
        #[test]
        fn a_byte_is_found_where_it_comes_first(bytes in prop::collection::vec(0x7e_u8..=0x82, 0..40), byte in 0x7e_u8..=0x82) {
            prop_assert_eq!(find_byte(&bytes, byte), bytes.iter().position(|&other| other == byte));
            let edges: Vec<u8> = bytes.iter().map(|byte| byte.wrapping_sub(0x80)).collect();
            prop_assert_eq!(find_byte(&edges, 0), edges.iter().position(|&other| other == 0));
        }
    }

    #[test]
    fn a_needle_longer_than_the_text_is_nowhere() {
        assert_eq!(find("ab", "abc"), None);
        assert_eq!(find("", "a"), None);
        assert_eq!(find("cab", "b"), Some(2));
    }
}
