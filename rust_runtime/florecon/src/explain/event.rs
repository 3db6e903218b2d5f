//! Typed events of an execution trace, and their fields on the wire.

use crate::plan::lot::Lot;
use crate::plan::node_id::NodeId;
use crate::plan::tolerance::{Legs, Tol};
use crate::value::Shown;
use crate::wire::{EventName, Refusal, field};

/// One event of one watched row at one node.
pub(crate) struct Record {
    pub node: NodeId,
    pub row: u32,
    pub event: Event,
    /// The other row, where the event is about a pair.
    pub with: Option<u32>,
    /// Whether amounts are in the numeraire of a `pivot`.
    pub is_pivoted: bool,
}

/// A key as JSON.
pub(crate) struct KeyJson(String);

impl KeyJson {
    pub fn of(key: &dyn Shown) -> Self {
        let mut json = String::new();
        key.show(&mut json);
        Self(json)
    }
}

/// Event of a row at a node, or of a pair of rows. Amounts are in minor units of the active numeraire; costs and
/// penalties are in millionths of a cost unit.
pub(crate) enum Event {
    /// The row entered the node in a bag of `size` lots; `without` is the other row of a pair that did not.
    Entered {
        amount: i64,
        size: usize,
        without: Option<u32>,
    },
    /// The row is in a new group.
    Taken {
        amount: i64,
        size: usize,
        net: i128,
        origin: String,
        reason: String,
        members: Vec<Lot>,
    },
    NullKey,
    Bucket {
        total: Total,
        key: KeyJson,
    },
    DifferentKey {
        key: KeyJson,
        other: KeyJson,
    },
    /// The bucket of the row forms no group.
    Refused {
        refusal: Refusal,
        total: Total,
        limits: Limits,
    },
    /// A transformation of groups reached the groups that hold the row.
    Regrouped(Regrouping),
    Predicate(bool),
    /// Which of several strategies was taken, from 1; the scores and the numbers of groups of all as JSON.
    Chosen {
        chosen: usize,
        score: &'static str,
        scores: String,
        formed: String,
    },
    TooLarge {
        amount: i64,
        slack: i128,
    },
    /// The row is in excess of the other side of its bucket.
    Surplus {
        same: usize,
        opposite: usize,
    },
    /// Another group as good, which the node could have formed with the row or one of its partners.
    Rival {
        total: Total,
        members: Vec<Lot>,
        key: Option<KeyJson>,
    },
    SameSign,
    PairedElsewhere,
    DifferentSegment,
    /// The row is after the last balance of zero.
    Tail {
        total: Total,
        slack: i128,
    },
    Signals {
        alone: usize,
        shared: usize,
        key: KeyJson,
    },
    SharedKey {
        key: KeyJson,
    },
    NoSharedKey {
        distance: Option<Distance>,
    },
    NoSubset {
        max_size: usize,
    },
    /// Of the subsets with the row the one whose difference is smallest.
    Nearest {
        total: Total,
        members: Vec<Lot>,
    },
    /// No subset with the row has both signs.
    NoneLeft,
    /// The search for the nearest subset was given up.
    NearestUnknown,
    Band {
        from: i64,
        width: i64,
        size: usize,
    },
    OutsideWindow {
        distance: Option<Distance>,
    },
    CrowdedWindow {
        distance: Distance,
        cap: usize,
    },
    KeyOverCap {
        distance: Option<Distance>,
        carriers: usize,
        cap: usize,
    },
    /// The row entered the numeraire of a `pivot` with this amount.
    Pivoted {
        amount: i64,
    },
    NotPivoted,
    /// The part matched inside a `pivot`, and its translation.
    Translated {
        inside: i128,
        amount: i64,
    },
    /// The outcome of a row at a `flow` node.
    Flow {
        penalty: i64,
        candidates: usize,
        over_cap: usize,
        outcome: FlowOutcome,
    },
    /// The outcome of two candidates at a `flow` node.
    FlowPair(FlowPair),
}

/// Number and net amount of the lots of a bucket.
#[derive(Clone, Copy)]
pub(crate) struct Total {
    pub size: usize,
    pub net: i128,
}

/// Distance of two rows in an order, and the width of the window.
#[derive(Clone, Copy)]
pub(crate) struct Distance {
    pub distance: i128,
    pub width: i64,
}

/// The other end of an arc, and the cost of the arc.
#[derive(Clone, Copy)]
pub(crate) struct Partner {
    pub row: u32,
    pub cost: i64,
}

