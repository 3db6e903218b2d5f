//! Explanation of a `flow` node: why a row was matched or left.

use super::candidates::{Sides, candidates};
use super::rival::Optimum;
use crate::error::Error;
use crate::explain::event::{Distance, Event, FlowOutcome, FlowPair, Partner};
use crate::mcf::{Instance, Solution};
use crate::nodes::flow::Flow;
use crate::plan::lot::Lot;
use crate::plan::node_id::NodeId;
use crate::plan::run_state::Run;

/// The bag as an instance, and the flow.
struct Seen<'a> {
    bag: &'a [Lot],
    sides: &'a Sides,
    instance: &'a Instance,
    solution: &'a Solution,
    /// The arcs of each node, ascending.
    arcs: Vec<Vec<u32>>,
}

/// What the candidates of a node come to.
#[derive(Clone, Copy, Default)]
struct Candidates {
    count: usize,
    /// The cheapest whose cost is above both penalties: its cost, and the node.
    dear: Option<(i64, usize)>,
    /// The one of the nearest amount: how far its amount is, and its row.
    nearest: Option<(i128, u32)>,
}

/// Relation of a source and a sink.
enum Meeting {
    NotCandidates,
    Forbidden,
    /// Its cost is above both penalties.
    TooDear(i64),
    /// An arc of the instance.
    Arc(usize),
}

impl Seen<'_> {
    fn lot(&self, node: usize) -> Lot {
        self.bag[self.sides.places[node] as usize]
    }

    fn arcs(&self, node: usize) -> impl Iterator<Item = usize> {
        self.arcs[node].iter().map(|&arc| arc as usize)
    }

    fn flow(&self, arc: usize) -> i64 {
        self.solution.flow.get(arc).copied().unwrap_or(0)
    }

    /// The other end of an arc.
    fn other(&self, arc: usize, node: usize) -> usize {
        let (tail, head) = (self.instance.tail[arc] as usize, self.instance.head[arc] as usize);
        tail + head - node
    }

    /// The partner that took most of a node, with the cost.
    fn taker(&self, node: usize) -> Option<Partner> {
        let arc = self
            .arcs(node)
            .filter(|&arc| self.flow(arc) > 0)
            .max_by_key(|&arc| self.flow(arc))?;
        Some(self.partner(self.other(arc, node), self.instance.cost[arc]))
    }

    fn partner(&self, node: usize, cost: i64) -> Partner {
        let row = self.lot(node).row;
        Partner { row, cost }
    }

    fn penalties(&self, a: usize, b: usize) -> [i64; 2] {
        [self.instance.penalty[a], self.instance.penalty[b]]
    }
}

impl<R> Flow<R> {
    /// Records the outcome of the watched rows, and of two that are watched together.
    pub(crate) fn record(
        &self,
        run: &mut Run<'_, R>,
        node: NodeId,
        bag: &[Lot],
        sides: &Sides,
        instance: &Instance,
        solution: &Solution,
    ) -> Result<(), Error> {
        if !run.is_recorded() {
            return Ok(());
        }
        let watched = run.watched_in(bag);
        if watched.is_empty() {
            return Ok(());
        }
        let mut arcs = vec![Vec::new(); sides.places.len()];
        for (arc, (&tail, &head)) in (0..).zip(instance.tail.iter().zip(&instance.head)) {
            arcs[tail as usize].push(arc);
            arcs[head as usize].push(arc);
        }
        let seen = Seen {
            bag,
            sides,
            instance,
            solution,
            arcs,
        };
        let candidates = self.candidates_of(run, node, &seen, &watched)?;
        let over_cap = self.skipped_keys(run, &seen)?;
        for at in watched {
            let own = sides.nodes[at as usize] as usize;
            let event = Event::Flow {
                penalty: instance.penalty[own],
                candidates: candidates[own].count,
                over_cap: over_cap[own],
                outcome: outcome(&seen, candidates[own], own),
            };
            run.record(node, seen.lot(own).row, event);
            if solution.unique.get(own) == Some(&false) {
                let optimum = Optimum {
                    instance,
                    solution,
                    arcs: &seen.arcs,
                };
                let rival = optimum.rival(own);
                let lots = bag.iter().zip(&sides.nodes).map(|(lot, &of)| Lot {
                    amount: rival[of as usize],
                    ..*lot
                });
                let lots: Vec<Lot> = lots.filter(|lot| lot.amount != 0).collect();
                run.record_rival(node, seen.lot(own).row, &lots, None);
            }
        }
        let Some((a, b)) = run.watched_pair(bag) else {
            return Ok(());
        };
        let [a, b] = [a, b].map(|at| sides.nodes[at as usize] as usize);
        let event = self.pair_outcome(run, node, &seen, a, b)?;
        run.record_pair(node, (seen.lot(a).row, seen.lot(b).row), event);
        Ok(())
    }

