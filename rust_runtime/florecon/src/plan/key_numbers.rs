//! Keys of lots as numbers. In a large shard the keys of a row are read and numbered once, whichever nodes ask for them.
//!
//! A function without captures is told by its type, and gives equal lots equal keys, so nodes that have one function share its
//! numbers. Each node counts the keys of its own bag from 0 again, in the order of first sight.

use std::any::{Any, TypeId};

use super::Answer;
use super::buckets::{BATCH, Key, NO_KEY, Numbering};
use super::item::Item;
use super::lot::Lot;
use super::run_state::Run;
use crate::error::Error;
use crate::value::EvalError;

/// The keys of a lot, of which there may be none or many.
pub(crate) struct Keys<R, K> {
    append: AppendFn<R, K>,
    /// The type of the function; none where it has captures, and so may give something else elsewhere.
    function: Option<TypeId>,
}

type AppendFn<R, K> = Box<dyn Fn(Item<'_, R>, &mut Vec<K>) -> Result<(), EvalError>>;

impl<R, K> Keys<R, K> {
    pub fn new<F, S, A>(keys: F) -> Self
    where
        F: Fn(Item<'_, R>) -> A + 'static,
        S: IntoIterator<Item = K>,
        A: Answer<Value = S>,
    {
        Self {
            function: (size_of::<F>() == 0).then(TypeId::of::<F>),
            append: Box::new(move |item, into| {
                into.extend(keys(item).answer()?);
                Ok(())
            }),
        }
    }

    /// Appends the keys of an item to a buffer.
    pub fn append(&self, item: Item<'_, R>, into: &mut Vec<K>) -> Result<(), EvalError> {
        (self.append)(item, into)
    }
}

/// The keys that are numbered in a shard, by their function; none outside of one.
#[derive(Debug, Default)]
pub(crate) struct ShardKeys {
    /// Number of rows of the shard.
    rows: usize,
    numbered: Vec<(TypeId, Box<dyn Any>)>,
}

impl ShardKeys {
    pub fn of_shard(rows: usize) -> Self {
        Self {
            rows,
            numbered: Vec::new(),
        }
    }
}

/// Keys with their numbers, and the numbers of the keys of each row of a shard that was read before.
struct Numbered<K> {
    numbering: Numbering<K>,
    /// For each row its place in `lists`, if it has one.
    places: Vec<u32>,
    /// Lists of numbers, each after its length.
    lists: Vec<u32>,
}

const UNREAD: u32 = u32::MAX;

impl<K> Numbered<K> {
    /// None yet, of so many items; the lists of so many rows are kept.
    fn of_rows(rows: usize, items: usize) -> Self {
        Self {
            numbering: Numbering::of_items(items),
            places: vec![UNREAD; rows],
            lists: Vec::new(),
        }
    }

    /// The numbers of the keys of a row that was read before.
    fn list(&self, row: u32) -> Option<&[u32]> {
        let place = *self.places.get(row as usize)? as usize;
        let length = *self.lists.get(place)? as usize;
        self.lists.get(place + 1..)?.get(..length)
    }
}

/// The keys of a bag, numbered from 0 in the order of first sight.
pub(crate) struct BagKeys<K> {
    all: Numbered<K>,
    function: Option<TypeId>,
    /// The number in the bag of each key of `all`.
    inside: Vec<u32>,
    /// The key in `all` of each number in the bag.
    outside: Vec<u32>,
}

impl<K: Key> BagKeys<K> {
    /// Numbers the keys of a bag. `each` is given those of every lot, by their numbers among all keys, to sort and to leave out
    /// what comes twice, and then their numbers in the bag.
    pub fn read<R>(
        run: &mut Run<'_, R>,
        bag: &[Lot],
        keys: &Keys<R, K>,
        arrange: &dyn Fn(&mut Vec<u32>, &[K]),
        each: &mut dyn FnMut(&[u32]),
    ) -> Result<Self, Error> {
        let mut found = Self {
            all: run.numbered(keys.function, bag.len()),
            function: keys.function,
            inside: Vec::new(),
            outside: Vec::new(),
        };
        let (mut read, mut counts, mut own) = (Vec::new(), Vec::with_capacity(BATCH.min(bag.len())), Vec::new());
        for lots in bag.chunks(BATCH) {
            // rows are misses of the cache: a short loop has the processor wait for several
            for &lot in lots {
                let is_known = run.is_whole(lot) && found.all.list(lot.row).is_some();
                let before = read.len();
                if !is_known {
                    keys.append(run.item(lot), &mut read)
                        .map_err(|error| run.fault(lot.row, error))?;
                }
                counts.push((!is_known).then(|| read.len() - before));
            }
            let mut read = read.drain(..);
            for (&lot, count) in lots.iter().zip(counts.drain(..)) {
                own.clear();
                if let Some(count) = count {
                    own.extend(read.by_ref().take(count).map(|key| found.all.numbering.number(key)));
                    if run.is_whole(lot) {
                        found.all.keep(lot.row, &own);
                    }
                } else {
                    own.extend_from_slice(found.all.list(lot.row).unwrap_or_default());
                }
                arrange(&mut own, &found.all.numbering.keys);
                found.count(&mut own);
                each(&own);
            }
        }
        Ok(found)
    }

    /// Gives keys their numbers in the bag in the place of those among all.
    fn count(&mut self, own: &mut [u32]) {
        self.inside.resize(self.all.numbering.keys.len(), NO_KEY);
        for number in own {
            let inside = &mut self.inside[*number as usize];
            if *inside == NO_KEY {
                *inside = self.outside.len() as u32;
                self.outside.push(*number);
            }
            *number = *inside;
        }
    }

    /// Number of different keys in the bag.
    pub fn len(&self) -> usize {
        self.outside.len()
    }

    /// The key of a number in the bag.
    pub fn get(&self, number: usize) -> &K {
        &self.all.numbering.keys[self.outside[number] as usize]
    }

    /// Leaves the numbers of the rows to the next node of the shard that has the same function.
    pub fn leave<R>(self, run: &mut Run<'_, R>) {
        if let Some(function) = self.function.filter(|_| !self.all.places.is_empty()) {
            run.keys.numbered.push((function, Box::new(self.all)));
        }
    }
}

impl<K> Numbered<K> {
    fn keep(&mut self, row: u32, numbers: &[u32]) {
        if let Some(place) = self.places.get_mut(row as usize) {
            *place = self.lists.len() as u32;
            self.lists.push(numbers.len() as u32);
            self.lists.extend_from_slice(numbers);
        }
    }
}

impl<R> Run<'_, R> {
    /// What earlier nodes of the shard left of a function, or a numbering of the keys of so many items. Outside of a shard, and
    /// for a function with captures, nothing is kept.
    fn numbered<K: 'static>(&mut self, function: Option<TypeId>, items: usize) -> Numbered<K> {
        let keys = &mut self.keys;
        let at = keys.numbered.iter().position(|(known, _)| Some(*known) == function);
        let left = at.and_then(|at| keys.numbered.swap_remove(at).1.downcast().ok());
        left.map_or_else(
            || Numbered::of_rows(if function.is_some() { keys.rows } else { 0 }, items),
            |left| *left,
        )
    }

    /// Whether a lot is all that its row had in the active numeraire: what is computed of it is what was computed of it before.
    pub(super) fn is_whole(&self, lot: Lot) -> bool {
        self.originals[lot.row as usize] == lot.amount
    }
}
