//! Arrow types of the wire table.

use std::sync::Arc;

use arrow_array::types::{Int8Type, UInt64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Date64Array, Decimal128Array, DictionaryArray, Float32Array,
    Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, LargeStringArray, ListArray, NullArray, StringArray,
    StringViewArray, StructArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use arrow_schema::{DataType, Field as ArrowField};
use serde_json::json;

use super::common::{Kinds, MEMOS, Named, amounts, kinds, opened, refused, send, stream};

pub fn ingest(columns: &[(&str, ArrayRef)]) -> serde_json::Value {
    MEMOS.with_borrow_mut(Vec::clear);
    send(&mut opened::<Kinds>(), &json!({"op": "upsert"}), &stream(columns))
}

fn amount_of(array: ArrayRef) -> Vec<i64> {
    let ids: Vec<i64> = (0..array.len() as i64).collect();
    let reply = ingest(&kinds(&ids, &vec![0.0; ids.len()], &[("amount", array)]));
    amounts(&reply).into_iter().map(|(_, amount)| amount).collect()
}

fn memo_of(name: &'static str, array: ArrayRef) -> String {
    ingest(&kinds(&[1], &[1.0], &[(name, array)]));
    MEMOS.with_borrow(|memos| memos[0].clone())
}

pub fn refusal(name: &'static str, array: ArrayRef) -> (String, String) {
    let ids: Vec<i64> = (40..40 + array.len() as i64).collect();
    refused(&ingest(&kinds(&ids, &vec![0.0; ids.len()], &[(name, array)])))
}

#[test]
fn money_comes_in_major_units_of_any_number_type() {
    let decimal = |values: Vec<i128>, precision, scale| -> ArrayRef {
        Arc::new(
            Decimal128Array::from(values)
                .with_precision_and_scale(precision, scale)
                .unwrap(),
        )
    };
    assert_eq!(amount_of(decimal(vec![105, -200], 10, 2)), [105, -200]);
    assert_eq!(amount_of(decimal(vec![7, -1], 10, 0)), [700, -100]);
    assert_eq!(amount_of(decimal(vec![1_050_000], 38, 6)), [105]);
    assert_eq!(amount_of(decimal(vec![3], 10, -2)), [30_000]);
    assert_eq!(
        amount_of(Arc::new(Float64Array::from(vec![1.05, -0.1, 0.29]))),
        [105, -10, 29]
    );
    assert_eq!(
        amount_of(Arc::new(Float32Array::from(vec![1234.56, -0.1]))),
        [123_456, -10]
    );
    assert_eq!(amount_of(Arc::new(Int64Array::from(vec![5]))), [500]);
    assert_eq!(amount_of(Arc::new(Int8Array::from(vec![-5]))), [-500]);
    assert_eq!(
        amount_of(Arc::new(UInt32Array::from(vec![u32::MAX]))),
        [429_496_729_500]
    );
}

#[test]
fn integers_of_every_accepted_width() {
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(Int8Array::from(vec![9])),
        Arc::new(Int16Array::from(vec![9])),
        Arc::new(Int32Array::from(vec![9])),
        Arc::new(UInt8Array::from(vec![9])),
        Arc::new(UInt16Array::from(vec![9])),
        Arc::new(UInt32Array::from(vec![9])),
    ];
    for array in arrays {
        let name = array.data_type().to_string();
        assert_eq!(
            amounts(&ingest(&kinds(&[1], &[1.0], &[("row_id", array)]))),
            [(9, 100)],
            "{name}"
        );
    }
}

#[test]
fn texts_of_every_layout() {
    let long = "a text that is longer than a view holds in place";
    let dictionary: DictionaryArray<Int8Type> = vec![long].into_iter().collect();
    let views: DictionaryArray<UInt64Type> = DictionaryArray::new(
        UInt64Array::from(vec![1]),
        Arc::new(StringViewArray::from(vec!["other", long])),
    );
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec![long])),
        Arc::new(LargeStringArray::from(vec![long])),
        Arc::new(StringViewArray::from(vec![long])),
        Arc::new(StringArray::from(vec!["other", long]).slice(1, 1)),
        Arc::new(dictionary),
        Arc::new(views),
    ];
    for array in arrays {
        let name = array.data_type().to_string();
        assert_eq!(
            memo_of("company", array),
            format!("{long} None None None None"),
            "{name}"
        );
    }
    assert_eq!(
        memo_of("note", Arc::new(StringViewArray::from(vec!["µ ß 漢"]))),
        "ACME None None None Some(\"µ ß 漢\")"
    );
}

