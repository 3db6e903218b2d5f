//! Column of a record batch: buffers in place, read cell by cell with bounds checks.

use std::ops::Range;

use arrow_ipc::{DateUnit, Field, Int, Precision, Type};

/// Storage of the cells of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Storage {
    /// Signed or unsigned integers of this many bytes.
    Int { bytes: u8, signed: bool },
    /// Singles.
    Float32,
    /// Doubles.
    Float64,
    /// 128-bit integers, a power of ten apart.
    Decimal128 { scale: i32 },
    /// Bits.
    Boolean,
    /// Days in 32 bits.
    Date32,
    /// Milliseconds in 64 bits.
    Date64,
    /// Text with 32-bit offsets.
    Utf8,
    /// Text with 64-bit offsets.
    LargeUtf8,
    /// Text by views.
    Utf8View,
    /// Indices into the dictionary of this id, whose values are texts.
    Dictionary { id: i64, bytes: u8, signed: bool },
    /// A type no column may have, by name.
    Other(String),
}

impl Storage {
    /// Storage of `field`.
    pub fn of(field: Field<'_>) -> Self {
        let Some(dictionary) = field.dictionary() else {
            return Self::plain(field);
        };
        // the format lets the index type be absent, and means int32 by that
        let (bytes, signed) = dictionary
            .indexType()
            .map_or(Some((4, true)), integer)
            .unwrap_or((0, true));
        match Self::plain(field) {
            Self::Utf8 | Self::LargeUtf8 | Self::Utf8View if bytes > 0 => Self::Dictionary {
                id: dictionary.id(),
                bytes,
                signed,
            },
            values => Self::Other(format!("dictionary of {}", values.name())),
        }
    }

    /// Storage of the values of the column, or of its dictionary.
    pub fn plain(field: Field<'_>) -> Self {
        let known = match field.type_type() {
            Type::Int => field
                .type_as_int()
                .and_then(integer)
                .map(|(bytes, signed)| Self::Int { bytes, signed }),
            Type::FloatingPoint => field
                .type_as_floating_point()
                .and_then(|float| match float.precision() {
                    Precision::SINGLE => Some(Self::Float32),
                    Precision::DOUBLE => Some(Self::Float64),
                    _ => None,
                }),
            Type::Decimal => field
                .type_as_decimal()
                .filter(|decimal| decimal.bitWidth() == 128)
                .map(|decimal| Self::Decimal128 { scale: decimal.scale() }),
            Type::Bool => Some(Self::Boolean),
            Type::Date => field.type_as_date().map(|date| match date.unit() {
                DateUnit::DAY => Self::Date32,
                _ => Self::Date64,
            }),
            Type::Utf8 => Some(Self::Utf8),
            Type::LargeUtf8 => Some(Self::LargeUtf8),
            Type::Utf8View => Some(Self::Utf8View),
            _ => None,
        };
        known.unwrap_or_else(|| Self::Other(other_name(field)))
    }

    /// The type's name in messages.
    pub fn name(&self) -> String {
        match self {
            Self::Int { bytes, signed } => format!("{}int{}", if *signed { "" } else { "u" }, u32::from(*bytes) * 8),
            Self::Float32 => "float32".to_owned(),
            Self::Float64 => "float64".to_owned(),
            Self::Decimal128 { scale } => format!("decimal128 of scale {scale}"),
            Self::Boolean => "bool".to_owned(),
            Self::Date32 => "date32".to_owned(),
            Self::Date64 => "date64".to_owned(),
            Self::Utf8 => "utf8".to_owned(),
            Self::LargeUtf8 => "large_utf8".to_owned(),
            Self::Utf8View => "utf8_view".to_owned(),
            Self::Dictionary { .. } => "dictionary of text".to_owned(),
            Self::Other(name) => name.clone(),
        }
    }
}

fn integer(int: Int<'_>) -> Option<(u8, bool)> {
    let bytes = match int.bitWidth() {
        8 => 1,
        16 => 2,
        32 => 4,
        64 => 8,
        _ => return None,
    };
    Some((bytes, int.is_signed()))
}

fn other_name(field: Field<'_>) -> String {
    match field.type_type() {
        Type::Decimal => field
            .type_as_decimal()
            .map_or_else(String::new, |decimal| format!("decimal{}", decimal.bitWidth())),
        Type::FloatingPoint => "float16".to_owned(),
        kind => kind
            .variant_name()
            .map_or_else(|| "an unknown type".to_owned(), str::to_ascii_lowercase),
    }
}

/// A column of a batch.
#[derive(Debug, Clone)]
pub(crate) struct Column<'a> {
    pub rows: usize,
    pub validity: Option<&'a [u8]>,
    /// Values, or offsets, or views, or indices.
    pub first: &'a [u8],
    /// The characters of texts with offsets, and the same if all of them are UTF-8, so that texts need not be read one by
    /// one.
    pub second: &'a [u8],
    pub letters: &'a str,
    /// The buffers of texts by views.
    pub more: Vec<&'a [u8]>,
}

