//! Properties of every strategy: conservation and determinism.

mod support;

use florecon::prelude::*;
use proptest::prelude::*;
use support::{
    Line, Lines, Shape, act, budgets, check_report, empty, facts, leaves, lines, perform, shapes, sharded, small_line,
    small_lines, workspace,
};

/// Solves; the sum of a group may leave 64 bits where amounts do not, and then nothing has changed.
fn solve_or_overflow(shape: &Shape, lines: &Lines) -> Result<Recon<Line>, TestCaseError> {
    let mut recon = workspace(shape, lines);
    let before = facts(&recon);
    if let Err(error) = recon.solve() {
        prop_assert_eq!(error.code(), "amount_overflow");
        prop_assert!(error.id().is_some());
        prop_assert_eq!(facts(&recon), before);
    }
    check_report(&recon, lines);
    Ok(recon)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn every_leaf_conserves(shape in leaves(), lines in lines()) {
        solve_or_overflow(&shape, &lines)?;
    }

    #[test]
    fn every_tree_conserves(shape in shapes(), lines in lines()) {
        solve_or_overflow(&shape, &lines)?;
    }

    #[test]
    fn stages_agree_with_the_report(shape in shapes(), lines in small_lines()) {
        let mut recon = workspace(&shape, &lines);
        recon.solve().unwrap();
        let stages = recon.stages();
        prop_assert_eq!(stages.len(), shape.plan().outline().len());
        prop_assert!(stages.iter().zip(0..).all(|(stage, id)| stage.node == id));
        let formed: Vec<_> = recon.report().groups.into_iter().filter(|group| group.node.is_some()).collect();
        prop_assert_eq!(stages[0].groups, formed.len() as u64);
        prop_assert_eq!(stages[0].items_matched, formed.iter().map(|group| group.size as u64).sum::<u64>());
        prop_assert!(formed.iter().all(|group| group.node.is_some_and(|node| (node as usize) < stages.len())));
        let nonzero = lines.values().filter(|line| line.amount != 0);
        prop_assert_eq!(stages[0].items_in, nonzero.clone().count() as u64);
        prop_assert_eq!(stages[0].value_in, nonzero.map(|line| i128::from(line.amount.abs())).sum::<i128>());
    }

    #[test]
    fn the_order_of_arrival_does_not_matter(
        shape in shapes(),
        (sorted, shuffled) in small_lines().prop_flat_map(|lines| {
            let shuffled: Vec<_> = lines.clone().into_iter().collect();
            (Just(lines), Just(shuffled).prop_shuffle())
        }),
        size in 1_usize..9,
    ) {
        let mut one = workspace(&shape, &sorted);
        one.solve().unwrap();
        let mut other = empty(&shape);
        for batch in shuffled.chunks(size) {
            other.upsert(batch.iter().map(|(id, line)| (RowId::from(*id), line.clone())).collect()).unwrap();
        }
        other.solve().unwrap();
        prop_assert_eq!(facts(&one), facts(&other));
        prop_assert_eq!(one.stages(), other.stages());
    }

    #[test]
    fn a_solve_in_steps_equals_one_call(shape in shapes(), lines in lines(), budgets in budgets()) {
        let mut one = workspace(&shape, &lines);
        let before = facts(&one);
        let whole = one.solve();
        let mut other = workspace(&shape, &lines);
        let (mut done, mut budgets) = (0, budgets.iter().cycle());
        let stepped = loop {
            prop_assert_eq!(&facts(&other), &before);
            match other.solve_within(*budgets.next().unwrap()) {
                Ok(progress) => {
                    prop_assert!(done < progress.done && progress.done <= progress.total);
                    done = progress.done;
                    if done == progress.total {
                        break Ok(());
                    }
                }
                Err(error) => break Err(error),
            }
        };
        prop_assert_eq!(whole.map_err(|error| error.to_string()), stepped.map_err(|error| error.to_string()));
        prop_assert_eq!(facts(&one), facts(&other));
        prop_assert_eq!(one.stages(), other.stages());
    }

    #[test]
    fn warm_equals_cold(
        shape in shapes(),
        first in small_lines(),
        second in small_lines(),
        removed in prop::collection::vec(-50_i64..50, 0..8),
    ) {
        let mut warm = workspace(&shape, &first);
        warm.solve().unwrap();
        let mut now = first;
        now.extend(second.clone());
        warm.upsert(second.into_iter().map(|(id, line)| (RowId::from(id), line)).collect()).unwrap();
        warm.solve().unwrap();
        let gone: Vec<RowId> = removed.iter().filter(|&id| now.contains_key(id)).map(|&id| RowId::from(id)).collect();
        warm.remove(&gone).unwrap();
        removed.iter().for_each(|id| drop(now.remove(id)));
        check_report(&warm, &now);
        warm.solve().unwrap();
        let mut cold = workspace(&shape, &now);
        cold.solve().unwrap();
        prop_assert_eq!(facts(&warm), facts(&cold));
        check_report(&warm, &now);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn what_is_remembered_of_shards_does_not_show(
        shape in sharded(),
        lines in prop::collection::btree_map(-50_i64..50, small_line(), 12..40),
        acts in prop::collection::vec((act(), prop::option::weighted(0.3, budgets())), 1..8),
        links in prop::option::of(budgets()),
    ) {
        let (mut warm, mut cold) = (workspace(&shape, &lines), workspace(&shape, &lines));
        for budget in links.into_iter().flatten() {
            warm.solve_with_links(budget).unwrap();
        }
        warm.solve().unwrap();
        cold.solve().unwrap();
        for (act, budgets) in acts {
            perform(&mut warm, &act);
            perform(&mut cold, &act);
            // which forgets everything
            cold.set_plan(shape.plan()).unwrap();
            cold.solve().unwrap();
            for budget in budgets.into_iter().flatten() {
                warm.solve_within(budget).unwrap();
            }
            warm.solve().unwrap();
            prop_assert_eq!(facts(&warm), facts(&cold));
            prop_assert_eq!(warm.stages(), cold.stages());
        }
    }
}

#[test]
fn a_row_that_takes_the_place_of_a_removed_one_is_another_row() {
    let line = |amount, day| Line {
        key: Some(i64::from(day > 0)),
        day,
        tokens: Vec::new(),
        alt: None,
        amount,
    };
    // row 1 is pinned and so in no shard; it has the amount of row 2, and another day
    let rows = [
        (1, line(5, 9)),
        (2, line(5, 2)),
        (3, line(-5, 1)),
        (4, line(5, 3)),
        (5, line(-5, 7)),
        (6, line(1, 0)), // a shard of its own: a bag that is one shard is not remembered
    ];
    let shape = Shape::Partition(Box::new(Shape::SoakIf));
    let mut warm = workspace(&shape, &Lines::from(rows));
    warm.pin_singletons(&[RowId::from(1)]).unwrap();
    warm.solve().unwrap();
    warm.remove(&[RowId::from(2)]).unwrap();
    let pinned = warm.report().groups.iter().find(|group| group.pinned).unwrap().group_id;
    warm.unpin(pinned).unwrap();
    warm.solve().unwrap();
    let mut cold = warm_rows(&shape, &warm);
    cold.solve().unwrap();
    assert_eq!(facts(&warm), facts(&cold));
}

/// An unsolved workspace of the same rows.
fn warm_rows(shape: &Shape, recon: &Recon<Line>) -> Recon<Line> {
    let mut cold = workspace(shape, &Lines::new());
    let rows = recon.rows().map(|(id, line)| (id.clone(), line.clone()));
    cold.upsert(rows.collect()).unwrap();
    cold
}
