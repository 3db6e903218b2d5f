//! Workspace: rows, groups and manual decisions.

mod decisions;
pub(crate) mod explain;
pub(crate) mod history;
mod incidence;
mod incremental;
pub(crate) mod ledger;
pub(crate) mod report_order;
mod row_store;
mod snapshot;
mod solve;
mod upsert;

use crate::error::Error;
use crate::plan::Stage;
use crate::plan::run_state::Caches;
use crate::plan::shard_cache::ShardResults;
use crate::plan::{Answer, Item, Plan};
use crate::report::{Report, ReportView};
use crate::row_id::RowId;
use crate::value::EvalError;

pub use decisions::DryRun;
use history::{Changes, History, PastGroups};
use incremental::{Edits, Keeps, Retained};
use ledger::Ledger;
use row_store::Store;
pub use solve::Progress;
use solve::{Outcome, Pending};

/// A workspace over rows of type `R`.
///
/// Every row's amount is at all times fully allocated: to groups a strategy proposed, to groups a person pinned, or to
/// the row's unmatched singleton. A command that fails leaves everything as it was.
///
/// ```
/// use florecon::prelude::*;
///
/// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
/// recon.upsert(vec![(RowId::from(1), 250), (RowId::from(2), -250), (RowId::from(3), 40)])?;
/// recon.solve()?;
/// let report = recon.report();
/// assert_eq!(report.groups.len(), 2);
/// assert_eq!((&*report.groups[0].origin, report.groups[0].net), ("exact_1to1", 0));
/// assert_eq!((&*report.groups[1].origin, report.groups[1].net), ("unmatched", 40));
/// # Ok::<(), Error>(())
/// ```
pub struct Recon<R> {
    store: Store<R>,
    ledger: Ledger,
    plan: Plan<R>,
    stages: Vec<Stage>,
    numeraire: Numeraire<R>,
    /// A solve in steps that is not finished. Whatever changes rows, groups or plan ends it.
    pending: Option<Box<Pending<R>>>,
    /// The last group id that the last solve gave.
    solved_to: i64,
    /// Caches left by the last solve of this plan.
    caches: Caches,
    /// What the last solve of this plan left for an edit, if it recorded that.
    retained: Option<Box<Retained>>,
    edits: Edits,
    history: History,
}

type Numeraire<R> = Box<dyn Fn(&R) -> Result<i64, EvalError>>;

impl<R: std::fmt::Debug> std::fmt::Debug for Recon<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recon")
            .field("rows", &self.store.len())
            .field("plan", &self.plan)
            .finish_non_exhaustive()
    }
}

