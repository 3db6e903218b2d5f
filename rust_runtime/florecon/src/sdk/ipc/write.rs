//! Writer of one table as a stream of one batch; each column is a function of the row.

use arrow_ipc as ipc;
use flatbuffers::{FlatBufferBuilder, UnionWIPOffset, WIPOffset};

/// Buffers and messages begin at multiples of this many bytes, as the format recommends.
const ALIGNMENT: usize = 64;

/// Bytes of a digest.
pub(crate) const DIGEST: usize = 16;

/// Visits the cells of a column from the first row to the last; may be called repeatedly.
pub(crate) type Cells<'r, T> = Box<dyn Visit<T> + 'r>;

/// Closures behind a trait of their own: the table of a `dyn Fn` has a second copy of each, for `FnOnce`.
pub(crate) trait Visit<T> {
    /// Hands the cells out in batches: a call for each would cost more than most cells do.
    fn visit(&self, take: &mut dyn FnMut(&[T]));
}

/// Cells of a batch.
const BATCH: usize = 256;

struct Cell<E, C> {
    each: E,
    cell: C,
}

impl<I: Iterator, T, E: Fn() -> I, C: Fn(I::Item) -> T> Visit<T> for Cell<E, C> {
    fn visit(&self, take: &mut dyn FnMut(&[T])) {
        let mut batch = Vec::with_capacity(BATCH);
        for item in (self.each)() {
            batch.push((self.cell)(item));
            if batch.len() == BATCH {
                take(&batch);
                batch.clear();
            }
        }
        take(&batch);
    }
}

