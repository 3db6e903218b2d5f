//! Explanation of a `flow` node: why a row was matched or left.

use super::candidates::{Sides, candidates};
use crate::error::Error;
use crate::explain::event::{Distance, Event, FlowOutcome, FlowPair, Partner};
use crate::mcf::Instance;
use crate::nodes::flow::Flow;
use crate::plan::lot::Lot;
use crate::plan::node_id::NodeId;
use crate::plan::run_state::Run;

/// The bag as an instance, and the flow.
struct Seen<'a> {
    bag: &'a [Lot],
    sides: &'a Sides,
    instance: &'a Instance,
    flow: &'a [i64],
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
        let ends = self.instance.tail.iter().zip(&self.instance.head);
        ends.enumerate()
            .filter(move |(_, (tail, head))| [**tail as usize, **head as usize].contains(&node))
            .map(|(arc, _)| arc)
    }

    fn flow(&self, arc: usize) -> i64 {
        self.flow.get(arc).copied().unwrap_or(0)
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
        flow: &[i64],
    ) -> Result<(), Error> {
        if !run.is_recorded() {
            return Ok(());
        }
        let seen = Seen {
            bag,
            sides,
            instance,
            flow,
        };
        for at in run.watched_in(bag) {
            let own = sides.nodes[at as usize] as usize;
            let event = self.outcome(run, node, &seen, own)?;
            run.record(node, seen.lot(own).row, event);
        }
        let Some((a, b)) = run.watched_pair(bag) else {
            return Ok(());
        };
        let [a, b] = [a, b].map(|at| sides.nodes[at as usize] as usize);
        let event = self.pair_outcome(run, node, &seen, a, b)?;
        run.record_pair(node, (seen.lot(a).row, seen.lot(b).row), event);
        Ok(())
    }

    /// The relations of the candidate pairs that `wanted` selects.
    fn meetings(
        &self,
        run: &mut Run<'_, R>,
        node: NodeId,
        seen: &Seen<'_>,
        wanted: &dyn Fn(usize, usize) -> bool,
    ) -> Result<Vec<(usize, usize, Meeting)>, Error> {
        let (window, matchers) = (self.window.as_ref(), &self.matchers);
        let mut near = candidates(run, node, seen.bag, seen.sides, window, matchers, self.caps)?;
        let mut found = Vec::new();
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
                found.push((source, sink, meeting));
            }
        }
        Ok(found)
    }

    /// The outcome of one row.
    fn outcome(&self, run: &mut Run<'_, R>, node: NodeId, seen: &Seen<'_>, own: usize) -> Result<Event, Error> {
        let met = self.meetings(run, node, seen, &|source, sink| source == own || sink == own)?;
        let over_cap = self.skipped_keys(run, seen, own)?;
        let matched: i64 = seen.arcs(own).map(|arc| seen.flow(arc)).sum();
        let cheapest = seen.arcs(own).min_by_key(|&arc| seen.instance.cost[arc]);
        let dear = met.iter().filter_map(|(source, sink, meeting)| match meeting {
            Meeting::TooDear(cost) => Some((*cost, source + sink - own)),
            _ => None,
        });
        let outcome = if matched != 0 {
            let best = seen.taker(own);
            FlowOutcome::Matched { matched, best }
        } else if met.is_empty() {
            FlowOutcome::NoCandidate
        } else if let Some(arc) = cheapest {
            let best = seen.other(arc, own);
            FlowOutcome::CheaperElsewhere {
                best: seen.partner(best, seen.instance.cost[arc]),
                taker: seen.taker(best),
            }
        } else if let Some((cost, best)) = dear.min() {
            FlowOutcome::TooDear {
                best: seen.partner(best, cost),
                other_penalty: seen.instance.penalty[best],
            }
        } else {
            let own_amount = i128::from(seen.lot(own).amount);
            let others = met.iter().map(|(source, sink, _)| seen.lot(source + sink - own));
            let nearest = others.min_by_key(|lot| ((own_amount + i128::from(lot.amount)).abs(), lot.row));
            nearest.map_or(FlowOutcome::NoCandidate, |lot| FlowOutcome::AllForbidden {
                best: lot.row,
            })
        };
        Ok(Event::Flow {
            penalty: seen.instance.penalty[own],
            candidates: met.len(),
            over_cap,
            outcome,
        })
    }

    /// Number of keys of a row that more rows share than the cap allows.
    fn skipped_keys(&self, run: &Run<'_, R>, seen: &Seen<'_>, own: usize) -> Result<usize, Error> {
        let mut skipped = 0;
        for matcher in &self.matchers {
            let carried = matcher.pairs(run, seen.bag, &seen.sides.nodes)?;
            let carriers = |key: u32| carried.pairs.iter().filter(|pair| pair.0 == key).count();
            let keys = carried.pairs.iter().filter(|pair| pair.1 as usize == own);
            skipped += keys.filter(|pair| carriers(pair.0) > self.caps.bucket).count();
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
        let met = self.meetings(run, node, seen, &|from, to| (from, to) == (source, sink))?;
        let meeting = met
            .into_iter()
            .next()
            .map_or(Meeting::NotCandidates, |(_, _, meeting)| meeting);
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
    fn apart(&self, run: &Run<'_, R>, seen: &Seen<'_>, a: usize, b: usize) -> Result<Event, Error> {
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
