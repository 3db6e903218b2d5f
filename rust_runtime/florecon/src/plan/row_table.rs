//! Rows by slot, in memory by the key of their shard: a shard reads its rows again and again, and rows of many shards that lie
//! mixed are as many misses of the cache.

use std::ops::{Index, IndexMut};

/// Rows of a chunk, as a power of two.
const CHUNK_BITS: u32 = 6;
const CHUNK: usize = 1 << CHUNK_BITS;

/// Keys are told apart by so many remainders of their hashes; keys of one remainder share chunks.
const BUCKETS: usize = 1 << 10;

/// No chunk.
const NONE: u32 = u32::MAX;

/// Rows by slot.
#[derive(Debug)]
pub(crate) struct RowTable<R> {
    /// The chunk of each slot's row, and its place there in the lowest bits.
    places: Vec<u32>,
    chunks: Vec<Vec<R>>,
    /// The chunk that takes the next row of each bucket.
    open: Vec<u32>,
    /// Chunks that have room because rows were removed, each perhaps more than once.
    spare: Vec<u32>,
}

impl<R> Default for RowTable<R> {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            chunks: Vec::new(),
            open: vec![NONE; BUCKETS],
            spare: Vec::new(),
        }
    }
}

fn split(place: u32) -> (usize, usize) {
    ((place >> CHUNK_BITS) as usize, place as usize % CHUNK)
}

impl<R> Index<usize> for RowTable<R> {
    type Output = R;

    #[inline]
    fn index(&self, slot: usize) -> &R {
        let (chunk, at) = split(self.places[slot]);
        &self.chunks[chunk][at]
    }
}

impl<R> IndexMut<usize> for RowTable<R> {
    fn index_mut(&mut self, slot: usize) -> &mut R {
        let (chunk, at) = split(self.places[slot]);
        &mut self.chunks[chunk][at]
    }
}

impl<R> RowTable<R> {
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// The rows by ascending slot.
    pub fn iter(&self) -> impl Iterator<Item = &R> {
        (0..self.len()).map(|slot| &self[slot])
    }

    /// Makes room for so many more rows. The chunks come later, one by one: that the memory is as large from the start lets a
    /// host give it large pages. Without room that large the chunks may still fit.
    pub fn reserve(&mut self, more: usize) {
        self.places.reserve_exact(more);
        let mut room: Vec<R> = Vec::new();
        let _ = std::hint::black_box(room.try_reserve_exact(more));
        std::hint::black_box(room);
    }

    /// Adds a row under the next slot, beside rows whose keys have the same hash. The hash decides nothing else.
    pub fn push(&mut self, row: R, hash: u64) {
        let bucket = hash as usize % BUCKETS;
        let mut chunk = self.open[bucket];
        if !self.has_room(chunk) {
            // a key that has filled a chunk will fill another
            chunk = self.room(if chunk == NONE { 0 } else { CHUNK });
            self.open[bucket] = chunk;
        }
        let rows = &mut self.chunks[chunk as usize];
        self.places.push((chunk << CHUNK_BITS) | rows.len() as u32);
        rows.push(row);
    }

    fn has_room(&self, chunk: u32) -> bool {
        self.chunks.get(chunk as usize).is_some_and(|rows| rows.len() < CHUNK)
    }

    /// A chunk with room: one that rows were removed from, or a new one. Once there are as many as a place can name, the new
    /// row goes to the first that has any.
    fn room(&mut self, capacity: usize) -> u32 {
        while let Some(chunk) = self.spare.pop() {
            if self.has_room(chunk) {
                return chunk;
            }
        }
        let next = self.chunks.len() as u32;
        if next >> (u32::BITS - CHUNK_BITS) != 0 {
            let found = (0..next).find(|&chunk| self.has_room(chunk));
            return found.unwrap_or_default();
        }
        self.chunks.push(Vec::with_capacity(capacity));
        next
    }

    /// Drops the rows that were pushed last.
    pub fn truncate(&mut self, len: usize) {
        for place in self.places.drain(len.min(self.places.len())..).rev() {
            self.chunks[split(place).0].pop();
        }
    }

    /// Gives each row its target slot.
    pub fn permute(&mut self, target: &[u32]) {
        let mut places = vec![0; self.places.len()];
        for (place, &slot) in self.places.iter().zip(target) {
            places[slot as usize] = *place;
        }
        self.places = places;
    }

    /// Keeps the rows that `keep` names, one answer per slot.
    pub fn retain(&mut self, keep: &[bool]) {
        // one bit a row of a chunk
        let mut gone = vec![0_u64; self.chunks.len()];
        for (&place, _) in self.places.iter().zip(keep).filter(|(_, is_kept)| !**is_kept) {
            let (chunk, at) = split(place);
            gone[chunk] |= 1 << at;
        }
        for (chunk, (rows, &gone)) in (0_u32..).zip(self.chunks.iter_mut().zip(&gone)) {
            if gone != 0 {
                let mut at = 0;
                rows.retain(|_| {
                    at += 1;
                    gone >> (at - 1) & 1 == 0
                });
                self.spare.push(chunk);
            }
        }
        let mut slot = 0;
        self.places.retain_mut(|place| {
            slot += 1;
            let (chunk, at) = split(*place);
            *place -= (gone[chunk] & ((1 << at) - 1)).count_ones();
            keep[slot - 1]
        });
        crate::sorting::numbers(&mut self.spare);
        self.spare.dedup();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rows_of_one_key_lie_together() {
        let mut table = RowTable::default();
        (0..600_u64).for_each(|row| table.push(row, row % 3));
        for chunk in &table.chunks {
            assert!(chunk.iter().all(|row| row % 3 == chunk[0] % 3), "{chunk:?}");
        }
        assert!(table.iter().copied().eq(0..600));
    }

    #[test]
    fn chunks_do_not_grow_in_number_with_edits() {
        let mut table = RowTable::default();
        for round in 0..200_u64 {
            (0..500).for_each(|row| table.push(row, row * round));
            table.retain(&(0..table.len()).map(|slot| slot % 2 == 0).collect::<Vec<_>>());
        }
        assert!(table.chunks.len() < 1100, "{}", table.chunks.len());
    }

    proptest! {
        #[test]
        fn a_table_is_a_vector(steps in prop::collection::vec((0..5_u8, 0..400_u32), 1..40)) {
            let (mut table, mut rows) = (RowTable::default(), Vec::new());
            for (kind, number) in steps {
                let many = number as usize;
                match kind {
                    0 | 1 => for row in 0..many {
                        table.push((number, row), u64::from(number % 5) + row as u64 % 3);
                        rows.push((number, row));
                    },
                    2 => {
                        // only what was pushed since the last change of another kind is ever dropped so
                        let kept = rows.len();
                        (0..many).for_each(|row| table.push((0, row), row as u64 % 7));
                        table.truncate(kept);
                    }
                    3 => {
                        let turn = |slot: usize| (slot + many) % rows.len();
                        let target: Vec<u32> = (0..rows.len()).map(|slot| turn(slot) as u32).collect();
                        table.permute(&target);
                        let old = rows.clone();
                        target.iter().zip(old).for_each(|(&slot, row)| rows[slot as usize] = row);
                    }
                    _ => {
                        let keep: Vec<bool> = (0..rows.len()).map(|slot| (slot * many) % 7 != 3).collect();
                        table.retain(&keep);
                        let mut keep = keep.into_iter();
                        rows.retain(|_| keep.next() == Some(true));
                    }
                }
                prop_assert_eq!(table.len(), rows.len());
                prop_assert!(table.iter().eq(&rows));
            }
        }
    }
}
