//! Input row as the plugin sees it.

use std::cell::RefCell;

use super::lane::{Cells, Lane};
use crate::value::{Pool, Text, TextColumn};

/// One input row, checked against the schema. Columns are counted as the [`Schema`](super::Schema) lists them.
///
/// Reading costs no allocation but for the first sight of a text. Reading a column as another kind than its own, or a nullable
/// column with a method that cannot say null, is a mistake in the plugin and panics on the first row, with the column's number.
///
/// ```
/// use florecon::sdk::Record;
/// use florecon::value::Text;
/// struct Row { day: i64, reference: Option<Text> }
/// fn row(record: &Record<'_>) -> Row {
///     Row { day: record.date(1), reference: record.opt_text(2) }
/// }
/// ```
#[derive(Debug)]
pub struct Record<'a> {
    lanes: &'a [Lane<'a>],
    row: usize,
    pool: &'a RefCell<Pool>,
}

macro_rules! readers {
    ($($(#[$doc:meta])* $name:ident, $opt:ident, $read:ident, $type:ty;)*) => {$(
        $(#[$doc])*
        ///
        /// ```
        #[doc = concat!("let read = |record: &florecon::sdk::Record<'_>| record.", stringify!($name), "(1);")]
        /// ```
        #[inline]
        #[must_use]
        pub fn $name(&self, column: usize) -> $type {
            self.$read(self.required(column), column)
        }

        /// The same of a nullable column; `None` for a null.
        ///
        /// ```
        #[doc = concat!("let read = |record: &florecon::sdk::Record<'_>| record.", stringify!($opt), "(1).is_some();")]
        /// ```
        #[inline]
        #[must_use]
        pub fn $opt(&self, column: usize) -> Option<$type> {
            self.optional(column).map(|lane| self.$read(lane, column))
        }
    )*};
}

/// A stretch of records, column by column.
#[derive(Debug)]
pub struct Records<'a> {
    lanes: &'a [Lane<'a>],
    rows: usize,
    pool: &'a RefCell<Pool>,
}

macro_rules! columns {
    ($($(#[$doc:meta])* $name:ident, $cells:ident, $type:ty;)*) => {$(
        $(#[$doc])*
        ///
        /// # Panics
        /// For a column of another kind.
        #[must_use]
        pub fn $name(&self, column: usize) -> &'a [$type] {
            match &self.lanes[column].cells {
                Cells::$cells(cells) => &cells[..self.rows],
                other => mismatch(column, other),
            }
        }
    )*};
}

impl<'a> Records<'a> {
    pub(crate) fn new(lanes: &'a [Lane<'a>], rows: usize, pool: &'a RefCell<Pool>) -> Self {
        Self { lanes, rows, pool }
    }

    columns! {
        /// The integers, money, days or booleans (0 and 1) of a column; arbitrary where it is null.
        whole, Whole, i64;
        /// The reals of a column; arbitrary where it is null.
        real, Real, f64;
    }

    /// Number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The nulls of a column; no flags where it has none.
    #[must_use]
    pub fn nulls(&self, column: usize) -> &'a [bool] {
        let null = &self.lanes[column].null;
        &null[..self.rows.min(null.len())]
    }

    /// The texts of a column that is never null, to compute with.
    ///
    /// # Panics
    /// For a column of another kind.
    ///
    /// ```
    /// let upper = |records: &florecon::sdk::Records<'_>| records.text_column(1).upper();
    /// ```
    #[must_use]
    pub fn text_column(&self, column: usize) -> TextColumn {
        self.filled_text_column(column, "")
    }

    /// The texts of a column to compute with, `filling` where it is null.
    ///
    /// # Panics
    /// For a column of another kind.
    ///
    /// ```
    /// let upper = |records: &florecon::sdk::Records<'_>| records.filled_text_column(1, "none").upper();
    /// ```
    #[must_use]
    pub fn filled_text_column(&self, column: usize, filling: &str) -> TextColumn {
        let lane = &self.lanes[column];
        let filled = |(row, text)| {
            let is_null = lane.null.get(row) == Some(&true);
            if is_null { filling } else { text }
        };
        match &lane.cells {
            Cells::Plain(cells) => {
                let texts = cells[..self.rows].iter().copied().enumerate().map(filled);
                TextColumn::adjacent(texts.clone(), lane.letters).unwrap_or_else(|| TextColumn::new(texts))
            }
            Cells::Shared(cells) => {
                TextColumn::new(cells[..self.rows].iter().map(Text::as_str).enumerate().map(filled))
            }
            other => mismatch(column, other),
        }
    }

    /// Appends the texts of a column; equal texts share memory where a column has many of them.
    ///
    /// # Panics
    /// For a column of another kind.
    pub fn texts(&self, column: usize, into: &mut Vec<Text>) {
        let lane = &self.lanes[column];
        match &lane.cells {
            Cells::Plain(cells) => {
                let blank = Text::default();
                into.extend(cells[..self.rows].iter().enumerate().map(|(row, cell)| {
                    if lane.null.get(row) == Some(&true) {
                        blank.clone()
                    } else {
                        lane.share(cell, self.pool)
                    }
                }));
            }
            Cells::Shared(cells) => into.extend_from_slice(&cells[..self.rows]),
            other => mismatch(column, other),
        }
    }
}

