//! Subset sums by meeting in the middle: all choices of either half of the distinct amounts, by count and sum.
//!
//! If any number of items may be taken, the sums and counts alone decide which level is the best, and only choices of those
//! that reach it are made.

use super::best_subset::{Best, Level, Task};
use crate::sorting::{by_number, by_order};

/// The distinct amounts ascending, each with its places, and where they are cut in two.
pub(super) struct Halves {
    distinct: Vec<(u64, Vec<u32>)>,
    cut: usize,
    choices: u128,
}

impl Halves {
    /// The cut of the fewest choices: a distinct amount can be taken any number of times that it is there.
    pub fn split(task: &Task) -> Self {
        let mut places: Vec<u32> = (0..task.amounts.len() as u32).collect();
        by_number(&mut places, |place| task.amounts[place as usize] as i64);
        let mut distinct: Vec<(u64, Vec<u32>)> = Vec::new();
        for place in places {
            let amount = task.amounts[place as usize];
            match distinct.last_mut() {
                Some((known, places)) if *known == amount => places.push(place),
                _ => distinct.push((amount, vec![place])),
            }
        }
        let choices = |classes: &[(u64, Vec<u32>)]| {
            classes
                .iter()
                .fold(1_u128, |all, (_, places)| all.saturating_mul(places.len() as u128 + 1))
        };
        let size = |cut: usize| choices(&distinct[..cut]).saturating_add(choices(&distinct[cut..]));
        let mut best = (size(0), 0);
        for cut in 1..=distinct.len() {
            best = best.min((size(cut), cut));
        }
        Self {
            cut: best.1,
            choices: best.0,
            distinct,
        }
    }

    pub fn steps(&self) -> u128 {
        self.choices.saturating_mul(32)
    }
}

/// A choice. Of several of one sum and count the lexicographically first is kept.
#[derive(Clone, Copy)]
struct Choice {
    sum: u64,
    /// How often each amount is taken, in mixed radix.
    code: u64,
    count: u32,
    several: bool,
}

const NOTHING: Choice = Choice {
    sum: 0,
    code: 0,
    count: 0,
    several: false,
};

impl Choice {
    fn key(&self) -> (u64, u32) {
        (self.sum, self.count)
    }
}

/// The choices of one half, ascending by sum and count.
struct Half<'a> {
    classes: &'a [(u64, Vec<u32>)],
    choices: Vec<Choice>,
}

impl<'a> Half<'a> {
    fn new(classes: &'a [(u64, Vec<u32>)], high: u64) -> Self {
        let mut half = Self {
            classes,
            choices: vec![NOTHING],
        };
        let mut radix = 1;
        for (amount, places) in classes {
            let copies = places.len() as u64;
            let mut all: Option<Vec<Choice>> = None;
            for taken in 1..=copies {
                let Some(more) = amount.checked_mul(taken).filter(|&more| more <= high) else {
                    break;
                };
                let fitting = half.choices.partition_point(|choice| choice.sum <= high - more);
                let made = half.choices[..fitting].iter().map(|choice| Choice {
                    sum: choice.sum + more,
                    code: choice.code + taken * radix,
                    count: choice.count + taken as u32,
                    several: choice.several || taken < copies,
                });
                all = Some(half.merge(all.as_ref().unwrap_or(&half.choices), made));
            }
            half.choices = all.unwrap_or(half.choices);
            radix *= copies + 1;
        }
        half
    }

    /// The one of two choices of one sum and count that comes first.
    fn first_of(&self, one: Choice, other: Choice) -> Choice {
        let kept = if self.is_first(one.code, other.code) {
            one
        } else {
            other
        };
        Choice { several: true, ..kept }
    }

    /// Both lists in one, ascending, with one choice for each sum and count.
    fn merge(&self, one: &[Choice], other: impl ExactSizeIterator<Item = Choice>) -> Vec<Choice> {
        let mut all = Vec::with_capacity(one.len() + other.len());
        let mut rest = one.iter().copied();
        let mut next = rest.next();
        for made in other {
            while let Some(known) = next.filter(|known| known.key() < made.key()) {
                all.push(known);
                next = rest.next();
            }
            let Some(known) = next.filter(|known| known.key() == made.key()) else {
                all.push(made);
                continue;
            };
            all.push(self.first_of(known, made));
            next = rest.next();
        }
        all.extend(next);
        all.extend(rest);
        all
    }

    /// Whether the first of two choices of one count comes first: it has the first place that only one of them has.
    fn is_first(&self, mut one: u64, mut other: u64) -> bool {
        let mut first = (u32::MAX, true);
        for (_, class) in self.classes {
            let copies = class.len() as u64 + 1;
            let (ours, theirs) = (one % copies, other % copies);
            if ours != theirs {
                first = first.min((class[ours.min(theirs) as usize], ours > theirs));
            }
            (one, other) = (one / copies, other / copies);
        }
        first.1
    }

