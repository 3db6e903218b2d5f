//! Keys of any type: what a node groups, orders or tells apart rows by.

use std::cmp::Ordering;
use std::fmt::Write;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use florecon::value::{Real, Shown, Text, date, money};

use crate::ir::{Kind, Type};

/// Scalar of a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Atom {
    /// The one key of a node without one.
    Unit,
    Whole(i64),
    Flag(bool),
    Real(Real),
    Text(Text),
}

impl Default for Atom {
    /// Stands for the default of any type, where the shape of a plan is asked for.
    fn default() -> Self {
        Self::Unit
    }
}

impl Hash for Atom {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        // the keys of a node are of one type
        match self {
            Self::Unit => {}
            Self::Whole(whole) => whole.hash(state),
            Self::Flag(flag) => flag.hash(state),
            Self::Real(real) => real.hash(state),
            Self::Text(text) => text.hash(state),
        }
    }
}

impl Shown for Atom {
    fn show(&self, out: &mut String) {
        match self {
            Self::Unit => ().show(out),
            Self::Whole(whole) => whole.show(out),
            Self::Flag(flag) => flag.show(out),
            Self::Real(real) => real.show(out),
            Self::Text(text) => text.show(out),
        }
    }
}

/// The nesting of a composite key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Atom,
    Tuple(Vec<Shape>),
}

impl Shape {
    pub fn of(of: &Type) -> Self {
        match of.kind {
            Kind::Tuple => Self::Tuple(of.parts.iter().map(Self::of).collect()),
            _ => Self::Atom,
        }
    }

    fn show(&self, atoms: &mut std::slice::Iter<'_, Atom>, out: &mut String) {
        match self {
            Self::Atom => {
                if let Some(atom) = atoms.next() {
                    atom.show(out);
                }
            }
            Self::Tuple(parts) => {
                out.push('[');
                for (index, part) in parts.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    part.show(atoms, out);
                }
                out.push(']');
            }
        }
    }
}

/// Scalars of a tuple, without an allocation where they are few.
#[derive(Debug, Clone)]
enum Atoms {
    Two([Atom; 2]),
    Three([Atom; 3]),
    Many(Rc<[Atom]>),
}

/// Tuple of scalars, nested tuples flattened.
#[derive(Debug, Clone)]
pub(crate) struct Composite {
    atoms: Atoms,
    shape: Option<Rc<Shape>>,
}

impl Composite {
    /// The key of the scalars, unless one of them has none.
    pub fn new(count: usize, shape: &Rc<Shape>, mut atom: impl FnMut(usize) -> Option<Atom>) -> Option<Self> {
        let atoms = match count {
            2 => Atoms::Two([atom(0)?, atom(1)?]),
            3 => Atoms::Three([atom(0)?, atom(1)?, atom(2)?]),
            count => Atoms::Many((0..count).map(atom).collect::<Option<Vec<_>>>()?.into()),
        };
        Some(Self {
            atoms,
            shape: Some(Rc::clone(shape)),
        })
    }

    #[inline]
    pub fn atoms(&self) -> &[Atom] {
        match &self.atoms {
            Atoms::Two(atoms) => atoms,
            Atoms::Three(atoms) => atoms,
            Atoms::Many(atoms) => atoms,
        }
    }
}

impl Default for Composite {
    fn default() -> Self {
        Self {
            atoms: Atoms::Two([Atom::Unit, Atom::Unit]),
            shape: None,
        }
    }
}

impl PartialEq for Composite {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.atoms() == other.atoms()
    }
}

impl Eq for Composite {}

impl PartialOrd for Composite {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Composite {
    fn cmp(&self, other: &Self) -> Ordering {
        self.atoms().cmp(other.atoms())
    }
}

impl Hash for Composite {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.atoms().iter().for_each(|atom| atom.hash(state));
    }
}

impl Shown for Composite {
    fn show(&self, out: &mut String) {
        let mut atoms = self.atoms().iter();
        match &self.shape {
            Some(shape) => shape.show(&mut atoms, out),
            None => out.push_str("[]"),
        }
    }
}

/// The text of a key in an origin; `kinds` are the types of its scalars.
pub(crate) fn text_of(atoms: &[Atom], kinds: &[Type]) -> String {
    let mut out = String::new();
    for (index, (atom, of)) in atoms.iter().zip(kinds).enumerate() {
        if index > 0 {
            out.push('/');
        }
        // writing to memory never fails
        let _ = match (atom, of.kind) {
            (Atom::Whole(minor), Kind::Money) => write!(out, "{}", money::text(*minor, of.scale)),
            (Atom::Whole(days), Kind::Date) => write!(out, "{}", date::iso(*days)),
            (Atom::Whole(whole), _) => write!(out, "{whole}"),
            (Atom::Flag(flag), _) => write!(out, "{flag}"),
            (Atom::Text(text), _) => write!(out, "{text}"),
            (Atom::Unit | Atom::Real(_), _) => Ok(()),
        };
    }
    out
}
