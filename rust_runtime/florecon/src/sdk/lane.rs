//! Decoded chunk of a column: the checks of the wire table, cell by cell.

use std::cell::{Cell, RefCell};
use std::ops::Range;

use super::decimal::{self, Inexact};
use super::ipc::{Column, Storage};
use super::schema::{Field, FieldKind};
use crate::value::{Pool, Text, TextColumn, real};

const MILLISECONDS_A_DAY: i64 = 86_400_000;

/// The decoded cells of one column. A null has a position like any other cell; see [`Lane::null`].
#[derive(Debug)]
pub(crate) enum Cells<'a> {
    /// Integers, minor units, days, and booleans as 0 and 1.
    Whole(Vec<i64>),
    /// Finite reals.
    Real(Vec<f64>),
    /// Texts where they lie in the stream.
    Plain(Vec<&'a str>),
    /// Texts of a dictionary, interned when it is read.
    Shared(Vec<Text>),
    /// Texts that the program computed.
    Computed(TextColumn),
}

/// A decoded stretch of a column.
#[derive(Debug)]
pub(crate) struct Lane<'a> {
    pub nullable: bool,
    /// Empty when no cell is null.
    pub null: Vec<bool>,
    pub cells: Cells<'a>,
    /// What the plain texts lie in, if they lie together.
    pub letters: &'a str,
    /// Long texts of the column seen so far.
    pub sharing: Sharing,
}

/// Whether the long texts of a column are worth sharing: looking each up, and remembering it, pays where many are equal.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sharing {
    read: Cell<u32>,
    fresh: Cell<u32>,
}

/// So many texts of a column are shared before it is judged.
const TRIAL: u32 = 1 << 15;

impl Sharing {
    /// Seven eighths of the texts of a long trial were seen for the first time.
    fn is_given_up(&self) -> bool {
        self.read.get() >= TRIAL && u64::from(self.fresh.get()) * 8 >= u64::from(self.read.get()) * 7
    }
}

impl Lane<'_> {
    /// A column that the program computed.
    pub fn computed(column: TextColumn) -> Self {
        Self {
            nullable: false,
            null: Vec::new(),
            cells: Cells::Computed(column),
            letters: "",
            sharing: Sharing::default(),
        }
    }

    /// The value of a text of this column.
    #[inline]
    pub fn share(&self, text: &str, pool: &RefCell<Pool>) -> Text {
        if let Some(short) = Text::short(text) {
            return short;
        }
        let Sharing { read, fresh } = &self.sharing;
        if self.sharing.is_given_up() {
            return Text::from(text);
        }
        let mut pool = pool.borrow_mut();
        let known = pool.len();
        let shared = pool.intern(text);
        if read.get() < TRIAL {
            read.set(read.get() + 1);
            fresh.set(fresh.get() + (pool.len() - known) as u32);
        }
        shared
    }
}

/// Reason for refusing a cell.
#[derive(Debug, PartialEq)]
pub(crate) enum Refusal {
    /// A null where none may be.
    Null,
    /// A text that is not UTF-8, or lies outside its buffer.
    Damaged(&'static str),
    /// A value that is none of this kind.
    BadAmount(String),
    /// A value that leaves the 64-bit range.
    Overflow(String),
}

/// A refused cell, by its row in the batch.
#[derive(Debug)]
pub(crate) struct Fault {
    pub row: usize,
    pub refusal: Refusal,
}

/// Context of reading a column.
pub(crate) struct Source<'c, 'a> {
    pub field: &'c Field,
    pub storage: &'c Storage,
    pub column: &'c Column<'a>,
    /// The values of the column's dictionary, if it has one.
    pub dictionary: &'c [Option<Text>],
}

/// Whether a column of this kind may be stored so.
pub(crate) fn accepts(kind: FieldKind, storage: &Storage) -> bool {
    let integer = matches!(storage, Storage::Int { bytes, signed } if *signed || *bytes < 8);
    match kind {
        FieldKind::Integer => integer,
        FieldKind::Real => integer || matches!(storage, Storage::Float32 | Storage::Float64),
        FieldKind::Money { .. } => {
            integer
                || matches!(
                    storage,
                    Storage::Float32 | Storage::Float64 | Storage::Decimal128 { .. }
                )
        }
        FieldKind::Date => integer || matches!(storage, Storage::Date32 | Storage::Date64),
        FieldKind::Boolean => integer || matches!(storage, Storage::Boolean),
        FieldKind::Text => {
            matches!(
                storage,
                Storage::Utf8 | Storage::LargeUtf8 | Storage::Utf8View | Storage::Dictionary { .. }
            )
        }
    }
}

impl<'a> Source<'_, 'a> {
    /// Decodes the rows of `range`, up to the first cell that is refused.
    pub fn decode(&self, range: Range<usize>) -> (Lane<'a>, Option<Fault>) {
        let mut null = Vec::new();
        let (cells, fault) = match self.field.kind() {
            FieldKind::Real => {
                let (cells, fault) = self.reals(range, &mut null);
                (Cells::Real(cells), fault)
            }
            FieldKind::Text => match self.storage {
                Storage::Dictionary { bytes, signed, .. } => {
                    let read = |row| self.shared(row, *bytes, *signed);
                    let (cells, fault) = self.fill(range, &mut null, Text::default(), unknown(), read);
                    (Cells::Shared(cells), fault)
                }
                _ => {
                    let (cells, fault) = self.plain_texts(range, &mut null);
                    (Cells::Plain(cells), fault)
                }
            },
            kind => {
                let (cells, fault) = self.numbers(kind, range, &mut null);
                (Cells::Whole(cells), fault)
            }
        };
        (
            Lane {
                nullable: self.field.is_nullable(),
                null,
                cells,
                letters: self.column.letters,
                sharing: Sharing::default(),
            },
            fault,
        )
    }

