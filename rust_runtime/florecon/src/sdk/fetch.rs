//! Report tables as Arrow IPC streams, each column read directly from the workspace.

use super::ipc::{ColumnSource, cells, write_table};
use super::ordinals::Ordinals;
use super::reply::status;
use super::row_lines::RowLine;
use crate::plan::Stage;
use crate::report::ReportView;
use crate::row_id::RowId;

/// One line a group, in report order.
pub(crate) fn groups(view: &ReportView<'_>, ordinals: &Ordinals) -> Vec<u8> {
    let groups = || view.groups();
    let columns = [
        ("group_id", ColumnSource::Int64(cells(groups, |group| group.id()))),
        (
            "status",
            ColumnSource::Text(cells(groups, |group| status(group.pinned()))),
        ),
        ("origin", ColumnSource::Text(cells(groups, |group| &**group.origin()))),
        (
            "reason",
            ColumnSource::OptText(cells(groups, |group| group.reason().map(|reason| &**reason))),
        ),
        ("net", ColumnSource::Int64(cells(groups, |group| group.net()))),
        ("size", ColumnSource::Int64(cells(groups, |group| group.size() as i64))),
        ("max_abs", ColumnSource::Int64(cells(groups, |group| group.max_abs()))),
        (
            "min_side",
            ColumnSource::Int64(cells(groups, |group| group.min_side() as i64)),
        ),
        // a strategy has far fewer nodes than 2^31
        (
            "node",
            ColumnSource::OptInt32(cells(groups, |group| group.node().map(|node| node as i32))),
        ),
        ("unique", ColumnSource::OptBool(cells(groups, |group| group.unique()))),
        (
            "first_id",
            ColumnSource::Int64(cells(groups, |group| ordinals.number_or_none(group.first()))),
        ),
    ];
    write_table(view.len(), &columns)
}

/// One line an allocation, by group in report order and id.
pub(crate) fn allocations(view: &ReportView<'_>, ordinals: &Ordinals, has_text_id: bool) -> Vec<u8> {
    let lines = || {
        view.groups().flat_map(|group| {
            let group_id = group.id();
            group.members().map(move |(id, amount)| (id, group_id, amount))
        })
    };
    let count = view.groups().map(|group| group.size()).sum();
    let mut columns = vec![(
        "id",
        ColumnSource::Int64(cells(lines, |(id, _, _)| ordinals.number_or_none(id))),
    )];
    if has_text_id {
        columns.push(("id_text", ColumnSource::Text(cells(lines, |(id, _, _)| text(id)))));
    }
    columns.push((
        "group_id",
        ColumnSource::Int64(cells(lines, |(_, group_id, _)| group_id)),
    ));
    columns.push(("amount", ColumnSource::Int64(cells(lines, |(_, _, amount)| amount))));
    write_table(count, &columns)
}

/// One line a row: where most of it is, and how much of it is matched.
pub(crate) fn rows(table: &[RowLine<'_>], ordinals: &Ordinals, has_text_id: bool) -> Vec<u8> {
    let lines = || table.iter();
    let mut columns = vec![(
        "id",
        ColumnSource::Int64(cells(lines, |line| ordinals.number_or_none(line.id))),
    )];
    if has_text_id {
        columns.push(("id_text", ColumnSource::Text(cells(lines, |line| text(line.id)))));
    }
    columns.push(("group_id", ColumnSource::Int64(cells(lines, |line| line.group_id))));
    columns.push((
        "amount",
        ColumnSource::Int64(cells(lines, |line| line.matched + line.residual)),
    ));
    columns.push(("matched", ColumnSource::Int64(cells(lines, |line| line.matched))));
    columns.push(("residual", ColumnSource::Int64(cells(lines, |line| line.residual))));
    write_table(table.len(), &columns)
}

/// One line a node of the strategy: what went through it in the last solve.
pub(crate) fn stages(stages: &[Stage]) -> Vec<u8> {
    let each = || stages.iter();
    // counts of items and groups are far below 2^63
    let count = |read: fn(&Stage) -> u64| ColumnSource::Int64(cells(each, move |stage| read(stage) as i64));
    let columns = [
        (
            "node",
            ColumnSource::OptInt32(cells(each, |stage| Some(stage.node as i32))),
        ),
        ("kind", ColumnSource::Text(cells(each, |stage| stage.kind))),
        (
            "label",
            ColumnSource::OptText(cells(each, |stage| {
                Some(&*stage.label).filter(|label| !label.is_empty())
            })),
        ),
        ("items_in", count(|stage| stage.items_in)),
        (
            "value_in",
            ColumnSource::Decimal128(cells(each, |stage| stage.value_in)),
        ),
        ("groups", count(|stage| stage.groups)),
        ("items_matched", count(|stage| stage.items_matched)),
        (
            "value_matched",
            ColumnSource::Decimal128(cells(each, |stage| stage.value_matched)),
        ),
        ("null_key", count(|stage| stage.null_key)),
        ("too_small", count(|stage| stage.too_small)),
        ("one_sided", count(|stage| stage.one_sided)),
        ("out_of_tolerance", count(|stage| stage.out_of_tolerance)),
        ("over_cap", count(|stage| stage.over_cap)),
        ("out_of_budget", count(|stage| stage.out_of_budget)),
    ];
    write_table(stages.len(), &columns)
}

/// One line a row of a batch, in its order.
pub(crate) fn shard_keys(routes: &[u64]) -> Vec<u8> {
    let keys = ColumnSource::UInt64(cells(|| routes.iter(), |route| *route));
    write_table(routes.len(), &[("shard_key", keys)])
}

fn text(id: &RowId) -> &str {
    match id {
        RowId::Text(text) => text,
        RowId::Int(_) => "",
    }
}
