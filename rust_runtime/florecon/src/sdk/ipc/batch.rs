//! Record batches of a stream, projected to the requested columns.

use arrow_ipc::{Endianness, Field, Message, MessageHeader, RecordBatch};

use super::column::{Column, Storage};
use super::layout::{Extent, extent};
use super::malformed;
use super::stream::Frames;
use crate::error::Error;
use crate::value::{Pool, Text};

/// The values of a dictionary, interned once.
pub(crate) type Values = Vec<Option<Text>>;

/// One column of the stream's schema.
struct Slot {
    extent: Extent,
    /// Its position in the request, if it is requested.
    wanted: Option<usize>,
}

/// The texts that a column's cells are indices into.
struct Dictionary {
    id: i64,
    storage: Storage,
    /// The values so far.
    values: Values,
}

/// Reads a stream batch by batch.
pub(crate) struct Batches<'a> {
    frames: Frames<'a>,
    slots: Vec<Slot>,
    storages: Vec<Option<Storage>>,
    /// Dictionaries of the requested columns, few enough for a linear search.
    dictionaries: Vec<Dictionary>,
}

impl<'a> Batches<'a> {
    /// Opens a stream, looking for columns of these names.
    pub fn open(bytes: &'a [u8], names: &[&str]) -> Result<Self, Error> {
        let mut frames = Frames::new(bytes);
        let frame = frames.next()?.ok_or_else(|| malformed("it has no schema"))?;
        let (message, body) = frame.open()?;
        let mut opened = Self {
            frames: Frames::new(&[]),
            slots: Vec::new(),
            storages: vec![None; names.len()],
            dictionaries: Vec::new(),
        };
        opened.read_schema(&message, names)?;
        frames.skip(body);
        opened.frames = frames;
        Ok(opened)
    }

    /// Storage of each requested column; `None` for one the stream lacks.
    pub fn storages(&self) -> &[Option<Storage>] {
        &self.storages
    }

    /// The values of the dictionary `id` so far.
    pub fn dictionary(&self, id: i64) -> &[Option<Text>] {
        let known = self.dictionaries.iter().find(|dictionary| dictionary.id == id);
        known.map_or(&[], |dictionary| &dictionary.values)
    }

    /// The requested columns of the next batch, in the order of the request, and its number of rows.
    pub fn next(&mut self, pool: &mut Pool) -> Result<Option<(usize, Vec<Column<'a>>)>, Error> {
        while let Some(frame) = self.frames.next()? {
            let (message, body) = frame.open()?;
            self.frames.skip(body);
            match message.header_type() {
                MessageHeader::DictionaryBatch => self.read_dictionary(&message, body, pool)?,
                MessageHeader::RecordBatch => return self.read_batch(&message, body).map(Some),
                other => return Err(malformed(format_args!("an unexpected message of kind {}", other.0))),
            }
        }
        Ok(None)
    }

    fn read_schema(&mut self, message: &Message<'_>, names: &[&str]) -> Result<(), Error> {
        let schema = message
            .header_as_schema()
            .ok_or_else(|| malformed("it does not begin with a schema"))?;
        if schema.endianness() != Endianness::Little {
            return Err(malformed("its numbers are big-endian"));
        }
        for field in schema.fields().into_iter().flatten() {
            let name = field.name().unwrap_or_default();
            let extent = extent(field, message.version())
                .ok_or_else(|| malformed(format_args!("column `{name}` has a type that is not known")))?;
            let wanted = names.iter().position(|wanted| *wanted == name);
            if let Some(position) = wanted {
                self.want(field, name, position)?;
            }
            self.slots.push(Slot { extent, wanted });
        }
        Ok(())
    }

    fn want(&mut self, field: Field<'_>, name: &str, position: usize) -> Result<(), Error> {
        if self.storages[position].is_some() {
            return Err(Error::BadTable {
                message: format!("the table has two columns named `{name}`; drop or rename one"),
            });
        }
        let storage = Storage::of(field);
        if let Storage::Dictionary { id, .. } = storage
            && self.dictionaries.iter().all(|known| known.id != id)
        {
            let (storage, values) = (Storage::plain(field), Values::new());
            self.dictionaries.push(Dictionary { id, storage, values });
        }
        self.storages[position] = Some(storage);
        Ok(())
    }

    fn read_dictionary(&mut self, message: &Message<'_>, body: &'a [u8], pool: &mut Pool) -> Result<(), Error> {
        let batch = message
            .header_as_dictionary_batch()
            .ok_or_else(|| malformed("a dictionary is damaged"))?;
        let known = self
            .dictionaries
            .iter_mut()
            .find(|dictionary| dictionary.id == batch.id());
        let Some(Dictionary { storage, values, .. }) = known else {
            return Ok(()); // of a column that is not requested
        };
        let data = batch.data().ok_or_else(|| malformed("a dictionary has no values"))?;
        let mut cursor = Cursor::new(data, body)?;
        let variadic = usize::from(*storage == Storage::Utf8View);
        let column = cursor.column(Extent {
            nodes: 1,
            buffers: if variadic == 1 { 2 } else { 3 },
            variadic,
        })?;
        if !column.fits(storage) {
            return Err(malformed("a dictionary is shorter than it says"));
        }
        if !batch.isDelta() {
            values.clear();
        }
        for row in 0..column.rows {
            let text = column.text(row, storage).map(|text| pool.intern(text));
            if text.is_none() && !column.is_null(row) {
                return Err(malformed("a dictionary holds text that is not UTF-8"));
            }
            values.push(text.filter(|_| !column.is_null(row)));
        }
        Ok(())
    }

