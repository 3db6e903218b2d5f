//! Writer of one table as a stream of one batch; each column is a function of the line.

use super::message::{Kind, Type, batch_message, pad, padded, push_message, schema_message};

/// Bytes of a digest.
pub(crate) const DIGEST: usize = 16;

/// Lines that are written at once: what is read of them is in the cache for each column after the first.
const BATCH: usize = 256;

/// The cells of a column in some lines. A trait of its own: the table of a `dyn Fn` has a second copy of each closure, for
/// `FnOnce`.
pub(crate) trait Fill<L, T> {
    fn fill(&self, lines: &[L]) -> Vec<T>;
}

impl<L, T, C: Fn(&L) -> T> Fill<L, T> for C {
    fn fill(&self, lines: &[L]) -> Vec<T> {
        lines.iter().map(self).collect()
    }
}

/// A column of a reply, by the type of its cells: what makes them of the lines.
pub(crate) enum ColumnSource<'r, L> {
    /// 64-bit integers.
    Int64(Cells<'r, L, i64>),
    /// 64-bit integers without a sign.
    UInt64(Cells<'r, L, u64>),
    /// 64-bit integers or null.
    OptInt64(Cells<'r, L, Option<i64>>),
    /// The bits of doubles or null.
    OptFloat64(Cells<'r, L, Option<i64>>),
    /// 32-bit integers or null.
    OptInt32(Cells<'r, L, Option<i32>>),
    /// Booleans or null.
    OptBool(Cells<'r, L, Option<bool>>),
    /// Texts.
    Text(Cells<'r, L, &'r str>),
    /// Texts or null.
    OptText(Cells<'r, L, Option<&'r str>>),
    /// 16 bytes as a text of 32 hexadecimal digits.
    Digest(Cells<'r, L, [u8; DIGEST]>),
    /// 128-bit whole numbers, as `decimal128(38, 0)`.
    Decimal128(Cells<'r, L, i128>),
}

/// The cells of a column.
pub(crate) type Cells<'r, L, T> = Box<dyn Fill<L, T> + 'r>;

/// The stream of one table. `most` bounds the number of lines, for which room is made. Texts of more than 2 GiB in one column
/// do not fit a 32-bit address space and so never arise.
pub(crate) fn write_table<L>(
    lines: impl Iterator<Item = L>,
    most: usize,
    columns: &[(&str, ColumnSource<'_, L>)],
) -> Vec<u8> {
    let types: Vec<Type<'_>> = columns.iter().map(|(name, source)| source.logical_type(name)).collect();
    let mut written: Vec<Buffers> = types.iter().map(|column| Buffers::with_room(column, most)).collect();
    let mut batch = Vec::with_capacity(BATCH.min(most));
    let (mut rows, mut lines) = (0, lines);
    loop {
        batch.clear();
        batch.extend(lines.by_ref().take(BATCH));
        if batch.is_empty() {
            return stream(rows, &types, written);
        }
        rows += batch.len();
        for ((_, source), buffers) in columns.iter().zip(&mut written) {
            source.write(&batch, buffers);
        }
    }
}

impl<L> ColumnSource<'_, L> {
    fn logical_type<'n>(&self, name: &'n str) -> Type<'n> {
        let (kind, nullable) = match self {
            Self::Int64(_) => (Kind::Int64, false),
            Self::UInt64(_) => (Kind::UInt64, false),
            Self::OptInt64(_) => (Kind::Int64, true),
            Self::OptFloat64(_) => (Kind::Float64, true),
            Self::OptInt32(_) => (Kind::Int32, true),
            Self::OptBool(_) => (Kind::Bool, true),
            Self::Text(_) | Self::Digest(_) => (Kind::Text, false),
            Self::OptText(_) => (Kind::Text, true),
            Self::Decimal128(_) => (Kind::Decimal128, false),
        };
        Type { name, kind, nullable }
    }

    /// Appends the cells of a batch of lines.
    fn write(&self, lines: &[L], out: &mut Buffers) {
        match self {
            Self::Int64(cells) => push_all(&mut out.values, &cells.fill(lines), i64::to_le_bytes),
            Self::UInt64(cells) => push_all(&mut out.values, &cells.fill(lines), u64::to_le_bytes),
            Self::Decimal128(cells) => push_all(&mut out.values, &cells.fill(lines), i128::to_le_bytes),
            Self::OptInt64(cells) | Self::OptFloat64(cells) => {
                let cells = cells.fill(lines);
                out.push_validity(&cells);
                push_all(&mut out.values, &cells, |cell| cell.unwrap_or_default().to_le_bytes());
            }
            Self::OptInt32(cells) => {
                let cells = cells.fill(lines);
                out.push_validity(&cells);
                push_all(&mut out.values, &cells, |cell| cell.unwrap_or_default().to_le_bytes());
            }
            Self::OptBool(cells) => {
                let cells = cells.fill(lines);
                out.push_validity(&cells);
                push_bits(&mut out.values, &cells, |cell| cell == Some(true));
            }
            Self::Text(cells) => out.push_texts(&cells.fill(lines)),
            Self::OptText(cells) => {
                let cells = cells.fill(lines);
                out.push_validity(&cells);
                let texts: Vec<&str> = cells.into_iter().map(Option::unwrap_or_default).collect();
                out.push_texts(&texts);
            }
            Self::Digest(cells) => out.push_digests(&cells.fill(lines)),
        }
    }
}

/// What is written of a column.
struct Buffers {
    nulls: usize,
    validity: Vec<u8>,
    /// Values, or offsets of texts.
    values: Vec<u8>,
    /// Characters of texts.
    characters: Option<Vec<u8>>,
}

impl Buffers {
    fn with_room(column: &Type<'_>, cells: usize) -> Self {
        let mut values = Vec::with_capacity(column.kind.size(cells));
        let is_text = column.kind == Kind::Text;
        if is_text {
            values.extend_from_slice(&0_u32.to_le_bytes());
        }
        Self {
            nulls: 0,
            validity: Vec::with_capacity(if column.nullable { cells.div_ceil(8) } else { 0 }),
            values,
            characters: is_text.then(Vec::new),
        }
    }

    fn push_validity<T: Copy>(&mut self, cells: &[Option<T>]) {
        self.nulls += cells.iter().filter(|cell| cell.is_none()).count();
        push_bits(&mut self.validity, cells, |cell| cell.is_some());
    }

    fn push_texts(&mut self, cells: &[&str]) {
        let characters = self.characters.get_or_insert_default();
        let mut end = characters.len();
        let ends: Vec<u32> = cells
            .iter()
            .map(|cell| {
                end += cell.len();
                end as u32
            })
            .collect();
        push_all(&mut self.values, &ends, u32::to_le_bytes);
        characters.reserve(end - characters.len());
        cells
            .iter()
            .for_each(|cell| characters.extend_from_slice(cell.as_bytes()));
    }

    fn push_digests(&mut self, cells: &[[u8; DIGEST]]) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        const WIDTH: usize = 2 * DIGEST;
        let characters = self.characters.get_or_insert_default();
        let before = characters.len();
        let ends: Vec<u32> = (1..=cells.len()).map(|place| (before + place * WIDTH) as u32).collect();
        push_all(&mut self.values, &ends, u32::to_le_bytes);
        push_all(characters, cells, |digest| {
            let mut text = [0; WIDTH];
            for (digits, byte) in text.as_chunks_mut().0.iter_mut().zip(digest) {
                *digits = [byte >> 4, byte & 15].map(|half| DIGITS[usize::from(half)]);
            }
            text
        });
    }

    /// The buffers in their order. Where no cell is null there is no validity.
    fn all(self) -> impl Iterator<Item = Vec<u8>> {
        let validity = if self.nulls == 0 { Vec::new() } else { self.validity };
        [validity, self.values].into_iter().chain(self.characters)
    }
}

/// Appends so many bytes for each cell.
fn push_all<T: Copy, const N: usize>(out: &mut Vec<u8>, cells: &[T], bytes: impl Fn(T) -> [u8; N]) {
    let start = out.len();
    out.resize(start + N * cells.len(), 0);
    for (place, &cell) in out[start..].as_chunks_mut().0.iter_mut().zip(cells) {
        *place = bytes(cell);
    }
}

/// Appends a bit for each cell of a batch, which is of whole bytes, but for the last one.
fn push_bits<T: Copy>(out: &mut Vec<u8>, cells: &[T], bit: impl Fn(T) -> bool) {
    out.extend(cells.chunks(8).map(|cells| {
        let bits = (0..).zip(cells);
        bits.fold(0_u8, |byte, (place, &cell)| byte | (u8::from(bit(cell)) << place))
    }));
}

fn stream(rows: usize, types: &[Type<'_>], written: Vec<Buffers>) -> Vec<u8> {
    let nulls: Vec<usize> = written.iter().map(|buffers| buffers.nulls).collect();
    let buffers: Vec<Vec<u8>> = written.into_iter().flat_map(Buffers::all).collect();
    let body: usize = buffers.iter().map(|buffer| padded(buffer.len())).sum();
    let mut out = Vec::with_capacity(body + 1024 + 256 * types.len());
    push_message(&mut out, &schema_message(types));
    push_message(&mut out, &batch_message(rows, &nulls, &buffers, body));
    for buffer in buffers {
        out.extend_from_slice(&buffer);
        pad(&mut out);
    }
    out.extend_from_slice(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    out
}
