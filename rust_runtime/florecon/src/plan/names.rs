//! Interner of origins and reasons.

use std::sync::Arc;

use hashbrown::HashTable;

use super::buckets::{short_hash, spread};

/// The number of a text, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Name(u32);

impl Name {
    pub const NONE: Self = Self(u32::MAX);

    /// The name of a place among the texts.
    pub fn at(place: usize) -> Self {
        u32::try_from(place).map_or(Self::NONE, Self)
    }

    /// The place of its text.
    pub fn place(self) -> Option<usize> {
        (self != Self::NONE).then_some(self.0 as usize)
    }
}

/// One allocation per distinct text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    texts: Vec<Arc<str>>,
    /// The hash of each text, and its place.
    table: HashTable<(u32, u32)>,
}

impl Names {
    pub fn intern(&mut self, text: &str) -> Name {
        let hash = short_hash(text);
        self.known(hash, text)
            .unwrap_or_else(|| self.add(hash, Arc::from(text)))
    }

    /// The name of a text, or none.
    pub fn find(&self, text: &str) -> Name {
        self.known(short_hash(text), text).unwrap_or(Name::NONE)
    }

    /// The same for a text of other names, without copying it.
    pub fn adopt(&mut self, text: &Arc<str>) -> Name {
        let hash = short_hash(&**text);
        self.known(hash, text)
            .unwrap_or_else(|| self.add(hash, Arc::clone(text)))
    }

    fn known(&self, hash: u32, text: &str) -> Option<Name> {
        let is_same = |&(other, place): &(u32, u32)| other == hash && *self.texts[place as usize] == *text;
        self.table.find(spread(hash), is_same).map(|&(_, place)| Name(place))
    }

    fn add(&mut self, hash: u32, text: Arc<str>) -> Name {
        let place = u32::try_from(self.texts.len()).expect("fewer texts than groups, fewer groups than rows");
        self.texts.push(text);
        self.table
            .insert_unique(spread(hash), (hash, place), |&(hash, _)| spread(hash));
        Name(place)
    }

    /// All texts, in the order of interning.
    pub fn texts(&self) -> &[Arc<str>] {
        &self.texts
    }

    pub fn get(&self, name: Name) -> Option<&Arc<str>> {
        self.texts.get(name.0 as usize)
    }

    /// The text, empty for none: the report orders names by it.
    pub fn text(&self, name: Name) -> &str {
        self.get(name).map_or("", |text| text)
    }
}
