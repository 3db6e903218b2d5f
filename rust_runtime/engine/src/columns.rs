//! Packed columns: the lanes of all rows, each in a vector of its own type, and rows as places in them.

use std::cell::RefCell;
use std::rc::Rc;

use florecon::codec::{Damaged, Packer, Unpacker, join_shapes};
use florecon::value::{Text, Tokens};

use crate::ir::{Kind, Type};

/// Vector type of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bank {
    /// Integers, money and dates.
    Whole,
    Real,
    /// Booleans and null flags.
    Flag,
    Text,
    List,
}

impl Bank {
    pub fn of(kind: Kind) -> Self {
        match kind {
            Kind::Integer | Kind::Money | Kind::Date => Self::Whole,
            Kind::Real => Self::Real,
            Kind::Boolean => Self::Flag,
            Kind::List => Self::List,
            Kind::Text | Kind::Tuple => Self::Text,
        }
    }
}

/// The scalars of a type, those of a tuple one after the other.
pub(crate) fn leaves(of: &Type) -> Vec<Kind> {
    match of.kind {
        Kind::Tuple => of.parts.iter().flat_map(leaves).collect(),
        kind => vec![kind],
    }
}

/// Columns of a lane: that of its null flags, and one for each of its scalars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slots {
    pub null: Option<u32>,
    pub leaves: Vec<(Bank, u32)>,
}

/// Columns of lanes, each lane by its place in the strategy.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layout {
    /// The types and columns of the lanes that there are, in order.
    pub lanes: Vec<(usize, Type, Slots)>,
    counts: [u32; 5],
}

impl Layout {
    pub fn add(&mut self, lane: usize, of: &Type) {
        let mut next = |bank: Bank| {
            let count = &mut self.counts[bank as usize];
            *count += 1;
            *count - 1
        };
        let null = of.nullable.then(|| next(Bank::Flag));
        let leaves = leaves(of).into_iter().map(Bank::of);
        let leaves = leaves.map(|bank| (bank, next(bank))).collect();
        self.lanes.push((lane, of.clone(), Slots { null, leaves }));
    }

    pub fn get(&self, lane: usize) -> Option<&Slots> {
        let found = self.lanes.binary_search_by_key(&lane, |(lane, ..)| *lane);
        found.ok().map(|index| &self.lanes[index].2)
    }

    /// Empty columns.
    pub fn columns(&self) -> Columns {
        let count = |bank: Bank| self.counts[bank as usize] as usize;
        Columns {
            whole: vec![Vec::new(); count(Bank::Whole)],
            real: vec![Vec::new(); count(Bank::Real)],
            flag: vec![Vec::new(); count(Bank::Flag)],
            text: vec![Vec::new(); count(Bank::Text)],
            list: vec![Vec::new(); count(Bank::List)],
            rows: 0,
            free: Vec::new(),
        }
    }

    /// Stands for the lanes' types in a snapshot: as the row of a generated module.
    pub fn shape(&self) -> u64 {
        self.lanes
            .iter()
            .fold(0, |shape, (_, of, _)| join_shapes(shape, shape_of(of)))
    }
}

fn shape_of(of: &Type) -> u64 {
    use florecon::codec::Packed;
    if of.nullable {
        return join_shapes(8, shape_of(&of.plain()));
    }
    match of.kind {
        Kind::Integer | Kind::Money | Kind::Date => i64::shape(),
        Kind::Real => f64::shape(),
        Kind::Boolean => bool::shape(),
        Kind::Text => Text::shape(),
        Kind::List => Tokens::shape(),
        Kind::Tuple => of
            .parts
            .iter()
            .fold(10, |shape, part| join_shapes(shape, shape_of(part))),
    }
}

/// Cells by type, column and row.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    pub whole: Vec<Vec<i64>>,
    pub real: Vec<Vec<f64>>,
    pub flag: Vec<Vec<bool>>,
    pub text: Vec<Vec<Text>>,
    pub list: Vec<Vec<Tokens>>,
    rows: usize,
    free: Vec<u32>,
}

/// A cell that is moved into or out of a column.
fn put<T>(column: &mut Vec<T>, slot: usize, cell: T) {
    match column.get_mut(slot) {
        Some(place) => *place = cell,
        None => column.push(cell),
    }
}