    fn read_batch(&self, message: &Message<'_>, body: &'a [u8]) -> Result<(usize, Vec<Column<'a>>), Error> {
        let batch = message
            .header_as_record_batch()
            .ok_or_else(|| malformed("a batch is damaged"))?;
        let rows = usize::try_from(batch.length()).map_err(|_| malformed("a batch has a negative length"))?;
        let mut cursor = Cursor::new(batch, body)?;
        let mut columns: Vec<Option<Column<'a>>> = vec![None; self.storages.len()];
        for slot in &self.slots {
            let Some(position) = slot.wanted else {
                cursor.skip(slot.extent)?;
                continue;
            };
            let column = cursor.column(slot.extent)?;
            let fits = self.storages[position]
                .as_ref()
                .is_some_and(|storage| column.fits(storage));
            if column.rows != rows || !fits {
                return Err(malformed("a column is shorter than its batch"));
            }
            columns[position] = Some(column);
        }
        // a column the stream lacks is refused before any batch is read
        let columns = columns
            .into_iter()
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| malformed("a column is missing"))?;
        Ok((rows, columns))
    }
}

/// Walks the nodes and buffers of a batch in the order of the schema.
struct Cursor<'m, 'a> {
    batch: RecordBatch<'m>,
    body: &'a [u8],
    node: usize,
    buffer: usize,
    variadic: usize,
}

impl<'m, 'a> Cursor<'m, 'a> {
    fn new(batch: RecordBatch<'m>, body: &'a [u8]) -> Result<Self, Error> {
        if batch.compression().is_some() {
            return Err(malformed("its buffers are compressed"));
        }
        Ok(Self {
            batch,
            body,
            node: 0,
            buffer: 0,
            variadic: 0,
        })
    }

    fn skip(&mut self, extent: Extent) -> Result<(), Error> {
        self.node += extent.nodes;
        self.buffer += extent.buffers;
        for _ in 0..extent.variadic {
            self.buffer = self.buffer.saturating_add(self.next_variadic()?);
        }
        Ok(())
    }

    /// A column without children; `extent` is its own.
    fn column(&mut self, extent: Extent) -> Result<Column<'a>, Error> {
        let nodes = self.batch.nodes().ok_or_else(|| malformed("a batch has no columns"))?;
        if self.node >= nodes.len() {
            return Err(malformed("a batch has too few columns"));
        }
        let node = nodes.get(self.node);
        let rows = usize::try_from(node.length()).map_err(|_| malformed("a column has a negative length"))?;
        let from = self.buffer;
        let more = if extent.variadic == 1 { self.next_variadic()? } else { 0 };
        let own = |at: usize| {
            if at < extent.buffers {
                self.slice(from + at)
            } else {
                Ok(&[][..])
            }
        };
        let bitmap = own(0)?;
        if bitmap.is_empty() && node.null_count() > 0 {
            return Err(malformed("a column counts nulls but marks none"));
        }
        let first = own(1)?;
        let second = own(2)?;
        let available = self.batch.buffers().map_or(0, |buffers| buffers.len());
        if more > available {
            return Err(malformed("a batch has too few buffers"));
        }
        let more = (0..more)
            .map(|at| self.slice(from + extent.buffers + at))
            .collect::<Result<Vec<_>, _>>()?;
        self.node += extent.nodes;
        self.buffer = from + extent.buffers + more.len();
        Ok(Column {
            rows,
            validity: (!bitmap.is_empty()).then_some(bitmap),
            first,
            second,
            letters: std::str::from_utf8(second).unwrap_or_default(),
            more,
        })
    }

    fn slice(&self, index: usize) -> Result<&'a [u8], Error> {
        let buffers = self.batch.buffers().filter(|buffers| index < buffers.len());
        let buffer = buffers
            .map(|buffers| buffers.get(index))
            .ok_or_else(|| malformed("a batch has too few buffers"))?;
        let outside = || malformed("a buffer lies outside its message");
        let from = usize::try_from(buffer.offset()).map_err(|_| outside())?;
        let length = usize::try_from(buffer.length()).map_err(|_| outside())?;
        self.body
            .get(from..)
            .and_then(|tail| tail.get(..length))
            .ok_or_else(outside)
    }

    fn next_variadic(&mut self) -> Result<usize, Error> {
        let counts = self
            .batch
            .variadicBufferCounts()
            .filter(|counts| self.variadic < counts.len());
        let count = counts
            .map(|counts| counts.get(self.variadic))
            .and_then(|count| usize::try_from(count).ok());
        self.variadic += 1;
        count.ok_or_else(|| malformed("a batch does not say how many text buffers it has"))
    }
}
