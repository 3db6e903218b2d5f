//! Decomposition into connected components; the nodes and the arcs of each lie in one contiguous range.

use std::borrow::Cow;
use std::ops::Range;

use super::instance::Instance;

/// No node, no arc, no slot.
pub(super) const NONE: u32 = u32::MAX;

/// One connected component. Its nodes and its arcs are numbered from 0: its sources, its sinks, and its root, to which every
/// node's penalty arc leads; arcs ascending by (tail, head). The order is that of the instance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Component<'a> {
    /// First sink.
    pub sinks: u32,
    /// The root, which is the number of the other nodes.
    pub root: u32,
    /// First slot in the layout.
    pub first: u32,
    /// Per node but the root its index in the instance, the magnitude of its supply, and its penalty.
    pub node: &'a [u32],
    pub amount: &'a [i64],
    pub penalty: &'a [i64],
    /// Source, sink, cost, and index in the instance of each arc.
    pub tail: &'a [u32],
    pub head: &'a [u32],
    pub cost: &'a [i64],
    pub origin: &'a [u32],
    /// Per source, where its arcs end.
    pub end: &'a [u32],
}

impl Component<'_> {
    /// Nodes without the root.
    pub fn n_nodes(&self) -> usize {
        self.root as usize
    }
}

/// A component in the arrays of a layout.
#[derive(Clone, Debug)]
struct Section {
    sources: u32,
    slots: Range<u32>,
    arcs: Range<u32>,
}

/// Nodes renumbered into slots, component by component; inside a component the order of the instance is kept.
///
/// A component's nodes and arcs are next to each other, and are numbered by themselves, so that the tree and the duals of the
/// component at hand stay in the cache.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    /// The components that hold an arc, ascending by smallest node.
    sections: Vec<Section>,
    /// Slot of each node of the instance, `NONE` for a node without usable arcs.
    pub slot: Vec<u32>,
    node: Vec<u32>,
    amount: Vec<i64>,
    penalty: Vec<i64>,
    tail: Vec<u32>,
    head: Vec<u32>,
    cost: Vec<i64>,
    end: Vec<u32>,
    origin: Vec<u32>,
}

/// The arcs that can carry flow, strictly ascending by (tail, head).
struct Arcs<'a> {
    tail: Cow<'a, [u32]>,
    head: Cow<'a, [u32]>,
    cost: Cow<'a, [i64]>,
    origin: Option<Vec<u32>>,
}

impl<'a> Arcs<'a> {
    fn new(instance: &'a Instance, ascending: bool) -> Self {
        if ascending && !instance.supply.contains(&0) {
            return Self {
                tail: Cow::Borrowed(&instance.tail),
                head: Cow::Borrowed(&instance.head),
                cost: Cow::Borrowed(&instance.cost),
                origin: None,
            };
        }
        let origin = usable_arcs(instance);
        Self {
            tail: origin.iter().map(|&arc| instance.tail[arc as usize]).collect(),
            head: origin.iter().map(|&arc| instance.head[arc as usize]).collect(),
            cost: origin.iter().map(|&arc| instance.cost[arc as usize]).collect(),
            origin: Some(origin),
        }
    }
}

/// Arcs sorted by (tail, head), without those of empty nodes and without all but the cheapest of parallel ones.
fn usable_arcs(instance: &Instance) -> Vec<u32> {
    let filled = |node: u32| instance.supply[node as usize] != 0;
    let kept = (0..instance.n_arcs() as u32)
        .filter(|&arc| filled(instance.tail[arc as usize]) && filled(instance.head[arc as usize]));
    let by_head = counting_sort(kept.collect(), instance.n_nodes(), |arc| instance.head[arc as usize]);
    let mut sorted = counting_sort(by_head, instance.n_nodes(), |arc| instance.tail[arc as usize]);
    let ends = |arc: u32| (instance.tail[arc as usize], instance.head[arc as usize]);
    let mut kept = 0;
    for i in 0..sorted.len() {
        let arc = sorted[i];
        if kept > 0 && ends(sorted[kept - 1]) == ends(arc) {
            // The sort is stable: of equally cheap parallel arcs the first of the instance stays.
            if instance.cost[arc as usize] < instance.cost[sorted[kept - 1] as usize] {
                sorted[kept - 1] = arc;
            }
        } else {
            sorted[kept] = arc;
            kept += 1;
        }
    }
    sorted.truncate(kept);
    sorted
}

