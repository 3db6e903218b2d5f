//! Dynamic graph: nodes and arcs come and go; slots of removed ones are reused.

use crate::mcf::components::NONE;
use crate::mcf::instance::Instance;

/// The root of the one tree; node `i` of the caller is slot `i + 1`.
pub(super) const ROOT: u32 = 0;

/// What a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Root,
    Source,
    Sink,
    Vacant,
}

#[derive(Clone, Debug)]
pub(super) struct Place {
    pub kind: Kind,
    /// Magnitude of the supply.
    pub amount: i64,
    pub penalty: i64,
    pub key: u64,
    /// First arc of the list.
    pub first: u32,
}

/// An arc; `tail` is `NONE` while the slot is vacant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub tail: u32,
    pub head: u32,
    /// Next arc of the tail, of the head.
    pub next: [u32; 2],
    pub cost: i64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    pub places: Vec<Place>,
    pub links: Vec<Link>,
    vacant_places: Vec<u32>,
    vacant_links: Vec<u32>,
}

/// An instance made from a graph, and the slots its nodes and arcs came from.
pub(super) struct Extract {
    pub instance: Instance,
    pub places: Vec<u32>,
    pub links: Vec<u32>,
}

impl Graph {
    pub fn new(instance: &Instance) -> Self {
        let root = Place {
            kind: Kind::Root,
            amount: 0,
            penalty: 0,
            key: 0,
            first: NONE,
        };
        let mut graph = Self {
            places: vec![root],
            ..Self::default()
        };
        for node in 0..instance.n_nodes() {
            let kind = if node < instance.n_sources {
                Kind::Source
            } else {
                Kind::Sink
            };
            let (amount, penalty, key) = (instance.supply[node].abs(), instance.penalty[node], instance.key[node]);
            graph.places.push(Place {
                kind,
                amount,
                penalty,
                key,
                first: NONE,
            });
        }
        graph.links.reserve_exact(instance.n_arcs());
        for arc in 0..instance.n_arcs() {
            graph.add_link(instance.tail[arc] + 1, instance.head[arc] + 1, instance.cost[arc]);
        }
        graph
    }

    /// The instance at hand, nodes and arcs in the order of their slots.
    pub fn extract(&self) -> Extract {
        let slots = |kind| {
            (0u32..)
                .zip(&self.places)
                .filter(move |(_, p)| p.kind == kind)
                .map(|(x, _)| x)
        };
        let places: Vec<u32> = slots(Kind::Source).chain(slots(Kind::Sink)).collect();
        let mut node = vec![NONE; self.places.len()];
        let mut instance = Instance {
            n_sources: slots(Kind::Source).count(),
            ..Instance::default()
        };
        for (i, &x) in places.iter().enumerate() {
            let place = &self.places[x as usize];
            node[x as usize] = i as u32;
            instance.supply.push(if i < instance.n_sources {
                place.amount
            } else {
                -place.amount
            });
            instance.penalty.push(place.penalty);
            instance.key.push(place.key);
        }
        let links: Vec<u32> = (0u32..)
            .zip(&self.links)
            .filter(|(_, l)| l.tail != NONE)
            .map(|(x, _)| x)
            .collect();
        for &x in &links {
            let link = &self.links[x as usize];
            instance.tail.push(node[link.tail as usize]);
            instance.head.push(node[link.head as usize]);
            instance.cost.push(link.cost);
        }
        Extract {
            instance,
            places,
            links,
        }
    }

    pub fn kind(&self, x: u32) -> Kind {
        self.places[x as usize].kind
    }

    pub fn add_place(&mut self, place: Place) -> u32 {
        if let Some(x) = self.vacant_places.pop() {
            self.places[x as usize] = place;
            return x;
        }
        self.places.push(place);
        (self.places.len() - 1) as u32
    }

    /// Gives up the slot of a node that has no arcs.
    pub fn remove_place(&mut self, x: u32) {
        self.places[x as usize].kind = Kind::Vacant;
        self.vacant_places.push(x);
    }

    pub fn add_link(&mut self, tail: u32, head: u32, cost: i64) -> u32 {
        let next = [self.places[tail as usize].first, self.places[head as usize].first];
        let link = Link { tail, head, next, cost };
        let arc = if let Some(arc) = self.vacant_links.pop() {
            self.links[arc as usize] = link;
            arc
        } else {
            self.links.push(link);
            (self.links.len() - 1) as u32
        };
        self.places[tail as usize].first = arc;
        self.places[head as usize].first = arc;
        arc
    }

    /// Takes an arc out of both lists; linear in the number of arcs of its ends.
    pub fn remove_link(&mut self, arc: u32) {
        let link = self.links[arc as usize];
        for (side, x) in [link.tail, link.head].into_iter().enumerate() {
            let (mut at, mut before) = (self.places[x as usize].first, NONE);
            while at != arc {
                before = at;
                at = self.links[at as usize].next[side];
            }
            match before {
                NONE => self.places[x as usize].first = link.next[side],
                _ => self.links[before as usize].next[side] = link.next[side],
            }
        }
        (self.links[arc as usize].tail, self.links[arc as usize].head) = (NONE, NONE);
        self.vacant_links.push(arc);
    }
}
