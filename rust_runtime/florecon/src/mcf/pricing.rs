//! Block pricing: the entering arc is the best of a block of arcs; the block size adapts to the cost of a pivot.

use std::ops::Range;

use super::components::{Component, NONE};
use super::pricing_cache::{Look, Patches};
use super::scalar::Number;
use super::spanning_tree::{Entering, PENALTY};

/// Arcs by column.
#[derive(Clone, Copy)]
pub(super) struct Columns<'a> {
    pub tail: &'a [u32],
    pub head: &'a [u32],
    pub cost: &'a [i64],
    /// Per source the position where its arcs end; empty where arcs do not come row by row.
    pub end: &'a [u32],
    /// The arc of the component at each position, if that is not the position.
    pub arc: &'a [u32],
}

impl Columns<'_> {
    /// The arc of the component at a position.
    pub fn arc(&self, position: usize) -> u32 {
        self.arc.get(position).map_or(position as u32, |&arc| arc)
    }
}

/// Block search over arcs, then the penalty arcs of the nodes of a component.
pub(super) struct Pricer<'a, P> {
    arcs: Columns<'a>,
    /// Penalties of the component's nodes, or none.
    penalty: &'a [i64],
    component: &'a Component<'a>,
    /// Position where the next block starts: arcs first, then nodes.
    next: usize,
    /// The positions that are priced, range after range, and the range at hand.
    spans: [Range<usize>; 3],
    span: usize,
    block: usize,
    patches: Option<Patches>,
    /// Mean number of nodes that a pivot moved, in parts of a `FINE`th.
    moved: i64,
    best: P,
    found: usize,
}

/// Position of nothing.
const NOWHERE: usize = usize::MAX;

/// Arcs in a block while pivots move next to nothing; between 20 and 150 the time differs by a tenth.
const SHORTEST_BLOCK: usize = 40;
/// Arcs looked at for each node that a pivot moves, which takes about four times as long as looking at an arc.
const ARCS_PER_MOVED_NODE: i64 = 4;
/// Pivots over which their cost is averaged.
const MEMORY: i64 = 32;
/// Parts of a node in the average.
const FINE: i64 = 256;

impl<'a, P: Number> Pricer<'a, P> {
    /// Prices arcs and, for each entry of `penalty`, the penalty arc of that node of the component.
    pub fn new(arcs: Columns<'a>, penalty: &'a [i64], component: &'a Component<'a>) -> Self {
        Self {
            arcs,
            penalty,
            component,
            next: 0,
            spans: [0..arcs.tail.len() + penalty.len(), 0..0, 0..0],
            span: 0,
            block: SHORTEST_BLOCK,
            patches: None,
            moved: 0,
            best: P::default(),
            found: NOWHERE,
        }
    }

    /// The same, with a memory for what needs no second look, for arcs ascending by tail.
    pub fn watching(arcs: Columns<'a>, penalty: &'a [i64], component: &'a Component<'a>) -> Self {
        Self {
            patches: Patches::new(arcs, component),
            ..Self::new(arcs, penalty, component)
        }
    }

    /// Number of parts for `confine`, if their arcs end near each other.
    pub fn local_parts(&self) -> usize {
        self.patches.as_ref().map_or(0, Patches::local_parts)
    }

    /// Restricts pricing to the arcs and nodes of these parts, and records uniform shifts.
    pub fn confine(&mut self, parts: Range<usize>) {
        let Some(patches) = &mut self.patches else { return };
        patches.records_uniform_shifts = true;
        let (arcs, [sources, sinks]) = patches.part(parts);
        let Component { sinks: base, root, .. } = *self.component;
        let at = |x: u32| self.arcs.tail.len() + x as usize;
        self.spans = [
            arcs,
            at(sources.start)..at(sources.end.min(base)),
            at(sinks.start.max(base))..at(sinks.end.min(root)),
        ];
        self.start_over();
    }

    /// Prices everything again.
    pub fn release(&mut self) {
        self.spans = [0..self.arcs.tail.len() + self.penalty.len(), 0..0, 0..0];
        self.start_over();
    }

    fn start_over(&mut self) {
        self.span = self.spans.len() - 1;
        self.next = self.spans[self.span].end;
        self.go_on();
    }

    /// From the end of a range to the start of the next one.
    fn go_on(&mut self) {
        while self.next == self.spans[self.span].end {
            self.span = (self.span + 1) % self.spans.len();
            self.next = self.spans[self.span].start;
        }
        if let Some(patches) = &mut self.patches {
            patches.seek(self.next);
        }
    }

