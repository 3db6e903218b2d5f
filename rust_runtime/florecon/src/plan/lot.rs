//! Lots and bags: a bag is a slice of lots in ascending row order, compacted in place as lots are matched.

use crate::sorting::by_number;

/// Part of a row: an amount in minor units of the active numeraire. `row` is the row's rank in ascending id order.
///
/// Invariant: the parts of a row (its residual and its members of groups) have the sign of the row and add up to no more than
/// the row, so the sum of any of them is within 64 bits. [`join`] checks the sign in debug builds, a solve checks the sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lot {
    pub row: u32,
    pub amount: i64,
}

/// The sum of two parts of one row.
pub(crate) fn join(a: i64, b: i64) -> i64 {
    debug_assert!(
        a == 0 || b == 0 || (a > 0) == (b > 0),
        "parts of one row have one sign: {a}, {b}"
    );
    a + b
}

/// Drops the lots of amount zero, keeping the order; returns how many lots are left at the front.
pub(crate) fn compact(bag: &mut [Lot]) -> usize {
    let Some(mut left) = bag.iter().position(|lot| lot.amount == 0) else {
        return bag.len();
    };
    for at in left + 1..bag.len() {
        let lot = bag[at];
        bag[left] = lot;
        left += usize::from(lot.amount != 0);
    }
    left
}

/// Copies some positions of a bag.
pub(crate) fn gather(bag: &[Lot], positions: &[u32], shard: &mut Vec<Lot>) {
    shard.clear();
    shard.extend(positions.iter().map(|&at| bag[at as usize]));
}

/// Writes the residual of a shard back to its positions: zero where nothing is left.
pub(crate) fn write_back(bag: &mut [Lot], positions: &[u32], residual: &[Lot]) {
    let mut residual = residual.iter().peekable();
    for &at in positions {
        let lot = &mut bag[at as usize];
        lot.amount = residual
            .next_if(|kept| kept.row == lot.row)
            .map_or(0, |kept| kept.amount);
    }
}

/// Returns freed amounts to the residual `bag[..left]`, one lot a row, and returns its new length.
///
/// Every freed row was in the bag when it was full, so the bag has room.
pub(crate) fn give_back(bag: &mut [Lot], left: usize, mut freed: Vec<Lot>) -> usize {
    if freed.is_empty() {
        return left;
    }
    by_number(&mut freed, |lot| i64::from(lot.row));
    freed.dedup_by(|next, lot| {
        let same = next.row == lot.row;
        if same {
            lot.amount = join(lot.amount, next.amount);
        }
        same
    });
    let shared = freed
        .iter()
        .filter(|lot| bag[..left].binary_search_by_key(&lot.row, |kept| kept.row).is_ok())
        .count();
    let total = left + freed.len() - shared;
    // from the back, so that no lot is overwritten before it is read
    let (mut kept, mut write) = (left, total);
    while let Some(lot) = freed.last() {
        write -= 1;
        if kept > 0 && bag[kept - 1].row > lot.row {
            kept -= 1;
            bag[write] = bag[kept];
            continue;
        }
        let mut merged = *lot;
        if kept > 0 && bag[kept - 1].row == lot.row {
            kept -= 1;
            merged.amount = join(merged.amount, bag[kept].amount);
        }
        bag[write] = merged;
        freed.pop();
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lots(pairs: &[(u32, i64)]) -> Vec<Lot> {
        pairs.iter().map(|&(row, amount)| Lot { row, amount }).collect()
    }

    #[test]
    fn compacting_keeps_the_order() {
        let mut bag = lots(&[(1, 5), (2, 0), (3, 7), (4, 0), (9, 1)]);
        let left = compact(&mut bag);
        assert_eq!(bag[..left], lots(&[(1, 5), (3, 7), (9, 1)]));
    }

    #[test]
    fn freed_amounts_merge_with_what_is_left() {
        let mut bag = lots(&[(2, 5), (6, 7), (0, 0), (0, 0), (0, 0)]);
        let left = give_back(&mut bag, 2, lots(&[(9, 1), (6, 1), (1, 4), (9, 2)]));
        assert_eq!(bag[..left], lots(&[(1, 4), (2, 5), (6, 8), (9, 3)]));
    }
}
