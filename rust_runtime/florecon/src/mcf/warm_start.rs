//! Warm start: the basis of an earlier optimum, repaired until it is feasible.
//!
//! The lower end of an arc that is gone is hung under the root by its penalty arc. The flow on the remaining tree arcs follows
//! from the supplies, from the leaves up. Where the children of a node would move more than the node has, children are hung
//! under the root until they do not; what such a child moved becomes unmatched, which is always feasible. A sink gives up one
//! child more if its own arc would be left without flow, which would break strong feasibility (see `spanning_tree`).

use super::components::{Component, NONE};
use super::scalar::Number;
use super::simplex::Network;
use super::spanning_tree::{Node, PENALTY, Tree};
use crate::sorting::by_number;

/// Buffers, reused from component to component; per node.
#[derive(Default)]
pub(super) struct Forest {
    /// The children of a node as a list.
    first: Vec<u32>,
    next: Vec<u32>,
    /// Children that have no flow yet.
    waiting: Vec<u32>,
    ready: Vec<u32>,
    children: Vec<(i64, u32)>,
}

impl<P: Number> Network<P> {
    /// Makes the tree one near `basis`: per node of the instance the parent it had, `NONE` for the root. Parents must come
    /// from one tree; those that no arc leads to any more are passed over. `slot` is the layout's.
    pub fn start_from(&mut self, component: &Component<'_>, slot: &[u32], basis: &[u32]) {
        self.hang_as(component, slot, basis);
        self.forest.find_flows(component, &mut self.tree);
        self.forest.thread(component, &mut self.tree);
        self.tree.load_duals(component, &mut self.potential, |x, node| {
            P::of(if node.pred == PENALTY {
                component.penalty[x as usize]
            } else {
                component.cost[node.pred as usize]
            })
        });
    }

    /// Gives every node its parent and the arc to it.
    fn hang_as(&mut self, component: &Component<'_>, slot: &[u32], basis: &[u32]) {
        for ((x, &own), node) in (0..).zip(component.node).zip(&mut self.tree.node) {
            // of another component, or none: beyond the root
            let parent = slot
                .get(basis[own as usize] as usize)
                .map_or(NONE, |&slot| slot.wrapping_sub(component.first));
            let ends = if x < component.sinks { (x, parent) } else { (parent, x) };
            let arc = find_arc(component, ends);
            (node.parent, node.pred) = arc.map_or((component.root, PENALTY), |arc| (parent, arc));
        }
    }
}

impl Forest {
    /// The flow above every node, leaves first.
    fn find_flows(&mut self, component: &Component<'_>, tree: &mut Tree) {
        let root = component.root;
        self.list_children(component, &tree.node);
        self.ready.clear();
        self.ready.extend((0..root).filter(|&x| self.waiting[x as usize] == 0));
        while let Some(x) = self.ready.pop() {
            let left = self.settle(component, tree, x);
            let node = &mut tree.node[x as usize];
            node.flow = left;
            if node.parent != root {
                let waiting = &mut self.waiting[node.parent as usize];
                *waiting -= 1;
                if *waiting == 0 {
                    self.ready.push(node.parent);
                }
            }
        }
    }

    /// The flow that the children of `x` leave for its own arc; children are cut off until it is feasible.
    fn settle(&mut self, component: &Component<'_>, tree: &mut Tree, x: u32) -> i64 {
        self.children.clear();
        let mut child = self.first[x as usize];
        let mut left = i128::from(component.amount[x as usize]);
        while child != NONE {
            let flow = tree.node[child as usize].flow;
            left -= i128::from(flow);
            self.children.push((flow, child));
            child = self.next[child as usize];
        }
        let least = i128::from(x >= component.sinks);
        if left < least {
            // the largest first, so that few are cut off
            by_number(&mut self.children, |(flow, _)| -flow);
            for &(flow, child) in &self.children {
                if left >= least {
                    break;
                }
                let node = &mut tree.node[child as usize];
                (node.parent, node.pred) = (component.root, PENALTY);
                left += i128::from(flow);
            }
        }
        // between zero and the node's amount
        left as i64
    }

    /// Preorder and depths of a tree whose nodes have their parents.
    pub fn thread(&mut self, component: &Component<'_>, tree: &mut Tree) {
        let root = component.root;
        self.list_children(component, &tree.node);
        tree.node[root as usize] = Node {
            parent: NONE,
            pred: NONE,
            ..Node::default()
        };
        let mut end = root;
        let stack = &mut self.ready;
        stack.clear();
        stack.extend((0..root).filter(|&x| tree.node[x as usize].parent == root).rev());
        while let Some(x) = stack.pop() {
            tree.follow(end, x);
            end = x;
            let above = tree.node[x as usize].parent;
            tree.node[x as usize].depth = tree.node[above as usize].depth + 1;
            let mut child = self.first[x as usize];
            while child != NONE {
                stack.push(child);
                child = self.next[child as usize];
            }
        }
        tree.follow(end, root);
    }

    /// Lists the children of every node but the root.
    fn list_children(&mut self, component: &Component<'_>, nodes: &[Node]) {
        let (root, n) = (component.root, component.n_nodes());
        for buffer in [&mut self.first, &mut self.next] {
            buffer.clear();
            buffer.resize(n, NONE);
        }
        self.waiting.clear();
        self.waiting.resize(n, 0);
        for x in (0..root).rev() {
            let parent = nodes[x as usize].parent;
            if parent != root {
                let at = parent as usize;
                self.next[x as usize] = self.first[at];
                self.first[at] = x;
                self.waiting[at] += 1;
            }
        }
    }
}

/// The arc between two nodes.
fn find_arc(component: &Component<'_>, (tail, head): (u32, u32)) -> Option<u32> {
    if head < component.sinks || head >= component.root || tail >= component.sinks {
        return None;
    }
    let from = tail.checked_sub(1).map_or(0, |before| component.end[before as usize]);
    let row = &component.head[from as usize..component.end[tail as usize] as usize];
    let at = row.binary_search(&head).ok()?;
    Some(from + at as u32)
}
