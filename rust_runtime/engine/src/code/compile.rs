//! Compiler of expressions to register code. Operands are evaluated left to right, and only where the semantics say so.

use std::collections::HashMap;
use std::rc::Rc;

use super::{
    Binding, Code, Fact, Filling, Instruction, Keys, LOT_REGISTERS, Op, Operand, Place, Registers, Source, Table,
};
use crate::columns::{Bank, Layout, leaves};
use crate::ir::{
    Comparison, Constant, Expr, ExprNode, Fold, Kind, Lookup, Metric, Operator, Quantifier, Settings, Tolerance, Type,
    Var,
};

/// Compiles an expression over the lanes of a layout.
pub(crate) fn compile(expr: &Expr, layout: &Layout) -> Rc<Code> {
    let mut compiler = Compiler {
        layout,
        code: Code {
            of: expr.of.clone(),
            instructions: Vec::new(),
            registers: Registers {
                whole: vec![0; LOT_REGISTERS],
                ..Registers::default()
            },
            bindings: Vec::new(),
            settings: Vec::new(),
            lists: Vec::new(),
            tables: Vec::new(),
            members: Vec::new(),
            reads_lots: false,
            result: Place {
                null: None,
                leaves: Vec::new(),
            },
        },
    };
    compiler.code.result = compiler.value(expr);
    Rc::new(compiler.code)
}

struct Compiler<'l> {
    layout: &'l Layout,
    code: Code,
}

fn source(var: Var) -> Source {
    match var {
        Var::First => Source::First,
        Var::Second => Source::Second,
    }
}

fn register(index: u32) -> Operand {
    Operand::new(Source::Register, index as usize)
}

impl Registers {
    /// Adds a register with its first content.
    fn add(&mut self, bank: Bank, constant: &Constant) -> u32 {
        fn push<T>(column: &mut Vec<T>, cell: T) -> u32 {
            column.push(cell);
            (column.len() - 1) as u32
        }
        match (bank, constant) {
            (Bank::Whole, Constant::Whole(whole)) => push(&mut self.whole, *whole),
            (Bank::Real, Constant::Real(real)) => push(&mut self.real, *real),
            (Bank::Real, Constant::Whole(whole)) => push(&mut self.real, *whole as f64),
            (Bank::Flag, Constant::Flag(flag)) => push(&mut self.flag, *flag),
            (Bank::Text, Constant::Text(text)) => push(&mut self.text, text.clone()),
            (Bank::Whole, _) => push(&mut self.whole, 0),
            (Bank::Real, _) => push(&mut self.real, 0.0),
            (Bank::Flag, _) => push(&mut self.flag, false),
            (Bank::Text, _) => push(&mut self.text, Default::default()),
            (Bank::List, _) => push(&mut self.list, Default::default()),
        }
    }
}

