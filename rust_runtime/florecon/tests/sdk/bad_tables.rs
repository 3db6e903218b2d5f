//! Malformed and invalid tables.

use std::sync::Arc;

use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, Date64Array, Decimal128Array, Decimal256Array, DictionaryArray, Float32Array, Float64Array, Int8Array,
    Int64Array, ListArray, NullArray, StringArray, UInt64Array,
};
use arrow_schema::{DataType, Field as ArrowField, TimeUnit};
use serde_json::json;

use super::common::{Kinds, amounts, kinds, opened, refused, send, stream, stream_of};
use super::tables::{ingest, refusal};

#[test]
fn a_wrong_type_names_column_and_what_to_send() {
    let list: ArrayRef = Arc::new(ListArray::new_null(
        Arc::new(ArrowField::new("item", DataType::Int64, true)),
        1,
    ));
    let dictionary: DictionaryArray<Int8Type> =
        DictionaryArray::new(Int8Array::from(vec![0]), Arc::new(Int64Array::from(vec![1])));
    let timestamp = arrow_array::new_null_array(&DataType::Timestamp(TimeUnit::Millisecond, None), 1);
    let cases: Vec<(&'static str, ArrayRef, &str)> = vec![
        (
            "row_id",
            Arc::new(UInt64Array::from(vec![1])),
            "column `row_id` (integer) came as uint64; send int8 to int64 or uint8 to uint32",
        ),
        (
            "row_id",
            Arc::new(Float64Array::from(vec![1.0])),
            "column `row_id` (integer) came as float64; send int8 to int64 or uint8 to uint32",
        ),
        (
            "amount",
            Arc::new(StringArray::from(vec!["1"])),
            "column `amount` (money(scale=2)) came as utf8; send decimal128, float32, float64 or an integer type, in major units",
        ),
        (
            "amount",
            Arc::new(
                Decimal256Array::from(vec![arrow_buffer::i256::from(1)])
                    .with_precision_and_scale(40, 2)
                    .unwrap(),
            ),
            "column `amount` (money(scale=2)) came as decimal256; send decimal128, float32, float64 or an integer type, in major units",
        ),
        (
            "day",
            timestamp,
            "column `day` (date) came as timestamp; send date32, date64 or an integer type counting days since 1970-01-01",
        ),
        (
            "open",
            list,
            "column `open` (boolean) came as list; send bool or an integer type holding 0 and 1",
        ),
        (
            "company",
            Arc::new(dictionary),
            "column `company` (text) came as dictionary of int64; send utf8, large_utf8, utf8_view or a dictionary of one of them",
        ),
        (
            "rate",
            Arc::new(NullArray::new(1)),
            "column `rate` (real) came as null; send float32, float64 or an integer type",
        ),
    ];
    for (name, array, expected) in cases {
        assert_eq!(refusal(name, array), ("wrong_type".to_owned(), expected.to_owned()));
    }
}

#[test]
fn a_missing_column_is_named() {
    let mut columns = kinds(&[1], &[1.0], &[]);
    columns.remove(2);
    let expected =
        "column `company` (text) is missing; add it as utf8, large_utf8, utf8_view or a dictionary of one of them";
    assert_eq!(
        refused(&ingest(&columns)),
        ("missing_column".to_owned(), expected.to_owned())
    );
}

