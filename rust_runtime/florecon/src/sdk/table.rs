//! Ingest of an Arrow table: all rows or none.

use std::cell::RefCell;
use std::ops::Range;

use super::ipc::{Batches, Column, Storage};
use super::lane::{Fault, Lane, Refusal, Source, accepts};
use super::program::Program;
use super::record::{Record, Records};
use super::schema::Schema;
use crate::error::Error;
use crate::row_id::RowId;
use crate::value::{EvalError, Pool};

/// Texts are shared as long as there are no more different ones than this. Sharing is for the few texts that many rows have;
/// remembering millions that few rows have would only hold on to memory, some of it that no row needs.
const SHARED_TEXTS: usize = 1 << 18;

/// Rows are decoded in stretches of this many: enough to amortise a column's set-up, few enough to stay in the cache.
const STRETCH: usize = 1024;

/// The rows of an Arrow IPC stream, each made by the program from its checked record; decoded on demand.
///
/// An error ends them: `bad_table`, or that of the first row that is refused, with `null_value`, `bad_amount` or
/// `amount_overflow`, naming column, row and id.
pub(crate) struct Rows<'a, P> {
    program: &'a P,
    schema: &'a Schema,
    /// The id column. A session refuses a schema without one before it reads a table.
    id_column: usize,
    has_text_id: bool,
    pool: &'a RefCell<Pool>,
    batches: Batches<'a>,
    batch: Batch<'a>,
    stretch: Stretch<'a>,
}

/// The batch that is being read.
#[derive(Default)]
struct Batch<'a> {
    columns: Vec<Column<'a>>,
    rows: usize,
    /// Rows of the batches before this one.
    before: usize,
}

/// The rows of the batch that are decoded: `next` up to `sound`, where there may be one that is refused.
#[derive(Default)]
struct Stretch<'a> {
    lanes: Vec<Lane<'a>>,
    first: usize,
    next: usize,
    sound: usize,
    /// End of the chunk, and start of the next.
    end: usize,
    /// The column of the refused cell, and what is wrong with it.
    refused: Option<(usize, Fault)>,
}

impl<'a, P: Program> Rows<'a, P> {
    /// Opens a table.
    ///
    /// # Errors
    /// `bad_table`, `missing_column`, `wrong_type`.
    pub fn open(program: &'a P, bytes: &'a [u8], pool: &'a RefCell<Pool>) -> Result<Self, Error> {
        let schema = program.schema();
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name()).collect();
        let batches = Batches::open(bytes, &names)?;
        check_columns(schema, batches.storages())?;
        let mut rows = Self {
            program,
            schema,
            id_column: schema.id_index().unwrap_or_default(),
            has_text_id: schema.has_text_id(),
            pool,
            batches,
            batch: Batch::default(),
            stretch: Stretch::default(),
        };
        // the first batch, so that its size is known before it is read
        rows.next_batch()?;
        Ok(rows)
    }

    fn next_batch(&mut self) -> Result<bool, Error> {
        let Some((rows, columns)) = self.batches.next(&mut self.pool.borrow_mut())? else {
            return Ok(false);
        };
        self.batch = Batch {
            columns,
            rows,
            before: self.batch.before + self.batch.rows,
        };
        // the lanes are kept until the next ones, for the texts of their columns
        self.stretch.end = 0;
        self.stretch.next = 0;
        self.stretch.sound = 0;
        Ok(true)
    }

    /// Decodes the next stretch of the batch. Of the cells that are refused the one in the first row counts, then the one in
    /// the first column: whatever the batches and stretches.
    fn next_stretch(&mut self) {
        if self.pool.borrow().len() > SHARED_TEXTS {
            self.pool.replace(Pool::new());
        }
        let first = self.stretch.end;
        let end = self.batch.rows.min(first + STRETCH);
        let mut next = Stretch {
            lanes: Vec::with_capacity(self.batch.columns.len()),
            first,
            next: first,
            sound: end,
            end,
            refused: None,
        };
        for index in 0..self.batch.columns.len() {
            let (mut lane, fault) = self.decode(index, first..end);
            if let Some(before) = self.stretch.lanes.get(index) {
                lane.sharing = before.sharing.clone();
            }
            next.lanes.push(lane);
            if let Some(fault) = fault.filter(|fault| fault.row < next.sound) {
                next.sound = fault.row;
                next.refused = Some((index, fault));
            }
        }
        let records = Records::new(&next.lanes, next.sound - next.first, self.pool);
        for column in self.program.stretch(&records) {
            let mut lane = Lane::computed(column);
            if let Some(before) = self.stretch.lanes.get(next.lanes.len()) {
                lane.sharing = before.sharing.clone();
            }
            next.lanes.push(lane);
        }
        self.stretch = next;
    }

    fn decode(&self, index: usize, range: Range<usize>) -> (Lane<'a>, Option<Fault>) {
        // columns that the stream lacks were refused when it was opened
        let storage = self.batches.storages()[index].as_ref().unwrap_or(&Storage::Boolean);
        let dictionary = match storage {
            Storage::Dictionary { id, .. } => self.batches.dictionary(*id),
            _ => &[],
        };
        Source {
            field: &self.schema.fields()[index],
            storage,
            column: &self.batch.columns[index],
            dictionary,
        }
        .decode(range)
    }
}