impl Compiler<'_> {
    fn fresh(&mut self, bank: Bank) -> u32 {
        self.code.registers.add(bank, &Constant::Null)
    }

    fn constant(&mut self, bank: Bank, constant: &Constant) -> Operand {
        register(self.code.registers.add(bank, constant))
    }

    fn emit(&mut self, op: Op, dst: u32, a: Operand, b: Operand, c: u32) {
        self.code.instructions.push(Instruction { op, dst, a, b, c });
    }

    /// A jump whose target is set by [`land`](Self::land).
    fn jump(&mut self, op: Op, a: Operand) -> usize {
        self.emit(op, 0, a, Operand::NONE, 0);
        self.code.instructions.len() - 1
    }

    /// Lets jumps go on from here.
    fn land(&mut self, jumps: &[usize]) {
        // fewer instructions than 2^32: each is made by a part of a strategy
        let here = self.code.instructions.len() as u32;
        for &jump in jumps {
            self.code.instructions[jump].c = here;
        }
    }

    /// The one scalar of a value.
    fn scalar(&mut self, expr: &Expr) -> Operand {
        let place = self.value(expr);
        place.leaves[0].1
    }

    /// The value as registers that branches write into.
    fn target(&mut self, of: &Type) -> (Option<u32>, Vec<(Bank, u32)>) {
        let null = of.nullable.then(|| self.fresh(Bank::Flag));
        let banks = leaves(of).into_iter().map(Bank::of);
        let leaves = banks.map(|bank| (bank, self.fresh(bank))).collect();
        (null, leaves)
    }

    fn place_of(target: &(Option<u32>, Vec<(Bank, u32)>)) -> Place {
        Place {
            null: target.0.map(register),
            leaves: target.1.iter().map(|&(bank, leaf)| (bank, register(leaf))).collect(),
        }
    }

    fn store(&mut self, target: &(Option<u32>, Vec<(Bank, u32)>), place: &Place) {
        if let Some(null) = target.0 {
            let flag = match place.null {
                Some(flag) => flag,
                None => self.constant(Bank::Flag, &Constant::Flag(false)),
            };
            self.emit(Op::Move(Bank::Flag), null, flag, Operand::NONE, 0);
        }
        for (&(bank, leaf), &(_, from)) in target.1.iter().zip(&place.leaves) {
            self.emit(Op::Move(bank), leaf, from, Operand::NONE, 0);
        }
    }

    fn value(&mut self, expr: &Expr) -> Place {
        let flag = |operand| Place {
            null: None,
            leaves: vec![(Bank::Flag, operand)],
        };
        match &expr.node {
            ExprNode::Lit(constant) => self.literal(constant, &expr.of),
            ExprNode::Lane(var, lane) => self.lane(*var, *lane, &expr.of),
            ExprNode::Amount(var) => self.lot(*var, 0),
            ExprNode::Original(var) => self.lot(*var, 1),
            ExprNode::Param(param) => self.bound(&expr.of, |_| Filling::Param(*param)),
            ExprNode::ShardKey { binder, part } => {
                let (binder, part) = (*binder, *part);
                self.bound(&expr.of, |leaf| Filling::ShardKey { binder, part, leaf })
            }
            ExprNode::Operation(operator, operands, settings) => {
                self.operation(*operator, operands, settings, &expr.of)
            }
            ExprNode::Compare(comparison, sides) => flag(self.compare(*comparison, sides)),
            ExprNode::And(sides) => flag(self.logic(sides, Op::JumpUnless)),
            ExprNode::Or(sides) => flag(self.logic(sides, Op::JumpIf)),
            ExprNode::Not(inner) => {
                let inner = self.scalar(inner);
                let dst = self.fresh(Bank::Flag);
                self.emit(Op::Not, dst, inner, Operand::NONE, 0);
                flag(register(dst))
            }
            ExprNode::Where(three) => {
                let [condition, then, otherwise] = &**three;
                self.branch(condition, then, Some(otherwise), &expr.of)
            }
            ExprNode::Tier(two) => {
                let [condition, cost] = &**two;
                self.branch(condition, cost, None, &expr.of)
            }
            ExprNode::FirstOf(operands) => self.first_of(operands, &expr.of),
            ExprNode::Lookup(lookup) => self.lookup(lookup, &expr.of),
            ExprNode::Tuple(operands) => self.tuple(operands),
            ExprNode::Nets(tol) => flag(self.within(tol, Op::Nets(tol.kind))),
            ExprNode::Clean(tol) => flag(self.within(tol, Op::Clean(tol.kind))),
            ExprNode::Metric(metric) => {
                let fact = match metric {
                    Metric::Size => Fact::Size,
                    Metric::Net => Fact::Net,
                    Metric::AbsNet => Fact::AbsNet,
                    Metric::MaxAbs => Fact::MaxAbs,
                    Metric::MinSide => Fact::MinSide,
                    Metric::Gross => Fact::Gross,
                    Metric::Positive => Fact::Positive,
                    Metric::Negative => Fact::Negative,
                    Metric::MinAbs => Fact::MinAbs,
                    Metric::Originals => Fact::Originals,
                };
                self.fact(fact, Bank::Whole, None)
            }
            ExprNode::Fold(Fold::Sum, member) => self.fact(Fact::Sum, Bank::Whole, Some(member)),
            ExprNode::Fold(Fold::Min, member) => self.fact(Fact::Min, Bank::Whole, Some(member)),
            ExprNode::Fold(Fold::Max, member) => self.fact(Fact::Max, Bank::Whole, Some(member)),
            ExprNode::Unique => self.fact(Fact::Unique, Bank::Flag, None),
            ExprNode::Span(member) => self.fact(Fact::Span, Bank::Whole, Some(member)),
            ExprNode::Distinct(member) => self.fact(Fact::Distinct, Bank::Whole, Some(member)),
            ExprNode::Quantifier(Quantifier::Any, member) => self.fact(Fact::Any, Bank::Flag, Some(member)),
            ExprNode::Quantifier(Quantifier::All, member) => self.fact(Fact::All, Bank::Flag, Some(member)),
            ExprNode::Quantifier(Quantifier::Count, member) => self.fact(Fact::Count, Bank::Whole, Some(member)),
        }
    }

    fn literal(&mut self, constant: &Constant, of: &Type) -> Place {
        let null = of
            .nullable
            .then(|| self.constant(Bank::Flag, &Constant::Flag(*constant == Constant::Null)));
        let banks = leaves(of).into_iter().map(Bank::of);
        let leaves = banks.map(|bank| (bank, self.constant(bank, constant))).collect();
        Place { null, leaves }
    }

    /// A lane as its columns. A layout has every lane that a strategy reads.
    fn lane(&mut self, var: Var, lane: usize, of: &Type) -> Place {
        let layout = self.layout;
        let Some(slots) = layout.get(lane) else {
            debug_assert!(false, "the layout lacks lane {lane}");
            return self.literal(&Constant::Null, of);
        };
        let cell = |index: u32| Operand::new(source(var), index as usize);
        Place {
            null: slots.null.map(cell),
            leaves: slots.leaves.iter().map(|&(bank, index)| (bank, cell(index))).collect(),
        }
    }

    fn lot(&mut self, var: Var, offset: usize) -> Place {
        self.code.reads_lots = true;
        let side = if var == Var::First { 0 } else { 2 };
        Place {
            null: None,
            leaves: vec![(Bank::Whole, Operand::new(Source::Register, side + offset))],
        }
    }

    /// Registers that are filled when the plan is built.
    fn bound(&mut self, of: &Type, from: impl Fn(usize) -> Filling) -> Place {
        let mut place = Place {
            null: None,
            leaves: Vec::new(),
        };
        for (index, kind) in leaves(of).into_iter().enumerate() {
            let bank = Bank::of(kind);
            let found = self.fresh(bank);
            self.code.bindings.push(Binding {
                bank,
                register: found,
                from: from(index),
            });
            place.leaves.push((bank, register(found)));
        }
        place
    }

    fn operation(&mut self, operator: Operator, operands: &[Expr], settings: &Settings, of: &Type) -> Place {
        let places: Vec<Place> = operands.iter().map(|operand| self.value(operand)).collect();
        match operator {
            Operator::IsNull => {
                let null = match places[0].null {
                    Some(null) => null,
                    None => self.constant(Bank::Flag, &Constant::Flag(false)),
                };
                return Place {
                    null: None,
                    leaves: vec![(Bank::Flag, null)],
                };
            }
            Operator::SortedPair => {
                let (first, second) = (self.fresh(Bank::Text), self.fresh(Bank::Text));
                let (a, b) = (places[0].leaves[0].1, places[1].leaves[0].1);
                self.emit(Op::Apply(operator), first, a, b, second);
                return Place {
                    null: self.any_null(&places),
                    leaves: vec![(Bank::Text, register(first)), (Bank::Text, register(second))],
                };
            }
            Operator::Concat => {
                let texts = places.iter().map(|place| place.leaves[0].1).collect();
                self.code.lists.push(texts);
                let (dst, list) = (self.fresh(Bank::Text), self.code.lists.len() - 1);
                self.emit(Op::Concat, dst, Operand::NONE, Operand::NONE, list as u32);
                return Place {
                    null: None,
                    leaves: vec![(Bank::Text, register(dst))],
                };
            }
            _ => {}
        }
        let bank = Bank::of(of.kind);
        let dst = self.fresh(bank);
        let a = places[0].leaves[0].1;
        let mut b = places.get(1).map_or(Operand::NONE, |place| place.leaves[0].1);
        let mut null = None;
        match operator {
            // the null flag of the text
            _ if operator.takes_null() => {
                b = match places[0].null {
                    Some(flag) => flag,
                    None => self.constant(Bank::Flag, &Constant::Flag(false)),
                };
            }
            // the null flag of the result
            _ if operator.gives_null() => {
                let flag = self.fresh(Bank::Flag);
                b = register(flag);
                null = Some(b);
            }
            _ => {}
        }
        self.code.settings.push(settings.clone());
        let c = (self.code.settings.len() - 1) as u32;
        self.emit(Op::Apply(operator), dst, a, b, c);
        Place {
            null,
            leaves: vec![(bank, register(dst))],
        }
    }

    /// The flag that is set where any of the values is null.
    fn any_null(&mut self, places: &[Place]) -> Option<Operand> {
        let flags: Vec<Operand> = places.iter().filter_map(|place| place.null).collect();
        let (first, others) = flags.split_first()?;
        let mut any = *first;
        for other in others {
            let dst = self.fresh(Bank::Flag);
            self.emit(Op::Move(Bank::Flag), dst, any, Operand::NONE, 0);
            let over = self.jump(Op::JumpIf, register(dst));
            self.emit(Op::Move(Bank::Flag), dst, *other, Operand::NONE, 0);
            self.land(&[over]);
            any = register(dst);
        }
        Some(any)
    }

    fn compare(&mut self, comparison: Comparison, sides: &[Expr; 2]) -> Operand {
        let kinds = leaves(&sides[0].of);
        let (left, right) = (self.value(&sides[0]), self.value(&sides[1]));
        if let [kind] = kinds.as_slice() {
            return self.compare_scalars(comparison, *kind, left.leaves[0].1, right.leaves[0].1);
        }
        // equal where every part is; unequal where it is not
        let dst = self.fresh(Bank::Flag);
        let mut over = Vec::new();
        for (kind, (left, right)) in kinds.iter().zip(left.leaves.iter().zip(&right.leaves)) {
            let equal = self.compare_scalars(Comparison::Eq, *kind, left.1, right.1);
            self.emit(Op::Move(Bank::Flag), dst, equal, Operand::NONE, 0);
            over.push(self.jump(Op::JumpUnless, register(dst)));
        }
        self.land(&over);
        if comparison == Comparison::Eq {
            return register(dst);
        }
        let unequal = self.fresh(Bank::Flag);
        self.emit(Op::Not, unequal, register(dst), Operand::NONE, 0);
        register(unequal)
    }

    fn compare_scalars(&mut self, comparison: Comparison, kind: Kind, a: Operand, b: Operand) -> Operand {
        let dst = self.fresh(Bank::Flag);
        let op = match Bank::of(kind) {
            Bank::Whole => Op::CompareWhole(comparison),
            Bank::Real => Op::CompareReal(comparison),
            Bank::Flag => Op::CompareFlag(comparison),
            Bank::Text => Op::CompareText(comparison),
            Bank::List => {
                self.emit(Op::EqualLists, dst, a, b, 0);
                if comparison == Comparison::Eq {
                    return register(dst);
                }
                let unequal = self.fresh(Bank::Flag);
                self.emit(Op::Not, unequal, register(dst), Operand::NONE, 0);
                return register(unequal);
            }
        };
        self.emit(op, dst, a, b, 0);
        register(dst)
    }

    /// The left side, or the right one where the left does not decide.
    fn logic(&mut self, sides: &[Expr; 2], decides: Op) -> Operand {
        let dst = self.fresh(Bank::Flag);
        let left = self.scalar(&sides[0]);
        self.emit(Op::Move(Bank::Flag), dst, left, Operand::NONE, 0);
        let over = self.jump(decides, register(dst));
        let right = self.scalar(&sides[1]);
        self.emit(Op::Move(Bank::Flag), dst, right, Operand::NONE, 0);
        self.land(&[over]);
        register(dst)
    }

    fn branch(&mut self, condition: &Expr, then: &Expr, otherwise: Option<&Expr>, of: &Type) -> Place {
        let target = self.target(of);
        let condition = self.scalar(condition);
        let to_otherwise = self.jump(Op::JumpUnless, condition);
        let place = self.value(then);
        self.store(&target, &place);
        let over = self.jump(Op::Jump, Operand::NONE);
        self.land(&[to_otherwise]);
        match (otherwise, target.0) {
            (Some(otherwise), _) => {
                let place = self.value(otherwise);
                self.store(&target, &place);
            }
            (None, Some(null)) => {
                let yes = self.constant(Bank::Flag, &Constant::Flag(true));
                self.emit(Op::Move(Bank::Flag), null, yes, Operand::NONE, 0);
            }
            (None, None) => {}
        }
        self.land(&[over]);
        Self::place_of(&target)
    }

    fn first_of(&mut self, operands: &[Expr], of: &Type) -> Place {
        let target = self.target(of);
        let mut over = Vec::new();
        for (index, operand) in operands.iter().enumerate() {
            let place = self.value(operand);
            let is_last = index + 1 == operands.len();
            match place.null {
                Some(null) if !is_last => {
                    let next = self.jump(Op::JumpIf, null);
                    self.store(&target, &place);
                    over.push(self.jump(Op::Jump, Operand::NONE));
                    self.land(&[next]);
                }
                _ => {
                    self.store(&target, &place);
                    break;
                }
            }
        }
        self.land(&over);
        Self::place_of(&target)
    }

    fn lookup(&mut self, lookup: &Lookup, of: &Type) -> Place {
        let subject = self.value(&lookup.operand);
        let bank = Bank::of(of.kind);
        let (dst, null_register) = (self.fresh(bank), self.fresh(Bank::Flag));
        let mut answers = Registers::default();
        let mut null = Vec::with_capacity(lookup.table.len() + 1);
        for answer in lookup.table.iter().map(|(_, answer)| answer).chain([&lookup.default]) {
            answers.add(bank, answer);
            null.push(*answer == Constant::Null);
        }
        let entries = || lookup.table.iter().map(|(key, _)| key).enumerate();
        let keys = match Bank::of(lookup.operand.of.kind) {
            Bank::Flag => {
                let mut known = [None; 2];
                for (entry, key) in entries() {
                    known[usize::from(*key == Constant::Flag(true))] = Some(entry);
                }
                Keys::Flag(known)
            }
            Bank::Text => {
                let mut known = HashMap::new();
                for (entry, key) in entries() {
                    if let Constant::Text(text) = key {
                        known.entry(text.clone()).or_insert(entry);
                    }
                }
                Keys::Text(known)
            }
            _ => {
                let mut known = HashMap::new();
                for (entry, key) in entries() {
                    if let Constant::Whole(whole) = key {
                        known.entry(*whole).or_insert(entry);
                    }
                }
                Keys::Whole(known)
            }
        };
        self.code.tables.push(Table {
            keys,
            answers,
            null,
            null_register,
        });
        let flag = match subject.null {
            Some(flag) => flag,
            None => self.constant(Bank::Flag, &Constant::Flag(false)),
        };
        let table = (self.code.tables.len() - 1) as u32;
        self.emit(Op::Lookup(bank), dst, subject.leaves[0].1, flag, table);
        Place {
            null: of.nullable.then(|| register(null_register)),
            leaves: vec![(bank, register(dst))],
        }
    }

    fn tuple(&mut self, operands: &[Expr]) -> Place {
        let places: Vec<Place> = operands.iter().map(|operand| self.value(operand)).collect();
        let null = self.any_null(&places);
        Place {
            null,
            leaves: places.into_iter().flat_map(|place| place.leaves).collect(),
        }
    }

    fn within(&mut self, tol: &Tolerance, op: Op) -> Operand {
        self.code.reads_lots = true;
        let amount = self.scalar(&tol.amount);
        let floor = match &tol.floor {
            Some(floor) => self.scalar(floor),
            None => self.constant(Bank::Whole, &Constant::Whole(0)),
        };
        let dst = self.fresh(Bank::Flag);
        self.emit(op, dst, amount, floor, 0);
        register(dst)
    }

    fn fact(&mut self, fact: Fact, bank: Bank, member: Option<&Expr>) -> Place {
        let member = member.map_or(0, |member| {
            self.code.members.push(compile(member, self.layout));
            (self.code.members.len() - 1) as u32
        });
        let dst = self.fresh(bank);
        self.emit(Op::Fact(fact), dst, Operand::NONE, Operand::NONE, member);
        Place {
            null: None,
            leaves: vec![(bank, register(dst))],
        }
    }
}
