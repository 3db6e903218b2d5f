//! Program of a strategy: its schema, its rows and its plan.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use florecon::codec::{Damaged, Packer, Unpacker};
use florecon::error::Error;
use florecon::plan::Plan;
use florecon::sdk::{self, Domain, Field, Load, ParamSpec, ParamValues, Record, Records, Schema};
use florecon::value::{EvalError, TextColumn};
use serde_json::Value;

use crate::code::{Bindings, Bound, compile};
use crate::columns::{Bank, Columns, Layout, Row, Slots, Store};
use crate::ir::{Column, Constant, Expr, ExprNode, Kind, Node, Param, Strategy, read, simplify};
use crate::plan::{Builder, Step, step};

/// Engine: the source of programs that are strategies as data.
#[derive(Debug)]
pub struct Engine;

/// Program of one strategy.
pub struct Program {
    domain: Domain,
    schema: Schema,
    params: Vec<ParamSpec>,
    fingerprint: String,
    nodes_json: String,
    numeraire_scale: u32,
    /// The column that the numeraire is; none where it is computed.
    amount_column: Option<String>,
    /// The columns that the key of a shard is computed from.
    shard_columns: Vec<String>,
    ingest: Ingest,
    numeraire: Rc<Bound>,
    root: Step,
    store: Rc<Store>,
    /// The columns of the lanes of a row, in the store.
    own: Vec<Slots>,
    /// A row that is read from a snapshot.
    restored: RefCell<Columns>,
}

impl Load for Engine {
    type Program = Program;

    const TAKES_STRATEGY: bool = true;

    fn load(strategy: Option<&Value>) -> Result<Program, Error> {
        match strategy {
            Some(json) => Ok(Program::new(read(json)?)),
            None => Err(Error::BadStrategy {
                message: "the engine module has no strategy of its own; send one as `strategy`: the JSON of its IR"
                    .to_owned(),
            }),
        }
    }

    fn idle() -> Program {
        Program::new(Strategy {
            id: "florecon.engine".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            fingerprint: String::new(),
            nodes_json: String::new(),
            columns: Vec::new(),
            lanes: Vec::new(),
            params: Vec::new(),
            numeraire: Expr {
                of: crate::ir::Type::of(Kind::Integer),
                node: ExprNode::Lit(Constant::Whole(0)),
            },
            currency: None,
            account: None,
            root: Node::Identity,
        })
    }
}

/// Computation of rows from records, a stretch at a time.
struct Ingest {
    /// The lanes that are computed, in the author's order: columns of records, then derived lanes with their code.
    layout: Layout,
    derived: Vec<(usize, Bound)>,
    /// Number of columns that the host ships.
    shipped: usize,
    /// The columns of the lanes that a row holds.
    held: Vec<Slots>,
    stretch: RefCell<Columns>,
    /// The first row of the stretch that cannot be computed.
    failed: Cell<Option<(usize, EvalError)>>,
}

impl Program {
    fn new(mut strategy: Strategy) -> Self {
        let reached = reached(&strategy);
        let amount_column = amount_column(&strategy);
        let shard_columns = shard_columns(&strategy);
        // what follows computes the same from less
        let one = |expr: &mut Expr| {
            let taken = std::mem::replace(expr, unit());
            *expr = simplify(taken);
        };
        one(&mut strategy.numeraire);
        strategy.lanes.iter_mut().for_each(|lane| one(&mut lane.value));
        strategy.root.simplify(&one);

        let (mut computed, mut held) = (Layout::default(), Layout::default());
        reached
            .iter()
            .for_each(|lane| computed.add(*lane, strategy.lane_type(*lane)));
        let mut read = BTreeSet::new();
        lanes_in(&strategy.numeraire, &mut read);
        strategy.root.expressions(&mut |expr| lanes_in(expr, &mut read));
        read.iter().for_each(|lane| held.add(*lane, strategy.lane_type(*lane)));

        let store = Rc::new(Store {
            columns: RefCell::new(held.columns()),
            layout: held,
        });
        let nothing = Bindings {
            params: Rc::from([]),
            shards: Rc::default(),
        };
        let shipped = strategy.columns.len();
        let derived = reached.iter().filter(|lane| **lane >= shipped).map(|lane| {
            let code = compile(&strategy.lanes[*lane - shipped].value, &computed);
            (*lane, Bound::new(&code, &store, &nothing))
        });
        let derived = derived.collect();
        let from = store
            .layout
            .lanes
            .iter()
            .filter_map(|(lane, ..)| computed.get(*lane).cloned());
        let ingest = Ingest {
            held: from.collect(),
            stretch: RefCell::new(computed.columns()),
            failed: Cell::new(None),
            derived,
            shipped,
            layout: computed,
        };
        let numeraire = compile(&strategy.numeraire, &store.layout);
        let mut schema = Schema::new(strategy.columns.iter().map(field).collect());
        if let Some(name) = &strategy.currency {
            schema = schema.currency(name);
        }
        if let Some(name) = &strategy.account {
            schema = schema.account(name);
        }
        Self {
            domain: Domain::new(&strategy.id, &strategy.version),
            schema,
            params: strategy.params.iter().map(spec).collect(),
            numeraire_scale: strategy.numeraire.of.scale,
            amount_column,
            shard_columns,
            numeraire: Rc::new(Bound::new(&numeraire, &store, &nothing)),
            root: step(&strategy.root, &store.layout),
            fingerprint: strategy.fingerprint,
            nodes_json: strategy.nodes_json,
            ingest,
            own: store.layout.lanes.iter().map(|(_, _, slots)| slots.clone()).collect(),
            restored: RefCell::new(store.layout.columns()),
            store,
        }
    }
}

