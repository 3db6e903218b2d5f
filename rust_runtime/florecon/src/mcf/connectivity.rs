//! Strongly connected components and bridges: two linear-time graph searches without recursion.

/// Neighbours of each node in one array.
#[derive(Default)]
pub(super) struct Adjacency {
    start: Vec<u32>,
    /// Neighbour and number of the edge.
    to: Vec<(u32, u32)>,
}

impl Adjacency {
    /// One entry per pair, at its first node.
    pub fn directed(&mut self, n: usize, pairs: &[(u32, u32)]) {
        self.fill(n, pairs.iter().enumerate().map(|(i, &(a, b))| (a, b, i as u32)));
    }

    /// Two entries per pair, one at each node.
    pub fn undirected(&mut self, n: usize, pairs: &[(u32, u32)]) {
        let both = |(i, &(a, b)): (usize, &(u32, u32))| [(a, b, i as u32), (b, a, i as u32)];
        self.fill(n, pairs.iter().enumerate().flat_map(both));
    }

    fn fill(&mut self, n: usize, entries: impl Iterator<Item = (u32, u32, u32)> + Clone) {
        self.start.clear();
        self.start.resize(n + 2, 0);
        let mut count = 0;
        for (a, _, _) in entries.clone() {
            self.start[a as usize + 2] += 1;
            count += 1;
        }
        for i in 2..n + 2 {
            self.start[i] += self.start[i - 1];
        }
        self.to.clear();
        self.to.resize(count, (0, 0));
        for (a, b, edge) in entries {
            let place = &mut self.start[a as usize + 1];
            self.to[*place as usize] = (b, edge);
            *place += 1;
        }
    }

    fn n_nodes(&self) -> usize {
        self.start.len() - 2
    }

    fn range(&self, x: u32) -> (u32, u32) {
        (self.start[x as usize], self.start[x as usize + 1])
    }
}

/// A node being searched: itself, the edge it was entered by, and the entries still to look at.
#[derive(Clone, Copy)]
struct Frame {
    node: u32,
    edge: u32,
    next: u32,
    end: u32,
}

fn frame(graph: &Adjacency, node: u32, edge: u32) -> Frame {
    let (next, end) = graph.range(node);
    Frame { node, edge, next, end }
}

const UNSEEN: u32 = 0;
const DONE: u32 = u32::MAX;

/// Tarjan's strongly connected components.
#[derive(Default)]
pub(super) struct Strong {
    component: Vec<u32>,
    /// Time of discovery, from 1; `DONE` once the component is known.
    time: Vec<u32>,
    low: Vec<u32>,
    open: Vec<u32>,
    stack: Vec<Frame>,
}

impl Strong {
    /// The strong component of a node, after `find`.
    pub fn of(&self, node: u32) -> u32 {
        self.component[node as usize]
    }

    /// Finds the components of a directed graph.
    pub fn find(&mut self, graph: &Adjacency) {
        let n = graph.n_nodes();
        for buffer in [&mut self.component, &mut self.time, &mut self.low] {
            buffer.clear();
            buffer.resize(n, UNSEEN);
        }
        let (mut clock, mut count) = (0, 0);
        for start in 0..n as u32 {
            if self.time[start as usize] == UNSEEN {
                self.search(graph, start, &mut clock, &mut count);
            }
        }
    }

    fn search(&mut self, graph: &Adjacency, start: u32, clock: &mut u32, count: &mut u32) {
        self.enter(graph, start, clock);
        while let Some(top) = self.stack.last_mut() {
            let x = top.node as usize;
            if top.next < top.end {
                let (y, _) = graph.to[top.next as usize];
                top.next += 1;
                match self.time[y as usize] {
                    UNSEEN => self.enter(graph, y, clock),
                    DONE => {}
                    time => self.low[x] = self.low[x].min(time),
                }
                continue;
            }
            self.stack.pop();
            if let Some(above) = self.stack.last() {
                let above = above.node as usize;
                self.low[above] = self.low[above].min(self.low[x]);
            }
            if self.low[x] == self.time[x] {
                while let Some(y) = self.open.pop() {
                    self.time[y as usize] = DONE;
                    self.component[y as usize] = *count;
                    if y as usize == x {
                        break;
                    }
                }
                *count += 1;
            }
        }
    }

    fn enter(&mut self, graph: &Adjacency, x: u32, clock: &mut u32) {
        *clock += 1;
        self.time[x as usize] = *clock;
        self.low[x as usize] = *clock;
        self.open.push(x);
        self.stack.push(frame(graph, x, u32::MAX));
    }
}

/// Edges of an undirected graph that lie on a cycle, which are those that are no bridges.
#[derive(Default)]
pub(super) struct Bridges {
    on_cycle: Vec<bool>,
    time: Vec<u32>,
    low: Vec<u32>,
    stack: Vec<Frame>,
}

impl Bridges {
    /// The edge lies on a cycle, after `find`.
    pub fn on_cycle(&self, edge: usize) -> bool {
        self.on_cycle[edge]
    }

    /// Searches everything that the first `starts` edges reach.
    pub fn find(&mut self, graph: &Adjacency, edges: &[(u32, u32)], starts: usize) {
        for buffer in [&mut self.time, &mut self.low] {
            buffer.clear();
            buffer.resize(graph.n_nodes(), UNSEEN);
        }
        self.on_cycle.clear();
        self.on_cycle.resize(edges.len(), false);
        let mut clock = 0;
        for &(start, _) in &edges[..starts] {
            if self.time[start as usize] == UNSEEN {
                self.search(graph, start, &mut clock);
            }
        }
    }

    fn search(&mut self, graph: &Adjacency, start: u32, clock: &mut u32) {
        self.enter(graph, start, u32::MAX, clock);
        while let Some(top) = self.stack.last_mut() {
            let (x, entered_by) = (top.node as usize, top.edge);
            if top.next < top.end {
                let (y, edge) = graph.to[top.next as usize];
                top.next += 1;
                if edge == entered_by {
                    continue;
                }
                match self.time[y as usize] {
                    UNSEEN => self.enter(graph, y, edge, clock),
                    time => {
                        self.on_cycle[edge as usize] = true;
                        self.low[x] = self.low[x].min(time);
                    }
                }
                continue;
            }
            self.stack.pop();
            if let Some(above) = self.stack.last() {
                let above = above.node as usize;
                self.low[above] = self.low[above].min(self.low[x]);
                self.on_cycle[entered_by as usize] = self.low[x] <= self.time[above];
            }
        }
    }

    fn enter(&mut self, graph: &Adjacency, x: u32, edge: u32, clock: &mut u32) {
        *clock += 1;
        self.time[x as usize] = *clock;
        self.low[x as usize] = *clock;
        self.stack.push(frame(graph, x, edge));
    }
}