impl Columns {
    pub fn clear(&mut self) {
        self.whole.iter_mut().for_each(Vec::clear);
        self.real.iter_mut().for_each(Vec::clear);
        self.flag.iter_mut().for_each(Vec::clear);
        self.text.iter_mut().for_each(Vec::clear);
        self.list.iter_mut().for_each(Vec::clear);
    }

    /// A slot for a row: a free one, or the next.
    fn slot(&mut self) -> usize {
        match self.free.pop() {
            Some(slot) => slot as usize,
            None => {
                self.rows += 1;
                self.rows - 1
            }
        }
    }

    /// Moves a row of other columns here; `from` and `here` are the columns of the same lanes.
    pub fn take(&mut self, here: &Layout, other: &mut Self, from: &[Slots], row: usize) -> u32 {
        let slot = self.slot();
        for ((_, _, own), from) in here.lanes.iter().zip(from) {
            if let (Some(own), Some(from)) = (own.null, from.null) {
                put(&mut self.flag[own as usize], slot, other.flag[from as usize][row]);
            }
            for (&(bank, own), &(_, from)) in own.leaves.iter().zip(&from.leaves) {
                let (own, from) = (own as usize, from as usize);
                match bank {
                    Bank::Whole => put(&mut self.whole[own], slot, other.whole[from][row]),
                    Bank::Real => put(&mut self.real[own], slot, other.real[from][row]),
                    Bank::Flag => put(&mut self.flag[own], slot, other.flag[from][row]),
                    Bank::Text => put(&mut self.text[own], slot, std::mem::take(&mut other.text[from][row])),
                    Bank::List => put(&mut self.list[own], slot, std::mem::take(&mut other.list[from][row])),
                }
            }
        }
        // fewer rows than 2^32: their ids are counted in as many
        slot as u32
    }

    fn release(&mut self, slot: u32) {
        let at = slot as usize;
        self.text.iter_mut().for_each(|column| column[at] = Text::default());
        self.list.iter_mut().for_each(|column| column[at] = Tokens::default());
        self.free.push(slot);
    }

    pub fn pack(&self, layout: &Layout, slot: u32, packer: &mut Packer) {
        let at = slot as usize;
        for (_, _, slots) in &layout.lanes {
            if let Some(null) = slots.null {
                let is_null = self.flag[null as usize][at];
                packer.write(&!is_null);
                if is_null {
                    continue;
                }
            }
            for &(bank, column) in &slots.leaves {
                let column = column as usize;
                match bank {
                    Bank::Whole => packer.write(&self.whole[column][at]),
                    Bank::Real => packer.write(&self.real[column][at]),
                    Bank::Flag => packer.write(&self.flag[column][at]),
                    Bank::Text => packer.write(&self.text[column][at]),
                    Bank::List => packer.write(&self.list[column][at]),
                }
            }
        }
    }

    /// Reads a row into the first row of these columns, which are empty.
    pub fn unpack(&mut self, layout: &Layout, unpacker: &mut Unpacker<'_>) -> Result<(), Damaged> {
        for (_, _, slots) in &layout.lanes {
            let mut is_null = false;
            if let Some(null) = slots.null {
                is_null = !unpacker.read::<bool>()?;
                self.flag[null as usize].push(is_null);
            }
            for &(bank, column) in &slots.leaves {
                let column = column as usize;
                match bank {
                    Bank::Whole => self.whole[column].push(if is_null { 0 } else { unpacker.read()? }),
                    Bank::Real => self.real[column].push(if is_null { 0.0 } else { unpacker.read()? }),
                    Bank::Flag => self.flag[column].push(if is_null { false } else { unpacker.read()? }),
                    Bank::Text => self.text[column].push(if is_null { Text::default() } else { unpacker.read()? }),
                    Bank::List => self.list[column].push(if is_null { Tokens::default() } else { unpacker.read()? }),
                }
            }
        }
        Ok(())
    }
}

/// The columns of a session, with their layout.
#[derive(Debug)]
pub(crate) struct Store {
    pub layout: Layout,
    pub columns: RefCell<Columns>,
}

/// A row: its place in the columns, which is free again when the row is dropped.
#[derive(Debug)]
pub struct Row {
    store: Rc<Store>,
    pub(crate) slot: u32,
}

impl Row {
    pub(crate) fn new(store: &Rc<Store>, slot: u32) -> Self {
        Self {
            store: Rc::clone(store),
            slot,
        }
    }
}

impl Drop for Row {
    fn drop(&mut self) {
        self.store.columns.borrow_mut().release(self.slot);
    }
}
