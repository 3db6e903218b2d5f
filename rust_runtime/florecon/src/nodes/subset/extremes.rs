//! Segment tree of extreme sums: sums of the k smallest and the k largest amounts from a position on, under deletion.

/// Amounts at fixed places: a tree over blocks of them, each node with its few smallest and largest.
pub(crate) struct Extremes {
    /// The amounts; none where removed.
    amounts: Vec<Option<i64>>,
    /// Number of blocks, rounded up to a power of two; the block `b` is the node `leaves + b`.
    leaves: usize,
    /// Per node, the smallest amounts ascending.
    small: Nodes,
    /// Per node, the negatives of the largest amounts ascending.
    large: Nodes,
    scratch: Few,
}

const BLOCK: usize = 32;

impl Extremes {
    /// Over the amounts that are left, keeping the `most` (at least 1) smallest and largest. No amount is `i64::MIN`.
    pub fn new(amounts: Vec<Option<i64>>, most: usize) -> Self {
        let leaves = amounts.len().div_ceil(BLOCK).next_power_of_two();
        let mut extremes = Self {
            amounts,
            leaves,
            small: Nodes::new(2 * leaves, most),
            large: Nodes::new(2 * leaves, most),
            scratch: Few::default(),
        };
        for block in 0..leaves {
            extremes.fill_block(block);
        }
        for node in (1..leaves).rev() {
            extremes.fill_inner(node);
        }
        extremes
    }

    pub fn remove(&mut self, place: usize) {
        self.amounts[place] = None;
        self.fill_block(place / BLOCK);
        let mut node = (self.leaves + place / BLOCK) / 2;
        while node > 0 {
            self.fill_inner(node);
            node /= 2;
        }
    }

    fn fill_block(&mut self, block: usize) {
        let start = (block * BLOCK).min(self.amounts.len());
        let end = (start + BLOCK).min(self.amounts.len());
        let amounts = &self.amounts[start..end];
        let node = self.leaves + block;
        self.scratch.reset(self.small.most);
        self.scratch.extend(amounts.iter().flatten().copied());
        self.small.set(node, &self.scratch.kept);
        self.scratch.reset(self.large.most);
        self.scratch.extend(amounts.iter().flatten().map(|amount| -amount));
        self.large.set(node, &self.scratch.kept);
    }

    fn fill_inner(&mut self, node: usize) {
        for nodes in [&mut self.small, &mut self.large] {
            self.scratch.reset(nodes.most);
            self.scratch.extend(nodes.get(2 * node).iter().copied());
            self.scratch.extend(nodes.get(2 * node + 1).iter().copied());
            nodes.set(node, &self.scratch.kept);
        }
    }

    /// The largest magnitude of all.
    pub fn reach(&self) -> u64 {
        let ends = self.small.get(1).first().into_iter().chain(self.large.get(1).first());
        ends.map(|amount| amount.unsigned_abs()).max().unwrap_or(0)
    }

    /// The sums of the `count` smallest and largest amounts from `place` on; none where there are fewer. `count` is no
    /// more than what is kept.
    pub fn from(&mut self, place: usize, count: usize) -> Option<(i128, i128)> {
        let block = (place / BLOCK).min(self.leaves - 1);
        let end = ((block + 1) * BLOCK).min(self.amounts.len());
        let amounts = &self.amounts[place.min(end)..end];
        let mut sums = [0; 2];
        for (nodes, sum, sign) in [(&self.small, 0, 1), (&self.large, 1, -1)] {
            self.scratch.reset(count);
            self.scratch
                .extend(amounts.iter().flatten().map(|amount| sign * amount));
            let mut node = self.leaves + block;
            while node > 1 {
                if node.is_multiple_of(2) {
                    self.scratch.extend(nodes.get(node + 1).iter().copied());
                }
                node /= 2;
            }
            if self.scratch.kept.len() < count {
                return None;
            }
            sums[sum] = self.scratch.kept.iter().map(|&amount| i128::from(sign * amount)).sum();
        }
        Some((sums[0], sums[1]))
    }
}

/// Up to `most` numbers per node, in one array.
struct Nodes {
    most: usize,
    kept: Vec<i64>,
    count: Vec<usize>,
}

impl Nodes {
    fn new(nodes: usize, most: usize) -> Self {
        Self {
            most,
            kept: vec![0; nodes * most],
            count: vec![0; nodes],
        }
    }

    fn get(&self, node: usize) -> &[i64] {
        &self.kept[node * self.most..][..self.count[node]]
    }

    fn set(&mut self, node: usize, numbers: &[i64]) {
        self.kept[node * self.most..][..numbers.len()].copy_from_slice(numbers);
        self.count[node] = numbers.len();
    }
}

/// The smallest of what it is given, ascending.
#[derive(Default)]
struct Few {
    most: usize,
    kept: Vec<i64>,
}

impl Few {
    fn reset(&mut self, most: usize) {
        self.most = most;
        self.kept.clear();
    }

    fn extend(&mut self, numbers: impl Iterator<Item = i64>) {
        for number in numbers {
            if self.kept.len() == self.most {
                if self.kept.last().is_some_and(|&last| last <= number) {
                    continue;
                }
                self.kept.pop();
            }
            self.kept
                .insert(self.kept.partition_point(|&other| other <= number), number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(amounts: &[Option<i64>], place: usize, count: usize) -> Option<(i128, i128)> {
        let mut rest: Vec<i128> = amounts[place..].iter().flatten().map(|&amount| amount.into()).collect();
        rest.sort_unstable();
        let low = rest.get(..count)?.iter().sum();
        Some((low, rest[rest.len() - count..].iter().sum()))
    }

    #[test]
    fn suffixes_agree_with_sorting_while_amounts_are_removed() {
        let mut amounts: Vec<Option<i64>> = (0..300_i64).map(|n| Some((n * 7919) % 401 - 200)).collect();
        let mut extremes = Extremes::new(amounts.clone(), 3);
        for round in 0..300 {
            let place = (round * 131) % 300;
            amounts[place] = None;
            extremes.remove(place);
            for from in [0, 31, 32, 33, place, 299, 300] {
                for count in 1..=3 {
                    assert_eq!(extremes.from(from, count), plain(&amounts, from, count));
                }
            }
            let reach = amounts.iter().flatten().map(|amount| amount.unsigned_abs()).max();
            assert_eq!(extremes.reach(), reach.unwrap_or(0));
        }
    }
}
