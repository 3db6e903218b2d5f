//! Text interner: one allocation per distinct text.

use std::collections::HashSet;

use rustc_hash::FxBuildHasher;

use super::Text;

/// Hands out one [`Text`] per distinct string, so that equal strings share memory and compare by pointer.
///
/// ```
/// use florecon::value::Pool;
/// let mut pool = Pool::new();
/// let (a, b) = (pool.intern("EUR"), pool.intern("EUR"));
/// assert!(a.is_same(&b));
/// assert_eq!(pool.len(), 1);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Pool {
    // a fixed seed; nothing iterates over the set, so the order of buckets cannot show
    texts: HashSet<Text, FxBuildHasher>,
}

impl Pool {
    /// An empty pool.
    ///
    /// ```
    /// assert!(florecon::value::Pool::new().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The one `Text` of `text`.
    ///
    /// ```
    /// let mut pool = florecon::value::Pool::new();
    /// assert!(pool.intern("EUR").is_same(&pool.intern("EUR")));
    /// ```
    pub fn intern(&mut self, text: &str) -> Text {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let fresh = Text::from(text);
        self.texts.insert(fresh.clone());
        fresh
    }

    /// Number of distinct texts.
    ///
    /// ```
    /// let mut pool = florecon::value::Pool::new();
    /// pool.intern("EUR");
    /// assert_eq!(pool.len(), 1);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether nothing was handed out yet.
    ///
    /// ```
    /// assert!(florecon::value::Pool::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}
