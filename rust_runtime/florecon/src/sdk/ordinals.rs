//! Row ids in JSON: integers as they are, texts by the ordinal assigned in the session.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use crate::codec::{Damaged, Packer, Unpacker};
use crate::row_id::RowId;
use crate::sorting::by_number;
use crate::value::Text;

/// No ordinal and, in a session of text ids, no id.
const NO_NUMBER: i64 = -1;

/// The largest ordinal that a snapshot may hold. Ordinals only grow, by one for each id, so that none can overflow.
const MAX_ORDINAL: i64 = 1 << 62;

/// The ordinals of the text ids of the rows: first come, from 0, never given twice. Empty in a session of integer ids.
///
/// A removed row's text is freed, its ordinal stays unused; where the row comes again, its id gets a new one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ordinals {
    by_text: HashMap<Text, i64, FxBuildHasher>,
    /// By ascending ordinal.
    texts: Vec<(i64, Text)>,
    next: i64,
}

impl Ordinals {
    /// Gives ordinals to the texts that have none, in this order.
    pub fn admit(&mut self, texts: Vec<Text>) {
        for text in texts {
            let Self { by_text, texts, next } = self;
            by_text.entry(text).or_insert_with_key(|text| {
                texts.push((*next, text.clone()));
                *next += 1;
                *next - 1
            });
        }
    }

    /// Frees the texts of removed rows.
    pub fn free(&mut self, ids: &[RowId]) {
        let take = |id: &RowId| match id {
            RowId::Text(text) => self.by_text.remove(text),
            RowId::Int(_) => None,
        };
        let mut gone: Vec<i64> = ids.iter().filter_map(take).collect();
        by_number(&mut gone, |ordinal| ordinal);
        let mut gone = gone.into_iter().peekable();
        self.texts.retain(|(ordinal, _)| gone.next_if_eq(ordinal).is_none());
        self.by_text.shrink_to(2 * self.texts.len());
        self.texts.shrink_to(2 * self.texts.len());
    }

    /// The integer that stands for `id` in JSON; `None` for a text that is no row's.
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

    /// Appends the next ordinal, and by ascending ordinal the steps between them with the place of the row among `ids`.
    pub fn pack<'a>(&self, packer: &mut Packer, ids: impl Iterator<Item = &'a RowId>) {
        packer.integer(self.next);
        packer.count(self.texts.len());
        if self.texts.is_empty() {
            return;
        }
        let places: HashMap<i64, usize, FxBuildHasher> = ids.map(|id| self.number_or_none(id)).zip(0..).collect();
        let mut last = 0;
        for (ordinal, _) in &self.texts {
            packer.number((ordinal - last).cast_unsigned());
            packer.count(places.get(ordinal).copied().unwrap_or_default());
            last = *ordinal;
        }
    }

    /// The counterpart of [`pack`](Self::pack). Every text among `ids` has an ordinal, and no other text has one.
    pub fn unpack(unpacker: &mut Unpacker<'_>, ids: &[&RowId]) -> Result<Self, Damaged> {
        let next = unpacker.integer()?;
        let count = unpacker.count()?;
        if !(0..=MAX_ORDINAL).contains(&next) || count > ids.len() {
            return Err(Damaged);
        }
        let mut ordinals = Self {
            texts: unpacker.room(count)?,
            next,
            ..Self::default()
        };
        ordinals.by_text.try_reserve(count).map_err(|_| Damaged)?;
        for at in 0..count {
            let last = ordinals.texts.last().map_or(0, |(ordinal, _)| *ordinal);
            let step = unpacker.number()?;
            let ordinal = last.checked_add_unsigned(step).filter(|&ordinal| ordinal < next);
            let ordinal = ordinal.filter(|_| at == 0 || step > 0).ok_or(Damaged)?;
            let RowId::Text(text) = ids[unpacker.place(ids.len())?] else {
                return Err(Damaged);
            };
            ordinals.texts.push((ordinal, text.clone()));
            if ordinals.by_text.insert(text.clone(), ordinal).is_some() {
                return Err(Damaged);
            }
        }
        if ids.iter().all(|id| ordinals.number(id).is_some()) {
            Ok(ordinals)
        } else {
            Err(Damaged)
        }
    }

    /// The text of an ordinal.
    pub fn text(&self, ordinal: i64) -> Option<&Text> {
        let place = self.texts.binary_search_by_key(&ordinal, |(ordinal, _)| *ordinal);
        place.ok().map(|place| &self.texts[place].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(names: &[&str]) -> Vec<Text> {
        names.iter().map(|&name| Text::from(name)).collect()
    }

    #[test]
    fn a_removed_text_is_freed_and_its_ordinal_never_given_again() {
        let mut ordinals = Ordinals::default();
        ordinals.admit(texts(&["a", "b", "c"]));
        ordinals.free(&[RowId::from("b"), RowId::from("z")]);
        assert_eq!(ordinals.number(&RowId::from("b")), None);
        assert_eq!(ordinals.text(1), None);
        ordinals.admit(texts(&["c", "b", "d"]));
        assert_eq!(ordinals.number(&RowId::from("b")), Some(3));
        assert_eq!(ordinals.text(4).map(Text::as_str), Some("d"));
        assert_eq!(ordinals.text(2).map(Text::as_str), Some("c"));
    }

    #[test]
    fn many_retired_texts_take_no_room() {
        let mut ordinals = Ordinals::default();
        for round in 0..100 {
            let names: Vec<String> = (0..100).map(|at| format!("{round}/{at}")).collect();
            ordinals.admit(names.iter().map(|name| Text::from(name.as_str())).collect());
            ordinals.free(&names.iter().map(|name| RowId::from(name.as_str())).collect::<Vec<_>>());
        }
        assert!(ordinals.by_text.is_empty() && ordinals.texts.is_empty());
        assert!(ordinals.by_text.capacity() < 1000 && ordinals.texts.capacity() < 1000);
        assert_eq!(ordinals.next, 10_000);
    }
}
