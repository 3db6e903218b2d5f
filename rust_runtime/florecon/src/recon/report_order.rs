//! Report order: ascending smallest id, then members, lifecycle, origin, reason, node.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::ledger::{Ledger, Place};
use crate::plan::node_id::NodeId;
use crate::sorting::by_order;

/// The order of the report: that of the last solve, unless something has changed since; then the ids of the groups ascend from
/// the one that comes with it.
pub(crate) fn order_of(ledger: &Ledger) -> (Cow<'_, [Place]>, Option<i64>) {
    let Some((solved, base)) = ledger.solved_order() else {
        return (Cow::Owned(report_order(ledger)), None);
    };
    debug_assert_eq!(
        &*solved,
        report_order(ledger),
        "a solve numbers its proposals in the order of the report"
    );
    (solved, Some(base))
}

/// All groups in the order of the report, in linear time but for groups that share their smallest row.
pub(crate) fn report_order(ledger: &Ledger) -> Vec<Place> {
    let entries = || {
        let groups = ledger.alive().map(|index| (ledger.first(index), Place::Group(index)));
        let singles = (0..ledger.slots() as u32).filter(|&slot| ledger.has_single(slot));
        groups.chain(singles.map(|slot| (slot, Place::Single(slot))))
    };
    let mut starts = vec![0_u32; ledger.slots() + 1];
    entries().for_each(|(first, _)| starts[first as usize + 1] += 1);
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let total = starts.last().copied().unwrap_or(0);
    let mut order = vec![Place::Single(0); total as usize];
    for (first, entry) in entries() {
        let next = &mut starts[first as usize];
        order[*next as usize] = entry;
        *next += 1;
    }
    // each start is now the end of its bucket
    let mut from = 0;
    for &end in &starts {
        let end = (end as usize).max(from);
        if end - from > 1 {
            by_order(&mut order[from..end], |a, b| compare(ledger, a, b));
        }
        from = end;
    }
    order
}

pub(crate) fn compare(ledger: &Ledger, a: Place, b: Place) -> Ordering {
    let members = |place: Place| {
        let (single, group) = match place {
            Place::Group(index) => (None, Some(ledger.group(index))),
            Place::Single(slot) => (ledger.single(slot).map(|(_, amount)| (slot, amount)), None),
        };
        let lots = group.into_iter().flat_map(|group| group.lots());
        single.into_iter().chain(lots.map(|lot| (lot.row, lot.amount)))
    };
    members(a)
        .cmp(members(b))
        .then_with(|| label(ledger, a).cmp(&label(ledger, b)))
}

/// The order of groups with the same members; no node comes before node 0.
fn label(ledger: &Ledger, place: Place) -> (bool, &str, &str, Option<NodeId>, i64) {
    match place {
        Place::Group(index) => {
            let tag = ledger.group(index).tag;
            let (origin, reason) = (ledger.names.text(tag.origin), ledger.names.text(tag.reason));
            (ledger.is_pinned(index), origin, reason, tag.node, ledger.id(index))
        }
        Place::Single(slot) => {
            let id = ledger.single(slot).map_or(0, |(id, _)| id);
            (false, crate::wire::origin::UNMATCHED, "", None, id)
        }
    }
}