#[test]
fn a_bad_value_names_column_row_and_id() {
    let cases: Vec<(&'static str, ArrayRef, &str, &str)> = vec![
        (
            "amount",
            Arc::new(Float64Array::from(vec![1.0, 1.005])),
            "bad_amount",
            "column `amount`, row 1 (id 41): 1.005 is not a whole number of minor units; round it to 2 decimals",
        ),
        (
            "amount",
            Arc::new(Float64Array::from(vec![f64::NAN])),
            "bad_amount",
            "column `amount`, row 0 (id 40): NaN is not a finite number; correct the value",
        ),
        (
            "amount",
            Arc::new(Float32Array::from(vec![f32::INFINITY])),
            "bad_amount",
            "column `amount`, row 0 (id 40): inf is not a finite number; correct the value",
        ),
        (
            "amount",
            Arc::new(Float64Array::from(vec![None, Some(1.0)])),
            "null_value",
            "column `amount`, row 0 (id 40): null where the schema allows none; fill it in",
        ),
        (
            "amount",
            Arc::new(Int64Array::from(vec![i64::MAX])),
            "amount_overflow",
            "column `amount`, row 0 (id 40): 9223372036854775807 with 2 decimals does not fit 64-bit minor units; use smaller amounts or fewer decimals",
        ),
        (
            "amount",
            Arc::new(
                Decimal128Array::from(vec![-12_345])
                    .with_precision_and_scale(10, 3)
                    .unwrap(),
            ),
            "bad_amount",
            "column `amount`, row 0 (id 40): -12.345 is not a whole number of minor units; round it to 2 decimals",
        ),
        (
            "rate",
            Arc::new(Float64Array::from(vec![f64::NEG_INFINITY])),
            "bad_amount",
            "column `rate`, row 0 (id 40): -inf is not a finite number; correct the value",
        ),
        (
            "open",
            Arc::new(Int64Array::from(vec![0, 1, 2])),
            "bad_amount",
            "column `open`, row 2 (id 42): 2 is not a boolean; send 0 or 1",
        ),
        (
            "day",
            Arc::new(Int64Array::from(vec![1_i64 << 31])),
            "bad_amount",
            "column `day`, row 0 (id 40): day 2147483648 since 1970-01-01 is outside the calendar; a day number has 32 bits",
        ),
        (
            "day",
            Arc::new(Date64Array::from(vec![86_400_001])),
            "bad_amount",
            "column `day`, row 0 (id 40): 86400001 ms since 1970-01-01 is not a whole day; send dates without a time",
        ),
    ];
    for (name, array, code, message) in cases {
        assert_eq!(refusal(name, array), (code.to_owned(), message.to_owned()));
    }
}

#[test]
fn the_first_bad_row_is_named_whatever_the_column_order_and_the_batches() {
    let two = |first: f64, second: f64, ids: &[i64]| -> arrow_array::RecordBatch {
        let columns = kinds(
            ids,
            &[first, second],
            &[("open", Arc::new(Int64Array::from(vec![0, 7])))],
        );
        arrow_array::RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true))).unwrap()
    };
    let sound = |ids: &[i64]| -> arrow_array::RecordBatch {
        let columns = kinds(ids, &[1.0, 2.0], &[]);
        arrow_array::RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true))).unwrap()
    };
    let bytes = stream_of(&[sound(&[1, 2]), two(0.001, 1.0, &[3, 4])]);
    let mut session = opened::<Kinds>();
    let (code, message) = refused(&send(&mut session, &json!({"op": "upsert"}), &bytes));
    assert_eq!(code, "bad_amount");
    assert!(
        message.starts_with("column `amount`, row 2 (id 3): 0.001 "),
        "{message}"
    );
    // the batch was refused whole
    assert!(amounts(&send(&mut session, &json!({"op": "report"}), &[])).is_empty());
}

#[test]
fn a_column_that_comes_twice_is_refused() {
    let mut columns = kinds(&[1], &[1.0], &[]);
    columns.push(columns[1].clone());
    let (code, message) = refused(&ingest(&columns));
    assert_eq!(
        (code.as_str(), message.as_str()),
        (
            "bad_table",
            "the table has two columns named `amount`; drop or rename one"
        )
    );
}

#[test]
fn bytes_that_are_no_stream_are_bad_tables() {
    let whole = stream(&kinds(&[1], &[1.0], &[]));
    let mut session = opened::<Kinds>();
    for (bytes, expected) in [
        (&b""[..], "it ends without its end-of-stream marker"),
        (b"not arrow at all", "it ends without its end-of-stream marker"),
        (&[0; 64], "it has no schema"),
        (&whole[..whole.len() - 8], "it ends without its end-of-stream marker"),
        (&whole[..whole.len() - 100], "it ends in the middle of a message"),
    ] {
        let (code, message) = refused(&send(&mut session, &json!({"op": "upsert"}), bytes));
        assert_eq!(code, "bad_table");
        let said = format!("not a readable Arrow IPC stream: {expected}; send one complete, uncompressed stream");
        assert_eq!(message, said, "{} bytes", bytes.len());
    }
}

#[test]
fn a_duplicate_id_refuses_the_batch() {
    let mut session = opened::<Kinds>();
    let bytes = stream(&kinds(&[1, 2, 1], &[1.0, 2.0, 3.0], &[]));
    let reply = send(&mut session, &json!({"op": "upsert"}), &bytes);
    let (code, message) = refused(&reply);
    assert_eq!(
        (code.as_str(), reply["error"]["id"].as_i64()),
        ("duplicate_id", Some(1))
    );
    assert_eq!(message, "id 1 occurs twice, in rows 0 and 2; send each id once");
    assert!(amounts(&send(&mut session, &json!({"op": "report"}), &[])).is_empty());
}
