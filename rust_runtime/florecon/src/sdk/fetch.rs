//! Tables of the report as Arrow IPC streams, each column read straight off the report.

use super::ids::Ordinals;
use super::ipc::{ColumnSource, write_table};
use super::reply::status;
use crate::report::{Allocation, Report};
use crate::row_id::RowId;
use crate::trace::Stage;

/// The origin of what nobody matched.
const UNMATCHED: &str = "unmatched";

/// The number of an id, as in JSON: an integer id, or the ordinal of a text id.
fn number(ordinals: Option<&Ordinals>, id: &RowId) -> i64 {
    match (ordinals, id) {
        (_, RowId::Int(number)) => *number,
        (Some(ordinals), id) => ordinals.number(id).unwrap_or(-1),
        (None, RowId::Text(_)) => -1,
    }
}

fn text(id: &RowId) -> &str {
    match id {
        RowId::Text(text) => text,
        RowId::Int(_) => "",
    }
}

fn push_id_text<'r>(columns: &mut Vec<(&str, ColumnSource<'r>)>, has_text: bool, id: impl Fn(usize) -> &'r RowId + 'r) {
    if has_text {
        columns.push(("id_text", ColumnSource::Text(Box::new(move |row| text(id(row))))));
    }
}

/// One line a group, in report order.
pub(crate) fn groups(report: &Report, ordinals: Option<&Ordinals>) -> Vec<u8> {
    let groups = &report.groups;
    let columns = [
        ("group_id", ColumnSource::Int64(Box::new(|row| groups[row].group_id))),
        ("status", ColumnSource::Text(Box::new(|row| status(groups[row].pinned)))),
        ("origin", ColumnSource::Text(Box::new(|row| &groups[row].origin))),
        ("reason", ColumnSource::OptText(Box::new(|row| groups[row].reason.as_deref()))),
        ("net", ColumnSource::Int64(Box::new(|row| groups[row].net))),
        ("size", ColumnSource::Int64(Box::new(|row| groups[row].size as i64))),
        ("max_abs", ColumnSource::Int64(Box::new(|row| groups[row].max_abs))),
        ("min_side", ColumnSource::Int64(Box::new(|row| groups[row].min_side as i64))),
        // a strategy has far fewer nodes than 2^31
        ("node", ColumnSource::OptInt32(Box::new(|row| groups[row].node.map(|node| node as i32)))),
        ("unique", ColumnSource::OptBool(Box::new(|row| groups[row].unique))),
        ("first_id", ColumnSource::Int64(Box::new(|row| number(ordinals, &groups[row].first)))),
    ];
    write_table(groups.len(), &columns)
}