    /// The places of a choice, ascending: of each amount the first ones.
    fn places(&self, choice: Choice) -> Vec<u32> {
        let mut places = Vec::new();
        let mut code = choice.code;
        for (_, class) in self.classes {
            let copies = class.len() as u64 + 1;
            places.extend_from_slice(&class[..(code % copies) as usize]);
            code /= copies;
        }
        places.sort_unstable();
        places
    }

    /// The choices of each count.
    fn by_count(&self) -> Vec<Vec<Choice>> {
        let most = self
            .choices
            .iter()
            .map(|choice| choice.count as usize)
            .max()
            .unwrap_or(0);
        let mut by_count = vec![Vec::new(); most + 1];
        for &choice in &self.choices {
            by_count[choice.count as usize].push(choice);
        }
        by_count
    }
}

/// The best subset; the caller has checked the bounds and the size.
pub(super) fn best(task: &Task, halves: &Halves) -> Option<Best> {
    let (first, second) = halves.distinct.split_at(halves.cut);
    let any_count = task.fewest <= 1 && task.most >= task.amounts.len();
    if any_count
        && !task.by_count
        && let Some((ones, others)) = Keys::of(task, first).zip(Keys::of(task, second))
    {
        let distance = nearest(task, ones.all(), others.all(), |key| ones.sum(key))?;
        let [reached, met] = ones.reaching(&others, task, distance);
        let (first, second) = (ones.choices(&reached), others.choices(&met));
        return best_at(task, distance, None, &first, &second);
    }
    let (first, second) = (Half::new(first, task.high), Half::new(second, task.high));
    let level = level(task, &first.by_count(), &second.by_count())?;
    let (distance, count) = task.of_level(level);
    best_at(task, distance, Some(count), &first, &second)
}

/// One ascending list, and another with `more` added to each, as one; equal sums once.
fn merged(one: &[u64], other: &[u64], more: u64) -> Vec<u64> {
    let mut all = Vec::with_capacity(one.len() + other.len());
    let (mut at, mut to) = (0, 0);
    while at < one.len() && to < other.len() {
        let (known, made) = (one[at], other[to] + more);
        all.push(known.min(made));
        at += usize::from(known <= made);
        to += usize::from(made <= known);
    }
    all.extend_from_slice(&one[at..]);
    all.extend(other[to..].iter().map(|sum| sum + more));
    all
}

/// The sums and counts of all choices of one half, without the choices: a sum and below it a count, as one number.
struct Keys<'a> {
    classes: &'a [(u64, Vec<u32>)],
    /// Bits of the count.
    bits: u32,
    /// Those of the first classes, of none, of one and so on, each ascending.
    levels: Vec<Vec<u64>>,
}

impl<'a> Keys<'a> {
    /// None where a sum and a count are no one number.
    fn of(task: &Task, classes: &'a [(u64, Vec<u32>)]) -> Option<Self> {
        let bits = usize::BITS - task.amounts.len().leading_zeros();
        if task.high > u64::MAX >> (bits + 1) {
            return None;
        }
        let mut levels = vec![vec![0]];
        for (amount, places) in classes {
            let below = &levels[levels.len() - 1];
            let mut all = None;
            for taken in 1..=places.len() as u64 {
                let Some(more) = amount.checked_mul(taken).filter(|&more| more <= task.high) else {
                    break;
                };
                let fitting = below.partition_point(|&key| key >> bits <= task.high - more);
                let known = all.as_deref().unwrap_or(below.as_slice());
                all = Some(merged(known, &below[..fitting], more << bits | taken));
            }
            let all = all.unwrap_or_else(|| below.clone());
            levels.push(all);
        }
        Some(Self { classes, bits, levels })
    }

    fn all(&self) -> &[u64] {
        &self.levels[self.classes.len()]
    }

    fn sum(&self, key: u64) -> u64 {
        key >> self.bits
    }

    /// The keys of this half and of another that together are on the best level at a distance, ascending.
    fn reaching(&self, other: &Self, task: &Task, distance: u64) -> [Vec<u64>; 2] {
        let mut found = [Vec::new(), Vec::new()];
        let mut best = None;
        let count = |key: u64| (key & ((1 << self.bits) - 1)) as usize;
        for sum in task.sums_at(distance) {
            let mut others = other.all();
            for &one in self.all() {
                let Some(rest) = sum.checked_sub(self.sum(one)) else {
                    break;
                };
                while let Some((_, before)) = others.split_last().filter(|(last, _)| self.sum(**last) > rest) {
                    others = before;
                }
                for &met in others.iter().rev().take_while(|&&key| self.sum(key) == rest) {
                    let level = task.level(count(one) + count(met), distance);
                    if best.is_none_or(|best| level <= best) {
                        if best.is_some_and(|best| level < best) {
                            found.iter_mut().for_each(Vec::clear);
                        }
                        best = Some(level);
                        found[0].push(one);
                        found[1].push(met);
                    }
                }
            }
        }
        for keys in &mut found {
            by_order(keys, |a, b| a.cmp(&b));
            keys.dedup();
        }
        found
    }

