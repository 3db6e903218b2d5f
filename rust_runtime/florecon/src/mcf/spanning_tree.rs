//! Spanning tree of a basis, and the pivot that exchanges one of its arcs.
//!
//! The nodes of a component are a circular preorder list (`thread`) that starts at its root.
//! Arcs lead from sources to sinks, penalty arcs from sources to the root and from the root to sinks; so the arc between a node
//! and its parent points up exactly if the node is a source, and no direction is stored.
//!
//! Invariant: the tree is strongly feasible: a tree arc without flow points up, hence only sources have one. This and the rule
//! for the leaving arc exclude cycling.

use super::components::{Component, NONE};
use super::optimal_face::Tight;
use super::scalar::Number;

/// Stands for the penalty arc of a node in the place of an arc index.
pub(super) const PENALTY: u32 = NONE;

/// A node of the tree, with the arc between it and its parent; half a cache line.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Node {
    pub parent: u32,
    /// Arc to the parent, `PENALTY` if that is the penalty arc.
    pub pred: u32,
    /// Next node in preorder.
    pub thread: u32,
    /// Node before in preorder.
    pub back: u32,
    /// Arcs to the root.
    pub depth: i32,
    /// Flow on the arc to the parent.
    pub flow: i64,
}

/// An arc that is to enter the basis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entering<P> {
    pub arc: u32,
    pub tail: u32,
    pub head: u32,
    /// Its reduced cost, negative.
    pub reduced: P,
}

/// Leaving arc of the cycle of an entering arc.
pub(super) struct Leaving {
    /// The lower end of the leaving arc.
    pub node: u32,
    /// It lies between the entering arc's tail and the apex of the cycle, not between its head and the apex.
    pub at_tail: bool,
    /// Capacity of the cycle.
    pub flow: i64,
}

/// The basis of the component at hand.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    pub node: Vec<Node>,
}

impl Tree {
    /// Makes every node of the component a child of its root, unmatched.
    pub fn plant(&mut self, component: &Component<'_>) {
        let root = component.root;
        for ((x, &amount), node) in (0..).zip(component.amount).zip(&mut self.node) {
            *node = Node {
                parent: root,
                pred: PENALTY,
                thread: x + 1,
                back: if x == 0 { root } else { x - 1 },
                depth: 1,
                flow: amount,
            };
        }
        self.node[root as usize] = Node {
            parent: NONE,
            pred: NONE,
            thread: 0,
            back: root - 1,
            depth: 0,
            flow: 0,
        };
    }

    /// The duals of a component, from its root down: `cost` says what the arc above a node costs.
    pub fn load_duals<P: Number>(&self, component: &Component<'_>, dual: &mut [P], cost: impl Fn(u32, &Node) -> P) {
        dual[component.root as usize] = P::default();
        let mut x = self.node[component.root as usize].thread;
        while x != component.root {
            let node = &self.node[x as usize];
            let (above, cost) = (dual[node.parent as usize], cost(x, node));
            dual[x as usize] = if x < component.sinks {
                above - cost
            } else {
                above + cost
            };
            x = node.thread;
        }
    }

    /// The arc is in the basis.
    pub fn holds(&self, root: u32, tight: &Tight) -> bool {
        let Tight { arc, tail, head } = *tight;
        // The penalty arcs of all nodes share a sentinel; a node holds its own.
        (tail != root && self.node[tail as usize].pred == arc) || (head != root && self.node[head as usize].pred == arc)
    }

    /// Brings an arc into the basis and updates flows, tree and potentials; `touch` sees every node whose potential
    /// changes. Returns their number, and by how much.
    pub fn pivot<P: Number>(
        &mut self,
        entering: &Entering<P>,
        potential: &mut [P],
        mut touch: impl FnMut(usize),
    ) -> (usize, P) {
        let leaving = self.find_leaving(entering.tail, entering.head);
        if leaving.flow > 0 {
            self.push(entering.tail, entering.head, leaving.flow);
        }
        let (child, parent, shift) = if leaving.at_tail {
            (entering.tail, entering.head, -entering.reduced)
        } else {
            (entering.head, entering.tail, entering.reduced)
        };
        let link = (parent, entering.arc, leaving.flow);
        let moved = self.rehang(child, leaving.node, link, |x| {
            potential[x] = potential[x] + shift;
            touch(x);
        });
        (moved, shift)
    }