    /// The arc to enter next, by its position; `None` if no reduced cost is negative.
    pub fn entering(&mut self, potential: &[P]) -> Option<Entering<P>> {
        (self.best, self.found) = (P::default(), NOWHERE);
        let (mut left, mut room) = (self.spans.iter().map(|span| span.len()).sum::<usize>(), self.block);
        while left > 0 {
            let end = self.spans[self.span].end;
            let to = match self.patches.as_mut().map(|patches| patches.look(self.next)) {
                Some(Look::LiveIndex(to)) => to,
                limit => {
                    let limit = if let Some(Look::Price(to)) = limit {
                        to.min(end)
                    } else {
                        end
                    };
                    let to = limit.min(self.next + room.min(left));
                    room -= self.scan(to, potential);
                    to
                }
            };
            left = left.saturating_sub(to - self.next);
            self.next = to;
            if to == end {
                self.go_on();
            }
            if room == 0 {
                if self.found != NOWHERE {
                    break;
                }
                room = self.block;
            }
        }
        (self.found != NOWHERE).then(|| self.chosen())
    }

    /// Prices from the next position to another; returns how many positions that is.
    fn scan(&mut self, to: usize, potential: &[P]) -> usize {
        let (from, n_arcs) = (self.next, self.arcs.tail.len());
        let before = (self.best, self.found);
        if self.patches.is_some() {
            (self.best, self.found) = (P::default(), NOWHERE);
        }
        if from < n_arcs {
            self.scan_arcs(from..to.min(n_arcs), potential);
        }
        if to > n_arcs {
            self.scan_nodes(from.max(n_arcs) - n_arcs..to - n_arcs, potential);
        }
        if let Some(patches) = &mut self.patches {
            patches.priced(to, self.found != NOWHERE);
            if before.0 <= self.best {
                (self.best, self.found) = before;
            }
        }
        to - from
    }

    fn scan_arcs(&mut self, at: Range<usize>, potential: &[P]) {
        let (tails, heads, costs) = (
            &self.arcs.tail[at.clone()],
            &self.arcs.head[at.clone()],
            &self.arcs.cost[at.clone()],
        );
        let (mut best, mut found) = (self.best, self.found);
        let (mut row, mut from) = (NONE, P::default());
        for (i, ((&tail, &head), &cost)) in tails.iter().zip(heads).zip(costs).enumerate() {
            if tail != row {
                (row, from) = (tail, potential[tail as usize]);
            }
            let reduced = P::of(cost) + from - potential[head as usize];
            if reduced < best {
                (best, found) = (reduced, at.start + i);
            }
        }
        (self.best, self.found) = (best, found);
    }

    fn scan_nodes(&mut self, at: Range<usize>, potential: &[P]) {
        let sources = self.component.sinks as usize;
        for i in at {
            let penalty = P::of(self.penalty[i]);
            let reduced = if i < sources {
                penalty + potential[i]
            } else {
                penalty - potential[i]
            };
            if reduced < self.best {
                (self.best, self.found) = (reduced, self.arcs.tail.len() + i);
            }
        }
    }

    fn chosen(&mut self) -> Entering<P> {
        if let Some(patches) = &mut self.patches {
            patches.tick();
        }
        let (found, n_arcs, reduced) = (self.found, self.arcs.tail.len(), self.best);
        if found < n_arcs {
            return Entering {
                arc: self.arcs.arc(found),
                tail: self.arcs.tail[found],
                head: self.arcs.head[found],
                reduced,
            };
        }
        let (node, root) = ((found - n_arcs) as u32, self.component.root);
        let (tail, head) = if node < self.component.sinks {
            (node, root)
        } else {
            (root, node)
        };
        Entering {
            arc: PENALTY,
            tail,
            head,
            reduced,
        }
    }

    /// Learns that the pivot at hand moves a node.
    pub fn touch(&mut self, x: usize) {
        if let Some(patches) = &mut self.patches {
            patches.touch(x);
        }
    }

    /// Learns what the last pivot cost, in nodes moved, and by how much it moved them: where pivots are dear, a longer
    /// search for a better one pays.
    pub fn learn(&mut self, (moved, shift): (usize, P)) {
        if let Some(patches) = &mut self.patches {
            patches.settle(P::plain(&mut [shift]).map(|plain| plain[0]));
        }
        self.moved += ((moved as i64) * FINE - self.moved) / MEMORY;
        self.block = SHORTEST_BLOCK + (self.moved * ARCS_PER_MOVED_NODE / FINE) as usize;
    }
}
