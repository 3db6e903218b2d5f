//! The workspace: rows, groups, and the decisions of people.

mod commands;
mod incidence;
pub(crate) mod ledger;
pub(crate) mod order;
mod snapshot;
mod solve;
mod store;
mod upsert;

use crate::error::Error;
use crate::report::{Report, ReportView};
use crate::row_id::RowId;
use crate::strategy::{Answer, Plan};
use crate::trace::Stage;
use crate::value::EvalError;

use ledger::Ledger;
use store::Store;

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
    pub fn new<A: Answer<Value = i64>>(plan: Plan<R>, numeraire: impl Fn(&R) -> A + 'static) -> Result<Self, Error> {
        plan.check()?;
        Ok(Self {
            store: Store::default(),
            ledger: Ledger::default(),
            stages: plan.outline(),
            plan,
            numeraire: Box::new(move |row| numeraire(row).answer()),
        })
    }

    /// Another plan for the next solve. Rows and groups stay.
    ///
    /// # Errors
    /// `bad_config` as for [`new`](Self::new); the old plan stays.
    pub fn set_plan(&mut self, plan: Plan<R>) -> Result<(), Error> {
        plan.check()?;
        self.stages = plan.outline();
        self.plan = plan;
        Ok(())
    }

    /// Drops all proposed groups and runs the plan on what is not pinned.
    ///
    /// # Errors
    /// `amount_overflow`, `bad_amount`, `bad_cost`, `bad_config` from expressions and settings of the plan;
    /// `conservation_violated` should a node ever lose or invent money.
    pub fn solve(&mut self) -> Result<(), Error> {
        let (ledger, stages) = solve::solve(&self.plan, &self.store, &self.ledger)?;
        self.ledger = ledger;
        self.stages = stages;
        Ok(())
    }

    /// All groups and allocations, in the order of the report.
    #[must_use]
    pub fn report(&self) -> Report {
        self.view().report()
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

    /// What each node of the plan did in the last solve, in the order of node ids.
    #[must_use]
    pub fn stages(&self) -> Vec<Stage> {
        self.stages.clone()
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.store.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows in ascending id order.
    pub fn rows(&self) -> impl Iterator<Item = (&RowId, &R)> {
        self.store.ids.iter().zip(&self.store.rows)
    }
}
