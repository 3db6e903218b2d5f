//! Command dispatch onto the workspace.

use std::cell::RefCell;

use serde_json::{Map, Value};

use super::command::{Command, GivenId, Merge, Page, PinBy, Verb};
use super::fetch;
use super::ordinals::Ordinals;
use super::params::{self, ParamValues};
use super::program::{Load, Program};
use super::reply::{self, Extra};
use super::row_lines::row_lines;
use super::table::Rows;
use crate::error::Error;
use crate::recon::Recon;
use crate::report::ReportView;
use crate::row_id::RowId;
use crate::value::{Pool, Text};
use crate::wire::{Reply, TableName};

/// A workspace with what the wire adds to it: params by name, ordinals of text ids, shared texts.
pub(crate) struct Ledger<P: Program> {
    pub(super) program: P,
    pub(super) recon: Recon<P::Row>,
    pub(super) values: ParamValues,
    pub(super) ordinals: Ordinals,
    pool: RefCell<Pool>,
}

impl<P: Program> Ledger<P> {
    pub fn ordinals(&self) -> &Ordinals {
        &self.ordinals
    }

    /// Carries out a command on the session in `slot`. On an error the slot is as it was.
    pub fn dispatch<L: Load<Program = P>>(
        slot: &mut Option<Self>,
        command: &[u8],
        arrow: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let Command { verb, reply } = Command::parse(command)?;
        if let Verb::Init { config, strategy } = verb {
            let ledger = Self::init(L::load(strategy.as_ref())?, &config, arrow)?;
            return Ok(slot.insert(ledger).reply(reply, &Extra::None));
        }
        if let Verb::Restore { strategy } = verb {
            let ledger = Self::restore(L::load(strategy.as_ref())?, arrow)?;
            return Ok(slot.insert(ledger).reply(reply, &Extra::None));
        }
        let ledger = slot.as_mut().ok_or(Error::NoSession)?;
        match verb {
            Verb::Fetch { table, page, keys } => Ok(ledger.fetch(table, page, keys)),
            Verb::Snapshot => Ok(ledger.snapshot()),
            Verb::Explain { ids, apart } => ledger.explain(ids, apart),
            Verb::ShardKeys => ledger.shard_keys(arrow),
            Verb::Changes => Ok(ledger.changes()),
            Verb::Merge(merge) if merge.dry_run => ledger.merge_dry_run(merge, reply),
            verb => {
                let extra = ledger.apply(verb, arrow)?;
                Ok(ledger.reply(reply, &extra))
            }
        }
    }

    fn init(program: P, config: &Map<String, Value>, arrow: &[u8]) -> Result<Self, Error> {
        let specs = program.params();
        program
            .schema()
            .check()
            .and_then(|()| params::check(specs))
            .map_err(Error::bad_config)?;
        let values = ParamValues::defaults(specs).with(specs, config)?;
        let mut ledger = Self::empty(program, values)?;
        // a host may open a session without a batch
        if !arrow.is_empty() {
            ledger.upsert(arrow)?;
        }
        Ok(ledger)
    }

    /// A session without rows, under these params.
    pub fn empty(program: P, values: ParamValues) -> Result<Self, Error> {
        Ok(Self {
            recon: Recon::new(program.plan(&values), program.numeraire())?,
            program,
            values,
            ordinals: Ordinals::default(),
            pool: RefCell::new(Pool::new()),
        })
    }

    fn apply(&mut self, verb: Verb, arrow: &[u8]) -> Result<Extra, Error> {
        let recon = &mut self.recon;
        match verb {
            // a report changes nothing; the others are carried out before
            Verb::Init { .. }
            | Verb::Fetch { .. }
            | Verb::Snapshot
            | Verb::Restore { .. }
            | Verb::Explain { .. }
            | Verb::ShardKeys
            | Verb::Changes
            | Verb::Report => {}
            Verb::Configure { config } => self.configure(&config)?,
            Verb::Upsert => return self.upsert(arrow).map(Extra::Demoted),
            Verb::Remove { ids } => {
                let ids = self.resolve(ids)?;
                let demoted = self.recon.remove(&ids)?;
                self.ordinals.free(&ids);
                drop(ids);
                self.pool.get_mut().prune();
                return Ok(Extra::Demoted(demoted));
            }
            Verb::Solve { budget, certify, links } => {
                let units = budget.unwrap_or(u64::MAX);
                let progress = if certify {
                    recon.solve_certified(units)?
                } else if links {
                    recon.solve_with_links(units)?
                } else {
                    recon.solve_within(units)?
                };
                return Ok(Extra::Solved {
                    progress: budget.map(|_| progress),
                    certified: certify.then_some(progress.certified),
                });
            }
            Verb::Pin(by) => return self.pin(by),
            Verb::Unpin { group_id } => recon.unpin(group_id)?,
            Verb::Dissolve { group_id } => recon.dissolve(group_id)?,
            Verb::Detach { group_id, ids } => {
                let ids = self.resolve(ids)?;
                self.recon.detach(group_id, &ids)?;
            }
            Verb::Merge(merge) => {
                let allocations = self.allocations(merge.allocations)?;
                return self
                    .recon
                    .merge(&allocations, &merge.label, merge.reason.as_deref())
                    .map(Extra::GroupId);
            }
        }
        Ok(Extra::None)
    }