    /// The first choice of each of some keys.
    fn choices(&self, keys: &[u64]) -> Half<'a> {
        let mut half = Half {
            classes: self.classes,
            choices: Vec::new(),
        };
        let mut radices = vec![1];
        for (at, (_, places)) in self.classes.iter().enumerate() {
            radices.push(radices[at] * (places.len() as u64 + 1));
        }
        for &key in keys {
            let mut first = None;
            let nothing = Choice {
                sum: self.sum(key),
                count: (key & ((1 << self.bits) - 1)) as u32,
                ..NOTHING
            };
            self.trace(self.classes.len(), key, nothing, &radices, &mut |made| {
                first = Some(first.map_or(made, |known| half.first_of(known, made)));
            });
            half.choices.extend(first);
        }
        half
    }

    /// Calls `visit` with each choice of a key of the first classes, added to what was chosen of the later ones.
    fn trace(&self, classes: usize, key: u64, chosen: Choice, radices: &[u64], visit: &mut dyn FnMut(Choice)) {
        let Some(class) = classes.checked_sub(1) else {
            visit(chosen);
            return;
        };
        let (amount, places) = &self.classes[class];
        for taken in 0..=places.len() as u64 {
            let more = ((u128::from(*amount) * u128::from(taken)) << self.bits) | u128::from(taken);
            let Some(rest) = u64::try_from(more).ok().and_then(|more| key.checked_sub(more)) else {
                break;
            };
            if self.levels[class].binary_search(&rest).is_ok() {
                let chosen = Choice {
                    code: chosen.code + taken * radices[class],
                    several: chosen.several || taken > 0 && (taken as usize) < places.len(),
                    ..chosen
                };
                self.trace(class, rest, chosen, radices, visit);
            }
        }
    }
}

/// The best subset at a distance, of a count if one is given.
fn best_at(task: &Task, distance: u64, count: Option<usize>, first: &Half<'_>, second: &Half<'_>) -> Option<Best> {
    let mut best: Option<Best> = None;
    for sum in task.sums_at(distance) {
        let mut others = second.choices.as_slice();
        for &one in &first.choices {
            let Some(rest) = sum.checked_sub(one.sum) else { break };
            while let Some((_, before)) = others.split_last().filter(|(last, _)| last.sum > rest) {
                others = before;
            }
            for &other in others.iter().rev().take_while(|other| other.sum == rest) {
                let taken = (one.count + other.count) as usize;
                if count.is_some_and(|count| count != taken) {
                    continue;
                }
                let level = task.level(taken, distance);
                if best.as_ref().is_some_and(|best| best.level < level) {
                    continue;
                }
                let mut places = first.places(one);
                places.extend(second.places(other));
                places.sort_unstable();
                let mut is_unique = !one.several && !other.several;
                if let Some(known) = best.take_if(|best| best.level == level) {
                    places = places.min(known.places);
                    is_unique = false;
                }
                best = Some(Best {
                    level,
                    places,
                    is_unique,
                });
            }
        }
    }
    best
}

/// The best level, of choices by count.
fn level(task: &Task, first: &[Vec<Choice>], second: &[Vec<Choice>]) -> Option<Level> {
    let mut best: Option<Level> = None;
    for count in task.counts() {
        for (taken, ones) in first.iter().enumerate().take(count + 1) {
            let others = second.get(count - taken).map_or(&[][..], Vec::as_slice);
            if let Some(distance) = nearest(task, ones, others, |choice| choice.sum) {
                let level = task.level(count, distance);
                best = Some(best.map_or(level, |known| known.min(level)));
            }
        }
        if best.is_some_and(|level| task.by_count || task.of_level(level).0 == 0) {
            break;
        }
    }
    best
}

/// The smallest distance of one choice of each list together.
fn nearest<T: Copy>(task: &Task, ones: &[T], others: &[T], sum: impl Fn(T) -> u64) -> Option<u64> {
    let mut nearest = None;
    let (mut at, mut to) = (0, others.len());
    while at < ones.len() && to > 0 {
        let sum = sum(ones[at]).saturating_add(sum(others[to - 1]));
        if (task.low..=task.high).contains(&sum) {
            let distance = sum.abs_diff(task.target);
            nearest = Some(nearest.map_or(distance, |known: u64| known.min(distance)));
        }
        if sum > task.target {
            to -= 1;
        } else {
            at += 1;
        }
    }
    nearest
}
