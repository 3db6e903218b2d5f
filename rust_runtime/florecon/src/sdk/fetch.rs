//! Report tables as Arrow IPC streams, each column read directly from the workspace.

use super::command::Page;
use super::group_key::group_key;
use super::ipc::{ColumnSource, write_table};
use super::ordinals::Ordinals;
use super::reply::status;
use super::row_lines::RowLine;
use crate::plan::Stage;
use crate::recon::history::ChangeLine;
use crate::report::{GroupView, ReportView};
use crate::row_id::RowId;
use crate::wire::{Counter, column};

/// One line a group, in report order; with its key where `keys` asks for it.
pub(crate) fn groups<'v>(view: &'v ReportView<'v>, ordinals: &Ordinals, page: Page, keys: bool) -> Vec<u8> {
    let page = page.within(view.len());
    let mut columns = vec![
        (column::GROUP_ID, ColumnSource::Int64(Box::new(GroupView::id))),
        (
            column::STATUS,
            ColumnSource::Text(Box::new(|group: &GroupView<'v>| status(group.pinned()))),
        ),
        (
            column::ORIGIN,
            ColumnSource::Text(Box::new(|group: &GroupView<'v>| &**group.origin())),
        ),
        (
            column::REASON,
            ColumnSource::OptText(Box::new(|group: &GroupView<'v>| group.reason().map(|reason| &**reason))),
        ),
        (column::NET, ColumnSource::Int64(Box::new(GroupView::net))),
        (
            column::SIZE,
            ColumnSource::Int64(Box::new(|group: &GroupView<'v>| group.size() as i64)),
        ),
        (column::MAX_ABS, ColumnSource::Int64(Box::new(GroupView::max_abs))),
        (
            column::MIN_SIDE,
            ColumnSource::Int64(Box::new(|group: &GroupView<'v>| group.min_side() as i64)),
        ),
        // a strategy has far fewer nodes than 2^31
        (
            column::NODE,
            ColumnSource::OptInt32(Box::new(|group: &GroupView<'v>| group.node().map(|node| node as i32))),
        ),
        (column::UNIQUE, ColumnSource::OptBool(Box::new(GroupView::unique))),
        (
            column::FIRST_ID,
            ColumnSource::Int64(Box::new(|group: &GroupView<'v>| ordinals.number_or_none(group.first()))),
        ),
    ];
    if keys {
        columns.push((column::KEY, ColumnSource::Digest(Box::new(group_key))));
    }
    write_table(view.groups_at(page.clone()), page.len(), &columns)
}

/// A part of a row: its id, the group's, and the amount.
type Part<'v> = (&'v RowId, i64, i64);

/// One line an allocation, by group in report order and id.
pub(crate) fn allocations<'v>(view: &'v ReportView<'v>, ordinals: &Ordinals, has_text_id: bool, page: Page) -> Vec<u8> {
    let mut before = page.from;
    let lines = view.groups().flat_map(|group| {
        let skipped = before.min(group.size());
        before -= skipped;
        let group_id = group.id();
        let members = group.members().skip(skipped);
        members.map(move |(id, amount)| (id, group_id, amount))
    });
    let mut columns = vec![(
        column::ID,
        ColumnSource::Int64(Box::new(|(id, ..): &Part<'v>| ordinals.number_or_none(id))),
    )];
    if has_text_id {
        columns.push((
            column::ID_TEXT,
            ColumnSource::Text(Box::new(|(id, ..): &Part<'v>| text(id))),
        ));
    }
    columns.push((
        column::GROUP_ID,
        ColumnSource::Int64(Box::new(|(_, group_id, _): &Part<'v>| *group_id)),
    ));
    columns.push((
        column::AMOUNT,
        ColumnSource::Int64(Box::new(|(.., amount): &Part<'v>| *amount)),
    ));
    write_table(lines.take(page.count), page.count.min(view.most_members()), &columns)
}

/// One line a row: where most of it is, and how much of it is matched.
pub(crate) fn rows<'v>(table: &'v [RowLine<'v>], ordinals: &Ordinals, has_text_id: bool) -> Vec<u8> {
    let mut columns = vec![(
        column::ID,
        ColumnSource::Int64(Box::new(|line: &&'v RowLine<'v>| ordinals.number_or_none(line.id))),
    )];
    if has_text_id {
        columns.push((
            column::ID_TEXT,
            ColumnSource::Text(Box::new(|line: &&'v RowLine<'v>| text(line.id))),
        ));
    }
    columns.push((
        column::GROUP_ID,
        ColumnSource::Int64(Box::new(|line: &&'v RowLine<'v>| line.group_id)),
    ));
    columns.push((
        column::AMOUNT,
        ColumnSource::Int64(Box::new(|line: &&'v RowLine<'v>| line.matched + line.residual)),
    ));
    columns.push((
        column::MATCHED,
        ColumnSource::Int64(Box::new(|line: &&'v RowLine<'v>| line.matched)),
    ));
    columns.push((
        column::RESIDUAL,
        ColumnSource::Int64(Box::new(|line: &&'v RowLine<'v>| line.residual)),
    ));
    write_table(table.iter(), table.len(), &columns)
}

/// One line a member of a group that the last solve removed or added.
pub(crate) fn changes<'v>(table: &'v [ChangeLine<'v>], ordinals: &Ordinals, has_text_id: bool) -> Vec<u8> {
    let mut columns = vec![
        (
            column::CHANGE,
            ColumnSource::Text(Box::new(
                |line: &&'v ChangeLine<'v>| if line.is_added { "added" } else { "removed" },
            )),
        ),
        (
            column::GROUP_ID,
            ColumnSource::Int64(Box::new(|line: &&'v ChangeLine<'v>| line.group_id)),
        ),
        (
            column::STATUS,
            ColumnSource::Text(Box::new(|line: &&'v ChangeLine<'v>| status(line.is_pinned))),
        ),
        (
            column::ORIGIN,
            ColumnSource::Text(Box::new(|line: &&'v ChangeLine<'v>| line.origin)),
        ),
        (
            column::REASON,
            ColumnSource::OptText(Box::new(|line: &&'v ChangeLine<'v>| line.reason)),
        ),
        // a strategy has far fewer nodes than 2^31
        (
            column::NODE,
            ColumnSource::OptInt32(Box::new(|line: &&'v ChangeLine<'v>| {
                line.tag.node.map(|node| node.get() as i32)
            })),
        ),
        (
            column::UNIQUE,
            ColumnSource::OptBool(Box::new(|line: &&'v ChangeLine<'v>| line.tag.unique)),
        ),
        (
            column::ID,
            ColumnSource::Int64(Box::new(|line: &&'v ChangeLine<'v>| ordinals.number_or_none(line.id))),
        ),
    ];
    if has_text_id {
        columns.push((
            column::ID_TEXT,
            ColumnSource::Text(Box::new(|line: &&'v ChangeLine<'v>| text(line.id))),
        ));
    }
    columns.push((
        column::AMOUNT,
        ColumnSource::Int64(Box::new(|line: &&'v ChangeLine<'v>| line.amount)),
    ));
    write_table(table.iter(), table.len(), &columns)
}

/// One line a node of the strategy: what went through it in the last solve.
pub(crate) fn stages<'v>(stages: &'v [Stage]) -> Vec<u8> {
    let mut columns = vec![
        (
            column::NODE,
            ColumnSource::OptInt32(Box::new(|stage: &&'v Stage| Some(stage.node as i32))),
        ),
        (
            column::KIND,
            ColumnSource::Text(Box::new(|stage: &&'v Stage| stage.kind)),
        ),
        (
            column::LABEL,
            ColumnSource::OptText(Box::new(|stage: &&'v Stage| {
                Some(&*stage.label).filter(|label| !label.is_empty())
            })),
        ),
    ];
    columns.extend(Counter::ALL.map(|counter| {
        let source = match counter {
            Counter::ValueIn | Counter::ValueMatched => {
                ColumnSource::Decimal128(Box::new(move |stage: &&'v Stage| stage.counter(counter)))
            }
            // counts of items and groups are far below 2^63
            _ => ColumnSource::Int64(Box::new(move |stage: &&'v Stage| stage.counter(counter) as i64)),
        };
        (counter.name(), source)
    }));
    write_table(stages.iter(), stages.len(), &columns)
}

/// One line a row of a batch, in its order.
pub(crate) fn shard_keys(routes: &[u64]) -> Vec<u8> {
    let keys = ColumnSource::UInt64(Box::new(|route: &u64| *route));
    write_table(routes.iter().copied(), routes.len(), &[(column::SHARD_KEY, keys)])
}

fn text(id: &RowId) -> &str {
    match id {
        RowId::Text(text) => text,
        RowId::Int(_) => "",
    }
}