/// Stable counting sort of arcs by a node.
fn counting_sort(arcs: Vec<u32>, n_nodes: usize, key: impl Fn(u32) -> u32) -> Vec<u32> {
    let mut start = vec![0u32; n_nodes + 1];
    for &arc in &arcs {
        start[key(arc) as usize + 1] += 1;
    }
    for i in 0..n_nodes {
        start[i + 1] += start[i];
    }
    let mut sorted = vec![0; arcs.len()];
    for arc in arcs {
        let place = &mut start[key(arc) as usize];
        sorted[*place as usize] = arc;
        *place += 1;
    }
    sorted
}

/// Representative of a node's set, which is its smallest node; halves the path on the way.
fn find(parent: &mut [u32], mut x: u32) -> u32 {
    loop {
        let up = parent[x as usize];
        if up == x {
            return x;
        }
        let above = parent[up as usize];
        parent[x as usize] = above;
        x = above;
    }
}

/// Per node the smallest node of its component.
fn connect(n_nodes: usize, arcs: &Arcs<'_>) -> Vec<u32> {
    let mut parent: Vec<u32> = (0..n_nodes as u32).collect();
    let (mut tail, mut top) = (NONE, NONE);
    for (&t, &h) in arcs.tail.iter().zip(arcs.head.iter()) {
        if t != tail {
            (tail, top) = (t, find(&mut parent, t));
        }
        let other = find(&mut parent, h);
        if other != top {
            let (low, high) = (top.min(other), top.max(other));
            parent[high as usize] = low;
            top = low;
        }
    }
    for x in 0..n_nodes as u32 {
        // Parents are smaller than children, so an ascending pass flattens every path.
        parent[x as usize] = parent[parent[x as usize] as usize];
    }
    parent
}

/// Per node the smallest node of its component, for an instance whose arcs may all carry flow.
pub(super) fn smallest_of_component(instance: &Instance) -> Vec<u32> {
    connect(instance.n_nodes(), &Arcs::new(instance, true))
}

impl Layout {
    /// Cuts an instance that has passed `check`; `ascending` is what `check` said. `O(nodes + arcs)`.
    pub fn new(instance: &Instance, ascending: bool) -> Self {
        let arcs = Arcs::new(instance, ascending);
        let mut layout = Self::default();
        let label = layout.place_nodes(instance, &arcs);
        layout.place_arcs(&arcs, &label);
        layout
    }

    /// Nodes of the largest component.
    pub fn largest_component(&self) -> usize {
        self.sections
            .iter()
            .map(|section| section.slots.len())
            .max()
            .unwrap_or(0)
    }

