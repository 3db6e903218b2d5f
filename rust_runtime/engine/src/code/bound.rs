//! Code with its params and shard keys filled in: what the closures of a plan call.

use std::cell::RefCell;
use std::rc::Rc;

use florecon::plan::{Group, Item};
use florecon::value::{EvalError, Real, Tokens};

use super::run::Frame;
use super::{Code, Filling, Operand, Place, Registers};
use crate::columns::{Bank, Columns, Row, Store, leaves};
use crate::ir::{Constant, Type};
use crate::key::{Atom, Composite, Shape};

/// What fills registers when a plan is built.
#[derive(Debug, Clone)]
pub(crate) struct Bindings {
    pub params: Rc<[Constant]>,
    /// The shard keys in scope, innermost last.
    pub shards: Rc<Vec<ShardKey>>,
}

/// Key of the shard that a plan is built for: its type and its scalars.
#[derive(Debug, Clone)]
pub(crate) struct ShardKey {
    pub binder: i64,
    pub of: Rc<Type>,
    pub atoms: Vec<Atom>,
}

impl Bindings {
    fn find(&self, from: Filling) -> Constant {
        match from {
            Filling::Param(param) => self.params[param].clone(),
            Filling::ShardKey { binder, part, leaf } => {
                let found = self.shards.iter().rev().find(|key| key.binder == binder);
                let Some(ShardKey { of, atoms, .. }) = found else {
                    return Constant::Null;
                };
                let before = part.map_or(&[][..], |part| &of.parts[..part]);
                let first: usize = before.iter().map(|part| leaves(part).len()).sum();
                match &atoms[first + leaf] {
                    // stands for the default of the type, which is that of an empty register
                    Atom::Unit => Constant::Null,
                    Atom::Whole(whole) => Constant::Whole(*whole),
                    Atom::Flag(flag) => Constant::Flag(*flag),
                    Atom::Real(real) => Constant::Real(real.get()),
                    Atom::Text(text) => Constant::Text(text.clone()),
                }
            }
        }
    }
}

/// Code that can be run.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(super) code: Rc<Code>,
    registers: RefCell<Registers>,
    store: Rc<Store>,
    pub(super) members: Vec<Bound>,
    shape: Rc<Shape>,
}

impl Bound {
    pub fn new(code: &Rc<Code>, store: &Rc<Store>, bindings: &Bindings) -> Self {
        let mut registers = code.registers.clone();
        for binding in &code.bindings {
            registers.set(binding.bank, binding.register as usize, &bindings.find(binding.from));
        }
        Self {
            code: Rc::clone(code),
            registers: RefCell::new(registers),
            store: Rc::clone(store),
            members: code
                .members
                .iter()
                .map(|member| Self::new(member, store, bindings))
                .collect(),
            shape: Rc::new(Shape::of(&code.of)),
        }
    }