/// Settings of the node that a refused bucket was tested against.
pub(crate) enum Limits {
    None,
    Slack(i128),
    Signal {
        key: KeyJson,
        cap: usize,
        slack: i128,
    },
    /// Of a component, which has no key.
    Capped {
        cap: usize,
        slack: i128,
    },
    Subset {
        max_size: usize,
        budget: u64,
    },
}

/// The groups that held a row before and after a transformation.
pub(crate) struct Regrouping {
    pub is_changed: bool,
    pub cause: Cause,
    pub total: Total,
    /// The row's amount in groups before.
    pub before: i128,
    /// The row's amount in groups after.
    pub after: i128,
    /// The members of the first group after, if there is one and it is new.
    pub members: Option<Vec<Lot>>,
}

/// Cause of a transformation.
pub(crate) enum Cause {
    Unknown,
    /// A member that also has a residual.
    Split(u32),
    /// The slack of the row's original amount.
    Slack(i128),
    /// The net of the group with all that came of its rows, and the slack.
    Whole {
        net: i128,
        slack: i128,
    },
}

pub(crate) enum FlowOutcome {
    Matched {
        matched: i64,
        best: Option<Partner>,
    },
    NoCandidate,
    /// The cheapest partner was worth more to `taker`.
    CheaperElsewhere {
        best: Partner,
        taker: Option<Partner>,
    },
    /// Every candidate is forbidden; `best` is the one with the nearest amount.
    AllForbidden {
        best: u32,
    },
    TooDear {
        best: Partner,
        other_penalty: i64,
    },
}

pub(crate) enum FlowPair {
    Forbidden,
    TooDear {
        cost: i64,
        penalties: [i64; 2],
    },
    Matched {
        cost: i64,
        matched: i64,
    },
    CheaperElsewhere {
        cost: i64,
        penalties: [i64; 2],
        takers: [Option<Partner>; 2],
    },
}