    /// The components, ascending by smallest node.
    pub fn components(&self) -> impl ExactSizeIterator<Item = Component<'_>> {
        self.sections.iter().map(|Section { sources, slots, arcs }| {
            let first = slots.start;
            let [slots, arcs] = [slots, arcs].map(|range| range.start as usize..range.end as usize);
            Component {
                sinks: *sources,
                root: slots.len() as u32,
                first,
                node: &self.node[slots.clone()],
                amount: &self.amount[slots.clone()],
                penalty: &self.penalty[slots.clone()],
                tail: &self.tail[arcs.clone()],
                head: &self.head[arcs.clone()],
                cost: &self.cost[arcs.clone()],
                origin: &self.origin[arcs],
                end: &self.end[slots],
            }
        })
    }

    /// All costs, and all penalties.
    pub fn prices(&self) -> [&[i64]; 2] {
        [&self.cost, &self.penalty]
    }

    /// Makes the components and gives every node its slot; returns the component of each node.
    fn place_nodes(&mut self, instance: &Instance, arcs: &Arcs<'_>) -> Vec<u32> {
        let n = instance.n_nodes();
        let mut label = connect(n, arcs);
        let mut degree = vec![0u32; instance.n_sources];
        for &tail in arcs.tail.iter() {
            degree[tail as usize] += 1;
        }
        // Sources, sinks and arcs of each component, then where each starts.
        let mut count: Vec<[u32; 3]> = Vec::new();
        for node in 0..n {
            let top = label[node] as usize;
            label[node] = if top != node {
                label[top]
            } else if node < instance.n_sources && degree[node] > 0 {
                count.push([0; 3]);
                (count.len() - 1) as u32
            } else {
                NONE
            };
            if label[node] != NONE {
                let count = &mut count[label[node] as usize];
                if node < instance.n_sources {
                    count[0] += 1;
                    count[2] += degree[node];
                } else {
                    count[1] += 1;
                }
            }
        }
        let (mut slot, mut arc) = (0, 0);
        for &[sources, sinks, n_arcs] in &count {
            self.sections.push(Section {
                sources,
                slots: slot..slot + sources + sinks,
                arcs: arc..arc + n_arcs,
            });
            slot += sources + sinks;
            arc += n_arcs;
        }
        self.fill_slots(instance, &label, slot as usize);
        label
    }

    fn fill_slots(&mut self, instance: &Instance, label: &[u32], slots: usize) {
        let starts = |section: &Section| [section.slots.start, section.slots.start + section.sources];
        let mut next: Vec<[u32; 2]> = self.sections.iter().map(starts).collect();
        self.slot = vec![NONE; label.len()];
        self.node = vec![NONE; slots];
        self.amount = vec![0; slots];
        self.penalty = vec![0; slots];
        for (node, &component) in label.iter().enumerate() {
            if component != NONE {
                let place = &mut next[component as usize][usize::from(node >= instance.n_sources)];
                let slot = *place as usize;
                *place += 1;
                self.slot[node] = slot as u32;
                self.node[slot] = node as u32;
                self.amount[slot] = instance.supply[node].abs();
                self.penalty[slot] = instance.penalty[node];
            }
        }
    }

    fn place_arcs(&mut self, arcs: &Arcs<'_>, label: &[u32]) {
        let m = arcs.tail.len();
        let mut next: Vec<usize> = self
            .sections
            .iter()
            .map(|section| section.arcs.start as usize)
            .collect();
        self.tail = vec![0; m];
        self.head = vec![0; m];
        self.cost = vec![0; m];
        self.origin = vec![0; m];
        self.end = vec![0; self.node.len()];
        let mut from = 0;
        while from < m {
            let tail = arcs.tail[from];
            let to = from + arcs.tail[from..].iter().take_while(|&&t| t == tail).count();
            let component = label[tail as usize] as usize;
            let (place, section) = (&mut next[component], &self.sections[component]);
            let row = *place..*place + (to - from);
            *place = row.end;
            let slot = self.slot[tail as usize];
            let first = section.slots.start;
            self.tail[row.clone()].fill(slot - first);
            self.end[slot as usize] = row.end as u32 - section.arcs.start;
            for (head, &node) in self.head[row.clone()].iter_mut().zip(&arcs.head[from..to]) {
                *head = self.slot[node as usize] - first;
            }
            self.cost[row.clone()].copy_from_slice(&arcs.cost[from..to]);
            match &arcs.origin {
                Some(origin) => self.origin[row].copy_from_slice(&origin[from..to]),
                None => self.origin[row]
                    .iter_mut()
                    .zip(from as u32..)
                    .for_each(|(origin, arc)| *origin = arc),
            }
            from = to;
        }
    }
}
