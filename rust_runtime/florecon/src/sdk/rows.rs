//! The report by rows: where each one went.

use crate::report::ReportView;
use crate::row_id::RowId;

/// The origin of what nobody matched.
const UNMATCHED: &str = "unmatched";

/// A row's share of the report.
pub(crate) struct RowLine<'v> {
    pub id: &'v RowId,
    /// The group with the largest share; of equals the one with the smallest id.
    pub group_id: i64,
    /// What is in groups of any other origin than `unmatched`.
    pub matched: i64,
    /// The rest.
    pub residual: i64,
    /// Whether there is a rest; a row may be of no amount at all.
    pub is_unmatched: bool,
}

/// A part of a row.
struct Part<'v> {
    id: &'v RowId,
    group_id: i64,
    amount: i64,
    is_matched: bool,
}

/// The rows of a report, ascending by id. The parts of a row have its sign and add up to its amount, so no sum overflows.
pub(crate) fn row_lines<'v>(view: &'v ReportView<'_>) -> Vec<RowLine<'v>> {
    let mut parts: Vec<Part<'v>> = Vec::with_capacity(view.len());
    for group in view.groups() {
        let (group_id, is_matched) = (group.id(), &**group.origin() != UNMATCHED);
        parts.extend(group.members().map(|(id, amount)| Part {
            id,
            group_id,
            amount,
            is_matched,
        }));
    }
    // the groups come by their smallest ids, so the parts are nearly in order
    parts.sort_by(|a, b| a.id.cmp(b.id));
    parts.chunk_by(|a, b| a.id == b.id).map(line).collect()
}

fn line<'v>(parts: &[Part<'v>]) -> RowLine<'v> {
    let sum = |is_matched: bool| {
        parts
            .iter()
            .filter(|part| part.is_matched == is_matched)
            .map(|part| part.amount)
            .sum()
    };
    let largest = parts
        .iter()
        .max_by_key(|part| (part.amount.unsigned_abs(), std::cmp::Reverse(part.group_id)));
    RowLine {
        id: parts[0].id,
        group_id: largest.map_or(0, |part| part.group_id),
        matched: sum(true),
        residual: sum(false),
        is_unmatched: parts.iter().any(|part| !part.is_matched),
    }
}

/// How many rows have a part that nobody matched.
pub(crate) fn unmatched_rows(view: &ReportView<'_>) -> usize {
    row_lines(view).iter().filter(|line| line.is_unmatched).count()
}