/// Receiver of the fields of an event, in the order of the wire.
pub(crate) trait Fields {
    fn number(&mut self, name: &'static str, number: i128);
    fn row(&mut self, name: &'static str, row: u32);
    fn text(&mut self, name: &'static str, text: &str);
    fn json(&mut self, name: &'static str, json: &str);
    fn lots(&mut self, name: &'static str, lots: &[Lot]);
}

impl Total {
    /// Of some positions of a bag.
    pub fn of(bag: &[Lot], positions: &[u32]) -> (Self, Legs) {
        let mut legs = Legs::default();
        positions.iter().for_each(|&at| legs.add(bag[at as usize].amount));
        let total = Self {
            size: positions.len(),
            net: legs.net,
        };
        (total, legs)
    }
}

impl Limits {
    pub fn slack(legs: &Legs, tol: Tol) -> Self {
        Self::Slack(legs.slack(tol))
    }
}

impl Record {
    /// Writes the fields of the event, then those of the record.
    pub fn write(&self, fields: &mut dyn Fields) {
        self.event.write(fields);
        if let Some(with) = self.with {
            fields.row(field::WITH, with);
        }
        if self.is_pivoted {
            fields.number(field::PIVOTED, 1);
        }
    }
}

impl Event {
    /// The name of the event on the wire.
    pub fn name(&self) -> EventName {
        match self {
            Self::Entered { .. } => EventName::Entered,
            Self::Taken { .. } => EventName::Taken,
            Self::NullKey => EventName::NullKey,
            Self::Bucket { .. } => EventName::Bucket,
            Self::DifferentKey { .. } => EventName::DifferentKey,
            Self::Refused { refusal, .. } => refusal.event(),
            Self::Regrouped(Regrouping { is_changed: false, .. }) => EventName::Kept,
            Self::Regrouped(_) => EventName::Regrouped,
            Self::Predicate(true) => EventName::PredicateTrue,
            Self::Chosen { .. } => EventName::Chosen,
            Self::Predicate(false) => EventName::PredicateFalse,
            Self::TooLarge { .. } => EventName::TooLarge,
            Self::Surplus { .. } => EventName::Surplus,
            Self::Rival { .. } => EventName::Rival,
            Self::SameSign => EventName::SameSign,
            Self::PairedElsewhere => EventName::PairedElsewhere,
            Self::DifferentSegment => EventName::DifferentSegment,
            Self::Tail { .. } => EventName::Tail,
            Self::Signals { .. } => EventName::Signals,
            Self::SharedKey { .. } => EventName::SharedKey,
            Self::NoSharedKey { .. } => EventName::NoSharedKey,
            Self::NoSubset { .. } => EventName::NoSubset,
            Self::Nearest { .. } => EventName::Nearest,
            Self::NoneLeft => EventName::NoneLeft,
            Self::NearestUnknown => EventName::NearestUnknown,
            Self::Band { .. } => EventName::Band,
            Self::OutsideWindow { .. } => EventName::OutsideWindow,
            Self::CrowdedWindow { .. } => EventName::CrowdedWindow,
            Self::KeyOverCap { .. } => EventName::OverCap,
            Self::Pivoted { .. } => EventName::Pivot,
            Self::NotPivoted => EventName::NotEntered,
            Self::Translated { .. } => EventName::Translated,
            Self::Flow { outcome, .. } => match outcome {
                FlowOutcome::Matched { .. } => EventName::Matched,
                FlowOutcome::NoCandidate => EventName::NoCandidate,
                FlowOutcome::CheaperElsewhere { .. } => EventName::CheaperElsewhere,
                FlowOutcome::AllForbidden { .. } => EventName::AllForbidden,
                FlowOutcome::TooDear { .. } => EventName::TooDear,
            },
            Self::FlowPair(pair) => match pair {
                FlowPair::Forbidden => EventName::Forbidden,
                FlowPair::TooDear { .. } => EventName::TooDear,
                FlowPair::Matched { .. } => EventName::MatchedTogether,
                FlowPair::CheaperElsewhere { .. } => EventName::CheaperElsewhere,
            },
        }
    }

    fn write(&self, fields: &mut dyn Fields) {
        match self {
            Self::Entered { amount, size, without } => {
                fields.number(field::AMOUNT, (*amount).into());
                count(fields, field::SIZE, *size);
                if let Some(row) = without {
                    fields.row(field::WITHOUT, *row);
                }
            }
            Self::Taken {
                amount,
                size,
                net,
                origin,
                reason,
                members,
            } => {
                fields.number(field::AMOUNT, (*amount).into());
                count(fields, field::SIZE, *size);
                fields.number(field::NET, *net);
                fields.text(field::ORIGIN, origin);
                fields.text(field::REASON, reason);
                fields.lots(field::MEMBERS, members);
            }
            Self::NullKey
            | Self::Predicate(_)
            | Self::NoneLeft
            | Self::NearestUnknown
            | Self::SameSign
            | Self::PairedElsewhere
            | Self::DifferentSegment => {}
            Self::Bucket { total, key } => {
                total.write(fields);
                fields.json(field::KEY, &key.0);
            }
            Self::DifferentKey { key, other } => {
                fields.json(field::KEY, &key.0);
                fields.json(field::OTHER_KEY, &other.0);
            }
            Self::Refused { total, limits, .. } => {
                total.write(fields);
                limits.write(fields);
            }
            Self::Regrouped(regrouping) => regrouping.write(fields),
            Self::Chosen {
                chosen,
                score,
                scores,
                formed,
            } => {
                count(fields, field::CHOSEN, *chosen);
                fields.text(field::SCORE, score);
                fields.json(field::SCORES, scores);
                fields.json(field::FORMED, formed);
            }
            Self::TooLarge { amount, slack } => {
                fields.number(field::AMOUNT, (*amount).into());
                fields.number(field::SLACK, *slack);
            }
            Self::Surplus { same, opposite } => {
                count(fields, field::SAME, *same);
                count(fields, field::OPPOSITE, *opposite);
            }
            Self::Rival { total, members, key } => {
                total.write(fields);
                fields.lots(field::MEMBERS, members);
                if let Some(key) = key {
                    fields.json(field::KEY, &key.0);
                }
            }
            Self::Nearest { total, members } => {
                total.write(fields);
                fields.lots(field::MEMBERS, members);
            }
            Self::Tail { total, slack } => {
                total.write(fields);
                fields.number(field::SLACK, *slack);
            }
            Self::Signals { alone, shared, key } => {
                count(fields, field::ALONE, *alone);
                count(fields, field::SHARED, *shared);
                fields.json(field::KEY, &key.0);
            }
            Self::SharedKey { key } => fields.json(field::KEY, &key.0),
            Self::NoSharedKey { distance } | Self::OutsideWindow { distance } => write_distance(*distance, fields),
            Self::NoSubset { max_size } => count(fields, field::MAX_SIZE, *max_size),
            Self::Band { from, width, size } => {
                fields.number(field::FROM, (*from).into());
                fields.number(field::WIDTH, (*width).into());
                count(fields, field::SIZE, *size);
            }
            Self::CrowdedWindow { distance, cap } => {
                write_distance(Some(*distance), fields);
                count(fields, field::CAP, *cap);
            }
            Self::KeyOverCap {
                distance,
                carriers,
                cap,
            } => {
                write_distance(*distance, fields);
                count(fields, field::CARRIERS, *carriers);
                count(fields, field::CAP, *cap);
            }
            Self::Pivoted { amount } => fields.number(field::AMOUNT, (*amount).into()),
            Self::NotPivoted => fields.number(field::AMOUNT, 0),
            Self::Translated { inside, amount } => {
                fields.number(field::INSIDE, *inside);
                fields.number(field::AMOUNT, (*amount).into());
            }
            Self::Flow {
                penalty,
                candidates,
                over_cap,
                outcome,
            } => {
                fields.number(field::PENALTY, (*penalty).into());
                count(fields, field::CANDIDATES, *candidates);
                count(fields, field::OVER_CAP, *over_cap);
                outcome.write(fields);
            }
            Self::FlowPair(pair) => pair.write(fields),
        }
    }
}

impl Total {
    fn write(&self, fields: &mut dyn Fields) {
        count(fields, field::SIZE, self.size);
        fields.number(field::NET, self.net);
    }
}

impl Limits {
    fn write(&self, fields: &mut dyn Fields) {
        match self {
            Self::None => {}
            Self::Slack(slack) => fields.number(field::SLACK, *slack),
            Self::Signal { key, cap, slack } => {
                fields.json(field::KEY, &key.0);
                count(fields, field::CAP, *cap);
                fields.number(field::SLACK, *slack);
            }
            Self::Capped { cap, slack } => {
                count(fields, field::CAP, *cap);
                fields.number(field::SLACK, *slack);
            }
            Self::Subset { max_size, budget } => {
                count(fields, field::MAX_SIZE, *max_size);
                fields.number(field::BUDGET, (*budget).into());
            }
        }
    }
}

impl Regrouping {
    fn write(&self, fields: &mut dyn Fields) {
        match self.cause {
            Cause::Unknown => {}
            Cause::Split(row) => fields.row(field::SPLIT, row),
            Cause::Slack(slack) => fields.number(field::SLACK, slack),
            Cause::Whole { net, slack } => {
                fields.number(field::WHOLE, net);
                fields.number(field::SLACK, slack);
            }
        }
        self.total.write(fields);
        fields.number(field::BEFORE, self.before);
        fields.number(field::AFTER, self.after);
        if let Some(members) = &self.members {
            fields.lots(field::MEMBERS, members);
        }
    }
}

impl FlowOutcome {
    fn write(&self, fields: &mut dyn Fields) {
        match self {
            Self::NoCandidate => {}
            Self::AllForbidden { best } => fields.row(field::BEST, *best),
            Self::Matched { matched, best } => {
                fields.number(field::MATCHED, (*matched).into());
                write_partner(*best, [field::BEST, field::COST], fields);
            }
            Self::CheaperElsewhere { best, taker } => {
                write_partner(Some(*best), [field::BEST, field::COST], fields);
                write_partner(*taker, [field::TAKER, field::TAKER_COST], fields);
            }
            Self::TooDear { best, other_penalty } => {
                write_partner(Some(*best), [field::BEST, field::COST], fields);
                fields.number(field::OTHER_PENALTY, (*other_penalty).into());
            }
        }
    }
}

impl FlowPair {
    fn write(&self, fields: &mut dyn Fields) {
        match self {
            Self::Forbidden => {}
            Self::TooDear { cost, penalties } => {
                fields.number(field::COST, (*cost).into());
                write_penalties(*penalties, fields);
            }
            Self::Matched { cost, matched } => {
                fields.number(field::COST, (*cost).into());
                fields.number(field::MATCHED, (*matched).into());
            }
            Self::CheaperElsewhere {
                cost,
                penalties,
                takers: [taker, other],
            } => {
                fields.number(field::COST, (*cost).into());
                write_penalties(*penalties, fields);
                write_partner(*taker, [field::TAKER, field::TAKER_COST], fields);
                write_partner(*other, [field::OTHER_TAKER, field::OTHER_TAKER_COST], fields);
            }
        }
    }
}

fn count(fields: &mut dyn Fields, name: &'static str, count: usize) {
    fields.number(name, count as i128);
}

fn write_distance(distance: Option<Distance>, fields: &mut dyn Fields) {
    if let Some(Distance { distance, width }) = distance {
        fields.number(field::DISTANCE, distance);
        fields.number(field::WIDTH, width.into());
    }
}

fn write_partner(partner: Option<Partner>, [row, cost]: [&'static str; 2], fields: &mut dyn Fields) {
    if let Some(partner) = partner {
        fields.row(row, partner.row);
        fields.number(cost, partner.cost.into());
    }
}

fn write_penalties([own, other]: [i64; 2], fields: &mut dyn Fields) {
    fields.number(field::PENALTY, own.into());
    fields.number(field::OTHER_PENALTY, other.into());
}
