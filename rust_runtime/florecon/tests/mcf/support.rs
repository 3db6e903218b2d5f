//! Independent reference solver and instance generators.

use std::cmp::Ordering;

use florecon::mcf::Instance;
use proptest::prelude::*;

/// A cost with everything that breaks ties behind it, compared from the first part on.
type Price = Vec<i128>;

struct Edge {
    from: usize,
    to: usize,
    room: i128,
    price: Price,
}

/// Edges in pairs: each even one is followed by its reverse.
#[derive(Default)]
struct Graph {
    edges: Vec<Edge>,
}

impl Graph {
    fn add(&mut self, from: usize, to: usize, room: i128, price: Price) {
        let back = price.iter().map(|p| -p).collect();
        self.edges.push(Edge { from, to, room, price });
        self.edges.push(Edge {
            from: to,
            to: from,
            room: 0,
            price: back,
        });
    }

    /// Bellman and Ford: the cheapest path with room left, as a list of edges.
    fn cheapest_path(&self, n: usize, from: usize, to: usize) -> Option<Vec<usize>> {
        let mut best: Vec<Option<(Price, usize)>> = (0..n).map(|_| None).collect();
        let parts = self.edges.first().map_or(0, |e| e.price.len());
        best[from] = Some((vec![0; parts], usize::MAX));
        loop {
            let mut changed = false;
            for (i, edge) in self.edges.iter().enumerate().filter(|(_, e)| e.room > 0) {
                let Some((price, _)) = &best[edge.from] else { continue };
                let through: Price = price.iter().zip(&edge.price).map(|(a, b)| a + b).collect();
                if best[edge.to]
                    .as_ref()
                    .is_none_or(|(known, _)| through.cmp(known) == Ordering::Less)
                {
                    best[edge.to] = Some((through, i));
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        best[to].as_ref()?;
        let (mut path, mut at) = (Vec::new(), to);
        while at != from {
            let edge = best[at].as_ref()?.1;
            path.push(edge);
            at = self.edges[edge].from;
        }
        Some(path)
    }
}

fn mix(key: u64) -> u64 {
    let mut x = key.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// The canonical rule, written down a second time.
fn weight(a: u64, b: u64, round: u64) -> i128 {
    i128::from(mix(mix(a.wrapping_add(round.wrapping_mul(0xD1B5_4A32_D192_ED03))) ^ b) >> 24)
}

/// The canonical flow by successive shortest paths over prices that carry the whole rule.
pub fn reference(instance: &Instance) -> Vec<i64> {
    let (n, m, sources) = (instance.n_nodes(), instance.n_arcs(), instance.n_sources);
    let (root, start, end) = (n, n + 1, n + 2);
    let mut graph = Graph::default();
    let plain = |cost: i64| -> Price {
        let mut price = vec![0; 4 + m];
        price[0] = i128::from(cost);
        price
    };
    let mut order: Vec<usize> = (0..m).collect();
    order.sort_by_key(|&arc| (instance.tail[arc], instance.head[arc]));
    for arc in 0..m {
        let (tail, head) = (instance.tail[arc] as usize, instance.head[arc] as usize);
        let mut price = plain(instance.cost[arc]);
        for (round, part) in (1..=3).zip(&mut price[1..]) {
            *part = weight(instance.key[tail], instance.key[head], round);
        }
        let rank = order.iter().position(|&other| other == arc).unwrap();
        price[4 + rank] = -1;
        graph.add(tail, head, i128::MAX / 4, price);
    }
    let mut total = [0i128; 2];
    for node in 0..n {
        let amount = i128::from(instance.supply[node]).abs();
        if node < sources {
            graph.add(start, node, amount, plain(0));
            graph.add(node, root, amount, plain(instance.penalty[node]));
        } else {
            graph.add(node, end, amount, plain(0));
            graph.add(root, node, amount, plain(instance.penalty[node]));
        }
        total[usize::from(node >= sources)] += amount;
    }
    graph.add(start, root, total[1], plain(0));
    graph.add(root, end, total[0], plain(0));
    while let Some(path) = graph.cheapest_path(n + 3, start, end) {
        let flow = path.iter().map(|&edge| graph.edges[edge].room).min().unwrap();
        for edge in path {
            graph.edges[edge].room -= flow;
            graph.edges[edge ^ 1].room += flow;
        }
    }
    (0..m)
        .map(|arc| i64::try_from(graph.edges[2 * arc + 1].room).unwrap())
        .collect()
}

/// What a flow costs, the unmatched amounts included.
pub fn price(instance: &Instance, flow: &[i64]) -> i128 {
    let mut left: Vec<i128> = instance.supply.iter().map(|&s| i128::from(s).abs()).collect();
    let mut total = 0;
    for (arc, &flow) in flow.iter().enumerate() {
        left[instance.tail[arc] as usize] -= i128::from(flow);
        left[instance.head[arc] as usize] -= i128::from(flow);
        total += i128::from(flow) * i128::from(instance.cost[arc]);
    }
    assert!(left.iter().all(|&left| left >= 0));
    total
        + left
            .iter()
            .zip(&instance.penalty)
            .map(|(l, &p)| l * i128::from(p))
            .sum::<i128>()
}

/// Shapes of random instances.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub side: usize,
    pub amount: i64,
    pub cost: i64,
    pub penalty: i64,
    pub keys: u64,
}

/// Random instances without parallel arcs, arcs ascending. Amounts may be zero, costs negative, keys equal.
pub fn instances(shape: Shape) -> impl Strategy<Value = Instance> {
    (1..=shape.side, 1..=shape.side).prop_flat_map(move |(a, b)| {
        let supply = prop::collection::vec(0..=shape.amount, a + b);
        let penalty = prop::collection::vec(0..=shape.penalty, a + b);
        let key = prop::collection::vec(0..shape.keys, a + b);
        let arcs = prop::collection::vec(prop::option::weighted(0.7, -shape.cost / 4..=shape.cost), a * b);
        (supply, penalty, key, arcs).prop_map(move |(mut supply, penalty, key, arcs)| {
            supply[a..].iter_mut().for_each(|s| *s = -*s);
            let mut instance = Instance {
                n_sources: a,
                supply,
                penalty,
                key,
                ..Instance::default()
            };
            for (i, cost) in arcs.into_iter().enumerate() {
                if let Some(cost) = cost {
                    instance.tail.push((i / b) as u32);
                    instance.head.push((a + i % b) as u32);
                    instance.cost.push(cost);
                }
            }
            instance
        })
    })
}

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0) % bound.max(1)
    }
}