    fn reals(&self, range: Range<usize>, null: &mut Vec<bool>) -> (Vec<f64>, Option<Fault>) {
        let read = |row| self.real(row);
        match self.storage {
            Storage::Float64 => {
                let reals = self
                    .column
                    .fixed_cells(range.clone())
                    .map(|cell| f64::from_le_bytes(*cell));
                let known = reals.map(|real| Some(real).filter(|real| real.is_finite()));
                self.fill(range, null, 0.0, known, read)
            }
            _ => self.fill(range, null, 0.0, unknown(), read),
        }
    }

    fn plain_texts(&self, range: Range<usize>, null: &mut Vec<bool>) -> (Vec<&'a str>, Option<Fault>) {
        let read = |row| self.plain(row);
        match self.storage {
            Storage::Utf8 => {
                let known = self.column.adjacent_texts(range.start);
                self.fill(range, null, "", known, read)
            }
            _ => self.fill(range, null, "", unknown(), read),
        }
    }

    fn numbers(&self, kind: FieldKind, range: Range<usize>, null: &mut Vec<bool>) -> (Vec<i64>, Option<Fault>) {
        let read = |row| self.whole(kind, row);
        match (kind, self.storage) {
            (FieldKind::Integer, Storage::Int { bytes: 8, .. }) => {
                let cells = self.column.fixed_cells(range.clone());
                let known = cells.map(|cell| Some(i64::from_le_bytes(*cell)));
                self.fill(range, null, 0, known, read)
            }
            (FieldKind::Date, Storage::Date32) => {
                let cells = self.column.fixed_cells(range.clone());
                let known = cells.map(|cell| Some(i64::from(i32::from_le_bytes(*cell))));
                self.fill(range, null, 0, known, read)
            }
            (FieldKind::Money { scale }, Storage::Decimal128 { scale: from }) => {
                let cells = self.column.fixed_cells(range.clone());
                let known = cells.map(|cell| decimal::from_decimal(i128::from_le_bytes(*cell), *from, scale).ok());
                self.fill(range, null, 0, known, read)
            }
            _ => self.fill(range, null, 0, unknown(), read),
        }
    }

    /// The cells of `range`, up to the first that is refused. `known` has those that are known without looking at how the
    /// column is stored, the others are read one by one.
    fn fill<T: Clone>(
        &self,
        range: Range<usize>,
        null: &mut Vec<bool>,
        blank: T,
        known: impl Iterator<Item = Option<T>>,
        read: impl Fn(usize) -> Result<T, Refusal>,
    ) -> (Vec<T>, Option<Fault>) {
        let mut cells = Vec::with_capacity(range.len());
        let first = range.start;
        for (row, known) in range.clone().zip(known) {
            let is_null = self.column.is_null(row);
            if let (Some(cell), false) = (known, is_null) {
                cells.push(cell);
                continue;
            }
            match if is_null { Err(Refusal::Null) } else { read(row) } {
                Ok(cell) => cells.push(cell),
                Err(Refusal::Null) if self.field.is_nullable() => {
                    null.resize(range.len(), false);
                    null[row - first] = true;
                    cells.push(blank.clone());
                }
                Err(refusal) => return (cells, Some(Fault { row, refusal })),
            }
        }
        (cells, None)
    }