#[test]
fn dates_booleans_and_reals_of_every_layout() {
    let day = "ACME Some(19358) None None None";
    assert_eq!(memo_of("day", Arc::new(Date32Array::from(vec![19_358]))), day);
    assert_eq!(
        memo_of("day", Arc::new(Date64Array::from(vec![19_358 * 86_400_000]))),
        day
    );
    assert_eq!(memo_of("day", Arc::new(UInt16Array::from(vec![19_358]))), day);
    assert_eq!(
        memo_of("open", Arc::new(BooleanArray::from(vec![true]))),
        "ACME None None Some(true) None"
    );
    assert_eq!(
        memo_of("open", Arc::new(Int8Array::from(vec![0]))),
        "ACME None None Some(false) None"
    );
    assert_eq!(
        memo_of("rate", Arc::new(Float32Array::from(vec![0.5]))),
        "ACME None Some(0.5) None None"
    );
    assert_eq!(
        memo_of("rate", Arc::new(Int16Array::from(vec![-3]))),
        "ACME None Some(-3.0) None None"
    );
}

#[test]
fn nulls_of_a_dictionary_are_nulls() {
    let nulls: DictionaryArray<Int8Type> = vec![Some("a"), None].into_iter().collect();
    ingest(&kinds(&[1, 2], &[1.0, 2.0], &[("note", Arc::new(nulls))]));
    MEMOS.with_borrow(|memos| {
        assert!(
            memos[0].ends_with("Some(\"a\")") && memos[1].ends_with("None"),
            "{memos:?}"
        );
    });
    let values: ArrayRef = Arc::new(StringArray::from(vec![None, Some("b")]));
    let inner = DictionaryArray::<Int8Type>::new(Int8Array::from(vec![0, 1]), values);
    let (code, message) = refusal("company", Arc::new(inner));
    assert_eq!(code, "null_value");
    assert_eq!(
        message,
        "column `company`, row 0 (id 40): null where the schema allows none; fill it in"
    );
}

#[test]
fn extra_columns_of_any_shape_are_stepped_over_and_order_is_free() {
    let inner: ArrayRef = Arc::new(StringViewArray::from(vec!["a longer text than a view holds", "b"]));
    let nested = StructArray::from(vec![
        (
            Arc::new(ArrowField::new("view", DataType::Utf8View, true)),
            Arc::clone(&inner),
        ),
        (
            Arc::new(ArrowField::new("null", DataType::Null, true)),
            Arc::new(NullArray::new(2)) as ArrayRef,
        ),
    ]);
    let dictionary: DictionaryArray<Int8Type> = vec!["x", "y"].into_iter().collect();
    let item = Arc::new(ArrowField::new("item", DataType::Utf8, true));
    let mut columns = kinds(&[1, 2], &[1.0, 2.0], &[]);
    columns.reverse();
    columns.insert(0, ("extra list", Arc::new(ListArray::new_null(item, 2))));
    columns.insert(2, ("extra struct", Arc::new(nested)));
    columns.insert(4, ("extra view", inner));
    columns.insert(5, ("extra dictionary", Arc::new(dictionary)));
    columns.insert(6, ("extra null", Arc::new(NullArray::new(2))));
    assert_eq!(amounts(&ingest(&columns)), [(1, 100), (2, 200)]);
}

#[test]
fn a_stream_without_batches_and_one_without_rows_are_fine() {
    let empty = stream(&kinds(&[], &[], &[]));
    let mut session = opened::<Kinds>();
    assert_eq!(send(&mut session, &json!({"op": "upsert"}), &empty)["ok"], json!(true));
    let schema = arrow_array::RecordBatch::try_from_iter(kinds(&[], &[], &[]))
        .unwrap()
        .schema();
    let mut writer = arrow_ipc::writer::StreamWriter::try_new(Vec::new(), &schema).unwrap();
    writer.finish().unwrap();
    let bytes = writer.into_inner().unwrap();
    assert_eq!(send(&mut session, &json!({"op": "upsert"}), &bytes)["ok"], json!(true));
}

#[test]
fn text_ids_go_by_ordinals() {
    let named = |names: Vec<&str>, amounts: Vec<i64>| {
        stream(&[
            ("name", Arc::new(StringArray::from(names)) as ArrayRef),
            ("amount", Arc::new(Int64Array::from(amounts))),
        ])
    };
    let mut session = opened::<Named>();
    let reply = send(
        &mut session,
        &json!({"op": "upsert"}),
        &named(vec!["b", "a"], vec![1, 2]),
    );
    // "b" came first; the report is in the order of the texts
    assert_eq!(amounts(&reply), [(1, 2), (0, 1)]);
    let reply = send(&mut session, &json!({"op": "remove", "ids": ["b", 1]}), &[]);
    assert!(amounts(&reply).is_empty());
    // an ordinal is never given twice, and nothing of a removed id is kept
    let reply = send(
        &mut session,
        &json!({"op": "upsert"}),
        &named(vec!["c", "a"], vec![3, 4]),
    );
    assert_eq!(amounts(&reply), [(3, 4), (2, 3)]);
    for (id, number) in [
        (json!("zz"), None),
        (json!("b"), None),
        (json!(0), Some(0)),
        (json!(99), Some(99)),
    ] {
        let reply = send(&mut session, &json!({"op": "remove", "ids": [&id]}), &[]);
        assert_eq!(refused(&reply).0, "unknown_id");
        assert_eq!(reply["error"]["id"].as_i64(), number, "{reply}");
        assert_eq!(reply["error"].get("id_text"), id.is_string().then_some(&id), "{reply}");
    }
}
