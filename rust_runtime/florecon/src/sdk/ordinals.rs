//! Row ids in JSON: integers as they are, texts by the ordinal assigned in the session.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use crate::codec::{Damaged, Packer, Unpacker};
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
    #[inline]
    pub fn number(&self, id: &RowId) -> Option<i64> {
        match id {
            RowId::Int(number) => Some(*number),
            RowId::Text(text) => self.by_text.get(text).copied(),
        }
    }

    /// The same for an id of a row of the session, which always has a number.
    #[inline]
    pub fn number_or_none(&self, id: &RowId) -> i64 {
        self.number(id).unwrap_or(NO_NUMBER)
    }

    /// Whether the text has an ordinal.
    pub fn knows(&self, text: &Text) -> bool {
        self.by_text.contains_key(text)
    }

    /// Appends the ordinals: each by its row's place among `ids`, or, where the row is gone, by its letters.
    pub fn pack<'a>(&self, packer: &mut Packer, ids: impl Iterator<Item = &'a RowId>) {
        let mut places = vec![0; self.texts.len()];
        for (place, id) in ids.enumerate() {
            if let Some(ordinal) = self.number(id).filter(|_| !self.texts.is_empty()) {
                places[ordinal as usize] = place + 1;
            }
        }
        packer.count(places.len());
        for (place, text) in places.into_iter().zip(&self.texts) {
            packer.count(place);
            if place == 0 {
                packer.letters(text);
            }
        }
    }

    /// The counterpart of [`pack`](Self::pack). Every text among `ids` has an ordinal.
    pub fn unpack(unpacker: &mut Unpacker<'_>, ids: &[&RowId]) -> Result<Self, Damaged> {
        let count = unpacker.count()?;
        let mut texts = unpacker.room(count)?;
        for _ in 0..count {
            texts.push(
                match unpacker.place(ids.len() + 1)?.checked_sub(1).map(|place| ids[place]) {
                    Some(RowId::Text(text)) => text.clone(),
                    Some(RowId::Int(_)) => return Err(Damaged),
                    None => Text::from(unpacker.letters()?),
                },
            );
        }
        let mut ordinals = Self::default();
        ordinals.by_text.try_reserve(count).map_err(|_| Damaged)?;
        ordinals.admit(texts);
        let all_known = ids.iter().all(|id| ordinals.number(id).is_some());
        if ordinals.texts.len() == count && all_known {
            Ok(ordinals)
        } else {
            Err(Damaged)
        }
    }

    /// The text of an ordinal.
    pub fn text(&self, ordinal: i64) -> Option<&Text> {
        self.texts.get(usize::try_from(ordinal).ok()?)
    }
}
