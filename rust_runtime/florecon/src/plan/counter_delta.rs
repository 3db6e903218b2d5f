//! Counter delta: what a part of a solve adds to the counters of its nodes, encoded as bytes.

use std::ops::Range;

use super::Stage;
use crate::wire::Counter;

/// The counts of some nodes at one point of a solve.
#[derive(Debug)]
pub(crate) struct CounterDelta {
    first: usize,
    before: Vec<Numbers>,
}

const COUNTERS: usize = Counter::ALL.len();

type Numbers = [u128; COUNTERS];

/// The counts of a node, then its sums.
fn numbers(stage: &Stage) -> Numbers {
    let counts = stage.counts().into_iter().map(u128::from);
    let values = stage.values().into_iter().map(i128::unsigned_abs);
    let mut numbers = [0; COUNTERS];
    for (number, counter) in numbers.iter_mut().zip(counts.chain(values)) {
        *number = counter;
    }
    numbers
}

/// Nothing, or the numbers in groups of seven bits a byte, the lowest first.
fn pack(added: &Numbers, out: &mut Vec<u8>) {
    out.push(u8::from(added.iter().any(|&number| number > 0)));
    if out.last() == Some(&0) {
        return;
    }
    for &number in added {
        let mut rest = number;
        while rest >= 0x80 {
            out.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
    }
}

fn unpack(bytes: &mut impl Iterator<Item = u8>) -> Numbers {
    let mut added = [0; COUNTERS];
    for number in &mut added {
        for (shift, byte) in (0..).step_by(7).zip(bytes.by_ref()) {
            *number |= u128::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
    }
    added
}

impl Stage {
    /// Adds the counters of another part of the bags.
    pub(crate) fn add(&mut self, part: &Self) {
        for (count, more) in self.counts_mut().into_iter().zip(part.counts()) {
            *count += more;
        }
        for (value, more) in self.values_mut().into_iter().zip(part.values()) {
            *value += more;
        }
    }

    /// Takes off the counters of a part of the bags.
    pub(crate) fn subtract(&mut self, part: &Self) {
        for (count, less) in self.counts_mut().into_iter().zip(part.counts()) {
            *count -= less;
        }
        for (value, less) in self.values_mut().into_iter().zip(part.values()) {
            *value -= less;
        }
    }
}

impl CounterDelta {
    /// The counts of the nodes of a range, as they are now.
    #[inline(never)]
    pub fn of(stages: &[Stage], nodes: Range<usize>) -> Self {
        Self {
            first: nodes.start,
            before: stages[nodes].iter().map(numbers).collect(),
        }
    }

    /// Upper bound of the encoded length.
    pub fn most_bytes(&self) -> usize {
        self.before.len() * 128
    }

    /// Appends what was added since: the number of the first node, how many there are, and what each has.
    #[inline(never)]
    pub fn pack_since(&self, stages: &[Stage], out: &mut Vec<u8>) {
        out.extend((self.first as u32).to_le_bytes());
        for (before, stage) in self.before.iter().zip(&stages[self.first..]) {
            let mut added = numbers(stage);
            added.iter_mut().zip(before).for_each(|(now, before)| *now -= before);
            pack(&added, out);
        }
    }

    /// Adds what was packed.
    #[inline(never)]
    pub fn add_packed(bytes: &[u8], stages: &mut [Stage]) {
        let Some((first, rest)) = bytes.split_first_chunk() else {
            return;
        };
        let mut bytes = rest.iter().copied();
        for stage in &mut stages[u32::from_le_bytes(*first) as usize..] {
            match bytes.next() {
                None => return,
                Some(0) => {}
                Some(_) => {
                    let added = unpack(&mut bytes);
                    // these were taken as 64-bit counts and as amounts
                    let mut added = added.into_iter();
                    for (count, added) in stage.counts_mut().into_iter().zip(&mut added) {
                        *count += added as u64;
                    }
                    for (value, added) in stage.values_mut().into_iter().zip(added) {
                        *value += added as i128;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_added_again() {
        let stage = |items_in, value_in, over_cap| Stage {
            items_in,
            value_in,
            over_cap,
            ..Stage::default()
        };
        let before = [stage(1, 5, 0), stage(2, 7, 1), stage(0, 0, 0), stage(3, 3, 3)];
        let after = [
            stage(1, 5, 0),
            stage(300, i128::from(i64::MAX) * 4, 1),
            stage(0, 0, 0),
            stage(9, 9, 9),
        ];
        let tally = CounterDelta::of(&before, 1..3);
        let mut bytes = Vec::new();
        tally.pack_since(&after, &mut bytes);
        let mut stages = before.clone();
        CounterDelta::add_packed(&bytes, &mut stages);
        assert_eq!(
            stages,
            [
                before[0].clone(),
                after[1].clone(),
                before[2].clone(),
                before[3].clone()
            ]
        );
    }
}
