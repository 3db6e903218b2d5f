//! Input table of a conformance check, in the base types of the wire.

use crate::sdk::ipc::{ColumnSource, write_table};

/// A column of a base type: `i64`, `f64` or `utf8`.
#[derive(Debug, Clone, PartialEq)]
enum Column {
    Integers(Vec<Option<i64>>),
    Reals(Vec<Option<f64>>),
    Texts(Vec<Option<String>>),
}

impl Column {
    fn len(&self) -> usize {
        match self {
            Self::Integers(cells) => cells.len(),
            Self::Reals(cells) => cells.len(),
            Self::Texts(cells) => cells.len(),
        }
    }

    fn take(&self, rows: &[usize]) -> Self {
        fn pick<T: Clone>(cells: &[T], rows: &[usize]) -> Vec<T> {
            rows.iter().map(|row| cells[*row].clone()).collect()
        }
        match self {
            Self::Integers(cells) => Self::Integers(pick(cells, rows)),
            Self::Reals(cells) => Self::Reals(pick(cells, rows)),
            Self::Texts(cells) => Self::Texts(pick(cells, rows)),
        }
    }
}

/// A table of base types, as a host ships it that knows nothing more: money in major units, dates as days since 1970-01-01,
/// booleans as 0 and 1. Cells may be values or options of them.
///
/// ```
/// use florecon::sdk::conformance::Table;
/// let table = Table::new().integers("row_id", [1, 2]).reals("amount", [1.5, -1.5]).texts("note", [Some("a"), None]);
/// assert_eq!(table.len(), 2);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    columns: Vec<(String, Column)>,
}

impl Table {
    /// A table without columns.
    ///
    /// ```
    /// assert!(florecon::sdk::conformance::Table::new().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a column of integers, dates or booleans.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::conformance::Table::new().integers("row_id", [1, 2]).len(), 2);
    /// ```
    #[must_use]
    pub fn integers<T: Into<Option<i64>>>(self, name: &str, cells: impl IntoIterator<Item = T>) -> Self {
        self.with(name, Column::Integers(cells.into_iter().map(Into::into).collect()))
    }

    /// Adds a column of reals or money.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::conformance::Table::new().reals("amount", [Some(1.5), None]).len(), 2);
    /// ```
    #[must_use]
    pub fn reals<T: Into<Option<f64>>>(self, name: &str, cells: impl IntoIterator<Item = T>) -> Self {
        self.with(name, Column::Reals(cells.into_iter().map(Into::into).collect()))
    }

    /// Adds a column of texts.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::conformance::Table::new().texts("memo", ["a", "b"]).len(), 2);
    /// ```
    #[must_use]
    pub fn texts<'t, T: Into<Option<&'t str>>>(self, name: &str, cells: impl IntoIterator<Item = T>) -> Self {
        let cells = cells.into_iter().map(|cell| cell.into().map(str::to_owned));
        self.with(name, Column::Texts(cells.collect()))
    }

    /// The number of rows: that of the shortest column.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::conformance::Table::new().integers("row_id", 1..=3).len(), 3);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.iter().map(|(_, column)| column.len()).min().unwrap_or(0)
    }

    /// Whether there are no rows.
    ///
    /// ```
    /// assert!(florecon::sdk::conformance::Table::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows at these places, in this order.
    ///
    /// ```
    /// use florecon::sdk::conformance::Table;
    /// let table = Table::new().integers("row_id", [1, 2, 3]);
    /// assert_eq!(table.take(&[2, 0]), Table::new().integers("row_id", [3, 1]));
    /// ```
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Self {
        Self {
            columns: self
                .columns
                .iter()
                .map(|(name, column)| (name.clone(), column.take(rows)))
                .collect(),
        }
    }

    /// The table as one Arrow IPC stream.
    ///
    /// ```
    /// use florecon::sdk::conformance::Table;
    /// assert!(!Table::new().integers("row_id", [1]).to_ipc().is_empty());
    /// ```
    #[must_use]
    pub fn to_ipc(&self) -> Vec<u8> {
        let columns: Vec<(&str, ColumnSource<'_, usize>)> = self
            .columns
            .iter()
            .map(|(name, column)| {
                let source = match column {
                    Column::Integers(cells) => ColumnSource::OptInt64(Box::new(|&row: &usize| cells[row])),
                    Column::Reals(cells) => ColumnSource::OptFloat64(Box::new(|&row: &usize| {
                        cells[row].map(|real| real.to_bits().cast_signed())
                    })),
                    Column::Texts(cells) => ColumnSource::OptText(Box::new(|&row: &usize| cells[row].as_deref())),
                };
                (name.as_str(), source)
            })
            .collect();
        write_table(0..self.len(), self.len(), &columns)
    }

    /// The cell of a column in words.
    pub(super) fn cell(&self, name: &str, row: usize) -> Option<String> {
        let (_, column) = self.columns.iter().find(|(known, _)| known == name)?;
        match column {
            Column::Integers(cells) => cells[row].map(|cell| cell.to_string()),
            Column::Reals(cells) => cells[row].map(|cell| cell.to_string()),
            Column::Texts(cells) => cells[row].clone(),
        }
    }

    fn with(mut self, name: &str, column: Column) -> Self {
        self.columns.push((name.to_owned(), column));
        self
    }
}
