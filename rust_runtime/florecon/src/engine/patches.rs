//! Parts of a component that need no second look: since they were last seen without a negative reduced cost, no potential
//! at their ends has changed.
//!
//! Near the optimum of a large component a pivot moves a few nodes, and the next arc to enter lies near them. Nodes are
//! watched in spans of neighbouring slots, arcs in patches of neighbouring rows; looking at a patch starts with the spans
//! that its arcs end in. This pays where arcs are local, as in a window; a patch whose ends are scattered is always seen.

use std::ops::Range;

use super::components::Component;
use super::pricing::Columns;

/// Slots that are watched together, as a power of two.
const SPAN: u32 = 4;
/// A patch whose heads stretch over more spans is not worth watching.
const WIDEST: u32 = 24;
/// Components with fewer arcs are priced as a whole.
const FEWEST_ARCS: usize = 8192;

/// Positions `..end` (from the end of the patch before) and the spans of their ends, both ranges half open.
struct Patch {
    end: usize,
    tails: (u32, u32),
    heads: (u32, u32),
    /// Time at which the patch was seen without a negative reduced cost, 0 for never.
    clean: u32,
}

impl Patch {
    fn is_narrow(&self) -> bool {
        self.heads.1 - self.heads.0 <= WIDEST
    }
}

/// What to do at a position.
pub(super) enum Look {
    /// Nothing changed up to this position.
    Skip(usize),
    /// Price, up to this position at most.
    Price(usize),
}

/// The patches of one component.
pub(super) struct Patches {
    list: Vec<Patch>,
    /// How many of them are of arcs.
    rows: usize,
    /// Time of the last change in each span.
    changed: Vec<u32>,
    /// First span of the component.
    base: u32,
    /// Counts pivots, from 1.
    time: u32,
    /// The patch at hand, when it was begun, and whether nothing was found in it since.
    at: usize,
    began: u32,
    quiet: bool,
}

impl Patches {
    /// Divides the arcs, and the penalty arcs behind them; `None` if the component is small.
    pub fn new(arcs: Columns<'_>, component: &Component) -> Option<Self> {
        if arcs.tail.len() < FEWEST_ARCS {
            return None;
        }
        let base = component.first >> SPAN;
        let span = |slot: u32| (slot >> SPAN) - base;
        let mut list: Vec<Patch> = Vec::new();
        for (i, (&tail, &head)) in arcs.tail.iter().zip(arcs.head).enumerate() {
            let (tail, head) = (span(tail), span(head));
            match list.last_mut() {
                Some(patch) if patch.tails.0 == tail => {
                    patch.end = i + 1;
                    patch.heads = (patch.heads.0.min(head), patch.heads.1.max(head + 1));
                }
                _ => list.push(Patch {
                    end: i + 1,
                    tails: (tail, tail + 1),
                    heads: (head, head + 1),
                    clean: 0,
                }),
            }
        }
        let rows = list.len();
        for slot in component.first..component.root {
            let (end, own) = (arcs.tail.len() + (slot - component.first) as usize + 1, span(slot));
            match list.last_mut() {
                Some(patch) if patch.tails.0 == own && patch.end > arcs.tail.len() && slot != component.sinks => {
                    patch.end = end;
                }
                _ => list.push(Patch {
                    end,
                    tails: (own, own + 1),
                    heads: (own, own),
                    clean: 0,
                }),
            }
        }
        let changed = vec![1; span(component.root) as usize + 1];
        Some(Self {
            list,
            rows,
            changed,
            base,
            time: 1,
            at: 0,
            began: 0,
            quiet: false,
        })
    }

    /// How many patches of rows there are, if most end in sinks that lie together.
    pub fn local_parts(&self) -> usize {
        let narrow = self.list[..self.rows].iter().filter(|patch| patch.is_narrow());
        if 2 * narrow.count() > self.rows { self.rows } else { 0 }
    }

    /// The positions of some patches of rows, and the slots of all the nodes there.
    pub fn part(&self, rows: Range<usize>) -> (Range<usize>, [Range<u32>; 2]) {
        let start = rows.start.checked_sub(1).map_or(0, |before| self.list[before].end);
        let part = &self.list[rows.start..rows.end.min(self.rows)];
        let bounds = |ends: fn(&Patch) -> (u32, u32)| {
            let low = part.iter().map(|patch| ends(patch).0).min().unwrap_or(0);
            low..part.iter().map(|patch| ends(patch).1).max().unwrap_or(low)
        };
        let slots = |spans: Range<u32>| (spans.start + self.base) << SPAN..(spans.end + self.base) << SPAN;
        let end = part.last().map_or(start, |patch| patch.end);
        (
            start..end,
            [slots(bounds(|patch| patch.tails)), slots(bounds(|patch| patch.heads))],
        )
    }

    /// Goes to a position, where a patch starts.
    pub fn seek(&mut self, position: usize) {
        self.at = self.list.partition_point(|patch| patch.end <= position);
    }

    /// What to do at a position; the caller goes through the positions in order and starts over after the last.
    pub fn look(&mut self, position: usize) -> Look {
        let patch = &self.list[self.at];
        let starts = position == if self.at == 0 { 0 } else { self.list[self.at - 1].end };
        if !starts {
            return Look::Price(patch.end);
        }
        if self.is_clean(patch) {
            let end = patch.end;
            self.advance();
            return Look::Skip(end);
        }
        (self.began, self.quiet) = (self.time, true);
        Look::Price(patch.end)
    }

    /// Learns that the positions up to `to` have been priced.
    pub fn priced(&mut self, to: usize, found: bool) {
        self.quiet &= !found;
        let patch = &mut self.list[self.at];
        if to == patch.end {
            patch.clean = if self.quiet { self.began } else { 0 };
            self.advance();
        }
    }

    /// Learns that a pivot is to come.
    pub fn tick(&mut self) {
        self.time += 1;
    }

    /// Learns that the pivot moves a node.
    pub fn touch(&mut self, slot: usize) {
        self.changed[(slot >> SPAN) - self.base as usize] = self.time;
    }

    fn is_clean(&self, patch: &Patch) -> bool {
        let still = |(from, to): (u32, u32)| {
            self.changed[from as usize..to as usize]
                .iter()
                .all(|&changed| changed <= patch.clean)
        };
        patch.clean > 0 && patch.is_narrow() && still(patch.tails) && still(patch.heads)
    }

    fn advance(&mut self) {
        self.at = if self.at + 1 == self.list.len() { 0 } else { self.at + 1 };
    }
}
