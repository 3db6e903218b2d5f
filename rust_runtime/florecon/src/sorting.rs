//! Stable sorts by an integer or by a comparison, shared by all callers: each further instance of the standard sort adds up to
//! ten kilobytes to a module.

use std::cmp::Ordering;

/// Sorts items by a number each has. Equal ones keep their order.
pub(crate) fn by_number<T: Copy>(items: &mut [T], number: impl Fn(T) -> i64) {
    let order = order_of(items.len(), &|place| number(items[place]));
    if !order.is_empty() {
        arrange(items, order.into_iter().map(|(_, place)| place));
    }
}

/// Sorts items by an order. Equal ones keep their order.
pub(crate) fn by_order<T: Copy>(items: &mut [T], compare: impl Fn(T, T) -> Ordering) {
    let places = places_by(items.len(), &|a, b| compare(items[a as usize], items[b as usize]));
    arrange(items, places.into_iter());
}

/// Brings to the front what stands at the first place, then what stands at the next.
fn arrange<T: Copy>(items: &mut [T], places: impl Iterator<Item = u32>) {
    let old = items.to_vec();
    for (item, place) in items.iter_mut().zip(places) {
        *item = old[place as usize];
    }
}

/// So many places in this order.
#[inline(never)]
fn places_by(count: usize, compare: &dyn Fn(u32, u32) -> Ordering) -> Vec<u32> {
    let mut places: Vec<u32> = (0..count as u32).collect();
    places.sort_by(|&a, &b| compare(a, b));
    places
}

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
    order.sort_unstable();
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_sorted_and_equal_ones_keep_their_order() {
        for count in [0, 1, 2, 7, 21, 100] {
            let mut items: Vec<(i64, usize)> = (0..count).map(|at| ((at as i64 * 7 + 3) % 5 - 2, at)).collect();
            let mut expected = items.clone();
            expected.sort();
            by_number(&mut items, |item| item.0);
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
