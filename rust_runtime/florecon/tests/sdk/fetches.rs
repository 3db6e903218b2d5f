//! Fetched tables, read back by the Arrow reader.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_schema::DataType;
use florecon::prelude::*;
use serde_json::json;

use super::common::{Named, batch_of, fetched, opened, send, stream};

/// Nets all, or leaves all, by a text id.
struct Netted;

impl Plugin for Netted {
    type Row = i64;
    type Params = ();

    fn domain() -> Domain {
        Domain::new("test.netted", "1.0.0")
    }

    fn schema() -> Schema {
        Schema::new(vec![Field::text("name").id(), Field::integer("amount")])
    }

    fn configure(_: &ParamValues) {}

    fn row(record: &Record<'_>) -> Result<i64, EvalError> {
        Ok(record.integer(1))
    }

    fn numeraire(row: &i64) -> Result<i64, EvalError> {
        Ok(*row)
    }

    fn strategy((): &()) -> Plan<i64> {
        labeled(
            "all",
            seq(vec![
                exact_1to1(one_bucket, by_id),
                soak_small(abs_tol(1), "dust", singleton()),
            ]),
        )
    }
}

fn rows(lines: &[(&str, i64)]) -> Vec<u8> {
    let names: ArrayRef = Arc::new(StringArray::from(lines.iter().map(|line| line.0).collect::<Vec<_>>()));
    let amounts: ArrayRef = Arc::new(Int64Array::from(lines.iter().map(|line| line.1).collect::<Vec<_>>()));
    stream(&[("name", names), ("amount", amounts)])
}

fn integers(batch: &RecordBatch, name: &str) -> Vec<i64> {
    batch
        .column_by_name(name)
        .unwrap()
        .as_primitive::<Int64Type>()
        .values()
        .to_vec()
}

fn texts(batch: &RecordBatch, name: &str) -> Vec<Option<String>> {
    batch
        .column_by_name(name)
        .unwrap()
        .as_string::<i32>()
        .iter()
        .map(|text| text.map(str::to_owned))
        .collect()
}

fn solved() -> Session<Netted> {
    let mut session = opened::<Netted>();
    let lines = [("d", 1), ("c", -50), ("a", 50), ("b", 9)];
    send(&mut session, &json!({"op": "upsert", "reply": "none"}), &rows(&lines));
    send(&mut session, &json!({"op": "solve", "reply": "none"}), &[]);
    session
}

#[test]
fn groups() {
    let mut session = solved();
    send(&mut session, &json!({"op": "pin", "by": "clean", "tol": 0}), &[]);
    let table = fetched(&mut session, "groups");
    let some = |texts: &[&str]| texts.iter().map(|text| Some((*text).to_owned())).collect::<Vec<_>>();
    assert_eq!(integers(&table, "group_id"), [5, 6, 7]);
    assert_eq!(texts(&table, "status"), some(&["pinned", "proposed", "proposed"]));
    assert_eq!(texts(&table, "origin"), some(&["exact_1to1", "unmatched", "dust"]));
    assert_eq!(
        texts(&table, "reason")[..2],
        [Some("all: exact 1:1 pair".to_owned()), None]
    );
    assert_eq!(integers(&table, "net"), [0, 9, 1]);
    assert_eq!(integers(&table, "size"), [2, 1, 1]);
    assert_eq!(integers(&table, "max_abs"), [50, 9, 1]);
    assert_eq!(integers(&table, "min_side"), [1, 0, 0]);
    // the ordinals of "a", "b" and "d"
    assert_eq!(integers(&table, "first_id"), [2, 3, 0]);
    let nodes = table.column_by_name("node").unwrap().as_primitive::<Int32Type>();
    assert_eq!(nodes.iter().collect::<Vec<_>>(), [Some(2), None, Some(3)]);
    let unique = table.column_by_name("unique").unwrap();
    assert_eq!((unique.data_type(), unique.null_count()), (&DataType::Boolean, 1));
}