    fn evaluated<V>(
        &self,
        at: [u32; 2],
        lots: [i64; 4],
        group: Option<&Group<'_, Row>>,
        read: impl FnOnce(&Frame<'_>, &Registers, &Place) -> V,
    ) -> Result<V, EvalError> {
        let columns = self.store.columns.borrow();
        let mut registers = self.registers.borrow_mut();
        let frame = Frame::new(&columns, at);
        if !self.code.instructions.is_empty() {
            if self.code.reads_lots {
                registers.whole[..4].copy_from_slice(&lots);
            }
            self.run(&frame, &mut registers, group)?;
        } else if self.code.reads_lots {
            registers.whole[..4].copy_from_slice(&lots);
        }
        Ok(read(&frame, &registers, &self.code.result))
    }

    /// The value for an item.
    fn of_item<V>(
        &self,
        item: Item<'_, Row>,
        read: impl FnOnce(&Frame<'_>, &Registers, &Place) -> V,
    ) -> Result<V, EvalError> {
        let at = item.row.slot;
        self.evaluated([at, at], [item.amount, item.original, 0, 0], None, read)
    }

    /// Runs the code for a row of other columns than the session's, and appends the value to columns there.
    pub fn append(
        &self,
        columns: &mut Columns,
        row: u32,
        null: Option<u32>,
        into: &[(Bank, u32)],
    ) -> Result<(), EvalError> {
        let mut registers = self.registers.borrow_mut();
        let place = &self.code.result;
        let frame = Frame::new(columns, [row, row]);
        self.run(&frame, &mut registers, None)?;
        let is_null = place.null.is_some_and(|flag| frame.flag(flag, &registers));
        for (&(_, operand), &(bank, column)) in place.leaves.iter().zip(into) {
            let column = column as usize;
            match bank {
                Bank::Whole => {
                    let cell = Frame::new(columns, [row, row]).whole(operand, &registers);
                    columns.whole[column].push(cell);
                }
                Bank::Real => {
                    let cell = Frame::new(columns, [row, row]).real(operand, &registers);
                    columns.real[column].push(cell);
                }
                Bank::Flag => {
                    let cell = Frame::new(columns, [row, row]).flag(operand, &registers);
                    columns.flag[column].push(cell);
                }
                Bank::Text if is_null => columns.text[column].push(Default::default()),
                Bank::Text => {
                    let cell = Frame::new(columns, [row, row]).text(operand, &registers).clone();
                    columns.text[column].push(cell);
                }
                Bank::List => {
                    let cell = Frame::new(columns, [row, row]).list(operand, &registers).clone();
                    columns.list[column].push(cell);
                }
            }
        }
        if let Some(null) = null {
            columns.flag[null as usize].push(is_null);
        }
        Ok(())
    }

    // -- values of settings

    pub fn setting(&self) -> Result<i64, EvalError> {
        self.evaluated([0, 0], [0; 4], None, |frame, registers, place| {
            frame.whole(place.leaves[0].1, registers)
        })
    }

    pub fn real_setting(&self) -> Result<f64, EvalError> {
        self.evaluated([0, 0], [0; 4], None, |frame, registers, place| {
            frame.real(place.leaves[0].1, registers)
        })
    }

    // -- values of rows

    pub fn whole_of_row(&self, row: &Row) -> Result<i64, EvalError> {
        self.evaluated([row.slot, row.slot], [0; 4], None, |frame, registers, place| {
            frame.whole(place.leaves[0].1, registers)
        })
    }

    pub fn whole(&self, item: Item<'_, Row>) -> Result<i64, EvalError> {
        self.of_item(item, |frame, registers, place| {
            let (bank, operand) = place.leaves[0];
            match bank {
                Bank::Flag => i64::from(frame.flag(operand, registers)),
                _ => frame.whole(operand, registers),
            }
        })
    }

    pub fn optional_whole(&self, item: Item<'_, Row>) -> Result<Option<i64>, EvalError> {
        self.of_item(item, |frame, registers, place| {
            let is_null = place.null.is_some_and(|null| frame.flag(null, registers));
            (!is_null).then(|| frame.whole(place.leaves[0].1, registers))
        })
    }

    pub fn real(&self, item: Item<'_, Row>) -> Result<f64, EvalError> {
        self.of_item(item, |frame, registers, place| frame.real(place.leaves[0].1, registers))
    }

    pub fn flag(&self, item: Item<'_, Row>) -> Result<bool, EvalError> {
        self.of_item(item, |frame, registers, place| frame.flag(place.leaves[0].1, registers))
    }

    pub fn list(&self, item: Item<'_, Row>) -> Result<Tokens, EvalError> {
        self.of_item(item, |frame, registers, place| {
            frame.list(place.leaves[0].1, registers).clone()
        })
    }

    /// The key of a scalar; none for null and NaN.
    pub fn atom(&self, item: Item<'_, Row>) -> Result<Option<Atom>, EvalError> {
        self.of_item(item, |frame, registers, place| {
            let is_null = place.null.is_some_and(|null| frame.flag(null, registers));
            if is_null {
                None
            } else {
                atom(place.leaves[0], frame, registers)
            }
        })
    }

    /// The key of a tuple; none where a part is null or NaN.
    pub fn composite(&self, item: Item<'_, Row>) -> Result<Option<Composite>, EvalError> {
        self.of_item(item, |frame, registers, place| {
            let is_null = place.null.is_some_and(|null| frame.flag(null, registers));
            if is_null {
                return None;
            }
            Composite::new(place.leaves.len(), &self.shape, |index| {
                atom(place.leaves[index], frame, registers)
            })
        })
    }

    // -- values of pairs and groups

    pub fn cost(&self, a: Item<'_, Row>, b: Item<'_, Row>) -> Result<Option<f64>, EvalError> {
        let lots = [a.amount, a.original, b.amount, b.original];
        self.evaluated([a.row.slot, b.row.slot], lots, None, |frame, registers, place| {
            let is_null = place.null.is_some_and(|null| frame.flag(null, registers));
            (!is_null).then(|| frame.real(place.leaves[0].1, registers))
        })
    }

    pub fn accepts(&self, group: &Group<'_, Row>) -> Result<bool, EvalError> {
        self.evaluated([0, 0], [0; 4], Some(group), |frame, registers, place| {
            frame.flag(place.leaves[0].1, registers)
        })
    }
}

fn atom((bank, operand): (Bank, Operand), frame: &Frame<'_>, registers: &Registers) -> Option<Atom> {
    Some(match bank {
        Bank::Whole => Atom::Whole(frame.whole(operand, registers)),
        Bank::Flag => Atom::Flag(frame.flag(operand, registers)),
        Bank::Real => Atom::Real(Real::key(frame.real(operand, registers))?),
        // no key holds a list
        Bank::Text | Bank::List => Atom::Text(frame.text(operand, registers).clone()),
    })
}

impl Registers {
    fn set(&mut self, bank: Bank, register: usize, constant: &Constant) {
        match (bank, constant) {
            (Bank::Whole, Constant::Whole(whole)) => self.whole[register] = *whole,
            (Bank::Real, Constant::Real(real)) => self.real[register] = *real,
            (Bank::Flag, Constant::Flag(flag)) => self.flag[register] = *flag,
            (Bank::Text, Constant::Text(text)) => self.text[register] = text.clone(),
            // an empty register is the default of its type
            _ => {}
        }
    }
}
