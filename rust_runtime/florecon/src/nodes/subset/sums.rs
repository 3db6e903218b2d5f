//! Subset sums by dynamic programming on bits: for each count, the sums that are reached.

use std::ops::Range;

use super::best_subset::{Best, Level, Task};
use crate::sorting::by_number;

/// The search for what is picked: the items of the subset, or those that it leaves out.
pub(super) struct Picked {
    is_left: bool,
    /// Greatest common divisor of the amounts.
    unit: u64,
    /// Largest sum of what is picked, and its largest count.
    high: u128,
    most: usize,
    total: u128,
}

impl Picked {
    /// The one of fewer sums and counts.
    pub fn smaller(task: &Task) -> Self {
        let mut ascending = task.amounts.clone();
        ascending.sort_unstable();
        let total: u128 = ascending.iter().map(|&amount| u128::from(amount)).sum();
        let unit = ascending.iter().fold(0, |unit, &amount| gcd(unit, amount));
        let fitting = |high: u128, most: usize| {
            let mut sum = 0;
            let fits = |amount: &&u64| {
                sum += u128::from(**amount);
                sum <= high
            };
            ascending.iter().take_while(fits).count().min(most)
        };
        let picked = |is_left, high, most| Self {
            is_left,
            unit,
            high,
            most: fitting(high, most),
            total,
        };
        let taken = picked(false, task.high.into(), task.most);
        let left = picked(true, total - u128::from(task.low), task.amounts.len() - task.fewest);
        if left.cells() < taken.cells() { left } else { taken }
    }

    fn cells(&self) -> u128 {
        (self.most as u128 + 1).saturating_mul(self.high / u128::from(self.unit) + 1)
    }

    pub fn steps(&self, task: &Task) -> u128 {
        self.cells().saturating_mul(task.amounts.len() as u128 + 64) / 64
    }

    fn width(&self) -> usize {
        (self.high / u128::from(self.unit)) as usize + 1
    }

    /// What is picked from, in units; no entry where one alone is too much.
    fn amounts(&self, task: &Task) -> Vec<Option<usize>> {
        let fits = |&amount: &u64| (u128::from(amount) <= self.high).then(|| (amount / self.unit) as usize);
        task.amounts.iter().map(fits).collect()
    }

    /// The sum and the count of the subset, of those of what is picked.
    fn chosen(&self, task: &Task, count: usize, sum: usize) -> (usize, u128) {
        let sum = sum as u128 * u128::from(self.unit);
        if self.is_left {
            (task.amounts.len() - count, self.total - sum)
        } else {
            (count, sum)
        }
    }