    /// The reply that the merge would get; the session stays as it was.
    fn merge_dry_run(&mut self, merge: Merge, reply: Reply) -> Result<Vec<u8>, Error> {
        let allocations = self.allocations(merge.allocations)?;
        let done = self
            .recon
            .merge_dry_run(&allocations, &merge.label, merge.reason.as_deref())?;
        let extra = Extra::GroupId(done.group_id);
        Ok(written(reply, || done.view(), &self.ordinals, &extra))
    }

    fn allocations(&self, given: Vec<(GivenId, i64)>) -> Result<Vec<(RowId, i64)>, Error> {
        let (ids, amounts): (Vec<_>, Vec<_>) = given.into_iter().unzip();
        Ok(self.resolve(ids)?.into_iter().zip(amounts).collect())
    }

    fn pin(&mut self, by: PinBy) -> Result<Extra, Error> {
        match by {
            PinBy::Group(group_id) => self.recon.pin(group_id)?,
            PinBy::Groups(group_ids) => self.recon.pin_groups(&group_ids)?,
            PinBy::Clean(tol) => return self.recon.pin_clean(tol).map(Extra::Pinned),
            PinBy::Singletons(ids) => {
                let ids = self.resolve(ids)?;
                self.recon.pin_singletons(&ids)?;
            }
        }
        Ok(Extra::None)
    }

    /// Values that are not named keep the value they have.
    fn configure(&mut self, config: &Map<String, Value>) -> Result<(), Error> {
        let values = self.values.with(self.program.params(), config)?;
        let plan = self.program.plan(&values);
        if values.says_the_same(&self.values) {
            self.recon.keep_plan();
        } else {
            self.recon.set_plan(plan)?;
        }
        self.values = values;
        Ok(())
    }

    fn upsert(&mut self, arrow: &[u8]) -> Result<Vec<i64>, Error> {
        let rows = rows(&self.program, arrow, &self.pool)?;
        let mut fresh: Vec<Text> = Vec::new();
        let demoted = self.recon.upsert_each(rows.inspect(|row| match row {
            Ok((RowId::Text(text), _)) if !self.ordinals.knows(text) => fresh.push(text.clone()),
            _ => {}
        }))?;
        self.ordinals.admit(fresh);
        self.pool.get_mut().prune_when_grown();
        Ok(demoted)
    }

    /// Route of each row of the batch, for dividing the data set; the session is not changed.
    fn shard_keys(&self, arrow: &[u8]) -> Result<Vec<u8>, Error> {
        let pool = RefCell::new(Pool::new());
        let routes = rows(&self.program, arrow, &pool)?
            .map(|row| row.and_then(|(id, row)| self.recon.route(&id, &row)))
            .collect::<Result<Vec<u64>, Error>>()?;
        Ok(fetch::shard_keys(&routes))
    }

    /// The groups that the last solve removed and added.
    fn changes(&self) -> Vec<u8> {
        let has_text_id = self.program.schema().has_text_id();
        let changes = self.recon.changes();
        fetch::changes(&changes.lines(), &self.ordinals, has_text_id)
    }

    /// The rows a command names. An ordinal that was never given stays an integer, which no row of a text session has.
    pub(super) fn resolve(&self, given: Vec<GivenId>) -> Result<Vec<RowId>, Error> {
        let has_text_id = self.program.schema().has_text_id();
        given
            .into_iter()
            .map(|id| match id {
                GivenId::Number(number) if has_text_id => Ok(self
                    .ordinals
                    .text(number)
                    .map_or(RowId::Int(number), |text| RowId::Text(text.clone()))),
                GivenId::Number(number) => Ok(RowId::Int(number)),
                GivenId::Text(text) if has_text_id => Ok(RowId::from(text.as_str())),
                GivenId::Text(text) => Err(Error::bad_command(format!(
                    "ids of this plugin are integers; \"{text}\" is a text"
                ))),
            })
            .collect()
    }

    fn reply(&self, kind: Reply, extra: &Extra) -> Vec<u8> {
        written(kind, || self.recon.view(), &self.ordinals, extra)
    }

    fn fetch(&self, table: TableName, page: Page, keys: bool) -> Vec<u8> {
        let has_text_id = self.program.schema().has_text_id();
        match table {
            TableName::Groups => fetch::groups(&self.recon.view(), &self.ordinals, page, keys),
            TableName::Allocations => fetch::allocations(&self.recon.view(), &self.ordinals, has_text_id, page),
            TableName::Rows => fetch::rows(&row_lines(&self.recon.view(), page), &self.ordinals, has_text_id),
            TableName::Stages => {
                let stages = self.recon.stages();
                fetch::stages(&stages[page.within(stages.len())])
            }
        }
    }
}

/// A reply; the view, which sorts the groups, is made only where it is shown.
fn written<'v>(kind: Reply, view: impl FnOnce() -> ReportView<'v>, ordinals: &Ordinals, extra: &Extra) -> Vec<u8> {
    match kind {
        Reply::None => reply::nothing(extra),
        Reply::Summary => {
            let view = view();
            reply::summary(&view, &row_lines(&view, Page::ALL), extra)
        }
        Reply::Report => reply::report(&view(), ordinals, extra),
    }
}

type Read<P> = Result<(RowId, <P as Program>::Row), Error>;

/// The rows of a table. In one place, and so compiled once.
fn rows<'a, P: Program>(
    program: &'a P,
    arrow: &'a [u8],
    pool: &'a RefCell<Pool>,
) -> Result<impl Iterator<Item = Read<P>>, Error> {
    Rows::open(program, arrow, pool)
}
