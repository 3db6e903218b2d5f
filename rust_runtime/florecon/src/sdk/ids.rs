//! Row ids in JSON: integers as they are, texts by the ordinal the session gave them.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use crate::row_id::RowId;
use crate::value::Text;

/// No ordinal and, in a session of text ids, no id.
const NO_NUMBER: i64 = -1;

/// The ordinals of text ids: first come, from 0, never given twice. Empty in a session of integer ids.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ordinals {
    by_text: HashMap<Text, i64, FxBuildHasher>,
    texts: Vec<Text>,
}

impl Ordinals {
    /// Gives ordinals to the texts that have none, in this order.
    pub fn admit(&mut self, texts: Vec<Text>) {
        for text in texts {
            let next = self.texts.len() as i64;
            let texts = &mut self.texts;
            self.by_text.entry(text).or_insert_with_key(|text| {
                texts.push(text.clone());
                next
            });
        }
    }

    /// The integer that stands for `id` in JSON; `None` for a text the session never saw.
    pub fn number(&self, id: &RowId) -> Option<i64> {
        match id {
            RowId::Int(number) => Some(*number),
            RowId::Text(text) => self.by_text.get(text).copied(),
        }
    }

    /// The same for an id of a row of the session, which always has a number.
    pub fn number_or_none(&self, id: &RowId) -> i64 {
        self.number(id).unwrap_or(NO_NUMBER)
    }

    /// Whether the text has an ordinal.
    pub fn knows(&self, text: &Text) -> bool {
        self.by_text.contains_key(text)
    }

    /// The text of an ordinal.
    pub fn text(&self, ordinal: i64) -> Option<&Text> {
        self.texts.get(usize::try_from(ordinal).ok()?)
    }
}
