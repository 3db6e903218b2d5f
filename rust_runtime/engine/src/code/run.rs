//! Interpreter of register code. Operators are the runtime's functions, so a value is that of the compiled module.

use florecon::plan::{Group, Tol, abs_tol, rel_gross_tol, rel_max_tol, rel_side_tol, rel_tol};
use florecon::value::{EvalError, Text, Tokens, date, int, money, pattern, real, similarity, text};

use super::bound::Bound;
use super::{Code, Comparison, Fact, Instruction, Keys, Op, Operand, Operator, Registers, ToleranceKind};
use crate::columns::{Bank, Columns, Row};

/// The columns, and the rows of one or two lots in them.
pub(super) struct Frame<'c> {
    columns: &'c Columns,
    at: [u32; 2],
}

macro_rules! cells {
    ($($name:ident $of:ty;)*) => {$(
        #[inline]
        pub fn $name(&self, operand: Operand, registers: &Registers) -> $of {
            match operand.source() {
                0 => registers.$name[operand.index()],
                side => self.columns.$name[operand.index()][self.at[side as usize - 1] as usize],
            }
        }
    )*};
}

macro_rules! references {
    ($($name:ident $of:ty;)*) => {$(
        #[inline]
        pub fn $name<'r>(&'r self, operand: Operand, registers: &'r Registers) -> &'r $of {
            match operand.source() {
                0 => &registers.$name[operand.index()],
                side => &self.columns.$name[operand.index()][self.at[side as usize - 1] as usize],
            }
        }
    )*};
}

impl<'c> Frame<'c> {
    pub fn new(columns: &'c Columns, at: [u32; 2]) -> Self {
        Self { columns, at }
    }

    cells! {
        whole i64;
        real f64;
        flag bool;
    }

    references! {
        text Text;
        list Tokens;
    }
}

#[inline]
fn holds<T: PartialOrd>(comparison: Comparison, a: &T, b: &T) -> bool {
    match comparison {
        Comparison::Eq => a == b,
        Comparison::Ne => a != b,
        Comparison::Lt => a < b,
        Comparison::Le => a <= b,
        Comparison::Gt => a > b,
        Comparison::Ge => a >= b,
    }
}

fn tolerance(kind: ToleranceKind, amount: i64, floor: i64) -> Tol {
    match kind {
        ToleranceKind::Abs => abs_tol(amount),
        ToleranceKind::Rel => rel_tol(amount, floor),
        ToleranceKind::RelMax => rel_max_tol(amount, floor),
        ToleranceKind::RelSide => rel_side_tol(amount, floor),
        ToleranceKind::RelGross => rel_gross_tol(amount, floor),
    }
}

