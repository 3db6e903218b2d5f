//! Plugin with every column kind, and both ends of the wire.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{Field as ArrowField, Schema as ArrowSchema};
use florecon::prelude::{Plan, identity};
use florecon::sdk::{Domain, Field, ParamSpec, ParamValues, Plugin, Record, Schema, Session};
use florecon::value::{EvalError, Text};
use serde_json::{Value, json};

/// A row of every kind.
pub struct Line {
    pub amount: i64,
    pub memo: String,
}

florecon::packed!(Line, amount, memo);

/// Ingests every kind of column; the amount is the numeraire, and `memo` remembers what the others were.
pub struct Kinds;

impl Plugin for Kinds {
    type Row = Line;
    type Params = ();

    fn domain() -> Domain {
        Domain::new("test.kinds", "1.0.0")
    }

    fn schema() -> Schema {
        Schema::new(vec![
            Field::integer("row_id").id(),
            Field::money("amount", 2).amount(),
            Field::text("company"),
            Field::date("day").nullable(),
            Field::real("rate").nullable(),
            Field::boolean("open").nullable(),
            Field::text("note").nullable(),
        ])
    }

    fn params() -> Vec<ParamSpec> {
        vec![
            ParamSpec::integer("slack", 100).doc("cents"),
            ParamSpec::real("penalty", 1000.0),
            ParamSpec::money("floor", 2, 105),
            ParamSpec::date("since", 19_000),
            ParamSpec::boolean("strict", true),
            ParamSpec::text("currency", "EUR"),
        ]
    }

    fn configure(_: &ParamValues) {}

    fn row(record: &Record<'_>) -> Result<Line, EvalError> {
        let memo = format!(
            "{} {:?} {:?} {:?} {:?}",
            record.text(2),
            record.opt_date(3),
            record.opt_real(4),
            record.opt_boolean(5),
            record.opt_text(6)
        );
        Ok(Line {
            amount: record.money(1),
            memo,
        })
    }

    fn numeraire(row: &Line) -> Result<i64, EvalError> {
        MEMOS.with_borrow_mut(|memos| memos.push(row.memo.clone()));
        Ok(row.amount)
    }

    fn strategy((): &()) -> Plan<Line> {
        identity()
    }
}

thread_local! {
    /// What the rows of this thread's `Kinds` sessions held besides the amount.
    pub static MEMOS: std::cell::RefCell<Vec<String>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Rows of a text id and an integer amount.
pub struct Named;

impl Plugin for Named {
    type Row = (Text, i64);
    type Params = ();

    fn domain() -> Domain {
        Domain::new("test.named", "1.0.0")
    }

    fn schema() -> Schema {
        Schema::new(vec![Field::text("name").id(), Field::integer("amount")])
    }

    fn configure(_: &ParamValues) {}

    fn row(record: &Record<'_>) -> Result<(Text, i64), EvalError> {
        Ok((record.text(0), record.integer(1)))
    }

    fn numeraire(row: &(Text, i64)) -> Result<i64, EvalError> {
        Ok(row.1)
    }

    fn strategy((): &()) -> Plan<(Text, i64)> {
        identity()
    }
}

/// An IPC stream of one batch with these columns.
pub fn stream(columns: &[(&str, ArrayRef)]) -> Vec<u8> {
    let fields: Vec<ArrowField> = columns
        .iter()
        .map(|(name, array)| ArrowField::new(*name, array.data_type().clone(), true))
        .collect();
    let arrays = columns.iter().map(|(_, array)| Arc::clone(array)).collect();
    let batch = RecordBatch::try_new(Arc::new(ArrowSchema::new(fields)), arrays).unwrap();
    stream_of(&[batch])
}

/// An IPC stream of these batches.
pub fn stream_of(batches: &[RecordBatch]) -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batches[0].schema()).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.into_inner().unwrap()
}

/// The columns of `Kinds`, with `replaced` in place of those of the same name.
pub fn kinds(ids: &[i64], amounts: &[f64], replaced: &[(&'static str, ArrayRef)]) -> Vec<(&'static str, ArrayRef)> {
    let rows = ids.len();
    let mut columns: Vec<(&'static str, ArrayRef)> = vec![
        ("row_id", Arc::new(Int64Array::from(ids.to_vec()))),
        ("amount", Arc::new(Float64Array::from(amounts.to_vec()))),
        ("company", Arc::new(StringArray::from(vec!["ACME"; rows]))),
        ("day", Arc::new(Int64Array::from(vec![None::<i64>; rows]))),
        ("rate", Arc::new(Float64Array::from(vec![None::<f64>; rows]))),
        ("open", Arc::new(Int64Array::from(vec![None::<i64>; rows]))),
        ("note", Arc::new(StringArray::from(vec![None::<&str>; rows]))),
    ];
    for (name, array) in replaced {
        let column = columns.iter_mut().find(|(known, _)| known == name).unwrap();
        column.1 = Arc::clone(array);
    }
    columns
}

/// Sends a command; the reply as JSON.
pub fn send<P: Plugin>(session: &mut Session<P>, command: &Value, arrow: &[u8]) -> Value {
    let reply = session.dispatch(command.to_string().as_bytes(), arrow);
    serde_json::from_slice(&reply).unwrap()
}

/// The code and message of a reply that must be an error.
pub fn refused(reply: &Value) -> (String, String) {
    assert_eq!(reply["ok"], json!(false), "{reply}");
    let text = |name: &str| reply["error"][name].as_str().unwrap().to_owned();
    (text("code"), text("message"))
}

/// A session with an empty ledger.
pub fn opened<P: Plugin>() -> Session<P> {
    let mut session = Session::new();
    assert_eq!(send(&mut session, &json!({"op": "init"}), &[])["ok"], json!(true));
    session
}

/// `id: amount` of every allocation.
pub fn amounts(report: &Value) -> Vec<(i64, i64)> {
    let allocations = report["report"]["allocations"].as_array().unwrap();
    allocations
        .iter()
        .map(|a| (a["id"].as_i64().unwrap(), a["amount"].as_i64().unwrap()))
        .collect()
}

/// The one batch of a fetched table.
pub fn fetched<P: Plugin>(session: &mut Session<P>, what: &str) -> RecordBatch {
    batch_of(session, &json!({"op": "fetch", "what": what}))
}

/// The one batch of the table that a command replies with.
pub fn batch_of<P: Plugin>(session: &mut Session<P>, command: &Value) -> RecordBatch {
    let reply = session.dispatch(command.to_string().as_bytes(), &[]);
    let mut reader = StreamReader::try_new(&*reply, None).unwrap();
    let batch = reader.next().unwrap().unwrap();
    assert!(reader.next().is_none());
    batch
}
