//! Program of a session: the schema, rows and plan that it runs, from a plugin or from a strategy that came as data.

use std::marker::PhantomData;

use serde_json::Value;

use super::params::{ParamSpec, ParamValues};
use super::plugin::{AmountColumn, Plugin};
use super::record::{Record, Records};
use super::schema::{Domain, Schema};
use crate::codec::{Damaged, Packed, Packer, Unpacker};
use crate::error::Error;
use crate::plan::Plan;
use crate::value::{EvalError, TextColumn};

/// Source of the program of a session. Every [`Plugin`] is one: its program is fixed when it is compiled.
///
/// ```
/// use florecon::prelude::*;
/// use florecon::sdk::Load;
/// # struct P;
/// # impl Plugin for P {
/// #     type Row = i64;
/// #     type Params = ();
/// #     fn domain() -> Domain { Domain::new("p", "1") }
/// #     fn schema() -> Schema { Schema::new(vec![Field::integer("id").id(), Field::integer("amount")]) }
/// #     fn configure(_: &ParamValues) {}
/// #     fn row(record: &Record<'_>) -> Result<i64, EvalError> { Ok(record.integer(1)) }
/// #     fn numeraire(row: &i64) -> Result<i64, EvalError> { Ok(*row) }
/// #     fn strategy(_: &()) -> Plan<i64> { identity() }
/// # }
/// let other = serde_json::json!({"florecon_ir": 1});
/// assert!(P::load(None).is_ok());
/// assert_eq!(P::load(Some(&other)).err().map(|error| error.code()), Some("bad_strategy"));
/// ```
pub trait Load: 'static {
    /// What a session runs.
    type Program: Program;

    /// Whether `init` and `restore` take a strategy.
    const TAKES_STRATEGY: bool;

    /// The program of a session that `init` or `restore` opens; `strategy` is that argument of the command.
    ///
    /// # Errors
    /// `bad_strategy` where there is one and none is taken, or none where one is needed, or one that is refused.
    fn load(strategy: Option<&Value>) -> Result<Self::Program, Error>;

    /// The program that `describe` speaks of before `init`.
    fn idle() -> Self::Program;
}

/// Function that gives the amount of a row, in minor units.
pub type Numeraire<R> = Box<dyn Fn(&R) -> Result<i64, EvalError>>;

/// What a session runs: a plugin as an object.
pub trait Program: 'static {
    /// One row with its lanes.
    type Row: 'static;

    /// The program's name and version.
    fn domain(&self) -> Domain;

    /// The columns that the program wants shipped.
    fn schema(&self) -> &Schema;

    /// Declared params.
    fn params(&self) -> &[ParamSpec];

    /// The strategy's fingerprint; empty for one written by hand.
    fn fingerprint(&self) -> &str;

    /// A JSON array that says of each node what it is and where its author wrote it; may be empty.
    fn nodes_json(&self) -> &str;

    /// The decimal places a host shows the numeraire with.
    fn numeraire_scale(&self) -> u32;

    /// The column that the amounts of reports are those of: none where the program does not say, and none inside where
    /// they are computed.
    fn amount_column(&self) -> Option<Option<&str>>;

    /// The columns that the key of a shard is computed from; none where the program does not say.
    fn shard_columns(&self) -> Option<Vec<&str>>;

    /// Called with each stretch of records before [`row`](Self::row) is called with each of them, in order: lanes may be
    /// computed column by column here. The records have what it returns as columns after those of the schema.
    fn stretch(&self, _records: &Records<'_>) -> Vec<TextColumn> {
        Vec::new()
    }

    /// A row from its record, which has passed the schema.
    ///
    /// # Errors
    /// The error of a lane's arithmetic; the batch is then refused, and the error names the row.
    fn row(&self, record: &Record<'_>) -> Result<Self::Row, EvalError>;

    /// The function that gives the amount that is reconciled, in minor units.
    fn numeraire(&self) -> Numeraire<Self::Row>;

    /// The strategy under these params.
    fn plan(&self, values: &ParamValues) -> Plan<Self::Row>;

    /// Stands for the type of a row in a snapshot's header.
    fn shape(&self) -> u64;

    /// Appends a row to a snapshot.
    fn pack(&self, row: &Self::Row, packer: &mut Packer);

    /// Reads a row of a snapshot.
    ///
    /// # Errors
    /// [`Damaged`] where the bytes are none of a row.
    fn unpack(&self, unpacker: &mut Unpacker<'_>) -> Result<Self::Row, Damaged>;
}

/// Program of a [`Plugin`].
#[derive(Debug)]
pub struct Compiled<P> {
    schema: Schema,
    params: Vec<ParamSpec>,
    plugin: PhantomData<P>,
}

impl<P: Plugin> Load for P {
    type Program = Compiled<P>;

    const TAKES_STRATEGY: bool = false;

    fn load(strategy: Option<&Value>) -> Result<Compiled<P>, Error> {
        match strategy {
            None => Ok(Self::idle()),
            Some(_) => Err(Error::BadStrategy {
                message:
                    "this module is compiled from one strategy and takes no other; leave `strategy` out, or send it \
                          to the engine module"
                        .to_owned(),
            }),
        }
    }

    fn idle() -> Compiled<P> {
        Compiled {
            schema: P::schema(),
            params: P::params(),
            plugin: PhantomData,
        }
    }
}

impl<P: Plugin> Program for Compiled<P> {
    type Row = P::Row;

    fn domain(&self) -> Domain {
        P::domain()
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn params(&self) -> &[ParamSpec] {
        &self.params
    }

    fn fingerprint(&self) -> &str {
        P::build().strategy
    }

    fn nodes_json(&self) -> &str {
        P::build().nodes_json
    }

    fn numeraire_scale(&self) -> u32 {
        P::build().numeraire_scale
    }

    fn amount_column(&self) -> Option<Option<&str>> {
        match P::build().amount_column {
            AmountColumn::Unstated => None,
            AmountColumn::Named(name) => Some(Some(name)),
            AmountColumn::Computed => Some(None),
        }
    }

    fn shard_columns(&self) -> Option<Vec<&str>> {
        P::build().shard_columns.map(<[&str]>::to_vec)
    }

    fn stretch(&self, records: &Records<'_>) -> Vec<TextColumn> {
        P::columns(records)
    }

    fn row(&self, record: &Record<'_>) -> Result<P::Row, EvalError> {
        P::row(record)
    }

    fn numeraire(&self) -> Numeraire<P::Row> {
        Box::new(|row| P::numeraire(row))
    }

    // in one place: it is a good part of a module
    #[inline(never)]
    fn plan(&self, values: &ParamValues) -> Plan<P::Row> {
        P::strategy(&P::configure(values))
    }

    fn shape(&self) -> u64 {
        P::Row::shape()
    }

    fn pack(&self, row: &P::Row, packer: &mut Packer) {
        packer.write(row);
    }

    fn unpack(&self, unpacker: &mut Unpacker<'_>) -> Result<P::Row, Damaged> {
        unpacker.read()
    }
}
