//! A table as it comes over the wire, to rows: all of them or none.

use std::cell::RefCell;
use std::ops::Range;

use super::ipc::{Batches, Column, Storage};
use super::lane::{Fault, Lane, Refusal, Source, accepts};
use super::record::Record;
use super::schema::{FieldKind, Schema};
use crate::error::Error;
use crate::row_id::RowId;
use crate::value::{EvalError, Pool};

/// Rows are decoded in stretches of this many: enough to amortise a column's set-up, few enough to stay in the cache.
const STRETCH: usize = 1024;

/// The rows of an Arrow IPC stream, each made by `make` from its checked record.
///
/// # Errors
/// `bad_table`, `missing_column`, `wrong_type`; then the first row that is refused, with `null_value`, `bad_amount` or
/// `amount_overflow`, naming column, row and id.
pub(crate) fn read_rows<R>(
    schema: &Schema,
    bytes: &[u8],
    pool: &RefCell<Pool>,
    mut make: impl FnMut(&Record<'_>) -> Result<R, EvalError>,
) -> Result<Vec<(RowId, R)>, Error> {
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name()).collect();
    let mut batches = Batches::open(bytes, &names)?;
    check_columns(schema, batches.storages())?;
    let mut rows = Vec::new();
    loop {
        let next = batches.next(&mut pool.borrow_mut())?;
        let Some((count, columns)) = next else { return Ok(rows) };
        let table = Batch { schema, sources: sources(schema, &batches, &columns), before: rows.len() };
        rows.reserve_exact(count);
        for first in (0..count).step_by(STRETCH) {
            table.read(first..count.min(first + STRETCH), pool, &mut make, &mut rows)?;
        }
    }
}

/// Every column is there, and of a type its kind takes.
fn check_columns(schema: &Schema, storages: &[Option<Storage>]) -> Result<(), Error> {
    for (field, storage) in schema.fields().iter().zip(storages) {
        let (name, kind) = (field.name(), field.kind());
        let Some(storage) = storage else {
            return Err(Error::MissingColumn {
                message: format!("column `{name}` ({kind}) is missing; add it as {}", kind.accepts()),
            });
        };
        if !accepts(kind, storage) {
            return Err(Error::WrongType {
                message: format!("column `{name}` ({kind}) came as {}; send {}", storage.name(), kind.accepts()),
            });
        }
    }
    Ok(())
}

fn sources<'c, 'a>(schema: &'c Schema, batches: &'c Batches<'a>, columns: &'c [Column<'a>]) -> Vec<Source<'c, 'a>> {
    let parts = schema.fields().iter().zip(batches.storages()).zip(columns);
    parts
        .filter_map(|((field, storage), column)| {
            let storage = storage.as_ref()?;
            let dictionary = match storage {
                Storage::Dictionary { id, .. } => batches.dictionary(*id),
                _ => &[],
            };
            Some(Source { field, storage, column, dictionary })
        })
        .collect()
}

struct Batch<'c, 'a> {
    schema: &'c Schema,
    sources: Vec<Source<'c, 'a>>,
    /// Rows of the batches before this one.
    before: usize,
}

impl<'a> Batch<'_, 'a> {
    fn read<R>(
        &self,
        range: Range<usize>,
        pool: &RefCell<Pool>,
        make: &mut impl FnMut(&Record<'_>) -> Result<R, EvalError>,
        rows: &mut Vec<(RowId, R)>,
    ) -> Result<(), Error> {
        let mut refused: Option<(usize, Fault)> = None;
        let mut lanes: Vec<Lane<'a>> = Vec::with_capacity(self.sources.len());
        for (index, source) in self.sources.iter().enumerate() {
            let (lane, fault) = source.decode(range.clone());
            lanes.push(lane);
            // the first row in the table, then the first column: whatever the batches and stretches
            if let Some(fault) = fault.filter(|fault| refused.as_ref().is_none_or(|(_, first)| fault.row < first.row)) {
                refused = Some((index, fault));
            }
        }
        let sound = refused.as_ref().map_or(range.end, |(_, fault)| fault.row);
        for row in range.start..sound {
            let record = Record::new(&lanes, row - range.start, pool);
            let id = self.id(&record);
            match make(&record) {
                Ok(made) => rows.push((id, made)),
                Err(error) => return Err(self.eval_error(error, row, id)),
            }
        }
        match refused {
            Some((index, fault)) => Err(self.refusal(index, fault, pool)),
            None => Ok(()),
        }
    }

    /// The id of a decoded row. A session refuses a schema without an id before it reads a table.
    fn id(&self, record: &Record<'_>) -> RowId {
        let index = self.schema.id_index().unwrap_or_default();
        match self.schema.fields()[index].kind() {
            FieldKind::Text => RowId::Text(record.text(index)),
            _ => RowId::Int(record.integer(index)),
        }
    }

    /// The id of a row some cell of which was refused, if the id itself was not.
    fn id_of(&self, row: usize, pool: &RefCell<Pool>) -> Option<RowId> {
        let index = self.schema.id_index()?;
        let (lane, fault) = self.sources[index].decode(row..row + 1);
        if fault.is_some() {
            return None;
        }
        // the id stands alone here, as column 0 of a record of one
        let lanes = [lane];
        let record = Record::new(&lanes, 0, pool);
        Some(match self.schema.fields()[index].kind() {
            FieldKind::Text => RowId::Text(record.text(0)),
            _ => RowId::Int(record.integer(0)),
        })
    }

    fn eval_error(&self, error: EvalError, row: usize, id: RowId) -> Error {
        let message = format!("row {} (id {id}): {error}; correct the row", self.before + row);
        match error {
            EvalError::Overflow => Error::AmountOverflow { message, id: Some(id) },
            EvalError::BadAmount => Error::BadAmount { message, id: Some(id) },
        }
    }

    fn refusal(&self, index: usize, fault: Fault, pool: &RefCell<Pool>) -> Error {
        let id = self.id_of(fault.row, pool);
        let whose = id.as_ref().map_or_else(String::new, |id| format!(" (id {id})"));
        let name = self.schema.fields()[index].name();
        let place = format!("column `{name}`, row {}{whose}", self.before + fault.row);
        match fault.refusal {
            Refusal::Null => {
                Error::NullValue { message: format!("{place}: null where the schema allows none; fill it in"), id }
            }
            Refusal::Damaged(what) => Error::BadTable { message: format!("{place}: {what}; write the table again") },
            Refusal::BadAmount(what) => Error::BadAmount { message: format!("{place}: {what}"), id },
            Refusal::Overflow(what) => Error::AmountOverflow { message: format!("{place}: {what}"), id },
        }
    }
}