impl Bound {
    pub(super) fn run(
        &self,
        frame: &Frame<'_>,
        registers: &mut Registers,
        group: Option<&Group<'_, Row>>,
    ) -> Result<(), EvalError> {
        let code = &*self.code;
        let mut next = 0;
        while let Some(step) = code.instructions.get(next) {
            next += 1;
            let dst = step.dst as usize;
            match step.op {
                Op::Apply(operator) => apply(code, operator, step, frame, registers)?,
                Op::CompareWhole(comparison) => {
                    let (a, b) = (frame.whole(step.a, registers), frame.whole(step.b, registers));
                    registers.flag[dst] = holds(comparison, &a, &b);
                }
                Op::CompareReal(comparison) => {
                    let (a, b) = (frame.real(step.a, registers), frame.real(step.b, registers));
                    registers.flag[dst] = holds(comparison, &a, &b);
                }
                Op::CompareFlag(comparison) => {
                    let (a, b) = (frame.flag(step.a, registers), frame.flag(step.b, registers));
                    registers.flag[dst] = holds(comparison, &a, &b);
                }
                Op::CompareText(comparison) => {
                    let (a, b) = (frame.text(step.a, registers), frame.text(step.b, registers));
                    registers.flag[dst] = holds(comparison, a, b);
                }
                Op::EqualLists => {
                    registers.flag[dst] = frame.list(step.a, registers) == frame.list(step.b, registers);
                }
                Op::Not => registers.flag[dst] = !frame.flag(step.a, registers),
                Op::Move(bank) => shift(bank, step, frame, registers),
                Op::Jump => next = step.c as usize,
                Op::JumpUnless => {
                    if !frame.flag(step.a, registers) {
                        next = step.c as usize;
                    }
                }
                Op::JumpIf => {
                    if frame.flag(step.a, registers) {
                        next = step.c as usize;
                    }
                }
                Op::Concat => {
                    let operands = code.lists[step.c as usize].iter();
                    let texts: Vec<&str> = operands.map(|operand| &**frame.text(*operand, registers)).collect();
                    registers.text[dst] = text::concat(&texts);
                }
                Op::Lookup(bank) => look_up(code, bank, step, frame, registers),
                Op::Nets(kind) => {
                    let tol = tolerance(kind, frame.whole(step.a, registers), frame.whole(step.b, registers));
                    registers.flag[dst] = nets(registers.whole[0], registers.whole[2], tol);
                }
                Op::Clean(kind) => {
                    let tol = tolerance(kind, frame.whole(step.a, registers), frame.whole(step.b, registers));
                    registers.flag[dst] = group.is_some_and(|group| group.clean(tol));
                }
                Op::Fact(fact) => {
                    if let Some(group) = group {
                        self.fact(fact, step, group, registers)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn fact(
        &self,
        fact: Fact,
        step: &Instruction,
        group: &Group<'_, Row>,
        registers: &mut Registers,
    ) -> Result<(), EvalError> {
        let dst = step.dst as usize;
        let member = || &self.members[step.c as usize];
        match fact {
            Fact::Size => registers.whole[dst] = group.size(),
            Fact::Net => registers.whole[dst] = group.net()?,
            Fact::AbsNet => registers.whole[dst] = group.abs_net()?,
            Fact::MaxAbs => registers.whole[dst] = group.max_abs(),
            Fact::MinSide => registers.whole[dst] = group.min_side(),
            Fact::Gross => registers.whole[dst] = group.gross()?,
            Fact::Positive => registers.whole[dst] = group.positive()?,
            Fact::Negative => registers.whole[dst] = group.negative()?,
            Fact::MinAbs => registers.whole[dst] = group.min_abs(),
            Fact::Originals => registers.whole[dst] = group.originals()?,
            Fact::Sum => registers.whole[dst] = group.sum(|item| member().whole(item))?,
            Fact::Min => registers.whole[dst] = group.min(|item| member().whole(item))?,
            Fact::Max => registers.whole[dst] = group.max(|item| member().whole(item))?,
            Fact::Unique => registers.flag[dst] = group.unique(),
            Fact::Span => registers.whole[dst] = group.span(|item| member().whole(item))?,
            Fact::Distinct if member().code.result.leaves.len() > 1 => {
                registers.whole[dst] = group.distinct(|item| member().composite(item))?;
            }
            Fact::Distinct => registers.whole[dst] = group.distinct(|item| member().atom(item))?,
            Fact::Any => registers.flag[dst] = group.any(|item| member().flag(item))?,
            Fact::All => registers.flag[dst] = group.all(|item| member().flag(item))?,
            Fact::Count => registers.whole[dst] = group.count(|item| member().flag(item))?,
        }
        Ok(())
    }
}

/// Whether two amounts cancel.
fn nets(a: i64, b: i64, tol: Tol) -> bool {
    let item = |amount| florecon::plan::Item {
        row: &(),
        amount,
        original: amount,
    };
    florecon::plan::nets(item(a), item(b), tol)
}

fn shift(bank: Bank, step: &Instruction, frame: &Frame<'_>, registers: &mut Registers) {
    let dst = step.dst as usize;
    match bank {
        Bank::Whole => registers.whole[dst] = frame.whole(step.a, registers),
        Bank::Real => registers.real[dst] = frame.real(step.a, registers),
        Bank::Flag => registers.flag[dst] = frame.flag(step.a, registers),
        Bank::Text => registers.text[dst] = frame.text(step.a, registers).clone(),
        Bank::List => registers.list[dst] = frame.list(step.a, registers).clone(),
    }
}

fn look_up(code: &Code, bank: Bank, step: &Instruction, frame: &Frame<'_>, registers: &mut Registers) {
    let table = &code.tables[step.c as usize];
    let entry = if frame.flag(step.b, registers) {
        None
    } else {
        match &table.keys {
            Keys::Whole(keys) => keys.get(&frame.whole(step.a, registers)).copied(),
            Keys::Text(keys) => keys.get(frame.text(step.a, registers)).copied(),
            Keys::Flag(keys) => keys[usize::from(frame.flag(step.a, registers))],
        }
    };
    let entry = entry.unwrap_or(table.null.len() - 1);
    let dst = step.dst as usize;
    registers.flag[table.null_register as usize] = table.null[entry];
    match bank {
        Bank::Whole => registers.whole[dst] = table.answers.whole[entry],
        Bank::Real => registers.real[dst] = table.answers.real[entry],
        Bank::Flag => registers.flag[dst] = table.answers.flag[entry],
        Bank::Text => registers.text[dst] = table.answers.text[entry].clone(),
        Bank::List => registers.list[dst] = table.answers.list[entry].clone(),
    }
}

/// An operator on its operands, as the generator spells it in Rust.
fn apply(
    code: &Code,
    operator: Operator,
    step: &Instruction,
    frame: &Frame<'_>,
    registers: &mut Registers,
) -> Result<(), EvalError> {
    let dst = step.dst as usize;
    macro_rules! whole {
        ($function:path, 1) => {
            registers.whole[dst] = $function(frame.whole(step.a, registers))
        };
        ($function:path, 2) => {
            registers.whole[dst] = $function(frame.whole(step.a, registers), frame.whole(step.b, registers))
        };
        ($function:path, 1, ?) => {
            registers.whole[dst] = $function(frame.whole(step.a, registers))?
        };
        ($function:path, 2, ?) => {
            registers.whole[dst] = $function(frame.whole(step.a, registers), frame.whole(step.b, registers))?
        };
    }
    macro_rules! reals {
        ($a:ident, $b:ident, $result:expr) => {{
            let ($a, $b) = (frame.real(step.a, registers), frame.real(step.b, registers));
            registers.real[dst] = $result;
        }};
    }
    macro_rules! alike {
        ($function:path) => {
            registers.real[dst] = $function(frame.text(step.a, registers), frame.text(step.b, registers))
        };
    }
    macro_rules! texts {
        ($($function:tt)*) => {
            registers.text[dst] = ($($function)*)(frame.text(step.a, registers))
        };
    }
    let settings = || &code.settings[step.c as usize];
    match operator {
        Operator::Add => whole!(int::add, 2, ?),
        Operator::Sub => whole!(int::sub, 2, ?),
        Operator::Mul => whole!(int::mul, 2, ?),
        Operator::FloorDiv => whole!(int::floor_div, 2),
        Operator::Mod => whole!(int::modulo, 2),
        Operator::Min => whole!(int::min, 2),
        Operator::Max => whole!(int::max, 2),
        Operator::Neg => whole!(int::neg, 1, ?),
        Operator::Abs => whole!(int::abs, 1, ?),
        Operator::Sign => whole!(int::sign, 1),
        Operator::ToMinor => whole!(int::to_minor, 1, ?),
        Operator::Gap => whole!(int::gap, 2, ?),
        Operator::Year => whole!(date::year, 1),
        Operator::Month => whole!(date::month, 1),
        Operator::Day => whole!(date::day, 1),
        Operator::MonthEnd => whole!(date::month_end, 1),
        Operator::MinorUnits => {
            registers.whole[dst] = money::minor_units(frame.real(step.a, registers), settings().count)?;
        }
        Operator::RealAdd => reals!(a, b, a + b),
        Operator::RealSub => reals!(a, b, a - b),
        Operator::RealMul => reals!(a, b, a * b),
        Operator::RealDiv => reals!(a, b, a / b),
        Operator::RealMin => reals!(a, b, real::min(a, b)),
        Operator::RealMax => reals!(a, b, real::max(a, b)),
        Operator::RealNeg => registers.real[dst] = -frame.real(step.a, registers),
        Operator::RealAbs => registers.real[dst] = frame.real(step.a, registers).abs(),
        Operator::ToReal => registers.real[dst] = frame.whole(step.a, registers) as f64,
        Operator::Dice => alike!(similarity::dice),
        Operator::JaroWinkler => alike!(similarity::jaro_winkler),
        Operator::TokenSet => alike!(similarity::token_set),
        Operator::Prefix => alike!(similarity::prefix),
        Operator::Upper => texts!(text::upper),
        Operator::Lower => texts!(text::lower),
        Operator::Strip => texts!(text::strip),
        Operator::Digits => texts!(|text: &Text| text::digits(text)),
        Operator::Alnum => texts!(|text: &Text| text::alnum(text)),
        Operator::Normalize => texts!(|text: &Text| text::normalize(text)),
        Operator::Left => texts!(|text: &Text| text::left(text, settings().count as usize)),
        Operator::Right => texts!(|text: &Text| text::right(text, settings().count as usize)),
        Operator::Replace => texts!(|text: &Text| text::replace(text, &settings().first, &settings().second)),
        Operator::Split => {
            let settings = settings();
            let part = text::split(frame.text(step.a, registers), &settings.first, settings.count as usize);
            registers.flag[step.b.index()] = part.is_none();
            registers.text[dst] = part.unwrap_or_default();
        }
        Operator::BusinessDay => {
            let (days, settings) = (frame.whole(step.a, registers), settings());
            registers.whole[dst] = date::business_day(days, &settings.days, settings.count as u8);
        }
        Operator::StripLeft => texts!(|text: &Text| text::strip_left(text, &settings().first)),
        Operator::ToInteger | Operator::ToDate | Operator::ToMoney => {
            let (text, settings) = (frame.text(step.a, registers), settings());
            let found = match operator {
                Operator::ToInteger => text::to_integer(text),
                Operator::ToDate => date::parse(text, &settings.first),
                _ => money::parse(text, settings.count as usize, &settings.first),
            };
            registers.flag[step.b.index()] = found.is_none();
            registers.whole[dst] = found.unwrap_or_default();
        }
        Operator::Extract => {
            let settings = settings();
            let text = frame.text(step.a, registers);
            let part = pattern::extract(text, &settings.automaton, settings.count as usize);
            registers.flag[step.b.index()] = part.is_none();
            registers.text[dst] = part.unwrap_or_default();
        }
        Operator::Matches => {
            registers.flag[dst] = pattern::matches(frame.text(step.a, registers), &settings().automaton);
        }
        Operator::SortedPair => {
            let pair = text::sorted_pair(frame.text(step.a, registers), frame.text(step.b, registers));
            (registers.text[dst], registers.text[step.c as usize]) = pair;
        }
        Operator::Contains => {
            let part = frame.text(step.b, registers).as_str();
            registers.flag[dst] = frame.text(step.a, registers).contains(part);
        }
        Operator::StartsWith => {
            let part = frame.text(step.b, registers).as_str();
            registers.flag[dst] = frame.text(step.a, registers).starts_with(part);
        }
        Operator::EndsWith => {
            let part = frame.text(step.b, registers).as_str();
            registers.flag[dst] = frame.text(step.a, registers).ends_with(part);
        }
        Operator::Tokens | Operator::TokensKeeping | Operator::Ngrams | Operator::ExtractAll => {
            let is_null = frame.flag(step.b, registers);
            let text = (!is_null).then(|| frame.text(step.a, registers).as_str());
            let (settings, count) = (settings(), settings().count as usize);
            registers.list[dst] = match operator {
                Operator::Tokens => text::tokens(text, count, settings.flag),
                Operator::TokensKeeping => text::tokens_keeping(text, count, settings.flag, &settings.first),
                Operator::Ngrams => text::ngrams(text, count),
                _ => pattern::extract_all(text, &settings.automaton),
            };
        }
        Operator::Overlaps => {
            registers.flag[dst] = frame.list(step.a, registers).overlaps(frame.list(step.b, registers));
        }
        Operator::Has => registers.flag[dst] = frame.list(step.a, registers).has(frame.text(step.b, registers)),
        Operator::Size => registers.whole[dst] = frame.list(step.a, registers).size(),
        // these have instructions of their own
        Operator::Concat | Operator::IsNull => {}
    }
    Ok(())
}
