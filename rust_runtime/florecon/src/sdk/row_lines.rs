//! Report by rows: the group of each part of a row.

use super::command::Page;
use crate::report::ReportView;
use crate::row_id::RowId;
use crate::wire::origin::UNMATCHED;

/// A row's share of the report.
pub(crate) struct RowLine<'v> {
    pub id: &'v RowId,
    /// The group with the largest share; of equals the one with the smallest id.
    pub group_id: i64,
    largest: u64,
    /// The part in groups of any other origin than `unmatched`.
    pub matched: i64,
    /// The rest.
    pub residual: i64,
    /// Whether there is a rest; a row may be of no amount at all.
    pub is_unmatched: bool,
}

impl<'v> RowLine<'v> {
    fn new(id: &'v RowId) -> Self {
        Self {
            id,
            group_id: i64::MAX,
            largest: 0,
            matched: 0,
            residual: 0,
            is_unmatched: false,
        }
    }

    /// The parts of a row have its sign and add up to its amount, so no sum overflows.
    fn add(&mut self, group_id: i64, amount: i64, is_unmatched: bool) {
        let size = amount.unsigned_abs();
        if size > self.largest || (size == self.largest && group_id < self.group_id) {
            self.largest = size;
            self.group_id = group_id;
        }
        if is_unmatched {
            self.residual += amount;
            self.is_unmatched = true;
        } else {
            self.matched += amount;
        }
    }
}

/// The rows of a page of a report, by ascending id.
pub(crate) fn row_lines<'v>(view: &ReportView<'v>, page: Page) -> Vec<RowLine<'v>> {
    let page = page.within(view.ids().len());
    let mut lines: Vec<RowLine<'v>> = view.ids()[page.clone()].iter().map(RowLine::new).collect();
    for group in view.groups() {
        let (first, last) = group.span();
        // groups are in the order of their first rows
        if first as usize >= page.end {
            break;
        }
        if (last as usize) < page.start {
            continue;
        }
        let (group_id, is_unmatched) = (group.id(), &**group.origin() == UNMATCHED);
        for (slot, amount) in group.parts() {
            if let Some(line) = (slot as usize).checked_sub(page.start).and_then(|at| lines.get_mut(at)) {
                line.add(group_id, amount, is_unmatched);
            }
        }
    }
    lines
}