impl<'a> Column<'a> {
    /// Whether the buffers are long enough for the rows. What the cells of a text point at is checked as they are read.
    pub fn fits(&self, storage: &Storage) -> bool {
        let rows = self.rows;
        let needed = match storage {
            Storage::Int { bytes, .. } | Storage::Dictionary { bytes, .. } => rows.checked_mul(usize::from(*bytes)),
            Storage::Float32 | Storage::Date32 => rows.checked_mul(4),
            Storage::Float64 | Storage::Date64 => rows.checked_mul(8),
            Storage::Decimal128 { .. } | Storage::Utf8View => rows.checked_mul(16),
            Storage::Boolean => Some(rows.div_ceil(8)),
            // an empty column may have no offset at all
            Storage::Utf8 => offsets(rows, 4),
            Storage::LargeUtf8 => offsets(rows, 8),
            Storage::Other(_) => Some(0),
        };
        let bitmap = self.validity.is_none_or(|bits| bits.len() >= rows.div_ceil(8));
        bitmap && needed.is_some_and(|needed| self.first.len() >= needed)
    }

    /// Whether the cell is null. The row is below `rows`, and `fits` was true; so for all readers here.
    #[inline]
    pub fn is_null(&self, row: usize) -> bool {
        self.validity.is_some_and(|bits| bits[row / 8] >> (row % 8) & 1 == 0)
    }

    /// The bit of a boolean cell.
    #[inline]
    pub fn bit(&self, row: usize) -> bool {
        self.first[row / 8] >> (row % 8) & 1 == 1
    }

    /// The `N` bytes of a fixed-width cell.
    #[inline]
    pub fn fixed<const N: usize>(&self, row: usize) -> [u8; N] {
        self.first.as_chunks().0[row]
    }

    /// The fixed-width cells of these rows.
    pub fn fixed_cells<const N: usize>(&self, rows: Range<usize>) -> std::slice::Iter<'a, [u8; N]> {
        self.first.as_chunks().0[rows].iter()
    }

    /// The texts from this row on by their 32-bit offsets; none from where an offset points outside the letters or back, and
    /// where these are not UTF-8 as a whole.
    pub fn adjacent_texts(&self, first: usize) -> impl Iterator<Item = Option<&'a str>> + use<'a> {
        let place = |offset: &[u8; 4]| usize::try_from(i32::from_le_bytes(*offset)).ok();
        let mut offsets = self.first.as_chunks().0[first..].iter();
        let start = offsets.next().and_then(place);
        let mut left = start.and_then(|start| Some((start, self.letters.get(start..)?)));
        offsets.map(move |offset| {
            let (start, letters) = left.take()?;
            let end = place(offset)?;
            let (text, after) = letters.split_at_checked(end.checked_sub(start)?)?;
            left = Some((end, after));
            Some(text)
        })
    }

    /// An integer cell; `None` when an unsigned 64-bit value does not fit (only dictionary indices are of that type).
    #[inline]
    pub fn integer(&self, row: usize, bytes: u8, signed: bool) -> Option<i64> {
        Some(match (bytes, signed) {
            (1, true) => i64::from(i8::from_le_bytes(self.fixed(row))),
            (1, false) => i64::from(u8::from_le_bytes(self.fixed(row))),
            (2, true) => i64::from(i16::from_le_bytes(self.fixed(row))),
            (2, false) => i64::from(u16::from_le_bytes(self.fixed(row))),
            (4, true) => i64::from(i32::from_le_bytes(self.fixed(row))),
            (4, false) => i64::from(u32::from_le_bytes(self.fixed(row))),
            (_, true) => i64::from_le_bytes(self.fixed(row)),
            (_, false) => return i64::try_from(u64::from_le_bytes(self.fixed(row))).ok(),
        })
    }

    /// The text of a cell; `None` when it points outside its buffers or is not UTF-8.
    #[inline]
    pub fn text(&self, row: usize, storage: &Storage) -> Option<&'a str> {
        let bytes = match storage {
            Storage::Utf8 => {
                let from = i32::from_le_bytes(self.fixed(row));
                let to = i32::from_le_bytes(self.fixed(row + 1));
                return self.letters_at(usize::try_from(from).ok()?..usize::try_from(to).ok()?);
            }
            Storage::LargeUtf8 => {
                let from = i64::from_le_bytes(self.fixed(row));
                let to = i64::from_le_bytes(self.fixed(row + 1));
                return self.letters_at(usize::try_from(from).ok()?..usize::try_from(to).ok()?);
            }
            Storage::Utf8View => self.viewed(row)?,
            _ => return None,
        };
        std::str::from_utf8(bytes).ok()
    }

    #[inline]
    fn letters_at(&self, range: Range<usize>) -> Option<&'a str> {
        let letters = self.letters.get(range.clone());
        letters.or_else(|| std::str::from_utf8(self.second.get(range)?).ok())
    }

    /// A view is a length and either up to 12 bytes in place, or a prefix, a buffer number and an offset.
    fn viewed(&self, row: usize) -> Option<&'a [u8]> {
        let view = self.first.get(row * 16..)?.get(..16)?;
        let word = |at: usize| u32::from_le_bytes([view[at], view[at + 1], view[at + 2], view[at + 3]]) as usize;
        let length = word(0);
        if length <= 12 {
            return view.get(4..4 + length);
        }
        self.more.get(word(8))?.get(word(12)..)?.get(..length)
    }
}

fn offsets(rows: usize, bytes: usize) -> Option<usize> {
    if rows == 0 {
        Some(0)
    } else {
        rows.checked_add(1)?.checked_mul(bytes)
    }
}