    /// The arc that runs dry first when flow is sent along the cycle of `tail -> head`; of several the last one seen from
    /// the apex in the direction of the flow, which keeps the tree strongly feasible.
    fn find_leaving(&self, tail: u32, head: u32) -> Leaving {
        let (mut a, mut b) = (tail, head);
        let (mut at_tail, mut at_head) = ((NONE, u64::MAX), (NONE, u64::MAX));
        // Going up, sources and sinks alternate; the tail's side drains the sources' arcs, the head's side the sinks'.
        let (mut a_drains, mut b_drains) = (true, true);
        while a != b {
            let (x, y) = (&self.node[a as usize], &self.node[b as usize]);
            if x.depth >= y.depth {
                if a_drains && (x.flow as u64) < at_tail.1 {
                    at_tail = (a, x.flow as u64);
                    if x.flow == 0 {
                        break;
                    }
                }
                a_drains = !a_drains;
                a = x.parent;
            }
            if y.depth >= x.depth {
                if b_drains && (y.flow as u64) <= at_head.1 {
                    at_head = (b, y.flow as u64);
                }
                b_drains = !b_drains;
                b = y.parent;
            }
        }
        let at_tail_wins = at_tail.1 < at_head.1;
        let (node, flow) = if at_tail_wins { at_tail } else { at_head };
        Leaving {
            node,
            at_tail: at_tail_wins,
            flow: flow as i64,
        }
    }

    /// Sends `flow` along `tail -> head`, up from the head to the apex and down to the tail.
    fn push(&mut self, tail: u32, head: u32, flow: i64) {
        let (mut a, mut b) = (tail, head);
        let (mut a_gain, mut b_gain) = (-flow, -flow);
        while a != b {
            let (a_depth, b_depth) = (self.node[a as usize].depth, self.node[b as usize].depth);
            if a_depth >= b_depth {
                let x = &mut self.node[a as usize];
                x.flow += a_gain;
                a_gain = -a_gain;
                a = x.parent;
            }
            if b_depth >= a_depth {
                let y = &mut self.node[b as usize];
                y.flow += b_gain;
                b_gain = -b_gain;
                b = y.parent;
            }
        }
    }

    /// Cuts the subtree of `cut`, makes `child` its root and hangs it up by `link` (parent, arc, flow); `visit` sees every
    /// node of the subtree once. Returns their number.
    fn rehang(&mut self, child: u32, cut: u32, link: (u32, u32, i64), mut visit: impl FnMut(usize)) -> usize {
        let before = self.node[cut as usize].back;
        let mut shift = self.node[link.0 as usize].depth + 1 - self.node[child as usize].depth;
        let (mut moved, mut end, mut after) = (0, NONE, NONE);
        let (mut x, mut done, mut up) = (child, NONE, link);
        // Along the stem from `child` to `cut`: each node's part of the preorder but for the part already placed.
        loop {
            let node = self.node[x as usize];
            if done != NONE {
                self.follow(end, x);
            }
            let mut y = x;
            loop {
                visit(y as usize);
                moved += 1;
                let here = &mut self.node[y as usize];
                here.depth += shift;
                end = y;
                y = here.thread;
                if y == done {
                    y = after;
                    if self.node[y as usize].depth > node.depth {
                        self.follow(end, y);
                    }
                }
                if self.node[y as usize].depth <= node.depth {
                    break;
                }
            }
            after = y;
            let here = &mut self.node[x as usize];
            (here.parent, here.pred, here.flow) = up;
            if x == cut {
                break;
            }
            up = (x, node.pred, node.flow);
            (done, x) = (x, node.parent);
            shift += 2;
        }
        self.follow(before, after);
        let next = self.node[link.0 as usize].thread;
        self.follow(link.0, child);
        self.follow(end, next);
        moved
    }

    /// Makes `y` the successor of `x` in preorder.
    pub fn follow(&mut self, x: u32, y: u32) {
        self.node[x as usize].thread = y;
        self.node[y as usize].back = x;
    }
}