impl<P: Program> Rows<'_, P> {
    /// Decodes what comes after a stretch that was read; false where nothing does.
    #[inline(never)]
    fn advance(&mut self) -> Result<bool, Error> {
        if let Some((index, fault)) = self.stretch.refused.take() {
            return Err(self.refusal(index, fault));
        }
        if self.stretch.end < self.batch.rows {
            self.next_stretch();
            return Ok(true);
        }
        self.next_batch()
    }
}

impl<P: Program> Iterator for Rows<'_, P> {
    type Item = Result<(RowId, P::Row), Error>;

    /// Not inlined: what makes a row is a good part of a module, and two commands read rows.
    #[inline(never)]
    fn next(&mut self) -> Option<Self::Item> {
        while self.stretch.next == self.stretch.sound {
            match self.advance() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
        let row = self.stretch.next;
        self.stretch.next += 1;
        let record = Record::new(&self.stretch.lanes, row - self.stretch.first, self.pool);
        let id = self.id_at(&record, self.id_column);
        Some(match self.program.row(&record) {
            Ok(made) => Ok((id, made)),
            Err(error) => Err(eval_error(error, self.batch.before + row, id)),
        })
    }

    /// At least what is left of the batch.
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.batch.rows - self.stretch.next, None)
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
                message: format!(
                    "column `{name}` ({kind}) came as {}; send {}",
                    storage.name(),
                    kind.accepts()
                ),
            });
        }
    }
    Ok(())
}

impl<P: Program> Rows<'_, P> {
    /// The id of a decoded row, which stands in this column of the record.
    fn id_at(&self, record: &Record<'_>, column: usize) -> RowId {
        if self.has_text_id {
            RowId::Text(record.text(column))
        } else {
            RowId::Int(record.integer(column))
        }
    }

    /// The id of a row some cell of which was refused, if the id itself was not.
    fn id_of(&self, row: usize) -> Option<RowId> {
        let (lane, fault) = self.decode(self.id_column, row..row + 1);
        // the id stands alone here, as the only column of a record
        fault
            .is_none()
            .then(|| self.id_at(&Record::new(&[lane], 0, self.pool), 0))
    }

    fn refusal(&self, index: usize, fault: Fault) -> Error {
        let id = self.id_of(fault.row);
        let whose = id.as_ref().map_or_else(String::new, |id| format!(" (id {id})"));
        let name = self.schema.fields()[index].name();
        let place = format!("column `{name}`, row {}{whose}", self.batch.before + fault.row);
        match fault.refusal {
            Refusal::Null => Error::NullValue {
                message: format!("{place}: null where the schema allows none; fill it in"),
                id,
            },
            Refusal::Damaged(what) => Error::BadTable {
                message: format!("{place}: {what}; write the table again"),
            },
            Refusal::BadAmount(what) => Error::BadAmount {
                message: format!("{place}: {what}"),
                id,
            },
            Refusal::Overflow(what) => Error::AmountOverflow {
                message: format!("{place}: {what}"),
                id,
            },
        }
    }
}

fn eval_error(error: EvalError, row: usize, id: RowId) -> Error {
    let message = format!("row {row} (id {id}): {error}; correct the row");
    match error {
        EvalError::Overflow => Error::AmountOverflow { message, id: Some(id) },
        EvalError::BadAmount => Error::BadAmount { message, id: Some(id) },
    }
}
