//! Explanation of a `flow` node: why a row was matched or left.

use super::candidates::{Sides, candidates};
use crate::error::Error;
use crate::explain::recorder::{Fact, Facts};
use crate::mcf::Instance;
use crate::nodes::flow::Flow;
use crate::plan::lot::Lot;
use crate::plan::run_state::Run;

/// The bag as the engine saw it, and what it answered.
struct Seen<'a> {
    bag: &'a [Lot],
    sides: &'a Sides,
    instance: &'a Instance,
    flow: &'a [i64],
}

/// How a source and a sink stand to each other.
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
    fn taker(&self, node: usize) -> Option<(Lot, i64)> {
        let arc = self
            .arcs(node)
            .filter(|&arc| self.flow(arc) > 0)
            .max_by_key(|&arc| self.flow(arc))?;
        Some((self.lot(self.other(arc, node)), self.instance.cost[arc]))
    }

    fn told_taker(&self, node: usize, facts: &mut Facts, names: [&'static str; 2]) {
        if let Some((lot, cost)) = self.taker(node) {
            facts.extend([(names[0], Fact::Row(lot.row)), (names[1], cost.into())]);
        }
    }
}

impl<R> Flow<R> {
    /// Tells the asked rows how they fared. Costs and penalties are millionths of a cost unit.
    pub(crate) fn tell(
        &self,
        run: &mut Run<'_, R>,
        node: u32,
        bag: &[Lot],
        sides: &Sides,
        instance: &Instance,
        flow: &[i64],
    ) -> Result<(), Error> {
        if !run.is_probed() {
            return Ok(());
        }
        let seen = Seen {
            bag,
            sides,
            instance,
            flow,
        };
        for at in run.asked_in(bag) {
            let own = sides.nodes[at as usize] as usize;
            let (event, facts) = self.fate(run, node, &seen, own)?;
            run.tell(node, seen.lot(own).row, event, facts);
        }
        let Some((a, b)) = run.asked_pair(bag) else {
            return Ok(());
        };
        let [a, b] = [a, b].map(|at| sides.nodes[at as usize] as usize);
        let (event, facts) = self.between(run, node, &seen, a, b)?;
        run.tell_pair(node, (seen.lot(a).row, seen.lot(b).row), event, facts);
        Ok(())
    }

    /// How each source meets each sink that `wanted` names.
    fn meetings(
        &self,
        run: &mut Run<'_, R>,
        node: u32,
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

    /// What became of one row.
    fn fate(
        &self,
        run: &mut Run<'_, R>,
        node: u32,
        seen: &Seen<'_>,
        own: usize,
    ) -> Result<(&'static str, Facts), Error> {
        let met = self.meetings(run, node, seen, &|source, sink| source == own || sink == own)?;
        let skipped = self.skipped_keys(run, seen, own)?;
        let mut facts: Facts = vec![
            ("penalty", seen.instance.penalty[own].into()),
            ("candidates", met.len().into()),
            ("over_cap", skipped.into()),
        ];
        let matched: i64 = seen.arcs(own).map(|arc| seen.flow(arc)).sum();
        if matched != 0 {
            facts.push(("matched", matched.into()));
            seen.told_taker(own, &mut facts, ["best", "cost"]);
            return Ok(("matched", facts));
        }
        if met.is_empty() {
            return Ok(("no_candidate", facts));
        }
        let arc = seen.arcs(own).min_by_key(|&arc| seen.instance.cost[arc]);
        if let Some(arc) = arc {
            let best = seen.other(arc, own);
            facts.extend([
                ("best", Fact::Row(seen.lot(best).row)),
                ("cost", seen.instance.cost[arc].into()),
            ]);
            seen.told_taker(best, &mut facts, ["taker", "taker_cost"]);
            return Ok(("cheaper_elsewhere", facts));
        }
        let dear = met.iter().filter_map(|(source, sink, meeting)| match meeting {
            Meeting::TooDear(cost) => Some((*cost, source + sink - own)),
            _ => None,
        });
        match dear.min() {
            None => Ok(("all_forbidden", facts)),
            Some((cost, best)) => {
                facts.extend([("best", Fact::Row(seen.lot(best).row)), ("cost", cost.into())]);
                facts.push(("other_penalty", seen.instance.penalty[best].into()));
                Ok(("too_dear", facts))
            }
        }
    }

    /// How many keys of a row are carried by more rows than the cap.
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

    /// How two rows stand to each other.
    fn between(
        &self,
        run: &mut Run<'_, R>,
        node: u32,
        seen: &Seen<'_>,
        a: usize,
        b: usize,
    ) -> Result<(&'static str, Facts), Error> {
        let (source, sink) = (a.min(b), a.max(b));
        if (sink < seen.sides.n_sources) || (source >= seen.sides.n_sources) {
            return Ok(("same_sign", Vec::new()));
        }
        let met = self.meetings(run, node, seen, &|from, to| (from, to) == (source, sink))?;
        let meeting = met
            .into_iter()
            .next()
            .map_or(Meeting::NotCandidates, |(_, _, meeting)| meeting);
        let penalties = || {
            let penalty = |node: usize| Fact::from(seen.instance.penalty[node]);
            [("penalty", penalty(a)), ("other_penalty", penalty(b))]
        };
        match meeting {
            Meeting::NotCandidates => self.apart(run, seen, a, b),
            Meeting::Forbidden => Ok(("forbidden", Vec::new())),
            Meeting::TooDear(cost) => {
                let mut facts: Facts = vec![("cost", cost.into())];
                facts.extend(penalties());
                Ok(("too_dear", facts))
            }
            Meeting::Arc(arc) => {
                let mut facts: Facts = vec![("cost", seen.instance.cost[arc].into())];
                if seen.flow(arc) > 0 {
                    facts.push(("matched", seen.flow(arc).into()));
                    return Ok(("matched_together", facts));
                }
                facts.extend(penalties());
                seen.told_taker(a, &mut facts, ["taker", "taker_cost"]);
                seen.told_taker(b, &mut facts, ["other_taker", "other_taker_cost"]);
                Ok(("cheaper_elsewhere", facts))
            }
        }
    }

    /// Why two rows are no candidates.
    fn apart(&self, run: &Run<'_, R>, seen: &Seen<'_>, a: usize, b: usize) -> Result<(&'static str, Facts), Error> {
        let mut facts: Facts = Vec::new();
        if let Some(window) = &self.window {
            let order = |node: usize| run.eval(&window.order, seen.lot(node)).map(i128::from);
            let distance = (order(a)? - order(b)?).abs();
            facts.push(("distance", Fact::Number(distance)));
            facts.push(("width", window.width.into()));
            if distance <= i128::from(window.width) {
                facts.push(("cap", self.caps.window.into()));
                return Ok(("crowded_window", facts));
            }
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
        if let Some(carriers) = carriers {
            facts.extend([("carriers", carriers.into()), ("cap", self.caps.bucket.into())]);
            return Ok(("over_cap", facts));
        }
        let event = if self.matchers.is_empty() {
            "outside_window"
        } else {
            "no_shared_key"
        };
        Ok((event, facts))
    }
}
