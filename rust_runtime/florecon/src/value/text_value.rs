//! Text value: immutable, ordered by its UTF-8 bytes; short ones in place, long ones shared.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use rustc_hash::FxHasher;

use super::short_text::ShortText;
use super::text;

/// An immutable text that is cheap to clone, to compare and to hash: up to 15 bytes it stands in place, as numbers do; a longer
/// one is shared, with its hash beside the pointer.
///
/// ```
/// use florecon::value::Text;
/// let a = Text::from("EUR");
/// assert_eq!(a, a.clone());
/// assert_eq!(&*a, "EUR");
/// assert!(Text::from("Z") < Text::from("a"));
/// ```
#[derive(Clone)]
pub struct Text(Form);

/// A text has one form: the short one wherever it fits.
#[derive(Clone)]
enum Form {
    Short(ShortText),
    Long { hash: u32, letters: Arc<str> },
}

fn hash_of(letters: &str) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(letters.as_bytes());
    let hash = hasher.finish();
    (hash >> 32) as u32 ^ hash as u32
}

impl Text {
    /// The characters.
    ///
    /// ```
    /// assert_eq!(florecon::value::Text::from("EUR").as_str(), "EUR");
    /// ```
    #[inline]
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Form::Short(short) => short.as_str(),
            Form::Long { letters, .. } => letters,
        }
    }

    #[inline]
    fn bytes_of(&self) -> &[u8] {
        match &self.0 {
            Form::Short(short) => short.as_bytes(),
            Form::Long { letters, .. } => letters.as_bytes(),
        }
    }

    /// Whether both are equal and take no memory apart from each other: short ones, or clones of one allocation.
    ///
    /// ```
    /// use florecon::value::Text;
    /// let text = Text::from("a text of some length");
    /// assert!(text.is_same(&text.clone()) && !text.is_same(&Text::from("a text of some length")));
    /// ```
    #[inline]
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Form::Short(a), Form::Short(b)) => a == b,
            (Form::Long { letters: a, .. }, Form::Long { letters: b, .. }) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }

    /// A text that stands in place, so that there is nothing to share; none for a long one.
    #[inline]
    pub(crate) fn short(text: &str) -> Option<Self> {
        ShortText::new(text).map(|short| Self(Form::Short(short)))
    }

    /// Whether somebody else holds the same text.
    pub(crate) fn is_shared(&self) -> bool {
        match &self.0 {
            Form::Short(_) => false,
            Form::Long { letters, .. } => Arc::strong_count(letters) > 1,
        }
    }

    /// Whether `part` stands anywhere in the text.
    ///
    /// ```
    /// assert!(florecon::value::Text::from("INV-7 paid").contains("paid"));
    /// ```
    #[inline]
    #[must_use]
    pub fn contains(&self, part: &str) -> bool {
        text::contains(self, part)
    }
}

impl Deref for Text {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    #[inline]
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Default for Text {
    fn default() -> Self {
        Self(Form::Short(ShortText::default()))
    }
}

impl From<&str> for Text {
    #[inline]
    fn from(text: &str) -> Self {
        Self::short(text).unwrap_or_else(|| {
            Self(Form::Long {
                hash: hash_of(text),
                letters: Arc::from(text),
            })
        })
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl PartialEq for Text {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Form::Short(a), Form::Short(b)) => a == b,
            (
                Form::Long { hash: a, letters },
                Form::Long {
                    hash: b,
                    letters: other,
                },
            ) => a == b && (Arc::ptr_eq(letters, other) || letters == other),
            _ => false,
        }
    }
}

impl Eq for Text {}

impl PartialEq<str> for Text {
    #[inline]
    fn eq(&self, other: &str) -> bool {
        self.bytes_of() == other.as_bytes()
    }
}

impl PartialEq<&str> for Text {
    #[inline]
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl PartialOrd for Text {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Form::Short(a), Form::Short(b)) => a.cmp(b),
            (Form::Long { letters: a, .. }, Form::Long { letters: b, .. }) if Arc::ptr_eq(a, b) => Ordering::Equal,
            _ => self.bytes_of().cmp(other.bytes_of()),
        }
    }
}

impl Hash for Text {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Form::Short(short) => short.hash(state),
            Form::Long { hash, .. } => state.write_u32(*hash),
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hashed(text: &Text) -> u64 {
        let mut hasher = FxHasher::default();
        text.hash(&mut hasher);
        hasher.finish()
    }

    proptest! {
        #[test]
        fn a_text_is_its_characters(a in "[a\\x00é\u{10000}]{0,9}", b in "[a\\x00é\u{10000}]{0,9}") {
            let (left, right) = (Text::from(a.as_str()), Text::from(b.as_str()));
            prop_assert_eq!(left.as_str(), &a);
            prop_assert_eq!(left == right, a == b);
            prop_assert_eq!(left == b.as_str(), a == b);
            prop_assert_eq!(left.cmp(&right), a.cmp(&b));
            prop_assert_eq!(hashed(&left), hashed(&Text::from(a.as_str())));
        }
    }

    #[test]
    fn a_text_in_a_row_takes_sixteen_bytes_in_wasm() {
        let pointers = 2 * size_of::<usize>();
        assert_eq!(size_of::<Text>(), size_of::<Option<Text>>());
        assert_eq!(
            size_of::<Text>(),
            (pointers + 4).next_multiple_of(align_of::<usize>()).max(16)
        );
    }

    #[test]
    fn texts_compare_by_bytes_which_is_by_code_points() {
        // in UTF-16 the last one would come before the one in front of it
        let ascending = ["Z", "a", "\u{ffff}", "\u{10000}"].map(Text::from);
        assert!(ascending.is_sorted());
        assert_eq!(Text::from("a"), Text::from(String::from("a")));
    }

    #[test]
    fn an_empty_text_is_the_default() {
        assert_eq!(Text::default(), "");
    }
}
