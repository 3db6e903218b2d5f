//! Pricing cache: skips patches of arcs that cannot contain an entering arc, because since their last scan without a negative
//! reduced cost the potentials at their ends have not changed, or have all changed by the same amount.
//!
//! Near the optimum of a large component a pivot moves a few nodes, or many neighbours together, and the next entering arc lies
//! where the moved meet the others. Potentials are watched in spans of neighbouring nodes, arcs in patches of neighbouring
//! rows; checking a patch starts with the spans in which its arcs end. This pays where arcs are local, as in a window; a patch
//! whose ends are scattered is always scanned.

use std::ops::Range;

use super::components::Component;
use super::pricing::Columns;

/// Nodes that are watched together, as a power of two.
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
    /// Position in `seen` of the shifts of its head spans at its last scan, less that of its tail span.
    seen: usize,
}

impl Patch {
    fn is_narrow(&self) -> bool {
        self.heads.1 - self.heads.0 <= WIDEST
    }
}

/// Action at a position.
pub(super) enum Look {
    /// Nothing changed up to this position.
    LiveIndex(usize),
    /// Price, up to this position at most.
    Price(usize),
}

/// The patches of one component.
pub(super) struct Patches {
    list: Vec<Patch>,
    /// Number of patches of arcs.
    rows: usize,
    /// Time of the last change in each span but of the span as a whole.
    changed: Vec<u32>,
    /// Sum of the uniform shifts of each span; it may wrap, because only differences that potentials also have are used.
    shift: Vec<i64>,
    seen: Vec<i64>,
    /// Tell spans that move as a whole; this pays where pivots move many neighbours.
    pub records_uniform_shifts: bool,
    /// Nodes of each span that the pivot at hand has moved so far, and the spans that have some.
    moved: Vec<u8>,
    touched: Vec<u32>,
    root: u32,
    /// Counts pivots, from 1.
    time: u32,
    /// The patch at hand, when it was begun, and whether nothing was found in it since.
    at: usize,
    began: u32,
    quiet: bool,
}

