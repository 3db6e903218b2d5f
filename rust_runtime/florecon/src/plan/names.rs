//! Interner of origins and reasons.

use std::collections::HashMap;
use std::sync::Arc;

use rustc_hash::FxBuildHasher;

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
    numbers: HashMap<Arc<str>, Name, FxBuildHasher>,
}

impl Names {
    pub fn intern(&mut self, text: &str) -> Name {
        if let Some(name) = self.numbers.get(text) {
            return *name;
        }
        let name = Name(u32::try_from(self.texts.len()).expect("fewer texts than groups, fewer groups than rows"));
        let text: Arc<str> = Arc::from(text);
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, name);
        name
    }

    /// The name of a text, or none.
    pub fn find(&self, text: &str) -> Name {
        self.numbers.get(text).copied().unwrap_or(Name::NONE)
    }

    /// The same for a text of other names, without copying it.
    pub fn adopt(&mut self, text: &Arc<str>) -> Name {
        if let Some(name) = self.numbers.get(text) {
            return *name;
        }
        let name = Name::at(self.texts.len());
        self.texts.push(Arc::clone(text));
        self.numbers.insert(Arc::clone(text), name);
        name
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
