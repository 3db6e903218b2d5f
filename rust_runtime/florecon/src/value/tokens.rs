//! Token list: distinct texts in ascending order.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::iter::FusedIterator;
use std::ops::Deref;
use std::sync::Arc;

use super::Text;
use crate::sorting::ascending;

/// An immutable list of distinct texts in ascending order, cheap to clone; a list of one takes no memory of its own.
///
/// ```
/// use florecon::value::{Text, Tokens};
/// let tokens = Tokens::new(vec![Text::from("INV2"), Text::from("INV1"), Text::from("INV2")]);
/// assert_eq!(tokens.size(), 2);
/// assert!(tokens.has("INV1"));
/// assert!(tokens.overlaps(&Tokens::new(vec![Text::from("INV2")])));
/// ```
#[derive(Clone)]
pub struct Tokens(List);

/// A list has one form: that of its size.
#[derive(Clone)]
enum List {
    None,
    One(Text),
    Many(Arc<[Text]>),
}

impl Tokens {
    /// The distinct texts of `texts`, sorted.
    ///
    /// ```
    /// use florecon::value::{Text, Tokens};
    /// let tokens = Tokens::new(vec![Text::from("b"), Text::from("a"), Text::from("b")]);
    /// assert_eq!(&*tokens, [Text::from("a"), Text::from("b")]);
    /// ```
    #[inline(never)]
    #[must_use]
    pub fn new(mut texts: Vec<Text>) -> Self {
        ascending(&mut texts);
        texts.dedup();
        if texts.len() > 1 {
            return Self(List::Many(Arc::from(texts)));
        }
        Self(texts.pop().map_or(List::None, List::One))
    }

    /// Whether the two lists share a text.
    ///
    /// ```
    /// use florecon::value::{Text, Tokens};
    /// let one = Tokens::new(vec![Text::from("a"), Text::from("b")]);
    /// assert!(one.overlaps(&Tokens::new(vec![Text::from("b")])) && !one.overlaps(&Tokens::default()));
    /// ```
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let (mut left, mut right) = (&**self, &**other);
        while let ([a, left_rest @ ..], [b, right_rest @ ..]) = (left, right) {
            match a.cmp(b) {
                Ordering::Less => left = left_rest,
                Ordering::Greater => right = right_rest,
                Ordering::Equal => return true,
            }
        }
        false
    }

    /// Whether the list holds `text`.
    ///
    /// ```
    /// use florecon::value::{Text, Tokens};
    /// assert!(Tokens::new(vec![Text::from("a")]).has("a"));
    /// ```
    #[must_use]
    pub fn has(&self, text: &str) -> bool {
        self.binary_search_by(|probe| probe.as_str().cmp(text)).is_ok()
    }

    /// Number of texts in the list.
    ///
    /// ```
    /// use florecon::value::{Text, Tokens};
    /// assert_eq!(Tokens::new(vec![Text::from("a"), Text::from("a")]).size(), 1);
    /// ```
    #[must_use]
    pub fn size(&self) -> i64 {
        // a slice never has more than isize::MAX elements
        self.len() as i64
    }
}

impl Default for Tokens {
    fn default() -> Self {
        Self(List::None)
    }
}

impl PartialEq for Tokens {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Tokens {}

impl Hash for Tokens {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Deref for Tokens {
    type Target = [Text];

    #[inline]
    fn deref(&self) -> &[Text] {
        match &self.0 {
            List::None => &[],
            List::One(text) => std::slice::from_ref(text),
            List::Many(texts) => texts,
        }
    }
}

/// Texts to be a list, in any order. Most lists have one or two, which are not collected in memory of their own first.
#[derive(Default)]
struct TokensBuilder {
    first: Option<Text>,
    second: Option<Text>,
    more: Vec<Text>,
}

impl TokensBuilder {
    fn push(&mut self, text: Text) {
        if self.first.is_none() {
            self.first = Some(text);
        } else if self.second.is_none() {
            self.second = Some(text);
        } else {
            self.more.push(text);
        }
    }

    fn finish(self) -> Tokens {
        let Self {
            first,
            second,
            mut more,
        } = self;
        Tokens(match (first, second) {
            (None, _) => List::None,
            (Some(text), None) => List::One(text),
            (Some(first), Some(second)) if more.is_empty() => match first.cmp(&second) {
                Ordering::Less => List::Many(Arc::from([first, second])),
                Ordering::Greater => List::Many(Arc::from([second, first])),
                Ordering::Equal => List::One(first),
            },
            (Some(first), Some(second)) => {
                more.extend([first, second]);
                return Tokens::new(more);
            }
        })
    }
}

impl FromIterator<Text> for Tokens {
    fn from_iter<I: IntoIterator<Item = Text>>(texts: I) -> Self {
        let mut found = TokensBuilder::default();
        texts.into_iter().for_each(|text| found.push(text));
        found.finish()
    }
}

impl IntoIterator for Tokens {
    type Item = Text;
    type IntoIter = IntoIter;

    fn into_iter(self) -> IntoIter {
        IntoIter { tokens: self, next: 0 }
    }
}

impl<'a> IntoIterator for &'a Tokens {
    type Item = &'a Text;
    type IntoIter = std::slice::Iter<'a, Text>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Walks a list by value, in ascending order.
#[derive(Debug, Clone)]
pub struct IntoIter {
    tokens: Tokens,
    next: usize,
}

impl Iterator for IntoIter {
    type Item = Text;

    fn next(&mut self) -> Option<Text> {
        let text = self.tokens.get(self.next).cloned();
        self.next += usize::from(text.is_some());
        text
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.tokens.len() - self.next;
        (left, Some(left))
    }
}

impl ExactSizeIterator for IntoIter {}
impl FusedIterator for IntoIter {}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(texts: &[&str]) -> Tokens {
        texts.iter().map(|text| Text::from(*text)).collect()
    }

    #[test]
    fn texts_are_distinct_and_ascend() {
        let found: Vec<Text> = tokens(&["b", "", "a", "b"]).into_iter().collect();
        assert_eq!(found, ["", "a", "b"]);
        assert_eq!(tokens(&["b", "a"]), tokens(&["a", "b", "a"]));
    }

    #[test]
    fn lists_overlap_where_they_share_a_text() {
        let list = tokens(&["a", "c", "e"]);
        assert!(list.overlaps(&tokens(&["d", "e"])));
        assert!(!list.overlaps(&tokens(&["b", "d", "f"])));
        assert!(!list.overlaps(&Tokens::default()));
    }

    #[test]
    fn walking_by_value_knows_how_much_is_left() {
        let mut walk = tokens(&["a", "b"]).into_iter();
        assert_eq!(walk.len(), 2);
        assert_eq!(walk.next().as_deref(), Some("a"));
        assert_eq!(walk.len(), 1);
        walk.next();
        assert_eq!((walk.next(), walk.next()), (None, None));
    }
}