    fn plain(&self, row: usize) -> Result<&'a str, Refusal> {
        self.column
            .text(row, self.storage)
            .ok_or(Refusal::Damaged("its text is not UTF-8 or lies outside its buffer"))
    }

    /// A null value in the dictionary makes the cell null.
    fn shared(&self, row: usize, bytes: u8, signed: bool) -> Result<Text, Refusal> {
        let index = self
            .column
            .integer(row, bytes, signed)
            .and_then(|index| usize::try_from(index).ok());
        let value = index.and_then(|index| self.dictionary.get(index));
        value
            .ok_or(Refusal::Damaged("its index points outside the dictionary"))?
            .clone()
            .ok_or(Refusal::Null)
    }

    fn real(&self, row: usize) -> Result<f64, Refusal> {
        let value = match self.storage {
            Storage::Float32 => f64::from(self.single(row)),
            Storage::Float64 => self.double(row),
            _ => self.integer(row) as f64,
        };
        if value.is_finite() {
            Ok(value)
        } else {
            Err(not_finite(value))
        }
    }

    fn whole(&self, kind: FieldKind, row: usize) -> Result<i64, Refusal> {
        match kind {
            FieldKind::Money { scale } => self.money(scale, row),
            FieldKind::Date => self.date(row),
            FieldKind::Boolean => self.boolean(row),
            _ => Ok(self.integer(row)),
        }
    }

    fn money(&self, scale: u32, row: usize) -> Result<i64, Refusal> {
        let minor = match self.storage {
            Storage::Float32 => decimal::from_single(self.single(row), scale),
            Storage::Float64 => decimal::from_double(self.double(row), scale),
            Storage::Decimal128 { scale: from } => decimal::from_decimal(self.decimal(row), *from, scale),
            _ => decimal::from_decimal(i128::from(self.integer(row)), 0, scale),
        };
        minor.map_err(|inexact| {
            let value = match self.storage {
                Storage::Float32 => real::text(self.single(row).into()),
                Storage::Float64 => real::text(self.double(row)),
                Storage::Decimal128 { scale: from } => decimal_text(self.decimal(row), *from),
                _ => self.integer(row).to_string(),
            };
            money_refusal(inexact, &value, scale)
        })
    }

    fn date(&self, row: usize) -> Result<i64, Refusal> {
        let days = match self.storage {
            Storage::Date32 => i64::from(i32::from_le_bytes(self.column.fixed(row))),
            Storage::Date64 => {
                let milliseconds = i64::from_le_bytes(self.column.fixed(row));
                if milliseconds % MILLISECONDS_A_DAY != 0 {
                    return Err(Refusal::BadAmount(format!(
                        "{milliseconds} ms since 1970-01-01 is not a whole day; send dates without a time"
                    )));
                }
                milliseconds / MILLISECONDS_A_DAY
            }
            _ => self.integer(row),
        };
        if i32::try_from(days).is_ok() {
            Ok(days)
        } else {
            Err(Refusal::BadAmount(format!(
                "day {days} since 1970-01-01 is outside the calendar; a day number has 32 bits"
            )))
        }
    }

    fn boolean(&self, row: usize) -> Result<i64, Refusal> {
        match self.storage {
            Storage::Boolean => Ok(i64::from(self.column.bit(row))),
            _ => match self.integer(row) {
                value @ (0 | 1) => Ok(value),
                other => Err(Refusal::BadAmount(format!("{other} is not a boolean; send 0 or 1"))),
            },
        }
    }

    fn integer(&self, row: usize) -> i64 {
        match self.storage {
            // a type that could leave the range was refused with the schema
            Storage::Int { bytes, signed } => self.column.integer(row, *bytes, *signed).unwrap_or_default(),
            _ => 0,
        }
    }

    fn single(&self, row: usize) -> f32 {
        f32::from_le_bytes(self.column.fixed(row))
    }

    fn double(&self, row: usize) -> f64 {
        f64::from_le_bytes(self.column.fixed(row))
    }

    fn decimal(&self, row: usize) -> i128 {
        i128::from_le_bytes(self.column.fixed(row))
    }
}

/// No cell that is known.
fn unknown<T>() -> impl Iterator<Item = Option<T>> {
    std::iter::repeat_with(|| None)
}

fn not_finite(value: f64) -> Refusal {
    let value = real::text(value);
    Refusal::BadAmount(format!("{value} is not a finite number; correct the value"))
}

fn money_refusal(inexact: Inexact, value: &str, scale: u32) -> Refusal {
    match inexact {
        Inexact::NotFinite => Refusal::BadAmount(format!("{value} is not a finite number; correct the value")),
        Inexact::Fraction => Refusal::BadAmount(format!(
            "{value} is not a whole number of minor units; round it to {scale} decimals"
        )),
        Inexact::Overflow => Refusal::Overflow(format!(
            "{value} with {scale} decimals does not fit 64-bit minor units; use smaller amounts or fewer decimals"
        )),
    }
}

/// `unscaled * 10^-scale` in plain decimals; a scale outside 0..=38 is written as a power.
fn decimal_text(unscaled: i128, scale: i32) -> String {
    let Ok(decimals @ 0..=38) = usize::try_from(scale) else {
        return format!("{unscaled}e{}", -i64::from(scale));
    };
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = decimals + 1);
    let (whole, part) = digits.split_at(digits.len() - decimals);
    let sign = if unscaled < 0 { "-" } else { "" };
    let point = if part.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{part}")
}
