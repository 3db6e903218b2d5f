//! Report tables as Arrow IPC streams, each column read directly from the workspace.

use super::command::Page;
use super::group_key::group_key;
use super::ipc::{ColumnSource, cells, write_table};
use super::ordinals::Ordinals;
use super::reply::status;
use super::row_lines::RowLine;
use crate::plan::Stage;
use crate::recon::history::Changes;
use crate::report::{GroupView, ReportView};
use crate::row_id::RowId;
use crate::wire::{Counter, column};

/// One line a group, in report order; with its key where `keys` asks for it.
pub(crate) fn groups(view: &ReportView<'_>, ordinals: &Ordinals, page: Page, keys: bool) -> Vec<u8> {
    let page = page.within(view.len());
    let table: Vec<GroupView<'_>> = view.groups().skip(page.start).take(page.len()).collect();
    let groups = || table.iter();
    let mut columns = vec![
        (column::GROUP_ID, ColumnSource::Int64(cells(groups, |group| group.id()))),
        (
            column::STATUS,
            ColumnSource::Text(cells(groups, |group| status(group.pinned()))),
        ),
        (
            column::ORIGIN,
            ColumnSource::Text(cells(groups, |group| &**group.origin())),
        ),
        (
            column::REASON,
            ColumnSource::OptText(cells(groups, |group| group.reason().map(|reason| &**reason))),
        ),
        (column::NET, ColumnSource::Int64(cells(groups, |group| group.net()))),
        (
            column::SIZE,
            ColumnSource::Int64(cells(groups, |group| group.size() as i64)),
        ),
        (
            column::MAX_ABS,
            ColumnSource::Int64(cells(groups, |group| group.max_abs())),
        ),
        (
            column::MIN_SIDE,
            ColumnSource::Int64(cells(groups, |group| group.min_side() as i64)),
        ),
        // a strategy has far fewer nodes than 2^31
        (
            column::NODE,
            ColumnSource::OptInt32(cells(groups, |group| group.node().map(|node| node as i32))),
        ),
        (
            column::UNIQUE,
            ColumnSource::OptBool(cells(groups, |group| group.unique())),
        ),
        (
            column::FIRST_ID,
            ColumnSource::Int64(cells(groups, |group| ordinals.number_or_none(group.first()))),
        ),
    ];
    if keys {
        columns.push((column::KEY, ColumnSource::Digest(cells(groups, group_key))));
    }
    write_table(page.len(), &columns)
}

/// One line an allocation, by group in report order and id.
pub(crate) fn allocations(view: &ReportView<'_>, ordinals: &Ordinals, has_text_id: bool, page: Page) -> Vec<u8> {
    let page = page.within(view.groups().map(|group| group.size()).sum());
    let mut table: Vec<(&RowId, i64, i64)> = Vec::with_capacity(page.len());
    let mut first = 0;
    for group in view.groups() {
        if first >= page.end {
            break;
        }
        let end = first + group.size();
        if end > page.start {
            let members = group.members().zip(first..end).filter(|(_, line)| page.contains(line));
            table.extend(members.map(|((id, amount), _)| (id, group.id(), amount)));
        }
        first = end;
    }
    let lines = || table.iter();
    let mut columns = vec![(
        column::ID,
        ColumnSource::Int64(cells(lines, |(id, ..)| ordinals.number_or_none(id))),
    )];
    if has_text_id {
        columns.push((column::ID_TEXT, ColumnSource::Text(cells(lines, |(id, ..)| text(id)))));
    }
    columns.push((
        column::GROUP_ID,
        ColumnSource::Int64(cells(lines, |(_, group_id, _)| *group_id)),
    ));
    columns.push((
        column::AMOUNT,
        ColumnSource::Int64(cells(lines, |(.., amount)| *amount)),
    ));
    write_table(page.len(), &columns)
}

