//! Plugin trait: schema, row, numeraire and strategy.

use super::params::{ParamSpec, ParamValues};
use super::record::{Record, Records};
use super::schema::{Domain, Schema};
use crate::codec::Packed;
use crate::plan::Plan;
use crate::value::{EvalError, TextColumn};

/// A reconciliation strategy over rows of one shape.
///
/// ```
/// use florecon::prelude::*;
///
/// struct Ledger;
/// struct Line { account: Text, amount: i64 }
/// packed!(Line, account, amount);
///
/// impl Plugin for Ledger {
///     type Row = Line;
///     type Params = i64;
///     fn domain() -> Domain { Domain::new("acme.ledger", "1.0.0") }
///     fn schema() -> Schema {
///         Schema::new(vec![Field::integer("row_id").id(), Field::text("account"), Field::money("amount", 2).amount()])
///     }
///     fn params() -> Vec<ParamSpec> { vec![ParamSpec::integer("slack", 0).doc("cents an account may be off by")] }
///     fn configure(values: &ParamValues) -> i64 { values.integer("slack") }
///     fn row(record: &Record<'_>) -> Result<Line, EvalError> {
///         Ok(Line { account: record.text(1), amount: record.money(2) })
///     }
///     fn numeraire(row: &Line) -> Result<i64, EvalError> { Ok(row.amount) }
///     fn strategy(slack: &i64) -> Plan<Line> {
///         agg_net(|lot: Item<'_, Line>| Some(lot.row.account.clone()), abs_tol(*slack))
///     }
/// }
///
/// let mut session = Session::<Ledger>::new();
/// let reply = session.dispatch(br#"{"op": "init", "config": {"slack": 5}}"#, &[]);
/// assert_eq!(reply, br#"{"ok":true,"report":{"groups":[],"allocations":[]}}"#);
/// ```
pub trait Plugin: 'static {
    /// One row with its lanes, made once at ingest; [`packed!`](crate::packed!) makes a struct fit for a snapshot.
    type Row: Packed + 'static;
    /// The params in the form the strategy wants them.
    type Params: 'static;

    /// The plugin's name and version.
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
    /// assert_eq!(P::domain().id(), "p");
    /// ```
    fn domain() -> Domain;

    /// The columns the plugin wants shipped.
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
    /// assert_eq!(P::schema().fields()[1].name(), "amount");
    /// ```
    fn schema() -> Schema;

    /// Declared params. None by default.
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
    /// assert!(P::params().is_empty());
    /// ```
    fn params() -> Vec<ParamSpec> {
        Vec::new()
    }

    /// Provenance of the plugin, for `describe`. Empty unless generated.
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
    /// assert_eq!(P::build(), BuildInfo::default());
    /// ```
    fn build() -> BuildInfo {
        BuildInfo::default()
    }

    /// The params from their values, which are complete and of the declared kinds.
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
    /// assert_eq!(P::configure(&ParamValues::defaults(&P::params())), ());
    /// ```
    fn configure(values: &ParamValues) -> Self::Params;

    /// Texts that are computed for a stretch of records at once, before their rows are made. A record has them as columns
    /// after those of the schema. None by default.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// struct P;
    /// impl Plugin for P {
    ///     type Row = Text;
    ///     type Params = ();
    ///     fn domain() -> Domain { Domain::new("p", "1") }
    ///     fn schema() -> Schema { Schema::new(vec![Field::integer("id").id(), Field::text("memo")]) }
    ///     fn configure(_: &ParamValues) {}
    ///     fn columns(records: &Records<'_>) -> Vec<TextColumn> {
    ///         vec![records.text_column(1).upper().replace("INV ", "INV")]
    ///     }
    ///     fn row(record: &Record<'_>) -> Result<Text, EvalError> { Ok(text::left(record.text_view(2), 8)) }
    ///     fn numeraire(_: &Text) -> Result<i64, EvalError> { Ok(1) }
    ///     fn strategy(_: &()) -> Plan<Text> { agg_net(|lot: Item<'_, Text>| Some(lot.row.clone()), abs_tol(0)) }
    /// }
    /// ```
    fn columns(_records: &Records<'_>) -> Vec<TextColumn> {
        Vec::new()
    }

    /// A row from its record, which has passed the schema.
    ///
    /// # Errors
    /// The error of a lane's arithmetic; the batch is then refused, and the error names the row.
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
    /// let read: fn(&Record<'_>) -> Result<i64, EvalError> = P::row;
    /// ```
    fn row(record: &Record<'_>) -> Result<Self::Row, EvalError>;

    /// The amount that is reconciled, in minor units.
    ///
    /// # Errors
    /// As for [`Plugin::row`].
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
    /// assert_eq!(P::numeraire(&250), Ok(250));
    /// ```
    fn numeraire(row: &Self::Row) -> Result<i64, EvalError>;

    /// The strategy under these params.
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
    /// assert_eq!(P::strategy(&()).outline()[0].kind, "exact_1to1");
    /// ```
    fn strategy(params: &Self::Params) -> Plan<Self::Row>;
}

/// Provenance of a plugin.
///
/// ```
/// use florecon::sdk::BuildInfo;
/// let shown_in_cents = BuildInfo { numeraire_scale: 2, ..BuildInfo::default() };
/// assert!(shown_in_cents.strategy.is_empty());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BuildInfo {
    /// The strategy's fingerprint; empty for one written by hand.
    pub strategy: &'static str,
    /// A JSON array that says of each node of the strategy what it is and where its author wrote it; may be empty.
    pub nodes_json: &'static str,
    /// The decimal places a host shows the numeraire with.
    pub numeraire_scale: u32,
    /// The column that the amounts of reports are those of, so that a host can compare.
    pub amount_column: AmountColumn,
    /// Columns that every key of a `partition_by` that is inside no other is computed from; none where the plugin does
    /// not say.
    pub shard_columns: Option<&'static [&'static str]>,
}

/// The column whose minor units a plugin's amounts are.
///
/// ```
/// use florecon::sdk::{AmountColumn, BuildInfo};
/// let info = BuildInfo { numeraire_scale: 2, amount_column: AmountColumn::Named("amount"), ..BuildInfo::default() };
/// assert_ne!(info.amount_column, AmountColumn::default());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AmountColumn {
    /// The plugin does not say. A host takes the column marked as the amount, or the only money column.
    #[default]
    Unstated,
    /// The column of this name, an integer or money of `numeraire_scale` decimal places.
    Named(&'static str),
    /// The amounts are computed from several columns, or are not those of any.
    Computed,
}