impl<'a> Record<'a> {
    /// A text of a column that is never null, where it lies.
    ///
    /// ```
    /// let is_euro = |record: &florecon::sdk::Record<'_>| record.text_view(1) == "EUR";
    /// ```
    #[inline]
    #[must_use]
    pub fn text_view(&self, column: usize) -> &'a str {
        match &self.required(column).cells {
            Cells::Plain(cells) => cells[self.row],
            Cells::Shared(cells) => &cells[self.row],
            Cells::Computed(column) => column.get(self.row),
            other => mismatch(column, other),
        }
    }

    /// The place of the record in its stretch.
    #[must_use]
    pub fn place(&self) -> usize {
        self.row
    }

    pub(crate) fn new(lanes: &'a [Lane<'a>], row: usize, pool: &'a RefCell<Pool>) -> Self {
        Self { lanes, row, pool }
    }

    readers! {
        /// An integer.
        integer, opt_integer, whole, i64;
        /// An amount of money, in minor units.
        money, opt_money, whole, i64;
        /// A day, counted from 1970-01-01.
        date, opt_date, whole, i64;
        /// A finite real.
        real, opt_real, number, f64;
        /// True or false.
        boolean, opt_boolean, truth, bool;
        /// A text; equal texts share memory where a column has many of them.
        text, opt_text, words, Text;
    }

    #[inline]
    fn required(&self, column: usize) -> &'a Lane<'a> {
        let lane = &self.lanes[column];
        assert!(
            !lane.nullable,
            "column {column} is nullable; read it with an `opt_` method"
        );
        lane
    }

    #[inline]
    fn optional(&self, column: usize) -> Option<&'a Lane<'a>> {
        let lane = &self.lanes[column];
        if lane.null.get(self.row) == Some(&true) {
            None
        } else {
            Some(lane)
        }
    }

    #[inline]
    fn whole(&self, lane: &Lane<'_>, column: usize) -> i64 {
        match &lane.cells {
            Cells::Whole(cells) => cells[self.row],
            other => mismatch(column, other),
        }
    }

    #[inline]
    fn truth(&self, lane: &Lane<'_>, column: usize) -> bool {
        self.whole(lane, column) != 0
    }

    #[inline]
    fn number(&self, lane: &Lane<'_>, column: usize) -> f64 {
        match &lane.cells {
            Cells::Real(cells) => cells[self.row],
            other => mismatch(column, other),
        }
    }

    #[inline]
    fn words(&self, lane: &Lane<'_>, column: usize) -> Text {
        let text = match &lane.cells {
            Cells::Plain(cells) => cells[self.row],
            Cells::Computed(column) => column.get(self.row),
            Cells::Shared(cells) => return cells[self.row].clone(),
            other => mismatch(column, other),
        };
        lane.share(text, self.pool)
    }
}

#[cold]
fn mismatch(column: usize, cells: &Cells<'_>) -> ! {
    let kind = match cells {
        Cells::Whole(_) => "an integer, money, a date or a boolean",
        Cells::Real(_) => "a real",
        Cells::Plain(_) | Cells::Shared(_) | Cells::Computed(_) => "a text",
    };
    panic!("column {column} holds {kind}; read it with the method of its kind")
}