/// One line a row: where most of it is, and how much of it is matched.
pub(crate) fn rows(table: &[RowLine<'_>], ordinals: &Ordinals, has_text_id: bool) -> Vec<u8> {
    let lines = || table.iter();
    let mut columns = vec![(
        column::ID,
        ColumnSource::Int64(cells(lines, |line| ordinals.number_or_none(line.id))),
    )];
    if has_text_id {
        columns.push((column::ID_TEXT, ColumnSource::Text(cells(lines, |line| text(line.id)))));
    }
    columns.push((
        column::GROUP_ID,
        ColumnSource::Int64(cells(lines, |line| line.group_id)),
    ));
    columns.push((
        column::AMOUNT,
        ColumnSource::Int64(cells(lines, |line| line.matched + line.residual)),
    ));
    columns.push((column::MATCHED, ColumnSource::Int64(cells(lines, |line| line.matched))));
    columns.push((
        column::RESIDUAL,
        ColumnSource::Int64(cells(lines, |line| line.residual)),
    ));
    write_table(table.len(), &columns)
}

/// One line a member of a group that the last solve removed or added.
pub(crate) fn changes(changes: &Changes<'_>, ordinals: &Ordinals, has_text_id: bool) -> Vec<u8> {
    let table = changes.lines();
    let lines = || table.iter();
    let mut columns = vec![
        (
            column::CHANGE,
            ColumnSource::Text(cells(lines, |line| if line.is_added { "added" } else { "removed" })),
        ),
        (
            column::GROUP_ID,
            ColumnSource::Int64(cells(lines, |line| line.group_id)),
        ),
        (
            column::STATUS,
            ColumnSource::Text(cells(lines, |line| status(line.is_pinned))),
        ),
        (column::ORIGIN, ColumnSource::Text(cells(lines, |line| line.origin))),
        (column::REASON, ColumnSource::OptText(cells(lines, |line| line.reason))),
        // a strategy has far fewer nodes than 2^31
        (
            column::NODE,
            ColumnSource::OptInt32(cells(lines, |line| line.tag.node.map(|node| node.get() as i32))),
        ),
        (
            column::UNIQUE,
            ColumnSource::OptBool(cells(lines, |line| line.tag.unique)),
        ),
        (
            column::ID,
            ColumnSource::Int64(cells(lines, |line| ordinals.number_or_none(line.id))),
        ),
    ];
    if has_text_id {
        columns.push((column::ID_TEXT, ColumnSource::Text(cells(lines, |line| text(line.id)))));
    }
    columns.push((column::AMOUNT, ColumnSource::Int64(cells(lines, |line| line.amount))));
    write_table(table.len(), &columns)
}

/// One line a node of the strategy: what went through it in the last solve.
pub(crate) fn stages(stages: &[Stage]) -> Vec<u8> {
    let each = || stages.iter();
    let mut columns = vec![
        (
            column::NODE,
            ColumnSource::OptInt32(cells(each, |stage| Some(stage.node as i32))),
        ),
        (column::KIND, ColumnSource::Text(cells(each, |stage| stage.kind))),
        (
            column::LABEL,
            ColumnSource::OptText(cells(each, |stage| {
                Some(&*stage.label).filter(|label| !label.is_empty())
            })),
        ),
    ];
    columns.extend(Counter::ALL.map(|counter| {
        let source = match counter {
            Counter::ValueIn | Counter::ValueMatched => {
                ColumnSource::Decimal128(cells(each, move |stage| stage.counter(counter)))
            }
            // counts of items and groups are far below 2^63
            _ => ColumnSource::Int64(cells(each, move |stage| stage.counter(counter) as i64)),
        };
        (counter.name(), source)
    }));
    write_table(stages.len(), &columns)
}

/// One line a row of a batch, in its order.
pub(crate) fn shard_keys(routes: &[u64]) -> Vec<u8> {
    let keys = ColumnSource::UInt64(cells(|| routes.iter(), |route| *route));
    write_table(routes.len(), &[(column::SHARD_KEY, keys)])
}

fn text(id: &RowId) -> &str {
    match id {
        RowId::Text(text) => text,
        RowId::Int(_) => "",
    }
}
