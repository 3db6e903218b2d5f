//! Properties of every strategy: nothing is lost or invented, and nothing but the rows and the plan decides.

mod support;

use florecon::prelude::*;
use proptest::prelude::*;
use support::{Lines, Shape, budgets, check_report, empty, facts, leaves, lines, shapes, small_lines, workspace};

/// Solves; the sum of a group may leave 64 bits where amounts do not, and then nothing has changed.
fn solve_or_overflow(shape: &Shape, lines: &Lines) -> Result<Recon<support::Line>, TestCaseError> {
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
