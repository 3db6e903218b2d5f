//! A group of another optimal flow, for `explain`.
//!
//! Optimal flows differ by cycles of the tight residual graph: the arcs of reduced cost zero, forward, and those with flow,
//! backward; penalties lead to and from a root. The pairs with flow of a group connect its nodes both ways, so the group counts
//! as one node, and the shortest way out of it and back closes a cycle. Which arcs lie on a cycle does not depend on the duals,
//! and so neither does the way.
//!
//! The code is written for its size: every module with a `flow` carries it.

use crate::mcf::{Instance, Solution};

const NONE: usize = usize::MAX;

/// An optimal flow, and the arcs of each node, ascending.
pub(super) struct Optimum<'a> {
    pub instance: &'a Instance,
    pub solution: &'a Solution,
    pub arcs: &'a [Vec<u32>],
}

impl Optimum<'_> {
    /// What each node has in the group of a node in another optimal flow, or in the first one there of a node that it is matched
    /// with. `own` is in a group that is not unique.
    #[inline(never)]
    pub fn rival(&self, own: usize) -> Vec<i64> {
        let flow = &self.solution.flow;
        let group = self.component(flow, own);
        let mut way = self.leave(&group, false);
        if way.is_empty() {
            way = self.leave(&group, true);
        }
        let mut changed = flow.clone();
        if let (Some(&to), Some(&from)) = (way.first(), way.last()) {
            self.go_inside(&mut way, from, to);
            let room = way
                .windows(2)
                .map(|step| self.room(step[0], step[1]))
                .min()
                .unwrap_or(0);
            for step in way.windows(2) {
                if let Some(arc) = self.arc(step[0], step[1]) {
                    changed[arc] += if step[0] < step[1] { room } else { -room };
                }
            }
        }
        let mut rival = self.component(&changed, own);
        for (node, &amount) in group.iter().enumerate() {
            if amount != 0 && rival.iter().all(|&amount| amount == 0) {
                rival = self.component(&changed, node);
            }
        }
        rival
    }

    /// Calls `visit` with the other end of each arc of a node, and the arc.
    fn visit(&self, node: usize, visit: &mut dyn FnMut(usize, usize)) {
        for &arc in &self.arcs[node] {
            let arc = arc as usize;
            let ends = self.instance.tail[arc] as usize + self.instance.head[arc] as usize;
            visit(ends - node, arc);
        }
    }

    /// What each node has in the component of positive flow that holds a node.
    fn component(&self, flow: &[i64], start: usize) -> Vec<i64> {
        let mut matched = vec![0; self.arcs.len()];
        let mut queue = vec![start];
        while let Some(node) = queue.pop() {
            if matched[node] == 0 {
                self.visit(node, &mut |other, arc| {
                    if flow[arc] > 0 {
                        matched[node] += if node < other { flow[arc] } else { -flow[arc] };
                        queue.push(other);
                    }
                });
            }
        }
        matched
    }

    /// What is unmatched of a node.
    fn open(&self, node: usize) -> i64 {
        let mut open = self.instance.supply[node].abs();
        self.visit(node, &mut |_, arc| open -= self.solution.flow[arc]);
        open
    }

    /// Whether the graph leads from a node to the root, and from the root to it.
    fn meets_root(&self, node: usize) -> [bool; 2] {
        let is_source = node < self.instance.n_sources;
        let bound = self.instance.penalty[node];
        let is_tight = self.solution.potential[node] == if is_source { -bound } else { bound };
        let is_open = self.open(node) > 0;
        if is_source {
            [is_tight, is_open]
        } else {
            [is_open, is_tight]
        }
    }

    /// Calls `visit` with the nodes that the graph leads to, and the arc or `NONE`.
    fn steps(&self, node: usize, visit: &mut dyn FnMut(usize, usize)) {
        let root = self.arcs.len();
        if node == root {
            for next in 0..root {
                if self.meets_root(next)[1] {
                    visit(next, NONE);
                }
            }
            return;
        }
        let Solution { flow, potential, .. } = self.solution;
        self.visit(node, &mut |other, arc| {
            let is_forward = node < other && self.instance.cost[arc] + potential[node] == potential[other];
            if is_forward || node > other && flow[arc] > 0 {
                visit(other, arc);
            }
        });
        if self.meets_root(node)[0] {
            visit(root, NONE);
        }
    }

    /// The shortest way out of a group and back into it, backward: out by a penalty, or by a pair without flow. No step if there is
    /// none.
    fn leave(&self, group: &[i64], by_penalty: bool) -> Vec<usize> {
        let root = self.arcs.len();
        let is_inside = |node: usize| node < root && group[node] != 0;
        let mut before = vec![NONE; root + 1];
        let (mut queue, mut exits, mut way) = (Vec::new(), Vec::new(), Vec::new());
        for member in 0..root {
            if !is_inside(member) {
                continue;
            }
            self.steps(member, &mut |to, arc| {
                let is_flow = arc != NONE && self.solution.flow[arc] > 0;
                if (to == root) == by_penalty && !is_flow && way.is_empty() {
                    if is_inside(to) {
                        way = vec![to, member];
                    }
                    exits.push(member);
                    if before[to] == NONE {
                        before[to] = member;
                        queue.push(to);
                    }
                }
            });
        }
        let mut at = 0;
        while at < queue.len() && way.is_empty() {
            let node: usize = queue[at];
            at += 1;
            self.steps(node, &mut |to, _| {
                // there and back by one penalty is no cycle
                let exit = exits.iter().find(|&&exit| !by_penalty || node != root || exit != to);
                if !is_inside(to) {
                    if before[to] == NONE {
                        before[to] = node;
                        queue.push(to);
                    }
                } else if let (true, Some(&exit)) = (way.is_empty(), exit) {
                    way = vec![to, node];
                    let mut last = before[node];
                    while !is_inside(last) {
                        way.push(last);
                        last = before[last];
                    }
                    way.push(if by_penalty { exit } else { last });
                }
            });
        }
        way.reverse();
        way
    }

    /// Adds the way from one node of a group to another by pairs with flow.
    fn go_inside(&self, way: &mut Vec<usize>, from: usize, to: usize) {
        let mut before = vec![NONE; self.arcs.len()];
        before[to] = to;
        let mut queue = vec![to];
        while let Some(node) = queue.pop() {
            self.visit(node, &mut |other, arc| {
                if self.solution.flow[arc] > 0 && before[other] == NONE {
                    before[other] = node;
                    queue.push(other);
                }
            });
        }
        let mut node = from;
        while node != to {
            node = before[node];
            way.push(node);
        }
    }

    /// The arc of a step, in either direction; none for a penalty.
    fn arc(&self, from: usize, to: usize) -> Option<usize> {
        let mut found = None;
        if from.max(to) < self.arcs.len() {
            self.visit(from, &mut |other, arc| {
                if other == to {
                    found = Some(arc);
                }
            });
        }
        found
    }

    /// How much may take a step.
    fn room(&self, from: usize, to: usize) -> i64 {
        let (root, n_sources) = (self.arcs.len(), self.instance.n_sources);
        match self.arc(from, to) {
            Some(arc) if from > to => self.solution.flow[arc],
            None if from == root && to < n_sources => self.open(to),
            None if to == root && from >= n_sources => self.open(from),
            _ => i64::MAX,
        }
    }
}