    /// Calls `visit` with the relation of each candidate pair that `wanted` selects.
    fn meet(
        &self,
        run: &mut Run<'_, R>,
        node: NodeId,
        seen: &Seen<'_>,
        wanted: &dyn Fn(usize, usize) -> bool,
        visit: &mut dyn FnMut(usize, usize, Meeting),
    ) -> Result<(), Error> {
        let (window, matchers) = (self.window.as_ref(), &self.matchers);
        let mut near = candidates(run, node, seen.bag, seen.sides, window, matchers, self.caps)?;
        for source in 0..seen.sides.n_sources {
            let sinks: Vec<usize> = near.of(source).iter().map(|&sink| sink as usize).collect();
            for sink in sinks.into_iter().filter(|&sink| wanted(source, sink)) {
                let (a, b) = (seen.lot(source), seen.lot(sink));
                let cost =
                    (self.cost)(run.item(a), run.item(b)).map_err(|error| run.fault_of_pair(a.row, b.row, error))?;
                let meeting = match cost {
                    None => Meeting::Forbidden,
                    Some(cost) => {
                        let cost = Self::integer(run, cost, "the cost", a.row, Some(b.row))?;
                        let mut arcs = seen
                            .arcs(source)
                            .filter(|&arc| seen.instance.head[arc] as usize == sink);
                        arcs.next().map_or(Meeting::TooDear(cost), Meeting::Arc)
                    }
                };
                visit(source, sink, meeting);
            }
        }
        Ok(())
    }

    /// What the candidates of the watched rows come to, by node.
    fn candidates_of(
        &self,
        run: &mut Run<'_, R>,
        node: NodeId,
        seen: &Seen<'_>,
        watched: &[u32],
    ) -> Result<Vec<Candidates>, Error> {
        let mut is_watched = vec![false; seen.sides.places.len()];
        for &at in watched {
            is_watched[seen.sides.nodes[at as usize] as usize] = true;
        }
        let mut found = vec![Candidates::default(); is_watched.len()];
        let mut add = |own: usize, other: usize, meeting: &Meeting| {
            let (own_lot, lot) = (seen.lot(own), seen.lot(other));
            let near = (i128::from(own_lot.amount) + i128::from(lot.amount)).abs();
            let known = &mut found[own];
            known.count += 1;
            known.nearest = Some(known.nearest.map_or((near, lot.row), |best| best.min((near, lot.row))));
            if let Meeting::TooDear(cost) = meeting {
                known.dear = Some(known.dear.map_or((*cost, other), |best| best.min((*cost, other))));
            }
        };
        let wanted = |source: usize, sink: usize| is_watched[source] || is_watched[sink];
        self.meet(run, node, seen, &wanted, &mut |source, sink, meeting| {
            for (own, other) in [(source, sink), (sink, source)] {
                if is_watched[own] {
                    add(own, other, &meeting);
                }
            }
        })?;
        Ok(found)
    }

    /// Number of keys of each node that more rows share than the cap allows.
    fn skipped_keys(&self, run: &mut Run<'_, R>, seen: &Seen<'_>) -> Result<Vec<usize>, Error> {
        let mut skipped = vec![0; seen.sides.places.len()];
        for matcher in &self.matchers {
            let carried = matcher.pairs(run, seen.bag, &seen.sides.nodes)?;
            let mut carriers = vec![0; carried.keys];
            for &(key, _) in &carried.pairs {
                carriers[key as usize] += 1;
            }
            for &(key, node) in &carried.pairs {
                skipped[node as usize] += usize::from(carriers[key as usize] > self.caps.bucket);
            }
        }
        Ok(skipped)
    }