impl<R> Recon<R> {
    /// An empty workspace that solves with `plan`, over the amounts that `numeraire` gives in minor units.
    ///
    /// # Errors
    /// `bad_config` when the plan has a setting that cannot be used; see [`Plan::check`].
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let recon = Recon::new(identity(), |amount: &i64| *amount)?;
    /// assert!(recon.is_empty());
    /// let refused = Recon::new(agg_net(one_bucket, abs_tol(-1)), |amount: &i64| *amount);
    /// assert_eq!(refused.unwrap_err().code(), "bad_config");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new<A: Answer<Value = i64>>(plan: Plan<R>, numeraire: impl Fn(&R) -> A + 'static) -> Result<Self, Error> {
        plan.check()?;
        Ok(Self {
            store: Store::default(),
            ledger: Ledger::default(),
            stages: plan.outline(),
            plan,
            numeraire: Box::new(move |row| numeraire(row).answer()),
            pending: None,
            solved_to: 0,
            caches: Caches::new(),
            retained: None,
            edits: Edits::default(),
            history: History::default(),
        })
    }

    /// A number that rows which the strategy can put in one group share, to divide a ledger by: 0 for all where the strategy
    /// works on no key as a whole, else made of the key. `id` is for the error only; the workspace need not have the row.
    ///
    /// # Errors
    /// `amount_overflow` or `bad_amount` where the row's amount or the key cannot be computed.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let by_hundreds = |i: Item<i64>| Some(*i.row / 100);
    /// let recon = Recon::new(partition_by(by_hundreds, agg_net(one_bucket, abs_tol(0))), |amount: &i64| *amount)?;
    /// let route = |amount: i64| recon.route(&RowId::from(1), &amount);
    /// assert_eq!(route(120)?, route(150)?);
    /// assert_ne!(route(120)?, route(320)?);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn route(&self, id: &RowId, row: &R) -> Result<u64, Error> {
        let amount = self.amount(id, row)?;
        let item = Item {
            row,
            amount,
            original: amount,
        };
        self.plan
            .route(item)
            .map_err(|error| Error::from_eval(error, Some(id.clone())))
    }

    /// Another plan for the next solve. Rows and groups stay; where the nodes of the new plan are others, in number or
    /// in kind, the groups no longer name the node that formed them.
    ///
    /// # Errors
    /// `bad_config` as for [`new`](Self::new); the old plan stays.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(identity(), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// recon.set_plan(exact_1to1(one_bucket, by_id))?;
    /// recon.solve()?;
    /// assert_eq!(recon.report().groups.len(), 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn set_plan(&mut self, plan: Plan<R>) -> Result<(), Error> {
        plan.check()?;
        self.pending = None;
        self.caches = Caches::new();
        self.retained = None;
        self.edits = Edits::default();
        let stages = plan.outline();
        if !stages.iter().map(|stage| stage.kind).eq(self.outline()) {
            self.ledger.forget_nodes();
        }
        self.stages = stages;
        self.plan = plan;
        self.store.number_shards(self.plan.router());
        Ok(())
    }

    /// What [`set_plan`](Self::set_plan) does where the other plan is the same: what the last solve left stays.
    pub(crate) fn keep_plan(&mut self) {
        self.abandon();
        self.stages = self.plan.outline();
    }

    /// Drops all proposed groups and runs the plan on what is not pinned.
    ///
    /// # Errors
    /// `amount_overflow`, `bad_amount`, `bad_cost`, `bad_config` from expressions and settings of the plan;
    /// `conservation_violated` should a node ever lose or invent money.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// recon.solve()?;
    /// assert_eq!(&*recon.report().groups[0].origin, "exact_1to1");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn solve(&mut self) -> Result<(), Error> {
        self.solve_within(u64::MAX).map(|_| ())
    }

    /// Does a part of a solve, about `budget` units of work and at least one piece; call it until `done` is `total`.
    ///
    /// Until then the workspace is as it was before, and any command that changes rows, groups or plan abandons what
    /// was done. The outcome is the same as of [`solve`](Self::solve), which finishes a solve that is under way. A unit
    /// is one lot at one node of the plan; a leaf on a large bag is one step, so a call may exceed its budget.
    ///
    /// # Errors
    /// As for [`solve`](Self::solve); the next call then starts anew.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let plan = seq(vec![exact_1to1(one_bucket, by_id), agg_net(one_bucket, abs_tol(1))]);
    /// let mut recon = Recon::new(plan, |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 250), (RowId::from(2), -250), (RowId::from(3), 40)])?;
    /// let first = recon.solve_within(1)?;
    /// assert!(0 < first.done && first.done < first.total);
    /// assert_eq!(recon.report().groups.len(), 3, "nothing has changed yet");
    /// while recon.solve_within(1)?.done < first.total {}
    /// assert_eq!(recon.report().groups.len(), 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn solve_within(&mut self, budget: u64) -> Result<Progress, Error> {
        let certify = self.pending.as_ref().is_some_and(|pending| pending.certifies());
        self.advance(budget, certify, false)
    }

    /// As [`solve_within`](Self::solve_within), and a solve that begins here records which rows can meet, so that the solve
    /// after an edit of few rows runs the plan on what they can reach. The second solve after such an edit records that
    /// unasked. A solve under way goes on as it was begun.
    ///
    /// # Errors
    /// As for [`solve`](Self::solve).
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// let progress = recon.solve_with_links(u64::MAX)?;
    /// assert_eq!((progress.done, recon.report().groups.len()), (progress.total, 2));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn solve_with_links(&mut self, budget: u64) -> Result<Progress, Error> {
        let certify = self.pending.as_ref().is_some_and(|pending| pending.certifies());
        self.advance(budget, certify, true)
    }

    /// As [`solve_within`](Self::solve_within), and checks the certificate of every flow instance of the solve:
    /// conservation, bounds, complementary slackness, and that its cost is what its duals prove. The checker shares no
    /// code with the solver; `certified` counts what it has proved. A solve under way without certificates starts anew.
    ///
    /// # Errors
    /// As for [`solve`](Self::solve); `conservation_violated` for an answer that fails its certificate.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let cost = |_: Item<i64>, _: Item<i64>| Some(1.0);
    /// let plan = flow(Flow::new(constant(10.0), cost).window(|_: Item<i64>| 0, 0));
    /// let mut recon = Recon::new(plan, |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 250), (RowId::from(2), -200)])?;
    /// assert_eq!(recon.solve_certified(u64::MAX)?.certified, 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn solve_certified(&mut self, budget: u64) -> Result<Progress, Error> {
        self.advance(budget, true, false)
    }

    fn advance(&mut self, budget: u64, certify: bool, links: bool) -> Result<Progress, Error> {
        if self
            .pending
            .as_ref()
            .is_some_and(|pending| pending.certifies() != certify)
        {
            self.abandon();
        }
        if self.pending.is_none()
            && !certify
            && let Some(progress) = self.solve_apart()?
        {
            return Ok(progress);
        }
        let mut pending = self.pending.take().unwrap_or_else(|| {
            let is_solved = self.ledger.log.solved.is_some();
            let keeps = (!certify).then(|| self.edits.keeps(self.store.len(), is_solved, links));
            let shards = match keeps {
                None | Some(Keeps::Links) => ShardResults::Bypassed,
                Some(Keeps::ShardResults) => ShardResults::Kept,
                Some(Keeps::Nothing) => ShardResults::Reused,
            };
            let records = keeps == Some(Keeps::Links);
            let mut caches = std::mem::take(&mut self.caches);
            caches.begin(certify, shards, !is_solved);
            Box::new(Pending::new(&self.plan, &self.store, &self.ledger, caches, records))
        });
        match pending.advance(&self.plan, &self.store, budget) {
            Ok(Some(outcome)) => {
                let progress = pending.completed(&outcome);
                // its arrays make room for those of the outcome
                drop(pending);
                self.install(outcome);
                Ok(progress)
            }
            unfinished => {
                let progress = pending.progress();
                self.pending = Some(pending);
                unfinished.map(|_| progress).inspect_err(|_| self.abandon())
            }
        }
    }

    fn install(&mut self, mut outcome: Outcome) {
        self.stages = std::mem::take(&mut outcome.stages);
        self.caches = std::mem::take(&mut outcome.caches);
        let links = outcome.links.take();
        self.retained = links.map(|links| Box::new(Retained::new(links, self.stages.clone(), outcome.lots)));
        self.edits.touched = 0;
        if self.ledger.log.solved.is_some() {
            let scope: Vec<u32> = (0..self.store.len() as u32).collect();
            self.splice(&scope, &outcome.groups, &outcome.names, &outcome.residual);
        } else {
            self.ledger = solve::install(&self.store, std::mem::take(&mut self.ledger), outcome);
            self.solved_to = self.ledger.last_id();
        }
    }

    /// Gives up a solve under way, because what it reads is about to change.
    fn abandon(&mut self) {
        if let Some(pending) = self.pending.take() {
            self.caches = pending.abandon();
        }
    }

    /// All groups and allocations, in the order of the report.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// recon.solve()?;
    /// let report = recon.report();
    /// assert_eq!((report.groups[0].size, report.groups[0].net, report.allocations.len()), (2, 0, 3));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn report(&self) -> Report {
        self.view().report()
    }

    /// The groups that the last solve removed and added.
    pub(crate) fn changes(&self) -> Changes<'_> {
        Changes {
            history: &self.history,
            names: &self.ledger.names,
            ids: &self.store.ids,
            all: if self.history.is_known {
                PastGroups::default()
            } else {
                self.ledger.all_groups()
            },
        }
    }

    /// The report without copying it: for ledgers of a million rows.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(identity(), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(8), 5)])?;
    /// let view = recon.view();
    /// let held: Vec<i64> = view.groups().flat_map(|group| group.members().map(|(_, amount)| amount)).collect();
    /// assert_eq!(held, [5]);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn view(&self) -> ReportView<'_> {
        ReportView::new(&self.store.ids, &self.ledger)
    }

    /// Counters of each node in the last solve, in the order of node ids.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// recon.solve()?;
    /// let stage = &recon.stages()[0];
    /// assert_eq!((stage.kind, stage.items_in, stage.items_matched), ("exact_1to1", 3, 2));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn stages(&self) -> Vec<Stage> {
        self.stages.clone()
    }

    /// Number of rows.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// assert_eq!(recon.len(), 3);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.store.len()
    }

    /// Whether there are no rows.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// assert!(Recon::new(identity(), |amount: &i64| *amount)?.is_empty());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows in ascending id order.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// let mut recon = Recon::new(exact_1to1(one_bucket, by_id), |amount: &i64| *amount)?;
    /// recon.upsert(vec![(RowId::from(1), 5), (RowId::from(2), -5), (RowId::from(3), 1)])?;
    /// let amounts: Vec<i64> = recon.rows().map(|(_, amount)| *amount).collect();
    /// assert_eq!(amounts, [5, -5, 1]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn rows(&self) -> impl Iterator<Item = (&RowId, &R)> {
        self.store.ids.iter().zip(self.store.rows.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::lot::Lot;
    use crate::plan::node_id::NodeId;
    use crate::prelude::*;

    /// Accounts of six lines each, of which five net.
    fn accounts() -> Recon<(i64, i64)> {
        let key = |item: Item<'_, (i64, i64)>| Some(item.row.0);
        let plan = partition_by(
            key,
            seq(vec![exact_1to1(one_bucket, by_id), soak_all("open", singleton())]),
        );
        let mut recon = Recon::new(plan, |row: &(i64, i64)| row.1).unwrap();
        let rows = (0..60).map(|at| (RowId::from(at), (at / 6, [5, -5, 7, -7, 3, 9][at as usize % 6])));
        recon.upsert(rows.collect()).unwrap();
        recon
    }

    #[test]
    fn a_solve_is_the_same_with_and_without_a_shard_cache() {
        let (mut cached, mut uncached) = (accounts(), accounts());
        uncached.caches = Caches::default();
        for amount in [9, 4, -3, 4] {
            for recon in [&mut cached, &mut uncached] {
                // more than a few rows, so that the results of shards are kept
                let rows = [(17, 2), (5, 0)].map(|(id, account)| (RowId::from(id), (account, amount)));
                recon.upsert(rows.to_vec()).unwrap();
                recon.solve().unwrap();
            }
            assert_eq!(cached.report(), uncached.report());
            assert_eq!(cached.stages(), uncached.stages());
        }
        let lots = |account: u32| -> Vec<Lot> {
            let amounts = [5, -5, 7, -7, 3, 9].into_iter();
            (account * 6..)
                .zip(amounts)
                .map(|(row, amount)| Lot { row, amount })
                .collect()
        };
        cached.caches.begin(false, ShardResults::Kept, false);
        assert!(
            cached.caches.shards.find(NodeId::new(0), &lots(3)).is_some(),
            "unchanged since the last solve"
        );
        cached.caches.shards.invalidate(18);
        cached.caches.begin(false, ShardResults::Kept, false);
        assert!(
            cached.caches.shards.find(NodeId::new(0), &lots(3)).is_none(),
            "row 18 is of account 3"
        );
        assert!(uncached.caches.shards.find(NodeId::new(0), &lots(3)).is_none());
    }
}