/// One line an allocation, by group in report order and id.
pub(crate) fn allocations(report: &Report, ordinals: Option<&Ordinals>) -> Vec<u8> {
    let lines = &report.allocations;
    let mut columns: Vec<(&str, ColumnSource<'_>)> =
        vec![("id", ColumnSource::Int64(Box::new(|row| number(ordinals, &lines[row].id))))];
    push_id_text(&mut columns, ordinals.is_some(), |row| &lines[row].id);
    columns.push(("group_id", ColumnSource::Int64(Box::new(|row| lines[row].group_id))));
    columns.push(("amount", ColumnSource::Int64(Box::new(|row| lines[row].amount))));
    write_table(lines.len(), &columns)
}

/// One line a row, ascending by id: where most of it is, and how much of it is matched.
pub(crate) fn rows(report: &Report, ordinals: Option<&Ordinals>) -> Vec<u8> {
    let lines = row_lines(report);
    let first = |row: usize| -> &Allocation { &report.allocations[lines[row].allocation as usize] };
    let mut columns: Vec<(&str, ColumnSource<'_>)> =
        vec![("id", ColumnSource::Int64(Box::new(|row| number(ordinals, &first(row).id))))];
    push_id_text(&mut columns, ordinals.is_some(), |row| &first(row).id);
    columns.push(("group_id", ColumnSource::Int64(Box::new(|row| lines[row].group_id))));
    columns.push(("amount", ColumnSource::Int64(Box::new(|row| lines[row].matched + lines[row].residual))));
    columns.push(("matched", ColumnSource::Int64(Box::new(|row| lines[row].matched))));
    columns.push(("residual", ColumnSource::Int64(Box::new(|row| lines[row].residual))));
    write_table(lines.len(), &columns)
}

/// One line a node of the strategy: what went through it in the last solve.
pub(crate) fn stages(stages: &[Stage]) -> Vec<u8> {
    let count = |read: fn(&Stage) -> u64| ColumnSource::Int64(Box::new(move |row| read(&stages[row]) as i64));
    let columns = [
        ("node", ColumnSource::OptInt32(Box::new(|row| Some(stages[row].node as i32)))),
        ("kind", ColumnSource::Text(Box::new(|row| stages[row].kind))),
        ("label", ColumnSource::OptText(Box::new(|row| Some(stages[row].label.as_str()).filter(|label| !label.is_empty())))),
        ("items_in", count(|stage| stage.items_in)),
        ("value_in", ColumnSource::Decimal128(Box::new(|row| stages[row].value_in))),
        ("groups", count(|stage| stage.groups)),
        ("items_matched", count(|stage| stage.items_matched)),
        ("value_matched", ColumnSource::Decimal128(Box::new(|row| stages[row].value_matched))),
        ("null_key", count(|stage| stage.null_key)),
        ("too_small", count(|stage| stage.too_small)),
        ("one_sided", count(|stage| stage.one_sided)),
        ("out_of_tolerance", count(|stage| stage.out_of_tolerance)),
        ("over_cap", count(|stage| stage.over_cap)),
        ("out_of_budget", count(|stage| stage.out_of_budget)),
    ];
    write_table(stages.len(), &columns)
}

/// How many rows have an amount that nobody matched.
pub(crate) fn unmatched_rows(report: &Report) -> usize {
    row_lines(report).iter().filter(|line| line.is_unmatched).count()
}

/// A row's share of the report.
struct RowLine {
    /// An allocation of the row, for its id.
    allocation: u32,
    /// The group with the largest share; of equals the one with the smallest id.
    group_id: i64,
    largest: u64,
    matched: i64,
    residual: i64,
    is_unmatched: bool,
}

/// The rows of a report, ascending by id. The parts of a row have its sign and add up to its amount, so the sums fit.
fn row_lines(report: &Report) -> Vec<RowLine> {
    let origins = unmatched_flags(report);
    let mut order: Vec<u32> = (0..report.allocations.len() as u32).collect();
    order.sort_by(|a, b| report.allocations[*a as usize].id.cmp(&report.allocations[*b as usize].id));
    let mut lines: Vec<RowLine> = Vec::with_capacity(order.len());
    for allocation in order {
        let part = &report.allocations[allocation as usize];
        let is_same = lines.last().is_some_and(|line| report.allocations[line.allocation as usize].id == part.id);
        if !is_same {
            lines.push(RowLine {
                allocation,
                group_id: part.group_id,
                largest: 0,
                matched: 0,
                residual: 0,
                is_unmatched: false,
            });
        }
        if let Some(line) = lines.last_mut() {
            line.add(part, origins[allocation as usize]);
        }
    }
    lines
}

impl RowLine {
    fn add(&mut self, part: &Allocation, is_unmatched: bool) {
        let size = part.amount.unsigned_abs();
        if size > self.largest || (size == self.largest && part.group_id < self.group_id) {
            self.largest = size;
            self.group_id = part.group_id;
        }
        if is_unmatched {
            self.residual += part.amount;
            self.is_unmatched = true;
        } else {
            self.matched += part.amount;
        }
    }
}

/// Whether each allocation is in a group of what nobody matched. Allocations stand in the order of the groups.
fn unmatched_flags(report: &Report) -> Vec<bool> {
    let mut groups = report.groups.iter().peekable();
    report
        .allocations
        .iter()
        .map(|allocation| {
            while groups.next_if(|group| group.group_id != allocation.group_id).is_some() {}
            groups.peek().is_some_and(|group| &*group.origin == UNMATCHED)
        })
        .collect()
}