/// A column of a reply: where its cells come from.
pub(crate) enum ColumnSource<'r> {
    /// 64-bit integers.
    Int64(Cells<'r, i64>),
    /// 64-bit integers without a sign.
    UInt64(Cells<'r, u64>),
    /// 64-bit integers or null.
    OptInt64(Cells<'r, Option<i64>>),
    /// The bits of doubles or null.
    OptFloat64(Cells<'r, Option<i64>>),
    /// 32-bit integers or null.
    OptInt32(Cells<'r, Option<i32>>),
    /// Booleans or null.
    OptBool(Cells<'r, Option<bool>>),
    /// Texts.
    Text(Cells<'r, &'r str>),
    /// Texts or null.
    OptText(Cells<'r, Option<&'r str>>),
    /// 16 bytes as a text of 32 hexadecimal digits.
    Digest(Cells<'r, [u8; DIGEST]>),
    /// 128-bit whole numbers, as `decimal128(38, 0)`.
    Decimal128(Cells<'r, i128>),
}

/// The cells that `cell` makes of the things `each` hands out.
pub(crate) fn cells<'r, I: Iterator, T>(each: impl Fn() -> I + 'r, cell: impl Fn(I::Item) -> T + 'r) -> Cells<'r, T> {
    Box::new(Cell { each, cell })
}

/// The stream of one table. Texts of more than 2 GiB in one column do not fit a 32-bit address space and so never arise.
pub(crate) fn write_table(rows: usize, columns: &[(&str, ColumnSource<'_>)]) -> Vec<u8> {
    let plans: Vec<Plan> = columns.iter().map(|(_, source)| Plan::of(rows, source)).collect();
    let body: usize = plans
        .iter()
        .flat_map(|plan| &plan.buffers)
        .map(|length| padded(*length))
        .sum();
    let mut out = Vec::with_capacity(body + 1024 + 256 * columns.len());
    push_message(&mut out, &schema_message(columns));
    push_message(&mut out, &batch_message(rows, &plans, body));
    for ((_, source), plan) in columns.iter().zip(&plans) {
        push_column(&mut out, source, plan);
    }
    out.extend_from_slice(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    out
}

/// The sizes of a column's buffers in bytes, before padding: validity, then values, or offsets and characters.
struct Plan {
    nulls: usize,
    buffers: Vec<usize>,
}

impl Plan {
    fn of(rows: usize, source: &ColumnSource<'_>) -> Self {
        let (nulls, values) = match source {
            ColumnSource::Int64(_) | ColumnSource::UInt64(_) => (0, vec![rows * 8]),
            ColumnSource::Decimal128(_) => (0, vec![rows * 16]),
            ColumnSource::OptInt64(cells) | ColumnSource::OptFloat64(cells) => (nulls(cells), vec![rows * 8]),
            ColumnSource::OptInt32(cells) => (nulls(cells), vec![rows * 4]),
            ColumnSource::OptBool(cells) => (nulls(cells), vec![rows.div_ceil(8)]),
            ColumnSource::Text(cells) => (0, vec![(rows + 1) * 4, sum(cells, |cell| cell.len())]),
            ColumnSource::Digest(_) => (0, vec![(rows + 1) * 4, rows * 2 * DIGEST]),
            ColumnSource::OptText(cells) => {
                let length = |cell: &Option<&str>| cell.map_or(0, str::len);
                (nulls(cells), vec![(rows + 1) * 4, sum(cells, length)])
            }
        };
        let validity = if nulls == 0 { 0 } else { rows.div_ceil(8) };
        Self {
            nulls,
            buffers: [vec![validity], values].concat(),
        }
    }
}

fn sum<T>(cells: &Cells<'_, T>, size: impl Fn(&T) -> usize) -> usize {
    let mut sum = 0;
    cells.visit(&mut |batch| sum += batch.iter().map(&size).sum::<usize>());
    sum
}

fn nulls<T>(cells: &Cells<'_, Option<T>>) -> usize {
    sum(cells, |cell| usize::from(cell.is_none()))
}

fn padded(length: usize) -> usize {
    length.next_multiple_of(ALIGNMENT)
}

fn pad(out: &mut Vec<u8>) {
    out.resize(padded(out.len()), 0);
}

fn push_message(out: &mut Vec<u8>, metadata: &[u8]) {
    let framed = padded(8 + metadata.len());
    out.extend_from_slice(&[0xff; 4]);
    // metadata is a few hundred bytes
    out.extend_from_slice(&((framed - 8) as u32).to_le_bytes());
    out.extend_from_slice(metadata);
    pad(out);
}

fn push_column(out: &mut Vec<u8>, source: &ColumnSource<'_>, plan: &Plan) {
    match source {
        ColumnSource::Int64(cells) => push_values(out, cells, i64::to_le_bytes),
        ColumnSource::UInt64(cells) => push_values(out, cells, u64::to_le_bytes),
        ColumnSource::Decimal128(cells) => push_values(out, cells, i128::to_le_bytes),
        ColumnSource::OptInt64(cells) | ColumnSource::OptFloat64(cells) => {
            push_validity(out, plan, cells);
            push_values(out, cells, |cell| cell.unwrap_or_default().to_le_bytes());
        }
        ColumnSource::OptInt32(cells) => {
            push_validity(out, plan, cells);
            push_values(out, cells, |cell| cell.unwrap_or_default().to_le_bytes());
        }
        ColumnSource::OptBool(cells) => {
            push_validity(out, plan, cells);
            push_bits(out, cells, |cell| cell == Some(true));
        }
        ColumnSource::Text(cells) => push_texts(out, cells, |cell| cell),
        ColumnSource::Digest(cells) => push_digests(out, cells, plan.buffers[1] / 4),
        ColumnSource::OptText(cells) => {
            push_validity(out, plan, cells);
            push_texts(out, cells, Option::unwrap_or_default);
        }
    }
}

fn push_values<T: Copy, const N: usize>(out: &mut Vec<u8>, cells: &Cells<'_, T>, bytes: impl Fn(T) -> [u8; N]) {
    cells.visit(&mut |batch| push_all(out, batch, &bytes));
    pad(out);
}

/// Appends so many bytes for each cell.
fn push_all<T: Copy, const N: usize>(out: &mut Vec<u8>, cells: &[T], bytes: impl Fn(T) -> [u8; N]) {
    let start = out.len();
    out.resize(start + N * cells.len(), 0);
    for (place, &cell) in out[start..].as_chunks_mut().0.iter_mut().zip(cells) {
        *place = bytes(cell);
    }
}

fn push_validity<T: Copy>(out: &mut Vec<u8>, plan: &Plan, cells: &Cells<'_, Option<T>>) {
    if plan.nulls > 0 {
        push_bits(out, cells, |cell| cell.is_some());
    }
}

fn push_bits<T: Copy>(out: &mut Vec<u8>, cells: &Cells<'_, T>, bit: impl Fn(T) -> bool) {
    // a batch is of whole bytes, but for the last one
    cells.visit(&mut |batch| {
        out.extend(batch.chunks(8).map(|cells| {
            let bits = (0..).zip(cells);
            bits.fold(0_u8, |byte, (place, &cell)| byte | (u8::from(bit(cell)) << place))
        }));
    });
    pad(out);
}

fn push_texts<'r, T: Copy>(out: &mut Vec<u8>, cells: &Cells<'r, T>, text: impl Fn(T) -> &'r str) {
    let mut end = 0_u32;
    out.extend_from_slice(&end.to_le_bytes());
    cells.visit(&mut |batch| {
        let ends: Vec<u32> = batch
            .iter()
            .map(|&cell| {
                end += text(cell).len() as u32;
                end
            })
            .collect();
        push_all(out, &ends, u32::to_le_bytes);
    });
    pad(out);
    cells.visit(&mut |batch| {
        batch
            .iter()
            .for_each(|&cell| out.extend_from_slice(text(cell).as_bytes()));
    });
    pad(out);
}

fn push_digests(out: &mut Vec<u8>, cells: &Cells<'_, [u8; DIGEST]>, offsets: usize) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    const WIDTH: usize = 2 * DIGEST;
    let ends: Vec<u32> = (0..offsets as u32).map(|row| row * WIDTH as u32).collect();
    push_all(out, &ends, u32::to_le_bytes);
    pad(out);
    cells.visit(&mut |batch| {
        push_all(out, batch, |digest| {
            let mut text = [0; WIDTH];
            for (digits, byte) in text.as_chunks_mut().0.iter_mut().zip(digest) {
                *digits = [byte >> 4, byte & 15].map(|half| DIGITS[usize::from(half)]);
            }
            text
        });
    });
    pad(out);
}

fn schema_message(columns: &[(&str, ColumnSource<'_>)]) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    let fields: Vec<_> = columns
        .iter()
        .map(|(name, source)| field(&mut builder, name, source))
        .collect();
    let fields = builder.create_vector(&fields);
    let mut schema = ipc::SchemaBuilder::new(&mut builder);
    schema.add_fields(fields);
    let schema = schema.finish().as_union_value();
    finish(builder, ipc::MessageHeader::Schema, schema, 0)
}

fn field<'b>(builder: &mut FlatBufferBuilder<'b>, name: &str, source: &ColumnSource<'_>) -> WIPOffset<ipc::Field<'b>> {
    let name = builder.create_string(name);
    let children = builder.create_vector::<WIPOffset<ipc::Field<'b>>>(&[]);
    let (kind, logical) = logical_type(builder, source);
    let nullable = !matches!(
        source,
        ColumnSource::Int64(_)
            | ColumnSource::UInt64(_)
            | ColumnSource::Text(_)
            | ColumnSource::Digest(_)
            | ColumnSource::Decimal128(_)
    );
    let mut field = ipc::FieldBuilder::new(builder);
    field.add_name(name);
    field.add_nullable(nullable);
    field.add_type_type(kind);
    field.add_type_(logical);
    field.add_children(children);
    field.finish()
}

fn logical_type(
    builder: &mut FlatBufferBuilder<'_>,
    source: &ColumnSource<'_>,
) -> (ipc::Type, WIPOffset<UnionWIPOffset>) {
    match source {
        ColumnSource::Int64(_) | ColumnSource::OptInt64(_) => (ipc::Type::Int, int_type(builder, 64, true)),
        ColumnSource::UInt64(_) => (ipc::Type::Int, int_type(builder, 64, false)),
        ColumnSource::OptInt32(_) => (ipc::Type::Int, int_type(builder, 32, true)),
        ColumnSource::OptBool(_) => (
            ipc::Type::Bool,
            ipc::BoolBuilder::new(builder).finish().as_union_value(),
        ),
        ColumnSource::Text(_) | ColumnSource::OptText(_) | ColumnSource::Digest(_) => (
            ipc::Type::Utf8,
            ipc::Utf8Builder::new(builder).finish().as_union_value(),
        ),
        ColumnSource::OptFloat64(_) => {
            let mut float = ipc::FloatingPointBuilder::new(builder);
            float.add_precision(ipc::Precision::DOUBLE);
            (ipc::Type::FloatingPoint, float.finish().as_union_value())
        }
        ColumnSource::Decimal128(_) => {
            let mut decimal = ipc::DecimalBuilder::new(builder);
            decimal.add_precision(38);
            decimal.add_scale(0);
            decimal.add_bitWidth(128);
            (ipc::Type::Decimal, decimal.finish().as_union_value())
        }
    }
}

fn int_type(builder: &mut FlatBufferBuilder<'_>, bits: i32, is_signed: bool) -> WIPOffset<UnionWIPOffset> {
    let mut int = ipc::IntBuilder::new(builder);
    int.add_bitWidth(bits);
    int.add_is_signed(is_signed);
    int.finish().as_union_value()
}

fn batch_message(rows: usize, plans: &[Plan], body: usize) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    let nodes: Vec<_> = plans
        .iter()
        .map(|plan| ipc::FieldNode::new(rows as i64, plan.nulls as i64))
        .collect();
    let mut offset = 0;
    let mut buffers = Vec::new();
    for length in plans.iter().flat_map(|plan| &plan.buffers) {
        buffers.push(ipc::Buffer::new(offset, *length as i64));
        offset += padded(*length) as i64;
    }
    let nodes = builder.create_vector(&nodes);
    let buffers = builder.create_vector(&buffers);
    let mut batch = ipc::RecordBatchBuilder::new(&mut builder);
    batch.add_length(rows as i64);
    batch.add_nodes(nodes);
    batch.add_buffers(buffers);
    let batch = batch.finish().as_union_value();
    finish(builder, ipc::MessageHeader::RecordBatch, batch, body as i64)
}

fn finish(
    mut builder: FlatBufferBuilder<'_>,
    kind: ipc::MessageHeader,
    header: WIPOffset<UnionWIPOffset>,
    body: i64,
) -> Vec<u8> {
    let mut message = ipc::MessageBuilder::new(&mut builder);
    message.add_version(ipc::MetadataVersion::V5);
    message.add_header_type(kind);
    message.add_header(header);
    message.add_bodyLength(body);
    let message = message.finish();
    builder.finish(message, None);
    builder.finished_data().to_vec()
}
