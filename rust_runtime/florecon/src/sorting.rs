//! Stable sorts by an integer or by an order, shared by all callers: each further instance of the standard sort adds up to
//! ten kilobytes to a module.

use std::cmp::Ordering;

/// Sorts items by a number each has. Equal ones keep their order.
pub(crate) fn by_number<T: Copy>(items: &mut [T], number: impl Fn(T) -> i64) {
    let order = order_of(items.len(), &|place| number(items[place]));
    if !order.is_empty() {
        arrange(items, order.into_iter().map(|(_, place)| place));
    }
}

/// Sorts numbers of rows or places, in one instance for all of them.
#[inline(never)]
pub(crate) fn numbers(numbers: &mut [u32]) {
    if numbers.len() > FEW {
        by_number(numbers, i64::from);
        return;
    }
    for at in 1..numbers.len() {
        let number = numbers[at];
        let mut to = at;
        while to > 0 && numbers[to - 1] > number {
            numbers[to] = numbers[to - 1];
            to -= 1;
        }
        numbers[to] = number;
    }
}

/// Sorts items by an order. Equal ones keep their order.
pub(crate) fn by_order<T: Copy>(items: &mut [T], compare: impl Fn(T, T) -> Ordering) {
    let places = places_by(items.len(), &|a, b| compare(items[a as usize], items[b as usize]));
    arrange(items, places.into_iter());
}

/// Sorts items that are moved, such as texts.
pub(crate) fn ascending<T: Ord>(items: &mut Vec<T>) {
    if items.len() <= FEW {
        for at in 1..items.len() {
            let to = items[..at].partition_point(|item| *item <= items[at]);
            items[to..=at].rotate_right(1);
        }
        return;
    }
    let places = places_by(items.len(), &|a, b| items[a as usize].cmp(&items[b as usize]));
    let mut old: Vec<Option<T>> = items.drain(..).map(Some).collect();
    items.extend(places.into_iter().filter_map(|place| old[place as usize].take()));
}

/// Brings to the front what stands at the first place, then what stands at the next.
fn arrange<T: Copy>(items: &mut [T], places: impl Iterator<Item = u32>) {
    let old = items.to_vec();
    for (item, place) in items.iter_mut().zip(places) {
        *item = old[place as usize];
    }
}

/// So many places in this order, by merging runs of doubling length.
#[inline(never)]
fn places_by(count: usize, compare: &dyn Fn(u32, u32) -> Ordering) -> Vec<u32> {
    let mut places: Vec<u32> = (0..count as u32).collect();
    let mut merged = places.clone();
    let mut width = 1;
    while width < count {
        for start in (0..count).step_by(2 * width) {
            let (middle, end) = ((start + width).min(count), (start + 2 * width).min(count));
            let (mut one, mut other) = (start, middle);
            // runs that follow each other are copied
            let is_after = |a: usize, b: usize| compare(places[a], places[b]).is_gt();
            let in_order = middle == end || !is_after(middle - 1, middle);
            for place in &mut merged[start..end] {
                let takes_other = one == middle || !in_order && other < end && is_after(one, other);
                let from = if takes_other { &mut other } else { &mut one };
                *place = places[*from];
                *from += 1;
            }
        }
        std::mem::swap(&mut places, &mut merged);
        width *= 2;
    }
    places
}

/// Number of items up to which each is put in its place.
const FEW: usize = 32;

/// The numbers and places in their order; none where they are in order.
#[inline(never)]
fn order_of(count: usize, number: &dyn Fn(usize) -> i64) -> Vec<(i64, u32)> {
    let mut last = i64::MIN;
    let is_sorted = (0..count).all(|place| {
        let before = std::mem::replace(&mut last, number(place));
        before <= last
    });
    if is_sorted {
        return Vec::new();
    }
    let mut order: Vec<(i64, u32)> = (0..count).map(|place| (number(place), place as u32)).collect();
    if count <= FEW {
        for at in 1..count {
            let to = order[..at].partition_point(|(number, _)| *number <= order[at].0);
            order[to..=at].rotate_right(1);
        }
        return order;
    }
    // by each byte in which numbers differ, from the lowest on; the sign counts the other way round
    let digit = |number: i64, byte: usize| usize::from((number ^ i64::MIN).to_le_bytes()[byte]);
    let differing = order.iter().fold(0, |bits, (number, _)| bits | (number ^ order[0].0));
    let mut spare = order.clone();
    for byte in (0..8).filter(|&byte| differing.to_le_bytes()[byte] != 0) {
        let mut starts = [0_u32; 257];
        order
            .iter()
            .for_each(|(number, _)| starts[digit(*number, byte) + 1] += 1);
        for value in 1..256 {
            starts[value] += starts[value - 1];
        }
        for &(number, place) in &order {
            let start = &mut starts[digit(number, byte)];
            spare[*start as usize] = (number, place);
            *start += 1;
        }
        std::mem::swap(&mut order, &mut spare);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_sorted_and_equal_ones_keep_their_order() {
        for count in [0, 1, 2, 7, 21, 100, 3000] {
            let mut items: Vec<(i64, usize)> = (0..count).map(|at| ((at as i64 * 7 + 3) % 5 - 2, at)).collect();
            let mut expected = items.clone();
            expected.sort();
            by_number(&mut items, |item| item.0);
            assert_eq!(items, expected, "{count} items");
            let far = |at: usize| (at as i64).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64) >> (at % 60);
            let mut numbers: Vec<i64> = (0..count).map(far).chain([i64::MIN, i64::MAX]).collect();
            let mut expected = numbers.clone();
            expected.sort_unstable();
            by_number(&mut numbers, |number| number);
            assert_eq!(numbers, expected, "{count} numbers");
            let mut rows: Vec<u32> = (0..count as u32)
                .map(|at| at.wrapping_mul(0x9e37_79b9) >> (at % 30))
                .collect();
            let mut expected = rows.clone();
            expected.sort_unstable();
            super::numbers(&mut rows);
            assert_eq!(rows, expected, "{count} rows");
        }
    }

    #[test]
    fn items_that_are_moved_are_sorted() {
        for count in [0, 1, 2, 7, 21, 100] {
            let mut items: Vec<String> = (0..count).map(|at| format!("{:03}", at * 7 % 50)).collect();
            let mut expected = items.clone();
            expected.sort();
            ascending(&mut items);
            assert_eq!(items, expected, "{count} items");
        }
    }

    #[test]
    fn items_are_sorted_by_an_order_and_equal_ones_keep_theirs() {
        for count in [0, 1, 2, 7, 21, 100] {
            let mut items: Vec<(usize, usize)> = (0..count).map(|at| ((at * 7 + 3) % 5, at)).collect();
            let mut expected = items.clone();
            expected.sort_by_key(|item| std::cmp::Reverse(item.0));
            by_order(&mut items, |a, b| b.0.cmp(&a.0));
            assert_eq!(items, expected, "{count} items");
        }
    }
}
