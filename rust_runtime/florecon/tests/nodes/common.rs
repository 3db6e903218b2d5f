//! Rows of the examples, and the groups a plan forms of them.

use florecon::prelude::*;

/// A row of these tests: a key, a day, references, an amount in another currency, an amount.
#[derive(Debug, Clone, Default)]
pub struct Line {
    pub key: Option<&'static str>,
    pub day: i64,
    pub refs: Vec<&'static str>,
    pub alt: Option<i64>,
    pub amount: i64,
}

pub fn line(amount: i64) -> Line {
    Line {
        amount,
        ..Line::default()
    }
}

pub fn keyed(key: &'static str, amount: i64) -> Line {
    Line {
        key: Some(key),
        ..line(amount)
    }
}

pub fn dated(day: i64, amount: i64) -> Line {
    Line { day, ..line(amount) }
}

pub fn referring(refs: &[&'static str], amount: i64) -> Line {
    Line {
        refs: refs.to_vec(),
        ..line(amount)
    }
}

pub fn key(i: Item<Line>) -> Option<Text> {
    i.row.key.map(Text::from)
}

pub fn day(i: Item<Line>) -> i64 {
    i.row.day
}

pub fn refs(i: Item<Line>) -> Vec<Text> {
    i.row.refs.iter().copied().map(Text::from).collect()
}

pub fn all(_: Item<Line>) -> Option<()> {
    Some(())
}

/// Rows with ids from 1 on, solved.
pub fn solved(plan: Plan<Line>, rows: &[Line]) -> Recon<Line> {
    let mut recon = Recon::new(plan, |line: &Line| line.amount).unwrap();
    recon
        .upsert((1..).map(RowId::from).zip(rows.to_vec()).collect())
        .unwrap();
    recon.solve().unwrap();
    recon
}

/// The groups that nodes formed: `origin [id:amount, ...]`, in the order of the report.
pub fn groups(plan: Plan<Line>, rows: &[Line]) -> Vec<String> {
    let recon = solved(plan, rows);
    let view = recon.view();
    view.groups()
        .filter(|group| group.line().node.is_some())
        .map(|group| {
            let members: Vec<String> = group.members().map(|(id, amount)| format!("{id}:{amount}")).collect();
            format!("{} [{}]", group.origin(), members.join(", "))
        })
        .collect()
}

pub fn reasons(plan: Plan<Line>, rows: &[Line]) -> Vec<String> {
    let report = solved(plan, rows).report();
    report
        .groups
        .iter()
        .filter_map(|group| group.reason.as_deref().map(str::to_owned))
        .collect()
}

pub fn costless(penalty: f64) -> Flow<Line> {
    Flow::new(constant(penalty), |_, _| Some(0.0))
}