    /// The sum of what is picked, of the sum of the subset; none between two units.
    fn picked(&self, sum: u64) -> Option<usize> {
        let sum = if self.is_left {
            self.total.checked_sub(sum.into())?
        } else {
            sum.into()
        };
        (sum <= self.high && sum.is_multiple_of(self.unit.into())).then(|| (sum / u128::from(self.unit)) as usize)
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The best subset; the caller has checked the bounds and the size.
pub(super) fn best(task: &Task, picked: &Picked) -> Option<Best> {
    let amounts = picked.amounts(task);
    let distance = |sum: usize| {
        let sum = u64::try_from(picked.chosen(task, 0, sum).1).ok()?;
        (task.low..=task.high).contains(&sum).then(|| sum.abs_diff(task.target))
    };
    // no count has a smaller distance than the sums of all counts
    let least = nearest(&every_sum(&amounts, picked.width()), picked, task)
        .filter_map(distance)
        .min()?;
    if picked.is_left == task.left_out && !task.by_count {
        // few picked items are preferred: larger counts are rarely needed, and with fewer no sum is reached
        let reached = task.sums_at(least).filter_map(|sum| picked.picked(sum)).min()?;
        let mut largest: Vec<usize> = amounts.iter().flatten().copied().collect();
        by_number(&mut largest, |amount| -(amount as i64));
        let mut sum = 0;
        let too_few = largest.into_iter().take_while(|&amount| {
            sum += amount;
            sum < reached
        });
        let mut most = too_few.count().max(1);
        loop {
            let table = Table::new(&amounts, most.min(picked.most), picked.width());
            for count in 0..=(most + 1).min(picked.most) {
                let best = best_of(task, picked, &amounts, &table, (least, count));
                if best.is_some() {
                    return best;
                }
            }
            most += 2;
            if most > picked.most.min(8) {
                break;
            }
        }
    }
    let (count, level) = level(task, picked, &amounts)?;
    let table = Table::new(&amounts, count.saturating_sub(1), picked.width());
    best_of(task, picked, &amounts, &table, (task.of_level(level).0, count))
}

/// The best subset of a distance and a count of what is picked, of a table up to the count less one.
fn best_of(
    task: &Task,
    picked: &Picked,
    amounts: &[Option<usize>],
    table: &Table,
    (distance, count): (u64, usize),
) -> Option<Best> {
    let (chosen, _) = picked.chosen(task, count, 0);
    if !(task.fewest..=task.most).contains(&chosen) {
        return None;
    }
    let mut choices: Vec<Vec<u32>> = Vec::new();
    for sum in task.sums_at(distance).filter_map(|sum| picked.picked(sum)) {
        for choice in [table.first(amounts, count, sum), table.last(amounts, count, sum)] {
            let choice = choice.map(|choice| {
                if picked.is_left {
                    others(&choice, amounts.len())
                } else {
                    choice
                }
            });
            choices.extend(choice.filter(|choice| !choices.contains(choice)));
        }
    }
    let is_unique = choices.len() == 1;
    let level = task.level(chosen, distance);
    choices.into_iter().min().map(|places| Best {
        level,
        places,
        is_unique,
    })
}

/// The best level, and the count of what is picked on it.
fn level(task: &Task, picked: &Picked, amounts: &[Option<usize>]) -> Option<(usize, Level)> {
    let distance = |sum: usize| {
        let sum = u64::try_from(picked.chosen(task, 0, sum).1).ok()?;
        (task.low..=task.high).contains(&sum).then(|| sum.abs_diff(task.target))
    };
    // where few picked items are preferred, the layers of larger counts are rarely needed
    let is_small_better = picked.is_left == task.left_out;
    let mut most = if is_small_better {
        picked.most.min(3)
    } else {
        picked.most
    };
    loop {
        let layers = layers(amounts, most, picked.width());
        let mut best = None;
        for (count, layer) in layers.iter().enumerate() {
            let (chosen, _) = picked.chosen(task, count, 0);
            if !(task.fewest..=task.most).contains(&chosen) {
                continue;
            }
            for distance in nearest(layer, picked, task).filter_map(distance) {
                let level = task.level(chosen, distance);
                if best.is_none_or(|(_, known)| level < known) {
                    best = Some((count, level));
                }
            }
        }
        let is_final = best.is_some_and(|(_, level)| task.by_count || task.of_level(level).0 == 0);
        if most == picked.most || is_final {
            return best;
        }
        most = (2 * most).min(picked.most);
    }
}

/// The sums that are reached with any count.
fn every_sum(amounts: &[Option<usize>], width: usize) -> Vec<u64> {
    let mut sums = vec![0; width.div_ceil(64)];
    sums[0] = 1;
    let mut before = sums.clone();
    for &amount in amounts.iter().flatten() {
        before.copy_from_slice(&sums);
        if let Some(moved) = sums.get_mut(amount / 64..) {
            add_shifted(moved, &before, amount % 64, |_, _| {});
        }
    }
    sums
}

/// For each count up to `most`, the sums that are reached.
fn layers(amounts: &[Option<usize>], most: usize, width: usize) -> Vec<Vec<u64>> {
    let mut layers = Layers::new(most, width);
    for &amount in amounts.iter().flatten() {
        for count in (1..=most).rev() {
            layers.add(count, amount, |_, _| {});
        }
    }
    layers.bits
}

/// The sums that are reached with each count, as bits, and the words of each that have any.
struct Layers {
    bits: Vec<Vec<u64>>,
    spans: Vec<Range<usize>>,
}

impl Layers {
    fn new(most: usize, width: usize) -> Self {
        let mut bits = vec![vec![0; width.div_ceil(64)]; most + 1];
        bits[0][0] = 1;
        let mut spans = vec![0..0; most + 1];
        spans[0] = 0..1;
        Self { bits, spans }
    }

    /// Adds to a count what one amount more makes of the count before; tells the words that got new sums, and those.
    fn add(&mut self, count: usize, amount: usize, added: impl FnMut(usize, u64)) {
        let (below, from) = self.bits.split_at_mut(count);
        let span = self.spans[count - 1].clone();
        let first = span.start + amount / 64;
        if span.end == 0 || first >= from[0].len() {
            return;
        }
        add_shifted(
            &mut from[0][first..],
            &below[count - 1][span.clone()],
            amount % 64,
            added,
        );
        let end = (span.end + amount / 64 + 1).min(from[0].len());
        let known = &mut self.spans[count];
        *known = if known.end == 0 {
            first..end
        } else {
            known.start.min(first)..known.end.max(end)
        };
    }
}

/// Adds the bits of `source`, moved up by less than a word, to `target`; tells each word of `target` that got new ones.
fn add_shifted(target: &mut [u64], source: &[u64], by: usize, mut added: impl FnMut(usize, u64)) {
    let mut low = 0;
    for (at, (target, &word)) in target.iter_mut().zip(source).enumerate() {
        let moved = word << by | low;
        low = word >> 1 >> (63 - by);
        let new = moved & !*target;
        if new != 0 {
            *target |= new;
            added(at, new);
        }
    }
    if let Some(target) = target.get_mut(source.len()) {
        let new = low & !*target;
        if new != 0 {
            *target |= new;
            added(source.len(), new);
        }
    }
}

/// The sums of a layer next to the target, from below and from above.
fn nearest(layer: &[u64], picked: &Picked, task: &Task) -> impl Iterator<Item = usize> {
    let last = picked.width() as u128 - 1;
    let unit = u128::from(picked.unit);
    let target = if picked.is_left {
        picked.total.checked_sub(task.target.into())
    } else {
        Some(task.target.into())
    };
    let below = target.map(|target| (target / unit).min(last) as usize);
    let above = target.map_or(0, |target| target.div_ceil(unit));
    let below = below.and_then(|from| {
        let mut word = from / 64;
        let mut bits = layer[word] & u64::MAX >> (63 - from % 64);
        while bits == 0 {
            word = word.checked_sub(1)?;
            bits = layer[word];
        }
        Some(64 * word + 63 - bits.leading_zeros() as usize)
    });
    let above = (above <= last).then_some(above as usize).and_then(|from| {
        let mut word = from / 64;
        let mut bits = layer[word] & u64::MAX << (from % 64);
        while bits == 0 {
            word += 1;
            bits = *layer.get(word)?;
        }
        Some(64 * word + bits.trailing_zeros() as usize)
    });
    below.into_iter().chain(above).filter(move |&sum| sum as u128 <= last)
}

/// For each count and sum, the last place from which on it is reached, plus one; zero where it is not.
struct Table {
    width: usize,
    ends: Vec<u16>,
}

impl Table {
    fn new(amounts: &[Option<usize>], most: usize, width: usize) -> Self {
        let mut layers = Layers::new(most, width);
        let width = width.next_multiple_of(64);
        let mut ends = vec![0; (most + 1) * width];
        for (place, amount) in amounts.iter().enumerate().rev() {
            let Some(amount) = *amount else { continue };
            for count in (1..=most).rev() {
                let ends = &mut ends[count * width..][..width];
                let start = layers.spans[count - 1].start + amount / 64;
                layers.add(count, amount, |word, mut bits| {
                    let word = start + word;
                    while bits != 0 {
                        ends[64 * word + bits.trailing_zeros() as usize] = place as u16 + 1;
                        bits &= bits - 1;
                    }
                });
            }
        }
        Self { width, ends }
    }

    /// Whether so many places from `from` on have this sum.
    fn reaches(&self, count: usize, sum: usize, from: usize) -> bool {
        if count == 0 {
            return sum == 0;
        }
        usize::from(self.ends[count * self.width + sum]) > from
    }

    /// What is left of a sum after a place, where the later places reach that with one less than `count`.
    fn after(&self, amounts: &[Option<usize>], count: usize, sum: usize, place: usize) -> Option<usize> {
        let rest = sum.checked_sub(amounts[place]?)?;
        self.reaches(count - 1, rest, place + 1).then_some(rest)
    }

    /// The lexicographically first choice.
    fn first(&self, amounts: &[Option<usize>], mut count: usize, mut sum: usize) -> Option<Vec<u32>> {
        let mut choice = Vec::with_capacity(count);
        for place in 0..amounts.len() {
            if count == 0 {
                break;
            }
            if let Some(rest) = self.after(amounts, count, sum, place) {
                choice.push(place as u32);
                (count, sum) = (count - 1, rest);
            }
        }
        (count == 0 && sum == 0).then_some(choice)
    }

    /// The lexicographically last choice.
    fn last(&self, amounts: &[Option<usize>], mut count: usize, mut sum: usize) -> Option<Vec<u32>> {
        let mut choice = Vec::with_capacity(count);
        while count > 0 {
            let places = (0..amounts.len()).rev();
            let (place, rest) = places
                .filter_map(|place| Some((place, self.after(amounts, count, sum, place)?)))
                .next()?;
            choice.push(place as u32);
            (count, sum) = (count - 1, rest);
        }
        (sum == 0).then_some(choice)
    }
}

/// The places that are not in a choice.
fn others(choice: &[u32], count: usize) -> Vec<u32> {
    let mut chosen = choice.iter().peekable();
    (0..count as u32)
        .filter(|place| chosen.next_if_eq(&place).is_none())
        .collect()
}
