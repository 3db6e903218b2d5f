//! Conformance kit: finds faulty modules, and only these.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use florecon::prelude::*;
use florecon::sdk::conformance::{Table, Target, agree, run};
use serde_json::{Value, json};

use super::common::Named;

/// Equal amounts of one account, first with first.
struct Sound;

impl Plugin for Sound {
    type Row = (i64, i64);
    type Params = i64;

    fn domain() -> Domain {
        Domain::new("test.sound", "1.0.0")
    }

    fn schema() -> Schema {
        Schema::new(vec![
            Field::integer("row_id").id(),
            Field::integer("account"),
            Field::money("amount", 2).amount(),
        ])
    }

    fn params() -> Vec<ParamSpec> {
        vec![ParamSpec::integer("tol", 0)]
    }

    fn configure(values: &ParamValues) -> i64 {
        values.integer("tol")
    }

    fn row(record: &Record<'_>) -> Result<(i64, i64), EvalError> {
        Ok((record.integer(1), record.money(2)))
    }

    fn numeraire(row: &(i64, i64)) -> Result<i64, EvalError> {
        Ok(row.1)
    }

    fn strategy(tol: &i64) -> Plan<(i64, i64)> {
        let account = |lot: Item<'_, (i64, i64)>| Some(lot.row.0);
        partition_by(
            account,
            seq(vec![exact_1to1(one_bucket, by_id), agg_net(one_bucket, abs_tol(*tol))]),
        )
    }
}

fn table(count: i64) -> Table {
    Table::new()
        .integers("row_id", (0..count).map(|row| row * 7919 % 1009))
        .integers("account", (0..count).map(|row| row % 5))
        .reals("amount", (0..count).map(|row| ((row * 31 % 17) - 8) as f64 / 4.0))
}

/// A sound session whose replies go through `tamper` with the command and a count of the commands so far.
fn tampered(tamper: impl Fn(&Value, &mut Value, usize) + 'static) -> Target {
    let tamper = Rc::new(tamper);
    Target::new(&Session::<Sound>::new().describe(), move || {
        let (session, tamper, count) = (RefCell::new(Session::<Sound>::new()), Rc::clone(&tamper), Cell::new(0));
        Box::new(move |command, arrow| {
            count.set(count.get() + 1);
            let reply = session.borrow_mut().dispatch(command, arrow);
            let mut reply = serde_json::from_slice(&reply).unwrap();
            tamper(&serde_json::from_slice(command).unwrap(), &mut reply, count.get());
            reply.to_string().into_bytes()
        })
    })
}

fn failed(target: &Target) -> Vec<(&'static str, Vec<String>)> {
    let verdict = run(target, &table(40));
    verdict
        .outcomes
        .into_iter()
        .filter_map(|outcome| Some((outcome.check, outcome.failure?.ids)))
        .collect()
}

#[test]
fn a_sound_plugin_passes() {
    let verdict = run(&Target::native::<Sound>().config(json!({"tol": 30})), &table(60));
    assert!(verdict.is_ok(), "{verdict}");
    let names = Table::new()
        .texts("name", ["b", "a", "ä"])
        .integers("amount", [1, -1, 0]);
    let verdict = run(&Target::native::<Named>(), &names);
    assert!(verdict.is_ok(), "{verdict}");
}

#[test]
fn money_that_is_lost_is_found_with_the_row_that_lost_it() {
    let target = tampered(|_, reply, _| {
        if let Some(allocations) = reply["report"]["allocations"].as_array_mut() {
            let is_matched = allocations.len() > 1;
            for allocation in allocations
                .iter_mut()
                .filter(|allocation| allocation["id"] == json!(550) && is_matched)
            {
                allocation["amount"] = json!(12_345);
            }
        }
    });
    let failures = failed(&target);
    assert!(failures.iter().any(|(check, _)| *check == "unique ids"), "{failures:?}");
    let (_, ids) = &failures[0];
    assert!(ids.contains(&"550".to_owned()) && ids.len() == 2, "{failures:?}");
}

#[test]
fn a_session_that_remembers_is_found() {
    // after the fourth command nothing is matched any more
    let target = tampered(|_, reply, count| {
        if count > 4
            && let Some(groups) = reply["report"]["groups"].as_array_mut()
        {
            groups.iter_mut().for_each(|group| group["origin"] = json!("tired"));
        }
    });
    let checks: Vec<&str> = failed(&target).into_iter().map(|(check, _)| check).collect();
    assert_eq!(
        checks,
        ["idempotent upsert", "order independence", "warm equals cold", "refusal"]
    );
}

#[test]
fn two_modules_that_differ_are_told_apart_by_few_rows() {
    let strict = Target::native::<Sound>();
    let lax = Target::native::<Sound>().config(json!({"tol": 100_000}));
    assert_eq!(agree(&strict, &strict, &table(40)).failure, None);
    let failure = agree(&lax, &strict, &table(40)).failure.unwrap();
    assert_eq!(failure.rows.len(), 2, "{failure:?}");
    assert!(
        failure
            .message
            .starts_with("the first has the proposed group agg_net {"),
        "{}",
        failure.message
    );
}

#[test]
fn a_module_that_cannot_even_start_fails_every_check() {
    let target = Target::new("{}", || Box::new(|_, _| Vec::new()));
    let verdict = run(&target, &table(3));
    assert!(verdict.outcomes.iter().all(|outcome| outcome.failure.is_some()));
    assert!(
        verdict
            .to_string()
            .contains("FAILED  unique ids: the ABI version is null, not 1"),
        "{verdict}"
    );
}