#[test]
fn groups_have_their_keys_where_these_are_asked_for() {
    let mut session = solved();
    assert!(fetched(&mut session, "groups").column_by_name("key").is_none());
    let table = batch_of(&mut session, &json!({"op": "fetch", "what": "groups", "keys": true}));
    // BLAKE2b of "50:1:a-50:1:c", "9:1:b" and "1:1:d"
    let keys = [
        "b1dfb52a780b18330ec729622b602071",
        "5573ff8d5f11b6b16709bea2ca90bb0b",
        "862f509fcb372affea97e51837b548f5",
    ];
    assert_eq!(texts(&table, "key"), keys.map(|key| Some(key.to_owned())));
}

#[test]
fn allocations_and_rows_carry_the_texts() {
    let mut session = solved();
    let table = fetched(&mut session, "allocations");
    let names = |table: &RecordBatch| texts(table, "id_text").into_iter().flatten().collect::<Vec<_>>();
    assert_eq!(names(&table), ["a", "c", "b", "d"]);
    assert_eq!(integers(&table, "id"), [2, 1, 3, 0]);
    assert_eq!(integers(&table, "group_id"), [5, 5, 6, 7]);
    assert_eq!(integers(&table, "amount"), [50, -50, 9, 1]);
    let table = fetched(&mut session, "rows");
    assert_eq!(names(&table), ["a", "b", "c", "d"]);
    assert_eq!(integers(&table, "group_id"), [5, 6, 5, 7]);
    assert_eq!(integers(&table, "amount"), [50, 9, -50, 1]);
    assert_eq!(integers(&table, "matched"), [50, 0, -50, 1]);
    assert_eq!(integers(&table, "residual"), [0, 9, 0, 0]);
}

#[test]
fn a_row_in_parts_shows_its_largest() {
    let mut session = solved();
    let allocations = json!([{"id": "b", "amount": 3}, {"id": "d", "amount": 1}]);
    send(&mut session, &json!({"op": "merge", "allocations": allocations}), &[]);
    let table = fetched(&mut session, "rows");
    let unmatched = integers(&fetched(&mut session, "allocations"), "group_id");
    assert_eq!(integers(&table, "matched"), [50, 3, -50, 1]);
    assert_eq!(integers(&table, "residual"), [0, 6, 0, 0]);
    assert!(unmatched.contains(&integers(&table, "group_id")[1]));
    let reply = send(&mut session, &json!({"op": "report", "reply": "summary"}), &[]);
    assert_eq!(reply["summary"]["unmatched_rows"], json!(1));
    assert_eq!(reply["summary"]["allocations"], json!(5));
}

#[test]
fn stages() {
    let table = fetched(&mut solved(), "stages");
    assert_eq!(table.num_rows(), 4);
    let kinds: Vec<String> = texts(&table, "kind").into_iter().flatten().collect();
    assert_eq!(kinds, ["labeled", "seq", "exact_1to1", "soak_small"]);
    assert_eq!(integers(&table, "items_in"), [4, 4, 4, 2]);
    assert_eq!(integers(&table, "groups"), [2, 2, 1, 1]);
    let value = table.column_by_name("value_in").unwrap();
    assert_eq!(value.data_type(), &DataType::Decimal128(38, 0));
    assert_eq!(
        value.as_primitive::<Decimal128Type>().values().to_vec(),
        [110, 110, 110, 10]
    );
    let schema = table.schema();
    let nullable = schema
        .fields()
        .iter()
        .filter(|field| field.is_nullable())
        .map(|field| field.name().as_str());
    assert_eq!(nullable.collect::<Vec<_>>(), ["node", "label"]);
}

#[test]
fn an_empty_session_has_empty_tables() {
    for what in ["groups", "allocations", "rows"] {
        assert_eq!(fetched(&mut opened::<Named>(), what).num_rows(), 0);
    }
}
