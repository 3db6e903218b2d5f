//! Text value: shared, immutable, ordered by its UTF-8 bytes.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use super::substring::find;

/// An immutable text that is cheap to clone. Two clones of one allocation compare equal without reading them.
///
/// ```
/// use florecon::value::Text;
/// let a = Text::from("EUR");
/// assert_eq!(a, a.clone());
/// assert_eq!(&*a, "EUR");
/// assert!(Text::from("Z") < Text::from("a"));
/// ```
#[derive(Clone, Default)]
pub struct Text(Arc<str>);

impl Text {
    /// The characters.
    ///
    /// ```
    /// assert_eq!(florecon::value::Text::from("EUR").as_str(), "EUR");
    /// ```
    #[inline]
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether both are clones of one allocation.
    ///
    /// ```
    /// use florecon::value::Text;
    /// let text = Text::from("EUR");
    /// assert!(text.is_same(&text.clone()) && !text.is_same(&Text::from("EUR")));
    /// ```
    #[inline]
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether somebody else holds the same text.
    pub(crate) fn is_shared(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    /// Whether `part` stands anywhere in the text.
    ///
    /// ```
    /// assert!(florecon::value::Text::from("INV-7 paid").contains("paid"));
    /// ```
    #[inline]
    #[must_use]
    pub fn contains(&self, part: &str) -> bool {
        part.is_empty() || find(&self.0, part).is_some()
    }

    /// The shared allocation, for those who keep `Arc<str>`.
    ///
    /// ```
    /// assert_eq!(&*florecon::value::Text::from("EUR").to_arc(), "EUR");
    /// ```
    #[inline]
    #[must_use]
    pub fn to_arc(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl Deref for Text {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Text {
    #[inline]
    fn as_ref(&self) -> &str {
        &self.0
    }
}

// sound because Hash, Eq and Ord are those of the characters
impl Borrow<str> for Text {
    #[inline]
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Arc::from(text))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Arc::from(text))
    }
}

impl From<Arc<str>> for Text {
    fn from(text: Arc<str>) -> Self {
        Self(text)
    }
}

impl PartialEq for Text {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || self.0 == other.0
    }
}

impl Eq for Text {}

impl PartialEq<str> for Text {
    #[inline]
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Text {
    #[inline]
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
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
        if self.is_same(other) {
            Ordering::Equal
        } else {
            self.0.cmp(&other.0)
        }
    }
}

impl Hash for Text {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&*self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