/// Stands in for an expression that is being rewritten.
fn unit() -> Expr {
    Expr {
        of: crate::ir::Type::of(Kind::Integer),
        node: ExprNode::Lit(Constant::Whole(0)),
    }
}

fn lanes_in(expr: &Expr, into: &mut BTreeSet<usize>) {
    expr.walk(&mut |part| {
        if let ExprNode::Lane(_, lane) = part.node {
            into.insert(lane);
        }
    });
}

/// The columns and derived lanes that the numeraire or the strategy reads, directly or through others.
fn reached(strategy: &Strategy) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    lanes_in(&strategy.numeraire, &mut found);
    strategy.root.expressions(&mut |expr| lanes_in(expr, &mut found));
    add_sources(strategy, &mut found);
    found
}

/// Adds the lanes that these are computed from.
fn add_sources(strategy: &Strategy, lanes: &mut BTreeSet<usize>) {
    for (index, lane) in strategy.lanes.iter().enumerate().rev() {
        if lanes.contains(&(strategy.columns.len() + index)) {
            lanes_in(&lane.value, lanes);
        }
    }
}

/// The columns that the keys of outermost shards are computed from: one of these is the key of `shard_keys`.
fn shard_columns(strategy: &Strategy) -> Vec<String> {
    let mut keys = Vec::new();
    strategy.root.shard_keys(&mut keys);
    let mut found = BTreeSet::new();
    for key in keys {
        lanes_in(key, &mut found);
        let mut reads_lot = false;
        key.walk(&mut |part| reads_lot |= matches!(part.node, ExprNode::Amount(_) | ExprNode::Original(_)));
        if reads_lot {
            lanes_in(&strategy.numeraire, &mut found);
        }
    }
    add_sources(strategy, &mut found);
    let columns = strategy.columns.iter().enumerate();
    columns
        .filter(|(index, _)| found.contains(index))
        .map(|(_, column)| column.name.clone())
        .collect()
}

/// The column behind the numeraire, where that is a column or a derived lane that is the same.
fn amount_column(strategy: &Strategy) -> Option<String> {
    let mut value = &strategy.numeraire;
    while let ExprNode::Lane(_, lane) = value.node {
        match strategy.columns.get(lane) {
            Some(column) => return Some(column.name.clone()),
            None => value = &strategy.lanes[lane - strategy.columns.len()].value,
        }
    }
    None
}

fn field(column: &Column) -> Field {
    let name = &column.name;
    let mut field = match column.of.kind {
        Kind::Integer | Kind::List | Kind::Tuple => Field::integer(name),
        Kind::Real => Field::real(name),
        Kind::Text => Field::text(name),
        Kind::Money => Field::money(name, column.of.scale),
        Kind::Date => Field::date(name),
        Kind::Boolean => Field::boolean(name),
    };
    if column.id {
        field = field.id();
    }
    if column.display {
        field = field.amount();
    }
    if column.of.nullable { field.nullable() } else { field }
}

fn spec(param: &Param) -> ParamSpec {
    let name = &param.name;
    let spec = match (&param.default, param.of.kind) {
        (Constant::Whole(whole), Kind::Money) => ParamSpec::money(name, param.of.scale, *whole),
        (Constant::Whole(whole), Kind::Date) => ParamSpec::date(name, *whole),
        (Constant::Whole(whole), _) => ParamSpec::integer(name, *whole),
        (Constant::Real(real), _) => ParamSpec::real(name, *real),
        (Constant::Flag(flag), _) => ParamSpec::boolean(name, *flag),
        (Constant::Text(text), _) => ParamSpec::text(name, text),
        // a param is never null
        (Constant::Null, _) => ParamSpec::integer(name, 0),
    };
    spec.doc(&param.doc)
}

