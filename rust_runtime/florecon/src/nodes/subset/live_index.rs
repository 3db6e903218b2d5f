//! Next live index over `0..n` with deletions (union-find).

/// The places `0..n`, fewer and fewer of them.
#[derive(Clone)]
pub(crate) struct LiveIndex {
    /// Each place points at itself while it is there, else towards the next that is.
    next: Vec<u32>,
}

impl LiveIndex {
    pub fn new(places: usize) -> Self {
        Self {
            next: (0..=places as u32).collect(),
        }
    }

    /// The first place from `at` on that is still there; the number of places when there is none.
    pub fn first(&mut self, at: u32) -> u32 {
        let mut root = at;
        while self.next[root as usize] != root {
            root = self.next[root as usize];
        }
        let mut place = at;
        while self.next[place as usize] != root {
            place = std::mem::replace(&mut self.next[place as usize], root);
        }
        root
    }

    pub fn remove(&mut self, at: u32) {
        self.next[at as usize] = at + 1;
    }

    pub fn has(&self, at: u32) -> bool {
        self.next[at as usize] == at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removed_places_are_passed_over() {
        let mut skip = LiveIndex::new(5);
        [1, 2, 4, 3].iter().for_each(|&at| skip.remove(at));
        assert_eq!(skip.first(0), 0);
        assert_eq!(skip.first(1), 5);
        assert!(skip.has(0) && !skip.has(3));
    }
}
