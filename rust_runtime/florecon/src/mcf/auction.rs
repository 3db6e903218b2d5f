//! Initial basis by an auction, for a component whose supplies are all equal and must all be matched.
//!
//! A source bids for the sink with the least reduced cost and raises its price until the second best is as good; the source
//! outbid bids again. Most sources so find their final sink at a fraction of the cost of pivots; the rest start unmatched. Each
//! sink becomes a child of the source that holds it, and that source hangs by its second best arc, which the price has made
//! tight. The simplex completes the solution.

use super::components::{Component, NONE};
use super::pricing::Columns;
use super::spanning_tree::{PENALTY, Tree};
use super::warm_start::Forest;

/// Bids that a source may make, on average.
const BIDS: usize = 8;

/// Assignment of each source: positions of arcs, `NONE` for its penalty.
#[derive(Clone, Copy)]
struct Holding {
    best: u32,
    second: u32,
}

/// Holds nothing.
const NOTHING: Holding = Holding {
    best: NONE,
    second: NONE,
};

/// Replaces the tree of penalty arcs by one that bidding has led to, and `potential` with its duals.
pub(super) fn start_by_bids(
    columns: Columns<'_>,
    penalty: &[i64],
    component: &Component<'_>,
    tree: &mut Tree,
    potential: &mut [i64],
) {
    let holdings = bid(columns, penalty, component);
    hang(columns, &holdings, tree);
    cut_circles(component, tree);
    Forest::default().thread(component, tree);
    let sinks = component.sinks;
    tree.load_duals(component, potential, |x, node| {
        if node.pred == PENALTY {
            penalty[x as usize]
        } else if x < sinks {
            columns.cost[holdings[x as usize].second as usize]
        } else {
            columns.cost[holdings[node.parent as usize].best as usize]
        }
    });
}

/// Lets the sources of a component bid.
fn bid(columns: Columns<'_>, penalty: &[i64], component: &Component<'_>) -> Vec<Holding> {
    let base = component.sinks;
    let sources = base as usize;
    let mut holdings = vec![NOTHING; sources];
    let mut holder = vec![NONE; penalty.len() - sources];
    let mut price = penalty[sources..].to_vec();
    let mut waiting: Vec<u32> = (0..sources as u32).rev().collect();
    let mut bids = BIDS * sources;
    while let Some(source) = waiting.pop().filter(|_| bids > 0) {
        bids -= 1;
        let end = columns.end[source as usize] as usize;
        let start = if source == 0 {
            0
        } else {
            columns.end[source as usize - 1] as usize
        };
        // to stay unmatched is an offer too
        let (mut best, mut second) = (penalty[source as usize], penalty[source as usize]);
        let (mut holding, mut is_free) = (NOTHING, false);
        let row = columns.head[start..end].iter().zip(&columns.cost[start..end]);
        for (arc, (&head, &cost)) in (start as u32..).zip(row) {
            let sink = (head - base) as usize;
            let value = cost - price[sink];
            // of equals one that is free
            if value < best || (value == best && !is_free && holding.best != NONE && holder[sink] == NONE) {
                (second, holding.second) = (best, holding.best);
                (best, holding.best) = (value, arc);
                is_free = holder[sink] == NONE;
            } else if value < second {
                (second, holding.second) = (value, arc);
            }
        }
        if holding.best == NONE || (best == second && !is_free) {
            continue;
        }
        let sink = (columns.head[holding.best as usize] - base) as usize;
        price[sink] -= second - best;
        let before = std::mem::replace(&mut holder[sink], source);
        if before != NONE {
            holdings[before as usize] = NOTHING;
            waiting.push(before);
        }
        holdings[source as usize] = holding;
    }
    holdings
}

/// Hangs sinks by the sources that hold them, and these by their second best arcs.
fn hang(columns: Columns<'_>, holdings: &[Holding], tree: &mut Tree) {
    for (x, holding) in (0..).zip(holdings).filter(|(_, holding)| holding.best != NONE) {
        let sink = &mut tree.node[columns.head[holding.best as usize] as usize];
        (sink.parent, sink.pred) = (x, columns.arc(holding.best as usize));
        let source = &mut tree.node[x as usize];
        source.flow = 0;
        if holding.second != NONE {
            let arc = holding.second as usize;
            (source.parent, source.pred) = (columns.head[arc], columns.arc(arc));
        }
    }
}

/// Hangs one source of every circle by its penalty.
fn cut_circles(component: &Component, tree: &mut Tree) {
    let Component { sinks, root, .. } = *component;
    // the walk that met each source first
    let mut met = vec![NONE; sinks as usize];
    for walk in 0..sinks {
        let mut x = walk;
        while x != root && met[x as usize] == NONE {
            met[x as usize] = walk;
            let node = &tree.node[x as usize];
            let above = if node.parent == root {
                root
            } else {
                tree.node[node.parent as usize].parent
            };
            if above != root && met[above as usize] == walk {
                let node = &mut tree.node[x as usize];
                (node.parent, node.pred) = (root, PENALTY);
                break;
            }
            x = above;
        }
    }
}
