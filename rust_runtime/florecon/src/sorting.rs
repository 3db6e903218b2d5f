//! Sorting by a number, for everything that is so sorted: each type and order that the standard sort is used with costs a
//! module ten kilobytes.

/// Up to so many items are sorted where they stand.
const FEW: usize = 16;

/// Sorts items by a number each has. Equal ones keep their order.
pub(crate) fn by_number<T: Copy>(items: &mut [T], number: impl Fn(T) -> i64) {
    if items.len() > FEW {
        return by_many_numbers(items, number);
    }
    for end in 1..items.len() {
        let item = items[end];
        let own = number(item);
        let mut at = end;
        while at > 0 && number(items[at - 1]) > own {
            items[at] = items[at - 1];
            at -= 1;
        }
        items[at] = item;
    }
}

fn by_many_numbers<T: Copy>(items: &mut [T], number: impl Fn(T) -> i64) {
    let mut keys: Vec<(i64, u32)> = items
        .iter()
        .zip(0..)
        .map(|(&item, place)| (number(item), place))
        .collect();
    if keys.is_sorted() {
        return;
    }
    sort(&mut keys);
    let old = items.to_vec();
    for (item, (_, place)) in items.iter_mut().zip(keys) {
        *item = old[place as usize];
    }
}

#[inline(never)]
fn sort(keys: &mut [(i64, u32)]) {
    keys.sort_unstable();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_sorted_and_equal_ones_keep_their_order() {
        for count in [0, 1, 2, 7, FEW, FEW + 1, 100] {
            let mut items: Vec<(i64, usize)> = (0..count).map(|at| ((at as i64 * 7 + 3) % 5 - 2, at)).collect();
            let mut expected = items.clone();
            expected.sort();
            by_number(&mut items, |item| item.0);
            assert_eq!(items, expected, "{count} items");
        }
    }
}