impl Patches {
    /// Divides the arcs, and the penalty arcs behind them; `None` if the component is small.
    pub fn new(arcs: Columns<'_>, component: &Component<'_>) -> Option<Self> {
        if arcs.tail.len() < FEWEST_ARCS {
            return None;
        }
        let span = |x: u32| x >> SPAN;
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
                    seen: 0,
                }),
            }
        }
        let rows = list.len();
        for x in 0..component.root {
            let (end, own) = (arcs.tail.len() + x as usize + 1, span(x));
            match list.last_mut() {
                Some(patch) if patch.tails.0 == own && patch.end > arcs.tail.len() && x != component.sinks => {
                    patch.end = end;
                }
                _ => list.push(Patch {
                    end,
                    tails: (own, own + 1),
                    heads: (own, own + 1),
                    clean: 0,
                    seen: 0,
                }),
            }
        }
        let mut seen = 0;
        for patch in &mut list {
            patch.seen = seen;
            if patch.is_narrow() {
                seen += (patch.heads.1 - patch.heads.0) as usize;
            }
        }
        let spans = span(component.root) as usize + 1;
        Some(Self {
            list,
            rows,
            changed: vec![1; spans],
            shift: vec![0; spans],
            seen: vec![0; seen],
            records_uniform_shifts: false,
            moved: vec![0; spans],
            touched: Vec::new(),
            root: component.root,
            time: 1,
            at: 0,
            began: 0,
            quiet: false,
        })
    }

    /// Number of patches of rows, if most end in neighbouring sinks.
    pub fn local_parts(&self) -> usize {
        let narrow = self.list[..self.rows].iter().filter(|patch| patch.is_narrow());
        if 2 * narrow.count() > self.rows { self.rows } else { 0 }
    }

    /// The positions of some patches of rows, and all the nodes there.
    pub fn part(&self, rows: Range<usize>) -> (Range<usize>, [Range<u32>; 2]) {
        let start = rows.start.checked_sub(1).map_or(0, |before| self.list[before].end);
        let part = &self.list[rows.start..rows.end.min(self.rows)];
        let bounds = |ends: fn(&Patch) -> (u32, u32)| {
            let low = part.iter().map(|patch| ends(patch).0).min().unwrap_or(0);
            low..part.iter().map(|patch| ends(patch).1).max().unwrap_or(low)
        };
        let nodes = |spans: Range<u32>| spans.start << SPAN..spans.end << SPAN;
        let end = part.last().map_or(start, |patch| patch.end);
        (
            start..end,
            [nodes(bounds(|patch| patch.tails)), nodes(bounds(|patch| patch.heads))],
        )
    }

    /// Goes to a position, where a patch starts.
    pub fn seek(&mut self, position: usize) {
        self.at = self.list.partition_point(|patch| patch.end <= position);
    }

    /// Action at a position; the caller goes through the positions in order and starts over after the last.
    pub fn look(&mut self, position: usize) -> Look {
        let patch = &self.list[self.at];
        let starts = position == if self.at == 0 { 0 } else { self.list[self.at - 1].end };
        if !starts {
            return Look::Price(patch.end);
        }
        let end = patch.end;
        if self.is_clean(patch) {
            self.advance();
            return Look::LiveIndex(end);
        }
        self.begin();
        Look::Price(end)
    }

    /// Notes how things stand before the patch at hand is priced.
    fn begin(&mut self) {
        (self.began, self.quiet) = (self.time, true);
        let own = self.own_shift();
        let patch = &mut self.list[self.at];
        patch.clean = 0;
        if patch.is_narrow() {
            let heads = &self.shift[patch.heads.0 as usize..patch.heads.1 as usize];
            for (seen, shift) in self.seen[patch.seen..].iter_mut().zip(heads) {
                *seen = shift.wrapping_sub(own);
            }
        }
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
    pub fn touch(&mut self, x: usize) {
        let span = x >> SPAN;
        if !self.records_uniform_shifts {
            self.changed[span] = self.time;
            return;
        }
        if self.moved[span] == 0 {
            self.touched.push(span as u32);
        }
        self.moved[span] += 1;
    }

    /// Learns that the pivot is done, and by how much it moved nodes: None for more than can be noted.
    pub fn settle(&mut self, shift: Option<i64>) {
        for &span in &self.touched {
            let start = span << SPAN;
            let nodes = (start + (1 << SPAN)).min(self.root) - start;
            let span = span as usize;
            match shift {
                Some(shift) if u32::from(self.moved[span]) == nodes => {
                    self.shift[span] = self.shift[span].wrapping_add(shift);
                }
                _ => self.changed[span] = self.time,
            }
            self.moved[span] = 0;
        }
        self.touched.clear();
    }

    /// Nothing has changed but the potentials at all ends by the same.
    fn is_clean(&self, patch: &Patch) -> bool {
        if patch.clean == 0 || !patch.is_narrow() || self.changed[patch.tails.0 as usize] > patch.clean {
            return false;
        }
        let own = self.own_shift();
        let heads = patch.heads.0 as usize..patch.heads.1 as usize;
        let (changed, shift) = (&self.changed[heads.clone()], &self.shift[heads]);
        let mut spans = changed.iter().zip(shift).zip(&self.seen[patch.seen..]);
        spans.all(|((&changed, shift), seen)| changed <= patch.clean && shift.wrapping_sub(own) == *seen)
    }

    /// Shift of the tails of the patch at hand; the root, at the other end of penalty arcs, never moves.
    fn own_shift(&self) -> i64 {
        if self.at < self.rows {
            self.shift[self.list[self.at].tails.0 as usize]
        } else {
            0
        }
    }

    fn advance(&mut self) {
        self.at = if self.at + 1 == self.list.len() { 0 } else { self.at + 1 };
    }
}