impl Ingest {
    /// Computes the lanes of a stretch, column by column.
    fn compute(&self, records: &Records<'_>) {
        let mut columns = self.stretch.borrow_mut();
        columns.clear();
        for (lane, _, slots) in self.layout.lanes.iter().filter(|(lane, ..)| *lane < self.shipped) {
            read_column(records, *lane, slots, &mut columns);
        }
        let mut failed = None;
        let mut sound = records.len();
        for (lane, bound) in &self.derived {
            let Some(slots) = self.layout.get(*lane) else { continue };
            for row in 0..sound {
                // a stretch is far shorter than 2^32
                if let Err(error) = bound.append(&mut columns, row as u32, slots.null, &slots.leaves) {
                    failed = Some((row, error));
                    sound = row;
                    break;
                }
            }
        }
        self.failed.set(failed);
    }
}

fn read_column(records: &Records<'_>, lane: usize, slots: &Slots, columns: &mut Columns) {
    if let Some(null) = slots.null {
        let (nulls, into) = (records.nulls(lane), &mut columns.flag[null as usize]);
        into.extend_from_slice(nulls);
        into.resize(records.len(), false);
    }
    let (bank, column) = slots.leaves[0];
    let column = column as usize;
    match bank {
        Bank::Whole => columns.whole[column].extend_from_slice(records.whole(lane)),
        Bank::Real => columns.real[column].extend_from_slice(records.real(lane)),
        Bank::Flag => columns.flag[column].extend(records.whole(lane).iter().map(|flag| *flag != 0)),
        Bank::Text | Bank::List => records.texts(lane, &mut columns.text[column]),
    }
}

impl sdk::Program for Program {
    type Row = Row;

    fn domain(&self) -> Domain {
        self.domain.clone()
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn params(&self) -> &[ParamSpec] {
        &self.params
    }

    fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn nodes_json(&self) -> &str {
        &self.nodes_json
    }

    fn numeraire_scale(&self) -> u32 {
        self.numeraire_scale
    }

    fn amount_column(&self) -> Option<Option<&str>> {
        Some(self.amount_column.as_deref())
    }

    fn shard_columns(&self) -> Option<Vec<&str>> {
        Some(self.shard_columns.iter().map(String::as_str).collect())
    }

    fn stretch(&self, records: &Records<'_>) -> Vec<TextColumn> {
        self.ingest.compute(records);
        Vec::new()
    }

    fn row(&self, record: &Record<'_>) -> Result<Row, EvalError> {
        match self.ingest.failed.get() {
            Some((row, error)) if row == record.place() => Err(error),
            _ => {
                let (mut columns, mut stretch) = (self.store.columns.borrow_mut(), self.ingest.stretch.borrow_mut());
                let slot = columns.take(&self.store.layout, &mut stretch, &self.ingest.held, record.place());
                Ok(Row::new(&self.store, slot))
            }
        }
    }

    fn numeraire(&self) -> sdk::Numeraire<Row> {
        let numeraire = Rc::clone(&self.numeraire);
        Box::new(move |row| numeraire.whole_of_row(row))
    }

    fn plan(&self, values: &ParamValues) -> Plan<Row> {
        let params = self.params.iter().map(|spec| {
            let (name, kind) = (spec.name(), spec.kind());
            match kind {
                sdk::FieldKind::Real => Constant::Real(values.real(name)),
                sdk::FieldKind::Text => Constant::Text(values.text(name)),
                sdk::FieldKind::Boolean => Constant::Flag(values.boolean(name)),
                _ => Constant::Whole(values.integer(name)),
            }
        });
        let builder = Builder {
            store: Rc::clone(&self.store),
            bindings: Bindings {
                params: params.collect(),
                shards: Rc::default(),
            },
        };
        builder.plan(&self.root).unwrap_or_else(Plan::refused)
    }

    fn shape(&self) -> u64 {
        self.store.layout.shape()
    }

    fn pack(&self, row: &Row, packer: &mut Packer) {
        self.store.columns.borrow().pack(&self.store.layout, row.slot, packer);
    }

    fn unpack(&self, unpacker: &mut Unpacker<'_>) -> Result<Row, Damaged> {
        let layout = &self.store.layout;
        let mut one = self.restored.borrow_mut();
        one.clear();
        one.unpack(layout, unpacker)?;
        let slot = self.store.columns.borrow_mut().take(layout, &mut one, &self.own, 0);
        Ok(Row::new(&self.store, slot))
    }
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program")
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}
