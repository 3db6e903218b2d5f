//! A kit that holds any module of the ABI to what a report promises.
//!
//! It drives a module by the bytes of the wire alone, so it judges a native [`Session`](crate::sdk::Session), a module under
//! some wasm engine, or one that was not built here, all by the same rules:
//!
//! | check | holds when |
//! |---|---|
//! | `unique ids` | every row has one id of its own, and the groups of the report are what they say they are |
//! | `conservation` | what a row brought is what its allocations add up to, before and after a solve |
//! | `idempotent upsert` | sending the same rows again changes nothing |
//! | `order independence` | neither the order of rows nor their split into batches shows in the report |
//! | `warm equals cold` | a session that was solved, edited and solved again reports what a fresh one does |
//! | `refusal` | after an error the session is as it was |
//!
//! ```
//! # use florecon::prelude::*;
//! # struct Ledger;
//! # impl Plugin for Ledger {
//! #     type Row = i64;
//! #     type Params = ();
//! #     fn domain() -> Domain { Domain::new("ledger", "1") }
//! #     fn schema() -> Schema { Schema::new(vec![Field::integer("row_id").id(), Field::money("amount", 2)]) }
//! #     fn configure(_: &ParamValues) {}
//! #     fn row(record: &Record<'_>) -> Result<i64, EvalError> { Ok(record.money(1)) }
//! #     fn numeraire(row: &i64) -> Result<i64, EvalError> { Ok(*row) }
//! #     fn strategy(_: &()) -> Plan<i64> { exact_1to1(one_bucket, by_id) }
//! # }
//! use florecon::sdk::conformance::{self, Table, Target};
//!
//! let table = Table::new().integers("row_id", [1, 2, 3]).reals("amount", [10.0, -10.0, 2.5]);
//! let verdict = conformance::run(&Target::native::<Ledger>(), &table);
//! assert!(verdict.is_ok(), "{verdict}");
//! ```

mod checks;
mod driver;
mod shrink;
mod table;

use std::fmt;

pub use driver::{Dispatch, Target};
pub use table::Table;

use checks::{CHECKS, Check};
use driver::Driver;

/// Result of one check.
///
/// ```
/// # use florecon::prelude::*;
/// # struct P;
/// # impl Plugin for P {
/// #     type Row = i64;
/// #     type Params = ();
/// #     fn domain() -> Domain { Domain::new("p", "1") }
/// #     fn schema() -> Schema { Schema::new(vec![Field::integer("id").id(), Field::integer("amount")]) }
/// #     fn configure(_: &ParamValues) {}
/// #     fn row(record: &Record<'_>) -> Result<i64, EvalError> { Ok(record.integer(1)) }
/// #     fn numeraire(row: &i64) -> Result<i64, EvalError> { Ok(*row) }
/// #     fn strategy(_: &()) -> Plan<i64> { exact_1to1(one_bucket, by_id) }
/// # }
/// use florecon::sdk::conformance::{Table, Target, run};
/// let table = Table::new().integers("id", [1, 2]).integers("amount", [5, -5]);
/// assert_eq!(run(&Target::native::<P>(), &table).outcomes[1].check, "conservation");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The check's name.
    pub check: &'static str,
    /// The failure; `None` when the check holds.
    pub failure: Option<Failure>,
}

/// A failed check, on as few rows as were found to make it fail.
///
/// ```
/// # use florecon::prelude::*;
/// # struct P;
/// # impl Plugin for P {
/// #     type Row = i64;
/// #     type Params = ();
/// #     fn domain() -> Domain { Domain::new("p", "1") }
/// #     fn schema() -> Schema { Schema::new(vec![Field::integer("id").id(), Field::integer("amount")]) }
/// #     fn configure(_: &ParamValues) {}
/// #     fn row(record: &Record<'_>) -> Result<i64, EvalError> { Ok(record.integer(1)) }
/// #     fn numeraire(row: &i64) -> Result<i64, EvalError> { Ok(*row) }
/// #     fn strategy(_: &()) -> Plan<i64> { exact_1to1(one_bucket, by_id) }
/// # }
/// use florecon::sdk::conformance::{Table, Target, run};
/// let twice = Table::new().integers("id", [1, 1, 2]).integers("amount", [5, -5, 9]);
/// let verdict = run(&Target::native::<P>(), &twice);
/// let failure = verdict.outcomes.iter().find_map(|outcome| outcome.failure.as_ref());
/// assert_eq!(failure.map(|failure| &*failure.rows), Some(&[0, 1][..]));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Description of the fault.
    pub message: String,
    /// The rows, by their place in the table.
    pub rows: Vec<usize>,
    /// The ids of these rows.
    pub ids: Vec<String>,
}

/// Result of all checks.
///
/// ```
/// # use florecon::prelude::*;
/// # struct P;
/// # impl Plugin for P {
/// #     type Row = i64;
/// #     type Params = ();
/// #     fn domain() -> Domain { Domain::new("p", "1") }
/// #     fn schema() -> Schema { Schema::new(vec![Field::integer("id").id(), Field::integer("amount")]) }
/// #     fn configure(_: &ParamValues) {}
/// #     fn row(record: &Record<'_>) -> Result<i64, EvalError> { Ok(record.integer(1)) }
/// #     fn numeraire(row: &i64) -> Result<i64, EvalError> { Ok(*row) }
/// #     fn strategy(_: &()) -> Plan<i64> { exact_1to1(one_bucket, by_id) }
/// # }
/// use florecon::sdk::conformance::{Table, Target, run};
/// let table = Table::new().integers("id", [1, 2]).integers("amount", [5, -5]);
/// let verdict = run(&Target::native::<P>(), &table);
/// assert!(verdict.outcomes.iter().all(|outcome| outcome.failure.is_none()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// One outcome a check, in the order of the module's table.
    pub outcomes: Vec<Outcome>,
}

