//! Values of the rows of a large shard as numbers, for what is asked of its groups.
//!
//! The members of a group lie apart, so that each is a miss of the cache. A value that many groups are asked for is read once of
//! all rows, one after the other; its numbers are few bytes.

use std::cell::RefCell;
use std::hash::Hash;

use super::Answer;
use super::buckets::{NO_KEY, Numbering};
use super::group::Group;
use super::item::Item;
use crate::sorting;

/// A value is read of all rows once groups of this part of them were asked for it.
const ASKED_PART: usize = 8;

/// The number of a row whose value cannot be computed.
const FAULT: u32 = NO_KEY - 1;

/// The values of a shard that were asked for, by function; none outside of a shard.
#[derive(Debug, Default)]
pub(crate) struct GroupColumns {
    /// Number of rows of the shard.
    rows: usize,
    columns: RefCell<Vec<Column>>,
}

/// A value of the rows.
#[derive(Debug)]
struct Column {
    /// The address of the code that numbers it: code at one address computes the same.
    function: usize,
    /// Members of groups that it was asked for.
    asked: usize,
    /// By row, once it is read.
    numbers: Vec<u32>,
}

impl GroupColumns {
    pub fn of_shard(rows: usize) -> Self {
        Self {
            rows,
            columns: RefCell::default(),
        }
    }
}

impl<R> Group<'_, R> {
    /// Number of different non-null values over whole members, by their numbers. None where it has to be read: of a function with
    /// captures, which may give something else elsewhere, of members in part, and where few were asked for it.
    pub(super) fn distinct_numbers<K, A, F>(&self, value: &F) -> Option<i64>
    where
        K: Eq + Hash,
        A: Answer<Value = Option<K>>,
        F: Fn(Item<'_, R>) -> A,
    {
        let rows = self.columns.rows;
        if size_of::<F>() != 0 || rows == 0 {
            return None;
        }
        let numbering: fn(&Self, &F) -> Vec<u32> = Self::numbered;
        let function = numbering as usize;
        let mut columns = self.columns.columns.try_borrow_mut().ok()?;
        let at = columns.iter().position(|column| column.function == function);
        let at = at.unwrap_or_else(|| {
            columns.push(Column {
                function,
                asked: 0,
                numbers: Vec::new(),
            });
            columns.len() - 1
        });
        let column = &mut columns[at];
        if column.numbers.is_empty() {
            column.asked += self.members.len();
            if column.asked < rows / ASKED_PART {
                return None;
            }
            column.numbers = numbering(self, value);
        }
        self.distinct_of(&column.numbers)
    }

    /// The number of the value of every row of the shard; `NO_KEY` where it is null.
    fn numbered<K, A, F>(&self, value: &F) -> Vec<u32>
    where
        K: Eq + Hash,
        A: Answer<Value = Option<K>>,
        F: Fn(Item<'_, R>) -> A,
    {
        let mut numbering = Numbering::default();
        let whole = (0_u32..).zip(self.originals).map(|(row, &amount)| Item {
            row: self.rows.row(row),
            amount,
            original: amount,
        });
        whole
            .map(|item| match value(item).answer() {
                Ok(Some(value)) => numbering.number(value),
                Ok(None) => NO_KEY,
                Err(_) => FAULT,
            })
            .collect()
    }

    fn distinct_of(&self, numbers: &[u32]) -> Option<i64> {
        let (mut one, mut other, mut more) = (NO_KEY, NO_KEY, Vec::new());
        for (&row, &amount) in self.members.iter().zip(self.amounts) {
            let number = numbers[row as usize];
            if number == FAULT || amount != self.originals[row as usize] {
                return None;
            }
            if number == NO_KEY || number == one || number == other {
                continue;
            }
            if one == NO_KEY {
                one = number;
            } else if other == NO_KEY {
                other = number;
            } else {
                more.push(number);
            }
        }
        sorting::numbers(&mut more);
        more.dedup();
        Some(i64::from(one != NO_KEY) + i64::from(other != NO_KEY) + more.len() as i64)
    }
}
