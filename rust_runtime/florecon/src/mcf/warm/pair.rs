//! Cost and first canonical weight as one lexicographic number.

use std::ops::{Add, Neg, Sub};

use crate::mcf::scalar::Number;

/// A cost and a weight. The least pair is the least cost and, among equals, the least weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    pub cost: i64,
    pub weight: i64,
}

impl Add for Pair {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            cost: self.cost + other.cost,
            weight: self.weight + other.weight,
        }
    }
}

impl Sub for Pair {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self {
            cost: self.cost - other.cost,
            weight: self.weight - other.weight,
        }
    }
}

impl Neg for Pair {
    type Output = Self;
    fn neg(self) -> Self {
        Self {
            cost: -self.cost,
            weight: -self.weight,
        }
    }
}

impl Number for Pair {
    fn of(cost: i64) -> Self {
        Self { cost, weight: 0 }
    }

    fn dual(self) -> i64 {
        self.cost
    }
}