impl Verdict {
    /// Whether every check holds.
    ///
    /// ```
    /// # use florecon::prelude::*;
    /// # struct P;
    /// # impl Plugin for P {
    /// #     type Row = i64;
    /// #     type Params = ();
    /// #     fn domain() -> Domain { Domain::new("p", "1") }
    /// #     fn schema() -> Schema { Schema::new(vec![Field::integer("id").id(), Field::integer("amount")]) }
    /// #     fn configure(_: &ParamValues) {}
    /// #     fn row(record: &Record<'_>) -> Result<i64, EvalError> { Ok(record.integer(1)) }
    /// #     fn numeraire(row: &i64) -> Result<i64, EvalError> { Ok(*row) }
    /// #     fn strategy(_: &()) -> Plan<i64> { exact_1to1(one_bucket, by_id) }
    /// # }
    /// use florecon::sdk::conformance::{Table, Target, run};
    /// let twice = Table::new().integers("id", [1, 1]).integers("amount", [5, -5]);
    /// assert!(!run(&Target::native::<P>(), &twice).is_ok());
    /// ```
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.outcomes.iter().all(|outcome| outcome.failure.is_none())
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Outcome { check, failure } in &self.outcomes {
            match failure {
                None => writeln!(f, "ok      {check}")?,
                Some(Failure { message, ids, .. }) => {
                    writeln!(
                        f,
                        "FAILED  {check}: {message}\n        with the rows {}",
                        ids.join(", ")
                    )?;
                }
            }
        }
        Ok(())
    }
}

/// Runs every check over the rows of `table`.
///
/// A check that fails is run again on ever fewer rows; the verdict has the fewest that still fail, found within a fixed number
/// of tries.
///
/// ```
/// # use florecon::prelude::*;
/// # struct P;
/// # impl Plugin for P {
/// #     type Row = i64;
/// #     type Params = ();
/// #     fn domain() -> Domain { Domain::new("p", "1") }
/// #     fn schema() -> Schema { Schema::new(vec![Field::integer("id").id(), Field::integer("amount")]) }
/// #     fn configure(_: &ParamValues) {}
/// #     fn row(record: &Record<'_>) -> Result<i64, EvalError> { Ok(record.integer(1)) }
/// #     fn numeraire(row: &i64) -> Result<i64, EvalError> { Ok(*row) }
/// #     fn strategy(_: &()) -> Plan<i64> { exact_1to1(one_bucket, by_id) }
/// # }
/// use florecon::sdk::conformance::{Table, Target, run};
/// let table = Table::new().integers("id", [1, 2]).integers("amount", [5, -5]);
/// let verdict = run(&Target::native::<P>(), &table);
/// assert_eq!(verdict.to_string().lines().next(), Some("ok      unique ids"));
/// ```
#[must_use]
pub fn run(target: &Target, table: &Table) -> Verdict {
    let outcomes = CHECKS.iter().map(|(name, check)| judge(name, check, target, table));
    Verdict {
        outcomes: outcomes.collect(),
    }
}

/// Whether two modules report the same over the rows of `table`: the wasm of a plugin and its native build, or a plugin and its
/// twin in another language.
///
/// ```
/// # use florecon::prelude::*;
/// # struct Ledger;
/// # impl Plugin for Ledger {
/// #     type Row = i64;
/// #     type Params = ();
/// #     fn domain() -> Domain { Domain::new("ledger", "1") }
/// #     fn schema() -> Schema { Schema::new(vec![Field::integer("row_id").id(), Field::money("amount", 2)]) }
/// #     fn configure(_: &ParamValues) {}
/// #     fn row(record: &Record<'_>) -> Result<i64, EvalError> { Ok(record.money(1)) }
/// #     fn numeraire(row: &i64) -> Result<i64, EvalError> { Ok(*row) }
/// #     fn strategy(_: &()) -> Plan<i64> { exact_1to1(one_bucket, by_id) }
/// # }
/// use florecon::sdk::conformance::{Table, Target, agree};
///
/// let table = Table::new().integers("row_id", [1, 2]).reals("amount", [10.0, -10.0]);
/// assert!(agree(&Target::native::<Ledger>(), &Target::native::<Ledger>(), &table).failure.is_none());
/// ```
#[must_use]
pub fn agree(one: &Target, other: &Target, table: &Table) -> Outcome {
    let check = |target: &Target, table: &Table| {
        let report = |target| Driver::open(target)?.solved(table);
        checks::same("the first", &report(target)?, "the second", &report(other)?)
    };
    judge("agreement", &check, one, table)
}

fn judge(name: &'static str, check: &Check<'_>, target: &Target, table: &Table) -> Outcome {
    let Err(message) = check(target, table) else {
        return Outcome {
            check: name,
            failure: None,
        };
    };
    let (rows, message) = shrink::fewest(table.len(), message, |rows| check(target, &table.take(rows)).err());
    let ids = Driver::open(target).map_or_else(|_| Vec::new(), |driver| driver.ids(&table.take(&rows)));
    Outcome {
        check: name,
        failure: Some(Failure { message, rows, ids }),
    }
}
