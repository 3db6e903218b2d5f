//! A first plugin: one ledger, matched account by account.
//!
//! References speak first, then equal amounts, then the flow decides among what is near in time and in amount, and the pennies
//! that are left are written off.

use florecon::prelude::*;

/// The plugin.
pub struct Starter;

/// One ledger line, with what the strategy wants of it.
pub struct Line {
    account: Text,
    amount: i64,
    day: i64,
    references: Tokens,
}

packed!(Line, account, amount, day, references);

/// What may be tuned without a rebuild.
pub struct Tuning {
    slack: i64,
    window: i64,
    bagatelle: i64,
}

impl Plugin for Starter {
    type Row = Line;
    type Params = Tuning;

    fn domain() -> Domain {
        Domain::new("florecon.starter", "1.0.0")
    }

    fn schema() -> Schema {
        Schema::new(vec![
            Field::integer("row_id").id(),
            Field::text("account"),
            Field::money("amount", 2).amount(),
            Field::date("date"),
            Field::text("reference").nullable(),
        ])
    }

    fn params() -> Vec<ParamSpec> {
        vec![
            ParamSpec::integer("slack", 100).doc("cents that lines of one reference may be off by"),
            ParamSpec::integer("window", 10).doc("days that two lines of nearly one amount may lie apart"),
            ParamSpec::integer("bagatelle", 5).doc("cents up to which an open line is written off"),
        ]
    }

    fn build() -> BuildInfo {
        BuildInfo {
            numeraire_scale: 2,
            amount_column: AmountColumn::Named("amount"),
            shard_columns: Some(&["account"]),
            ..BuildInfo::default()
        }
    }

    fn configure(values: &ParamValues) -> Tuning {
        Tuning {
            slack: values.integer("slack"),
            window: values.integer("window"),
            bagatelle: values.integer("bagatelle"),
        }
    }

    fn row(record: &Record<'_>) -> Result<Line, EvalError> {
        Ok(Line {
            account: record.text(1),
            amount: record.money(2),
            day: record.date(3),
            references: text::tokens(record.opt_text(4).as_deref(), 4, true),
        })
    }

    fn numeraire(line: &Line) -> Result<i64, EvalError> {
        Ok(line.amount)
    }

    fn strategy(tuning: &Tuning) -> Plan<Line> {
        let steps = seq(vec![
            labeled("reference", signal_group(references, abs_tol(tuning.slack), 256)),
            exact_1to1(one_bucket, day),
            nearest(tuning),
            labeled(
                "write-off",
                soak_small(abs_tol(tuning.bagatelle), "write_off", singleton()),
            ),
        ]);
        partition_by(|lot: Item<'_, Line>| Some(lot.row.account.clone()), steps)
    }
}

fn references(lot: Item<'_, Line>) -> Tokens {
    lot.row.references.clone()
}

fn day(lot: Item<'_, Line>) -> i64 {
    lot.row.day
}

/// Lots that cancel but for pennies may meet, and the closer in time the better.
fn nearest(tuning: &Tuning) -> Plan<Line> {
    let pennies = tuning.bagatelle;
    let cost = move |a: Item<'_, Line>, b: Item<'_, Line>| {
        let days = int::gap(a.row.day, b.row.day)?;
        Ok(nets(a, b, abs_tol(pennies)).then_some(days as f64))
    };
    flow(Flow::new(constant(1000.0), cost).window(day, tuning.window))
}

export_plugin!(Starter);
