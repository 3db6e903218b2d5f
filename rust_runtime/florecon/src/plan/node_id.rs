//! Id of a node: its position in a pre-order walk of the plan, from 0.

use std::fmt;
use std::num::NonZeroU32;

/// Id of a node. It is held plus one, so that an optional id takes four bytes; no node is less than every node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(NonZeroU32);

impl NodeId {
    pub fn new(position: u32) -> Self {
        Self(NonZeroU32::MIN.saturating_add(position))
    }

    pub fn get(self) -> u32 {
        self.0.get() - 1
    }

    pub fn index(self) -> usize {
        self.get() as usize
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}