    /// The outcome of two rows.
    fn pair_outcome(
        &self,
        run: &mut Run<'_, R>,
        node: NodeId,
        seen: &Seen<'_>,
        a: usize,
        b: usize,
    ) -> Result<Event, Error> {
        let (source, sink) = (a.min(b), a.max(b));
        if (sink < seen.sides.n_sources) || (source >= seen.sides.n_sources) {
            return Ok(Event::SameSign);
        }
        let mut meeting = Meeting::NotCandidates;
        self.meet(
            run,
            node,
            seen,
            &|from, to| (from, to) == (source, sink),
            &mut |_, _, met| meeting = met,
        )?;
        let pair = match meeting {
            Meeting::NotCandidates => return self.apart(run, seen, a, b),
            Meeting::Forbidden => FlowPair::Forbidden,
            Meeting::TooDear(cost) => FlowPair::TooDear {
                cost,
                penalties: seen.penalties(a, b),
            },
            Meeting::Arc(arc) if seen.flow(arc) > 0 => FlowPair::Matched {
                cost: seen.instance.cost[arc],
                matched: seen.flow(arc),
            },
            Meeting::Arc(arc) => FlowPair::CheaperElsewhere {
                cost: seen.instance.cost[arc],
                penalties: seen.penalties(a, b),
                takers: [seen.taker(a), seen.taker(b)],
            },
        };
        Ok(Event::FlowPair(pair))
    }

    /// The reason why two rows are not candidates.
    fn apart(&self, run: &mut Run<'_, R>, seen: &Seen<'_>, a: usize, b: usize) -> Result<Event, Error> {
        let mut distance = None;
        if let Some(window) = &self.window {
            let order = |node: usize| run.eval(&window.order, seen.lot(node)).map(i128::from);
            let apart = Distance {
                distance: (order(a)? - order(b)?).abs(),
                width: window.width,
            };
            if apart.distance <= i128::from(window.width) {
                let cap = self.caps.window;
                return Ok(Event::CrowdedWindow { distance: apart, cap });
            }
            distance = Some(apart);
        }
        let mut carriers = None;
        for matcher in &self.matchers {
            let carried = matcher.pairs(run, seen.bag, &seen.sides.nodes)?;
            let of = |node: usize| {
                let own = carried.pairs.iter().filter(move |pair| pair.1 as usize == node);
                own.map(|pair| pair.0)
            };
            let theirs: Vec<u32> = of(b).collect();
            for key in of(a).filter(|key| theirs.contains(key)) {
                carriers = carriers.max(Some(carried.pairs.iter().filter(|pair| pair.0 == key).count()));
            }
        }
        Ok(match carriers {
            Some(carriers) => Event::KeyOverCap {
                distance,
                carriers,
                cap: self.caps.bucket,
            },
            None if self.matchers.is_empty() => Event::OutsideWindow { distance },
            None => Event::NoSharedKey { distance },
        })
    }
}

/// The outcome of one row.
fn outcome(seen: &Seen<'_>, met: Candidates, own: usize) -> FlowOutcome {
    let matched: i64 = seen.arcs(own).map(|arc| seen.flow(arc)).sum();
    let cheapest = seen.arcs(own).min_by_key(|&arc| seen.instance.cost[arc]);
    if matched != 0 {
        let best = seen.taker(own);
        FlowOutcome::Matched { matched, best }
    } else if met.count == 0 {
        FlowOutcome::NoCandidate
    } else if let Some(arc) = cheapest {
        let best = seen.other(arc, own);
        FlowOutcome::CheaperElsewhere {
            best: seen.partner(best, seen.instance.cost[arc]),
            taker: seen.taker(best),
        }
    } else if let Some((cost, best)) = met.dear {
        FlowOutcome::TooDear {
            best: seen.partner(best, cost),
            other_penalty: seen.instance.penalty[best],
        }
    } else {
        met.nearest
            .map_or(FlowOutcome::NoCandidate, |(_, best)| FlowOutcome::AllForbidden { best })
    }
}
