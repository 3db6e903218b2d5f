//! Text interner: one allocation per distinct text.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use super::Text;

/// Hands out one [`Text`] per distinct string, so that equal strings share memory and compare by pointer. Short texts take
/// none, and are not kept.
///
/// ```
/// use florecon::value::Pool;
/// let mut pool = Pool::new();
/// let (a, b) = (pool.intern("Crédit Agricole S.A."), pool.intern("Crédit Agricole S.A."));
/// assert!(a.is_same(&b));
/// assert_eq!(pool.len(), 1);
/// assert_eq!((pool.intern("EUR"), pool.len()), ("EUR".into(), 1));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Pool {
    // a fixed seed; nothing iterates over the table, so the order of buckets cannot show
    texts: HashTable<Text>,
    /// Number of texts after the last pruning.
    pruned: usize,
}

fn hash_of(text: &Text) -> u64 {
    FxBuildHasher.hash_one(text.as_str())
}

/// Number of texts below which a pool is not pruned for its size.
const FLOOR: usize = 1 << 12;

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
    /// assert!(pool.intern("Crédit Agricole S.A.").is_same(&pool.intern("Crédit Agricole S.A.")));
    /// ```
    pub fn intern(&mut self, text: &str) -> Text {
        if let Some(short) = Text::short(text) {
            return short;
        }
        let hash = FxBuildHasher.hash_one(text);
        if let Some(known) = self.texts.find(hash, |known| known.as_str() == text) {
            return known.clone();
        }
        let fresh = Text::from(text);
        self.texts.insert_unique(hash, fresh.clone(), hash_of);
        fresh
    }

    /// Frees the texts that nobody else holds.
    ///
    /// ```
    /// let mut pool = florecon::value::Pool::new();
    /// let held = pool.intern("Crédit Agricole S.A.");
    /// pool.intern("Crédit Lyonnais S.A.");
    /// pool.prune();
    /// assert_eq!(pool.len(), 1);
    /// assert!(pool.intern("Crédit Agricole S.A.").is_same(&held));
    /// ```
    pub fn prune(&mut self) {
        self.texts.retain(|text| text.is_shared());
        self.texts.shrink_to(2 * self.texts.len(), hash_of);
        self.pruned = self.texts.len();
    }

    /// Does so once there are twice as many as after the last time, so that replaced texts are freed at a constant cost
    /// for each new one.
    ///
    /// ```
    /// let mut pool = florecon::value::Pool::new();
    /// (0..100_000).for_each(|at| {
    ///     pool.intern(&format!("invoice number {at}"));
    ///     pool.prune_when_grown();
    /// });
    /// assert!(pool.len() < 10_000);
    /// ```
    pub fn prune_when_grown(&mut self) {
        if self.texts.len() > FLOOR.max(2 * self.pruned) {
            self.prune();
        }
    }

    /// Number of distinct texts that it keeps.
    ///
    /// ```
    /// let mut pool = florecon::value::Pool::new();
    /// pool.intern("Crédit Agricole S.A.");
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
