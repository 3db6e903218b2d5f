//! Register code of an expression: a list of instructions over typed registers and packed columns.
//!
//! An operand is a register or a cell of a column, so that a lane that is only read is never copied. A constant, a param
//! and a shard key is a register that no instruction writes. A tuple is its scalars; a null is a flag beside the value.

mod bound;
mod compile;
mod run;

use std::collections::HashMap;
use std::rc::Rc;

use florecon::value::{Text, Tokens};

pub(crate) use bound::{Bindings, Bound, ShardKey};
pub(crate) use compile::compile;

use crate::columns::Bank;
use crate::ir::{Comparison, Operator, Settings, ToleranceKind, Type};

/// A register, or the cell of a column in the row of one of two lots; in one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operand(u32);

/// Source of an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Register,
    /// The row at hand, or the source of a pair.
    First,
    /// The sink of a pair.
    Second,
}

impl Operand {
    const NONE: Self = Self(0);

    /// Fewer registers and columns than 2^30: each is made by a part of a strategy.
    pub fn new(source: Source, index: usize) -> Self {
        Self(((source as u32) << 30) | index as u32)
    }

    #[inline]
    fn source(self) -> u32 {
        self.0 >> 30
    }

    #[inline]
    fn index(self) -> usize {
        (self.0 & ((1 << 30) - 1)) as usize
    }
}

/// Operation of an instruction on `dst`, `a`, `b` and `c`.
#[derive(Debug, Clone, Copy)]
enum Op {
    /// A function of one or two operands.
    Apply(Operator),
    CompareWhole(Comparison),
    CompareReal(Comparison),
    CompareFlag(Comparison),
    CompareText(Comparison),
    EqualLists,
    Not,
    Move(Bank),
    /// To instruction `c`.
    Jump,
    /// To instruction `c` unless flag `a` is set.
    JumpUnless,
    /// To instruction `c` if flag `a` is set.
    JumpIf,
    /// The texts of list `c` of operands joined.
    Concat,
    /// The answer of table `c` for key `a`, unless null flag `b` is set; its null flag is in the table.
    Lookup(Bank),
    /// Whether the amounts of the two lots cancel within a tolerance of amount `a` and floor `b`.
    Nets(ToleranceKind),
    /// Facts of the group; `c` is the code over a member.
    Fact(Fact),
    /// Whether the group nets within a tolerance of amount `a` and floor `b`.
    Clean(ToleranceKind),
}

#[derive(Debug, Clone, Copy)]
enum Fact {
    Size,
    Net,
    AbsNet,
    MaxAbs,
    MinSide,
    Gross,
    Positive,
    Negative,
    MinAbs,
    Originals,
    Sum,
    Min,
    Max,
    Unique,
    Span,
    Distinct,
    Any,
    All,
    Count,
}

#[derive(Debug, Clone, Copy)]
struct Instruction {
    op: Op,
    dst: u32,
    a: Operand,
    b: Operand,
    c: u32,
}

/// Registers by type. Those of the lots come first among the integers: amount and original of each.
#[derive(Debug, Clone, Default)]
struct Registers {
    whole: Vec<i64>,
    real: Vec<f64>,
    flag: Vec<bool>,
    text: Vec<Text>,
    list: Vec<Tokens>,
}

/// Amount and original of the first lot, then of the second.
const LOT_REGISTERS: usize = 4;

/// Register that is filled when the plan is built.
#[derive(Debug, Clone, Copy)]
struct Binding {
    bank: Bank,
    register: u32,
    from: Filling,
}

#[derive(Debug, Clone, Copy)]
enum Filling {
    Param(usize),
    /// A scalar of the shard key of a binder, or of a part of it.
    ShardKey {
        binder: i64,
        part: Option<usize>,
        leaf: usize,
    },
}

/// Table of a `lookup`: entries by key, and answers by entry, the last of which is the default.
#[derive(Debug)]
struct Table {
    keys: Keys,
    answers: Registers,
    /// Whether an answer is null.
    null: Vec<bool>,
    /// The register of the result's null flag.
    null_register: u32,
}

#[derive(Debug)]
enum Keys {
    Whole(HashMap<i64, usize>),
    Text(HashMap<Text, usize>),
    /// The entries of false and true.
    Flag([Option<usize>; 2]),
}

/// Value of an expression: its scalars, and its null flag where it may be null.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub null: Option<Operand>,
    pub leaves: Vec<(Bank, Operand)>,
}

/// Compiled expression.
#[derive(Debug)]
pub(crate) struct Code {
    pub of: Type,
    instructions: Vec<Instruction>,
    registers: Registers,
    bindings: Vec<Binding>,
    settings: Vec<Settings>,
    lists: Vec<Vec<Operand>>,
    tables: Vec<Table>,
    members: Vec<Rc<Code>>,
    reads_lots: bool,
    result: Place,
}
